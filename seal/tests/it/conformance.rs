//! The conformance kit on sealed backends.

use std::cell::Cell;
use std::sync::Arc;

use leftoff::backend::{Backend, FileBackend, MemoryBackend};
use leftoff_seal::{KeyRing, Sealed};
use leftoff_testing::{conformance, conformance_without_key};

use crate::support::key;

#[test]
fn sealed_memory_conforms() {
    let ring = KeyRing::new(key(1));
    conformance(|| Sealed::new(MemoryBackend::new(), ring.clone()), |backend| backend);
    let shared = || Arc::new(MemoryBackend::new()) as Arc<dyn Backend>;
    conformance(|| Sealed::new(shared(), ring.clone()), |backend| backend);
}

#[test]
fn sealed_files_conform() {
    let (scratch, count, ring) = (tempfile::tempdir().unwrap(), Cell::new(0), KeyRing::new(key(1)));
    let make = || {
        count.set(count.get() + 1);
        let files = FileBackend::open(scratch.path().join(count.get().to_string())).unwrap();
        Sealed::new(files, ring.clone())
    };
    conformance(make, |backend| {
        let folder = backend.inner().dir().to_owned();
        drop(backend);
        Sealed::new(FileBackend::open(folder).unwrap(), ring.clone())
    });
}

#[test]
fn sealed_storage_without_its_key_conforms() {
    let make = || Sealed::new(MemoryBackend::new(), KeyRing::new(key(1)));
    let again =
        |ring: KeyRing| move |backend: Sealed<MemoryBackend>| Sealed::new(backend.inner().clone(), ring.clone());
    for absent in [KeyRing::empty(), KeyRing::new(key(2))] {
        conformance_without_key(make, again(absent), again(KeyRing::new(key(1))));
    }
}
