//! Versions, codecs and times that change between launches: what one build cannot read, the next one finds again.

mod secrets;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use leftoff::backend::{self, Backend, FrameId, Generation, MemoryBackend};
use leftoff::{ErrorKind, Migration, Outcome, QuarantineReason, Section, SectionFate, Session};

use serde::{Deserialize, Serialize};

use crate::support::clock::days;
use crate::support::{ManualClock, Random, crash, open, put, settle, still};

/// The same section in the application's versions 1, 2 and 3.
const V1: Section<u32> = Section::new("form", 1);
const V2: Section<String> = Section::new("form", 2);
const V2_FROM_1: Section<String> = V2.migrations(&[Migration::from::<One>(1)]);
const V3: Section<Three> = Section::new("form", 3);
const V3_FROM_1: Section<Three> = V3.migrations(&[Migration::from::<One>(1)]);
const V3_FROM_ALL: Section<Three> = V3.migrations(&[Migration::from::<One>(1), Migration::from::<Two>(2)]);
const OTHER: Section<u64> = Section::new("other", 1);
const BULK: Section<String> = Section::new("bulk", 1);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Three(String, u32);

#[derive(Deserialize)]
#[serde(transparent)]
struct One(u32);

#[derive(Deserialize)]
#[serde(transparent)]
struct Two(String);

impl From<One> for String {
    fn from(old: One) -> Self {
        old.0.to_string()
    }
}

impl From<One> for Three {
    fn from(old: One) -> Self {
        Self(format!("from 1: {}", old.0), old.0)
    }
}

impl From<Two> for Three {
    fn from(old: Two) -> Self {
        Self(old.0, 0)
    }
}

#[track_caller]
fn fate(session: &Session, name: &str) -> Option<SectionFate> {
    session.report().sections.into_iter().find(|section| section.name == name).map(|section| section.fate)
}

#[track_caller]
fn kind<T: std::fmt::Debug>(result: Result<T, leftoff::Error>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// Enough new bytes to make the log be summed up, more than once.
fn compact(session: &mut Session, random: &mut Random) {
    for _ in 0..3 {
        for _ in 0..10 {
            put(session, "bulk", |capture| capture.set(BULK, &random.text(60 << 10)));
        }
        settle(session);
    }
}

#[test]
fn older_versions_are_brought_up_to_date_and_stay_as_stored_until_saved() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(V1, &7));
    session.close().unwrap();
    for _ in 0..3 {
        let mut session = open(memory.clone());
        assert_eq!(session.get(V3_FROM_ALL).unwrap(), Some(Three("from 1: 7".to_owned(), 7)));
        assert_eq!(fate(&session, "form"), Some(SectionFate::Restored));
        session.close().unwrap();
    }
    let mut session = open(memory.clone());
    let value = session.get(V3_FROM_ALL).unwrap().unwrap();
    put(&mut session, "a", |capture| capture.set(V3, &value));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(V3).unwrap(), Some(value));
    assert!(session.quarantined().is_empty(), "what was read is not set aside");
}

#[test]
fn a_version_without_a_way_from_it_is_kept_beside_what_replaces_it() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(V1, &7));
    session.close().unwrap();

    let mut session = open(memory.clone());
    assert_eq!(kind(session.get(V3)), ErrorKind::NoMigration);
    assert_eq!(fate(&session, "form"), Some(SectionFate::Unread(ErrorKind::NoMigration)));
    assert_eq!(session.get_or_default(V3), Three::default());
    put(&mut session, "a", |capture| capture.set(V3, &Three("new".to_owned(), 1)));
    crash(session);

    let mut session = open(memory.clone());
    assert_eq!(session.get(V3).unwrap(), Some(Three("new".to_owned(), 1)));
    let kept = session.quarantined();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].name.as_str(), kept[0].version, kept[0].why), ("form", 1, QuarantineReason::Unread));
    assert_eq!(kind(session.get_quarantined(V3)), ErrorKind::NoMigration);
    assert_eq!(
        session.get_quarantined(V3_FROM_1).unwrap(),
        Some(Three("from 1: 7".to_owned(), 7)),
        "the release after it brings the way"
    );
}

/// telegramdesktop/tdesktop#8396: one start of the old version, and all was lost.
#[test]
fn telegramdesktop_tdesktop_8396_a_downgrade_loses_nothing() {
    for old_asks in [true, false] {
        let memory = MemoryBackend::new();
        let mut new = open(memory.clone());
        put(&mut new, "a", |capture| {
            capture.set(V2, &"written by the new version".to_owned());
            capture.set(OTHER, &99);
        });
        new.close().unwrap();

        let mut old = open(memory.clone());
        if old_asks {
            assert_eq!(kind(old.get(V1)), ErrorKind::NewerSection);
            assert_eq!(fate(&old, "form"), Some(SectionFate::Unread(ErrorKind::NewerSection)));
        }
        put(&mut old, "a", |capture| capture.set(V1, &1));
        put(&mut old, "a", |capture| capture.set(V1, &2));
        old.close().unwrap();
        let mut old = open(memory.clone());
        assert_eq!(old.get(V1).unwrap(), Some(2), "the old version has its own value");
        old.close().unwrap();

        let mut new = open(memory.clone());
        assert_eq!(new.get(V2_FROM_1).unwrap().as_deref(), Some("2"), "newest first");
        assert_eq!(
            new.get_quarantined(V2).unwrap().as_deref(),
            Some("written by the new version"),
            "and nothing is lost"
        );
        assert_eq!(new.get(OTHER).unwrap(), Some(99), "a section the old version does not know");
        put(&mut new, "a", |capture| capture.set(V2, &"again".to_owned()));
        new.close().unwrap();

        let mut old = open(memory.clone());
        put(&mut old, "a", |capture| capture.set(V1, &3));
        old.close().unwrap();
        let mut new = open(memory);
        let kept: Vec<_> = new.quarantined().iter().map(|kept| kept.version).collect();
        assert_eq!(kept, [2, 2]);
        assert_eq!(new.get_quarantined(V2).unwrap().as_deref(), Some("again"));
        assert_eq!(new.get(V2_FROM_1).unwrap().as_deref(), Some("3"));
    }
}

#[test]
fn a_downgrade_that_shares_its_sections_loses_nothing_either() {
    let memory = MemoryBackend::new();
    let mut new = open(memory.clone());
    put(&mut new, "a", |capture| capture.set(V2, &"written by the new version".to_owned()));
    new.close().unwrap();
    let mut old = open(memory.clone());
    old.mark("a");
    old.autosave(|capture| capture.share(V1, &Arc::new(1))).unwrap();
    old.run_pending();
    old.close().unwrap();
    let mut new = open(memory);
    assert_eq!(new.get(V2_FROM_1).unwrap().as_deref(), Some("1"));
    assert_eq!(new.get_quarantined(V2).unwrap().as_deref(), Some("written by the new version"));
}

#[test]
fn sections_nobody_asks_for_are_carried_through_launches_and_compactions() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    session.mark("a");
    session
        .autosave(|capture| {
            capture.set(OTHER, &99);
            capture.scope("plug-in/tables").set(V2, &"of a plug-in".to_owned());
        })
        .unwrap();
    session.close().unwrap();
    let mut random = Random::new(1);
    for round in 0..15 {
        let mut session = open(memory.clone());
        compact(&mut session, &mut random);
        match round % 3 {
            0 => crash(session),
            _ => session.close().unwrap(),
        }
    }
    let mut session = open(memory);
    assert_eq!(session.get(OTHER).unwrap(), Some(99));
    assert_eq!(session.scope("plug-in/tables").get(V2).unwrap().as_deref(), Some("of a plug-in"));
    assert!(session.report().is_whole());
}

#[test]
fn a_section_asked_for_late_is_still_there_after_the_log_was_summed_up() {
    let memory = MemoryBackend::new();
    let mut random = Random::new(2);
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| {
        capture.set(OTHER, &99);
        capture.set(V2, &"in the new version".to_owned());
    });
    compact(&mut session, &mut random);
    session.close().unwrap();

    // A tab that is opened for the first time when the program has run for hours.
    let mut session = still(memory.clone()).history_launches(0).history_bytes(0).open();
    put(&mut session, "a", |capture| capture.set(V1, &1));
    compact(&mut session, &mut random);
    compact(&mut session, &mut random);
    assert_eq!(session.get(OTHER).unwrap(), Some(99));
    assert_eq!(fate(&session, "other"), Some(SectionFate::Restored));
    assert_eq!(session.get_quarantined(V2).unwrap().as_deref(), Some("in the new version"));
    session.close().unwrap();
    assert_eq!(open(memory).get(OTHER).unwrap(), Some(99));
}

#[test]
fn what_was_set_aside_survives_compactions_and_is_bounded() {
    let memory = MemoryBackend::new();
    let mut random = Random::new(3);
    for round in 0..20 {
        let mut new = open(memory.clone());
        put(&mut new, "a", |capture| capture.set(V2, &format!("new {round}")));
        compact(&mut new, &mut random);
        new.close().unwrap();
        let mut old = open(memory.clone());
        put(&mut old, "a", |capture| capture.set(V1, &round));
        compact(&mut old, &mut random);
        old.close().unwrap();
    }
    let session = open(memory);
    assert_eq!(session.get_quarantined(V2).unwrap().as_deref(), Some("new 19"));
    assert_eq!(session.quarantined().len(), leftoff::Session::MAX_QUARANTINED);
}

#[cfg(feature = "json")]
#[test]
fn a_change_of_codec_is_no_change_of_version() {
    use leftoff::codec::Codec;
    const JSON: Section<String> = Section::<String>::new("form", 2).codec(Codec::Json);
    let memory = MemoryBackend::new();
    for round in 0..4 {
        let mut session = open(memory.clone());
        let section = if round % 2 == 0 { V2 } else { JSON };
        if round > 0 {
            assert_eq!(session.get(section).unwrap(), Some(format!("{}", round - 1)));
        }
        put(&mut session, "a", |capture| capture.set(section, &round.to_string()));
        session.close().unwrap();
    }
}

#[test]
fn a_value_that_is_none_of_its_type_is_kept_and_not_the_default() {
    const WORDS: Section<String> = Section::new("words", 1);
    const NUMBERS: Section<Vec<u8>> = Section::new("words", 1);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(NUMBERS, &vec![0xff; 9]));
    session.close().unwrap();
    let mut session = open(memory.clone());
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(session.get_or_default(WORDS), "");
    assert_eq!(session.outcome(), Outcome::Unread, "a program that shows its outcome shows this");
    assert_eq!(kind(session.get(WORDS)), ErrorKind::Decode);
    put(&mut session, "a", |capture| capture.set(WORDS, &"new".to_owned()));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get_quarantined(NUMBERS).unwrap(), Some(vec![0xff; 9]));
    assert_eq!(session.get(WORDS).unwrap().as_deref(), Some("new"));
    assert_eq!(session.outcome(), Outcome::Resumed);
}

const FILTER: Section<String> = Section::<String>::new("filter", 1).expires(days(7));
const DRAFT: Section<String> = Section::new("draft", 1);

fn timed(memory: &MemoryBackend, clock: &ManualClock) -> Session {
    still(memory.clone()).clock(clock.clone()).open()
}

fn with_filter(clock: &ManualClock) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = timed(&memory, clock);
    put(&mut session, "a", |capture| {
        capture.set(FILTER, &"unpaid".to_owned());
        capture.set(DRAFT, &"Dear Ana".to_owned());
    });
    session.close().unwrap();
    memory
}

#[test]
fn an_expired_section_is_gone_and_a_draft_is_not() {
    let clock = ManualClock::new();
    let memory = with_filter(&clock);
    clock.advance(days(7));
    let mut session = timed(&memory, &clock);
    assert_eq!(session.get(FILTER).unwrap().as_deref(), Some("unpaid"), "not a moment early");
    session.close().unwrap();
    clock.advance(Duration::from_millis(1));
    let mut session = timed(&memory, &clock);
    assert_eq!(session.get(FILTER).unwrap(), None);
    assert_eq!(fate(&session, "filter"), Some(SectionFate::Expired));
    assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("Dear Ana"));
}

#[test]
fn a_clock_that_was_wrong_for_one_start_expires_nothing_for_good() {
    let clock = ManualClock::new();
    for jump in [-1, 1] {
        let memory = with_filter(&clock);
        let jump = jump * 86_400_000 * 365 * 50;
        clock.set_wall(jump);
        let mut session = timed(&memory, &clock);
        assert_eq!(session.get(DRAFT).unwrap().as_deref(), Some("Dear Ana"));
        let mut random = Random::new(4);
        compact(&mut session, &mut random);
        session.close().unwrap();
        clock.set_wall(-jump);
        let mut session = timed(&memory, &clock);
        assert_eq!(session.get(FILTER).unwrap().as_deref(), Some("unpaid"), "clock set by {jump} ms for a while");
    }
}

#[test]
fn saving_the_same_value_again_makes_it_young_again() {
    let clock = ManualClock::new();
    let memory = with_filter(&clock);
    for _ in 0..3 {
        clock.advance(days(5));
        let mut session = timed(&memory, &clock);
        assert_eq!(session.get(FILTER).unwrap().as_deref(), Some("unpaid"), "saved five days ago");
        put(&mut session, "a", |capture| capture.set(FILTER, &"unpaid".to_owned()));
        session.close().unwrap();
    }
}

#[test]
fn a_program_that_runs_for_weeks_sees_it_expire_too() {
    let clock = ManualClock::new();
    let memory = with_filter(&clock);
    let mut session = timed(&memory, &clock);
    assert!(session.get(FILTER).unwrap().is_some());
    clock.advance(days(8));
    assert_eq!(session.get(FILTER).unwrap(), None);
}

/// A log of which the newest generations were written by a version of this library that does not exist yet.
#[derive(Debug)]
struct Newer {
    inner: MemoryBackend,
    from: u64,
}

impl Newer {
    fn look(&self, id: FrameId) -> backend::Result<()> {
        if id.generation.number >= self.from && id.generation.number < self.from + 2 {
            return Err(backend::Error::Newer("of a newer version".into()));
        }
        Ok(())
    }
}

impl Backend for Newer {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.inner.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.look(id)?;
        self.inner.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.inner.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        self.inner.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.inner.remove(generation)
    }
    fn read_range(&self, id: FrameId, range: Range<u64>) -> backend::Result<Vec<u8>> {
        self.look(id)?;
        self.inner.read_range(id, range)
    }
}

#[test]
fn a_log_from_a_newer_version_of_the_library_is_kept_and_read_again_by_it() {
    let memory = MemoryBackend::new();
    for value in 1..=4 {
        let mut session = open(memory.clone());
        put(&mut session, "a", |capture| capture.set(V1, &value));
        session.close().unwrap();
    }
    let written: Vec<_> = crate::support::frames(&memory);
    let newer = || Newer { inner: memory.clone(), from: 3 };
    let mut random = Random::new(6);
    for round in 0..10 {
        let mut old = open(newer());
        assert_eq!(old.outcome(), Outcome::NewerFormat, "launch {round}");
        if round == 0 {
            assert_eq!(old.get(V1).unwrap(), Some(2), "what this version could read");
        }
        put(&mut old, "b", |capture| capture.set(OTHER, &round));
        compact(&mut old, &mut random);
        old.close().unwrap();
    }
    for (id, bytes) in &written {
        assert_eq!(memory.read(*id).ok().as_ref(), Some(bytes), "{id:?} is still there");
    }
    let mut session = open(memory);
    assert_eq!(session.get(V1).unwrap(), Some(4), "the newer version has it all");
    assert_eq!(session.get(OTHER).unwrap(), Some(9));
    assert_eq!(session.outcome(), Outcome::Resumed);
}
