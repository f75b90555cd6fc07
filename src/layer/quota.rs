//! A limit for the bytes that are stored.

use std::fmt;
use std::io;
use std::ops::Range;

use parking_lot::Mutex;

use crate::backend::{self, Backend, FrameId, Generation, LayerKind, Result, Speed};
use crate::frame::{Body, Frame, HEADER_LEN, Header};
use crate::sorted::SortedMap;

/// A backend over a backend: refuses frames that would make the stored bytes exceed a limit, and names what it refused.
///
/// The error is [`QuotaExceeded`](io::ErrorKind::QuotaExceeded), which a session treats like a full disk: it gives up old
/// history first, everything that is stored stays, the newest values wait in memory, and
/// [`Status::failing`](crate::Status::failing) names the largest sections of the refused frame with their sizes. Frames
/// without values, such as those that record a start or a close, always pass; they have about a hundred bytes.
///
/// A session keeps up to three copies of its state, and needs room for the new values and one more copy beside them. So set
/// at least five times the size of the state, and 64 KiB. The bytes of the frames are counted as they pass through this layer:
/// before compression, if there is any, and without the space that a file reserves.
///
/// ```
/// use leftoff::layer::Quota;
/// use leftoff::{AppId, Section, Session};
///
/// const NOTE: Section<String> = Section::new("note", 1);
///
/// # let scratch = tempfile::tempdir()?;
/// # let dir = scratch.path().join("state");
/// let builder = Session::builder(AppId::new("com.example.notes")).dir(&dir);
/// let mut session = builder.layer(|storage| Quota::new(storage, 1 << 20)).open();
/// session.save(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
/// let refused = session.save(|capture| capture.set(NOTE, &"far too long ".repeat(100_000))).unwrap_err();
/// assert!(format!("{refused:#}").contains("note (1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Quota<B> {
    inner: B,
    limit: u64,
    /// The bytes of each generation; `None` before they are counted.
    used: Mutex<Option<SortedMap<Generation, u64>>>,
}

impl<B: Backend> Quota<B> {
    /// Stores at most `limit` bytes in `inner`.
    pub fn new(inner: B, limit: u64) -> Self {
        Self { inner, limit, used: Mutex::new(None) }
    }

    /// Returns the backend below.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// Returns the bytes that are stored. The first call, or the first frame with values, reads the headers of all frames.
    ///
    /// # Errors
    /// Only if the storage is unavailable.
    pub fn used(&self) -> Result<u64> {
        let mut used = self.used.lock();
        Ok(self.counted(&mut used)?.values().sum())
    }

    fn counted<'a>(
        &self,
        used: &'a mut Option<SortedMap<Generation, u64>>,
    ) -> Result<&'a mut SortedMap<Generation, u64>> {
        if used.is_none() {
            let mut count = SortedMap::<_, u64>::new();
            for id in self.inner.list()? {
                *count.get_or_default(id.generation) += self.len(id)?;
            }
            *used = Some(count);
        }
        Ok(used.get_or_insert_default())
    }

    /// Returns the length of a frame, from its header if that can be read. A damaged frame counts as nothing.
    fn len(&self, id: FrameId) -> Result<u64> {
        match self.inner.read_range(id, 0..HEADER_LEN as u64) {
            Ok(front) => match Header::parse(&front) {
                Ok(header) => Ok(header.frame_len()),
                Err(_) => self.inner.read(id).map(|bytes| bytes.len() as u64).or_else(damaged_is_empty),
            },
            Err(error) => damaged_is_empty(error),
        }
    }
}

fn damaged_is_empty(error: backend::Error) -> Result<u64> {
    match error {
        backend::Error::Unavailable(_) => Err(error),
        _ => Ok(0),
    }
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for Quota<B> {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.inner.list()
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        self.inner.read(id)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        let len = bytes.len() as u64;
        // A frame that records how a launch begins or ends: without it, the next start would know less.
        let passes = Frame::parse_in_place(id, bytes).is_ok_and(|frame| frame.header.payload_len == 0);
        let mut used = self.used.lock();
        if !passes {
            let stored: u64 = self.counted(&mut used)?.values().sum();
            if stored.saturating_add(len) > self.limit {
                let refused = Exceeded { limit: self.limit, stored, len, sections: largest(id, bytes) };
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, refused).into());
            }
        }
        self.inner.create(id, bytes)?;
        if let Some(used) = &mut *used {
            *used.get_or_default(id.generation) += len;
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn rely_on(&self, generations: &[Generation]) {
        self.inner.rely_on(generations);
    }

    fn remove(&self, generation: Generation) -> Result<()> {
        let removed = self.inner.remove(generation);
        if let Some(used) = &mut *self.used.lock() {
            // After a failed removal, some frames may still be there: everything is counted again.
            match removed {
                Ok(()) => drop(used.remove(&generation)),
                Err(_) => drop(used.insert(generation, self.size(generation))),
            }
        }
        removed
    }

    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        self.inner.read_range(id, range)
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        self.inner.generations()
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        self.inner.frames(generation)
    }

    fn layers(&self) -> Vec<LayerKind> {
        let mut layers = vec![LayerKind::Quota];
        layers.append(&mut self.inner.layers());
        layers
    }

    fn speed(&self) -> Speed {
        self.inner.speed()
    }

    fn room(&self) -> Option<u64> {
        let left = self.used().ok().map(|used| self.limit.saturating_sub(used));
        left.into_iter().chain(self.inner.room()).min()
    }
}

impl<B: Backend> Quota<B> {
    fn size(&self, generation: Generation) -> u64 {
        let frames = self.inner.frames(generation).unwrap_or_default();
        frames.into_iter().filter_map(|index| self.len(FrameId { generation, index }).ok()).sum()
    }
}

/// The number of sections that an error names.
const NAMED: usize = 3;

/// Returns the sections with the most bytes in a frame.
fn largest(id: FrameId, bytes: &[u8]) -> Vec<(String, u64)> {
    let Ok(Frame { body, .. }) = Frame::parse(id, bytes) else { return Vec::new() };
    let (Body::Delta(_) | Body::Base(_)) = &body else { return Vec::new() };
    let ops = body.ops().iter().filter(|op| !op.key.is_own());
    let mut sections: Vec<_> = ops.map(|op| (op.key.to_string(), op.change.payload_len())).collect();
    sections.sort_by_key(|(_, len)| std::cmp::Reverse(*len));
    sections.truncate(NAMED);
    sections
}

/// What a quota refused.
#[derive(Debug)]
struct Exceeded {
    limit: u64,
    stored: u64,
    len: u64,
    sections: Vec<(String, u64)>,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, stored, len, sections } = self;
        write!(f, "the quota of {limit} bytes refused {len} bytes, because {stored} are stored")?;
        let names = sections.iter().map(|(name, len)| format!("{name} ({len} bytes)")).collect::<Vec<_>>().join(", ");
        if names.is_empty() { Ok(()) } else { write!(f, "; the largest sections are {names}") }
    }
}

impl std::error::Error for Exceeded {}
