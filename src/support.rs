//! What happened, for a report to the developers: no contents, and no names that a user chose.

use std::{fmt, io};

use crate::error::{Error, ErrorKind};
use crate::mark::{Action, Phase, Reason};
use crate::report::{LastExit, Outcome, QuarantineReason, Report, SectionFate, Status};
use crate::sorted::SortedMap;
use crate::time::Timestamp;

/// What happened to the stored state, to send along with a report of a problem: see
/// [`Session::support_report`](crate::Session::support_report).
///
/// `Display` writes it as lines of text. It contains no value, label or note, no path of an element, a file or a
/// directory, and no name that is known only at run time.
#[derive(Debug, Clone)]
pub struct SupportReport {
    pub(crate) made: Timestamp,
    pub(crate) app_version: String,
    pub(crate) outcome: Outcome,
    pub(crate) last_exit: LastExit,
    pub(crate) report: Counts,
    pub(crate) storage: Storage,
    /// The number of open scopes.
    pub(crate) scopes: usize,
    /// Action and phase of the last mark.
    pub(crate) last_mark: Option<(Action, Phase, Timestamp)>,
    pub(crate) sections: Vec<SectionLine>,
    pub(crate) quarantined: Vec<(Place, u32, Timestamp, QuarantineReason)>,
    /// The points of the history, newest first.
    pub(crate) history: Result<Vec<(Timestamp, LastExit)>, Trouble>,
}

/// The numbers of a [`Report`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    unreadable: usize,
    other_states: usize,
    is_complete: bool,
}

impl Counts {
    pub(crate) fn of(report: &Report) -> Self {
        let Report { unreadable, other_states, complete, .. } = *report;
        Self { unreadable, other_states, is_complete: complete }
    }
}

/// A [`Status`] without texts and names.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    pending: bool,
    is_synced: bool,
    written: Option<Timestamp>,
    synced: Option<Timestamp>,
    failing: Option<(Option<Timestamp>, Trouble)>,
    refused: Option<Trouble>,
    is_held: bool,
    unsaved: Vec<(Place, Timestamp, Trouble)>,
}

impl Storage {
    pub(crate) fn of(status: &Status, names: &mut Names<'_>) -> Self {
        let unsaved = status.unsaved.iter();
        let unsaved = unsaved.map(|of| (names.place(&of.scope, &of.name), of.since, Trouble::of(&of.error)));
        Self {
            pending: status.pending,
            is_synced: status.is_synced,
            written: status.written,
            synced: status.synced,
            failing: status.failing.as_ref().map(|error| (status.failing_since, Trouble::of(error))),
            refused: status.refused.as_ref().map(Trouble::of),
            is_held: status.holder.is_some(),
            unsaved: unsaved.collect(),
        }
    }
}

/// The kind of an error, and of the I/O error behind it. The texts of errors contain paths and names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    kind: ErrorKind,
    io: Option<(io::ErrorKind, Option<i32>)>,
}

impl Trouble {
    pub(crate) fn of(error: &Error) -> Self {
        let first: &(dyn std::error::Error + 'static) = error;
        let mut causes = std::iter::successors(Some(first), |error| error.source());
        let io = causes.find_map(|error| error.downcast_ref::<io::Error>());
        Self { kind: error.kind(), io: io.map(|error| (error.kind(), error.raw_os_error())) }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        match self.io {
            Some((kind, Some(os))) => write!(f, " ({kind:?}, os error {os})"),
            Some((kind, None)) => write!(f, " ({kind:?})"),
            None => Ok(()),
        }
    }
}

/// A section without the names that a user may have chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Scopes are numbered from 1; 0 is the application itself.
    scope: usize,
    section: SectionName,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum SectionName {
    /// A constant of the program.
    Constant(&'static str),
    /// Any other section, by number.
    Other(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scope > 0 {
            write!(f, "scope {}, ", self.scope)?;
        }
        match &self.section {
            SectionName::Constant(name) => write!(f, "section {name:?}"),
            SectionName::Other(number) => write!(f, "other section {number}"),
        }
    }
}

/// Replaces names by numbers, the same name by the same number.
#[derive(Debug)]
pub(crate) struct Names<'n> {
    constants: &'n [&'static str],
    scopes: SortedMap<String, usize>,
    others: SortedMap<String, usize>,
}

impl<'n> Names<'n> {
    /// `constants`: the names of sections that are constants of the program.
    pub(crate) fn new(constants: &'n [&'static str]) -> Self {
        Self { constants, scopes: SortedMap::new(), others: SortedMap::new() }
    }

    pub(crate) fn place(&mut self, scope: &str, name: &str) -> Place {
        fn number(names: &mut SortedMap<String, usize>, name: &str) -> usize {
            let next = names.len() + 1;
            *names.get_or_insert(name.to_owned(), || next)
        }
        let scope = if scope.is_empty() { 0 } else { number(&mut self.scopes, scope) };
        let constant = self.constants.iter().find(|constant| **constant == name);
        let section = constant
            .map_or_else(|| SectionName::Other(number(&mut self.others, name)), |name| SectionName::Constant(name));
        Place { scope, section }
    }
}

/// One stored section.
#[derive(Debug, Clone)]
pub(crate) struct SectionLine {
    pub(crate) place: Place,
    pub(crate) version: Option<u32>,
    pub(crate) bytes: Option<usize>,
    pub(crate) fate: SectionFate,
}

impl fmt::Display for SectionLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(version) = self.version {
            write!(f, "version {version}, ")?;
        }
        if let Some(bytes) = self.bytes {
            write!(f, "{bytes} bytes, ")?;
        }
        match self.fate {
            SectionFate::FellBack { to } => write!(f, "FellBack to {}", at(to)),
            SectionFate::MayBeOlder { saved } => write!(f, "MayBeOlder, saved {}", at(saved)),
            SectionFate::NewerRefused { at: since } => write!(f, "NewerRefused since {}", at(since)),
            fate => write!(f, "{fate:?}"),
        }
    }
}

/// Returns the exit without words of the application or its user.
pub(crate) fn without_words(exit: &LastExit) -> LastExit {
    match exit {
        LastExit::Interrupted(Reason::Other(_)) => LastExit::Interrupted(Reason::Other("another reason".into())),
        exit => exit.clone(),
    }
}

/// Formats a time in whole seconds since the Unix epoch: a report is read where the user's time zone is not known.
fn at(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(1000)
}

fn at_or_never(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "never".to_owned(), |time| at(time).to_string())
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

impl fmt::Display for SupportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = Some(self.app_version.as_str()).filter(|version| !version.is_empty());
        let system = (std::env::consts::OS, std::env::consts::ARCH);
        write!(f, "leftoff {}, program {}", env!("CARGO_PKG_VERSION"), version.unwrap_or("of no version"))?;
        writeln!(f, ", {} {}", system.0, system.1)?;
        writeln!(f, "made at {}, in seconds since the Unix epoch, as all times here", at(self.made))?;
        writeln!(f, "outcome: {:?}; last exit: {}", self.outcome, self.last_exit)?;
        let Counts { unreadable, other_states, is_complete } = self.report;
        let (complete, scopes) = (yes(is_complete), self.scopes);
        writeln!(
            f,
            "unreadable: {unreadable}; other states: {other_states}; all checked: {complete}; scopes: {scopes}"
        )?;
        self.storage.fmt(f)?;
        match &self.last_mark {
            Some((action, phase, time)) => writeln!(f, "last mark: {action:?}, {phase:?}, {}", at(*time))?,
            None => writeln!(f, "last mark: none")?,
        }
        self.sections.iter().try_for_each(|section| writeln!(f, "{section}"))?;
        for (place, version, saved, why) in &self.quarantined {
            writeln!(f, "quarantined: {place}: version {version}, saved {}, {why:?}", at(*saved))?;
        }
        match &self.history {
            Ok(points) => points.iter().try_for_each(|(time, exit)| writeln!(f, "history: {}, {exit}", at(*time))),
            Err(trouble) => writeln!(f, "history: {trouble}"),
        }
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pending, synced, held) = (yes(self.pending), yes(self.is_synced), yes(self.is_held));
        writeln!(f, "pending: {pending}; all synced: {synced}; held by another instance: {held}")?;
        writeln!(f, "last write: {}; last fsync: {}", at_or_never(self.written), at_or_never(self.synced))?;
        if let Some(trouble) = self.refused {
            writeln!(f, "refused: {trouble}")?;
        }
        if let Some((since, trouble)) = self.failing {
            writeln!(f, "failing: {trouble}, since {}", at_or_never(since))?;
        }
        self.unsaved
            .iter()
            .try_for_each(|(place, since, trouble)| writeln!(f, "not stored: {place}: {trouble}, since {}", at(*since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_constants_of_the_program_become_numbers() {
        let mut names = Names::new(&["form", "notes"]);
        let mut place = |scope, name| names.place(scope, name).to_string();
        assert_eq!(place("", "form"), "section \"form\"");
        assert_eq!(place("mail/ana", "notes"), "scope 1, section \"notes\"");
        assert_eq!(place("mail/bo", "record/ana"), "scope 2, other section 1");
        assert_eq!(place("mail/ana", "record/bo"), "scope 1, other section 2");
        assert_eq!(place("", "record/ana"), "other section 1");
    }

    #[test]
    fn trouble_is_the_kind_of_the_error_and_of_its_cause() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Error::storage("could not write /home/ana/x", crate::backend::Error::from(full));
        assert_eq!(Trouble::of(&error).to_string(), "Unavailable (StorageFull)");
        assert_eq!(Trouble::of(&Error::new(ErrorKind::Damaged, "/home/ana")).to_string(), "Damaged");
        let io = io::Error::from_raw_os_error(28);
        let shown = Trouble::of(&Error::new(ErrorKind::Encode, "x").because(io)).to_string();
        assert!(shown.starts_with("Encode (") && shown.ends_with(", os error 28)"), "{shown}");
    }
}
