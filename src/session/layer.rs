//! Layers between a session and its storage, such as encryption.

use std::fmt;
use std::sync::Arc;

use super::Builder;
use crate::backend::Backend;
use crate::error::{Error, ErrorKind};

/// What the storage is wrapped in, each time it is opened; nothing by default.
#[derive(Clone, Default)]
pub(crate) struct Layers(Vec<Arc<Layer>>);

type Layer = dyn Fn(Box<dyn Backend>) -> Box<dyn Backend> + Send + Sync;

impl Layers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Wraps the storage, and checks that the order of the layers makes sense.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: it does not. Nothing was stored.
    pub(crate) fn wrap_checked(&self, storage: Box<dyn Backend>) -> Result<Box<dyn Backend>, Error> {
        let storage = self.wrap(storage);
        crate::layer::check(&storage.layers()).map_err(|why| {
            Error::new(
                ErrorKind::InvalidSetting,
                format!("the order of the layers makes no sense: {why}; nothing is saved"),
            )
        })?;
        Ok(storage)
    }

    pub(crate) fn wrap(&self, storage: Box<dyn Backend>) -> Box<dyn Backend> {
        self.0.iter().fold(storage, |storage, layer| layer(storage))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layers").field("count", &self.0.len()).finish()
    }
}

impl Builder {
    /// Wraps the storage, so that everything that is stored or read passes through another backend: for example through
    /// [`leftoff-seal`](https://docs.rs/leftoff-seal), which encrypts it.
    ///
    /// Unlike a wrapped [`backend`](Self::backend), the default directory, [`dir`](Self::dir), slots, former ids and the
    /// wait for another instance stay as they are. `layer` is called each time the storage is opened, which may be on the
    /// flusher thread. A second layer is outside the first one: what is stored passes through the second first. If the
    /// [order](crate::layer#order) makes no sense, such as compression inside encryption, the session opens as
    /// [`Unavailable`](crate::Outcome::Unavailable), and its status names the reason.
    ///
    /// ```
    /// use leftoff::backend::{self, Backend, FrameId, Generation};
    /// use leftoff::{AppId, Outcome, Section, Session};
    ///
    /// /// Stores each byte changed. A real layer encrypts.
    /// #[derive(Debug)]
    /// struct Scrambled<B>(B);
    ///
    /// impl<B: Backend> Backend for Scrambled<B> {
    ///     fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
    ///         self.0.create(id, &bytes.iter().map(|byte| !byte).collect::<Vec<_>>())
    ///     }
    ///     fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
    ///         Ok(self.0.read(id)?.into_iter().map(|byte| !byte).collect())
    ///     }
    ///     fn list(&self) -> backend::Result<Vec<FrameId>> {
    ///         self.0.list()
    ///     }
    ///     fn sync(&self) -> backend::Result<()> {
    ///         self.0.sync()
    ///     }
    ///     fn remove(&self, generation: Generation) -> backend::Result<()> {
    ///         self.0.remove(generation)
    ///     }
    /// }
    ///
    /// const NAME: Section<String> = Section::new("name", 1);
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let dir = scratch.path().join("state");
    /// let open = || Session::builder(AppId::new("com.example.notes")).dir(&dir).layer(Scrambled).open();
    /// let mut session = open();
    /// session.save(|capture| capture.set(NAME, &"Ana".to_owned()))?;
    /// session.close()?;
    /// assert_eq!(open().get(NAME)?.as_deref(), Some("Ana"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn layer<B: Backend>(mut self, layer: impl Fn(Box<dyn Backend>) -> B + Send + Sync + 'static) -> Self {
        self.layers.0.push(Arc::new(move |storage| Box::new(layer(storage))));
        self
    }
}
