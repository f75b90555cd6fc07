//! What cannot be read back is not written.

use std::collections::BTreeMap;

use serde::ser::{Error as _, SerializeSeq, SerializeTuple};
use serde::{Serializer, de::DeserializeOwned};

use super::*;

/// The cause, after making sure that nothing was left behind.
#[track_caller]
fn refused<T: Serialize + ?Sized>(codec: Codec, value: &T, limit: usize) -> Option<Cause> {
    let mut out = b"kept".to_vec();
    let cause = encode(codec, value, &mut out, limit).err();
    if cause.is_some() {
        assert_eq!(out, b"kept", "{codec:?}");
    }
    cause
}

#[test]
fn a_limit_is_kept_to_the_byte() {
    for codec in codecs() {
        let len = encoded(codec, &leaf()).len();
        assert_eq!(refused(codec, &leaf(), len), None, "{codec:?}");
        for limit in 0..len {
            let cause = refused(codec, &leaf(), limit).unwrap();
            assert_eq!(cause, Cause::TooLong, "{codec:?} {limit}");
            assert!(cause.is_size());
        }
    }
}

#[test]
fn a_value_far_beyond_its_limit_is_stopped_early() {
    struct Endless;

    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut tuple = serializer.serialize_tuple(usize::MAX)?;
            loop {
                tuple.serialize_element("more")?;
            }
        }
    }

    for codec in codecs() {
        // To the default codec, a tuple of this length is an array, whose elements need not have bytes.
        let cause = if codec == Codec::Shaped { Cause::TooManyElements } else { Cause::TooLong };
        assert_eq!(refused(codec, &Endless, 1_000), Some(cause), "{codec:?}");
    }
}

#[test]
fn a_sequence_of_unknown_length_is_stopped_at_the_limit() {
    struct Endless;

    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(None)?;
            loop {
                seq.serialize_element(&7_u8)?;
            }
        }
    }

    assert_eq!(refused(Codec::Shaped, &Endless, 1_000), Some(Cause::TooLong));
}

#[test]
fn elements_without_bytes_are_few() {
    let most = vec![(); FREE_ELEMENTS];
    let flood = vec![(); usize::try_from(1_u64 << 48).unwrap_or(usize::MAX / 4)];
    for codec in codecs() {
        assert_eq!(decode(codec, &encoded(codec, &most)), Ok(most.clone()), "{codec:?}");
    }
    #[cfg(feature = "bincode")]
    {
        // To the element: bincode says how many there are in three bytes.
        let (most, too_many) = (vec![(); FREE_ELEMENTS + 3], vec![(); FREE_ELEMENTS + 4]);
        assert_eq!(decode(Codec::Bincode, &encoded(Codec::Bincode, &most)), Ok(most));
        assert_eq!(refused(Codec::Bincode, &too_many, usize::MAX), Some(Cause::TooManyElements));
    }
    for codec in codecs() {
        assert_eq!(refused(codec, &flood, 64 * 1024 * 1024), Some(Cause::TooManyElements), "{codec:?}");
    }
}

#[cfg(feature = "json")]
#[test]
fn key_that_json_cannot_write_is_named_as_the_cause() {
    struct Picky;

    impl Serialize for Picky {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("secret"))
        }
    }

    assert_eq!(refused(Codec::Json, &BTreeMap::from([((1, 2), 3)]), usize::MAX), Some(Cause::NotAJsonKey));
    assert_eq!(refused(Codec::Json, &Picky, usize::MAX), Some(Cause::Refused));
}

#[cfg(all(feature = "msgpack", target_pointer_width = "64"))]
#[test]
fn a_length_that_msgpack_would_cut_off_is_refused() {
    let value = vec![(); 1 << 33];
    assert_eq!(refused(Codec::MsgPack, &value, usize::MAX), Some(Cause::TooManyElements));
}

#[test]
fn a_some_of_nothing_is_refused_where_it_would_come_back_as_none() {
    fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, lost_by_msgpack: bool) {
        for codec in codecs() {
            let lost = match codec.id() {
                1 | 4 => false,
                2 => lost_by_msgpack,
                _ => true,
            };
            assert_eq!(refused(codec, value, usize::MAX), lost.then_some(Cause::EmptySome), "{codec:?} {value:?}");
            if !lost {
                assert_eq!(decode(codec, &encoded(codec, value)).as_ref(), Ok(value), "{codec:?}");
            }
        }
    }
    check(&Some(None::<u8>), true);
    check(&Some(()), true);
    check(&Some(Wrapper(Wrapper(()))), true);
    check(&vec![Some(Box::new(Wrapper(None::<u8>)))], true);
    check(&Some(Nothing), false);
    for codec in codecs() {
        assert_eq!(refused(codec, &Some(vec![None::<u8>]), usize::MAX), None, "{codec:?}");
        assert_eq!(refused(codec, &Some((None::<u8>, ())), usize::MAX), None, "{codec:?}");
    }
}

#[cfg(feature = "json")]
#[test]
fn numbers_that_are_none_are_refused_by_json() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(Codec::Json, &float, usize::MAX), Some(Cause::NotFinite));
        assert_eq!(refused(Codec::Json, &Some(Floats(f32::NAN, 0.0)), usize::MAX), Some(Cause::NotFinite));
    }
}

#[cfg(feature = "bincode")]
#[test]
fn what_only_names_can_tell_is_refused_by_bincode() {
    #[derive(Serialize)]
    struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<u8>,
    }

    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<u8, u8>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
    }

    assert_eq!(refused(Codec::Bincode, &Skipping { note: None }, usize::MAX), Some(Cause::SkippedField));
    assert_eq!(refused(Codec::Bincode, &Flat { rest: BTreeMap::new() }, usize::MAX), Some(Cause::NoLength));
    let untagged = encoded(Codec::Bincode, &Untagged::Number(1));
    assert_eq!(decode::<Untagged>(Codec::Bincode, &untagged), Err(Cause::NotSelfDescribing));
}

#[test]
fn a_serialize_that_lies_or_fails_is_not_believed() {
    struct Announces(usize);

    impl Serialize for Announces {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(Some(self.0))?;
            seq.serialize_element(&1_u8)?;
            seq.serialize_element(&2_u8)?;
            seq.end()
        }
    }

    struct Fails;

    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("secret"))
        }
    }

    /// Goes on as if nothing had happened.
    struct Swallows;

    impl Serialize for Swallows {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut tuple = serializer.serialize_tuple(1)?;
            let _ = tuple.serialize_element(&chain(LONGEST + 1));
            tuple.end()
        }
    }

    for codec in codecs() {
        assert_eq!(refused(codec, &Announces(2), usize::MAX), None, "{codec:?}");
        assert_eq!(refused(codec, &Announces(1), usize::MAX), Some(Cause::WrongLength), "{codec:?}");
        assert_eq!(refused(codec, &Announces(3), usize::MAX), Some(Cause::WrongLength), "{codec:?}");
        assert_eq!(refused(codec, &Fails, usize::MAX), Some(Cause::Refused), "{codec:?}");
        assert_eq!(refused(codec, &Swallows, usize::MAX), Some(Cause::TooDeep), "{codec:?}");
    }
}

#[test]
fn the_deepest_value_that_is_written_is_read() {
    on_a_thread(|| {
        for codec in codecs() {
            let deepest = chain(LONGEST);
            assert_eq!(decode(codec, &encoded(codec, &deepest)), Ok(deepest), "{codec:?}");
            assert_eq!(refused(codec, &chain(LONGEST + 1), usize::MAX), Some(Cause::TooDeep), "{codec:?}");
        }
    });
}

/// Each kind of level, and none that JSON's own limit would count twice or the reader more often than the writer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Level {
    Struct { inner: Option<Box<Level>> },
    Tuple(u8, Wrapper<Box<Level>>),
    Newtype(Vec<Level>),
    Map(BTreeMap<String, (Level,)>),
    Bytes(Bytes),
    Unit,
}

#[test]
fn every_kind_of_level_counts_the_same_for_writer_and_reader() {
    fn wrap(kind: usize, inner: Level) -> Level {
        match kind % 4 {
            0 => Level::Struct { inner: Some(Box::new(inner)) },
            1 => Level::Tuple(1, Wrapper(Box::new(inner))),
            2 => Level::Newtype(vec![inner]),
            _ => Level::Map([(String::new(), (inner,))].into()),
        }
    }

    on_a_thread(|| {
        for codec in codecs() {
            for start in 0..4 {
                for innermost in [|| Level::Unit, || Level::Bytes(Bytes(vec![1])), || Level::Newtype(vec![])] {
                    let nested = |levels| (start..start + levels).fold(innermost(), |inner, kind| wrap(kind, inner));
                    let stored = (0..MAX_DEPTH).take_while(|levels| {
                        let value = nested(*levels);
                        let mut bytes = Vec::new();
                        let written = encode(codec, &value, &mut bytes, usize::MAX);
                        assert!(matches!(written, Ok(()) | Err(Cause::TooDeep)), "{codec:?} {written:?}");
                        written.is_ok_and(|()| {
                            assert_eq!(decode(codec, &bytes), Ok(value), "{codec:?}");
                            true
                        })
                    });
                    assert!((MAX_DEPTH / 4..MAX_DEPTH / 2).contains(&stored.count()), "{codec:?}");
                }
            }
        }
    });
}
