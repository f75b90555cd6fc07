//! The cost of the bare system calls, measured in the same rounds as the candidates.

use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Fallible;
use crate::contest::Seen;
use crate::limit::{self, Zeros, write_all_at};
use crate::plan::{Plan, while_time_is_left};
use crate::series::Pair;
use crate::state::Document;
use crate::work::Shape;

/// Files that are written and read directly.
pub(crate) struct Limits {
    shape: &'static Shape,
    zeros: Zeros,
    whole: PathBuf,
    /// A file of its own, so that reading finds what was written once.
    scratch: File,
    buffer: Vec<u8>,
    /// Where the middle document is in the file of the whole state.
    middle: (u64, usize),
    pub(crate) seen: Seen,
    /// A save that waits for the fsync, and by turns with it a bare write and an fsync.
    pub(crate) saves: Pair,
}

impl Limits {
    pub(crate) fn new(dir: &Path, shape: &'static Shape) -> Fallible<Self> {
        fs::create_dir_all(dir)?;
        let whole = dir.join("whole");
        let mut buffer = Vec::new();
        let mut middle = (0, 0);
        for (index, document) in shape.documents.iter().enumerate() {
            let len = limit::encode(document, &mut buffer)?;
            if index == shape.documents.len() / 2 {
                middle = ((buffer.len() - len) as u64, len);
            }
        }
        fs::write(&whole, &buffer)?;
        let scratch = File::create(dir.join("scratch"))?;
        write_all_at(&scratch, &buffer, 0)?;
        scratch.sync_all()?;
        Ok(Self {
            shape,
            zeros: Zeros::new(&dir.join("zeros"))?,
            whole,
            scratch,
            buffer,
            middle,
            seen: Seen::default(),
            saves: Pair::default(),
        })
    }

    /// The file with all documents.
    pub(crate) fn whole(&self) -> &Path {
        &self.whole
    }

    /// The bound of a save that waits for the fsync.
    pub(crate) fn write_and_sync(&mut self) -> Fallible {
        let start = Instant::now();
        self.zeros.write()?;
        self.zeros.sync()?;
        self.saves.limit.add(start.elapsed());
        Ok(())
    }

    pub(crate) fn turn(&mut self, plan: &Plan) -> Fallible {
        for _ in 0..plan.opens {
            let start = Instant::now();
            let documents = read(&self.whole)?;
            self.seen.restore.add(start.elapsed());
            if documents != self.shape.documents {
                return Err("the file was read as another state".into());
            }
            let start = Instant::now();
            let mut bytes = vec![0; self.middle.1];
            limit::read_exact_at(&File::open(&self.whole)?, &mut bytes, self.middle.0)?;
            black_box(limit::decode::<Document>(&bytes)?);
            self.seen.first.add(start.elapsed());
        }
        while_time_is_left(plan.small, 3, |_| {
            let start = Instant::now();
            self.zeros.write()?;
            self.seen.stall.add(start.elapsed());
            self.zeros.sync()?;
            self.seen.durable.add(start.elapsed());
            Ok(())
        })?;
        while_time_is_left(plan.all, 1, |_| {
            let start = Instant::now();
            self.buffer.clear();
            for document in &self.shape.documents {
                limit::encode(document, &mut self.buffer)?;
            }
            self.seen.all_stall.add(start.elapsed());
            write_all_at(&self.scratch, &self.buffer, 0)?;
            self.scratch.sync_data()?;
            self.seen.all_durable.add(start.elapsed());
            Ok(())
        })
    }
}

/// Reads and decodes a file with documents.
///
/// # Errors
/// The file cannot be read, or contains something else.
pub(crate) fn read(path: &Path) -> Fallible<Vec<Document>> {
    let bytes = fs::read(path)?;
    let mut documents = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (document, read) = bincode::serde::decode_from_slice(rest, bincode::config::standard())?;
        documents.push(document);
        rest = rest.get(read..).unwrap_or_default();
    }
    Ok(documents)
}
