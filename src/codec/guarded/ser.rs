//! The guard around a codec's serializer.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::Cause;
use super::guard::{At, Refused};

/// A value that is serialized through a guard, including everything inside it.
#[derive(Debug)]
pub(in crate::codec) struct Guarded<'a, T: ?Sized> {
    value: &'a T,
    at: At<'a>,
}

impl<'a> At<'a> {
    #[inline]
    pub(super) fn value<T: ?Sized>(self, value: &'a T) -> Guarded<'a, T> {
        Guarded { value, at: self }
    }
}

impl<T: Serialize + ?Sized> Serialize for Guarded<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Guard { inner: serializer, at: self.at })
    }
}

#[derive(Debug)]
struct Guard<'a, S> {
    inner: S,
    at: At<'a>,
}

macro_rules! forward {
    ($($method:ident: $type:ty,)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Guard<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'a, S::SerializeSeq>;
    type SerializeTuple = Compound<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Compound<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<'a, S::SerializeTupleVariant>;
    type SerializeMap = Compound<'a, S::SerializeMap>;
    type SerializeStruct = Compound<'a, S::SerializeStruct>;
    type SerializeStructVariant = Compound<'a, S::SerializeStructVariant>;

    forward! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_char: char,
        serialize_str: &str,
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.at.finite(value.is_finite()).map_err(S::Error::custom)?;
        self.inner.serialize_f32(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.at.finite(value.is_finite()).map_err(S::Error::custom)?;
        self.inner.serialize_f64(value)
    }

    /// One level, because JSON writes an array.
    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.at.enter().map_err(S::Error::custom)?;
        self.inner.serialize_bytes(value)
    }

    #[inline]
    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.at.nothing().map_err(S::Error::custom)?;
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let at = self.at.enter_some().map_err(S::Error::custom)?;
        self.inner.serialize_some(&at.value(value))
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.at.nothing().map_err(S::Error::custom)?;
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        if self.at.watch.codec().is_text() {
            self.at.nothing().map_err(S::Error::custom)?;
        }
        self.inner.serialize_unit_struct(name)
    }

    #[inline]
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.at.enter().map_err(S::Error::custom)?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error>
    where
        T: Serialize + ?Sized,
    {
        let at = self.at.enter_newtype().map_err(S::Error::custom)?;
        self.inner.serialize_newtype_struct(name, &at.value(value))
    }

    #[inline]
    fn serialize_newtype_variant<T>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error>
    where
        T: Serialize + ?Sized,
    {
        let at = self.at.enter().map_err(S::Error::custom)?;
        self.inner.serialize_newtype_variant(name, index, variant, &at.value(value))
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let at = self.at.enter_counted(len).map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_seq(len)?, at, len))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let at = self.at.enter().map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_tuple(len)?, at, Some(len)))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        let at = self.at.enter().map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_tuple_struct(name, len)?, at, Some(len)))
    }

    /// Two levels, the variant and its content, as for the reader.
    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let at = self.at.enter().and_then(At::enter).map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_tuple_variant(name, index, variant, len)?, at, Some(len)))
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let at = self.at.enter_counted(len).map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_map(len)?, at, len))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        let at = self.at.enter().map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_struct(name, len)?, at, Some(len)))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let at = self.at.enter().and_then(At::enter).map_err(S::Error::custom)?;
        Ok(Compound::new(self.inner.serialize_struct_variant(name, index, variant, len)?, at, Some(len)))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

impl At<'_> {
    #[inline]
    fn enter_counted(self, len: Option<usize>) -> Result<Self, Refused> {
        match len {
            Some(len) => self.watch.claim(len)?,
            None if self.watch.codec().is_positional() => return Err(self.watch.refuse(Cause::NoLength)),
            None => {}
        }
        self.enter()
    }

    #[inline]
    fn finite(self, is_finite: bool) -> Result<(), Refused> {
        if !is_finite && self.watch.codec().is_text() { Err(self.watch.refuse(Cause::NotFinite)) } else { Ok(()) }
    }

    #[inline]
    fn nothing(self) -> Result<(), Refused> {
        if self.in_some && self.watch.codec().none_is_null() {
            return Err(self.watch.refuse(Cause::EmptySome));
        }
        Ok(())
    }
}

/// The elements of a sequence, tuple, map or struct.
#[derive(Debug)]
struct Compound<'a, C> {
    inner: C,
    at: At<'a>,
    /// The number of announced elements not yet written. Wraps below zero, so that one element too many is not mistaken
    /// for none left.
    left: usize,
    announced: bool,
}

impl<'a, C> Compound<'a, C> {
    #[inline]
    fn new(inner: C, at: At<'a>, len: Option<usize>) -> Self {
        Self { inner, at, left: len.unwrap_or_default(), announced: len.is_some() }
    }

    #[inline]
    fn count(&mut self) {
        self.left = self.left.wrapping_sub(1);
    }

    #[inline]
    fn check_count(&self) -> Result<(), Refused> {
        if self.announced && self.left != 0 { Err(self.at.watch.refuse(Cause::WrongLength)) } else { Ok(()) }
    }

    #[inline]
    fn check_skip(&self) -> Result<(), Refused> {
        if self.at.watch.codec().is_positional() {
            return Err(self.at.watch.refuse(Cause::SkippedField));
        }
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident,)*) => {$(
        impl<C: $trait> $trait for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.count();
                self.inner.$method(&self.at.value(value))
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.check_count().map_err(C::Error::custom)?;
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! fields {
    ($($trait:ident,)*) => {$(
        impl<C: $trait> $trait for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
                self.count();
                self.inner.serialize_field(key, &self.at.value(value))
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.check_skip().map_err(C::Error::custom)?;
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.check_count().map_err(C::Error::custom)?;
                self.inner.end()
            }
        }
    )*};
}

fields! {
    SerializeStruct,
    SerializeStructVariant,
}

impl<C: SerializeMap> SerializeMap for Compound<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.count();
        self.inner.serialize_key(&self.at.value(key))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.inner.serialize_value(&self.at.value(value))
    }

    #[inline]
    fn serialize_entry<K, V>(&mut self, key: &K, value: &V) -> Result<(), C::Error>
    where
        K: Serialize + ?Sized,
        V: Serialize + ?Sized,
    {
        self.count();
        self.inner.serialize_entry(&self.at.value(key), &self.at.value(value))
    }

    #[inline]
    fn end(self) -> Result<C::Ok, C::Error> {
        self.check_count().map_err(C::Error::custom)?;
        self.inner.end()
    }
}
