//! What the adapters of graphical toolkits draw, and the texts of their strip.

use super::*;

/// Words in a small font.
#[allow(clippy::unnecessary_wraps, reason = "it is what a sight needs")]
fn measure(words: &str) -> Option<(f32, f32)> {
    Some((f32::from(u16::try_from(words.len()).unwrap()) * 2.0, 18.0))
}

fn sight(may_cover: bool) -> Sight<'static> {
    let direction = Direction::LeftToRight;
    Sight { window: WINDOW, direction, scale: 1.0, speaker: None, may_cover, measure: &measure }
}

/// The element with captions around it, so close that no arrow has room.
fn crowded(resume: &mut Resume, session: &mut Session) -> Rect {
    let target = Rect::new(100.0, 100.0, 200.0, 24.0);
    resume.begin();
    resume.add("form/b", target, WINDOW);
    for obstacle in [
        Rect::new(0.0, 90.0, 99.0, 44.0),
        Rect::new(301.0, 90.0, 99.0, 44.0),
        Rect::new(0.0, 70.0, 400.0, 29.0),
        Rect::new(0.0, 125.0, 400.0, 29.0),
    ] {
        resume.add_obstacle(obstacle, WINDOW);
    }
    assert!(!resume.end(session));
    target
}

#[test]
fn figure_has_words_beside_a_prominent_arrow_and_none_while_they_are_not_measured() {
    let memory = left_at("form/b", &["form/a", "form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
    let Figure { drawn: Drawn::Arrow { element, words, .. }, has_outline, .. } = resume.figure(&sight(false)) else {
        panic!("it is there")
    };
    assert_eq!((element.as_str(), has_outline), ("form/b", true));
    assert_eq!(words.unwrap().0, "you left off here");
    let unmeasured = Sight { measure: &|_| None, ..sight(false) };
    assert!(matches!(resume.figure(&unmeasured).drawn, Drawn::Arrow { words: None, .. }));
    resume.dismiss();
    assert_eq!(resume.figure(&sight(false)), Figure::default());
}

#[test]
fn arrow_without_room_is_an_outline_unless_it_may_cover() {
    let memory = left_at("form/b", &["form/b"]);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    let target = crowded(&mut resume, &mut session);
    let Drawn::Outline { element, rect } = resume.figure(&sight(false)).drawn else { panic!("no room") };
    assert_eq!(element, "form/b");
    assert!(rect.min.x <= target.min.x && rect.max.y >= target.max.y);
    assert!(matches!(resume.figure(&sight(true)).drawn, Drawn::Arrow { .. }));
}

#[test]
fn bracket_has_words_that_cover_no_element() {
    let memory = left_at("form/b", &["form/a", "form/b", "form/c"]);
    let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/c"]));
    let Drawn::Bracket { around, words, .. } = resume.figure(&sight(false)).drawn else { panic!("a neighbour") };
    let (words, room) = words.unwrap();
    assert_eq!((around.as_str(), words.as_str()), ("form/a", "“form/b” came after this"));
    for field in [Rect::new(100.0, 0.0, 200.0, 24.0), Rect::new(100.0, 30.0, 200.0, 24.0)] {
        let is_apart = room.max.x <= field.min.x
            || room.min.x >= field.max.x
            || room.max.y <= field.min.y
            || room.min.y >= field.max.y;
        assert!(is_apart, "{room:?} covers {field:?}");
    }
}

#[test]
fn strip_has_the_card_with_its_buttons_and_hides_it() {
    let memory = killed();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    assert!(!lay_out(&mut resume, &mut session, &["form/a", "form/b"]));
    let figure = resume.figure(&sight(false));
    let [notice, card] = resume.strip(&session, &figure, &sight(false), false);
    assert_eq!(notice, None);
    let buttons = card.unwrap().buttons;
    assert_eq!(buttons.last(), Some(&("Hide".to_owned(), Choice::Dismiss)));
    assert!(buttons.contains(&("Undo restore".to_owned(), Choice::Do(CardAction::UndoRestore))));
    assert!(!resume.choose(&mut session, Choice::Do(CardAction::UndoRestore)));
    assert!(resume.refresh(&mut session));
    let [notice, _] = resume.strip(&session, &figure, &sight(false), false);
    assert_eq!(notice.unwrap().buttons[0].1, Choice::BringBack);
    assert!(resume.choose(&mut session, Choice::BringBack), "the values are back");
}

#[test]
fn announcement_is_spoken_once_in_the_users_language() {
    let memory = killed();
    let (mut session, mut resume) = (open(&memory), Resume::new(""));
    resume.user_active(&mut session);
    assert!(!lay_out(&mut resume, &mut session, &["form/b"]));
    let german: &Speaker = &|text| matches!(text, Text::Fact(_)).then(|| "Hier".to_owned());
    assert!(resume.take_spoken(Some(german)).unwrap().starts_with("Hier"));
    assert_eq!(resume.take_spoken(Some(german)), None);
}

#[test]
fn element_of_a_page_that_is_not_open_is_not_said_to_be_gone() {
    let memory = left_at("R-1/notes", &["R-1/amount", "R-1/notes"]);
    let said = |fields: &[&str], can_open: bool| {
        let (mut session, mut resume) = (open(&memory), Resume::new("").policy(loud()));
        assert!(!lay_out(&mut resume, &mut session, fields));
        resume.user_active(&mut session);
        assert!(!lay_out(&mut resume, &mut session, fields));
        let figure = resume.figure(&sight(false));
        let [_, card] = resume.strip(&session, &figure, &sight(false), can_open);
        let lines: String = card.unwrap().lines.into_iter().map(|line| line.text).collect();
        let gone = "it is no longer here";
        (lines.contains(gone), resume.take_spoken(None).unwrap().contains(gone))
    };
    assert_eq!(said(&["settings/x"], true), (false, false));
    assert_eq!(said(&["settings/x"], false), (true, false), "nothing opens that page");
}
