use leftoff::backend::{self, Backend, Error, FrameId, Generation};

use crate::conformance::{broken, text};

/// Checks the clause of the contract of [`Backend`] about keys, for a backend that needs one: a missing or wrong key is
/// [`Error::Unavailable`], and changes nothing.
///
/// `make` returns a new, empty backend with its key. `without` opens the same storage without the key, or with another
/// key, and `with` opens it with the key again. Call this function once for each way in which a key can be absent.
/// [`conformance`](crate::conformance()) checks everything else.
///
/// # Panics
/// If the backend violates the clause. The message names the observation.
pub fn conformance_without_key<B: Backend>(make: impl Fn() -> B, without: impl Fn(B) -> B, with: impl Fn(B) -> B) {
    if let Err(seen) = check(make(), without, with) {
        broken("a missing or wrong key is `Unavailable`, and changes nothing", &seen);
    }
}

fn check<B: Backend>(backend: B, without: impl Fn(B) -> B, with: impl Fn(B) -> B) -> Result<(), String> {
    let generation = Generation { number: 5, writer: 7 };
    let frames: Vec<_> = (0..)
        .zip([0, 1, 100, 70_000, 300_000])
        .map(|(index, len)| (FrameId { generation, index }, text(index, len)))
        .collect();
    for (id, bytes) in &frames {
        backend.create(*id, bytes).map_err(|error| format!("create failed with the key: {error:?}"))?;
    }
    let backend = without(backend);
    for (id, bytes) in &frames {
        unavailable(&format!("reading {id:?}"), backend.read(*id))?;
        let middle = bytes.len() as u64 / 2;
        for range in [0..1, 0..u64::MAX, middle..middle + 10] {
            unavailable(&format!("reading bytes {range:?} of {id:?}"), backend.read_range(*id, range))?;
        }
    }
    let backend = with(backend);
    let mut listed = backend.list().map_err(|error| format!("list failed with the key: {error:?}"))?;
    listed.sort_unstable();
    if !listed.iter().eq(frames.iter().map(|(id, _)| id)) {
        return Err(format!("with the key again, {} of {} frames are listed", listed.len(), frames.len()));
    }
    for (id, bytes) in &frames {
        match backend.read(*id) {
            Ok(read) if read == *bytes => {}
            Ok(_) => return Err(format!("with the key again, {id:?} has other bytes")),
            Err(error) => return Err(format!("with the key again, {id:?} cannot be read: {error:?}")),
        }
    }
    Ok(())
}

fn unavailable(what: &str, outcome: backend::Result<Vec<u8>>) -> Result<(), String> {
    match outcome {
        Err(Error::Unavailable(_)) => Ok(()),
        Err(error) => Err(format!("{what} without the key must fail with Unavailable, and failed with {error:?}")),
        Ok(_) => Err(format!("{what} without the key must fail with Unavailable, and succeeded")),
    }
}
