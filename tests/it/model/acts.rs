//! What the application, its user and the world do.

use std::io;

use leftoff::{ErrorKind, Saved};
use leftoff_testing::{Call, When};

use super::*;
use crate::support::{holds, rewrite};

impl Life {
    pub(super) fn touch(&mut self) {
        let (scope, element) = (self.pick(&SCOPES), self.pick(&ELEMENTS));
        self.touches += 1;
        self.touched.insert(scope, (self.touches, element));
        self.session().scope(scope).mark(element);
        if self.suspended.take().is_some() && !self.is_broken() && !self.forgotten {
            // That it woke is written, and with it what waited for the place to work.
            self.durable = self.live.clone();
        }
        if self.random.chance(30) {
            let by = self.random.below(200);
            self.clock.advance(seconds(by));
        }
    }

    /// Changes some sections and captures, one way or the other.
    pub(super) fn change(&mut self, most: u64, save: bool) {
        self.note(format!("change, save: {save}"));
        self.session().mark_dirty();
        let count = self.random.below(most + 1);
        let mut changes: Vec<(Key, Section, Option<Value>)> = Vec::new();
        for _ in 0..count {
            let (scope, section) = (self.pick(&SCOPES), self.pick(&SECTIONS));
            let key = (scope, section.name());
            let value = match self.random.below(10) {
                0..2 => None,
                // The same again, or nearly.
                2..4 => self.live.sections.get(&key).cloned().map(|mut value| {
                    if self.values % 2 == 0 && value.pop().is_some() {
                        value.push(char::from(b'a' + self.values.to_le_bytes()[0] % 26));
                    }
                    value
                }),
                _ => Some(self.value()),
            };
            changes.push((key, section, value));
        }
        let session = self.session.as_mut().unwrap();
        for (_, section, _) in &changes {
            // A window is opened by asking for what it had: one that was closed does not come back by a capture alone.
            SCOPES[1..].iter().for_each(|scope| drop(session.scope(scope).get(*section)));
        }
        let capture = |capture: &mut leftoff::Capture<'_>| {
            for ((scope, _), section, value) in &changes {
                match value {
                    Some(value) => capture.scope(scope).set(*section, value),
                    None => capture.scope(scope).remove(*section),
                }
            }
        };
        let saved = if save { session.save(capture) } else { session.autosave(capture) };
        if self.forgotten && !save {
            assert_eq!(saved.unwrap(), Saved::Off);
            assert_eq!(self.session().status().refused.unwrap().kind(), ErrorKind::Closed);
            return;
        }
        if std::mem::take(&mut self.forgotten) {
            self.end = End::Crash;
        }
        for (key, _, value) in changes {
            self.note(format!("   {key:?} {:?}", value.as_ref().map(|v| v[..v.len().min(20)].to_owned())));
            self.wild.remove(&key);
            match value {
                Some(value) => {
                    self.ever.entry(key).or_default().insert(value.clone());
                    self.live.sections.insert(key, value);
                }
                None => drop(self.live.sections.remove(&key)),
            }
        }
        self.live.marks.append(&mut self.touched);
        self.note(format!("   {saved:?}"));
        match saved {
            Ok(Saved::Deferred) => assert!(!save && self.place != Place::Works),
            Ok(_) => {
                self.durable = self.live.clone();
                self.place.went_through();
            }
            Err(error) => assert!(self.is_broken() || self.place == Place::Waiting && !save, "{error:?}"),
        }
    }

    pub(super) fn close_scope(&mut self) {
        let scope = self.pick(&SCOPES[1..]);
        self.note(format!("close scope {scope}"));
        self.session().scope(scope).close();
        self.live.sections.retain(|(of, _), _| *of != scope);
        self.live.marks.remove(scope);
        self.touched.remove(scope);
        if self.damaged {
            // Whether it was there is not asked before it is there again.
            self.wild.extend(SECTIONS.iter().map(|section| (scope, section.name())));
        }
        self.change(1, false);
    }

    pub(super) fn grow(&mut self) {
        for _ in 0..14 {
            let value = self.random.text(50_000);
            let session = self.session.as_mut().unwrap();
            session.mark_dirty();
            let saved = session.autosave(|capture| capture.set(SECTIONS[1], &value));
            if self.forgotten {
                return;
            }
            self.live.marks.append(&mut self.touched);
            self.live.sections.insert(("", "layout"), value.clone());
            self.wild.remove(&("", "layout"));
            self.ever.entry(("", "layout")).or_default().insert(value);
            if saved.unwrap() != Saved::Deferred {
                self.durable = self.live.clone();
                self.states.insert(self.durable.seen());
            }
        }
        self.session().run_pending();
    }

    pub(super) fn drive(&mut self) {
        self.clock.advance(seconds(70));
        self.session().run_pending();
        self.clock.advance(seconds(2));
        self.session().run_pending();
        let status = self.session().status();
        if !self.is_broken() && !self.forgotten {
            assert!(status.failing.is_none() && !status.pending && status.is_synced, "{status:?}");
            self.durable = self.live.clone();
        }
    }

    pub(super) fn go_back(&mut self) {
        if self.is_broken() || self.forgotten || self.damaged {
            return;
        }
        self.drive();
        let points = self.session().history().unwrap();
        if points.is_empty() {
            return;
        }
        // Touches that no capture took go with the state that is left.
        let mut before = self.durable.clone();
        before.marks.append(&mut self.touched.clone());
        let point = &points[self.random.index(points.len())];
        self.note(format!("go back to {point:?}"));
        self.went_back = true;
        self.session().resume_at(point).unwrap();
        self.suspended = None;
        self.touched.clear();
        self.states.insert(before.seen());
        self.take_over("the state gone back to");
        if self.random.chance(50) {
            let points = self.session().history().unwrap();
            let undo = points.first().expect("the state that was left").clone();
            self.session().resume_at(&undo).unwrap();
            self.take_over("the state left");
            if !before.sections.is_empty() || !before.marks.is_empty() {
                assert_eq!(self.durable.seen(), before.seen(), "going back is undone");
            }
        }
    }

    /// Reads everything, which must be a state that was once.
    pub(super) fn take_over(&mut self, what: &str) {
        let mut state = State::default();
        for scope in SCOPES {
            for section in SECTIONS {
                if let Some(value) = self.session().scope(scope).get(section).unwrap() {
                    state.sections.insert((scope, section.name()), value);
                }
            }
            if let Some(marker) = self.session.as_mut().unwrap().scope(scope).marker() {
                let element = *ELEMENTS.iter().find(|element| **element == marker.element()).unwrap();
                state.marks.insert(scope, (marker.trail().last().unwrap().seq(), element));
                self.touches = self.touches.max(marker.trail().last().unwrap().seq());
            }
        }
        let known = self.states.contains(&state.seen()) || self.durable.seen() == state.seen();
        assert!(known, "{what} was never a state: {:?}", state.seen());
        self.live = state.clone();
        self.durable = state;
    }

    pub(super) fn forget(&mut self) {
        if self.is_broken() {
            return;
        }
        self.note("forget");
        self.session().forget().unwrap();
        assert!(frames(&self.memory).is_empty());
        (self.live, self.durable) = (State::default(), State::default());
        self.touched.clear();
        self.states.clear();
        self.wild.clear();
        self.damaged = false;
        self.forgotten = true;
        self.end = End::Never;
        self.suspended = None;
    }

    pub(super) fn suspend(&mut self) {
        let reason = self.pick(&[0, 1, 2]);
        let reason = [Reason::Call, Reason::Sleep, Reason::from("the fire drill")][reason].clone();
        self.note(format!("suspend for {reason:?}"));
        let suspended = self.session().suspend(reason.clone());
        if self.forgotten {
            assert_eq!(suspended.unwrap(), Saved::Off);
            return;
        }
        self.live.marks.append(&mut self.touched);
        if suspended.unwrap() == Saved::Deferred {
            assert!(self.place != Place::Works);
        } else {
            self.durable = self.live.clone();
        }
        self.suspended = Some(reason);
        if self.random.chance(30) {
            let by = self.random.below(100_000);
            self.clock.advance(seconds(by));
            self.session().wake();
            self.suspended = None;
        }
    }

    pub(super) fn end(&mut self, clean: bool) {
        if self.is_broken() && self.random.chance(50) {
            self.mend();
        }
        let mut session = self.session.take().unwrap();
        let asleep = self.suspended.take();
        let forgotten = self.forgotten;
        // Whether what the log says of the end is what happened depends on the last frames being written.
        if clean {
            // Longer than windows that were closed together with the program are closed before it.
            self.clock.advance(seconds(4));
            let closed = session.close();
            self.note(format!("close: {closed:?}"));
            if !forgotten && closed.is_ok() {
                self.live.marks.append(&mut self.touched);
                self.durable = self.live.clone();
                self.end = asleep.clone().map_or(End::Clean, End::Asleep);
            } else if !forgotten {
                assert!(self.is_broken());
            }
            if asleep.is_none() && closed.is_ok() && !forgotten {
                self.durable.sections.retain(|(_, name), _| *name != SECRET);
                let secrets = self.ever.iter().filter(|((_, name), _)| *name == SECRET).flat_map(|(_, values)| values);
                for secret in secrets.filter(|secret| secret.len() > 8) {
                    assert!(self.damaged || !holds(&self.memory, secret.as_bytes()), "a secret is still there");
                }
            }
        } else {
            self.note("crash");
            crash(session);
            if let Some(reason) = asleep.filter(|_| !forgotten) {
                self.end = End::Asleep(reason);
            }
        }
        // Nothing is stored either after a save of nothing that turned saving on again.
        if forgotten || frames(&self.memory).is_empty() {
            self.end = End::Never;
        }
        self.states.insert(self.durable.seen());
        if self.place != Place::Works || std::mem::take(&mut self.went_back) {
            self.end = End::Unknown;
        }
        self.mend();
    }

    pub(super) fn mend(&mut self) {
        self.faults.mend(Call::Create);
        if self.is_broken() {
            self.place = Place::Waiting;
        }
    }

    pub(super) fn damage(&mut self) {
        let all = frames(&self.memory);
        if all.is_empty() {
            return;
        }
        let (id, bytes) = &all[self.random.index(all.len())];
        let at = self.random.index(bytes.len());
        let bit = self.random.below(8);
        self.note(format!("damage {id:?} at {at}"));
        self.memory = rewrite(&self.memory, |other, bytes| {
            if other == *id {
                bytes[at] ^= 1 << bit;
            }
            true
        });
        self.damaged = true;
    }

    pub(super) fn step(&mut self, damage: bool) {
        let dice = self.random.below(100);
        match dice {
            0..30 => {
                self.touch();
                self.change(2, false);
            }
            30..40 => self.touch(),
            40..48 => self.change(8, false),
            48..54 => self.change(3, true),
            54..60 => self.look(),
            60..66 => self.close_scope(),
            66..70 => self.drive(),
            70..72 => {
                self.note("grow");
                self.grow();
            }
            72..76 => self.go_back(),
            76..81 => self.suspend(),
            81..84 => {
                self.note("the place fails");
                self.faults.fail(Call::Create, When::Always, io::ErrorKind::StorageFull);
                self.place = Place::Broken;
            }
            84..87 => {
                self.note("the place works");
                self.mend();
            }
            87..89 => {
                let by = i64::try_from(self.random.below(4_000_000_000)).unwrap() - 2_000_000_000;
                self.clock.set_wall(by);
            }
            89 if self.random.chance(30) => self.forget(),
            _ => {
                self.end(dice % 2 == 0);
                if damage && self.random.chance(40) {
                    self.damage();
                }
                self.begin();
            }
        }
    }
}
