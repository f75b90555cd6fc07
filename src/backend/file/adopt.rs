//! Continues the state that the application had under another id: copies the logs of the former directory into the
//! present one before any of them is used. The former directory is read and never written.
//!
//! The copy is made in a subdirectory (`adopting`), which no reader opens. When all of it is synced, the subdirectory
//! is renamed to `adopted`: that single step commits the copy. Then its files are moved up, which every later open
//! completes. So a reader finds either nothing of the former state or all of it:
//!
//! - If the process crashes while copying, the next start finds an empty directory, deletes the partial copy and starts
//!   again.
//! - If the power fails around the rename, either `adopting` or `adopted` is complete; both were synced before.
//! - If the process crashes while moving up, the next open moves the rest before it looks for logs, whether or not it
//!   was asked to adopt, and whether or not the former directory still exists.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk::{harmless, is_ours};
use super::folder::{Folder, at, parse, refused};
use super::lock::Borrowed;
use super::newest;

/// A partial copy.
const COPYING: &str = "adopting";
/// A complete copy.
const COPIED: &str = "adopted";

/// Copies the state of the first of these directories that has one, if `folder` never had a state. Waits up to
/// `patience` for another instance that still uses the former directory. The caller holds the lock of `folder`.
///
/// # Errors
/// [`ResourceBusy`](io::ErrorKind::ResourceBusy), with [`Held`](super::Held) inside: an instance under the former id is
/// running. Any other kind: the former state cannot be read or copied. `folder` then contains none of it.
pub(super) fn adopt(folder: &Folder, formerly: &[PathBuf], patience: Duration) -> io::Result<()> {
    // A log means that there is a state, and the other file means that there was one: a forgotten state must not return
    // as the former one.
    if !folder.generations()?.is_empty() || fs::symlink_metadata(folder.path().join(newest::FILE)).is_ok() {
        return Ok(());
    }
    for former in formerly.iter().filter(|former| former.as_path() != folder.path()) {
        if logs_of(former)?.is_empty() {
            continue;
        }
        // Until the copy is committed, nobody may write to the original: such writes would be in neither state or in
        // both.
        let _lock = Borrowed::take(former, patience)?;
        let outcome = copy(folder, former);
        if outcome.is_err() {
            // The next attempt deletes the remains of a crash, so this only frees the space.
            let _ = clear(folder, &folder.path().join(COPYING));
        }
        return outcome;
    }
    Ok(())
}

fn copy(folder: &Folder, former: &Path) -> io::Result<()> {
    let (copying, disk) = (folder.path().join(COPYING), folder.disk());
    clear(folder, &copying)?;
    disk.create_folder(&copying).map_err(at("create", &copying))?;
    for log in logs_of(former)? {
        copy_file(folder, &log, &copying)?;
    }
    // Copy the name of the newest log, so that a deleted log is still detected. The file must exist in any case: it
    // records that this directory had a state.
    let named = [COPIED, ""].map(|place| former.join(place).join(newest::FILE));
    match named.iter().find(|path| is_fit(path).unwrap_or(false)) {
        Some(named) => copy_file(folder, named, &copying)?,
        None => {
            let named = disk.create_new(&copying.join(newest::FILE)).map_err(at("create", &copying))?;
            named.sync().map_err(at("sync", &copying))?;
        }
    }
    if cfg!(unix) {
        disk.sync_folder(&copying).map_err(at("sync", &copying))?;
    }
    folder.sync()?;
    let copied = folder.path().join(COPIED);
    disk.rename(&copying, &copied).map_err(at("rename", &copying))?;
    folder.sync()?;
    finish(folder)
}

/// Moves the files of a complete copy up, if any remain.
pub(super) fn finish(folder: &Folder) -> io::Result<()> {
    let (copied, disk) = (folder.path().join(COPIED), folder.disk());
    if !fs::symlink_metadata(&copied).is_ok_and(|metadata| metadata.is_dir() && is_ours(&metadata)) {
        return Ok(());
    }
    for entry in fs::read_dir(&copied).map_err(at("list", &copied))? {
        let name = entry.map_err(at("list", &copied))?.file_name();
        let to = folder.path().join(&name);
        // We hold the lock, so an existing target is foreign: it stays, and so does the copy.
        if fs::symlink_metadata(&to).is_err() {
            disk.rename(&copied.join(&name), &to).map_err(at("rename", &to))?;
        }
    }
    // Sync before the subdirectory is removed: after a crash, the next open continues from it.
    if cfg!(unix) {
        disk.sync_folder(&copied).map_err(at("sync", &copied))?;
    }
    folder.sync()?;
    // The subdirectory stays if it is not empty.
    let _ = disk.remove_folder(&copied);
    Ok(())
}

/// Lists the logs in a former directory, including logs that it adopted itself and did not move up.
fn logs_of(former: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::metadata(former) {
        Ok(metadata) if !metadata.is_dir() => return Ok(Vec::new()),
        Ok(metadata) if !is_ours(&metadata) => {
            let why =
                "the directory of the former application id belongs to another user; remove it or change its owner";
            return Err(refused(io::ErrorKind::PermissionDenied, why, former));
        }
        Ok(_) => {}
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(at("open", former)(error)),
    }
    let mut logs = Vec::new();
    for place in [former.to_owned(), former.join(COPIED)] {
        let entries = match fs::read_dir(&place) {
            Err(error) if is_absent(&error) => continue,
            entries => entries.map_err(at("list", &place))?,
        };
        for entry in entries {
            let path = entry.map_err(at("list", &place))?.path();
            let is_log = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| parse(name).is_some());
            // A file of another user, or not a regular file, is never read as a log of this state.
            if is_log && is_fit(&path).map_err(at("open", &path))? {
                logs.push(path);
            }
        }
    }
    Ok(logs)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_fit(path: &Path) -> io::Result<bool> {
    fs::symlink_metadata(path).map(|metadata| metadata.is_file() && is_ours(&metadata))
}

/// Copies a file to a new file and syncs it. Zeros are left out, because a log has space reserved and may have holes.
fn copy_file(folder: &Folder, from: &Path, into: &Path) -> io::Result<()> {
    let Some(name) = from.file_name() else { return Ok(()) };
    let mut options = File::options();
    options.read(true);
    harmless(&mut options);
    let mut source = options.open(from).map_err(at("open", from))?;
    let to = into.join(name);
    let target = folder.disk().create_new(&to).map_err(at("create", &to))?;
    let (mut bytes, mut end) = (vec![0; CHUNK], 0);
    loop {
        let len = match source.read(&mut bytes) {
            Ok(0) => break,
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(at("read", from)(error)),
        };
        let read = bytes.get(..len).unwrap_or_default();
        if read.iter().any(|byte| *byte != 0) {
            target.write_at(read, end).map_err(at("write", &to))?;
        }
        end += len as u64;
    }
    target.set_len(end).and_then(|()| target.sync()).map_err(at("sync", &to))
}

/// The size of a copied chunk, in bytes.
const CHUNK: usize = 256 * 1024;

/// Removes a partial copy; the former directory still has the originals.
fn clear(folder: &Folder, copying: &Path) -> io::Result<()> {
    let disk = folder.disk();
    match fs::symlink_metadata(copying) {
        Err(_) => return Ok(()),
        Ok(metadata) if !metadata.is_dir() => return disk.remove(copying).map_err(at("remove", copying)),
        Ok(_) => {}
    }
    for entry in fs::read_dir(copying).map_err(at("list", copying))? {
        let path = entry.map_err(at("list", copying))?.path();
        disk.remove(&path).map_err(at("remove", &path))?;
    }
    disk.remove_folder(copying).map_err(at("remove", copying))
}
