//! `MessagePack` with the names of fields and variants.

use std::marker::PhantomData;

use rmp_serde::decode::Error as DecodeError;
use rmp_serde::{Deserializer, Serializer};
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde::{Deserialize, Serialize};

use super::{Capped, Cause, Guarded, Seed};

pub(in crate::codec) fn encode<T>(value: &Guarded<'_, T>, writer: Capped<'_>) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    let mut serializer = Serializer::new(writer).with_struct_map();
    value.serialize(&mut serializer).map_err(|_| Cause::Refused)
}

pub(in crate::codec) fn decode<T: DeserializeOwned>(seed: Seed<'_, PhantomData<T>>, bytes: &[u8]) -> Result<T, Cause> {
    let mut deserializer = Deserializer::from_read_ref(bytes);
    let value = seed.deserialize(&mut deserializer).map_err(|error| match error {
        // Reading from memory fails only at the end of the bytes.
        DecodeError::InvalidMarkerRead(_) | DecodeError::InvalidDataRead(_) => Cause::EndsEarly,
        _ => Cause::Mismatch,
    })?;
    // The deserializer does not expose its position. Reading one more number fails at its first byte exactly if no byte
    // remains.
    match u8::deserialize(&mut deserializer) {
        Err(DecodeError::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(Cause::TrailingBytes),
    }
}
