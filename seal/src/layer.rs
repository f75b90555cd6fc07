use std::ops::Range;
use std::sync::Arc;

use leftoff::backend::{self, Backend, FrameId, Generation, LayerKind, Speed};
use parking_lot::Mutex;

use crate::chunks::{self, Binding};
use crate::envelope::{HEADER, Header, Name};
use crate::error::{Error, ErrorKind};
use crate::key::{Key, KeyId, Use};
use crate::part::Part;
use crate::provider::{self, KeyProvider};
use crate::usage::Usage;

/// A backend over a backend: seals every frame before it is stored, and opens it when it is read.
///
/// A frame is bound to its name, so a frame under another name does not open. The names of frames, their number and
/// their lengths stay visible.
///
/// Without the key of a frame, reading is [`Unavailable`](backend::Error::Unavailable): the session opens as
/// [`Outcome::Unavailable`](leftoff::Outcome::Unavailable), refuses to save, and removes nothing. With the key,
/// everything is back.
///
/// ```
/// use leftoff::backend::MemoryBackend;
/// use leftoff::{AppId, Outcome, Section, Session};
/// use leftoff_seal::{Key, KeyRing, Sealed};
///
/// const NOTE: Section<String> = Section::new("note", 1);
///
/// let (disk, ring) = (MemoryBackend::new(), KeyRing::new(Key::random()?));
/// let open = |ring: &KeyRing| {
///     let sealed = Sealed::new(disk.clone(), ring.clone());
///     Session::builder(AppId::new("com.example.notes")).backend(sealed).open()
/// };
/// let mut session = open(&ring);
/// session.save(|capture| capture.set(NOTE, &"call Ana".to_owned()))?;
/// session.close()?;
///
/// assert_eq!(open(&KeyRing::empty()).outcome(), Outcome::Unavailable);
/// assert_eq!(open(&ring).get(NOTE)?, Some("call Ana".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sealed<B> {
    inner: B,
    keys: Arc<dyn KeyProvider>,
    reads_plain: bool,
    /// The key that the provider was last seen to find again.
    proven: Mutex<Option<KeyId>>,
}

impl<B: Backend> Sealed<B> {
    /// Seals with the current key of `keys`, and opens with any of them.
    pub fn new(inner: B, keys: impl KeyProvider) -> Self {
        Self { inner, keys: Arc::new(keys), reads_plain: false, proven: Mutex::new(None) }
    }

    /// Also reads frames that were stored before the application sealed its state.
    ///
    /// Whoever can write to the storage can then plant a state. So use this only as long as
    /// [`Usage::plain`] is not empty.
    #[must_use]
    pub fn reading_plain(mut self) -> Self {
        self.reads_plain = true;
        self
    }

    /// Returns the backend below.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// Returns which keys the stored frames name. Needs no key; reads the header of each frame.
    ///
    /// # Errors
    /// Only if the storage is unavailable.
    pub fn usage(&self) -> backend::Result<Usage> {
        Usage::of(&self.inner)
    }

    /// Returns the key to seal with, once the provider has shown that it finds it by its id: otherwise the next start
    /// could not read what this one stores.
    fn current(&self) -> Result<Key, Error> {
        let key = provider::current(&*self.keys)?;
        let mut proven = self.proven.lock();
        if *proven != Some(key.id()) {
            provider::find(&*self.keys, key.id())?;
            *proven = Some(key.id());
        }
        Ok(key)
    }

    /// Reads the header of a frame. `None` is a plain frame that may be read.
    fn header(&self, front: &[u8]) -> Result<Option<Header>, Error> {
        match Header::parse(front, 0) {
            Err(error) if error.kind() == ErrorKind::NotSealed && !is_plain(front) => Err(ErrorKind::Damaged.into()),
            Err(error) if error.kind() == ErrorKind::NotSealed && self.reads_plain => Ok(None),
            header => header.map(Some),
        }
    }

    fn open(&self, id: FrameId, sealed: Vec<u8>) -> Result<Vec<u8>, Error> {
        let Some(header) = self.header(&sealed)? else { return Ok(sealed) };
        let key = provider::find(&*self.keys, header.key)?;
        let (bytes, body) = sealed.split_first_chunk::<HEADER>().ok_or(ErrorKind::Torn)?;
        let plain = chunks::open(&key.cipher(Use::Frame), Binding { header: bytes, nonce: &header.nonce }, body)?;
        if header.name == name(id) { Ok(plain) } else { Err(ErrorKind::Moved.into()) }
    }

    fn seal(&self, id: FrameId, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.current()?;
        let header = Header::new(0, key.id(), name(id))?;
        let bytes = header.to_bytes();
        chunks::seal(&key.cipher(Use::Frame), Binding { header: &bytes, nonce: &header.nonce }, plain)
    }
}

#[deny(clippy::missing_trait_methods)]
impl<B: Backend> Backend for Sealed<B> {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }

    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        Ok(self.open(id, self.inner.read(id)?)?)
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        // If the process dies in here, the frame below is whole or absent; nothing else is stored.
        self.inner.create(id, &self.seal(id, bytes)?)
    }

    fn sync(&self) -> backend::Result<()> {
        self.inner.sync()
    }

    fn rely_on(&self, generations: &[Generation]) {
        self.inner.rely_on(generations);
    }

    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.inner.remove(generation)
    }

    /// Opens only the chunks of 64 KiB that the range touches. In a damaged frame, a chunk that does not open is
    /// returned as zeros, as long as the frame has another chunk.
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        let part = Part::of(&range);
        // The part at the front needs one read, any other two.
        let front = self.inner.read_range(id, 0..if part.is_front() { part.stored().end } else { HEADER as u64 })?;
        let Some(header) = self.header(&front)? else { return self.inner.read_range(id, range) };
        let key = provider::find(&*self.keys, header.key)?;
        let Some((bytes, body)) = front.split_first_chunk::<HEADER>() else {
            return Err(Error::from(ErrorKind::Torn).into());
        };
        let behind = if part.is_front() { None } else { Some(self.inner.read_range(id, part.stored())?) };
        let bound = Binding { header: bytes, nonce: &header.nonce };
        let opened = part.open(&key.cipher(Use::Frame), bound, behind.as_deref().unwrap_or(body))?;
        if header.name == name(id) { Ok(part.cut(opened)) } else { Err(Error::from(ErrorKind::Moved).into()) }
    }

    fn generations(&self) -> backend::Result<Vec<Generation>> {
        self.inner.generations()
    }

    fn frames(&self, generation: Generation) -> backend::Result<Vec<u32>> {
        self.inner.frames(generation)
    }

    fn layers(&self) -> Vec<LayerKind> {
        let mut layers = vec![LayerKind::Seal];
        layers.append(&mut self.inner.layers());
        layers
    }

    /// Sealing takes microseconds for what an autosave writes, so this is the speed of the backend below.
    fn speed(&self) -> Speed {
        self.inner.speed()
    }

    fn room(&self) -> Option<u64> {
        self.inner.room()
    }
}

/// Returns the 20 bytes that bind a frame to its name.
fn name(id: FrameId) -> Name {
    let FrameId { generation: Generation { number, writer }, index } = id;
    let parts: [&[u8]; 3] = [&number.to_le_bytes(), &writer.to_le_bytes(), &index.to_le_bytes()];
    let mut name = [0; 20];
    name.iter_mut().zip(parts.into_iter().flatten()).for_each(|(byte, part)| *byte = *part);
    name
}

/// Returns whether these bytes begin as a frame that was stored without a seal: an application that begins to seal has
/// such frames, and they must not count as damaged.
pub(crate) fn is_plain(front: &[u8]) -> bool {
    front.starts_with(b"LFTO")
}
