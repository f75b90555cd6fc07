//! One section in the log: all changes to it, oldest first, and the resulting value.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::catalog::sort_error;
use super::rope::Rope;
use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{Meta, checksum};

/// Section bytes: in memory, or still in their frame.
#[derive(Clone)]
pub(crate) enum Bytes {
    Held(Arc<Vec<u8>>, Range<usize>),
    Stored(FrameId, Range<u64>),
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Held(_, range) => write!(f, "{} bytes held", range.len()),
            Self::Stored(id, range) => write!(f, "bytes {range:?} of {id:?}"),
        }
    }
}

impl Bytes {
    /// Returns the bytes, or fewer if they are damaged; the checksum stored beside them decides.
    fn load(&self, backend: &dyn Backend) -> backend::Result<Cow<'_, [u8]>> {
        match self {
            Self::Held(bytes, range) => Ok(Cow::Borrowed(bytes.get(range.clone()).unwrap_or_default())),
            Self::Stored(id, range) => {
                Ok(Cow::Owned(sort_error(backend.read_range(*id, range.clone()))?.unwrap_or_default()))
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Put { bytes: Bytes },
    Patch { prefix: u64, suffix: u64, base: u64, middle: Bytes },
}

/// One change of a section.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Which frame says so, counted from the base, which is 0: the changes of one frame are of one capture. What was put
    /// there without a frame is 0, too, and so is there at every point.
    pub(crate) frame: u64,
    pub(crate) meta: Meta,
    /// Checksum of the whole section after this change.
    pub(crate) sum: u64,
    pub(crate) step: Step,
}

impl Layer {
    /// Returns a layer for a whole value in memory.
    pub(crate) fn held(bytes: &Arc<Vec<u8>>, sum: u64, meta: Meta) -> Self {
        let bytes = Bytes::Held(Arc::clone(bytes), 0..bytes.len());
        Self { frame: 0, meta, sum, step: Step::Put { bytes } }
    }
}

/// How a section was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// As it was last saved.
    Current,
    /// As it was last saved, from an older copy, because the newest copy is damaged.
    Healed,
    /// Not as it was last saved: the newest readable value.
    FellBack,
}

/// A section's value.
#[derive(Clone)]
pub(crate) struct Value {
    pub(crate) bytes: Vec<u8>,
    pub(crate) sum: u64,
    pub(crate) meta: Meta,
    pub(crate) fate: Fate,
}

/// All changes to one section since the base. A clone copies a pointer, so that the section can be read without the
/// store's lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    steps: Arc<Vec<Layer>>,
    is_older: bool,
}

impl From<Layer> for Layers {
    fn from(layer: Layer) -> Self {
        Self { steps: Arc::new(vec![layer]), is_older: false }
    }
}

impl Layers {
    /// Returns the layers for a value in memory.
    pub(crate) fn of(meta: Meta, sum: u64, bytes: Arc<Vec<u8>>) -> Self {
        Layer::held(&bytes, sum, meta).into()
    }

    /// An older value than the newest, which it is decided to hand out.
    pub(super) fn settled(value: &Value) -> Self {
        let steps = Self::of(value.meta, value.sum, Arc::new(value.bytes.clone())).steps;
        Self { steps, is_older: true }
    }

    /// Whether it is decided that this older value is handed out.
    pub(crate) fn is_older(&self) -> bool {
        self.is_older
    }

    /// The section as it was up to this frame.
    pub(super) fn until(&self, frame: u64) -> Self {
        if self.newest().is_none_or(|newest| newest.frame <= frame) {
            return self.clone();
        }
        Self { steps: Arc::new(self.steps.iter().filter(|layer| layer.frame <= frame).cloned().collect()), ..*self }
    }

    /// The frame that changed it first.
    pub(super) fn first_frame(&self) -> Option<u64> {
        self.steps.first().map(|layer| layer.frame)
    }

    /// The frame that put another value in the place of this one; `None` where no frame says that it had this one.
    pub(super) fn frame_after(&self, sum: u64) -> Option<u64> {
        let position = self.steps.iter().rposition(|layer| layer.sum == sum)?;
        self.steps.get(position + 1).map(|layer| layer.frame)
    }

    pub(crate) fn push(&mut self, layer: Layer) {
        Arc::make_mut(&mut self.steps).push(layer);
    }

    /// Returns whether both are the same allocation, not only equal.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.steps, &other.steps)
    }

    /// Returns the generations with bytes of it that are not read yet.
    pub(crate) fn unread_in(&self) -> impl Iterator<Item = Generation> {
        self.steps.iter().filter_map(|layer| match &layer.step {
            Step::Put { bytes: Bytes::Stored(id, _) } | Step::Patch { middle: Bytes::Stored(id, _), .. } => {
                Some(id.generation)
            }
            _ => None,
        })
    }

    /// Returns the number of patches after the newest whole value.
    pub(crate) fn patches(&self) -> usize {
        self.steps.iter().rev().take_while(|layer| matches!(layer.step, Step::Patch { .. })).count()
    }

    /// Returns the newest change; the readable value may be older.
    pub(crate) fn newest(&self) -> Option<&Layer> {
        self.steps.last()
    }

    /// Returns the group of the newest value.
    pub(crate) fn group(&self) -> Option<u32> {
        self.newest().and_then(|newest| newest.meta.group)
    }

    /// Returns the value, or `None` if no version of it can be read. `older` returns the section as it was before the
    /// first of these layers was written into a base.
    ///
    /// # Errors
    /// Only if storage is unavailable.
    pub(crate) fn value(
        &self,
        backend: &dyn Backend,
        older: impl Fn() -> backend::Result<Option<Value>>,
    ) -> backend::Result<Option<Value>> {
        self.value_or(backend, &older)
    }

    fn value_or(
        &self,
        backend: &dyn Backend,
        older: &dyn Fn() -> backend::Result<Option<Value>>,
    ) -> backend::Result<Option<Value>> {
        let start = self.steps.iter().rposition(|layer| matches!(layer.step, Step::Put { .. })).unwrap_or(0);
        let recent = self.steps.get(start..).unwrap_or_default();
        if let Some(value) = quick(recent, backend)? {
            let fate = if self.is_older { Fate::FellBack } else { value.fate };
            return Ok(Some(Value { fate, ..value }));
        }
        careful(&self.steps, backend, older)
    }
}

/// Reads the value in the usual case: the newest whole copy, all patches since, and one checksum at the end.
///
/// Each patch names the checksum of the value it applies to, so these checksums alone show that no link is missing.
/// The checksum of the result shows that the content of the links is right.
fn quick(recent: &[Layer], backend: &dyn Backend) -> backend::Result<Option<Value>> {
    let Some((Layer { step: Step::Put { bytes }, sum, meta, .. }, patches)) = recent.split_first() else {
        return Ok(None);
    };
    let run = Run::from(*sum, patches);
    if run.patches.len() < patches.len() {
        return Ok(None);
    }
    let whole = bytes.load(backend)?;
    let Some(last) = patches.last() else {
        let bytes = whole.into_owned();
        return Ok((checksum(&bytes) == *sum).then_some(Value { bytes, sum: *sum, meta: *meta, fate: Fate::Current }));
    };
    let bytes = run.load(backend)?.result(&whole, patches.len());
    Ok(bytes.map(|bytes| Value { bytes, sum: last.sum, meta: last.meta, fate: Fate::Current }))
}

/// Reads the value past damage: goes from one whole copy to the next and keeps the newest value with a correct
/// checksum.
fn careful(
    steps: &[Layer],
    backend: &dyn Backend,
    older: &dyn Fn() -> backend::Result<Option<Value>>,
) -> backend::Result<Option<Value>> {
    let mut present: Option<Value> = None;
    let mut asked_older = false;
    let mut from_older = false;
    let mut rest = steps;
    while let Some((layer, behind)) = rest.split_first() {
        match &layer.step {
            Step::Put { bytes } => {
                rest = behind;
                let bytes = bytes.load(backend)?;
                if checksum(&bytes) == layer.sum {
                    let bytes = bytes.into_owned();
                    present = Some(Value { bytes, sum: layer.sum, meta: layer.meta, fate: Fate::Current });
                    from_older = false;
                    continue;
                }
                if present.is_none() && !asked_older {
                    asked_older = true;
                    present = older()?;
                    from_older = present.is_some();
                }
                // The present value may be this very value; then the damaged copy is not needed.
                if let Some(value) = present.as_mut().filter(|value| value.sum == layer.sum) {
                    value.meta = layer.meta;
                    from_older = true;
                }
            }
            Step::Patch { .. } => {
                let taken = match &mut present {
                    Some(value) => Run::from(value.sum, rest).apply(value, backend)?,
                    None => 0,
                };
                // The next patch is useless: it does not fit the present value, or its result is wrong.
                rest = rest.get(taken.max(1)..).unwrap_or_default();
            }
        }
    }
    let wanted = steps.last().map_or(0, |layer| layer.sum);
    if let Some(value) = &mut present {
        value.fate = match () {
            () if value.sum != wanted => Fate::FellBack,
            () if from_older => Fate::Healed,
            () => Fate::Current,
        };
    }
    Ok(present)
}

/// Patches that each apply to the result of the one before, by the checksums they name.
struct Run<'a> {
    patches: Vec<&'a Layer>,
}

/// A run with the bytes of its patches.
struct LoadedRun<'a> {
    patches: Vec<(&'a Layer, u64, u64, Cow<'a, [u8]>)>,
}

impl<'a> Run<'a> {
    /// Returns the longest run that starts from a value with this checksum.
    fn from(mut sum: u64, steps: &'a [Layer]) -> Self {
        let mut follows = |layer: &&Layer| match layer.step {
            Step::Patch { base, .. } if base == sum => {
                sum = layer.sum;
                true
            }
            _ => false,
        };
        Self { patches: steps.iter().take_while(|layer| follows(layer)).collect() }
    }

    fn load(self, backend: &dyn Backend) -> backend::Result<LoadedRun<'a>> {
        let load = |layer: &'a Layer| match &layer.step {
            Step::Patch { prefix, suffix, middle, .. } => {
                middle.load(backend).map(|middle| Some((layer, *prefix, *suffix, middle)))
            }
            Step::Put { .. } => Ok(None),
        };
        Ok(LoadedRun {
            patches: self.patches.into_iter().filter_map(|layer| load(layer).transpose()).collect::<Result<_, _>>()?,
        })
    }

    /// Applies as many patches as lead to a correct result. Returns that number of steps, plus one for the patch after
    /// them that does not.
    ///
    /// Uses bisection, because trying each of thousands of patches on a large section would take seconds. If the
    /// effect of a damaged patch was overwritten later, this may find a newer value than the one before the damage; it
    /// never returns a wrong value.
    fn apply(self, value: &mut Value, backend: &dyn Backend) -> backend::Result<usize> {
        let run = self.load(backend)?;
        let mut best = None;
        let (mut right, mut wrong) = (0, run.patches.len() + 1);
        let mut next = run.patches.len();
        while right + 1 < wrong {
            match run.result(&value.bytes, next) {
                Some(bytes) => {
                    right = next;
                    best = Some(bytes);
                }
                None => wrong = next,
            }
            next = right + (wrong - right) / 2;
        }
        if let Some((bytes, (last, ..))) = best.zip(right.checked_sub(1).and_then(|last| run.patches.get(last))) {
            *value = Value { bytes, sum: last.sum, meta: last.meta, fate: Fate::Current };
        }
        Ok(if right == run.patches.len() { right } else { right + 1 })
    }
}

impl LoadedRun<'_> {
    /// Returns the result of the first `count` patches on these bytes, if its checksum is correct.
    fn result(&self, bytes: &[u8], count: usize) -> Option<Vec<u8>> {
        let mut rope = Rope::new(bytes);
        let patches = self.patches.get(..count)?;
        let fits = patches.iter().all(|(_, prefix, suffix, middle)| rope.splice(*prefix, *suffix, middle));
        let (last, ..) = patches.last().filter(|_| fits)?;
        Some(rope.to_bytes()).filter(|bytes| checksum(bytes) == last.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::MemoryBackend;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn held(bytes: &[u8]) -> Bytes {
        Bytes::Held(Arc::new(bytes.to_vec()), 0..bytes.len())
    }

    /// Position, length removed, text inserted.
    type Edit = (prop::sample::Index, usize, String);

    /// A value, the edits after it, and the damaged change, if any.
    fn history() -> impl Strategy<Value = (Vec<u8>, Vec<Edit>, Option<usize>)> {
        let patch = (any::<prop::sample::Index>(), 0..8_usize, "[a-c]{0,4}");
        (any::<Vec<u8>>(), prop::collection::vec(patch, 0..40), prop::option::of(0..40_usize))
    }

    proptest! {
        #[test]
        fn newest_right_value_comes_back_from_a_chain_with_one_damaged_link((base, patches, damaged) in history()) {
            let mut layers = Layers::default();
            let meta = Meta {
                stand_in: false,
            machine: None,
        group: None,
                version: 1,
                codec: 1,
                private: false,
                erase_on_close: false,
            sealed: false,
                saved_at: Timestamp::default(),
                expires: None,
            };
            let mut values = vec![base.clone()];
            layers.push(Layer { frame: 0, meta, sum: checksum(&base), step: Step::Put { bytes: held(&base) } });
            for (number, (at, cut, middle)) in patches.iter().enumerate() {
                let mut bytes = values.last().unwrap().clone();
                let (before, prefix) = (checksum(&bytes), at.index(bytes.len() + 1));
                let end = (prefix + cut).min(bytes.len());
                let suffix = (bytes.len() - end) as u64;
                bytes.splice(prefix..end, middle.bytes());
                let mut stored = middle.clone().into_bytes();
                if damaged == Some(number) {
                    stored.push(b'!');
                }
                let step = Step::Patch { prefix: prefix as u64, suffix, base: before, middle: held(&stored) };
                layers.push(Layer { frame: 0, meta, sum: checksum(&bytes), step });
                values.push(bytes);
            }
            let value = layers.value(&MemoryBackend::new(), || Ok(None)).unwrap().unwrap();
            let last = values.len() - 1;
            let before_damage = damaged.filter(|damaged| *damaged < last).unwrap_or(last);
            let found = values.iter().rposition(|known| *known == value.bytes);
            prop_assert!(found.is_some_and(|found| found >= before_damage), "{found:?} of {last}, {damaged:?} damaged");
            prop_assert_eq!(value.sum, checksum(&value.bytes));
            let fate = if value.bytes == values[last] { Fate::Current } else { Fate::FellBack };
            prop_assert_eq!(value.fate, fate);
        }
    }
}
