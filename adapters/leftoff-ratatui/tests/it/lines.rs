//! Lines for lists of the program's own: open work, the timeline, earlier states.

use leftoff::backend::MemoryBackend;
use leftoff::time::Timestamp;
use leftoff::{Action, AppId, Mark, Phase, Section, Session};
use leftoff_ratatui::{Arrow, Text};

const AMOUNT: Section<String> = Section::new("amount", 1);

fn session() -> Session {
    Session::builder(AppId::new("com.example.test")).backend(MemoryBackend::new()).without_thread().open()
}

fn edit(session: &mut Session, amount: &str) {
    let mark = Mark::new("money/amount").action(Action::Edit).phase(Phase::InProgress).label("Amount");
    session.mark(mark.detail(amount).breadcrumb(&["Money"]).step(2, 3));
    session.autosave(|capture| capture.set(AMOUNT, &amount.to_owned())).unwrap();
}

/// 16:07, a day after 1970-01-01, in a time zone one hour east of UTC.
fn local(at: Timestamp) -> Option<i32> {
    let minute = at.as_millis().div_euclid(60_000);
    i32::try_from((2 * 1440 + 16 * 60 + 7 - minute) * 60).ok()
}

#[test]
fn action_has_its_content_and_the_time_of_the_arrows_time_zone() {
    let mut session = session();
    edit(&mut session, "1200");
    let (_, entry) = session.timeline().remove(0);
    let arrow = Arrow::new().utc_offset(local);
    let line = "Amount, in Money: edited (it says “1200”), today at 16:07";
    assert_eq!(arrow.entry_line(&entry, entry.at()), line);
    assert_eq!(Arrow::new().utc_offset(local).ascii().entry_line(&entry, entry.at()), line.replace(['“', '”'], "\""));
}

#[test]
fn earlier_state_has_the_element_touched_last_and_the_local_time() {
    let mut session = session();
    edit(&mut session, "1200");
    edit(&mut session, "");
    let point = session.history().unwrap().remove(0);
    assert_eq!(Arrow::new().utc_offset(local).point_line(&point, point.at), "Amount, today at 16:07");
}

#[test]
fn open_work_has_the_note_the_step_and_the_phase() {
    let mut session = session();
    edit(&mut session, "1200");
    session.suspend_with_note("a call", "ask Ana").unwrap();
    session.wake();
    let marker = session.markers().remove(0);
    let arrow = Arrow::new().utc_offset(local);
    let line = "Note: ask Ana\nAmount, in Money, step 2 of 3: edited, not finished (it says “1200”), ";
    let said = arrow.marker_line(marker, marker.at());
    assert!(said.starts_with(line) && said.contains("before a call"), "{said}");
}

#[test]
fn lines_are_in_the_language_of_the_program() {
    let mut session = session();
    edit(&mut session, "1200");
    session.suspend("a call").unwrap();
    session.wake();
    let arrow = Arrow::new().texts(|text| match text {
        Text::Past(line) => Some(format!("früher: {}", line.messages().first()?)),
        Text::Open(card) => Some(format!("offen: {}", card.element())),
        _ => None,
    });
    let (_, entry) = session.timeline().remove(0);
    assert_eq!(arrow.entry_line(&entry, entry.at()), "früher: Amount");
    assert_eq!(arrow.marker_line(session.markers().remove(0), entry.at()), "offen: Amount");
}
