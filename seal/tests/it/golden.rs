//! Bytes that this version wrote: every later version must open them.

use leftoff::backend::Backend;
use leftoff_seal::{KeyRing, Sealer};

use crate::support::{id, key, memory_of, sealed};

/// The first frame of generation (5, 9).
const FRAME: &str = "\
    894c53010000b5adcfe69f5edda2039bc8042710d1a9f8a9cbf7b23ab3c4a31d9b5254fbb02501fd162692a6edbf86280500\
    000000000000090000000000000000000000ff68808fda733c4bc6641a9bc107479bd83332e8bd1cc387";

/// Compressed and padded, for the context `here`.
const OBJECT: &str = "\
    894c53010003e18dcfe69f5edda2039bc8042710d1a9f8a92907572ad3905412dd7ddcb5467cfca9ea4cb9a1e607c352dc06\
    86dbc137aff3cf937d3e82b516ddc83d0ef3b1b74b0b4d9b50124e244e3d8a89e8964b9bbe5eeae2b37029de8d050df75ba4\
    6a51dd949117b853fd0f8624adbdfb678dea0c1f";

/// With 64 KiB, one pass and one lane.
#[cfg(feature = "passphrase")]
const SLOT: &str = "\
    894c4b01400000000100000001000000f439fa1db3734aaef8a29a35a526de00ca11894c53010000ff7ac6f9c885682519d3\
    7621e290d56ba0f7d1a02115bb791ff66380bde7292e7d9802548cb1840ee60f2df7a2b0149461190c5057eaaafaa0958f4d\
    e2c30a21cc03e023b62e8ba1453bf9e0942d9a132d1bc3cc2c2ef1a52bea0352f7cfab27ef63419984defa9f955053091b88";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn frame_and_object_of_version_one_open() {
    let ring = KeyRing::new(key(1));
    assert_eq!(sealed(&memory_of(id(0), &bytes(FRAME)), &ring).read(id(0)).unwrap(), b"call Ana");
    assert_eq!(Sealer::new(ring).open(b"here", &bytes(OBJECT)).unwrap(), b"call Ana ".repeat(9));
}

#[cfg(feature = "passphrase")]
#[test]
fn key_slot_of_version_one_opens() {
    let slot = leftoff_seal::KeySlot::from_bytes(&bytes(SLOT)).unwrap();
    assert_eq!(slot.open("correct horse").unwrap().id(), key(1).id());
}
