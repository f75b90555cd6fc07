//! Collecting what happened, for a report to the developers.

use super::Session;
use crate::frame::{Meta, SectionKey};
use crate::report::SectionFate;
use crate::sorted::SortedMap;
use crate::support::{Counts, Names, SectionLine, Storage, SupportReport, Trouble, without_words};

/// The points of the history that a report lists, the newest first.
const MAX_POINTS: usize = 20;

impl Session {
    /// Returns what happened to the stored state, without contents, to send along with a report of a problem.
    ///
    /// The outcome, the last exit and earlier ones, the fate, version and size of each section, what is in quarantine, and
    /// whether storage works, with the kinds of errors. Sections are named if they are constants of the program that this
    /// session has used; sections under [names](crate::Section::named) known only at run time, and scopes, are numbered. The
    /// application's own words for a [reason](crate::Reason::Other) are left out.
    ///
    /// Reads all stored sections: call it when the user asks for a report. Show it before it is sent.
    ///
    /// ```
    /// use leftoff::{Mark, Section, Session};
    ///
    /// const LETTER: Section<String> = Section::new("letter", 3);
    ///
    /// let mut session = Session::in_memory();
    /// session.scope("letters/ana").mark(Mark::new("letters/ana/text").label("To Ana"));
    /// session.autosave(|capture| capture.scope("letters/ana").set(LETTER, &"Dear Ana".to_owned()))?;
    ///
    /// let report = session.support_report().to_string();
    /// assert!(report.contains("scope 1, section \"letter\": version 3,"));
    /// assert!(!report.to_lowercase().contains("ana"));
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn support_report(&self) -> SupportReport {
        let constants = self.store.types.lock().constants();
        let mut names = Names::new(&constants);
        let report = self.report();
        let scopes = self.scopes();
        let mut fates: SortedMap<SectionKey, SectionFate> = SortedMap::new();
        for section in &report.sections {
            fates.insert(SectionKey::new(&section.scope, &section.name), section.fate);
        }
        for scope in scopes.iter().map(String::as_str).chain([""]) {
            for name in self.sections_in(scope) {
                let key = SectionKey::new(scope, &name);
                let fate = self.fate_of(&key);
                fates.insert(key, fate);
            }
        }
        let line = |(key, fate): (SectionKey, SectionFate)| {
            let (version, bytes) = self.stored_form(&key).map_or((None, None), |(meta, len)| (Some(meta.version), len));
            SectionLine { place: names.place(&key.scope, &key.name), version, bytes, fate }
        };
        let sections = fates.into_iter().map(line).collect();
        let quarantined = self.quarantined().into_iter();
        let quarantined =
            quarantined.map(|of| (names.place(&of.scope, &of.name), of.version, of.saved_at, of.why)).collect();
        let history = self.history().map_err(|error| Trouble::of(&error));
        let history = history
            .map(|points| points.iter().take(MAX_POINTS).map(|point| (point.at, without_words(&point.exit))).collect());
        SupportReport {
            made: self.store.now().wall,
            app_version: self.store.settings.process.app_version.to_string(),
            outcome: self.outcome(),
            last_exit: without_words(self.last_exit()),
            report: Counts::of(&report),
            storage: Storage::of(&self.status(), &mut names),
            scopes: scopes.len(),
            last_mark: self.last_mark().map(|mark| (mark.action(), mark.phase(), mark.at())),
            sections,
            quarantined,
            history,
        }
    }

    /// Returns the metadata of a section's present value, and its length in bytes if it can be read.
    fn stored_form(&self, key: &SectionKey) -> Option<(Meta, Option<usize>)> {
        let guard = self.store.inner.lock();
        let entry = guard.entries.get(&key.scope, &key.name);
        if let Some(entry) = entry.filter(|entry| entry.present().is_some()) {
            return Some((*entry.present()?, entry.len()));
        }
        let meta = guard.loaded.sections.get(key)?.newest()?.meta;
        let value = guard.loaded.value(&*self.store.backend, key);
        Some((meta, value.ok().flatten().map(|value| value.bytes.len())))
    }
}
