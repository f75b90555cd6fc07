//! JSON, without insignificant white space.

use serde::Serialize;
use serde::de::DeserializeSeed;
use serde_json::error::Category;
use serde_json::{Deserializer, Error, Serializer};

use super::Cause;
use super::writer::Capped;

pub(super) fn encode<T: Serialize>(value: &T, writer: Capped<'_>) -> Result<(), Cause> {
    value.serialize(&mut Serializer::new(writer)).map_err(|_| Cause::Refused)
}

pub(super) fn decode<'de, S: DeserializeSeed<'de>>(seed: S, bytes: &'de [u8]) -> Result<S::Value, Cause> {
    let mut deserializer = Deserializer::from_slice(bytes);
    let value = seed.deserialize(&mut deserializer).map_err(|error| cause(&error))?;
    deserializer.end().map_err(|_| Cause::TrailingBytes)?;
    Ok(value)
}

fn cause(error: &Error) -> Cause {
    match error.classify() {
        Category::Eof => Cause::EndsEarly,
        Category::Io | Category::Syntax | Category::Data => {
            Cause::NotTheJson { line: error.line(), column: error.column() }
        }
    }
}
