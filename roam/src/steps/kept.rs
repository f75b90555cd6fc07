//! The objects of this device in memory, with what is to be written of them.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::Change;
use crate::store::Store;

#[derive(Clone, Default)]
pub(super) struct Kept(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, Vec<u8>>,
    /// What the host has not written yet; `None` for a removal.
    changed: BTreeMap<String, Option<Vec<u8>>>,
    /// What the host is writing.
    underway: BTreeMap<String, Option<Vec<u8>>>,
}

impl Kept {
    pub(super) fn new(objects: BTreeMap<String, Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(Inner { objects, ..Inner::default() })))
    }

    /// Takes what is to be written.
    pub(super) fn take_changes(&self) -> Vec<Change> {
        let mut inner = self.0.lock();
        inner.underway = std::mem::take(&mut inner.changed);
        inner.underway.iter().map(|(name, bytes)| (name.clone(), bytes.clone())).collect()
    }

    /// Notes whether what was taken is written. If not, it is taken again, unless something newer takes its place.
    pub(super) fn note(&self, is_written: bool) {
        let mut inner = self.0.lock();
        let underway = std::mem::take(&mut inner.underway);
        if !is_written {
            for (name, bytes) in underway {
                inner.changed.entry(name).or_insert(bytes);
            }
        }
    }
}

impl Store for Kept {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut inner = self.0.lock();
        inner.objects.insert(name.to_owned(), bytes.to_vec());
        inner.changed.insert(name.to_owned(), Some(bytes.to_vec()));
        Ok(())
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.0.lock().objects.get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        Ok(self.0.lock().objects.keys().filter(|name| name.starts_with(prefix)).cloned().collect())
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let mut inner = self.0.lock();
        if inner.objects.remove(name).is_some() {
            inner.changed.insert(name.to_owned(), None);
        }
        Ok(())
    }
}

/// Without names and contents.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}
