//! Folders of logs, written and spoiled.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The logs in a folder, by name: what must still be there whatever happens.
pub type Files = BTreeMap<String, Vec<u8>>;

#[track_caller]
pub fn logs(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|extension| extension == "log")
            && entry.file_type().unwrap().is_file()
        {
            match fs::read(entry.path()) {
                Ok(log) => drop(files.insert(name, log)),
                // A process that works in the folder removed it after it was listed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
    files
}

/// A folder with these files.
#[track_caller]
pub fn write(files: &Files) -> tempfile::TempDir {
    let folder = scratch();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// In memory where the system has such a place: tests make thousands of folders.
#[track_caller]
pub fn scratch() -> tempfile::TempDir {
    // Under Wine, the path has a drive.
    let quick = std::path::absolute("/dev/shm").unwrap();
    let made = if quick.is_dir() { tempfile::tempdir_in(quick) } else { tempfile::tempdir() };
    made.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Flips one bit.
#[track_caller]
pub fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}
