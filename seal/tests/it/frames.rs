//! Single frames: what opens, and what each spoiled frame is reported as.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use leftoff::backend::{Backend, Error, FrameId, Generation, MemoryBackend};
use leftoff_seal::{ErrorKind, KeyRing, Sealed};

use crate::support::{A, Counting, id, key, memory_of, sealed};

/// Returns the reason inside a backend's error, after checking that its variant is the one due.
#[track_caller]
fn reason(error: Error) -> ErrorKind {
    let kind =
        |source: &(dyn std::error::Error + 'static)| source.downcast_ref::<leftoff_seal::Error>().unwrap().kind();
    match error {
        Error::Damaged(cause) => {
            let kind = kind(&*cause);
            assert!(matches!(kind, ErrorKind::Damaged | ErrorKind::Moved | ErrorKind::Torn), "{kind:?} as damage");
            kind
        }
        Error::Newer(cause) => {
            assert_eq!(kind(&*cause), ErrorKind::Newer);
            ErrorKind::Newer
        }
        Error::Unavailable(error) => {
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "the kind that changes nothing");
            let kind = kind(error.get_ref().unwrap());
            assert!(!matches!(kind, ErrorKind::Damaged | ErrorKind::Moved | ErrorKind::Torn | ErrorKind::Newer));
            kind
        }
        other => panic!("{other:?}"),
    }
}

/// The stored bytes of a frame with this content.
fn frame(content: &[u8]) -> Vec<u8> {
    let memory = MemoryBackend::new();
    sealed(&memory, &KeyRing::new(key(1))).create(id(0), content).unwrap();
    memory.read(id(0)).unwrap()
}

#[test]
fn every_flipped_bit_and_every_prefix_of_a_frame_is_refused_as_damage() {
    let (ring, bytes) = (KeyRing::new(key(1)), frame(b"a frame of some forty bytes, more or less"));
    let read = |bytes: &[u8]| {
        let backend = sealed(&memory_of(id(0), bytes), &ring);
        let whole = reason(backend.read(id(0)).unwrap_err());
        // A part is refused as well: nothing is returned that was not authenticated.
        let part = backend.read_range(id(0), 0..10).map_or_else(reason, |part| panic!("{part:?} was returned"));
        assert_eq!(whole, part);
        whole
    };
    for bit in 0..bytes.len() * 8 {
        let mut spoiled = bytes.clone();
        spoiled[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&spoiled), ErrorKind::Damaged, "bit {bit}");
    }
    for len in 0..bytes.len() {
        let due = if len < 68 { ErrorKind::Torn } else { ErrorKind::Damaged };
        assert_eq!(read(&bytes[..len]), due, "{len} bytes");
    }
}

#[test]
fn each_trouble_has_its_own_word_and_the_outcome_that_keeps_the_data() {
    let bytes = frame(b"text");
    let memory = memory_of(id(0), &bytes);
    let read = |memory: &MemoryBackend, ring: KeyRing| reason(sealed(memory, &ring).read(id(0)).unwrap_err());
    assert_eq!(read(&memory, KeyRing::empty()), ErrorKind::KeyMissing(key(1).id()));
    assert_eq!(read(&memory, KeyRing::new(key(2))), ErrorKind::KeyMissing(key(1).id()));
    let ring = || KeyRing::new(key(1));
    let mut newer = bytes.clone();
    newer[5] = 1;
    let check = crate::objects::crc(&newer);
    newer[6..8].copy_from_slice(&check);
    assert_eq!(read(&memory_of(id(0), &newer), ring()), ErrorKind::Newer);
    assert_eq!(read(&memory_of(id(0), b"LFTO and the rest of a plain frame"), ring()), ErrorKind::NotSealed);
    assert_eq!(read(&memory_of(id(0), &[0; 200]), ring()), ErrorKind::Damaged, "zeros of a torn file");
    assert_eq!(read(&memory_of(id(0), &bytes[..67]), ring()), ErrorKind::Torn);
    // Right bytes under every kind of other name.
    for (number, writer, index) in [(6, 9, 0), (5, 8, 0), (5, 9, 1)] {
        let elsewhere = FrameId { generation: Generation { number, writer }, index };
        let backend = sealed(&memory_of(elsewhere, &bytes), &ring());
        assert_eq!(reason(backend.read(elsewhere).unwrap_err()), ErrorKind::Moved);
        assert_eq!(reason(backend.read_range(elsewhere, 0..1).unwrap_err()), ErrorKind::Moved);
    }
    // Without a key, nothing is stored.
    let backend = sealed(&memory, &KeyRing::empty());
    assert_eq!(reason(backend.create(id(1), b"text").unwrap_err()), ErrorKind::NoKey);
    assert_eq!(memory.list().unwrap().len(), 1);
}

#[test]
fn provider_that_cannot_find_its_own_key_again_seals_nothing() {
    #[derive(Debug)]
    struct Forgets;
    impl leftoff_seal::KeyProvider for Forgets {
        fn current(&self) -> io::Result<Option<leftoff_seal::Key>> {
            Ok(Some(key(1)))
        }
        fn find(&self, _: leftoff_seal::KeyId) -> io::Result<Option<leftoff_seal::Key>> {
            Ok(None)
        }
    }
    let memory = MemoryBackend::new();
    let error = Sealed::new(memory.clone(), Forgets).create(id(0), b"text").unwrap_err();
    assert_eq!(reason(error), ErrorKind::KeyMissing(key(1).id()));
    assert!(memory.list().unwrap().is_empty());
}

#[test]
fn plain_frames_are_read_only_where_the_application_asks_for_it() {
    let memory = MemoryBackend::new();
    let plain: Vec<u8> = b"LFTO".iter().copied().chain((0..200_000_u32).map(|at| at as u8)).collect();
    memory.create(id(0), &plain).unwrap();
    let backend = sealed(&memory, &KeyRing::new(key(1)));
    assert_eq!(reason(backend.read_range(id(0), 70_000..70_001).unwrap_err()), ErrorKind::NotSealed);
    let backend = backend.reading_plain();
    assert_eq!(backend.read(id(0)).unwrap(), plain);
    assert_eq!(backend.read_range(id(0), 70_000..70_009).unwrap(), plain[70_000..70_009]);
    backend.create(id(1), b"new").unwrap();
    assert_eq!(backend.read(id(1)).unwrap(), b"new");
    let usage = backend.usage().unwrap();
    assert!(usage.plain.contains(&A) && usage.keys[&key(1).id()].contains(&A) && usage.unreadable.is_empty());
}

#[test]
fn a_part_of_a_9_mb_frame_reads_only_its_chunks() {
    let content: Vec<u8> = (0..9_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let counting = Counting(MemoryBackend::new(), Arc::new(AtomicU64::new(0)));
    let backend = Sealed::new(counting.clone(), KeyRing::new(key(1)));
    backend.create(id(0), &content).unwrap();
    for (start, len) in
        [(0, 4_096), (5_000_000, 1_000), (65_530, 12), (131_072, 65_536), (8_999_000, 5_000), (4_000_000, 300_000)]
    {
        counting.1.store(0, Ordering::Relaxed);
        let part = backend.read_range(id(0), start as u64..(start + len) as u64).unwrap();
        assert_eq!(part, content[start..(start + len).min(content.len())]);
        let read = counting.1.load(Ordering::Relaxed);
        assert!(read <= len as u64 + 3 * 65_552, "{read} bytes for {len}");
    }
}

#[test]
fn intact_chunks_of_a_damaged_frame_are_returned_and_nothing_else() {
    let content: Vec<u8> = (0..300_000_u32).map(|at| at as u8 | 1).collect();
    let bytes = frame(&content);
    let read = |bytes: &[u8]| {
        let backend = sealed(&memory_of(id(0), bytes), &KeyRing::new(key(1)));
        assert_eq!(reason(backend.read(id(0)).unwrap_err()), ErrorKind::Damaged);
        backend.read_range(id(0), 0..u64::MAX)
    };
    for spoiled in 0..5 {
        let mut bytes = bytes.clone();
        bytes[68 + spoiled * 65_552 + 100] ^= 1;
        let salvaged = read(&bytes).unwrap();
        assert_eq!(salvaged.len(), content.len());
        let (start, end) = (spoiled << 16, ((spoiled + 1) << 16).min(content.len()));
        assert!(salvaged[start..end].iter().all(|byte| *byte == 0), "never what was not authenticated");
        assert!(salvaged[..start] == content[..start] && salvaged[end..] == content[end..]);
    }
    // The directory of a base has a second copy at the end, so a damaged front must not end the search for it.
    let mut front = bytes.clone();
    front[100] ^= 1;
    let backend = sealed(&memory_of(id(0), &front), &KeyRing::new(key(1)));
    assert_eq!(backend.read_range(id(0), 0..4_096).unwrap(), [0; 4_096]);
    // Torn between two chunks, and inside one.
    assert_eq!(read(&bytes[..68 + 2 * 65_552]).unwrap(), content[..131_072]);
    assert_eq!(read(&bytes[..68 + 2 * 65_552 + 1_000]).unwrap()[..131_072], content[..131_072]);
    let mut swapped = bytes.clone();
    swapped[68..68 + 65_552].copy_from_slice(&bytes[68 + 65_552..68 + 2 * 65_552]);
    assert!(read(&swapped).unwrap()[..65_536].iter().all(|byte| *byte == 0), "another chunk of the same frame");
}
