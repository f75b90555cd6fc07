//! The directories of projects: one for each path, below `projects`. Its name begins with the name of the project, for
//! people, and ends with a checksum of the whole path; the file `project` in it contains the path.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::disk::{Disk, is_ours};
use super::folder::{Folder, open_regular};
use super::lock::Borrowed;
use super::slots::used_slots;
use crate::frame::checksum;

const PROJECTS: &str = "projects";
/// The file with the path. A line break follows the path.
const FILE: &str = "project";
/// The ending of a directory that is being removed.
const REMOVED: &str = ".removed";
/// The maximum length of the readable part of a name, in characters.
const READABLE: usize = 40;
/// The maximum length of a path that is read, in bytes. Systems allow less.
const LONGEST: u64 = 1 << 20;

/// Returns the directory of the project at `path` below `dir`, and the path that names it. Creates nothing.
pub(crate) fn project_dir(dir: &Path, path: &Path) -> (PathBuf, PathBuf) {
    let projects = dir.join(PROJECTS);
    let place = projects.join(name(path));
    if place.exists() {
        return (place, path.to_owned());
    }
    spelled_differently(&projects, path).unwrap_or_else(|| (place, path.to_owned()))
}

/// Creates `projects`, the parent of `place`, private like every directory of a state: its entries are names that the user
/// gave.
///
/// # Errors
/// As for [`FileBackend::open`](super::FileBackend::open).
pub(crate) fn create_parent(place: &Path) -> io::Result<()> {
    place.parent().map_or(Ok(()), |projects| Folder::open(projects.to_owned(), Disk::default()).map(drop))
}

/// Writes the path into the directory of its project. The caller holds the directory.
///
/// Only people and [`remove_unused`] read it: a file that a power cut or a full disk left incomplete does not match the
/// checksum, so the directory stays, and the next open writes the file again.
pub(crate) fn note_path(place: &Path, path: &Path) {
    if path_of(place).as_deref() == Some(path) {
        return;
    }
    let mut bytes = bytes_of(path).into_owned();
    bytes.push(b'\n');
    if let Ok(file) = Disk::default().open_or_replace(&place.join(FILE)) {
        let _ = file.set_len(bytes.len() as u64).and_then(|()| file.write_at(&bytes, 0));
    }
}

/// Removes the directories beside `place` whose project no longer exists and that no session opened or wrote to for
/// `unused`. What cannot be removed stays until the next call.
pub(crate) fn remove_unused(place: &Path, unused: Duration) {
    let Some(Ok(entries)) = place.parent().map(fs::read_dir) else { return };
    for found in entries.flatten().map(|entry| entry.path()) {
        let _ = if found.to_string_lossy().ends_with(REMOVED) {
            // An earlier process ended before it had removed everything.
            remove(&found)
        } else {
            remove_if_unused(&found, unused)
        };
    }
}

fn remove_if_unused(place: &Path, unused: Duration) -> io::Result<()> {
    let Some(path) = path_of(place) else { return Ok(()) };
    // The project itself is looked for last: on a network that is gone, this may take long.
    let is_unused = SystemTime::now().duration_since(last_use(place)?).is_ok_and(|age| age > unused);
    if !is_unused || !is_gone(&path) {
        return Ok(());
    }
    let slots = used_slots(place).map_err(io::Error::other)?;
    if slots.iter().any(|slot| slot.held.is_some()) {
        return Ok(());
    }
    drop(slots);
    // Held until all is removed. Windows renames no directory with an open file in it.
    let _lock = Borrowed::take(place, Duration::ZERO)?.filter(|_| !cfg!(windows));
    // The rename removes the state in one step: a crash before it leaves all of it, and after it, the next call removes the
    // rest. Synced before a file is removed, so that no power cut leaves a part of the state under its name.
    let mut removed = place.as_os_str().to_owned();
    removed.push(REMOVED);
    let removed = PathBuf::from(removed);
    let disk = Disk::default();
    disk.rename(place, &removed)?;
    if let Some(projects) = place.parent().filter(|_| cfg!(unix)) {
        disk.sync_folder(projects)?;
    }
    remove(&removed)
}

/// Removes a directory with everything in it, if it is a directory of this user; links in it are not followed.
fn remove(place: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(place)?;
    if metadata.is_dir() && is_ours(&metadata) { Disk::default().remove_all(place) } else { Ok(()) }
}

/// Returns whether there is certainly nothing at this path: a directory that may not be searched, and a medium that does
/// not answer, may still contain it.
fn is_gone(path: &Path) -> bool {
    let error = fs::symlink_metadata(path).err();
    error.is_some_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
}

/// Returns when a file of the directory or of its slots was last written. Each open writes one, the name of the holder.
fn last_use(place: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        newest = newest.max(if metadata.is_dir() { last_use(&entry.path())? } else { metadata.modified()? });
    }
    Ok(newest)
}

/// Returns the path in the directory of a project, if it is this directory's.
fn path_of(place: &Path) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    open_regular(&place.join(FILE)).ok()??.0.take(LONGEST).read_to_end(&mut bytes).ok()?;
    let path = path_from(bytes.strip_suffix(b"\n")?)?;
    (place.file_name()? == name(&path).as_str()).then_some(path)
}

/// Returns the name of a project's directory: valid on every file system, and not a device on Windows.
fn name(path: &Path) -> String {
    let last = path.file_name().map_or("root".into(), std::ffi::OsStr::to_string_lossy);
    let readable: String =
        last.chars().take(READABLE).map(|char| if char.is_alphanumeric() { char } else { '_' }).collect();
    format!("{readable}-{:016x}", checksum(&bytes_of(path)))
}

/// Returns the directory of a project whose path differs in upper and lower case only and names the same file: some file
/// systems ignore case, and not all of them tell which spelling is theirs.
#[cfg(unix)]
fn spelled_differently(projects: &Path, path: &Path) -> Option<(PathBuf, PathBuf)> {
    use std::os::unix::fs::MetadataExt;

    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    let file = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    let (spelling, ours) = (folded(path), file(path)?);
    let places = fs::read_dir(projects).ok()?.flatten().map(|entry| entry.path());
    let known = places.filter_map(|place| path_of(&place).map(|known| (place, known)));
    known.into_iter().find(|(_, known)| folded(known) == spelling && file(known) == Some(ours))
}

/// On this platform, a canonical path has the spelling of the file system.
#[cfg(not(unix))]
fn spelled_differently(_: &Path, _: &Path) -> Option<(PathBuf, PathBuf)> {
    None
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).into()
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other platforms have paths that no bytes name")]
fn path_from(bytes: &[u8]) -> Option<PathBuf> {
    let path: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    Some(path.into())
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    match path.to_string_lossy() {
        Cow::Borrowed(text) => text.as_bytes().into(),
        Cow::Owned(text) => text.into_bytes().into(),
    }
}

/// A path with a character that is no Unicode is not known again, so its directory is never removed.
#[cfg(not(unix))]
fn path_from(bytes: &[u8]) -> Option<PathBuf> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains(char::REPLACEMENT_CHARACTER)).then(|| text.into())
}
