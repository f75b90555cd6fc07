//! JSON, without insignificant white space.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::error::Category;
use serde_json::{Deserializer, Error, Serializer};

use super::{Capped, Cause, Guarded, Seed};

pub(in crate::codec) fn encode<T>(value: &Guarded<'_, T>, writer: Capped<'_>) -> Result<(), Cause>
where
    T: Serialize + ?Sized,
{
    // Only JSON itself reports a syntax error here: the key of a map. An error of a `Serialize` is one of the data.
    value.serialize(&mut Serializer::new(writer)).map_err(|error| match error.classify() {
        Category::Syntax => Cause::NotAJsonKey,
        Category::Io | Category::Data | Category::Eof => Cause::Refused,
    })
}

pub(in crate::codec) fn decode<T: DeserializeOwned>(seed: Seed<'_, PhantomData<T>>, bytes: &[u8]) -> Result<T, Cause> {
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
