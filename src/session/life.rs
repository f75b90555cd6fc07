//! Signs of life: they distinguish a launch that ended inside the restore from one that ended later.

use std::sync::atomic::Ordering;

use super::{Session, spot};
use crate::frame::{Body, SectionKey};
use crate::store::{Inner, Restoring, Store};
use crate::sync::MutexGuard;

impl Session {
    /// Reports that the restore succeeded, for applications that make no other call for a while.
    ///
    /// This call is optional: every call that marks, changes, saves, suspends or drives has the same effect, and so
    /// does running for [`Builder::DEFAULT_READY_AFTER`](crate::Builder::DEFAULT_READY_AFTER) after a section was
    /// returned.
    pub fn confirm_restored(&mut self) {
        self.still_alive();
    }

    /// Records a sign of life, which the next write puts into the log. Returns whether there is anything to write.
    pub(crate) fn note_life(&mut self) -> bool {
        if !std::mem::take(self.unheard.get_mut()) {
            return false;
        }
        let mut guard = self.store.inner.lock();
        // The flusher may have recorded it already.
        let is_news = guard.restoring.take().is_some() && guard.refusal().is_none();
        guard.pending.alive |= is_news;
        is_news
    }

    /// Records a sign of life in a call that writes nothing else.
    ///
    /// If the process dies before it is written, the next start counts this launch as one that ended inside the
    /// restore.
    pub(crate) fn still_alive(&mut self) {
        if self.note_life() {
            // The status has the failure; the frame stays pending.
            let _ = self.write_now();
        }
    }

    /// Records that a section is about to be returned. The record is written before the bytes are read, so that the
    /// next start sees which section ended this launch. One record suffices until the next sign of life, unless an
    /// earlier launch ended inside the restore: then each section has its own record. After a look at the marker alone, a
    /// launch that the program asked for records its first section, too.
    pub(crate) fn note_handout(&self, guard: &mut MutexGuard<'_, Inner>, key: &SectionKey) {
        self.unheard.store(true, Ordering::Relaxed);
        let since = self.store.now().monotonic;
        let is_news = guard.restart.receives(key);
        let noted = guard.restoring.is_some_and(|restoring| restoring.noted);
        if !noted {
            // The flusher must set its timer.
            self.store.notify();
        }
        let suffices = noted && !guard.caution.strikes.any() && !is_news;
        let noted = if suffices { noted } else { self.write_handout(guard, key) };
        guard.restoring = Some(Restoring { since, noted });
    }

    /// Records that the marker is about to be returned, if no section was returned before.
    pub(crate) fn note_marker(&self) {
        if !self.unheard.load(Ordering::Relaxed) {
            return;
        }
        let mut guard = self.store.inner.lock();
        if guard.restoring.is_some_and(|restoring| !restoring.noted) {
            self.note_handout(&mut guard, &SectionKey::new("", spot::SECTION));
        }
    }

    /// Returns whether the record is in the log. If it is not, this launch does not count.
    fn write_handout(&self, guard: &mut MutexGuard<'_, Inner>, key: &SectionKey) -> bool {
        let body = Body::Handout { at: Store::moment(self.store.now()), key: key.clone() };
        let is_on = guard.refusal().is_none();
        let writer = guard.writer.as_mut().filter(|_| is_on);
        writer.is_some_and(|writer| writer.append(&*self.store.backend, body, std::iter::empty()).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use crate::backend::MemoryBackend;
    use crate::time::{Clock, Now, Timestamp};
    use crate::{AppId, Builder, Section, Session};

    const FORM: Section<String> = Section::new("form", 1);

    #[derive(Debug, Clone, Default)]
    struct Hand(Arc<Mutex<Duration>>);

    impl Clock for Hand {
        fn now(&self) -> Now {
            Now { wall: Timestamp::from_millis(1_700_000_000_000), monotonic: *self.0.lock().unwrap() }
        }

        fn boot_id(&self) -> Option<u128> {
            Some(1)
        }
    }

    /// Whether anything is withheld after five launches that received the section late, then ran for `life` with only
    /// the flusher working, and were killed.
    fn is_withheld_after(life: Duration, settings: impl Fn(Builder) -> Builder) -> bool {
        let (memory, clock) = (MemoryBackend::new(), Hand::default());
        let start = || {
            let builder =
                Session::builder(AppId::new("desk")).backend(memory.clone()).clock(clock.clone()).without_thread();
            settings(builder).open()
        };
        let mut session = start();
        session.mark("form");
        session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
        session.close().unwrap();
        for _ in 0..5 {
            let mut session = start();
            *clock.0.lock().unwrap() += Builder::DEFAULT_READY_AFTER * 5;
            session.store.work();
            session.get(FORM).unwrap();
            *clock.0.lock().unwrap() += life;
            session.store.work();
            std::mem::forget(session);
        }
        !start().quarantined().is_empty()
    }

    #[test]
    fn a_second_of_life_after_the_last_section_is_a_sign_and_less_is_none() {
        assert!(is_withheld_after(
            Builder::DEFAULT_READY_AFTER.checked_sub(Duration::from_millis(1)).unwrap(),
            |builder| builder
        ));
        assert!(!is_withheld_after(Builder::DEFAULT_READY_AFTER, |builder| builder));
    }

    #[test]
    fn a_program_that_asks_for_a_longer_restore_gets_it() {
        let longer = |builder: Builder| builder.ready_after(Builder::DEFAULT_READY_AFTER * 20);
        assert!(is_withheld_after(Builder::DEFAULT_READY_AFTER * 19, longer));
        assert!(!is_withheld_after(Builder::DEFAULT_READY_AFTER * 20, longer));
    }
}
