//! What a start must bring back, and what is there at any time.

use leftoff::{ErrorKind, LastExit, Outcome, SectionFate};
use leftoff_testing::FaultyBackend;

use super::*;

impl Life {
    pub(super) fn begin(&mut self) {
        let backend = FaultyBackend::new(self.memory.clone(), self.faults.clone());
        let mut builder = still(backend).clock(self.clock.clone());
        if self.seed % 3 == 0 {
            builder = builder.history_launches(1).history_bytes(100_000);
        }
        let session = builder.open();
        let (outcome, exit) = (session.outcome(), session.last_exit().clone());
        self.note(format!("begin: {outcome:?}, {exit:?}"));
        if !self.damaged {
            let expected = match &self.end {
                End::Never => (Outcome::Fresh, LastExit::FirstStart),
                End::Clean => (Outcome::Resumed, LastExit::Clean),
                End::Crash => (Outcome::Recovered, LastExit::Crashed),
                End::Asleep(reason) => (Outcome::Resumed, LastExit::Interrupted(reason.clone())),
                End::Unknown => (outcome, exit.clone()),
            };
            assert_eq!((outcome, exit), expected);
            assert!(outcome != Outcome::Fresh || self.durable == State::default());
        }
        self.session = Some(session);
        self.live = self.durable.clone();
        self.touched.clear();
        self.suspended = None;
        self.forgotten = false;
        self.place = Place::Works;
        if self.damaged {
            self.look_around();
        }
        self.look_at_markers();
        if self.random.chance(50) {
            self.look();
        }
        self.session().confirm_restored();
        self.end = End::Crash;
    }

    /// After damage: everything is compared, and what came back instead of the newest is what is true from now on.
    pub(super) fn look_around(&mut self) {
        for scope in SCOPES {
            for section in SECTIONS {
                let key = (scope, section.name());
                let got = self.session().scope(scope).get(section);
                let report = self.session().report();
                let fate = report
                    .sections
                    .iter()
                    .find(|line| line.scope == scope && line.name == section.name())
                    .map(|line| line.fate);
                let expected = self.durable.sections.get(&key).cloned();
                let amiss = report.unreadable > 0 || self.session().outcome() == Outcome::Damaged;
                match got {
                    Ok(value) if value == expected => {}
                    Ok(Some(value)) => {
                        let known = self.ever.get(&key).is_some_and(|ever| ever.contains(&value));
                        assert!(known, "{key:?} was never {value:?}");
                        let said = matches!(fate, Some(SectionFate::FellBack { .. }));
                        assert!(
                            said || amiss || self.wild.contains(&key),
                            "{key:?} is old, and the report says {fate:?}"
                        );
                        self.durable.sections.insert(key, value);
                    }
                    Ok(None) => {
                        assert!(
                            amiss || self.wild.contains(&key),
                            "{key:?} is not there, and the report says {fate:?}"
                        );
                        self.durable.sections.remove(&key);
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Damaged, "{key:?}");
                        self.durable.sections.remove(&key);
                        self.wild.insert(key);
                        continue;
                    }
                }
                self.wild.remove(&key);
            }
        }
        // A lost frame may have held the newest touches; whatever the markers say now stands.
        self.durable.marks.clear();
        for scope in SCOPES {
            if let Some(marker) = self.session.as_mut().unwrap().scope(scope).marker() {
                let element = *ELEMENTS
                    .iter()
                    .find(|element| **element == marker.element())
                    .expect("an element that was touched");
                let seq = marker.trail().last().unwrap().seq();
                self.durable.marks.insert(scope, (seq, element));
                self.touches = self.touches.max(seq);
            }
        }
        self.live = self.durable.clone();
        // Numbers of touches are this model's own otherwise.
        self.damaged = true;
    }

    pub(super) fn look_at_markers(&mut self) {
        let expected = self.live.clone();
        for scope in SCOPES {
            let element = self.session().scope(scope).marker().map(|marker| marker.element().to_owned());
            assert_eq!(
                element.as_deref(),
                expected.marks.get(scope).map(|(_, element)| *element),
                "marker of {scope:?}"
            );
        }
        assert_eq!(self.session().last_active_scope(), expected.raise(), "the scope to raise");
        let scopes: BTreeSet<_> = expected.sections.keys().map(|(scope, _)| *scope).collect();
        let mut scopes: Vec<_> = scopes.into_iter().filter(|scope| !scope.is_empty()).collect();
        scopes.sort_by_key(|scope| expected.marks.get(scope).map(|(seq, _)| *seq));
        if self.wild.is_empty() {
            let mut found = self.session().scopes();
            // Without marks, it is the time that decides, and that is the same for both.
            if scopes.iter().all(|scope| !expected.marks.contains_key(scope)) {
                found.sort();
                scopes.sort_unstable();
            }
            assert_eq!(found, scopes);
        }
    }

    /// Some sections, at any time: as they were captured last.
    pub(super) fn look(&mut self) {
        for scope in SCOPES {
            for section in SECTIONS {
                let key = (scope, section.name());
                if self.random.chance(50) || self.wild.contains(&key) {
                    continue;
                }
                let got = self.session().scope(scope).get(section).unwrap_or_else(|error| panic!("{key:?}: {error:?}"));
                assert_eq!(got.as_ref(), self.live.sections.get(&key), "{key:?}");
            }
        }
    }
}
