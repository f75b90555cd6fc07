//! The conformance kit on stacks of layers, the outermost first: compression and encryption, a quota over both, a mirror of
//! encrypted copies.

use std::io;

use leftoff::backend::{Backend, FileBackend, MemoryBackend};
use leftoff::layer::{Compressed, Mirror, MirrorState, Quota};
use leftoff::{Outcome, Section, Session};
use leftoff_seal::{KeyRing, Sealed};
use leftoff_testing::conformance;

use crate::support::{APP, key, still};

const NOTE: Section<String> = Section::new("note", 1);

fn ring() -> KeyRing {
    KeyRing::new(key(1))
}

fn sealed(memory: MemoryBackend) -> Sealed<MemoryBackend> {
    Sealed::new(memory, ring())
}

#[test]
fn compression_over_encryption_conforms() {
    conformance(|| Compressed::new(sealed(MemoryBackend::new())), |backend| backend);
}

#[test]
fn quota_over_compression_over_encryption_conforms() {
    conformance(|| Quota::new(Compressed::new(sealed(MemoryBackend::new())), 1 << 30), |backend| backend);
}

#[test]
fn mirror_of_encrypted_copies_conforms() {
    let make = || {
        let second = MemoryBackend::new();
        Mirror::new(sealed(MemoryBackend::new()), move || Ok(sealed(second.clone())))
    };
    conformance(make, |backend| backend);
}

#[test]
fn stacks_over_a_directory_conform() {
    let (scratch, count) = (tempfile::tempdir().unwrap(), std::cell::Cell::new(0));
    let open = |dir: std::path::PathBuf| {
        let files = FileBackend::open(dir).unwrap();
        Quota::new(Compressed::new(Sealed::new(files, ring())), 1 << 30)
    };
    let make = || {
        count.set(count.get() + 1);
        open(scratch.path().join(count.get().to_string()))
    };
    conformance(make, |backend| {
        let dir = backend.inner().inner().inner().dir().to_owned();
        drop(backend);
        open(dir)
    });
}

#[test]
fn every_layer_together_stores_and_restores_and_the_second_copy_alone_does_so_too() {
    let (scratch, state) = (tempfile::tempdir().unwrap(), MirrorState::new());
    let value = "canary of the user ".repeat(2000);
    let second = scratch.path().join("second");
    let open = |dir: &str| {
        let (second, state, keys) = (second.clone(), state.clone(), ring());
        Session::builder(APP)
            .dir(scratch.path().join(dir))
            .layer(move |storage| {
                let second = second.clone();
                Mirror::new(storage, move || Ok(FileBackend::open(second.clone())?)).reporting_to(&state)
            })
            .layer(move |storage| Sealed::new(storage, keys.clone()))
            .layer(Compressed::new)
            .layer(|storage| Quota::new(storage, 1 << 20))
            .open()
    };
    let mut session = open("first");
    session.save(|capture| capture.set(NOTE, &value)).unwrap();
    assert!(state.wait(std::time::Duration::from_secs(60)));
    session.close().unwrap();
    assert_eq!(open("first").get(NOTE).unwrap().as_ref(), Some(&value));
    let stored = std::fs::read_dir(&second).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    assert!(stored.flatten().collect::<Vec<_>>().windows(6).all(|window| window != b"canary"));
    // The directory of the second copy is a state of its own.
    let keys = ring();
    let copy = Session::builder(APP).dir(&second).layer(move |storage| Sealed::new(storage, keys.clone()));
    assert_eq!(copy.layer(Compressed::new).open().get(NOTE).unwrap(), Some(value));
}

#[test]
fn encryption_over_compression_is_refused_at_open() {
    let memory = MemoryBackend::new();
    let keys = ring();
    let builder = still(memory.clone()).layer(Compressed::new).layer(move |storage| Sealed::new(storage, keys.clone()));
    let session = builder.open();
    assert_eq!(session.outcome(), Outcome::Unavailable);
    assert!(session.status().refused.unwrap().to_string().contains("compression is inside the encryption"));
    assert_eq!(memory.list().unwrap(), []);
}

#[test]
fn compressed_state_without_its_key_is_unavailable_through_every_layer() {
    let memory = MemoryBackend::new();
    let open = |ring: KeyRing| {
        still(memory.clone())
            .layer(move |storage| Sealed::new(storage, ring.clone()))
            .layer(Compressed::new)
            .layer(|storage| Quota::new(storage, 1 << 20))
            .open()
    };
    open(ring()).save(|capture| capture.set(NOTE, &"call Ana".to_owned())).unwrap();
    let mut locked = open(KeyRing::empty());
    assert_eq!(locked.outcome(), Outcome::Unavailable);
    assert_eq!(locked.get(NOTE).unwrap_err().kind(), leftoff::ErrorKind::Unavailable);
    assert_eq!(open(ring()).get(NOTE).unwrap().as_deref(), Some("call Ana"));
    let unreachable = io::Error::from(io::ErrorKind::TimedOut);
    let mirror =
        Mirror::new(sealed(memory), move || Err::<MemoryBackend, _>(io::Error::from(unreachable.kind()).into()));
    assert_eq!(still(mirror).layer(Compressed::new).open().get(NOTE).unwrap().as_deref(), Some("call Ana"));
}
