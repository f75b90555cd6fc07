//! Compression of frames.

use std::ops::Range;

use crate::backend::{Backend, Error, FrameId, Generation, LayerKind, Result, Speed};
use crate::wire::Reader;

const MAGIC: [u8; 4] = [0x89, b'L', b'Z', 1];
/// The magic without the version.
const FAMILY: usize = 3;
/// Magic and length of the plain bytes.
const HEADER: usize = 12;
/// The plain bytes that are compressed together, so that one section of a large base can be read alone.
const CHUNK: usize = 64 << 10;
/// An entry of the table: the stored length of a chunk, with this bit if the chunk is stored as it is.
const PLAIN: u32 = 1 << 31;

/// A backend over a backend: compresses each frame with LZ4 before it is stored.
///
/// A frame is stored in chunks of 64 KiB, so a section of a large base can still be read alone; a chunk that does not
/// become smaller is stored as it is. Frames that were stored before the application compressed its state are read as
/// they are. Without this layer, the compressed frames count as written by a newer version, and nothing of them is
/// removed.
///
/// ```
/// use leftoff::layer::Compressed;
/// use leftoff::{AppId, Section, Session};
///
/// const NOTE: Section<String> = Section::new("note", 1);
///
/// # let scratch = tempfile::tempdir()?;
/// # let dir = scratch.path().join("state");
/// let open = || Session::builder(AppId::new("com.example.notes")).dir(&dir).layer(Compressed::new).open();
/// let mut session = open();
/// session.save(|capture| capture.set(NOTE, &"call Ana ".repeat(1000)))?;
/// session.close()?;
/// assert_eq!(open().get(NOTE)?.map(|note| note.len()), Some(9000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Compressed<B> {
    inner: B,
}

impl<B: Backend> Compressed<B> {
    /// Compresses what is stored in `inner`.
    pub fn new(inner: B) -> Self {
        Self { inner }
    }

    /// Returns the backend below.
    pub fn inner(&self) -> &B {
        &self.inner
    }
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for Compressed<B> {
    fn list(&self) -> Result<Vec<FrameId>> {
        self.inner.list()
    }

    fn read(&self, id: FrameId) -> Result<Vec<u8>> {
        let stored = self.inner.read(id)?;
        let Some(len) = plain_len(&stored)? else { return Ok(stored) };
        let table = Table::parse(&stored, len)?;
        let mut plain = Vec::with_capacity(table.fitting(stored.len()));
        for (chunk, at) in table.chunks() {
            let part = stored.get(at).and_then(|bytes| chunk.expand(bytes)).ok_or_else(damaged)?;
            plain.extend_from_slice(&part);
        }
        if table.end == stored.len() as u64 { Ok(plain) } else { Err(damaged()) }
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> Result<()> {
        // If the process dies here, the backend below has all of the frame or nothing of it; nothing else is stored.
        self.inner.create(id, &compress(bytes))
    }

    fn sync(&self) -> Result<()> {
        self.inner.sync()
    }

    fn rely_on(&self, generations: &[Generation]) {
        self.inner.rely_on(generations);
    }

    fn remove(&self, generation: Generation) -> Result<()> {
        self.inner.remove(generation)
    }

    /// Expands only the chunks that the range touches. In a damaged frame, a chunk that cannot be expanded is returned as
    /// zeros, as long as the frame has another chunk: the caller has checksums for the parts.
    fn read_range(&self, id: FrameId, range: Range<u64>) -> Result<Vec<u8>> {
        let front = self.inner.read_range(id, 0..FRONT)?;
        let Some(len) = plain_len(&front)? else { return self.inner.read_range(id, range) };
        let table_end = (HEADER as u64).saturating_add(chunk_count(len).saturating_mul(4));
        let longer = if table_end > front.len() as u64 { Some(self.inner.read_range(id, 0..table_end)?) } else { None };
        let table = Table::parse(longer.as_deref().unwrap_or(&front), len)?;
        let range = range.start.min(len)..range.end.min(len);
        let first = range.start / CHUNK as u64;
        let mut plain = Vec::new();
        let mut touched = table.chunks().skip(usize::try_from(first).unwrap_or(usize::MAX)).peekable();
        let wanted = range.end.saturating_sub(first * CHUNK as u64);
        while touched.peek().is_some() && (plain.len() as u64) < wanted {
            let Some((chunk, at)) = touched.next() else { break };
            let bytes = self.inner.read_range(id, at.start as u64..at.end as u64)?;
            match chunk.expand(&bytes) {
                Some(part) => plain.extend_from_slice(&part),
                None if table.lens.len() > 1 => plain.resize(plain.len() + chunk.plain, 0),
                None => return Err(damaged()),
            }
        }
        let from = usize::try_from(range.start - first * CHUNK as u64).unwrap_or(usize::MAX);
        let to = usize::try_from(wanted).unwrap_or(usize::MAX).min(plain.len());
        Ok(plain.get(from..to).unwrap_or_default().to_vec())
    }

    fn generations(&self) -> Result<Vec<Generation>> {
        self.inner.generations()
    }

    fn frames(&self, generation: Generation) -> Result<Vec<u32>> {
        self.inner.frames(generation)
    }

    fn layers(&self) -> Vec<LayerKind> {
        let mut layers = vec![LayerKind::Compress];
        layers.append(&mut self.inner.layers());
        layers
    }

    fn speed(&self) -> Speed {
        self.inner.speed()
    }

    fn room(&self) -> Option<u64> {
        self.inner.room()
    }
}

/// What is read first of a frame: with it, the table of a frame up to 3 MiB, or all of a short frame.
const FRONT: u64 = 256;

fn compress(plain: &[u8]) -> Vec<u8> {
    let mut stored = MAGIC.to_vec();
    stored.extend_from_slice(&(plain.len() as u64).to_le_bytes());
    let mut payload = Vec::new();
    for chunk in plain.chunks(CHUNK) {
        let smaller = lz4_flex::block::compress(chunk);
        let (bytes, flag) = if smaller.len() < chunk.len() { (smaller.as_slice(), 0) } else { (chunk, PLAIN) };
        // A chunk has at most 64 KiB.
        let len = u32::try_from(bytes.len()).unwrap_or(PLAIN - 1);
        stored.extend_from_slice(&(len | flag).to_le_bytes());
        payload.extend_from_slice(bytes);
    }
    stored.append(&mut payload);
    stored
}

/// Returns the length of the plain bytes; `None` for a frame that was stored without compression.
fn plain_len(front: &[u8]) -> Result<Option<u64>> {
    if front.starts_with(&MAGIC) {
        let len = front.get(MAGIC.len()..HEADER).and_then(|len| Reader::new(len).u64().ok());
        return len.map(Some).ok_or_else(damaged);
    }
    if MAGIC.get(..FAMILY).is_some_and(|family| front.starts_with(family)) && front.len() > FAMILY {
        return Err(Error::Newer("a newer version compressed the frame".into()));
    }
    if front.starts_with(b"LFTO") { Ok(None) } else { Err(damaged()) }
}

fn chunk_count(len: u64) -> u64 {
    len.div_ceil(CHUNK as u64)
}

/// The stored lengths of the chunks of a frame.
struct Table {
    lens: Vec<u32>,
    plain: u64,
    /// The length of the whole stored frame.
    end: u64,
}

/// One chunk of a frame.
struct Chunk {
    is_plain: bool,
    plain: usize,
}

impl Table {
    fn parse(stored: &[u8], plain: u64) -> Result<Self> {
        let count = usize::try_from(chunk_count(plain)).map_err(|_| damaged())?;
        let table = count.checked_mul(4).and_then(|len| stored.get(HEADER..)?.get(..len)).ok_or_else(damaged)?;
        let lens: Vec<_> =
            table.chunks_exact(4).filter_map(|len| Some(u32::from_le_bytes(*len.first_chunk()?))).collect();
        if lens.iter().any(|len| (len & !PLAIN) as usize > CHUNK) {
            return Err(damaged());
        }
        let end = (HEADER + table.len()) as u64 + lens.iter().map(|len| u64::from(len & !PLAIN)).sum::<u64>();
        Ok(Self { lens, plain, end })
    }

    /// Returns how many plain bytes to make room for. LZ4 cannot expand further: a forged length must not allocate more.
    fn fitting(&self, stored: usize) -> usize {
        usize::try_from(self.plain).unwrap_or(usize::MAX).min(stored.saturating_mul(255))
    }

    /// Returns each chunk with its place in the stored frame.
    fn chunks(&self) -> impl Iterator<Item = (Chunk, Range<usize>)> {
        let (mut at, mut left) = (HEADER + self.lens.len() * 4, self.plain);
        self.lens.iter().map(move |len| {
            let plain = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK);
            left -= plain as u64;
            let start = at;
            at += (len & !PLAIN) as usize;
            (Chunk { is_plain: len & PLAIN != 0, plain }, start..at)
        })
    }
}

impl Chunk {
    fn expand(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let plain = if self.is_plain { bytes.to_vec() } else { lz4_flex::block::decompress(bytes, self.plain).ok()? };
        (plain.len() == self.plain).then_some(plain)
    }
}

fn damaged() -> Error {
    Error::Damaged("the compressed frame is damaged".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::MemoryBackend;

    const ID: FrameId = FrameId { generation: Generation { number: 1, writer: 7 }, index: 0 };

    fn stored(bytes: &[u8]) -> Compressed<MemoryBackend> {
        let memory = MemoryBackend::new();
        memory.create(ID, bytes).unwrap();
        Compressed::new(memory)
    }

    #[test]
    fn chunk_that_cannot_be_expanded_costs_only_its_own_bytes() {
        let plain: Vec<u8> = (0..200_u8).flat_map(|at| [at; 1000]).collect();
        let mut bytes = compress(&plain);
        assert!(bytes.len() < plain.len() / 10);
        let last = bytes.len() - 1;
        bytes.truncate(last);
        let layer = stored(&bytes);
        assert!(matches!(layer.read(ID), Err(Error::Damaged(_))));
        assert_eq!(layer.read_range(ID, 0..131_072).unwrap(), &plain[..131_072]);
        assert_eq!(layer.read_range(ID, 100_000..131_080).unwrap().len(), 31_080);
    }

    #[test]
    fn frame_of_before_the_compression_is_read_and_a_newer_one_is_newer() {
        assert_eq!(stored(b"LFTO and the rest").read(ID).unwrap(), b"LFTO and the rest");
        assert_eq!(stored(b"LFTO and the rest").read_range(ID, 5..8).unwrap(), b"and");
        for newer in [&[0x89, b'L', b'Z', 2, 0][..], &[0x89, b'L', b'Z', 2]] {
            assert!(matches!(stored(newer).read(ID), Err(Error::Newer(_))));
            assert!(matches!(stored(newer).read_range(ID, 0..1), Err(Error::Newer(_))));
        }
        assert!(matches!(stored(b"\x89LS1sealed").read(ID), Err(Error::Damaged(_))));
    }

    #[test]
    fn damaged_and_forged_frames_are_errors_and_never_wrong_lengths() {
        let plain = "word ".repeat(40_000).into_bytes();
        let bytes = compress(&plain);
        for at in 0..bytes.len().min(400) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x40;
            if let Ok(read) = stored(&flipped).read(ID) {
                assert_eq!(read.len(), plain.len(), "byte {at}");
            }
            let _ = stored(&flipped).read_range(ID, 70_000..70_010);
        }
        for len in 0..HEADER + 8 {
            assert!(matches!(stored(&bytes[..len]).read(ID), Err(Error::Damaged(_))), "{len} bytes");
        }
        let mut forged = MAGIC.to_vec();
        forged.extend_from_slice(&u64::MAX.to_le_bytes());
        assert!(matches!(stored(&forged).read(ID), Err(Error::Damaged(_))));
        assert!(matches!(stored(&forged).read_range(ID, 0..9), Err(Error::Damaged(_))));
    }
}
