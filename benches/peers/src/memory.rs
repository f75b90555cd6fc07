//! The memory that a candidate takes, measured in a process of its own.

use std::path::Path;
use std::process::Command;

use crate::Fallible;
use crate::contest::open;
use crate::limits;
use crate::store::CANDIDATES;
use crate::system;
use crate::work::{Change, Progress, Shape, Work};

/// Memory of a process, in kB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) kept: u64,
    pub(crate) peak: u64,
}

impl Kept {
    /// Returns by how much it is above a process that only has the documents.
    pub(crate) fn beyond(self, bare: Self) -> Self {
        Self { kept: self.kept.saturating_sub(bare.kept), peak: self.peak.saturating_sub(bare.kept) }
    }
}

pub(crate) const CHILD: &str = "--memory-of";
const SAVES: usize = 50;

/// What a process of its own measures.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    /// So many copies of the documents, read from a file: what the application itself takes.
    Documents(u8),
    /// A candidate, by its position in [`CANDIDATES`], with one copy of the documents.
    Candidate(usize),
}

/// Starts a process that restores and saves, or one that only reads a file with all documents, and returns its memory.
///
/// # Errors
/// The process fails.
pub(crate) fn measure(shape: &Shape, of: Of, path: &Path) -> Fallible<Option<Kept>> {
    let (kind, number) = match of {
        Of::Documents(copies) => ("documents", usize::from(copies)),
        Of::Candidate(index) => ("candidate", index),
    };
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args([CHILD, kind, &number.to_string(), shape.name]).arg(path).output()?;
    if !output.status.success() {
        return Err(format!("measuring the memory: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let (Some(kept), Some(peak)) = (numbers.next(), numbers.next()) else { return Ok(None) };
    Ok(Some(Kept { kept: kept?, peak: peak? }))
}

/// What that process does. Prints nothing if the system does not tell the memory.
///
/// # Errors
/// The candidate fails.
pub(crate) fn child(arguments: &[String]) -> Fallible {
    let [kind, number, size, path] = arguments else { return Err("kind, number, size and path are missing".into()) };
    let (path, number) = (Path::new(path), number.parse::<usize>()?);
    let memory = if kind == "documents" {
        let documents = limits::read(path)?;
        let copies: Vec<_> = (1..number).map(|_| documents.clone()).collect();
        let memory = system::memory();
        drop((documents, copies));
        memory
    } else {
        let candidate = CANDIDATES.get(number).ok_or("no such candidate")?;
        let shape = Shape::without_documents(size)?;
        let (_, mut store) = open(candidate, path, shape)?;
        let documents = store.all()?;
        let mut work = Work::of(documents, Progress::new(shape));
        store.prepare(&work, Change::All);
        for _ in 0..SAVES {
            work.edit(Change::One);
            store.prepare(&work, Change::One);
            store.save(&work, Change::One)?;
        }
        store.sync()?;
        let memory = system::memory();
        store.close()?;
        memory
    };
    if let Some((kept, peak)) = memory {
        println!("{kept} {peak}");
    }
    Ok(())
}
