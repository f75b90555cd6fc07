//! What the machine and the codec cost by themselves, and what programs do without a library.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::state::{App, Document};

/// A file of zeros on the disk, made by writes of one page, as a log would have it made ready.
pub(crate) struct Zeros {
    file: File,
    at: u64,
}

const PAGE: usize = 4096;
const ZEROS: u64 = 4 << 20;
/// A save of one field is about this long.
const RECORD: [u8; 128] = [7; 128];

impl Zeros {
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let file = File::create_new(path)?;
        for at in (0..ZEROS).step_by(PAGE) {
            write_all_at(&file, &[0; PAGE], at)?;
        }
        file.sync_all()?;
        Ok(Self { file, at: 0 })
    }

    /// The least a save can do: one positioned write, next to the last one.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        write_all_at(&self.file, &RECORD, self.at)?;
        self.at = (self.at + RECORD.len() as u64) % ZEROS;
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The whole state as bincode in one file: the way without a library.
pub(crate) struct Whole {
    folder: PathBuf,
    path: PathBuf,
    /// Where the middle section is in the file.
    at: u64,
    len: usize,
    buffer: Vec<u8>,
}

impl Whole {
    pub(crate) fn new(folder: &Path, app: &App) -> Result<Self, Box<dyn Error>> {
        let folder = folder.join("whole");
        fs::create_dir(&folder)?;
        let path = folder.join("state");
        let mut whole = Self { folder, path, at: 0, len: 0, buffer: Vec::new() };
        for (index, document) in app.documents.iter().enumerate() {
            let len = encode(document, &mut whole.buffer)?;
            if index < app.documents.len() / 2 {
                whole.at += len as u64;
            } else if whole.len == 0 {
                whole.len = len;
            }
        }
        fs::write(&whole.path, &whole.buffer)?;
        Ok(whole)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn encode(&mut self, app: &App) -> Result<(), Box<dyn Error>> {
        self.buffer.clear();
        app.documents.iter().try_for_each(|document| encode(document, &mut self.buffer).map(drop))
    }

    /// A save that a crash in the middle destroys.
    pub(crate) fn write(&mut self, app: &App) -> Result<(), Box<dyn Error>> {
        self.encode(app)?;
        Ok(fs::write(&self.path, &self.buffer)?)
    }

    /// A save that survives a power cut, or leaves the one before it.
    pub(crate) fn replace(&mut self, app: &App) -> Result<(), Box<dyn Error>> {
        self.encode(app)?;
        let draft = self.folder.join("draft");
        fs::write(&draft, &self.buffer)?;
        File::open(&draft)?.sync_all()?;
        fs::rename(&draft, &self.path)?;
        if cfg!(unix) {
            File::open(&self.folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Opens the file, reads one section of known place and length, and begins a file for what comes now.
    pub(crate) fn start(&self) -> io::Result<(Vec<u8>, File)> {
        let mut bytes = vec![0; self.len];
        read_exact_at(&File::open(&self.path)?, &mut bytes, self.at)?;
        let log = File::create_new(self.folder.join("log"))?;
        write_all_at(&log, &RECORD, 0)?;
        Ok((bytes, log))
    }

    pub(crate) fn forget_start(&self) -> io::Result<()> {
        fs::remove_file(self.folder.join("log"))
    }

    /// Read and decode everything.
    pub(crate) fn read_all(&self) -> Result<Vec<Document>, Box<dyn Error>> {
        let bytes = fs::read(&self.path)?;
        let mut rest = bytes.as_slice();
        let mut documents = Vec::new();
        while !rest.is_empty() {
            let (document, read) = bincode::serde::decode_from_slice(rest, bincode::config::standard())?;
            documents.push(document);
            rest = rest.get(read..).unwrap_or_default();
        }
        Ok(documents)
    }
}

/// All documents as bare bincode, and back.
pub(crate) fn there_and_back(documents: &Vec<Document>) -> Result<Vec<Document>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    bincode::serde::encode_into_writer(documents, Append(&mut bytes), bincode::config::standard())?;
    Ok(bincode::serde::decode_from_slice(&bytes, bincode::config::standard())?.0)
}

pub(crate) fn encode<T: Serialize>(document: &T, out: &mut Vec<u8>) -> Result<usize, Box<dyn Error>> {
    let before = out.len();
    bincode::serde::encode_into_writer(document, Append(out), bincode::config::standard())?;
    Ok(out.len() - before)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Box<dyn Error>> {
    Ok(bincode::serde::decode_from_slice(bytes, bincode::config::standard())?.0)
}

struct Append<'a>(&'a mut Vec<u8>);

impl bincode::enc::write::Writer for Append<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), bincode::error::EncodeError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(unix)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
    if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    let read = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
    if read == bytes.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
