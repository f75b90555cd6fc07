//! Typed pieces of state: names, versions and attributes.

mod sensitivity;

use std::any::{TypeId, type_name};
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, Codec, Live, Undecodable};
use crate::error::{Error, ErrorKind};
use crate::migrate::{Migration, Unmigrated};
use crate::sorted::SortedSet;
use parking_lot::Mutex;

pub(crate) use sensitivity::ScopeRules;
pub use sensitivity::Sensitivity;

const MAX_NAME: usize = 128;
const DEFAULT_LIMIT: usize = 64 * 1024 * 1024;

/// A named, versioned, typed piece of an application's state: a form, a window's layout, a half-written message.
///
/// Define it as a constant. It holds no value; it defines how a `T` is stored, and its name and version. `T` needs only
/// serde's derives.
///
/// The default [codec](Codec) stores the names of fields and variants with the value. Changes of `T` that serde's own
/// rules cover need no new version: a field with `#[serde(default)]`, a removed or moved field, `rename` with `alias`,
/// a new variant, a wider number. For every other change, increase the version of the section and list the conversions
/// of older values in [`migrations`](Self::migrations). A stored value that does not fit is an error and is preserved;
/// it is never read as another value, except that an `f64` is rounded to the nearest `f32` ([`Codec::Shaped`] lists what
/// serde's own rules do). An `Option` field that was renamed without `alias` is `None`, as if it were new.
///
/// The capture of a session stores sections, and the session restores them.
///
/// ```
/// use leftoff::Section;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Form {
///     amount: String,
///     step: u32,
/// }
///
/// const FORM: Section<Form> = Section::new("form", 1);
///
/// let form = Form { amount: "12.50".into(), step: 2 };
/// assert_eq!(FORM.round_trip(&form)?, form);
/// # Ok::<(), leftoff::Error>(())
/// ```
pub struct Section<T: 'static> {
    name: &'static str,
    /// Whether the name is known only at run time.
    is_named: bool,
    version: u32,
    codec: Codec,
    limit: usize,
    attributes: Attributes,
    migrations: &'static [Migration<T>],
    typed: Typed<T>,
}

/// The type of a section's values, available without a trait bound on it.
struct Typed<T> {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
    read: fn(Codec, &[u8]) -> Result<T, Undecodable>,
}

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<T> {}

/// How the stored bytes of a section are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an attribute of its own")]
pub(crate) struct Attributes {
    pub(crate) private: bool,
    pub(crate) erase_on_close: bool,
    /// Stored only under a seal.
    pub(crate) sealed: bool,
    /// Never stored.
    pub(crate) secret: bool,
    pub(crate) expires: Option<Duration>,
    pub(crate) group: Option<&'static str>,
}

impl Section<()> {
    /// The maximum length of a section's name, in bytes.
    pub const MAX_NAME: usize = MAX_NAME;
    /// The default maximum size of a section's stored form, in bytes: 64 MiB. [`limit`](Section::limit) overrides it.
    pub const DEFAULT_LIMIT: usize = DEFAULT_LIMIT;
}

impl<T> Section<T> {
    /// Creates a section with this name and version, stored with the default codec.
    ///
    /// The name identifies the stored value. It must stay the same as long as stored values are to be restored, and no
    /// two sections of one scope may share it: a session refuses a name that is used with two types. Versions start at
    /// any number and only increase.
    ///
    /// `T` must implement `Deserialize`, even if the program only saves it: a debug build reads the first value saved
    /// in a launch back immediately.
    ///
    /// # Panics
    ///
    /// If the name is empty, longer than [`MAX_NAME`](Section::MAX_NAME) bytes or contains a control character. For a
    /// constant, this is a compile error:
    ///
    /// ```compile_fail,E0080
    /// const NAMELESS: leftoff::Section<u32> = leftoff::Section::new("", 1);
    /// # let _ = NAMELESS;
    /// ```
    #[must_use]
    pub const fn new(name: &'static str, version: u32) -> Self
    where
        T: DeserializeOwned + 'static,
    {
        assert!(!name.is_empty(), "the name of a section must not be empty");
        assert!(name.len() <= MAX_NAME, "the name of a section must not be longer than 128 bytes");
        assert!(!has_control(name), "the name of a section must not hold control characters");
        Self {
            name,
            is_named: false,
            version,
            codec: Codec::Shaped,
            limit: DEFAULT_LIMIT,
            attributes: Attributes {
                private: false,
                erase_on_close: false,
                sealed: false,
                secret: false,
                expires: None,
                group: None,
            },
            migrations: &[],
            typed: Typed { id: TypeId::of::<T>, name: type_name::<T>, read: codec::decode::<T> },
        }
    }
}

impl<T> Section<T> {
    /// Sets the codec that stores new values. Default: [`Codec::Shaped`].
    ///
    /// Values stored with another codec can still be read if the build includes that codec, so a new codec needs no new
    /// version.
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Sets how far the value may go. Default: [`Sensitivity::Public`]. Called more than once, each call adds to what is
    /// demanded.
    ///
    /// ```
    /// use leftoff::{Section, Sensitivity, Session};
    ///
    /// const PIN: Section<String> = Section::<String>::new("pin", 1).sensitivity(Sensitivity::Secret);
    ///
    /// let mut session = Session::in_memory();
    /// session.save(|capture| capture.set(PIN, &"1234".to_owned()))?;
    /// assert_eq!(session.get(PIN)?, None);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    #[must_use]
    pub const fn sensitivity(mut self, is: Sensitivity) -> Self {
        self.attributes = is.add_to(self.attributes);
        self
    }

    /// Keeps the value on this machine: [`Sensitivity::Local`].
    #[must_use]
    pub const fn private(self) -> Self {
        self.sensitivity(Sensitivity::Local)
    }

    /// Erases the value when the session is closed cleanly, and makes it [`private`](Self::private):
    /// [`Sensitivity::ScrubbedAtClose`]. Default: off; the next start restores the value.
    ///
    /// Use it for values that are worth restoring only after an interruption, such as a draft that was sent.
    #[must_use]
    pub const fn erase_on_close(self) -> Self {
        self.sensitivity(Sensitivity::ScrubbedAtClose)
    }

    /// Restores the value only within this time after it was saved. Default: no limit.
    #[must_use]
    pub const fn expires(mut self, after: Duration) -> Self {
        self.attributes.expires = Some(after);
        self
    }

    /// Adds the section to a group: sections of one scope that belong together, such as a wizard's step and its data.
    ///
    /// When repeated crashes make the session withhold one section of a group, it withholds the whole group, and later
    /// offers the whole group again. [`bring_back`](crate::Session::bring_back) and
    /// [`restore_section`](crate::Session::restore_section) of one section bring back the whole group. Default: no
    /// group.
    ///
    /// The group is stored with each value. If damage makes one section fall back to an older value, all sections of its
    /// group are read as of the newest point of the log at which each can be read. Their [`fate`](crate::Session::fate) is
    /// then [`FellBack`](crate::SectionFate::FellBack), and newer readable values are
    /// [quarantined](crate::Session::quarantined). A section that was first saved after that point is withheld:
    /// [`get`](crate::Session::get) returns an error of kind [`Quarantined`](crate::ErrorKind::Quarantined). A section
    /// without a readable copy is [`Lost`](crate::SectionFate::Lost) and changes nothing for the others; a section that the
    /// application removed stays removed.
    ///
    /// ```
    /// use leftoff::Section;
    ///
    /// const STEP: Section<u32> = Section::<u32>::new("step", 1).group("wizard");
    /// const DATA: Section<String> = Section::<String>::new("data", 1).group("wizard");
    /// # let _ = (STEP, DATA);
    /// ```
    ///
    /// # Panics
    ///
    /// Under the same conditions as [`new`](Section::new), for the name of the group.
    #[must_use]
    pub const fn group(mut self, name: &'static str) -> Self {
        assert!(!name.is_empty(), "the name of a group must not be empty");
        assert!(name.len() <= MAX_NAME, "the name of a group must not be longer than 128 bytes");
        assert!(!has_control(name), "the name of a group must not hold control characters");
        self.attributes.group = Some(name);
        self
    }

    /// Sets the maximum size of the stored form, in bytes. Default: [`DEFAULT_LIMIT`](Section::DEFAULT_LIMIT).
    ///
    /// Saving a larger value fails with [`ErrorKind::TooLarge`]. The limit does not apply to reading: a stored value is
    /// read whatever its length.
    ///
    /// # Panics
    /// If the limit is zero: no value fits. For a constant, this is a compile error.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "the limit of a section must not be zero");
        self.limit = bytes;
        self
    }

    /// Sets the migrations that read values of older versions, each through the type of that version.
    ///
    /// List every version that users may still have stored; each migration converts to the present type in one step.
    /// The stored bytes do not change until the application saves the section again.
    ///
    /// ```
    /// use leftoff::{Migration, Section};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Form { amount: f64, currency: String }
    /// #[derive(Deserialize)]
    /// struct FormV1 { amount: f64 }
    /// #[derive(Deserialize)]
    /// struct FormV2 { amount: String }
    ///
    /// impl From<FormV1> for Form {
    ///     fn from(old: FormV1) -> Self {
    ///         Form { amount: old.amount, currency: "EUR".into() }
    ///     }
    /// }
    /// // This conversion can fail: the value then stays stored, and reading it returns an error.
    /// impl TryFrom<FormV2> for Form {
    ///     type Error = std::num::ParseFloatError;
    ///     fn try_from(old: FormV2) -> Result<Self, Self::Error> {
    ///         Ok(Form { amount: old.amount.parse()?, currency: "EUR".into() })
    ///     }
    /// }
    ///
    /// const FORM: Section<Form> =
    ///     Section::new("form", 3).migrations(&[Migration::from::<FormV1>(1), Migration::from::<FormV2>(2)]);
    /// # let _ = FORM;
    /// ```
    ///
    /// # Panics
    /// If a version is listed twice or is not older than the section's own. For a constant, this is a compile error:
    ///
    /// ```compile_fail,E0080
    /// # use leftoff::{Migration, Section};
    /// const COUNT: Section<u64> = Section::new("count", 1).migrations(&[Migration::from::<u32>(1)]);
    /// # let _ = COUNT;
    /// ```
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "iterators are not const")]
    pub const fn migrations(mut self, migrations: &'static [Migration<T>]) -> Self {
        let mut index = 0;
        while index < migrations.len() {
            assert!(migrations[index].version < self.version, "a migration is from a version older than the section's");
            let mut other = 0;
            while other < index {
                assert!(migrations[other].version != migrations[index].version, "two migrations from one version");
                other += 1;
            }
            index += 1;
        }
        self.migrations = migrations;
        self
    }

    /// Returns the same section under a name that is known only at run time, such as one of many records.
    ///
    /// Each distinct name stays in memory until the process ends. For windows and documents, use
    /// [scopes](crate::Session::scope) instead: they can be listed and closed.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// const RECORD: Section<String> = Section::new("record", 1);
    ///
    /// let mut session = Session::in_memory();
    /// let record = RECORD.named("record/42")?;
    /// session.save(|capture| capture.set(record, &"Ana".to_owned()))?;
    /// assert_eq!(session.get(record)?.as_deref(), Some("Ana"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSetting`]: the name is empty, longer than [`MAX_NAME`](Section::MAX_NAME) bytes, or has a control
    /// character.
    pub fn named(mut self, name: &str) -> Result<Self, Error> {
        if name.is_empty() || name.len() > MAX_NAME || has_control(name) {
            let what = "the name of a section is empty, too long, or has a control character";
            return Err(Error::new(ErrorKind::InvalidSetting, what));
        }
        (self.name, self.is_named) = (interned(name), true);
        Ok(self)
    }

    /// Returns the name under which values are stored.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the version of newly stored values, which is also the newest version that can be read.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Encodes and decodes the value, and returns the result. Call it in a test of your application, once per section.
    ///
    /// Some types can be stored but not read back: a required field with `skip_serializing`, an `i128` or `u128` in a
    /// `flatten`.
    /// A codec cannot detect this while it stores. A debug build reads the first value of each section back
    /// automatically, which takes seconds for megabytes if the dependencies are not optimised
    /// (`[profile.dev.package."*"] opt-level = 1`).
    ///
    /// # Errors
    ///
    /// [`Encode`](ErrorKind::Encode) or [`TooLarge`](ErrorKind::TooLarge) if the value cannot be saved,
    /// [`Decode`](ErrorKind::Decode) if it cannot be restored.
    pub fn round_trip(&self, value: &T) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
    {
        let mut bytes = Vec::new();
        self.encode(value, &mut Live::default(), &mut bytes)?;
        self.decode(self.version, self.codec.id(), &bytes)
    }

    /// Returns whether the name was set at run time, so that a user may have chosen it.
    pub(crate) fn is_named(&self) -> bool {
        self.is_named
    }

    pub(crate) fn codec_id(&self) -> u8 {
        self.codec.id()
    }

    pub(crate) fn attributes(&self) -> Attributes {
        self.attributes
    }

    pub(crate) fn type_id(&self) -> TypeId {
        (self.typed.id)()
    }

    pub(crate) fn type_name(&self) -> &'static str {
        (self.typed.name)()
    }

    /// Checks that a restore returns the value that was encoded as `bytes`.
    ///
    /// Compares the bytes of both values in any order: a `HashMap` may be restored in another order.
    ///
    /// # Errors
    ///
    /// `Encode`: the stored bytes cannot be read, or are another value.
    pub(crate) fn check(&self, value: &T, live: &mut Live, bytes: &[u8]) -> Result<(), Error>
    where
        T: Serialize,
    {
        let back = (self.typed.read)(self.codec, bytes).map_err(|cause| {
            self.error(ErrorKind::Encode, "has a value that cannot be restored (checked in debug builds)")
                .because(cause)
        })?;
        let mut encoded = |value: &T| {
            let mut bytes = Vec::new();
            let result = codec::encode(self.codec, value, live, &mut bytes, usize::MAX);
            result.is_ok().then_some(bytes).map(sorted)
        };
        if encoded(&back) == Some(sorted(bytes.to_vec())) {
            return Ok(());
        }
        // The other value may have added to the shape, in which this one then has other bytes. A value that serializes
        // differently each time, such as an age, cannot be compared.
        let own = encoded(value);
        if own == encoded(&back) || own != encoded(value) {
            return Ok(());
        }
        let what = "has a value that would be restored as another value (checked in debug builds); \
                    check for a field that is serialized and not deserialized";
        Err(self.error(ErrorKind::Encode, what))
    }

    /// Appends the stored form of `value` to `out`. `live` caches the shape of the section's earlier values. After an
    /// error, `out` is unchanged.
    ///
    /// # Errors
    ///
    /// `Encode`, `TooLarge`.
    pub(crate) fn encode(&self, value: &T, live: &mut Live, out: &mut Vec<u8>) -> Result<(), Error>
    where
        T: Serialize,
    {
        codec::encode(self.codec, value, live, out, self.limit).map_err(|cause| {
            let (kind, what) = if cause.is_size() {
                (ErrorKind::TooLarge, "has a value that is too large to store")
            } else {
                (ErrorKind::Encode, "has a value that cannot be stored")
            };
            self.error(kind, what).because(cause)
        })
    }

    /// Decodes a value from `bytes`, its stored form in this version and codec.
    ///
    /// # Errors
    ///
    /// `NewerSection`, `NoMigration`, `UnknownCodec`, `Decode`.
    pub(crate) fn decode(&self, version: u32, codec: u8, bytes: &[u8]) -> Result<T, Error>
    where
        T: DeserializeOwned,
    {
        if version > self.version {
            return Err(self.error(ErrorKind::NewerSection, format_args!("is stored in newer version {version}")));
        }
        let Some(codec) = Codec::from_id(codec) else {
            return Err(self.of_unknown_codec(codec));
        };
        if version == self.version {
            return codec::decode(codec, bytes).map_err(|cause| self.undecodable(version, cause));
        }
        let Some(migration) = self.migrations.iter().find(|migration| migration.version == version) else {
            return Err(self.error(
                ErrorKind::NoMigration,
                format_args!("is stored in version {version}; there is no migration from that version"),
            ));
        };
        migration.read(codec, bytes).map_err(|error| match error {
            Unmigrated::Undecodable(cause) => self.undecodable(version, cause),
            Unmigrated::Refused(source) => self
                .error(ErrorKind::Decode, format_args!("is stored in version {version}; the migration failed"))
                .because_of(source),
        })
    }

    #[cold]
    fn of_unknown_codec(&self, codec: u8) -> Error {
        match codec::feature_of(codec) {
            Some(feature) => self.error(
                ErrorKind::UnknownCodec,
                format_args!("is stored with a codec that this build lacks: enable the feature `{feature}` of leftoff"),
            ),
            None => self.error(
                ErrorKind::UnknownCodec,
                format_args!("is stored with codec {codec}, which this version of leftoff does not have"),
            ),
        }
    }

    #[cold]
    fn undecodable(&self, stored: u32, cause: Undecodable) -> Error {
        let error = if stored == self.version {
            self.error(ErrorKind::Decode, "is stored, but the bytes are not a value of its type")
        } else {
            // A variable would keep `format_args` longer than Rust 1.85 allows.
            self.error(
                ErrorKind::Decode,
                format_args!("is stored in version {stored}, but the bytes are not a value of that version's type"),
            )
        };
        error.because(cause)
    }

    /// Names the section and its version, and contains no user data.
    #[cold]
    fn error(&self, kind: ErrorKind, what: impl fmt::Display) -> Error {
        Error::new(kind, format!("section {:?} (version {}) {what}", self.name, self.version))
    }
}

impl<T> Clone for Section<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Section<T> {}

impl<T> fmt::Debug for Section<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("codec", &self.codec)
            .field("limit", &self.limit)
            .field("attributes", &self.attributes)
            .field("migrations", &self.migrations)
            .finish_non_exhaustive()
    }
}

/// The one copy of a name that is kept for the life of the process.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<SortedSet<&'static str>> = Mutex::new(SortedSet::new());
    let mut names = NAMES.lock();
    names.get(name).copied().unwrap_or_else(|| {
        let name: &'static str = Box::leak(name.into());
        names.insert(name);
        name
    })
}

fn sorted(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.sort_unstable();
    bytes
}

/// Detects the control characters of ASCII and, in UTF-8, U+0080 to U+009F.
const fn has_control(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if first.is_ascii_control() || matches!(rest, [0xc2, 0x80..=0x9f, ..]) {
            return true;
        }
        rest = tail;
    }
    false
}

#[cfg(test)]
mod tests;
