//! Typed pieces of state: their names, versions and what may be done with them.

use std::any::{TypeId, type_name};
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, Cause, Codec, Live};
use crate::error::{Error, ErrorKind};
use crate::migrate::{Migration, Unmigrated};

const MAX_NAME: usize = 128;
const DEFAULT_LIMIT: usize = 64 * 1024 * 1024;

/// A named, versioned, typed piece of an application's state: a form, a window's layout, a half-written message.
///
/// Make it a constant. It holds no value; it says how a `T` is stored, and under which name and version it is found
/// again. `T` needs no more than serde's derives.
///
/// The default [codec](Codec) stores the names of fields and variants with the value. Changes of `T` that serde's own
/// rules cover need no new version: a field with `#[serde(default)]`, a removed or moved field, `rename` with `alias`, a
/// new variant, a wider number. For every other change, give the section the next version and list in
/// [`migrations`](Self::migrations) how older values are converted. A value that does not fit is an error and is kept; it
/// is never read as another value.
///
/// A session's capture stores sections, and a session gives them back.
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
    version: u32,
    codec: Codec,
    limit: usize,
    attributes: Attributes,
    migrations: &'static [Migration<T>],
    typed: Typed<T>,
}

/// What is known of the type of a section's values wherever the section is, without a bound on it.
struct Typed<T> {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
    read: fn(Codec, &[u8]) -> Result<T, Cause>,
}

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<T> {}

/// What may be done with the stored bytes of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Attributes {
    pub(crate) private: bool,
    pub(crate) erase_on_close: bool,
    pub(crate) expires: Option<Duration>,
    pub(crate) group: Option<&'static str>,
}

impl Section<()> {
    /// The longest name of a section, in bytes.
    pub const MAX_NAME: usize = MAX_NAME;
    /// How many bytes the stored form of a section may have, unless [`limit`](Section::limit) says otherwise: 64 MiB.
    pub const DEFAULT_LIMIT: usize = DEFAULT_LIMIT;
}

impl<T> Section<T> {
    /// A section with this name in this version of its shape, stored with the default codec.
    ///
    /// The name identifies the stored value: it must stay the same for as long as values are to be found again, and no
    /// two sections of one scope may share it: a session refuses a name that is used with two types. Versions start
    /// wherever you like and only ever go up.
    ///
    /// `T` must be readable, also where a program only ever saves it: in debug builds, the first value saved in a launch
    /// is read back at once.
    ///
    /// # Panics
    ///
    /// If the name is empty, longer than [`MAX_NAME`](Section::MAX_NAME) bytes or holds a control character. For a constant this is a
    /// compile error:
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
            version,
            codec: Codec::Shaped,
            limit: DEFAULT_LIMIT,
            attributes: Attributes { private: false, erase_on_close: false, expires: None, group: None },
            migrations: &[],
            typed: Typed { id: TypeId::of::<T>, name: type_name::<T>, read: codec::decode::<T> },
        }
    }
}

impl<T> Section<T> {
    /// Stores with this codec from now on. Without it: [`Codec::Shaped`].
    ///
    /// What was stored with another codec is still read, as long as the build has that codec: this is no change of the
    /// version.
    #[must_use]
    pub const fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// Keeps the value on this machine: no mirror, synchronisation or report is given it. Without it: it goes wherever
    /// the backend sends it.
    #[must_use]
    pub const fn private(mut self) -> Self {
        self.attributes.private = true;
        self
    }

    /// Erases the value when the session is closed cleanly, and makes it [`private`](Self::private). Without it: it is
    /// kept for the next start.
    ///
    /// For what is only worth having back after an interruption, such as a draft that was sent.
    #[must_use]
    pub const fn erase_on_close(mut self) -> Self {
        self.attributes.erase_on_close = true;
        self.private()
    }

    /// Gives the value back only within this time after it was saved. Without it: always.
    #[must_use]
    pub const fn expires(mut self, after: Duration) -> Self {
        self.attributes.expires = Some(after);
        self
    }

    /// Names a group: sections of one scope that belong together, such as a wizard's step and its data. When repeated crashes
    /// make the session withhold one of a group, all of it are withheld, and offered again together;
    /// [`bring_back`](crate::Session::bring_back) and [`restore_section`](crate::Session::restore_section) of one bring back
    /// all of it. Without it: each section is on its own.
    ///
    /// The group is stored with each value. Where damage makes one section fall back to an older value, all of its group are
    /// read as of the newest point of the log at which each can be read. Their [`fate`](crate::Session::fate) is
    /// [`FellBack`](crate::SectionFate::FellBack) then, and newer values that can be read are
    /// [quarantined](crate::Session::quarantined). A section that was saved first after that point is withheld:
    /// [`get`](crate::Session::get) returns an error of the kind [`Quarantined`](crate::ErrorKind::Quarantined). A section of
    /// which no copy can be read is [`Lost`](crate::SectionFate::Lost) and changes nothing for the others; a section that the
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
    /// As [`new`](Section::new), for the name of the group.
    #[must_use]
    pub const fn group(mut self, name: &'static str) -> Self {
        assert!(!name.is_empty(), "the name of a group must not be empty");
        assert!(name.len() <= MAX_NAME, "the name of a group must not be longer than 128 bytes");
        assert!(!has_control(name), "the name of a group must not hold control characters");
        self.attributes.group = Some(name);
        self
    }

    /// Refuses to store more than this many bytes, with [`ErrorKind::TooLarge`]. Without it: [`DEFAULT_LIMIT`](Section::DEFAULT_LIMIT).
    ///
    /// The limit is for saving. What is stored already is read whatever its length.
    ///
    /// # Panics
    /// If the limit is zero: no value fits. For a constant this is a compile error.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "the limit of a section must not be zero");
        self.limit = bytes;
        self
    }

    /// Reads values stored in older versions, each through the type it had then.
    ///
    /// List every version that users may still come from; each is converted to the present type in one step. The stored
    /// bytes stay as they are until the application saves the section again.
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
    /// // This one can fail: such a value stays stored, and reading it is an error.
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
    /// If a version is listed twice or is not older than the section's own. For a constant this is a compile error:
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

    /// The name it is stored under.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The version that is stored, and the newest that is read.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What a restore would give back for this value. Call it in a test of your application, once for each section.
    ///
    /// Some types store well and cannot be read back: a field with `skip_serializing` that is required, an `i128` in a
    /// `flatten`. No codec can see this while it stores. In debug builds, a session reads the first value of each
    /// section back by itself.
    ///
    /// # Errors
    ///
    /// [`Encode`](ErrorKind::Encode) and [`TooLarge`](ErrorKind::TooLarge) where it could not be saved,
    /// [`Decode`](ErrorKind::Decode) where it could not be restored.
    pub fn round_trip(&self, value: &T) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
    {
        let mut bytes = Vec::new();
        self.encode(value, &mut Live::default(), &mut bytes)?;
        self.decode(self.version, self.codec.id(), &bytes)
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

    /// Whether a restore would give back what was encoded as `bytes`.
    ///
    /// Values are compared by their bytes, in any order: a `HashMap` may come back in another one.
    ///
    /// # Errors
    ///
    /// `Encode`: what was stored could not be read, or is another value.
    pub(crate) fn check(&self, value: &T, live: &mut Live, bytes: &[u8]) -> Result<(), Error>
    where
        T: Serialize,
    {
        let back = (self.typed.read)(self.codec, bytes).map_err(|cause| {
            self.error(ErrorKind::Encode, "has a value that could not be restored: a debug build read it back")
                .because(cause)
        })?;
        let mut encoded = |value: &T| {
            let mut bytes = Vec::new();
            let result = codec::encode(self.codec, value, live, &mut bytes, usize::MAX);
            result.is_ok().then_some(bytes).map(sorted)
        };
        let (bytes, again) = (Some(sorted(bytes.to_vec())), encoded(&back));
        // What is written anew each time, such as the age of something, cannot be compared.
        if again == bytes || encoded(value) != bytes {
            return Ok(());
        }
        let what = "has a value that would be restored as another one: a debug build read it back; \
                    is there a field that is written and not read?";
        Err(self.error(ErrorKind::Encode, what))
    }

    /// Appends the stored form of `value`. `live` is what was learned of the section's values so far. After an error
    /// `out` is what it was before.
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
                (ErrorKind::TooLarge, "has a value too large to be stored")
            } else {
                (ErrorKind::Encode, "has a value that cannot be stored")
            };
            self.error(kind, what).because(cause)
        })
    }

    /// The value whose stored form is `bytes`, of this version and codec.
    ///
    /// # Errors
    ///
    /// `NewerSection`, `NoMigration`, `UnknownCodec`, `Decode`.
    pub(crate) fn decode(&self, version: u32, codec: u8, bytes: &[u8]) -> Result<T, Error>
    where
        T: DeserializeOwned,
    {
        if version > self.version {
            return Err(self.error(ErrorKind::NewerSection, format_args!("is stored in the newer version {version}")));
        }
        let Some(codec) = Codec::from_id(codec) else {
            return Err(self.error(
                ErrorKind::UnknownCodec,
                format_args!("is stored with codec {codec}, which this build does not have"),
            ));
        };
        if version == self.version {
            return codec::decode(codec, bytes).map_err(|cause| self.undecodable(version, cause));
        }
        let Some(migration) = self.migrations.iter().find(|migration| migration.version == version) else {
            return Err(self.error(
                ErrorKind::NoMigration,
                format_args!("is stored in version {version}, which it has no migration from"),
            ));
        };
        migration.read(codec, bytes).map_err(|error| match error {
            Unmigrated::Undecodable(cause) => self.undecodable(version, cause),
            Unmigrated::Refused(source) => self
                .error(ErrorKind::Decode, format_args!("is stored in version {version}, and its migration failed"))
                .because_of(source),
        })
    }

    #[cold]
    fn undecodable(&self, stored: u32, cause: Cause) -> Error {
        self.error(
            ErrorKind::Decode,
            format_args!("is stored in version {stored} and is not a value of that version's type"),
        )
        .because(cause)
    }

    /// Names the section and both versions, and nothing that a user wrote.
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

fn sorted(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.sort_unstable();
    bytes
}

/// ASCII's control characters, and in UTF-8 the second row of them, U+0080 to U+009F.
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
