//! A key in a file.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use leftoff_seal::{Key, KeyId, KeyProvider, KeyRing};

/// A key in a file that only its user can read, for programs without access to the key store of the system.
///
/// The file contains 64 hexadecimal digits. Nobody else may read it on its way to the other devices: with the file,
/// one can read everything that roams. A clone shares the key.
#[derive(Debug, Clone)]
pub struct KeyFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// What the file contained.
    ring: KeyRing,
}

impl KeyFile {
    /// Uses the file at `path`. As long as the file does not exist, nothing is sent.
    ///
    /// # Errors
    /// `PermissionDenied`: other users can read the file. `InvalidData`: it contains no key. Else the system's error.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let file = Self(Arc::new(Inner { path: path.into(), ring: KeyRing::empty() }));
        file.look()?;
        Ok(file)
    }

    /// Makes a new key and writes it to a new file at `path`.
    ///
    /// Only for the first device: a second key locks this device out of what the others send.
    ///
    /// # Errors
    /// `AlreadyExists`: there is a file. Else the system's error.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        Self::keep(path, Key::random().map_err(|error| io::Error::other(error.to_string()))?)
    }

    /// Writes a key to a new file at `path`: the one of `set_up::set_up` or `set_up::join`.
    ///
    /// # Errors
    /// `AlreadyExists`: there is a file. Else the system's error.
    pub fn keep(path: impl Into<PathBuf>, key: Key) -> io::Result<Self> {
        let path = path.into();
        let mut digits = String::new();
        for byte in key.expose() {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        writeln!(file, "{digits}")?;
        // Before anything is sealed with it. If the process dies earlier, the file has no key, and says so.
        file.sync_all()?;
        Ok(Self(Arc::new(Inner { path, ring: KeyRing::new(key) })))
    }

    /// Reads the file, unless its key is known; a key that is in memory stays there when the file disappears.
    fn look(&self) -> io::Result<()> {
        let Inner { path, ring } = &*self.0;
        if ring.ids().is_empty() {
            if let Some(key) = read(path)? {
                ring.rotate(key);
            }
        }
        Ok(())
    }
}

impl KeyProvider for KeyFile {
    fn current(&self) -> io::Result<Option<Key>> {
        self.look()?;
        self.0.ring.current()
    }

    fn find(&self, id: KeyId) -> io::Result<Option<Key>> {
        self.look()?;
        self.0.ring.find(id)
    }
}

fn read(path: &Path) -> io::Result<Option<Key>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if is_open_to_others(&file.metadata()?) {
        let words = "other users can read the key file; allow only yourself to read it, as by `chmod 600`";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
    }
    let mut digits = String::new();
    let no_key = || io::Error::new(io::ErrorKind::InvalidData, "the key file does not contain 64 hexadecimal digits");
    file.take(1024).read_to_string(&mut digits).map_err(|_| no_key())?;
    key(digits.trim()).map(Some).ok_or_else(no_key)
}

fn key(digits: &str) -> Option<Key> {
    let mut bytes = [0; 32];
    if digits.len() != 2 * bytes.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Key::from_bytes(bytes))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn created_key_is_read_again_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let made = KeyFile::create(&path).unwrap().current().unwrap().unwrap();
        assert_eq!(KeyFile::open(&path).unwrap().current().unwrap().unwrap().id(), made.id());
        assert_eq!(KeyFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn key_that_comes_later_is_found_and_stays_when_the_file_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let keys = KeyFile::open(&path).unwrap();
        assert!(keys.current().unwrap().is_none());
        KeyFile::create(&path).unwrap();
        assert!(keys.current().unwrap().is_some());
        fs::remove_file(&path).unwrap();
        assert!(keys.current().unwrap().is_some());
    }

    #[test]
    fn file_without_a_key_or_open_to_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        KeyFile::create(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert_eq!(KeyFile::open(&path).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&path, "é".repeat(32)).unwrap();
        assert_eq!(KeyFile::open(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
