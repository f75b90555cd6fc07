//! One section as the log has it: everything that was said about it, oldest first, and the value that makes.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::catalog::sort_error;
use crate::backend::{Backend, FrameId, Generation};
use crate::frame::{Meta, checksum};

/// Section bytes: in memory, or still in the frame that has them.
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
    /// The bytes, or fewer where they are damaged: the checksum beside them decides.
    fn load(&self, backend: &dyn Backend) -> io::Result<Vec<u8>> {
        match self {
            Self::Held(bytes, range) => Ok(bytes.get(range.clone()).unwrap_or_default().to_vec()),
            Self::Stored(id, range) => Ok(sort_error(backend.read_range(*id, range.clone()))?.unwrap_or_default()),
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
    pub(crate) meta: Meta,
    /// Checksum of the whole section after this change.
    pub(crate) sum: u64,
    pub(crate) step: Step,
}

impl Layer {
    /// A whole value that is in memory.
    pub(crate) fn held(bytes: &Arc<Vec<u8>>, sum: u64, meta: Meta) -> Self {
        let bytes = Bytes::Held(Arc::clone(bytes), 0..bytes.len());
        Self { meta, sum, step: Step::Put { bytes } }
    }
}

/// How a section came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// As it was last saved.
    Current,
    /// As it was last saved, from an older copy: the newest one is damaged.
    Healed,
    /// Not as it was last saved: this is the newest value that could be read.
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

/// Everything the log says about one section since the base.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    steps: Vec<Layer>,
}

impl From<Layer> for Layers {
    fn from(layer: Layer) -> Self {
        Self { steps: vec![layer] }
    }
}

impl Layers {
    /// A value that is in memory.
    pub(crate) fn of(meta: Meta, sum: u64, bytes: Arc<Vec<u8>>) -> Self {
        let all = 0..bytes.len();
        Self { steps: vec![Layer { meta, sum, step: Step::Put { bytes: Bytes::Held(bytes, all) } }] }
    }

    pub(crate) fn push(&mut self, layer: Layer) {
        self.steps.push(layer);
    }

    /// The generations that still have bytes of it which were not read.
    pub(crate) fn unread_in(&self) -> impl Iterator<Item = Generation> {
        self.steps.iter().filter_map(|layer| match &layer.step {
            Step::Put { bytes: Bytes::Stored(id, _) } | Step::Patch { middle: Bytes::Stored(id, _), .. } => {
                Some(id.generation)
            }
            _ => None,
        })
    }

    /// What the newest change says; the value itself may turn out to be older.
    pub(crate) fn newest(&self) -> Option<&Layer> {
        self.steps.last()
    }

    /// The value, or `None` where no version of it can be read. `older` gives the section as it was before the first
    /// of these layers was written into a base.
    ///
    /// # Errors
    /// Only where the place is unavailable.
    pub(crate) fn value(
        &self,
        backend: &dyn Backend,
        older: impl Fn() -> io::Result<Option<Value>>,
    ) -> io::Result<Option<Value>> {
        let start = self.steps.iter().rposition(|layer| matches!(layer.step, Step::Put { .. })).unwrap_or(0);
        let (before, recent) = self.steps.split_at(start);
        if let Some(value) = quick(recent, backend)? {
            return Ok(Some(value));
        }
        careful(before.iter().chain(recent), backend, older)
    }
}

/// The way that is nearly always right: the newest whole copy, all patches since, one checksum at the end.
fn quick(recent: &[Layer], backend: &dyn Backend) -> io::Result<Option<Value>> {
    let Some((Layer { step: Step::Put { bytes }, sum, meta }, patches)) = recent.split_first() else {
        return Ok(None);
    };
    let (mut bytes, mut sum, mut meta) = (bytes.load(backend)?, *sum, *meta);
    for patch in patches {
        match &patch.step {
            Step::Patch { base, .. } if *base == sum && apply(&mut bytes, &patch.step, backend)? => {
                (sum, meta) = (patch.sum, patch.meta);
            }
            _ => return Ok(None),
        }
    }
    Ok((checksum(&bytes) == sum).then_some(Value { bytes, sum, meta, fate: Fate::Current }))
}

/// The way past damage: step by step, each result checked, keeping the newest that is right.
fn careful<'a>(
    steps: impl Iterator<Item = &'a Layer>,
    backend: &dyn Backend,
    older: impl Fn() -> io::Result<Option<Value>>,
) -> io::Result<Option<Value>> {
    let mut present: Option<Value> = None;
    let mut asked_older = false;
    let mut wanted = 0;
    let mut from_older = false;
    for layer in steps {
        wanted = layer.sum;
        match &layer.step {
            Step::Put { bytes } => {
                let bytes = bytes.load(backend)?;
                if checksum(&bytes) == layer.sum {
                    present = Some(Value { bytes, sum: layer.sum, meta: layer.meta, fate: Fate::Current });
                    from_older = false;
                    continue;
                }
                if present.is_none() && !asked_older {
                    asked_older = true;
                    present = older()?;
                    from_older = present.is_some();
                }
                // What we have may be this very value: then the damaged copy is not missed.
                if let Some(value) = present.as_mut().filter(|value| value.sum == layer.sum) {
                    value.meta = layer.meta;
                    from_older = true;
                }
            }
            Step::Patch { base, .. } => {
                if let Some(value) = present.as_mut().filter(|value| value.sum == *base) {
                    let mut patched = value.bytes.clone();
                    if apply(&mut patched, &layer.step, backend)? && checksum(&patched) == layer.sum {
                        *value = Value { bytes: patched, sum: layer.sum, meta: layer.meta, fate: Fate::Current };
                    }
                }
            }
        }
    }
    if let Some(value) = &mut present {
        value.fate = match () {
            () if value.sum != wanted => Fate::FellBack,
            () if from_older => Fate::Healed,
            () => Fate::Current,
        };
    }
    Ok(present)
}

/// Applies a patch in place; `false` where it does not fit these bytes.
fn apply(bytes: &mut Vec<u8>, step: &Step, backend: &dyn Backend) -> io::Result<bool> {
    let Step::Patch { prefix, suffix, middle, .. } = step else { return Ok(false) };
    let (Ok(prefix), Ok(suffix)) = (usize::try_from(*prefix), usize::try_from(*suffix)) else { return Ok(false) };
    let Some(end) = bytes.len().checked_sub(suffix).filter(|end| prefix <= *end) else { return Ok(false) };
    let middle = middle.load(backend)?;
    bytes.splice(prefix..end, middle);
    Ok(true)
}
