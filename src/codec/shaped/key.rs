//! The keys of maps. Keys in JSON are texts, so a number may be requested as a text, and a text as a number.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::Fail;
use super::de::Value;
use super::kind::{BOOL, I128, STR, Seen, U8};

#[derive(Debug)]
pub(super) struct Key<'a, 'de, 's>(pub(super) Value<'a, 'de, 's>);

macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
            if self.0.seen == Seen::plain(STR) {
                return visitor.visit_borrowed_str(self.0.input.text()?);
            }
            self.0.settle()?;
            match self.0.seen.kind() {
                STR => visitor.visit_borrowed_str(self.0.input.text()?),
                BOOL => visitor.visit_string(self.0.input.bool()?.to_string()),
                U8..=I128 => visitor.visit_string(Digits::deserialize(self.0)?.0),
                _ => self.0.$method(visitor),
            }
        }
    )*};
}

macro_rules! numbers {
    ($($method:ident $visit:ident;)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Fail> {
            self.0.settle()?;
            if self.0.seen.kind() == STR {
                return visitor.$visit(self.0.input.text()?.parse().map_err(|_| Fail::Mismatch)?);
            }
            self.0.$method(visitor)
        }
    )*};
}

macro_rules! others {
    ($($method:ident ($($argument:ident: $type:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Fail> {
            self.0.$method($($argument,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_, 'de, '_> {
    type Error = Fail;

    texts! { deserialize_str deserialize_string deserialize_identifier }

    numbers! {
        deserialize_bool visit_bool;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_u128 visit_u128;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_i128 visit_i128;
    }

    others! {
        deserialize_any();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_ignored_any();
    }

    /// The content is still a key.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        self.0.enter()?;
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        true
    }
}

/// A number in decimal digits.
struct Digits(String);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;

        impl Visitor<'_> for AnyNumber {
            type Value = Digits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Digits, E> {
                Ok(Digits(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Digits, E> {
                Ok(Digits(number.to_string()))
            }

            fn visit_i128<E: Error>(self, number: i128) -> Result<Digits, E> {
                Ok(Digits(number.to_string()))
            }

            fn visit_u128<E: Error>(self, number: u128) -> Result<Digits, E> {
                Ok(Digits(number.to_string()))
            }
        }

        deserializer.deserialize_any(AnyNumber)
    }
}
