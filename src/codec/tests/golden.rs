//! The bytes of this release, which every later one must still read. Never edit one: add another.

use super::*;

#[track_caller]
fn check(codec: Codec, hex: &str) {
    let bytes = encoded(codec, &leaf());
    let hex = hex.replace(['\n', ' '], "");
    let golden = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap());
    assert!(bytes.iter().copied().eq(golden), "{codec:?} {bytes:02x?}");
    assert_eq!(decode(codec, &bytes), Ok(leaf()), "{codec:?}");
}

#[test]
fn a_codec_is_found_by_its_number_and_no_other() {
    let numbered = |codec| {
        let number = match codec {
            #[cfg(feature = "bincode")]
            Codec::Bincode => 1,
            #[cfg(feature = "msgpack")]
            Codec::MsgPack => 2,
            #[cfg(feature = "json")]
            Codec::Json => 3,
            Codec::Shaped => 4,
        };
        (number, codec)
    };
    let found = (0..=u8::MAX).filter_map(|number| Some((number, Codec::from_id(number)?)));
    assert!(found.eq(codecs().map(numbered)));
    assert!(codecs().map(|codec| (codec.id(), codec)).eq(codecs().map(numbered)));
}

#[cfg(feature = "bincode")]
#[test]
fn bincode() {
    check(
        Codec::Bincode,
        "
        01fffb5702fcdf220200fdfffffffffffffffffeffffffffffffffffffffffffffffffff01fb2c01fc70110100fdffffffff
        fffffffffeffffffffffffffffffffffffffffffffcdcccc3d0000000000000080c39f0a53747261c39f65203432040001fe
        ff01017801020d026162fbf4010003fbfb0001020300c0a8000101fc0065cd1d
        ",
    );
}

#[cfg(feature = "msgpack")]
#[test]
fn msgpack() {
    check(
        Codec::MsgPack,
        "
        de0010a4666c6167c3a67369676e656495ffd1fed4d2fffeee90d38000000000000000c41080000000000000000000000000
        000000a8756e7369676e65649501cd012cce00011170cfffffffffffffffffc410ffffffffffffffffffffffffffffffffa6
        666c6f61747392ca3dcccccdcb8000000000000000a66c6574746572a2c39fa474657874aa53747261c39f65203432a56279
        746573c4040001feffa86f7074696f6e616ca178a76f7574636f6d6581a345727290a562795f696482f992a161a162ccfa90
        a5756e69747393c0c0c0a4756e6974c0a76e6f7468696e6790a47061697292ccfb93010203a76164647265737381a2563494
        ccc0cca80001a66c617374656482a47365637301a56e616e6f73ce1dcd6500
        ",
    );
}

#[cfg(feature = "json")]
#[test]
fn json() {
    let written = String::from_utf8(encoded(Codec::Json, &leaf())).unwrap();
    assert_eq!(
        written,
        concat!(
            r#"{"flag":true,"signed":[-1,-300,-70000,-9223372036854775808,-170141183460469231731687303715884105728],"#,
            r#""unsigned":[1,300,70000,18446744073709551615,340282366920938463463374607431768211455],"#,
            r#""floats":[0.1,-0.0],"letter":"ß","text":"Straße 42","bytes":[0,1,254,255],"optional":"x","outcome":{"Err":null},"#,
            r#""by_id":{"-7":["a","b"],"250":[]},"units":[null,null,null],"unit":null,"nothing":null,"#,
            r#""pair":[251,[1,2,3]],"address":"192.168.0.1","lasted":{"secs":1,"nanos":500000000}}"#,
        )
    );
    assert_eq!(decode(Codec::Json, written.as_bytes()), Ok(leaf()));
}

/// Lengths on both sides of each step of the variable-length integer.
#[cfg(feature = "bincode")]
#[test]
fn bincode_lengths() {
    for (value, bytes) in [
        (250, &[250][..]),
        (251, &[251, 251, 0]),
        (65_535, &[251, 255, 255]),
        (65_536, &[252, 0, 0, 1, 0]),
        (1 << 32, &[253, 0, 0, 0, 0, 1, 0, 0, 0]),
    ] {
        assert_eq!(encoded(Codec::Bincode, &value), bytes);
        assert_eq!(decode::<u64>(Codec::Bincode, bytes), Ok(value));
    }
}

/// bincode is no longer developed. Another crate reads and writes the same bytes, so stored state outlives it.
#[cfg(feature = "bincode")]
#[test]
fn bincode_is_not_the_only_reader_of_its_bytes() {
    let value = Node::Struct {
        name: "Straße".into(),
        children: vec![Node::Leaf(Box::new(leaf())), Node::Tuple(-1, None), chain(3)],
        by_name: [("é".into(), Node::Unit)].into(),
    };
    let bytes = encoded(Codec::Bincode, &value);
    let config = oxicode::config::standard();
    let (read, len) = oxicode::serde::decode_from_slice::<Node, _>(&bytes, config).unwrap();
    assert_eq!((read, len), (value.clone(), bytes.len()));
    assert_eq!(oxicode::serde::encode_to_vec(&value, config).unwrap(), bytes);
}

#[test]
fn shaped() {
    check(
        Codec::Shaped,
        "
        ae01171008666c6167020c7369676e6564150508090a0b0c10756e7369676e6564150503040506070c666c6f61747315020d
        0e0c6c65747465720f0874657874100a627974657311106f7074696f6e616c12100e6f7574636f6d6519010a06457272010a
        62795f6964140a130f0a756e697473130108756e6974010e6e6f7468696e6701087061697215020415030303030e61646472
        657373100c6c617374656417020873656373060a6e616e6f730501fffb5702fcdf220200fdfffffffffffffffffeffffffff
        ffffffffffffffffffffffff01fb2c01fc70110100fdfffffffffffffffffeffffffffffffffffffffffffffffffffcdcccc
        3d0000000000000080c39f0a53747261c39f65203432040001feff01017801020d026162fbf4010003fbfb000102030b3139
        322e3136382e302e3101fc0065cd1d
        ",
    );
}

/// The kinds that the type above has not: those of values whose form depends on the value.
#[test]
fn shaped_unions_and_loose_structs() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sparse {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        a: Option<u8>,
        b: bool,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u8),
        Text(String),
    }

    let value = (
        [Sparse { a: None, b: true }, Sparse { a: Some(7), b: false }].map(Box::new),
        vec![Either::Number(5), Either::Text("x".into())],
    );
    let bytes = encoded(Codec::Shaped, &value);
    let shape = [
        &[21, 2][..],
        // A pair of loose structs: the second one is the first definition inside, 29.
        &[21, 2, 24, 2, 2, b'b', 2, 2, b'a', 18, 3, 29],
        // A sequence of unions of a number and a text.
        &[19, 26, 2, 3, 16],
    ];
    let values = [&[1, 0, 1][..], &[2, 1, 1, 7, 0, 0], &[2, 0, 5, 1, 1, b'x']];
    let golden = [&[19][..], &shape.concat(), &values.concat()].concat();
    assert_eq!(bytes, golden);
    assert_eq!(decode(Codec::Shaped, &bytes), Ok(value));
}
