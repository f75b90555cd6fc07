use std::time::Duration;

use super::*;
use crate::backend::MemoryBackend;
use crate::mark::{Action, Mark, Phase};
use crate::marker::anchor::KeyOrigin;
use crate::marker::place::{Direction, Metrics, Mode, Side};
use crate::{AppId, Reason, Section};

mod figure;
mod gives_way;

const TEXT: Section<String> = Section::new("text", 1);
const WINDOW: Rect = Rect::new(0.0, 0.0, 400.0, 300.0);

fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("com.example.test")).backend(memory.clone()).open()
}

/// A form with these fields below each other, in a view that shows the first ten.
fn lay_out(resume: &mut Resume, session: &mut Session, fields: &[&str]) -> bool {
    resume.begin();
    for (nth, field) in (0_u8..).zip(fields) {
        let rect = Rect::new(100.0, f32::from(nth) * 30.0, 200.0, 24.0);
        resume.add(Element::new(field).role("field").name(field), rect, WINDOW);
    }
    resume.end(session)
}

/// The state after a kill: the user was last at `field`.
fn left_at(field: &str, fields: &[&str]) -> MemoryBackend {
    let memory = MemoryBackend::new();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, fields));
    resume.touch(&mut session, Mark::new(field).action(Action::Edit).label(field));
    resume.autosave(&mut session, |_| ()).unwrap();
    memory
}

/// The state after a kill: the text is "old", and the user was last at `form/b`.
fn killed() -> MemoryBackend {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    session.mark("form/b");
    session.autosave(|capture| capture.set(TEXT, &"old".to_owned())).unwrap();
    std::mem::forget(session);
    memory
}

/// However short the absence.
fn loud() -> CuePolicy {
    CuePolicy { quiet_below: Duration::ZERO, ..CuePolicy::default() }
}

fn pointer(resume: &Resume) -> Option<Pointer> {
    resume.pointer(Direction::LeftToRight, &Metrics::pixels(1.0))
}

#[test]
fn the_element_that_is_there_gets_an_arrow_and_one_that_is_gone_a_bracket() {
    let memory = left_at("form/b", &["form/a", "form/b", "form/c"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b", "form/c"]));
    assert!(matches!(pointer(&resume), Some(Pointer::Arrow { is_moved: false, .. })));
    assert_eq!(resume.target(), Some("form/b"));

    lay_out(&mut resume, &mut session, &["form/a", "form/c"]).then(|| unreachable!());
    let Some(Pointer::Bracket { rect, whereabouts }) = pointer(&resume) else { panic!("its neighbour is there") };
    assert_eq!((whereabouts, rect), (Whereabouts::After, Rect::new(100.0, 0.0, 200.0, 24.0)));
    assert_eq!(resume.cue().unwrap().certainty(), Certainty::Region);

    lay_out(&mut resume, &mut session, &["settings/x"]).then(|| unreachable!());
    assert_eq!((pointer(&resume), resume.cue().unwrap().certainty()), (None, Certainty::Card));
    assert_eq!(resume.certainty(), Some(Certainty::Card));
}

#[test]
fn an_arrow_covers_no_other_element() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    resume.begin();
    resume.add("form/b", Rect::new(100.0, 40.0, 200.0, 24.0), WINDOW);
    resume.add("form/caption", Rect::new(20.0, 40.0, 78.0, 24.0), WINDOW);
    assert!(!resume.end(&mut session));
    let Some(Pointer::Arrow { placement, .. }) = pointer(&resume) else { panic!("it is there") };
    assert_eq!(placement.mode, Mode::Beside(Side::Right));
}

#[test]
fn input_in_an_element_that_nobody_marks_is_saved() {
    let memory = MemoryBackend::new();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    session.autosave(|capture| capture.set(TEXT, &"old".to_owned())).unwrap();
    resume.input(&mut session);
    session.autosave(|capture| capture.set(TEXT, &"new".to_owned())).unwrap();
    drop(session);
    assert_eq!(open(&memory).get(TEXT).unwrap().unwrap(), "new");
}

#[test]
fn one_touch_reaches_the_session_and_the_marker() {
    let memory = left_at("form/b", &["form/a", "form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
    for _ in 0..20 {
        resume.touch(&mut session, "form/a");
    }
    assert_eq!(resume.cue().unwrap().salience(), Salience::Prominent, "a burst in one element is one touch");
    resume.touch(&mut session, "form/b");
    assert_eq!(resume.cue().unwrap().salience(), Salience::Quiet, "the user is back");
    assert_eq!(session.last_mark().unwrap().element(), "form/b");
}

#[test]
fn the_card_offers_only_what_can_be_done() {
    let fields = ["form/a", "form/b"];
    let memory = left_at("form/b", &fields);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(resume.offers(true).is_empty(), "there is no card yet");
    assert!(!lay_out(&mut resume, &mut session, &fields));
    assert_eq!(resume.offers(true), [CardAction::NotNow, CardAction::Done], "it is in view");

    // Another page is open.
    assert!(!lay_out(&mut resume, &mut session, &["settings/x"]));
    assert_eq!(resume.offers(false), [CardAction::NotNow, CardAction::Done]);
    assert_eq!(resume.offers(true), [CardAction::Continue, CardAction::NotNow, CardAction::Done]);
    resume.act(&mut session, CardAction::Continue);
    assert_eq!(resume.wanted(), Some("form/b"));
    assert!(!lay_out(&mut resume, &mut session, &fields));
    assert_eq!(resume.wanted(), None, "it is in view now");

    // Its page is open, and it is gone.
    assert!(!lay_out(&mut resume, &mut session, &["form/a"]));
    assert_eq!(resume.offers(true), [CardAction::NotNow, CardAction::Done]);
}

#[test]
fn a_wish_that_nobody_fulfils_ends() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["settings/x"]));
    resume.take_back();
    for _ in 0..TRIES {
        assert_eq!(resume.wanted(), Some("form/b"));
        assert!(!lay_out(&mut resume, &mut session, &["settings/x"]));
    }
    assert_eq!(resume.wanted(), None);
}

#[test]
fn a_wish_between_two_layouts_is_for_the_marker_of_the_next_one() {
    let (mut session, mut resume) = (open(&MemoryBackend::new()), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    resume.touch(&mut session, "form/b");
    session.suspend(Reason::Call).unwrap();
    session.wake();
    resume.take_back();
    assert!(!lay_out(&mut resume, &mut session, &["settings/x"]));
    assert_eq!((resume.wanted(), resume.salience()), (Some("form/b"), Salience::Prominent));
}

#[test]
fn done_is_said_of_the_element_and_hides_the_marker() {
    let fields = ["form/a", "form/b"];
    let memory = left_at("form/b", &fields);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &fields));
    resume.act(&mut session, CardAction::Done);
    assert_eq!((pointer(&resume), resume.cue().unwrap().is_resting()), (None, false));
    let last = session.last_mark().unwrap();
    assert_eq!((last.element(), last.phase(), last.label()), ("form/b", Phase::Committed, Some("form/b")));
}

#[test]
fn not_now_is_until_the_next_return() {
    let fields = ["form/a", "form/b"];
    let memory = left_at("form/b", &fields);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &fields));
    resume.user_active(&mut session);
    resume.act(&mut session, CardAction::NotNow);
    assert_eq!((pointer(&resume), resume.cue().unwrap().is_resting()), (None, true));
    session.suspend(Reason::Call).unwrap();
    resume.away();
    session.wake();
    assert!(!lay_out(&mut resume, &mut session, &fields));
    assert!(pointer(&resume).is_some());
}

#[test]
fn a_row_that_is_not_built_is_asked_for() {
    let memory = left_at("list/7", &["list/7"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &[]));
    let lay_out = |resume: &mut Resume, session: &mut Session| {
        resume.begin();
        resume.add_region("list", Rect::new(0.0, 0.0, 100.0, 90.0), WINDOW);
        resume.add_list("list", |record| (record == "7").then_some(41));
        resume.add("list/1", Rect::new(0.0, 0.0, 100.0, 30.0), WINDOW);
        resume.end(session)
    };
    assert!(!lay_out(&mut resume, &mut session));
    let Some(Pointer::Bracket { whereabouts, .. }) = pointer(&resume) else { panic!("the list is there") };
    assert_eq!(whereabouts, Whereabouts::InRow(41));
    assert_eq!(resume.row_wanted("list"), None);
    assert!(resume.offers(false).contains(&CardAction::Continue));
    resume.act(&mut session, CardAction::Continue);
    assert_eq!((resume.row_wanted("list"), resume.row_wanted("other")), (Some(41), None));
    resume.act(&mut session, CardAction::NotNow);
    assert_eq!((resume.wanted(), resume.row_wanted("list")), (None, None), "the user does not go there");
}

#[test]
fn the_announcement_is_made_once_and_to_somebody() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert!(resume.take_announcement().is_none(), "nobody is there");
    resume.user_active(&mut session);
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    let said = |resume: &mut Resume| resume.take_announcement().map(|(card, certainty)| card.announcement(certainty));
    assert!(said(&mut resume).is_some_and(|words| words.contains("form/b")));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert_eq!(said(&mut resume), None);
}

#[test]
fn the_first_look_after_a_start_is_never_quiet_and_later_ones_follow_the_absence() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert_eq!(resume.salience(), Salience::Prominent);
    session.suspend(Reason::Call).unwrap();
    session.wake();
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert_eq!(resume.salience(), Salience::Quiet, "a call of a moment");
}

#[test]
fn the_restore_after_a_crash_can_be_undone_and_brought_back() {
    let memory = killed();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert_eq!(session.get_or_default(TEXT), "old");
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert!(resume.offers(true).contains(&CardAction::UndoRestore));
    assert!(resume.act(&mut session, CardAction::UndoRestore));
    assert_eq!(session.get_or_default(TEXT), "old", "not before the program is told");
    assert!(lay_out(&mut resume, &mut session, &["form/b"]), "to be read again");
    assert_eq!((session.get_or_default(TEXT), resume.offers(true)), (String::new(), vec![]));
    assert_eq!(resume.notice(&session), Some(Notice::Undone));
    assert!(!resume.refresh(&mut session) && resume.bring_back(&mut session));
    assert_eq!((session.get_or_default(TEXT).as_str(), resume.notice(&session)), ("old", None));
}

#[test]
fn nothing_is_undone_where_nothing_crashed_or_after_another_absence() {
    let memory = left_at("form/b", &["form/b"]);
    open(&memory).close().unwrap();
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    for _ in 0..2 {
        assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
        assert!(!resume.offers(true).contains(&CardAction::UndoRestore) && !resume.offers(true).is_empty());
        session.suspend(Reason::Call).unwrap();
        session.wake();
    }
    assert!(!resume.act(&mut session, CardAction::UndoRestore) && !resume.refresh(&mut session));
}

#[test]
fn a_notice_that_is_put_off_brings_nothing_back() {
    let memory = left_at("form/b", &["form/b"]);
    let mut session = open(&memory);
    session.save(|capture| capture.set(TEXT, &"old".to_owned())).unwrap();
    session.quarantine_all().unwrap();
    let mut resume = Resume::new("");
    assert!(!resume.put_off(), "nothing is shown");
    assert_eq!(resume.notice(&session), Some(Notice::Undone), "the user did it, no crash");
    assert!(resume.put_off() && !resume.put_off());
    assert_eq!(resume.notice(&session), None);
    assert!(!resume.bring_back(&mut session));
}

#[test]
fn a_faded_marker_offers_the_way_back_and_a_dismissed_one_nothing() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert!(resume.act(&mut session, CardAction::NotNow));
    assert_eq!(resume.offers(false), [CardAction::Continue]);
    assert!(!resume.act(&mut session, CardAction::Done), "its key has another use now");
    assert_eq!(session.last_mark().unwrap().phase(), Phase::Unknown);
    assert!(resume.act(&mut session, CardAction::Continue) && resume.dismiss());
    assert!(resume.offers(true).is_empty());
}

#[test]
fn an_element_on_a_page_that_is_not_open_is_not_called_gone() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    resume.begin();
    resume.add_unseen("form/b");
    assert!(!resume.end(&mut session));
    assert_eq!((resume.certainty(), resume.cue().unwrap().certainty()), (Some(Certainty::Point), Certainty::Card));
    assert!(resume.card(&session).is_some() && resume.offers(false).contains(&CardAction::Continue));
}

#[test]
fn an_arrow_covers_neither_captions_nor_elements_of_its_layer() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    let caption = Rect::new(20.0, 40.0, 78.0, 24.0);
    let mut side = |add: &dyn Fn(&mut Resume)| {
        resume.begin();
        resume.add("form/b", Rect::new(100.0, 40.0, 200.0, 24.0), WINDOW);
        add(&mut resume);
        assert!(!resume.end(&mut session));
        let Some(Pointer::Arrow { placement, .. }) = pointer(&resume) else { panic!("it is there") };
        placement.mode
    };
    assert_eq!(side(&|resume| resume.add_obstacle(caption, WINDOW)), Mode::Beside(Side::Right));
    // The whole window is no obstacle.
    assert_eq!(side(&|resume| resume.add_obstacle(WINDOW, WINDOW)), Mode::Beside(Side::Left));
    let in_popup = side(&|resume| {
        resume.set_layer(1);
        resume.add("form/c", caption, WINDOW);
    });
    assert_eq!(in_popup, Mode::Beside(Side::Left));
}

#[test]
fn a_bracket_stays_in_one_layer() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    let row = Rect::new(10.0, 10.0, 50.0, 20.0);
    resume.begin();
    resume.add("form/page/a", row, WINDOW);
    resume.set_layer(1);
    resume.add("form/page/popup", Rect::new(200.0, 200.0, 50.0, 20.0), WINDOW);
    assert!(!resume.end(&mut session));
    let found = resume.found().unwrap();
    assert_eq!((found.rect, found.layer), (row, 0));
}

#[test]
fn a_marker_without_a_session_is_followed_and_fades() {
    let marker = |away| {
        let mark = (Mark::new("form/b").label("B"), Timestamp::default());
        Marker::from_marks("", [mark], Some(Duration::from_secs(away)), None).unwrap()
    };
    let mut resume = Resume::new("");
    resume.set_utc_offset(|_| Some(3600));
    let lay_out = |resume: &mut Resume| {
        resume.begin();
        resume.add("form/b", Rect::new(100.0, 40.0, 200.0, 24.0), WINDOW);
        resume.locate();
    };
    assert!(resume.follow(Some(&marker(7200))) && !resume.follow(Some(&marker(7200))));
    lay_out(&mut resume);
    assert!(!resume.announce(), "nobody is there");
    resume.on(CueEvent::UserPresent);
    assert!(resume.announce() && !resume.announce());
    let next_day = Timestamp::from_millis(33 * 3_600_000);
    assert_eq!(resume.words(next_day).unwrap().when(), Some("yesterday at 01:00"));
    assert!(resume.touched("form/b"));
    assert_eq!((resume.salience(), resume.last_touched()), (Salience::Quiet, Some("form/b")));
    assert!(resume.finished("form/b") && pointer(&resume).is_none());
    // The input before another marker was meant for nothing that the user could see.
    lay_out(&mut resume);
    resume.follow(resume.marker().cloned().as_ref());
    assert!(resume.follow(Some(&marker(9000))) && !resume.announce());
}

#[test]
fn a_record_that_is_gone_from_its_list_is_not_offered() {
    let lay_out = |resume: &mut Resume, session: &mut Session, records: &[u8], row| {
        resume.begin();
        for record in records {
            let (path, top) = (format!("list/{record}"), f32::from(*record) * 20.0);
            let row = Element::new(&path).role("row").name(&path).origin(KeyOrigin::Data);
            resume.add(row, Rect::new(0.0, top, 300.0, 20.0), WINDOW);
            let path = format!("{path}/amount");
            resume.add(Element::new(&path).role("field").name("Amount"), Rect::new(100.0, top, 100.0, 20.0), WINDOW);
        }
        resume.add_list("list", |_| row);
        resume.end(session)
    };
    let memory = MemoryBackend::new();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &[1, 2, 7], None));
    resume.touch(&mut session, "list/7/amount");
    session.autosave(|capture| capture.anchor(resume.elements())).unwrap();
    drop(session);
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    for _ in 0..2 {
        assert!(!lay_out(&mut resume, &mut session, &[1, 2], None));
    }
    assert_eq!(resume.offers(true), [CardAction::NotNow, CardAction::Done]);
    assert!(!lay_out(&mut resume, &mut session, &[1, 2], Some(41)));
    assert!(resume.offers(true).contains(&CardAction::Continue));
}

#[test]
fn the_restore_can_be_undone_also_if_the_marker_was_followed_before_the_first_layout() {
    let memory = killed();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!resume.refresh(&mut session));
    resume.follow(session.marker());
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert!(resume.offers(true).contains(&CardAction::UndoRestore));
    // Its marker comes back with the values.
    resume.act(&mut session, CardAction::UndoRestore);
    assert!(lay_out(&mut resume, &mut session, &["form/b"]) && resume.marker().is_none());
    assert!(resume.bring_back(&mut session));
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    assert_eq!(resume.marker().unwrap().element(), "form/b");
}
