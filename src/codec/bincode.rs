//! bincode 2, standard configuration: little-endian, variable-length integers.

use ::bincode::config;
use ::bincode::error::DecodeError;
use ::bincode::serde::DecodeError as SerdeDecodeError;
use serde::Serialize;
use serde::de::DeserializeSeed;

use super::Cause;
use super::writer::Capped;

pub(super) fn encode<T: Serialize>(value: &T, writer: Capped<'_>) -> Result<(), Cause> {
    ::bincode::serde::encode_into_writer(value, writer, config::standard()).map_err(|_| Cause::Refused)
}

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, Cause> {
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
