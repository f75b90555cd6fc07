//! A number that is read as another type of number is the same number or an error.

use std::fmt::Display;

use serde::de::DeserializeOwned;

use super::*;

/// Reads a stored number as another type.
fn read<New: DeserializeOwned>(stored: &[u8]) -> Result<New, Cause> {
    decode(Codec::Shaped, stored)
}

/// The results in all types, as exact decimals, each with the name of its type.
fn all(stored: &[u8]) -> Vec<(&'static str, Result<String, Cause>)> {
    macro_rules! read_as {
        ($($to:ty),*) => {
            vec![$((stringify!($to), read::<$to>(stored).map(|number| format!("{number:.0}")))),*]
        };
    }
    read_as![u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64]
}

/// Returns the types that read the number. All others must refuse it, and no type may read another number.
#[track_caller]
fn readers<Old: Serialize + Display>(number: &Old) -> Vec<&'static str> {
    let stored = encoded(Codec::Shaped, number);
    for refused in [read::<bool>(&stored).err(), read::<char>(&stored).err(), read::<String>(&stored).err()] {
        assert!(refused.is_some(), "{number}");
    }
    let mut readers = Vec::new();
    for (to, read) in all(&stored) {
        if let Ok(read) = read {
            assert_eq!(read, format!("{number:.0}"), "as {to}");
            readers.push(to);
        }
    }
    readers
}

const WIDE: [&str; 7] = ["u32", "u64", "u128", "i32", "i64", "i128", "f64"];

#[test]
fn integer_is_read_by_every_type_that_holds_exactly_this_number() {
    let every = ["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64"];
    assert_eq!(readers(&7_u8), every);
    assert_eq!(readers(&7_i128), every);
    assert_eq!(readers(&0_i16), every);
    assert_eq!(readers(&-7_i8), every[5..]);
    assert_eq!(readers(&-7_i128), every[5..]);
    assert_eq!(readers(&16_777_217_u32), WIDE);
    assert_eq!(readers(&16_777_217_i64), WIDE);
    assert_eq!(readers(&16_777_217_i128), WIDE);
    assert_eq!(readers(&16_777_217_u128), WIDE);
    assert_eq!(readers(&-16_777_217_i32), ["i32", "i64", "i128", "f64"]);
    assert_eq!(readers(&9_007_199_254_740_993_u64), ["u64", "u128", "i64", "i128"]);
    assert_eq!(readers(&9_007_199_254_740_994_i64), ["u64", "u128", "i64", "i128", "f64"]);
    assert_eq!(readers(&(1_u64 << 63)), ["u64", "u128", "i128", "f32", "f64"]);
    assert_eq!(readers(&i64::MIN), ["i64", "i128", "f32", "f64"]);
    assert_eq!(readers(&u64::MAX), ["u64", "u128", "i128"]);
    assert_eq!(readers(&i128::MIN), ["i128"]);
    assert_eq!(readers(&u128::MAX), ["u128"]);
}

#[test]
fn float_is_no_integer_and_a_large_one_is_no_infinity() {
    assert_eq!(readers(&1e300_f64), ["f64"]);
    assert_eq!(readers(&f64::from(f32::MAX)), ["f32", "f64"]);
    assert_eq!(readers(&-2.0_f64), ["f32", "f64"]);
    assert_eq!(read::<f32>(&encoded(Codec::Shaped, &f64::MIN)), Err(Cause::NumberTooLarge));
    assert_eq!(read::<f32>(&encoded(Codec::Shaped, &f64::INFINITY)), Ok(f32::INFINITY));
    assert!(read::<f32>(&encoded(Codec::Shaped, &f64::NAN)).unwrap().is_nan());
    // The stated exception: the nearest number.
    assert_eq!(read::<f32>(&encoded(Codec::Shaped, &0.1_f64)), Ok(0.1_f32));
    assert_eq!(read::<f64>(&encoded(Codec::Shaped, &0.1_f32)), Ok(0.1_f64));
}

#[test]
fn number_in_a_field_a_list_or_an_option_is_checked_too() {
    let stored = encoded(Codec::Shaped, &(1_u8, vec![3_u64, 9_007_199_254_740_993], Some(1e300_f64)));
    assert!(read::<(u8, Vec<u64>, Option<f64>)>(&stored).is_ok());
    assert_eq!(read::<(u8, Vec<f64>, Option<f64>)>(&stored), Err(Cause::NumberTooLarge));
    assert_eq!(read::<(u8, Vec<u64>, Option<f32>)>(&stored), Err(Cause::NumberTooLarge));
}

/// `MessagePack` stores 128 bits without a sign, so those are left out.
#[test]
fn no_codec_with_names_reads_another_number() {
    #[track_caller]
    fn check<Old: Serialize + Display>(codec: Codec, number: &Old) {
        let stored = encoded(codec, number);
        macro_rules! read_as {
            ($($to:ty),*) => {$(
                if let Ok(read) = decode::<$to>(codec, &stored) {
                    assert_eq!(format!("{read:.0}"), format!("{number:.0}"), "as {} in {codec:?}", stringify!($to));
                }
            )*};
        }
        read_as![u8, u16, u32, u64, i8, i16, i32, i64, f32, f64];
    }
    for codec in codecs().filter(|codec| codec.id() != 1) {
        check(codec, &16_777_216_u32);
        check(codec, &16_777_217_u32);
        check(codec, &-16_777_217_i32);
        check(codec, &9_007_199_254_740_993_u64);
        check(codec, &u64::MAX);
        check(codec, &i64::MAX);
        check(codec, &i64::MIN);
        check(codec, &1e300_f64);
        check(codec, &f64::from(f32::MAX));
        let many = encoded(codec, &(1_u8, vec![3_u64, 16_777_217], Some(1_u64)));
        assert!(decode::<(u8, Vec<f64>, Option<f32>)>(codec, &many).is_ok(), "{codec:?}");
        assert_eq!(decode::<(u8, Vec<f32>, Option<f32>)>(codec, &many), Err(Cause::NumberTooLarge), "{codec:?}");
        let halves = encoded(codec, &[1.5_f64, 2.5]);
        assert_eq!(decode::<[f32; 2]>(codec, &halves), Ok([1.5, 2.5]), "{codec:?}");
    }
}
