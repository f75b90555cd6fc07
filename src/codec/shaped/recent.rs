//! The shapes that were parsed last: sections of one type repeat the same shape, and parsing it takes half as long as
//! decoding a form of 4.6 kB.

use std::cell::RefCell;

use super::Fail;
use super::shape::Shape;

/// The number of shapes that a thread keeps: a document often has several sections, each of its own type.
const KEPT: usize = 4;
/// The length of the largest stored shape that is kept, in bytes. A parsed shape needs about 20 times its length.
const LARGEST: usize = 8 << 10;

struct Parsed {
    /// The stored bytes of the shape.
    stored: Box<[u8]>,
    shape: Shape,
}

thread_local! {
    /// The shape that was used last comes last.
    static RECENT: RefCell<Vec<Parsed>> = const { RefCell::new(Vec::new()) };
}

/// Takes a shape out of the list, so that a `Deserialize` that decodes another value finds the list free. One that panics
/// loses the shape, which is parsed again.
fn take(stored: &[u8]) -> Option<Parsed> {
    let take = |recent: &mut Vec<Parsed>| {
        let at = recent.iter().rposition(|parsed| *parsed.stored == *stored)?;
        Some(recent.remove(at))
    };
    // A destructor of another thread-local value may decode when this one is gone.
    RECENT.try_with(|recent| recent.try_borrow_mut().ok().and_then(|mut recent| take(&mut recent))).ok().flatten()
}

fn keep(parsed: Parsed) {
    let _ = RECENT.try_with(|recent| {
        let Ok(mut recent) = recent.try_borrow_mut() else { return };
        if recent.len() >= KEPT {
            recent.remove(0);
        }
        recent.push(parsed);
    });
}

/// Runs `decode` with the shape that has these stored bytes.
///
/// # Errors
/// The bytes are no shape; `decode` does not run.
pub(super) fn with<T>(stored: &[u8], decode: impl FnOnce(&Shape) -> T) -> Result<T, Fail> {
    let parsed = match take(stored) {
        Some(parsed) => {
            parsed.shape.forget_asked();
            parsed
        }
        None if stored.len() <= LARGEST => Parsed { shape: Shape::parse(stored)?, stored: stored.into() },
        None => return Ok(decode(&Shape::parse(stored)?)),
    };
    let result = decode(&parsed.shape);
    keep(parsed);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde::ser::SerializeStruct;

    use super::super::live::Live;
    use super::*;

    fn stored<T: Serialize>(value: &T) -> Vec<u8> {
        let mut stored = Vec::new();
        super::super::encode(value, &mut Live::default(), &mut stored, 1 << 20).unwrap();
        stored
    }

    fn decode<T: DeserializeOwned>(stored: &[u8]) -> T {
        super::super::decode(stored, &mut None).unwrap()
    }

    fn kept() -> usize {
        RECENT.with(|recent| recent.borrow().len())
    }

    #[test]
    fn shapes_used_last_are_kept_one_for_each_type() {
        for number in 0..3_u32 {
            assert_eq!(decode::<(u32, String)>(&stored(&(number, "a"))), (number, "a".to_owned()));
        }
        assert_eq!(kept(), 1);
        let others = [stored(&1_u8), stored(&"b"), stored(&true), stored(&'c')];
        decode::<u8>(&others[0]);
        decode::<String>(&others[1]);
        decode::<bool>(&others[2]);
        assert_eq!(decode::<(u32, String)>(&stored(&(7, "d"))), (7, "d".to_owned()));
        decode::<char>(&others[3]);
        assert_eq!(kept(), KEPT);
        let is_kept = |stored: &[u8]| take(super::super::split(stored).unwrap().0).is_some();
        assert!(!is_kept(&others[0]), "the one that was used first goes");
        assert!(is_kept(&stored(&(8, "e"))) && others[1..].iter().all(|other| is_kept(other)));
    }

    #[test]
    fn value_that_decodes_another_one_and_one_that_panics_leave_the_list_whole() {
        let (outer, inner) = (stored(&1_u8), stored(&"a"));
        let [outer, inner] = [&outer, &inner].map(|stored| super::super::split(stored).unwrap().0);
        with(outer, |_| with(inner, |_| with(outer, |_| ()))).unwrap().unwrap().unwrap();
        assert!(take(outer).is_some() && take(inner).is_some());
        let panicked = std::panic::catch_unwind(|| with(outer, |_| panic!("a value's own code")));
        assert!(panicked.is_err() && take(outer).is_none());
        with(outer, |_| ()).unwrap();
        assert_eq!(kept(), 1);
    }

    #[test]
    fn list_of_fields_is_compared_again_for_each_value() {
        #[derive(Serialize, serde::Deserialize)]
        struct Point {
            x: u8,
            y: u8,
        }
        let stored = stored(&Point { x: 1, y: 2 });
        let point: Point = decode(&stored);
        assert_eq!((point.x, point.y), (1, 2));
        let (shape, _) = super::super::split(&stored).unwrap();
        let asked = |shape: &Shape| shape.structs.iter().map(|definition| definition.asked.get()).collect::<Vec<_>>();
        assert_eq!(with(shape, asked).unwrap(), [(0, 0, false)]);
    }

    #[test]
    fn large_shape_is_used_and_not_kept() {
        struct Wide;

        impl Serialize for Wide {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut fields = serializer.serialize_struct("Wide", 1)?;
                fields.serialize_field(Box::leak("a".repeat(LARGEST).into_boxed_str()), &1_u8)?;
                fields.end()
            }
        }

        let value: std::collections::BTreeMap<String, u8> = decode(&stored(&Wide));
        assert_eq!(value.values().copied().collect::<Vec<_>>(), [1]);
        assert_eq!(kept(), 0);
    }
}
