//! Numbers of the operating system; where it does not tell, there are none.

use std::fs;
use std::io;
use std::path::Path;

/// Bytes that this process made the page cache owe to the device, by `/proc/self/io`: pages, not what was passed to `write`.
/// The journal of the file system is not included, because a thread of the kernel writes it.
pub(crate) fn device_bytes() -> Option<u64> {
    field("/proc/self/io", "write_bytes:")
}

/// The memory of this process at present and at its peak, in kB.
pub(crate) fn memory() -> Option<(u64, u64)> {
    Some((field("/proc/self/status", "VmRSS:")?, field("/proc/self/status", "VmHWM:")?))
}

fn field(file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The bytes that the files of a directory take on the disk, in whole blocks.
///
/// # Errors
/// The directory cannot be read.
pub(crate) fn disk_usage(dir: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // A file that was removed while the directory was read takes nothing.
        let Ok(metadata) = entry.metadata() else { continue };
        total += if metadata.is_dir() { disk_usage(&entry.path())? } else { allocated(&metadata) };
    }
    Ok(total)
}

#[cfg(unix)]
fn allocated(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata) * 512
}

#[cfg(not(unix))]
fn allocated(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}

/// The kind of the file system of a directory, where the system tells.
pub(crate) fn file_system(dir: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let under = mounts.filter(|(mount, _)| dir.starts_with(mount)).max_by_key(|(mount, _)| mount.len());
    under.map_or_else(|| "unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}
