//! The ways that write the whole state into one file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use atomic_write_file::AtomicWriteFile;

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Everything, Work};

struct Whole {
    path: PathBuf,
    write: fn(&Path, &[Document]) -> Fallible,
    read: fn(&Path) -> Fallible<Vec<Document>>,
    /// Whether each save waits for the fsync.
    is_synced: bool,
}

pub(super) fn confy(dir: &Path) -> Box<dyn Store> {
    Box::new(Whole {
        path: dir.join("state.toml"),
        write: |path, documents| Ok(::confy::store_path(path, Everything { documents })?),
        read: |path| Ok(::confy::load_path::<Everything<Vec<Document>>>(path)?.documents),
        is_synced: false,
    })
}

pub(super) fn json_plain(dir: &Path) -> Box<dyn Store> {
    Box::new(Whole {
        path: dir.join("state.json"),
        write: |path, documents| Ok(fs::write(path, serde_json::to_vec(documents)?)?),
        read: |path| Ok(serde_json::from_slice(&fs::read(path)?)?),
        is_synced: false,
    })
}

pub(super) fn json_atomic(dir: &Path) -> Box<dyn Store> {
    Box::new(Whole {
        path: dir.join("state.json"),
        write: |path, documents| replace(path, &serde_json::to_vec(documents)?),
        read: |path| Ok(serde_json::from_slice(&fs::read(path)?)?),
        is_synced: true,
    })
}

pub(super) fn bincode_atomic(dir: &Path) -> Box<dyn Store> {
    Box::new(Whole {
        path: dir.join("state.bincode"),
        write: |path, documents| replace(path, &bincode::serde::encode_to_vec(documents, bincode::config::standard())?),
        read: |path| Ok(bincode::serde::decode_from_slice(&fs::read(path)?, bincode::config::standard())?.0),
        is_synced: true,
    })
}

pub(super) fn postcard_atomic(dir: &Path) -> Box<dyn Store> {
    Box::new(Whole {
        path: dir.join("state.postcard"),
        write: |path, documents| replace(path, &postcard::to_stdvec(documents)?),
        read: |path| Ok(postcard::from_bytes(&fs::read(path)?)?),
        is_synced: true,
    })
}

/// Writes a draft, syncs it, renames it over the file and syncs the directory.
fn replace(path: &Path, bytes: &[u8]) -> Fallible {
    let mut file = AtomicWriteFile::open(path)?;
    file.write_all(bytes)?;
    Ok(file.commit()?)
}

impl Store for Whole {
    fn save(&mut self, work: &Work, _: Change) -> Fallible {
        (self.write)(&self.path, &work.documents)
    }

    fn sync(&mut self) -> Fallible {
        if !self.is_synced {
            File::open(&self.path)?.sync_all()?;
        }
        Ok(())
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        self.all()?.into_iter().nth(index).ok_or_else(|| "a document is missing".into())
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        (self.read)(&self.path)
    }

    fn close(mut self: Box<Self>) -> Fallible {
        self.sync()
    }
}
