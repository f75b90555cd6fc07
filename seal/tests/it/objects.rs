//! Objects and exports: what opens, and what each spoiled object is reported as.

use std::io;

use leftoff_seal::{ErrorKind, Key, KeyId, KeyProvider, KeyRing, Sealer, key_of};

fn key(byte: u8) -> Key {
    Key::from_bytes([byte; 32])
}

fn kind(result: Result<Vec<u8>, leftoff_seal::Error>) -> ErrorKind {
    result.expect_err("it must not open").kind()
}

#[test]
fn objects_of_every_length_and_setting_open_to_the_same_bytes() {
    let plain = Sealer::new(KeyRing::new(key(1)));
    let sealers =
        [plain.clone(), plain.clone().compressed(), plain.clone().padded(), plain.clone().compressed().padded()];
    for len in [0, 1, 7, 8, 9, 100, 65_535, 65_536, 65_537, 131_072, 300_000] {
        let noise: Vec<u8> = (0..len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
        for content in [noise, vec![b'a'; len]] {
            for sealer in &sealers {
                let sealed = sealer.seal(b"here", &content).unwrap();
                // The settings of the reader do not matter.
                assert_eq!(plain.open(b"here", &sealed).unwrap(), content, "{len} bytes, {sealer:?}");
                assert_ne!(sealed, sealer.seal(b"here", &content).unwrap(), "the nonce is random");
                assert!(sealed.len() <= 68 + (len + 8) * 9 / 8 + 16 * (len / 65_536 + 2), "{len}: {}", sealed.len());
            }
        }
    }
    assert!(sealers[1].seal(b"", &vec![b'a'; 100_000]).unwrap().len() < 1_000);
}

#[test]
fn every_flipped_bit_and_every_prefix_is_refused() {
    let sealer = Sealer::new(KeyRing::new(key(1)));
    for sealer in [sealer.clone(), sealer.padded().compressed()] {
        let sealed = sealer.seal(b"here", b"call Ana about the invoice").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut spoiled = sealed.clone();
            spoiled[bit / 8] ^= 1 << (bit % 8);
            let due = if bit / 8 < 3 { ErrorKind::NotSealed } else { ErrorKind::Damaged };
            assert_eq!(kind(sealer.open(b"here", &spoiled)), due, "bit {bit}");
        }
        for len in 0..sealed.len() {
            let due = if len < 68 { ErrorKind::Torn } else { ErrorKind::Damaged };
            assert_eq!(kind(sealer.open(b"here", &sealed[..len])), due, "{len} bytes");
        }
        let mut longer = sealed.clone();
        longer.push(0);
        assert_eq!(kind(sealer.open(b"here", &longer)), ErrorKind::Damaged);
    }
}

#[test]
fn chunks_of_a_large_object_cannot_be_cut_swapped_or_repeated() {
    let sealer = Sealer::new(KeyRing::new(key(1)));
    let sealed = sealer.seal(b"here", &vec![5; 3 << 16]).unwrap();
    let (header, body) = sealed.split_at(68);
    let chunks: Vec<_> = body.chunks(65_552).collect();
    assert_eq!(chunks.len(), 3);
    for order in [&[0, 1][..], &[0], &[], &[1, 0, 2], &[0, 0, 2], &[0, 2], &[0, 1, 2, 2], &[1, 2], &[2]] {
        let parts: Vec<u8> = order.iter().flat_map(|part| chunks[*part]).copied().collect();
        assert_eq!(kind(sealer.open(b"here", &[header, &parts].concat())), ErrorKind::Damaged, "{order:?}");
    }
    let other = sealer.seal(b"here", &vec![5; 3 << 16]).unwrap();
    let mixed = [header, chunks[0], &other[68 + 65_552..]].concat();
    assert_eq!(kind(sealer.open(b"here", &mixed)), ErrorKind::Damaged, "chunks of two objects");
}

/// A provider that answers each question as it is told to.
#[derive(Debug)]
struct Answers(fn() -> io::Result<Option<Key>>);

impl KeyProvider for Answers {
    fn current(&self) -> io::Result<Option<Key>> {
        (self.0)()
    }

    fn find(&self, _: KeyId) -> io::Result<Option<Key>> {
        (self.0)()
    }
}

#[test]
fn missing_wrong_and_unreachable_keys_are_told_apart_from_damage() {
    let sealed = Sealer::new(KeyRing::new(key(1))).seal(b"here", b"text").unwrap();
    let open = |answer| kind(Sealer::new(Answers(answer)).open(b"here", &sealed));
    assert_eq!(open(|| Ok(None)), ErrorKind::KeyMissing(key(1).id()));
    assert_eq!(open(|| Ok(Some(key(2)))), ErrorKind::WrongKey(key(1).id()));
    assert_eq!(open(|| Err(io::ErrorKind::StorageFull.into())), ErrorKind::Provider);
    let seal = |answer| kind(Sealer::new(Answers(answer)).seal(b"here", b"text"));
    assert_eq!(seal(|| Ok(None)), ErrorKind::NoKey);
    assert_eq!(seal(|| Err(io::ErrorKind::Other.into())), ErrorKind::Provider);
    let message = Sealer::new(KeyRing::empty()).open(b"here", &sealed).unwrap_err().to_string();
    assert_eq!(message, format!("the key {} is missing; the data is kept and needs that key", key(1).id()));
}

#[test]
fn an_object_under_another_name_of_another_time_or_from_elsewhere_is_named_so() {
    let sealer = Sealer::new(KeyRing::new(key(1)));
    let sealed = sealer.seal(b"here", b"text").unwrap();
    assert_eq!(kind(sealer.open(b"there", &sealed)), ErrorKind::Moved);
    assert_eq!(
        kind(sealer.open(b"here", b"{\"json\": \"of another program, longer than a header is, by far\"}")),
        ErrorKind::NotSealed
    );
    for (at, value) in [(3, 2), (5, 4), (5, 128)] {
        let mut newer = sealed.clone();
        newer[at] = value;
        assert_eq!(kind(sealer.open(b"here", &newer)), ErrorKind::Damaged, "without its checksum");
        let check = crc(&newer);
        newer[6..8].copy_from_slice(&check);
        assert_eq!(kind(sealer.open(b"here", &newer)), ErrorKind::Newer);
    }
    // A hint that this version does not know is ignored, and is authenticated all the same.
    let mut hinted = sealed.clone();
    hinted[4] = 1;
    let check = crc(&hinted);
    hinted[6..8].copy_from_slice(&check);
    assert_eq!(kind(sealer.open(b"here", &hinted)), ErrorKind::Damaged);
}

/// The checksum of a header, of the bytes around it.
pub fn crc(sealed: &[u8]) -> [u8; 2] {
    crc16(&[&sealed[..6], &sealed[8..68]].concat())
}

/// CRC-16/XMODEM.
pub fn crc16(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    crc.to_le_bytes()
}

#[test]
fn rotated_key_seals_new_objects_and_the_old_key_still_opens_old_ones() {
    let ring = KeyRing::new(key(1));
    let sealer = Sealer::new(ring.clone());
    let old = sealer.seal(b"here", b"old").unwrap();
    ring.rotate(key(2));
    let new = sealer.seal(b"here", b"new").unwrap();
    assert_eq!([key_of(&old).unwrap(), key_of(&new).unwrap()], [key(1).id(), key(2).id()]);
    assert_eq!(sealer.open(b"here", &old).unwrap(), b"old");
    ring.drop_key(key(1).id());
    assert_eq!(kind(sealer.open(b"here", &old)), ErrorKind::KeyMissing(key(1).id()));
    assert_eq!(sealer.open(b"here", &new).unwrap(), b"new");
    ring.lock();
    assert_eq!(kind(sealer.open(b"here", &new)), ErrorKind::KeyMissing(key(2).id()));
}

#[test]
fn debug_and_errors_print_ids_and_no_secret() {
    let secret = key(0xab);
    let ring = KeyRing::new(secret.clone());
    let sealer = Sealer::new(ring.clone());
    let sealed = sealer.seal(b"here", b"text").unwrap();
    ring.lock();
    let error = sealer.open(b"here", &sealed).unwrap_err();
    let printed = format!("{secret:?} {secret:#?} {error:?} {error} {:?} {sealer:?}", KeyRing::new(secret.clone()));
    assert!(printed.contains(&secret.id().to_string()));
    for secret in ["abab", "171, 171", "0xab, 0xab"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
