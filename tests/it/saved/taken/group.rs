//! Groups of sections at a take-over: each comes whole from one instance.

use super::*;

const STEP: Section<String> = Section::<String>::new("step", 1).group("wizard");
const DATA: Section<String> = Section::<String>::new("data", 1).group("wizard");
const EXTRA: Section<String> = Section::<String>::new("extra", 1).group("wizard");

/// What a group has: step, data and the section that not every state of it has.
#[track_caller]
fn group(session: &mut Session) -> [Option<String>; 3] {
    [STEP, DATA, EXTRA].map(|section| session.get(section).unwrap())
}

#[test]
fn group_of_which_both_instances_changed_something_comes_whole_from_the_second() {
    // Before or after the take-over; having read the copy or not; having captured all of it or only the change.
    for case in 0..16 {
        let [late, reads, whole, thread] = [1, 2, 4, 8].map(|bit| case & bit != 0);
        let dir = folder::scratch();
        let mut first = at(dir.path()).open();
        put(&mut first, "a", |capture| {
            capture.set(STEP, &"step".to_owned());
            capture.set(DATA, &"data".to_owned());
        });
        let (mut session, clock) = second(dir.path(), thread);
        if reads {
            assert_eq!(group(&mut session), [Some("step".to_owned()), Some("data".to_owned()), None]);
        }
        let change = |session: &mut Session| {
            session.mark("b");
            session.autosave(|capture| {
                if whole {
                    capture.set(STEP, &"step".to_owned());
                }
                capture.set(DATA, &"data of the second".to_owned());
            })
        };
        if !late {
            assert_eq!(change(&mut session).unwrap(), Saved::Deferred);
        }
        put(&mut first, "c", |capture| {
            capture.set(STEP, &"step of the first".to_owned());
            capture.set(EXTRA, &"extra of the first".to_owned());
        });
        first.close().unwrap();
        take_over(&mut session, &clock);
        if late {
            change(&mut session).unwrap();
        }
        for reopened in [false, true] {
            let expected = [Some("step".to_owned()), Some("data of the second".to_owned()), None];
            assert_eq!(group(&mut session), expected, "case {case}, reopened: {reopened}");
            let kept: Vec<_> = session.quarantined().into_iter().map(|kept| (kept.name, kept.why)).collect();
            assert!(kept.iter().all(|(_, why)| *why == QuarantineReason::OtherInstance), "{kept:?}");
            assert_eq!(session.get_quarantined(STEP).unwrap().as_deref(), Some("step of the first"), "case {case}");
            assert_eq!(session.get_quarantined(EXTRA).unwrap().as_deref(), Some("extra of the first"));
            session.close().unwrap();
            session = at(dir.path()).open();
        }
    }
}

#[test]
fn group_that_only_the_first_changed_or_that_was_read_since_is_not_replaced() {
    let dir = folder::scratch();
    let mut first = at(dir.path()).open();
    put(&mut first, "a", |capture| {
        capture.set(STEP, &"step".to_owned());
        capture.set(DATA, &"data".to_owned());
    });
    let (mut session, clock) = second(dir.path(), false);
    put(&mut session, "b", |capture| {
        capture.set(STEP, &"step".to_owned());
        capture.set(DATA, &"data".to_owned());
    });
    put(&mut first, "c", |capture| capture.set(STEP, &"step of the first".to_owned()));
    first.close().unwrap();
    take_over(&mut session, &clock);
    assert_eq!(group(&mut session), [Some("step of the first".to_owned()), Some("data".to_owned()), None]);
    put(&mut session, "b", |capture| capture.set(DATA, &"data of both".to_owned()));
    assert_eq!(session.quarantined(), []);
    session.close().unwrap();
    let mut session = at(dir.path()).open();
    assert_eq!(group(&mut session), [Some("step of the first".to_owned()), Some("data of both".to_owned()), None]);
}
