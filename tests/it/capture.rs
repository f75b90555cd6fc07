//! What is captured, by which way, and what becomes of it when ways cross.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use leftoff::backend::MemoryBackend;
use leftoff::{ErrorKind, Outcome, Saved, Section, Session};
use leftoff_testing::{Call, Faults, FaultyBackend, When};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::held::Held;
use crate::support::{APP, crash, folder, frames, open, put, settle, wait_until};

const FORM: Section<String> = Section::new("form", 1);
const OTHER: Section<u32> = Section::new("other", 1);

#[test]
fn nothing_new_writes_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &"Ana".to_owned()));
    let before = frames(&memory);
    assert_eq!(session.autosave(|_| panic!("nothing is due")).unwrap(), Saved::Unchanged);
    session.mark_dirty();
    assert_eq!(session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap(), Saved::Unchanged);
    assert_eq!(frames(&memory), before);
    // Back and forth within one capture: what counts is the last.
    session.mark_dirty();
    session
        .autosave(|capture| {
            capture.set(FORM, &"Bo".to_owned());
            capture.remove(FORM);
            capture.set(FORM, &"Ana".to_owned());
        })
        .unwrap();
    crash(session);
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("Ana"));
}

/// Counts how often it is encoded.
struct Counted<'a>(&'a Cell<u32>);

impl Serialize for Counted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.set(self.0.get() + 1);
        serializer.serialize_u32(self.0.get())
    }
}

/// Where it is read back, it counts by itself.
impl<'de> Deserialize<'de> for Counted<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = u32::deserialize(deserializer)?;
        Ok(Self(Box::leak(Box::new(Cell::new(count - 1)))))
    }
}

#[test]
fn a_revision_saves_the_encoding() {
    const SECTION: Section<Counted<'static>> = Section::new("other", 1);
    let count: &'static Cell<u32> = Box::leak(Box::default());
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let mut capture = |revision| {
        session.mark_dirty();
        session.autosave(|capture| capture.set_revision(SECTION, revision, &Counted(count))).unwrap();
        count.get()
    };
    assert_eq!([capture(1), capture(1), capture(2), capture(2), capture(1)], [1, 1, 2, 2, 3]);
    session.mark_dirty();
    session.autosave(|capture| capture.remove(SECTION)).unwrap();
    session.mark_dirty();
    session.autosave(|capture| capture.set_revision(SECTION, 1, &Counted(count))).unwrap();
    assert_eq!(count.get(), 4, "what was removed is unchanged in nobody's eyes");
    crash(session);
    assert_eq!(open(memory).get(OTHER).unwrap(), Some(4));
}

#[test]
fn a_section_that_cannot_be_saved_does_not_keep_the_others() {
    const SMALL: Section<String> = Section::<String>::new("small", 1).limit(100);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(SMALL, &"fits".to_owned()));
    session.mark("b");
    let error = session
        .autosave(|capture| {
            capture.set(OTHER, &1);
            capture.set(SMALL, &"x".repeat(101));
            capture.set(FORM, &"Ana".to_owned());
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.to_string().contains("small"), "{error}");
    crash(session);
    let mut session = open(memory);
    assert_eq!(session.get(OTHER).unwrap(), Some(1));
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Ana"));
    assert_eq!(session.get(SMALL).unwrap().as_deref(), Some("fits"), "as it was saved last");
    assert_eq!(session.marker().unwrap().element(), "b");
}

const SHARED: Section<Held> = Section::new("form", 1);

/// The user's thread acts while the flusher encodes a value that was handed over before.
fn during_the_encoding(act: impl FnOnce(&mut Session)) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = Session::builder(APP).backend(memory.clone()).open();
    let held = Arc::new(Held::saying("shared, and old"));
    session.scope("window").mark("a");
    session.autosave(|capture| capture.scope("window").share(SHARED, &held)).unwrap();
    wait_until("it is being encoded", || held.begun.load(Ordering::SeqCst));
    act(&mut session);
    held.open();
    session.close().unwrap();
    memory
}

#[test]
fn a_shared_value_is_there_when_it_is_encoded() {
    let memory = during_the_encoding(|_| {});
    assert_eq!(open(memory).scope("window").get(FORM).unwrap().as_deref(), Some("shared, and old"));
}

#[test]
fn a_newer_value_is_not_undone_by_an_older_one_that_took_longer() {
    let memory = during_the_encoding(|session| {
        session.mark_dirty();
        session.autosave(|capture| capture.scope("window").set(SHARED, &Held::saying("new").opened())).unwrap();
    });
    assert_eq!(open(memory).scope("window").get(FORM).unwrap().as_deref(), Some("new"));
}

#[test]
fn a_newer_shared_value_is_not_undone_by_an_older_one() {
    let memory = during_the_encoding(|session| {
        session.mark_dirty();
        session
            .autosave(|capture| capture.scope("window").share(SHARED, &Arc::new(Held::saying("new").opened())))
            .unwrap();
    });
    assert_eq!(open(memory).scope("window").get(FORM).unwrap().as_deref(), Some("new"));
}

#[test]
fn a_section_removed_while_it_is_encoded_stays_removed() {
    let memory = during_the_encoding(|session| {
        session.mark_dirty();
        session.autosave(|capture| capture.scope("window").remove(FORM)).unwrap();
    });
    assert_eq!(open(memory).scope("window").get(FORM).unwrap(), None);
}

#[test]
fn a_window_closed_while_its_section_is_encoded_stays_closed() {
    let memory = during_the_encoding(|session| {
        session.scope("window").close();
        session.autosave(|_| {}).unwrap();
    });
    let mut session = open(memory);
    assert_eq!(session.scope("window").get(FORM).unwrap(), None);
    assert!(session.scopes().is_empty());
}

#[test]
fn a_value_that_is_stored_already_undoes_a_shared_one_that_is_not_written_yet() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set_revision(FORM, 1, &"old".to_owned()));
    for revision in [Some(1), None] {
        put(&mut session, "b", |capture| capture.share(FORM, &Arc::new("new".to_owned())));
        put(&mut session, "c", |capture| match revision {
            None => capture.set(FORM, &"old".to_owned()),
            Some(revision) => capture.set_revision(FORM, revision, &"old".to_owned()),
        });
        session.run_pending();
        assert_eq!(session.get(FORM).unwrap().as_deref(), Some("old"), "{revision:?}");
    }
    crash(session);
    assert_eq!(open(memory).get(FORM).unwrap().as_deref(), Some("old"));
}

#[test]
fn a_shared_value_is_handed_out_before_it_is_written() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Big(Vec<u32>);
    const BIG: Section<Big> = Section::new("big", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let value = Arc::new(Big((0..1000).collect()));
    session.mark("a");
    assert_eq!(session.autosave(|capture| capture.share(BIG, &value)).unwrap(), Saved::Pending);
    session.run_pending();
    assert_eq!(session.get(BIG).unwrap().as_ref(), Some(&*value));
    session.mark_dirty();
    assert_eq!(session.autosave(|capture| capture.share(BIG, &value)).unwrap(), Saved::Unchanged, "the same pointer");
    crash(session);
    assert_eq!(open(memory).get(BIG).unwrap().as_ref(), Some(&*value));
}

#[test]
fn what_is_forgotten_is_gone_and_saving_begins_again_with_a_save() {
    let place = folder::scratch();
    let open = || Session::builder(APP).dir(place.path()).open();
    for _ in 0..3 {
        let mut session = open();
        put(&mut session, "a", |capture| capture.set(FORM, &"Ana".to_owned()));
        session.close().unwrap();
    }
    let mut session = open();
    session.forget().unwrap();
    assert!(folder::logs(place.path()).is_empty());
    assert!(session.marker().is_none() && session.scopes().is_empty());
    assert_eq!(session.get(FORM).unwrap(), None);
    session.mark("b");
    assert_eq!(session.autosave(|capture| capture.set(FORM, &"Bo".to_owned())).unwrap(), Saved::Off);
    let status = session.status();
    assert!(!status.is_synced, "{status:?}");
    assert_eq!(status.refused.unwrap().kind(), ErrorKind::Closed);
    session.close().unwrap();
    assert!(folder::logs(place.path()).is_empty(), "closing writes nothing either");

    let mut session = open();
    assert_eq!(session.outcome(), Outcome::Fresh);
    put(&mut session, "c", |capture| capture.set(FORM, &"Cy".to_owned()));
    session.forget().unwrap();
    session.save(|capture| capture.set(FORM, &"Di".to_owned())).unwrap();
    put(&mut session, "d", |capture| capture.set(OTHER, &4));
    session.close().unwrap();
    let mut session = open();
    assert_eq!(session.get(FORM).unwrap().as_deref(), Some("Di"));
    assert_eq!(session.get(OTHER).unwrap(), Some(4));
    assert_eq!(session.marker().unwrap().element(), "d");
    let history = session.history().unwrap();
    assert!(
        history.iter().all(|point| point.element.as_deref().is_none_or(|element| element == "d")),
        "nothing of before: {history:?}"
    );
}

#[test]
fn what_is_forgotten_while_asleep_closes_clean() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(FORM, &"Ana".to_owned()));
    for forgotten_first in [false, true] {
        if forgotten_first {
            session.forget().unwrap();
            assert_eq!(session.suspend("sleep").unwrap(), Saved::Off);
        } else {
            session.suspend("sleep").unwrap();
            session.forget().unwrap();
        }
        session.save(|capture| capture.set(FORM, &"Bo".to_owned())).unwrap();
        session.close().unwrap();
        session = open(memory.clone());
        assert_eq!((session.outcome(), session.get(FORM).unwrap().as_deref()), (Outcome::Resumed, Some("Bo")));
    }
}

#[test]
fn forgetting_that_fails_says_so_and_can_be_tried_again() {
    let memory = MemoryBackend::new();
    let faults = Faults::new();
    let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
    put(&mut session, "a", |capture| capture.set(FORM, &"Ana".to_owned()));
    faults.fail(Call::Remove, When::Always, std::io::ErrorKind::PermissionDenied);
    session.forget().unwrap_err();
    faults.mend(Call::Remove);
    session.forget().unwrap();
    assert!(frames(&memory).is_empty());
}

/// What was erased may be back after a power cut until the removal is synced: a promise about privacy.
#[test]
fn forget_returns_only_after_the_removal_is_synced() {
    let memory = MemoryBackend::new();
    let faults = Faults::new();
    let mut session = open(FaultyBackend::new(memory.clone(), faults.clone()));
    put(&mut session, "a", |capture| capture.set(FORM, &"Ana".to_owned()));
    session.save(|_| {}).unwrap();
    faults.fail(Call::Sync, When::Always, std::io::ErrorKind::StorageFull);
    assert_eq!(session.forget().unwrap_err().kind(), ErrorKind::Unavailable);
    faults.mend(Call::Sync);
    let syncs = faults.calls(Call::Sync);
    session.forget().unwrap();
    assert_eq!(faults.calls(Call::Sync), syncs + 1);
    assert!(frames(&memory).is_empty());
}

/// receptron/mulmoterminal#1061: the second instance cleared away the first one's live files.
#[test]
fn receptron_mulmoterminal_1061_each_instance_has_its_own_state() {
    let place = folder::scratch();
    let open = || Session::builder(APP).dir(place.path()).slot_per_instance().open();
    for round in 0..5 {
        let mut sessions: Vec<Session> = (0..3).map(|_| open()).collect();
        for (number, session) in sessions.iter_mut().enumerate() {
            let expected = (round > 0).then(|| format!("instance {number}, round {}", round - 1));
            assert_eq!(session.get(FORM).unwrap(), expected);
            put(session, "a", |capture| capture.set(FORM, &format!("instance {number}, round {round}")));
        }
        settle(&mut sessions[1]);
        for mut session in sessions {
            session.close().unwrap();
        }
    }
}

#[test]
fn marks_and_sections_of_one_capture_come_back_together_or_not_at_all() {
    // A capture is one frame: cut the log after any frame, and the two agree.
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    for step in 1..20_u32 {
        let element = format!("step/{step}");
        put(&mut session, element.as_str(), |capture| {
            capture.set(OTHER, &step);
            capture.scope("window").set(OTHER, &step);
        });
    }
    crash(session);
    let all = frames(&memory);
    for (last, _) in all.iter().skip(1) {
        let cut = crate::support::rewrite(&memory, |id, _| id != *last);
        let mut session = open(cut);
        let step = session.get(OTHER).unwrap();
        assert_eq!(session.scope("window").get(OTHER).unwrap(), step);
        let element = session.marker().map(|marker| marker.element().to_owned());
        assert_eq!(element, step.map(|step| format!("step/{step}")));
        crash(session);
    }
}

#[test]
fn last_word_on_a_section_within_one_capture_counts_whatever_came_before_it() {
    const TEXT: Section<String> = Section::new("text", 1);
    let memory = MemoryBackend::new();
    let (old, shared) = ("old".to_owned(), Arc::new("shared".to_owned()));
    let mut session = open(memory.clone());
    let value = |session: &mut Session| session.get(TEXT).unwrap();
    put(&mut session, "a", |capture| capture.set(TEXT, &old));
    put(&mut session, "a", |capture| {
        capture.set(TEXT, &"draft".to_owned());
        capture.set(TEXT, &old);
    });
    assert_eq!(value(&mut session), Some(old.clone()), "set back to what is stored");
    put(&mut session, "a", |capture| capture.set_revision(TEXT, 7, &old));
    put(&mut session, "a", |capture| {
        capture.remove(TEXT);
        capture.set_revision(TEXT, 7, &old);
    });
    assert_eq!(value(&mut session), Some(old.clone()), "of a revision that is stored");
    put(&mut session, "a", |capture| capture.share(TEXT, &shared));
    session.run_pending();
    assert_eq!(value(&mut session), Some("shared".to_owned()));
    put(&mut session, "a", |capture| {
        capture.set(TEXT, &old);
        capture.share(TEXT, &shared);
    });
    session.run_pending();
    assert_eq!(value(&mut session), Some("shared".to_owned()), "by a pointer that is stored");
    put(&mut session, "a", |capture| {
        capture.set(TEXT, &old);
        capture.remove(TEXT);
    });
    assert_eq!(value(&mut session), None);
}

/// With a hundred windows, the name of the section alone leads to none of them.
#[test]
fn errors_about_a_section_of_a_scope_name_the_scope() {
    const TEXT: Section<String> = Section::new("text", 1).limit(10);
    const NUMBER: Section<u64> = Section::new("text", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    let long = "x".repeat(99);
    let set = session.save(|capture| capture.scope("window/7").set(TEXT, &long));
    let share = session.save(|capture| capture.scope("window/8").share(TEXT, &Arc::new(long.clone())));
    // It says that other sections are unsaved.
    session.save(|capture| capture.scope("window/9").set(TEXT, &"short".to_owned())).unwrap_err();
    session.close().unwrap_err();
    let get = open(memory).scope("window/9").get(NUMBER).map(drop);
    for (result, scope) in [(set.map(drop), "window/7"), (share.map(drop), "window/8"), (get, "window/9")] {
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with(&format!("scope {scope:?}: section \"text\"")), "{error}");
    }
}
