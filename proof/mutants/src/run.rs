//! Lets the tests look for each mutant, the quick ones first.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Mutant;

/// Tests that take more than a second or two, and those of what has no mutants.
const SLOW: &[&str] = &[
    "marker::",
    "anchor::",
    "model::",
    "wizard::",
    "together::",
    "long_log::",
    "sick::hangs",
    "sick::slow",
    "kill::",
    "power_cut::broken",
    "damage::every_",
    "backend_damage::every_",
    "privacy::",
    "a_kill_",
    "promise_5_",
    "every_wrong_backend",
    "the_corpora",
    "from_a_newer_version",
    "a_folder_that_is_emptied",
    "receptron",
    "torn::a_bad_bit",
];

/// The mutants that no test finds.
pub fn all(
    tree: &Path,
    tests: &[PathBuf; 2],
    mutants: &[Mutant],
    alive: &[usize],
) -> Result<BTreeSet<usize>, Box<dyn Error>> {
    if let Some(test) = found(tree, tests, usize::MAX)? {
        return Err(format!("without any mutant, {test}").into());
    }
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let work = || -> Result<(), String> {
        while let Some(number) = alive.get(next.fetch_add(1, Ordering::Relaxed)) {
            let how = found(tree, tests, *number).map_err(|error| error.to_string())?;
            let name = mutants[*number].name.as_str();
            println!("{number}: {name}: {}", how.as_deref().unwrap_or("SURVIVED"));
            if how.is_none() {
                missed.lock().map_err(|error| error.to_string())?.insert(*number);
            }
        }
        Ok(())
    };
    // They wait for the disk more than they compute.
    let jobs = std::env::var("MUTANTS_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(4);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker died".to_owned())?)
    })?;
    Ok(missed.into_inner()?)
}

/// Which test finds this mutant, or how else it is noticed.
fn found(tree: &Path, [units, it]: &[PathBuf; 2], number: usize) -> Result<Option<String>, Box<dyn Error>> {
    let quick: Vec<&str> = SLOW.iter().flat_map(|name| ["--skip", name]).collect();
    let (quick, slow) = ([(units, &quick[..], 60), (it, &quick, 120)], [(units, &[][..], 300), (it, &[], 900)]);
    let slow = if std::env::var_os("MUTANTS_QUICK").is_some() { &[][..] } else { &slow };
    for (tests, arguments, limit) in quick.iter().chain(slow).copied() {
        let how = run(tree, tests, arguments, number, Duration::from_secs(limit))?;
        if how.is_some() {
            return Ok(how);
        }
    }
    Ok(None)
}

/// One run of a test binary, ended by the first test that fails.
fn run(
    tree: &Path,
    tests: &Path,
    arguments: &[&str],
    number: usize,
    limit: Duration,
) -> Result<Option<String>, Box<dyn Error>> {
    let scratch = std::env::temp_dir().join(format!("mutant-{}-{number}", std::process::id()));
    fs::create_dir_all(&scratch)?;
    let mut command = Command::new(tests);
    command.args(arguments).arg("--test-threads=1").current_dir(tree).process_group(0);
    command.env("MUTANT", number.to_string()).env("TMPDIR", &scratch).env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (say, lines) = channel();
    let output = child.stdout.take().ok_or("no output")?;
    thread::spawn(move || BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
    let deadline = Instant::now() + limit;
    let how = loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if line.ends_with("FAILED") && line.starts_with("test ") => break Some(line),
            // The tests that kill children may hold on to the pipe.
            Ok(line) if line.starts_with("test result: ok") => break None,
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => break Some("hangs".to_owned()),
            Err(RecvTimeoutError::Disconnected) => {
                break if child.wait()?.success() { None } else { Some("dies".to_owned()) };
            }
        }
    };
    // With its children: they are of its group.
    let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).stderr(Stdio::null()).status();
    child.wait()?;
    let _ = fs::remove_dir_all(scratch);
    Ok(how)
}
