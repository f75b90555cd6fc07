//! A directory filled by an attacker: any names, any bytes, and records with valid checksums and arbitrary other
//! contents.
//!
//! Part of [`fuzzing`](crate::fuzzing); it is here because only this module has access to the records of a log.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is the verdict")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::{Backend, Error, FrameId, Generation};
use super::FileBackend;
use super::disk::Disk;
use super::record::{ALIGN, Header, Kind, Opening, Seal};
use crate::wire::Reader;

/// The planted contents of the directory.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    files: BTreeMap<String, Vec<u8>>,
    /// Payloads with their own valid header: no other bytes may be read as a frame.
    frames: BTreeSet<(FrameId, Vec<u8>)>,
    next: BTreeMap<Generation, u32>,
}

/// Cuts the input into pieces of files: `file:1 how:1 length:2 bytes`. `frame` builds a frame from such bytes.
pub(crate) fn plant(data: &[u8], frame: impl Fn(FrameId, &[u8]) -> Option<Vec<u8>>) -> Planted {
    let mut planted = Planted::default();
    let mut reader = Reader::new(data);
    while let (Ok(file), Ok(how), Ok(len)) = (reader.u8(), reader.u8(), reader.u16()) {
        let cut_short = reader.rest().len() < usize::from(len);
        let bytes = reader.take(usize::from(len)).unwrap_or_else(|_| reader.rest());
        // The highest bit selects a file that is not, or not quite, a log.
        if file & 0x80 == 0 {
            let generation = Generation { number: u64::from(file % 8) + 1, writer: u64::from(file / 64) };
            planted.add(generation, how, bytes, &frame);
        } else if let (Some((name, content)), false) = (bytes.split_at_checked(usize::from(how % 64)), bytes.is_empty())
        {
            let name: String = String::from_utf8_lossy(name).chars().filter(|char| !"/\0".contains(*char)).collect();
            if !matches!(name.as_str(), "" | "." | ".." | "lock") && name.len() < 200 {
                planted.files.insert(name, content.to_vec());
            }
        }
        if cut_short {
            break;
        }
    }
    planted
}

impl Planted {
    fn add(
        &mut self,
        generation: Generation,
        how: u8,
        bytes: &[u8],
        frame: impl Fn(FrameId, &[u8]) -> Option<Vec<u8>>,
    ) {
        let file = self.files.entry(format!("{:016x}-{:016x}.log", generation.number, generation.writer)).or_default();
        let next = self.next.entry(generation).or_default();
        let seal = Seal::new(generation);
        let mut record = |kind, index, len, payload: &[u8], frames: &mut BTreeSet<_>| {
            file.resize(file.len().next_multiple_of(usize::try_from(ALIGN).unwrap()), 0);
            let header = Header { kind, len, ..Header::of(index, payload) };
            file.extend_from_slice(&header.encode(seal, file.len() as u64));
            file.extend_from_slice(payload);
            frames.insert((FrameId { generation, index }, payload.to_vec()));
        };
        let len = bytes.len() as u64;
        match how % 8 {
            0 => file.extend_from_slice(bytes),
            1 => file.extend_from_slice(&Opening::encode()),
            2 => {
                record(Kind::Frame, *next, len, bytes, &mut self.frames);
                *next += 1;
            }
            3 => record(Kind::Begun, *next, len, bytes, &mut self.frames),
            4 => file.resize(file.len() + bytes.len(), 0),
            5 => {
                let id = FrameId { generation, index: *next };
                let payload = frame(id, bytes).unwrap_or_default();
                record(Kind::Frame, *next, payload.len() as u64, &payload, &mut self.frames);
                *next += 1;
            }
            // Any number, any length.
            6 => {
                let mut reader = Reader::new(bytes);
                let (Ok(index), Ok(len)) = (reader.u32(), reader.u64()) else { return };
                record(Kind::Frame, index, len, reader.rest(), &mut self.frames);
            }
            _ => {
                record(Kind::Frame, *next, len, bytes, &mut self.frames);
                // Damaged afterwards.
                if let Some(last) = file.last_mut() {
                    *last ^= 1 << (how / 8 % 8);
                }
                *next += 1;
            }
        }
    }

    /// Writes the contents to a new directory. What the file system does not store is planted no longer.
    pub(crate) fn write(&mut self) -> Scratch {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let quick = Path::new("/dev/shm");
        let place = if quick.is_dir() { quick.to_owned() } else { std::env::temp_dir() };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch(place.join(format!("leftoff-fuzz-{}-{number}", std::process::id())));
        fs::create_dir_all(&scratch.0).unwrap();
        for (name, bytes) in &self.files {
            let _ = fs::write(scratch.0.join(name), bytes);
        }
        if !cfg!(target_os = "linux") {
            // Two names may be equal, or a name may be invalid.
            self.files.retain(|name, bytes| fs::read(scratch.0.join(name)).is_ok_and(|stored| stored == *bytes));
        }
        scratch
    }

    /// Checks that each listed frame is either one that was planted, or reads as an error.
    pub(crate) fn check(&self, backend: &FileBackend) {
        let mut all = backend.list().unwrap();
        all.sort_unstable();
        let mut again = Vec::new();
        for generation in backend.generations().unwrap() {
            let frames = backend.frames(generation).unwrap();
            let count = u32::try_from(frames.len()).unwrap();
            assert!(frames.iter().copied().eq(0..count), "numbered from zero without gaps");
            again.extend(frames.into_iter().map(|index| FrameId { generation, index }));
            let beyond = FrameId { generation, index: count };
            let error = backend.read(beyond).unwrap_err();
            assert!(matches!(error, Error::NotFound(_) | Error::Newer(_)), "{error}");
        }
        assert_eq!(all, again, "one listing");
        for id in all {
            match backend.read(id) {
                Ok(bytes) => {
                    assert_eq!(backend.read_range(id, 0..u64::MAX).unwrap(), bytes);
                    let middle = bytes.len() as u64 / 2;
                    assert_eq!(backend.read_range(id, middle..u64::MAX).unwrap(), bytes[bytes.len() / 2..]);
                    assert!(self.frames.contains(&(id, bytes)), "a frame that nobody wrote");
                }
                Err(error) => {
                    assert!(matches!(error, Error::Damaged(_) | Error::Newer(_) | Error::NotFound(_)), "{error}");
                    let _ = backend.read_range(id, 0..10);
                }
            }
        }
        // A refused instance reads the holder from a file that any user may have written.
        if let Some(holder) = self.files.get("holder") {
            fs::write(backend.dir().join("holder"), holder).unwrap();
            let held = FileBackend::open_as(backend.dir().to_owned(), 1, Duration::ZERO, Disk::default()).unwrap_err();
            assert!(super::is_held(&held) && held.to_string().len() < 2000, "{held}");
        }
    }

    /// Checks that no file changed except those that name the holder. Logs may be gone if one of them requests that.
    pub(crate) fn check_files(&self, folder: &Path, may_be_erased: bool) {
        for (name, bytes) in &self.files {
            if !matches!(name.as_str(), "holder" | "newest") {
                match fs::read(folder.join(name)) {
                    Ok(now) => assert_eq!(now, *bytes, "{name} changed"),
                    Err(_) => assert!(may_be_erased, "{name} is gone"),
                }
            }
        }
    }
}

/// A directory that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
