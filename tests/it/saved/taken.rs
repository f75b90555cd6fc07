//! A second instance: it waits, shows a copy, and takes over when the first one has gone. What either of them saved is
//! still there.

mod group;

use std::path::Path;

use leftoff::{Builder, ErrorKind, LastExit, Outcome, QuarantineReason, Reason};

use super::*;
use crate::support::{child, folder};

const TEXT: Section<String> = Section::new("text", 1);
const SIZE: Section<u32> = Section::new("size", 1);

fn at(dir: &Path) -> Builder {
    Session::builder(APP).dir(dir)
}

/// One with a thread, or one whose clock goes on when a call comes.
fn second(dir: &Path, thread: bool) -> (Session, ManualClock) {
    let clock = ManualClock::new();
    let builder = if thread { at(dir) } else { at(dir).without_thread().clock(clock.clone()) };
    (builder.open(), clock)
}

/// Waits until the second one has taken over.
fn take_over(session: &mut Session, clock: &ManualClock) {
    wait_until("the second instance has taken over", || {
        clock.advance(seconds(1));
        session.took_over()
    });
}

#[test]
fn a_second_instance_shows_a_copy_names_the_holder_and_touches_nothing() {
    for thread in [false, true] {
        let dir = folder::scratch();
        let mut first = at(dir.path()).open();
        put(&mut first, "a", |capture| capture.set(FORM, &1));
        first.save(|_| {}).unwrap();
        let before = folder::logs(dir.path());
        let (mut session, clock) = second(dir.path(), thread);
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::ReadOnly, &LastExit::Unknown));
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        assert_eq!(session.get(TEXT).unwrap(), None);
        assert!(session.marker().is_none(), "where the other user is, is no place to return to");
        session.mark("b");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &1)).unwrap(), Saved::Deferred, "the mark");
        session.mark("b");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &2)).unwrap(), Saved::Deferred);
        assert_eq!(session.get(FORM).unwrap(), Some(2));
        clock.advance(seconds(1));
        session.run_pending();
        let status = session.status();
        assert_eq!(status.holder.as_ref().and_then(|holder| holder.pid), Some(std::process::id()));
        let said = status.refused.as_ref().unwrap().to_string();
        assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
        assert!(status.pending && !status.is_synced, "{status:?}");
        assert_eq!(session.save(|_| {}).unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(session.suspend("call").unwrap(), Saved::Deferred);
        assert!(!session.took_over());
        let error = session.close().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("nothing was saved"), "{error}");
        let (said, process) = (format!("{error:#}"), format!("process {}", std::process::id()));
        assert_eq!(said.matches(&process).count(), 1, "{said}");
        assert!(said.contains(&dir.path().display().to_string()) && !said.contains("takes over"), "{said}");
        assert_eq!(folder::logs(dir.path()), before);
        first.close().unwrap();
        let mut session = at(dir.path()).open();
        assert_eq!((session.outcome(), session.get(FORM).unwrap()), (Outcome::Resumed, Some(1)));
    }
}

#[test]
fn history_of_a_copy_lists_what_the_copy_has_and_changes_nothing() {
    let dir = folder::scratch();
    let mut first = at(dir.path()).open();
    let (ana, bo, nothing) = ("call Ana about it", "call Bo about it", "");
    for text in [ana, nothing, bo] {
        put(&mut first, "a", |capture| capture.set(TEXT, &text.to_owned()));
    }
    let own = first.history().unwrap();
    let before = folder::logs(dir.path());
    let (mut session, clock) = second(dir.path(), false);
    let points = session.history().unwrap();
    let at: Vec<_> = points.iter().map(|point| point.at).collect();
    assert_eq!(at, own.iter().map(|point| point.at).collect::<Vec<_>>());
    let point =
        points.iter().find(|point| session.get_at(point, TEXT).unwrap().as_deref() == Some(ana)).unwrap().clone();
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some(bo));
    assert_eq!(session.other_states().unwrap(), []);
    let refused = [
        session.resume_at(&point).unwrap_err().kind(),
        session.restore_section(&point, TEXT).unwrap_err().kind(),
        session.restore_scope(&point, "").unwrap_err().kind(),
    ];
    assert_eq!(refused, [ErrorKind::Unavailable; 3]);
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some(bo));
    assert_eq!(folder::logs(dir.path()), before);
    first.close().unwrap();
    take_over(&mut session, &clock);
    assert!(session.restore_section(&point, TEXT).unwrap());
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some(ana));
}

#[test]
fn a_second_instance_takes_over_when_the_first_has_gone_and_writes_what_it_held() {
    for thread in [false, true] {
        let dir = folder::scratch();
        let mut first = at(dir.path()).open();
        put(&mut first, "a", |capture| {
            capture.set(FORM, &1);
            capture.set(TEXT, &"copied".to_owned());
        });
        let (mut session, clock) = second(dir.path(), thread);
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("copied"));
        session.mark("b");
        let typed = |capture: &mut leftoff::Capture<'_>| {
            capture.set(TEXT, &"typed meanwhile".to_owned());
            capture.position(leftoff::marker::anchor::Position::value(7));
        };
        session.autosave(typed).unwrap();
        for _ in 0..5 {
            put(&mut first, "c", |capture| capture.set(FORM, &2));
        }
        first.close().unwrap();
        take_over(&mut session, &clock);
        assert!(!session.took_over(), "told once");
        assert_eq!((session.outcome(), session.last_exit()), (Outcome::Resumed, &LastExit::Clean));
        let status = session.status();
        assert!(status.holder.is_none() && status.refused.is_none() && !status.pending, "{status:?}");
        assert_eq!(session.get(FORM).unwrap(), Some(2), "what the first one saved last");
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("typed meanwhile"));
        assert!(session.quarantined().is_empty(), "the first one did not change the text");
        assert_eq!(session.save(|capture| capture.set(SIZE, &3)).unwrap(), Saved::Synced);
        session.close().unwrap();
        let mut session = at(dir.path()).open();
        assert_eq!(session.outcome(), Outcome::Resumed);
        assert_eq!((session.get(FORM).unwrap(), session.get(SIZE).unwrap()), (Some(2), Some(3)));
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("typed meanwhile"));
        let marker = session.marker().unwrap();
        assert_eq!(marker.element(), "b", "after all marks of the first one");
        assert!(marker.position().is_some(), "with where in it the user was");
        assert!(session.report().is_whole() && session.quarantined().is_empty());
    }
}

#[test]
fn a_section_that_both_changed_is_kept_twice() {
    for removes in [false, true] {
        let dir = folder::scratch();
        let mut first = at(dir.path()).open();
        put(&mut first, "a", |capture| capture.set(TEXT, &"at first".to_owned()));
        let (mut session, clock) = second(dir.path(), false);
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("at first"));
        session.mark("b");
        let saved = session.autosave(|capture| {
            if removes { capture.remove(TEXT) } else { capture.set(TEXT, &"of the second".to_owned()) }
        });
        assert_eq!(saved.unwrap(), Saved::Deferred);
        put(&mut first, "c", |capture| capture.set(TEXT, &"of the first".to_owned()));
        first.close().unwrap();
        take_over(&mut session, &clock);
        let present = (!removes).then_some("of the second");
        for reopened in [false, true] {
            assert_eq!(session.get(TEXT).unwrap().as_deref(), present, "reopened: {reopened}");
            let kept = session.quarantined();
            assert_eq!((kept.len(), kept[0].name.as_str(), kept[0].why), (1, "text", QuarantineReason::OtherInstance));
            assert_eq!(session.get_quarantined(TEXT).unwrap().as_deref(), Some("of the first"));
            session.close().unwrap();
            session = at(dir.path()).open();
        }
    }
}

#[test]
fn a_section_that_only_the_first_changed_comes_back_as_it_left_it() {
    let dir = folder::scratch();
    let mut first = at(dir.path()).open();
    put(&mut first, "a", |capture| {
        capture.set(TEXT, &"at first".to_owned());
        capture.set(SIZE, &1);
    });
    let (mut session, clock) = second(dir.path(), false);
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("at first"));
    put(&mut first, "c", |capture| {
        capture.set(TEXT, &"of the first".to_owned());
        capture.set(SIZE, &2);
        capture.set(FORM, &7);
    });
    first.close().unwrap();
    take_over(&mut session, &clock);
    // The second one still shows the copy, and saves all it shows.
    put(&mut session, "b", |capture| {
        capture.set(TEXT, &"at first".to_owned());
        capture.set(SIZE, &3);
    });
    assert!(session.quarantined().iter().all(|kept| kept.name == "size"), "{:?}", session.quarantined());
    assert_eq!(
        session.get_quarantined(SIZE).unwrap(),
        Some(2),
        "one that it changed without having seen the newer one"
    );
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("of the first"));
    // Now that it has been seen, a new value takes its place.
    put(&mut session, "b", |capture| capture.set(TEXT, &"of both".to_owned()));
    session.close().unwrap();
    let mut session = at(dir.path()).open();
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("of both"));
    assert_eq!((session.get(SIZE).unwrap(), session.get(FORM).unwrap()), (Some(3), Some(7)));
    assert_eq!(session.get_quarantined(TEXT).unwrap(), None);
}

#[test]
fn marker_and_scopes_after_a_take_over_are_those_of_a_start() {
    for (touches, thread) in [(false, false), (false, true), (true, false), (true, true)] {
        let dir = folder::scratch();
        let mut first = at(dir.path()).open();
        let windows: &[&str] = if touches { &["closed", "v", "w", "v"] } else { &["v", "w", "v"] };
        for window in windows {
            first.scope(window).mark("body");
            first.autosave(|capture| capture.scope(window).set(TEXT, &"text".to_owned())).unwrap();
        }
        let (mut session, clock) = second(dir.path(), thread);
        if touches {
            session.scope("closed").close();
            session.scope("w").mark("of the second");
            session.autosave(|_| {}).unwrap();
            session.scope("w").mark("after the last capture");
        }
        first.suspend(Reason::Call).unwrap();
        first.close().unwrap();
        take_over(&mut session, &clock);
        for reopened in [false, true] {
            let last = session.last_mark().map(|last| last.element().to_owned());
            let order = if touches { ["v", "w"] } else { ["w", "v"] };
            assert_eq!(session.scopes(), order, "touches {touches}, reopened {reopened}");
            assert_eq!(session.scope("closed").marker(), None);
            if touches {
                assert_eq!(last.as_deref(), Some("after the last capture"));
                assert_eq!(session.marker().is_some(), reopened, "nobody was away");
            } else {
                assert_eq!((last.as_deref(), session.last_active_scope()), (Some("body"), Some("v")));
                let marker = session.marker().unwrap();
                assert_eq!((marker.scope(), marker.element()), ("v", "body"));
                assert!(reopened || marker.reason() == Some(&Reason::Call));
                assert_eq!(session.scope("w").marker().unwrap().element(), "body");
            }
            session.close().unwrap();
            session = at(dir.path()).open();
        }
    }
}

#[test]
fn section_that_the_second_removed_stays_removed_and_is_not_imported_again() {
    let dir = folder::scratch();
    let mut first = at(dir.path()).open();
    put(&mut first, "a", |capture| capture.set(TEXT, &"text".to_owned()));
    let (mut session, clock) = second(dir.path(), false);
    session.mark("b");
    session.autosave(|capture| capture.remove(TEXT)).unwrap();
    assert_eq!(session.fate(TEXT), leftoff::SectionFate::Removed);
    first.close().unwrap();
    take_over(&mut session, &clock);
    for reopened in [false, true] {
        assert_eq!(session.fate(TEXT), leftoff::SectionFate::Removed, "reopened: {reopened}");
        assert!(!session.import(TEXT, || Some("of the old file".to_owned())).unwrap());
        assert_eq!((session.get(TEXT).unwrap(), session.fate(SIZE)), (None, leftoff::SectionFate::NeverSaved));
        session.close().unwrap();
        session = at(dir.path()).open();
    }
}

#[test]
fn a_window_that_the_second_closed_and_the_first_worked_in_is_open() {
    let dir = folder::scratch();
    let mut first = at(dir.path()).open();
    put(&mut first, "a", |capture| {
        capture.scope("worked in").set(TEXT, &"draft".to_owned());
        capture.scope("left alone").set(TEXT, &"draft".to_owned());
    });
    let (mut session, clock) = second(dir.path(), false);
    session.scope("worked in").close();
    session.scope("left alone").close();
    session.autosave(|_| {}).unwrap();
    put(&mut first, "c", |capture| capture.scope("worked in").set(TEXT, &"more".to_owned()));
    first.close().unwrap();
    take_over(&mut session, &clock);
    // The user goes on, so these are no windows that were closed together with the program.
    session.mark("d");
    session.close().unwrap();
    let mut session = at(dir.path()).open();
    assert_eq!(session.scopes(), ["worked in"]);
    assert_eq!(session.scope("worked in").get(TEXT).unwrap().as_deref(), Some("more"));
}

#[test]
fn save_and_close_of_a_second_instance_look_once_more() {
    for thread in [false, true] {
        for closes in [false, true] {
            let dir = folder::scratch();
            let mut first = at(dir.path()).open();
            let (mut session, _) = second(dir.path(), thread);
            session.mark("b");
            assert_eq!(session.autosave(|capture| capture.set(FORM, &2)).unwrap(), Saved::Deferred);
            first.close().unwrap();
            if !closes {
                assert_eq!(session.save(|_| {}).unwrap(), Saved::Synced);
            }
            session.close().unwrap();
            assert_eq!(at(dir.path()).open().get(FORM).unwrap(), Some(2));
        }
    }
}

/// Holds the location until it is told to go, and goes without a word.
#[test]
fn holder() {
    let Some(dir) = child::role() else { return };
    let mut session = at(Path::new(&dir)).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    child::say("here");
    let _ = std::io::stdin().lines().next();
    // A program takes a while to end; longer than the file backend waits by itself.
    std::thread::sleep(Duration::from_millis(400));
    std::process::exit(0);
}

#[test]
fn open_waits_for_a_holder_that_is_going() {
    for waits in [false, true] {
        let dir = folder::scratch();
        let mut process = child::spawn("saved::taken::holder", dir.path().to_str().unwrap()).spawn().unwrap();
        let mut ears = child::ears(&mut process);
        assert_eq!(child::hear(&mut ears).as_deref(), Some("here"));
        let builder = at(dir.path()).wait_for_holder(if waits { seconds(60) } else { Duration::ZERO });
        let mut session = std::thread::scope(|scope| {
            let opened = scope.spawn(|| builder.open());
            if waits {
                drop(process.stdin.take());
            }
            opened.join().unwrap()
        });
        assert_eq!(session.outcome(), if waits { Outcome::Recovered } else { Outcome::ReadOnly });
        assert_eq!(session.get(FORM).unwrap(), Some(1));
        assert_eq!(session.status().holder.and_then(|holder| holder.pid), (!waits).then_some(process.id()));
        process.kill().unwrap();
        process.wait().unwrap();
        if !waits {
            // Killed: the one that waits comes in all the same.
            wait_until("it has taken over", || session.took_over());
            assert_eq!(session.outcome(), Outcome::Recovered);
        }
        session.close().unwrap();
    }
}
