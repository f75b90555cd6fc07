//! What a session tells the application about coming back and about being saved.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::frame::Parked;
use crate::generation::{Fate, Member};
use crate::marker::Reason;
use crate::time::Timestamp;

/// What [`open`](crate::Builder::open) found, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing was stored here before.
    Fresh,
    /// The last launch was closed or interrupted in good order; everything is as it was.
    Resumed,
    /// The last launch crashed or was killed; everything it had written is restored.
    Recovered,
    /// Launch after launch crashed while it restored, so this one was not given everything.
    /// [`Session::quarantined`](crate::Session::quarantined) lists what is withheld, and
    /// [`Session::bring_back_all`](crate::Session::bring_back_all) returns it. Once a launch lived, the next one is given
    /// it again.
    Quarantined,
    /// Something stored could not be read. What could be is here, the rest is kept; the [`Report`] names it.
    Damaged,
    /// The newest state was written by a newer version of this library. It is kept; what this version could read of
    /// older states is here.
    NewerFormat,
    /// The stored state is here, as a copy to read, and nothing is saved. [`Status::holder`] tells the two cases apart:
    /// another instance has the location, and this session [takes over](crate::Session::took_over) when that has gone; or
    /// the location cannot be written (a read-only directory or medium). [`Status::refused`] says why.
    ReadOnly,
    /// The location could not be used, such as for an I/O error. Nothing is here and nothing is saved, so that no second
    /// history begins; [`Status::refused`] says why.
    Unavailable,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh => "nothing was stored here before",
            Self::Resumed => "everything is as it was left",
            Self::Recovered => "the last launch crashed or was killed; everything it had written is here",
            Self::Quarantined => {
                "part of the state was set aside after repeated crashes; it is kept and can be brought back"
            }
            Self::Damaged => "part of what was stored is damaged; the rest is here, and nothing was thrown away",
            Self::NewerFormat => "the newest state is from a newer version; it is kept",
            Self::ReadOnly => "the stored state is here to read; saving is off",
            Self::Unavailable => "storage is unavailable; saving is off",
        })
    }
}

/// How the last launch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LastExit {
    /// There was none.
    FirstStart,
    /// It was closed.
    Clean,
    /// It was put to sleep, or told to stop, and never woke.
    Interrupted(Reason),
    /// It died: a crash, a kill.
    Crashed,
    /// The machine went down under it: a power cut, a reboot without a goodbye.
    Rebooted,
    /// Cannot be determined from what the last launch left behind.
    Unknown,
}

impl fmt::Display for LastExit {
    /// One word, and the reason in brackets: `clean`, `interrupted (a call)`, `crashed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstStart => f.write_str("first start"),
            Self::Clean => f.write_str("clean"),
            Self::Interrupted(reason) => write!(f, "interrupted ({reason})"),
            Self::Crashed => f.write_str("crashed"),
            Self::Rebooted => f.write_str("rebooted"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// How one section came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionFate {
    /// As it was last saved.
    Restored,
    /// As it was last saved, although its newest copy is damaged: an older copy had the same.
    Healed,
    /// The newest value that could be read, saved at this time; the last saved one is damaged, or another section of its
    /// [group](crate::Section::group) is.
    FellBack {
        /// When that value was saved.
        to: Timestamp,
    },
    /// The newest value that can be read, saved at this time. A later frame is unreadable and may have contained a newer
    /// value of this section.
    MayBeOlder {
        /// When that value was saved.
        saved: Timestamp,
    },
    /// It was stored, and no copy of it can be read. The damaged bytes are kept.
    Lost,
    /// It is whole, but was not handed out, for this reason. It is kept.
    Unread(ErrorKind),
    /// It was withheld after repeated crashes, or because its [group](crate::Section::group) is damaged and comes from a time
    /// before this section was saved first. [`Session::bring_back`](crate::Session::bring_back) returns it.
    Quarantined,
    /// As it was last stored, but a newer value of it could not be stored (it was too large, or could not be encoded), and
    /// is lost. Told at each start until a value is stored again.
    NewerRefused {
        /// When the first newer value was refused.
        at: Timestamp,
    },
    /// It is past the time it was given with `expires`. It stays stored, and [`Session::history`](crate::Session::history)
    /// has it.
    Expired,
    /// It was removed by the application, with [`Capture::remove`](crate::Capture::remove) or with its scope, or was in
    /// quarantine and [discarded](crate::Session::discard_quarantined).
    Removed,
    /// It was never saved, as far as what is stored tells: the last 256 removed sections are remembered as removed.
    NeverSaved,
}

impl SectionFate {
    /// `doubted`: the log may have said more of it in what cannot be read.
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

    /// Whether stored bytes of it are damaged, or may be.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Healed | Self::FellBack { .. } | Self::MayBeOlder { .. } | Self::Lost)
    }
}

/// One line of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionReport {
    /// The scope it belongs to; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// How it came back.
    pub fate: SectionFate,
}

/// How everything came back, section by section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The sections that were asked for or checked so far, by scope and name.
    pub sections: Vec<SectionReport>,
    /// Frames, or whole generations, that could not be read. They are kept as they are.
    pub unreadable: usize,
    /// How many other heads of the log there were at the start: what another device, or another process where there is no
    /// lock, made of the same state. [`Session::other_states`](crate::Session::other_states) lists them.
    pub other_states: usize,
    /// Every stored section was looked at. The flusher completes the report a few seconds after the start.
    pub complete: bool,
}

impl Report {
    /// Whether everything that was looked at is as it was last saved.
    pub fn is_whole(&self) -> bool {
        self.unreadable == 0 && self.sections.iter().all(|section| section.fate == SectionFate::Restored)
    }

    /// The sections that are stored and were not handed out: what [`get_or_default`](crate::Session::get_or_default)
    /// replaced with a default.
    pub fn left_out(&self) -> impl Iterator<Item = &SectionReport> {
        use SectionFate::{Lost, Quarantined, Unread};
        self.sections.iter().filter(|section| matches!(section.fate, Lost | Quarantined | Unread(_)))
    }
}

/// Whether the state is safe, as far as is known now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// Something was captured that is not written yet: a kill would lose it.
    pub pending: bool,
    /// When the last write was made. What was written survives a kill.
    pub written: Option<Timestamp>,
    /// When the newest write was made that survives a power cut.
    pub synced: Option<Timestamp>,
    /// Everything written survives a power cut.
    pub is_synced: bool,
    /// The storage fails. Captures are kept in memory and tried again.
    pub failing: Option<Failing>,
    /// Nothing is saved, for this reason: the place could not be used when the session was opened, or the state was
    /// forgotten.
    pub refused: Option<Error>,
    /// How many values are [in quarantine](crate::Session::quarantined).
    pub quarantined: usize,
    /// Who has the location, as long as this session waits for it; see [`Session::took_over`](crate::Session::took_over).
    /// Captures are held in memory meanwhile, the newest value of each section.
    pub holder: Option<Holder>,
    /// Sections whose newest value could not be stored, by scope and name, each until a value of it could. The last
    /// value that could stays stored meanwhile.
    pub unsaved: Vec<Unsaved>,
}

impl Status {
    /// Why the newest state is not stored, if something stands in the way: [`refused`](Self::refused), else the error
    /// of [`failing`](Self::failing), else that of the first of [`unsaved`](Self::unsaved). `None` while a write is only
    /// under way.
    pub fn trouble(&self) -> Option<&Error> {
        let failing = self.failing.as_ref().map(|failing| &failing.error);
        self.refused.as_ref().or(failing).or(self.unsaved.first().map(|section| &section.error))
    }
}

/// Another instance that has the location. What is known of it is for people, and may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// The file name of its program.
    pub program: Option<String>,
    /// When it took the location.
    pub since: Option<Timestamp>,
}

#[cfg(any(unix, windows))]
impl Holder {
    pub(super) fn from(held: &crate::backend::Held) -> Self {
        Self { pid: held.pid, program: held.program.clone(), since: held.since }
    }
}

impl fmt::Display for Holder {
    /// `notes, process 4711`, or `another program`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.as_deref().unwrap_or("another program"))?;
        self.pid.map_or(Ok(()), |pid| write!(f, ", process {pid}"))
    }
}

/// A section whose newest value could not be stored although the storage works.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unsaved {
    /// The scope it belongs to; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// When the first of the values that could not be stored was captured.
    pub since: Timestamp,
    /// Why the latest of them could not be: [`ErrorKind::TooLarge`] or [`ErrorKind::Encode`].
    pub error: Error,
}

/// Since when, and why, the storage fails.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failing {
    /// When the first of these failures happened.
    pub since: Timestamp,
    /// The latest of them.
    pub error: Error,
}

/// Why a value is in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuarantineReason {
    /// It could not be read by this version of the application, which then saved another value.
    Unread,
    /// It was handed out last when earlier launches crashed.
    Blamed,
    /// Launch after launch crashed while it restored, so one was given nothing.
    FreshStart,
    /// An earlier value was brought back in its place: by a call, or since another section of its
    /// [group](crate::Section::group) is damaged.
    Replaced,
    /// Another instance saved it while this one had changed the section as well, and this one's value took its place when
    /// it [took over](crate::Session::took_over).
    OtherInstance,
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unread => "this version could not read it",
            Self::Blamed => "it was handed out last before repeated crashes",
            Self::FreshStart => "repeated crashes",
            Self::Replaced => "an earlier value was brought back",
            Self::OtherInstance => "another instance saved it, and this one saved another value",
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
        }
    }
}

/// A value that was stored and not handed out, kept until it is [brought back](crate::Session::bring_back) or
/// [discarded](crate::Session::discard_quarantined).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// The scope it belongs to; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// The version it was stored in.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// Why it is in quarantine.
    pub why: QuarantineReason,
}
