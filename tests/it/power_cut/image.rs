//! What is on a disk at one moment.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a drive writes whole, in bytes.
pub const SECTOR: usize = 512;

/// A folder with all that is in it, by paths from there: `None` is a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Image(pub BTreeMap<PathBuf, Option<Bytes>>);

/// What is in a file, without the zeros at its end: room ahead is most of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Bytes {
    pub head: Vec<u8>,
    pub len: usize,
}

impl Bytes {
    pub fn new(mut head: Vec<u8>) -> Self {
        let len = head.len();
        trim(&mut head);
        Self { head, len }
    }

    pub fn write(&mut self, at: usize, new: &[u8]) {
        self.len = self.len.max(at + new.len());
        if at < self.head.len() || !is_zero(new) {
            self.head.resize(self.head.len().max(at + new.len()), 0);
            self.head[at..at + new.len()].copy_from_slice(new);
            trim(&mut self.head);
        }
    }

    pub fn resize(&mut self, len: usize) {
        self.head.truncate(len);
        trim(&mut self.head);
        self.len = len;
    }

    pub fn sector(&self, at: usize) -> Vec<u8> {
        let there = self.head.get(at * SECTOR..).unwrap_or_default();
        let mut sector = there[..there.len().min(SECTOR)].to_vec();
        sector.resize(SECTOR, 0);
        sector
    }

    /// All of it, zeros included.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.resize(self.len, 0);
        bytes
    }
}

pub fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

fn trim(head: &mut Vec<u8>) {
    let zeros = head.iter().rev().take_while(|byte| **byte == 0).count();
    head.truncate(head.len() - zeros);
}

impl Image {
    /// What is in the folder `root` now.
    pub fn of(root: &Path) -> Self {
        fn walk(root: &Path, folder: &Path, image: &mut Image) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().to_owned();
                if path.is_dir() {
                    image.0.insert(name, None);
                    walk(root, &path, image);
                } else {
                    image.0.insert(name, Some(Bytes::new(fs::read(path).unwrap())));
                }
            }
        }
        let mut image = Self::default();
        walk(root, root, &mut image);
        image
    }

    /// Makes the folder `root` have exactly this in it.
    pub fn materialise(&self, root: &Path) {
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        for (name, content) in &self.0 {
            match content {
                None => fs::create_dir(root.join(name)).unwrap(),
                Some(bytes) => {
                    let mut file = fs::File::create(root.join(name)).unwrap();
                    file.write_all(&bytes.head).unwrap();
                    file.set_len(bytes.len as u64).unwrap();
                }
            }
        }
    }

    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// Names and lengths.
impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, content)| match content {
            None => write!(f, "\n    {}/", path.display()),
            Some(bytes) => write!(f, "\n    {}: {} bytes", path.display(), bytes.len),
        })
    }
}
