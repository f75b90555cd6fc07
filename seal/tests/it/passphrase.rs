//! Key slots: the right passphrase and no other, and every spoiled slot.

use leftoff_seal::{Cost, ErrorKind, Key, KeySlot};

use crate::support::key;

const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };

fn kind(result: Result<Key, leftoff_seal::Error>) -> ErrorKind {
    result.expect_err("it must not open").kind()
}

#[test]
fn passphrase_opens_its_slot_and_a_new_one_opens_the_same_key() {
    let slot = KeySlot::new(&key(1), "correct horse", Cost::default()).unwrap();
    assert_eq!(slot.cost(), Cost { memory: 65_536, passes: 3, lanes: 1 });
    let bytes = slot.to_bytes();
    assert_eq!(bytes.len(), 150);
    let read = KeySlot::from_bytes(&bytes).unwrap();
    assert_eq!(read.open("correct horse").unwrap().expose(), &[1; 32]);
    assert_eq!(kind(read.open("Correct horse")), ErrorKind::WrongPassphrase);
    assert_eq!(kind(read.open("")), ErrorKind::WrongPassphrase);
    let changed = KeySlot::new(&read.open("correct horse").unwrap(), "battery staple", CHEAP).unwrap();
    assert_eq!(changed.open("battery staple").unwrap().id(), key(1).id());
    assert_eq!(kind(changed.open("correct horse")), ErrorKind::WrongPassphrase);
    assert_ne!(KeySlot::new(&key(1), "a", CHEAP).unwrap(), KeySlot::new(&key(1), "a", CHEAP).unwrap(), "salt");
    let printed = format!("{slot:?} {slot:#?}");
    assert!(!printed.contains("horse") && !printed.contains("salt") && printed.contains("65536"), "{printed}");
}

#[test]
fn every_flipped_bit_and_every_prefix_of_a_slot_is_refused() {
    let bytes = KeySlot::new(&key(1), "a", CHEAP).unwrap().to_bytes();
    let open = |bytes: &[u8]| kind(KeySlot::from_bytes(bytes).and_then(|slot| slot.open("a")));
    for bit in 0..bytes.len() * 8 {
        let mut spoiled = bytes.clone();
        spoiled[bit / 8] ^= 1 << (bit % 8);
        let seen = open(&spoiled);
        // The magics of the slot and of what it wraps.
        let due = if (0..3).contains(&(bit / 8)) || (34..37).contains(&(bit / 8)) {
            ErrorKind::NotSealed
        } else {
            ErrorKind::Damaged
        };
        assert_eq!(seen, due, "bit {bit}");
    }
    for len in 0..bytes.len() {
        assert_eq!(open(&bytes[..len]), ErrorKind::Torn, "{len} bytes");
    }
    assert_eq!(open(&[&bytes[..], &[0]].concat()), ErrorKind::Damaged);
}

#[test]
fn cost_beyond_the_limits_is_refused_before_any_memory_is_used() {
    for (memory, passes, lanes) in [(u32::MAX, 1, 1), (8, u32::MAX, 1), (800, 1, 17), (0, 1, 1), (8, 0, 1), (8, 1, 0)] {
        let cost = Cost { memory, passes, lanes };
        assert_eq!(KeySlot::new(&key(1), "a", cost).unwrap_err().kind(), ErrorKind::InvalidCost, "{cost:?}");
        // Forged by a store, with a right checksum.
        let mut bytes = KeySlot::new(&key(1), "a", CHEAP).unwrap().to_bytes();
        for (at, number) in [(4, memory), (8, passes), (12, lanes)] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        let check = crate::objects::crc16(&bytes[..32]);
        bytes[32..34].copy_from_slice(&check);
        assert_eq!(KeySlot::from_bytes(&bytes).unwrap_err().kind(), ErrorKind::Damaged, "{cost:?}");
    }
    // A cheaper cost in a forged slot derives another key.
    let mut bytes = KeySlot::new(&key(1), "a", Cost { passes: 2, ..CHEAP }).unwrap().to_bytes();
    bytes[8] = 1;
    let check = crate::objects::crc16(&bytes[..32]);
    bytes[32..34].copy_from_slice(&check);
    assert_eq!(kind(KeySlot::from_bytes(&bytes).unwrap().open("a")), ErrorKind::WrongPassphrase);
}
