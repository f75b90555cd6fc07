//! The passes over the bytes: by position, and once more by name if that fails.

use serde::de::{Deserialize, DeserializeOwned};

use super::Fail;
use super::de::Value;
use super::input::Input;
use super::shape::Shape;

/// If this fails, `path` becomes the way to the value that does not fit.
pub(super) fn decode<T>(shape: &Shape, bytes: &[u8], path: &mut Option<Box<str>>) -> Result<T, Fail>
where
    T: DeserializeOwned,
{
    match pass(shape, bytes, false, path) {
        Ok(value) => Ok(value),
        Err(fail @ (Fail::TooDeep | Fail::TooManyElements)) => Err(fail),
        // A hand-written visitor may accept structs only as maps: try once more, with names throughout.
        Err(_) => {
            *path = None;
            pass(shape, bytes, true, path)
        }
    }
}

fn pass<'de, T>(shape: &Shape, bytes: &'de [u8], by_name: bool, path: &mut Option<Box<str>>) -> Result<T, Fail>
where
    T: Deserialize<'de>,
{
    let mut input = Input::new(shape, bytes, by_name);
    let result = T::deserialize(Value { input: &mut input, seen: shape.root, depth: 0 });
    // The recorded failure is the true reason even if a `Deserialize` discarded the error it caused.
    let finished = input.finish();
    match result {
        Ok(value) => finished.map(|()| value),
        Err(fail) => {
            *path = input.trace.path();
            Err(finished.err().filter(|other| *other != Fail::Trailing).unwrap_or(fail))
        }
    }
}
