//! What a session reports about restoring and saving.

use std::fmt;
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::frame::Parked;
use crate::generation::{Fate, Member};
use crate::mark::Reason;
use crate::time::Timestamp;

/// What [`open`](crate::Builder::open) found, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// No state was stored here before.
    Fresh,
    /// The last launch was closed or interrupted cleanly; everything is as it was left.
    Resumed,
    /// The last launch crashed or was killed; everything it had written is restored.
    Recovered,
    /// Successive launches crashed while they restored, so this launch did not receive everything.
    ///
    /// [`Session::quarantined`](crate::Session::quarantined) lists what is withheld, and
    /// [`Session::bring_back_all`](crate::Session::bring_back_all) returns it. Once a launch survives its restore, the
    /// next launch receives it again.
    Quarantined,
    /// A value that the application asked for could not be read as its type has become; everything else is restored.
    ///
    /// [`Session::outcome`](crate::Session::outcome) says so from the failed call on, [`Report::left_out`] lists the
    /// sections, and the values are preserved, even if others are saved in their place.
    Unread,
    /// Some stored data could not be read.
    ///
    /// The readable part is restored and the rest is preserved; the [`Report`] lists it.
    Damaged,
    /// The newest state was written by a newer version of this library.
    ///
    /// It is preserved; the parts of older states that this version can read are restored.
    NewerFormat,
    /// The stored state is available as a read-only copy, and nothing is saved.
    ///
    /// [`Status::holder`] distinguishes the two cases: another instance holds the location, and this session
    /// [takes over](crate::Session::took_over) when it exits; or the location cannot be written (a read-only directory
    /// or medium). [`Status::refused`] gives the reason.
    ReadOnly,
    /// The location could not be used, for example because of an I/O error.
    ///
    /// Nothing is restored and nothing is saved, so that no second history begins; [`Status::refused`] gives the
    /// reason.
    Unavailable,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh => "no state was stored here before",
            Self::Resumed => "everything is as it was left",
            Self::Recovered => "the last launch crashed or was killed; everything it had written is restored",
            Self::Quarantined => {
                "part of the state was quarantined after repeated crashes; it is preserved and can be brought back"
            }
            Self::Unread => "part of the state could not be read by this version of the program; it is preserved",
            Self::Damaged => "part of the stored state is damaged; the rest is restored, and nothing was deleted",
            Self::NewerFormat => "the newest state was written by a newer version; it is preserved",
            Self::ReadOnly => "the stored state is shown as a read-only copy, and nothing is saved",
            Self::Unavailable => "storage is unavailable; saving is off",
        })
    }
}

/// How the last launch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastExit {
    /// There was no earlier launch.
    FirstStart,
    /// It was closed.
    Clean,
    /// It was suspended, or asked to stop, and did not wake.
    Interrupted(Reason),
    /// It panicked, and could record it.
    Panicked,
    /// It crashed or was killed.
    Crashed,
    /// The machine went down while it ran: a power cut, or a reboot without a clean exit.
    Rebooted,
    /// Cannot be determined from what the last launch left behind.
    Unknown,
}

impl fmt::Display for LastExit {
    /// Writes one word, and the reason in brackets: `clean`, `interrupted (a call)`, `crashed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstStart => f.write_str("first start"),
            Self::Clean => f.write_str("clean"),
            Self::Interrupted(reason) => write!(f, "interrupted ({reason})"),
            Self::Panicked => f.write_str("panicked"),
            Self::Crashed => f.write_str("crashed"),
            Self::Rebooted => f.write_str("rebooted"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// How one section was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionFate {
    /// As it was last saved.
    Restored,
    /// As it was last saved. Its newest copy is damaged, but an older copy had the same value.
    Healed,
    /// The newest readable value, saved at this time. The value saved last is damaged.
    FellBack {
        /// When that value was saved.
        to: Timestamp,
    },
    /// The newest readable value, saved at this time; it may be outdated.
    ///
    /// A later frame is unreadable and may have contained a newer value of this section.
    MayBeOlder {
        /// When that value was saved.
        saved: Timestamp,
    },
    /// It was stored, but no copy is readable. The damaged bytes are preserved.
    Lost,
    /// Its bytes are intact, but it was not returned, for this reason. It is preserved.
    Unread(ErrorKind),
    /// It is withheld: after repeated crashes, because the user [declined](crate::Session::quarantine) it, or because its
    /// [group](crate::Section::group) is damaged and was restored from a time before this section existed.
    /// [`Session::bring_back`](crate::Session::bring_back) returns it.
    Quarantined,
    /// As it was last stored; a newer value could not be stored and is lost.
    ///
    /// The newer value was too large or could not be encoded. Reported at each start until a value is stored again.
    NewerRefused {
        /// When the first newer value was rejected.
        at: Timestamp,
    },
    /// It is older than its `expires` setting allows.
    ///
    /// It stays stored, and [`Session::history`](crate::Session::history) includes it.
    Expired,
    /// The application removed it or discarded it.
    ///
    /// That is, with [`Capture::remove`](crate::Capture::remove), with its scope, or
    /// [from quarantine](crate::Session::discard_quarantined).
    Removed,
    /// It was never saved, as far as the log shows: only the last 256 removed sections are recorded as removed.
    NeverSaved,
}

impl SectionFate {
    /// Returns the fate of a stored section. `doubted`: an unreadable frame may have contained a newer value.
    pub(crate) fn of(member: &Member, doubted: bool) -> Self {
        match &member.value {
            None if member.later.is_some() => Self::Quarantined,
            None => Self::Lost,
            Some(value) => match value.fate {
                Fate::FellBack => Self::FellBack { to: value.meta.saved_at },
                _ if doubted => Self::MayBeOlder { saved: value.meta.saved_at },
                Fate::Current => Self::Restored,
                Fate::Healed => Self::Healed,
            },
        }
    }

    /// Returns whether stored bytes of it are damaged, or may be.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Healed | Self::FellBack { .. } | Self::MayBeOlder { .. } | Self::Lost)
    }
}

/// One entry of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionReport {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// How it was restored.
    pub fate: SectionFate,
}

/// How the state was restored, section by section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The sections requested or checked so far, by scope and name.
    pub sections: Vec<SectionReport>,
    /// The number of frames, or whole generations, that could not be read. They are preserved as they are.
    pub unreadable: usize,
    /// The number of other heads of the log at the start.
    ///
    /// These are states that another device, or another process without a lock, made from the same state.
    /// [`Session::other_states`](crate::Session::other_states) lists them.
    pub other_states: usize,
    /// Whether every stored section was checked. The flusher completes the report a few seconds after the start.
    pub complete: bool,
}

impl Report {
    /// Returns whether everything checked is as it was last saved.
    pub fn is_whole(&self) -> bool {
        self.unreadable == 0 && self.sections.iter().all(|section| section.fate == SectionFate::Restored)
    }

    /// Returns the sections that are stored but were not returned.
    ///
    /// For these, [`get_or_default`](crate::Session::get_or_default) returned a default.
    pub fn left_out(&self) -> impl Iterator<Item = &SectionReport> {
        use SectionFate::{Lost, Quarantined, Unread};
        self.sections.iter().filter(|section| matches!(section.fate, Lost | Quarantined | Unread(_)))
    }
}

/// Whether the state is currently safe from a crash or power loss.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// A capture is not written yet; a kill would lose it.
    pub pending: bool,
    /// When the last write was made. Written state survives a kill.
    pub written: Option<Timestamp>,
    /// When the newest write was made that survives a power cut.
    pub synced: Option<Timestamp>,
    /// Everything captured is written and survives a power cut. `false` while something is pending, and while nothing is
    /// saved at all, as [`refused`](Self::refused) says.
    pub is_synced: bool,
    /// Storage is failing, with this error last. Captures are kept in memory and retried.
    pub failing: Option<Error>,
    /// When the first of these failures happened.
    pub failing_since: Option<Timestamp>,
    /// Why nothing is saved, if so.
    ///
    /// The location could not be used when the session was opened, or the state was forgotten.
    pub refused: Option<Error>,
    /// The number of [quarantined](crate::Session::quarantined) values.
    pub quarantined: usize,
    /// The instance that holds the location, while this session waits for it.
    ///
    /// See [`Session::took_over`](crate::Session::took_over). Meanwhile, the newest captured value of each section is
    /// held in memory.
    pub holder: Option<Holder>,
    /// Sections whose newest value could not be stored, by scope and name.
    ///
    /// Each is listed until a value of it is stored. Its last stored value stays stored.
    pub unsaved: Vec<Unsaved>,
    /// The bytes that this session has passed to its storage since it was opened, failed writes and compaction included.
    ///
    /// The size of what is stored is smaller, because compaction removes old parts of the log. A disk writes more: at
    /// least one page of 4 096 bytes for each sync.
    pub bytes_written: u64,
    /// The number of syncs that this session has asked its storage for since it was opened. With the default storage, most
    /// of them are one `fdatasync`; the first, and one after a compaction, are several.
    ///
    /// ```
    /// use leftoff::{Section, Session};
    ///
    /// let mut session = Session::in_memory();
    /// session.mark("form/name");
    /// session.save(|capture| capture.set(Section::new("form", 1), &"Ana".to_owned()))?;
    /// let before = session.status();
    /// assert!(before.bytes_written > 0 && before.syncs > 0);
    /// // Nothing changes, so nothing is written.
    /// session.autosave(|_| ())?;
    /// assert_eq!(session.status().bytes_written, before.bytes_written);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub syncs: u64,
    /// The bytes of [`bytes_written`](Self::bytes_written) that belong to the last 60 minutes, by whole minutes.
    pub hourly_bytes: u64,
    /// The same of [`syncs`](Self::syncs).
    pub hourly_syncs: u64,
    /// The interval between syncs in use, if it is longer than [`sync_every`](crate::Builder::sync_every) because of the
    /// [hourly budget](crate::Builder::hourly_budget).
    ///
    /// Decided at each sync, and at the first write after it. A power cut loses at most this much; a kill loses nothing.
    pub stretched: Option<Duration>,
}

impl Status {
    /// Returns why the newest state is not stored, if anything prevents it.
    ///
    /// This is [`refused`](Self::refused), else [`failing`](Self::failing), else the error of the first
    /// of [`unsaved`](Self::unsaved). `None` while a write is merely in progress.
    pub fn trouble(&self) -> Option<&Error> {
        self.refused.as_ref().or(self.failing.as_ref()).or(self.unsaved.first().map(|section| &section.error))
    }
}

/// Another instance that holds the location. The fields are for display and may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// The file name of its program.
    pub program: Option<String>,
    /// When it acquired the location.
    pub since: Option<Timestamp>,
}

#[cfg(any(unix, windows))]
impl Holder {
    pub(crate) fn from(held: &crate::backend::Held) -> Self {
        Self { pid: held.pid, program: held.program.clone(), since: held.since }
    }
}

impl fmt::Display for Holder {
    /// Writes `notes, process 4711`, or `another program`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.as_deref().unwrap_or("another program"))?;
        self.pid.map_or(Ok(()), |pid| write!(f, ", process {pid}"))
    }
}

/// A section whose newest value could not be stored although storage works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unsaved {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// When the first rejected value was captured.
    pub since: Timestamp,
    /// Why the latest value was rejected: [`ErrorKind::TooLarge`] or [`ErrorKind::Encode`].
    pub error: Error,
}

/// Why a value is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuarantineReason {
    /// This version of the application could not read it and then saved another value.
    Unread,
    /// It was the last section returned when earlier launches crashed.
    Blamed,
    /// Successive launches crashed while they restored, so one launch received nothing.
    FreshStart,
    /// An earlier value was restored in its place: by a call, or because another section of its
    /// [group](crate::Section::group) is damaged.
    Replaced,
    /// Another instance saved it, and this instance's value replaced it in the [take-over](crate::Session::took_over).
    ///
    /// This instance had changed the section as well.
    OtherInstance,
    /// The user declined it: [`Session::quarantine`](crate::Session::quarantine).
    Declined,
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unread => "this version of the application could not read it",
            Self::Blamed => "it was the last section restored before repeated crashes",
            Self::FreshStart => "launches crashed repeatedly while they restored the state",
            Self::Replaced => "an earlier value was brought back in its place",
            Self::OtherInstance => "another instance saved it, and this instance saved a different value",
            Self::Declined => "the user declined it",
        })
    }
}

impl From<Parked> for QuarantineReason {
    fn from(why: Parked) -> Self {
        match why {
            Parked::Unread => Self::Unread,
            Parked::Blamed | Parked::BlamedClosed => Self::Blamed,
            Parked::FreshStart | Parked::FreshStartClosed => Self::FreshStart,
            Parked::Replaced => Self::Replaced,
            Parked::OtherInstance => Self::OtherInstance,
            Parked::Declined => Self::Declined,
        }
    }
}

/// A value that is stored but was not returned.
///
/// It is kept until it is [brought back](crate::Session::bring_back) or
/// [discarded](crate::Session::discard_quarantined).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// Its scope; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// The section version it was stored with.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// Why it is in quarantine.
    pub why: QuarantineReason,
}
