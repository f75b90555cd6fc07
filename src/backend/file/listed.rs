//! The list of programs on this machine that agreed to be listed: one small file for each state directory. A file names the
//! program and the directory, and contains nothing of the state.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::disk::{Disk, is_ours};
use super::folder::open_regular;
use super::projects::{bytes_of, path_from};
use crate::frame::checksum;

const MAGIC: &str = "leftoff listed 1";
/// The end of the first line if frames pass through a layer, so that only the program can read them.
const LAYERED: &str = " layered";
/// The maximum length of a file, in bytes: an id and a path. Systems allow no longer path.
const LONGEST: u64 = 1 << 16;

/// A program that agreed, and where its state is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) app: String,
    pub(crate) dir: PathBuf,
    pub(crate) is_layered: bool,
}

/// Returns the directory of the list that all programs share: beside their state directories.
pub(crate) fn shared_list() -> Option<PathBuf> {
    let base = directories::BaseDirs::new()?;
    Some(base.state_dir().unwrap_or_else(|| base.data_local_dir()).join("leftoff").join("listed"))
}

/// Adds a state directory to the list, or updates its file.
///
/// Nothing is synced, because `open` waits for no sync. The file is complete before it gets its name: if the process
/// dies before that, the former file stays. A file that a power cut emptied is ignored, and the next open writes it again.
///
/// # Errors
/// The directory of the list cannot be created or written, or belongs to another user.
pub(crate) fn put(list: &Path, note: &Note) -> io::Result<()> {
    let path = list.join(name(&note.dir));
    if read(&path).as_ref() == Some(note) {
        return Ok(());
    }
    let disk = Disk::default();
    disk.create_folder(list)?;
    if !is_our_directory(list) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut bytes = format!("{MAGIC}{}\n{}\n", if note.is_layered { LAYERED } else { "" }, note.app).into_bytes();
    bytes.extend_from_slice(&bytes_of(&note.dir));
    let partial = list.join(format!(".{:016x}.part", crate::random::number()));
    let written = disk.create_new(&partial).and_then(|file| file.write_at(&bytes, 0));
    let done = written.and_then(|()| disk.rename(&partial, &path));
    if done.is_err() {
        let _ = disk.remove(&partial);
    }
    done
}

/// Removes a state directory from the list.
pub(crate) fn remove(list: &Path, dir: &Path) {
    let path = list.join(name(dir));
    // Usually there is none, and this is one system call.
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file() && is_ours(&metadata)) {
        let _ = Disk::default().remove(&path);
    }
}

/// Returns the list. Files of other users, links and what is no such file are ignored. The file of a directory that no
/// longer exists is removed.
pub(crate) fn all(list: &Path) -> Vec<Note> {
    if !is_our_directory(list) {
        return Vec::new();
    }
    let entries = fs::read_dir(list).into_iter().flatten().flatten();
    let mut notes: Vec<_> = entries.filter_map(|entry| read(&entry.path())).collect();
    notes.retain(|note| {
        let is_gone = fs::metadata(&note.dir).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        if is_gone {
            remove(list, &note.dir);
        }
        !is_gone
    });
    notes
}

fn is_our_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir() && is_ours(&metadata))
}

fn read(path: &Path) -> Option<Note> {
    let mut bytes = Vec::new();
    open_regular(path).ok()??.0.take(LONGEST).read_to_end(&mut bytes).ok()?;
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let first = std::str::from_utf8(lines.next()?).ok()?.strip_prefix(MAGIC)?;
    let app = std::str::from_utf8(lines.next()?).ok()?.to_owned();
    let dir = path_from(lines.next()?)?;
    let is_layered = match first {
        "" => false,
        LAYERED => true,
        _ => return None,
    };
    // A file that is incomplete, or under another name, does not match.
    (path.file_name()? == name(&dir).as_str()).then_some(Note { app, dir, is_layered })
}

/// Returns the name of the file of a state directory.
fn name(dir: &Path) -> String {
    format!("{:016x}", checksum(&bytes_of(dir)))
}
