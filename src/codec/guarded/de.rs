//! The guard around a codec's deserializer.
//!
//! Levels are counted when a visitor receives a nested value, not when the type requests one: a self-describing codec
//! may pass a sequence to any visitor.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::super::Cause;
use super::super::shaped::{float_holds, single_holds};
use super::guard::{At, Refused};

/// A value that is deserialized through a guard, including everything inside it.
#[derive(Debug)]
pub(in crate::codec) struct Seed<'a, S> {
    seed: S,
    at: At<'a>,
}

impl<'a> At<'a> {
    #[inline]
    pub(super) fn seed<S>(self, seed: S) -> Seed<'a, S> {
        Seed { seed, at: self }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Guard { inner: deserializer, at: self.at })
    }
}

#[derive(Debug)]
struct Guard<'a, D> {
    inner: D,
    at: At<'a>,
}

impl<'a, D> Guard<'a, D> {
    /// Counts a number of elements that the type fixes.
    #[inline]
    fn fixed<V>(&self, visitor: V) -> Guarded<'a, V> {
        Guarded { visitor, at: self.at, counted: false, digits: 0 }
    }

    /// Counts a number of elements that the bytes claim.
    #[inline]
    fn counted<V>(&self, visitor: V) -> Guarded<'a, V> {
        Guarded { visitor, at: self.at, counted: true, digits: 0 }
    }

    /// Refuses a number that the type cannot hold.
    #[inline]
    fn single<V>(&self, visitor: V) -> Guarded<'a, V> {
        Guarded { visitor, at: self.at, counted: false, digits: f32::MANTISSA_DIGITS }
    }

    #[inline]
    fn double<V>(&self, visitor: V) -> Guarded<'a, V> {
        Guarded { visitor, at: self.at, counted: false, digits: f64::MANTISSA_DIGITS }
    }
}

macro_rules! forward {
    ($kind:ident: $($method:ident => $inner:ident ($($name:ident: $type:ty),*),)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($name: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.$kind(visitor);
            self.inner.$inner($($name,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guard<'_, D> {
    type Error = D::Error;

    forward! { fixed:
        deserialize_bool => deserialize_bool(),
        deserialize_i8 => deserialize_i8(),
        deserialize_i16 => deserialize_i16(),
        deserialize_i32 => deserialize_i32(),
        deserialize_i64 => deserialize_i64(),
        deserialize_i128 => deserialize_i128(),
        deserialize_u8 => deserialize_u8(),
        deserialize_u16 => deserialize_u16(),
        deserialize_u32 => deserialize_u32(),
        deserialize_u64 => deserialize_u64(),
        deserialize_u128 => deserialize_u128(),
        deserialize_char => deserialize_char(),
        deserialize_str => deserialize_str(),
        // For an owned string, bincode allocates the claimed length before it checks the remaining bytes; for a
        // borrowed string, it checks first, and the visitor copies.
        deserialize_string => deserialize_str(),
        deserialize_bytes => deserialize_bytes(),
        deserialize_byte_buf => deserialize_bytes(),
        deserialize_option => deserialize_option(),
        deserialize_unit => deserialize_unit(),
        deserialize_unit_struct => deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct => deserialize_newtype_struct(name: &'static str),
        deserialize_tuple => deserialize_tuple(len: usize),
        deserialize_tuple_struct => deserialize_tuple_struct(name: &'static str, len: usize),
        deserialize_struct => deserialize_struct(name: &'static str, fields: &'static [&'static str]),
        deserialize_enum => deserialize_enum(name: &'static str, variants: &'static [&'static str]),
        deserialize_identifier => deserialize_identifier(),
    }

    forward! { single: deserialize_f32 => deserialize_f32(), }
    forward! { double: deserialize_f64 => deserialize_f64(), }

    forward! { counted:
        deserialize_any => deserialize_any(),
        deserialize_ignored_any => deserialize_ignored_any(),
        deserialize_seq => deserialize_seq(),
        deserialize_map => deserialize_map(),
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A visitor, or the access that a visitor receives.
#[derive(Debug)]
struct Guarded<'a, V> {
    visitor: V,
    at: At<'a>,
    counted: bool,
    /// The binary digits of the float that the type is; zero for every other type.
    digits: u32,
}

impl<V> Guarded<'_, V> {
    /// serde's own visitors convert an integer to the nearest float.
    #[inline]
    fn check_integer<E: Error>(&self, magnitude: u128) -> Result<(), E> {
        if self.digits == 0 || float_holds(magnitude, self.digits) { Ok(()) } else { Err(self.too_large()) }
    }

    /// serde's own visitors convert a large `f64` to infinity, and others to the nearest `f32`, which is allowed.
    #[inline]
    fn check_float<E: Error>(&self, double: f64) -> Result<(), E> {
        if self.digits != f32::MANTISSA_DIGITS || single_holds(double) { Ok(()) } else { Err(self.too_large()) }
    }

    #[cold]
    fn too_large<E: Error>(&self) -> E {
        E::custom(self.at.watch.refuse(Cause::NumberTooLarge))
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty,)*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

macro_rules! visit_integer {
    ($($method:ident: $type:ty, $magnitude:ident;)*) => {$(
        #[inline]
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.check_integer(u128::from(value.$magnitude()))?;
            self.visitor.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guarded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    visit! {
        visit_bool: bool,
        visit_f32: f32,
        visit_char: char,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
        visit_bytes: &[u8],
        visit_borrowed_bytes: &'de [u8],
        visit_byte_buf: Vec<u8>,
    }

    visit_integer! {
        visit_i8: i8, unsigned_abs;
        visit_i16: i16, unsigned_abs;
        visit_i32: i32, unsigned_abs;
        visit_i64: i64, unsigned_abs;
        visit_i128: i128, unsigned_abs;
        visit_u8: u8, to_owned;
        visit_u16: u16, to_owned;
        visit_u32: u32, to_owned;
        visit_u64: u64, to_owned;
        visit_u128: u128, to_owned;
    }

    #[inline]
    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.check_float(value)?;
        self.visitor.visit_f64(value)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let at = self.at.enter().map_err(D::Error::custom)?;
        self.visitor.visit_some(Guard { inner, at })
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let at = self.at.enter().map_err(D::Error::custom)?;
        self.visitor.visit_newtype_struct(Guard { inner, at })
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let at = self.at.enter().map_err(A::Error::custom)?;
        let hint = at.hint(inner.size_hint(), self.counted).map_err(A::Error::custom)?;
        self.visitor.visit_seq(Access { inner, at, hint })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let at = self.at.enter().map_err(A::Error::custom)?;
        let hint = at.hint(inner.size_hint(), self.counted).map_err(A::Error::custom)?;
        self.visitor.visit_map(Access { inner, at, hint })
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let at = self.at.enter().map_err(A::Error::custom)?;
        self.visitor.visit_enum(Access { inner, at, hint: None })
    }
}

impl At<'_> {
    /// Returns the size hint for the visitor, which allocates by it.
    #[inline]
    fn hint(self, claimed: Option<usize>, counted: bool) -> Result<Option<usize>, Refused> {
        match claimed {
            Some(elements) if counted => {
                self.watch.claim(elements)?;
                Ok(Some(self.watch.allot(elements)))
            }
            claimed => Ok(claimed.map(|fields| self.watch.cap(fields))),
        }
    }
}

/// The contents of a sequence, a map or an enum.
#[derive(Debug)]
struct Access<'a, A> {
    inner: A,
    at: At<'a>,
    hint: Option<usize>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Access<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(self.at.seed(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.hint
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Access<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_key_seed(self.at.seed(seed))
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(self.at.seed(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.hint
    }
}

impl<'a, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Access<'a, A> {
    type Error = A::Error;
    type Variant = Access<'a, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (value, inner) = self.inner.variant_seed(self.at.seed(seed))?;
        Ok((value, Access { inner, at: self.at, hint: None }))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Access<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(self.at.seed(seed))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, Guarded { visitor, at: self.at, counted: false, digits: 0 })
    }

    #[inline]
    fn struct_variant<V>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, A::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.struct_variant(fields, Guarded { visitor, at: self.at, counted: false, digits: 0 })
    }
}
