//! The records of the lists: the history and the files of this repository, and invoices that resemble each other.

use std::process::Command;

/// One record: what a row shows.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// One text for each column, the title first.
    pub(crate) texts: Vec<String>,
}

/// Records in their order, and what the columns are called.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
    pub(crate) records: Vec<Record>,
}

/// The most records of one source.
const MOST: usize = 600;

/// All sources. Without git, or without a checkout, only the invoices.
pub(crate) fn all() -> Vec<Source> {
    let columns: &[&str] = &["subject", "author", "date"];
    let log = git(&["log", "-n", "600", "--format=%h%x09%s%x09%an%x09%ad", "--date=format:%e %B"]);
    let inbox = log.as_deref().map(|log| {
        let record = |line: &str| {
            let mut fields = line.split('\t').map(str::to_owned);
            Some(Record { id: fields.next()?, texts: fields.collect() })
        };
        Source { name: "history", columns, records: log.lines().filter_map(record).collect() }
    });
    let columns: &[&str] = &["file", "directory", "kind"];
    let files = git(&["ls-files"]).map(|paths| {
        let record = |path: &str| {
            let (directory, file) = path.rsplit_once('/').unwrap_or(("top", path));
            let (_, kind) = file.rsplit_once('.').unwrap_or(("", "program"));
            Record { id: path.replace('/', "|"), texts: [file, directory, kind].map(str::to_owned).to_vec() }
        };
        Source { name: "files", columns, records: paths.lines().take(MOST).map(record).collect() }
    });
    let from_git: Vec<Source> = inbox.into_iter().chain(files).filter(|source| source.records.len() >= 40).collect();
    if from_git.len() < 2 {
        println!("no git, or not a checkout with its history: fewer lists than there could be");
    }
    from_git.into_iter().chain([invoices()]).collect()
}

/// Six customers, twelve months, four kinds: most texts recur.
fn invoices() -> Source {
    let customers = ["Miller", "Baker & Sons", "Harbour Works", "City Library", "North Rail", "Elm Street School"];
    let months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"];
    let kinds = ["Invoice", "Reminder", "New message", "Credit note"];
    let pick = |words: &[&str], number: usize| words.get(number % words.len()).map_or("", |word| word).to_owned();
    let record = |number: usize| {
        // Mixed, so that neighbours differ.
        let mixed = number.wrapping_mul(2_654_435_761) >> 7;
        let title = format!("{} for {}", pick(&kinds, mixed), pick(&customers, mixed / 4));
        let date = format!("{} {}", mixed / 24 % 28 + 1, pick(&months, mixed / 600));
        Record { id: format!("inv{}x", mixed % 1_000_003), texts: vec![title, pick(&customers, mixed / 4), date] }
    };
    Source { name: "invoices", columns: &["title", "customer", "date"], records: (1..400).map(record).collect() }
}

/// Runs git in the directory of the package, where cargo starts a bench.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
