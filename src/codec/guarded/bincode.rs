//! bincode 2, standard configuration: little-endian, variable-length integers.

use std::marker::PhantomData;

use ::bincode::config;
use ::bincode::error::DecodeError;
use ::bincode::serde::DecodeError as SerdeDecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Capped, Cause, Guarded, Seed};

pub(in crate::codec) fn encode<T>(value: &Guarded<'_, T>, writer: Capped<'_>) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    ::bincode::serde::encode_into_writer(value, writer, config::standard()).map_err(|_| Cause::Refused)
}

pub(in crate::codec) fn decode<T: DeserializeOwned>(seed: Seed<'_, PhantomData<T>>, bytes: &[u8]) -> Result<T, Cause> {
    let (value, read) =
        ::bincode::serde::seed_decode_from_slice(seed, bytes, config::standard()).map_err(|error| match error {
            DecodeError::UnexpectedEnd { .. } => Cause::EndsEarly,
            DecodeError::Serde(SerdeDecodeError::AnyNotSupported | SerdeDecodeError::IgnoredAnyNotSupported) => {
                Cause::NotSelfDescribing
            }
            _ => Cause::Mismatch,
        })?;
    if read == bytes.len() { Ok(value) } else { Err(Cause::TrailingBytes) }
}
