use std::collections::{BTreeMap, BTreeSet};

use leftoff::backend::{self, Backend, Error, Generation};

use crate::envelope::HEADER;
use crate::key::KeyId;
use crate::layer::is_plain;
use crate::object::key_of;

/// Which keys the stored frames name.
///
/// A key that nothing names can be dropped. A generation that names a lost key can be removed with
/// [`Backend::remove`]; nothing else removes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The generations with frames under each key.
    pub keys: BTreeMap<KeyId, BTreeSet<Generation>>,
    /// The generations with frames that are not sealed.
    pub plain: BTreeSet<Generation>,
    /// The generations with frames of which the header cannot be read.
    pub unreadable: BTreeSet<Generation>,
}

impl Usage {
    pub(crate) fn of(inner: &impl Backend) -> backend::Result<Self> {
        let mut usage = Self::default();
        for id in inner.list()? {
            let front = match inner.read_range(id, 0..HEADER as u64) {
                Ok(front) => front,
                // Removed since it was listed.
                Err(Error::NotFound(_)) => continue,
                Err(Error::Damaged(_) | Error::Newer(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            let generations = match key_of(&front) {
                Ok(key) => usage.keys.entry(key).or_default(),
                Err(_) if is_plain(&front) => &mut usage.plain,
                Err(_) => &mut usage.unreadable,
            };
            generations.insert(id.generation);
        }
        Ok(usage)
    }
}
