//! Every sentence of a card, printed into one file that a person has read aloud: `tests/words/cards.txt`.
//!
//! After a change of a sentence, write the file anew with `WORDS=write cargo test --test it words`, and read it.

use std::fmt::Write as _;
use std::time::Duration;

use leftoff::marker::cue::CardSize;
use leftoff::marker::place::Side;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Action, Mark, Message, Phase};
use leftoff::resume::{CardAction, CardText, Notice, Text, Whereabouts};
use leftoff::time::Timestamp;
use leftoff::{Marker, Reason};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Thursday, 2026-03-12, 09:30 in UTC.
const NOW: i64 = 1_773_307_800;

fn before(seconds: u64) -> Timestamp {
    Timestamp::from_millis((NOW - i64::try_from(seconds).unwrap()) * 1000)
}

fn marker(mark: Mark<'_>, age: u64, away: Option<u64>, reason: Option<Reason>) -> Marker {
    Marker::from_marks("main", [(mark, before(age))], away.map(Duration::from_secs), reason).unwrap()
}

fn amount() -> Mark<'static> {
    Mark::new("invoice/42/amount").label("Amount")
}

fn edited() -> Mark<'static> {
    amount().action(Action::Edit).breadcrumb(&["Invoices", "Invoice 42"])
}

fn line(mark: Mark<'_>) -> String {
    marker(mark, 42 * MINUTE, None, None).card(before(0)).to_string()
}

const ACTIONS: [(Action, &str); 9] = [
    (Action::Edit, "Amount"),
    (Action::Choose, "Country"),
    (Action::Tick, "Urgent"),
    (Action::Untick, "Urgent"),
    (Action::Press, "Send"),
    (Action::Focus, "Notes"),
    (Action::Open, "Invoice 42"),
    (Action::Scroll, "Terms"),
    (Action::Other, "Map"),
];
const PHASES: [Phase; 4] = [Phase::Unknown, Phase::InProgress, Phase::Committed, Phase::Failed];
const CERTAINTIES: [Certainty; 4] = [Certainty::Point, Certainty::Moved, Certainty::Region, Certainty::Card];
const AGES: [u64; 18] = [
    0,
    12,
    MINUTE,
    42 * MINUTE,
    89 * MINUTE,
    90 * MINUTE,
    5 * HOUR,
    12 * HOUR,
    36 * HOUR,
    47 * HOUR,
    2 * DAY,
    3 * DAY,
    6 * DAY,
    8 * DAY,
    11 * DAY,
    20 * DAY,
    80 * DAY,
    900 * DAY,
];
const REASONS: &str = "call meeting break sleep lock focus-lost session-end terminate hangup pause exit panic crash power-loss \
                       restart absence";

fn acts(out: &mut String) {
    *out += "What was done, by action and phase\n\n";
    for (action, label) in ACTIONS {
        for phase in PHASES {
            let said = line(Mark::new("a").label(label).action(action).phase(phase));
            let _ = writeln!(out, "{:18} {said}", format!("{action:?} {phase:?}"));
        }
    }
}

fn elements(out: &mut String) {
    *out += "\nWhat and where\n\n";
    let mark = || Mark::new("a").action(Action::Edit);
    let place = &["Invoices", "Invoice 42"][..];
    for mark in [
        amount().action(Action::Edit),
        edited(),
        edited().step(2, 3),
        edited().detail("1 200 EUR"),
        edited().note("call Ana"),
        mark(),
        mark().breadcrumb(place),
        mark().label("PIN").sensitive(),
        mark().label("PIN").breadcrumb(place).sensitive(),
        Mark::new(""),
    ] {
        let _ = writeln!(out, "{}", line(mark));
    }
    let notes = Mark::new("notes").label("Notes").action(Action::Focus).breadcrumb(place);
    let marks = [(edited(), before(43 * MINUTE)), (notes, before(42 * MINUTE))];
    let _ = writeln!(out, "{}", Marker::from_marks("main", marks, None, None).unwrap().card(before(0)));
}

fn times(out: &mut String) {
    *out += "\nWhen: without a calendar, aloud, and where local time is two hours ahead of UTC\n\n";
    for age in AGES {
        let marker = marker(amount(), age, None, None);
        let aloud = marker.card(before(0)).announcement(Certainty::Point);
        let (card, local) = (marker.card(before(0)), marker.local_card(before(0), |_| Some(7_200)));
        let aloud = aloud.trim_start_matches("Where you left off: Amount, ");
        let _ = writeln!(out, "{:16} {aloud:18} {}", card.when().unwrap(), local.when().unwrap());
    }
    let future = Marker::from_marks("main", [(amount(), before(0))], None, None).unwrap().card(before(60));
    let _ = writeln!(out, "clocks that contradict each other: {future}");
}

fn reasons(out: &mut String) {
    *out += "\nWhy\n\n";
    for reason in REASONS.split(' ').chain(["lunch with Ana", ""]) {
        let card = marker(amount(), 42 * MINUTE, None, Some(reason.into())).card(before(0));
        let _ = writeln!(out, "{card}");
    }
    *out += "\nAn absence that is not the age\n\n";
    for away in [0, 10 * MINUTE, 30 * MINUTE, 40 * MINUTE, HOUR, 3 * DAY] {
        let _ = writeln!(out, "{}", marker(amount(), 42 * MINUTE, Some(away), Some(Reason::Call)).card(before(0)));
    }
}

fn announcements(out: &mut String) {
    *out += "\nAloud, by certainty\n\n";
    let note = edited().phase(Phase::InProgress).note("call Ana").detail("1 200 EUR").step(2, 3);
    let card = |mark| marker(mark, 42 * MINUTE, Some(40 * MINUTE), Some(Reason::Call)).card(before(0));
    for certainty in CERTAINTIES {
        let _ = writeln!(out, "{}", card(note.clone()).announcement(certainty));
    }
    for (action, label) in ACTIONS {
        for phase in PHASES {
            let mark = Mark::new("a").label(label).action(action).phase(phase);
            let _ = writeln!(out, "{}", card(mark).announcement(Certainty::Point));
        }
    }
    for mark in [amount(), Mark::new("a"), amount().sensitive(), Mark::new("")] {
        let _ = writeln!(out, "{}", card(mark).announcement(Certainty::Point));
    }
}

fn whole(out: &mut String) {
    *out += "\nThe whole of a card that is open, with its trail\n\n";
    let place = &["Invoices", "Invoice 42"][..];
    let marks = [
        (Mark::new("41").label("Invoice 41").action(Action::Open).breadcrumb(&["Invoices"]), before(DAY + 19 * MINUTE)),
        (Mark::new("41/pay").label("Pay").action(Action::Press).phase(Phase::Committed), before(DAY + 18 * MINUTE)),
        (Mark::new("42/pin").sensitive().action(Action::Edit).breadcrumb(place), before(DAY + 17 * MINUTE)),
        (Mark::new("42/urgent").label("Urgent").action(Action::Tick).breadcrumb(place), before(DAY + 16 * MINUTE)),
        (edited().detail("1 200 EUR").phase(Phase::InProgress).note("call Ana"), before(DAY + 15 * MINUTE)),
    ];
    let away = Some(Duration::from_secs(DAY));
    let marker = Marker::from_marks("main", marks, away, Some(Reason::SessionEnd)).unwrap();
    for card in [marker.card(before(0)), marker.local_card(before(0), |_| Some(-18_000))] {
        let _ = writeln!(out, "{card}");
        for line in card.trail() {
            let _ = writeln!(out, "    {line}");
        }
    }
}

fn beside_the_element(out: &mut String) {
    *out += "\nBeside the element\n\n";
    let elements = [Message::Element("Amount".into()), Message::UnnamedElement, Message::PrivateElement];
    for element in &elements {
        for phase in [Phase::Unknown, Phase::Committed] {
            for whereabouts in [
                Whereabouts::Here,
                Whereabouts::Moved,
                Whereabouts::InRow(4),
                Whereabouts::After,
                Whereabouts::Before,
                Whereabouts::Inside,
                Whereabouts::Closed,
            ] {
                let said = Text::Pointer(whereabouts, phase, element).english();
                let _ = writeln!(out, "{:22} {said}", format!("{whereabouts:?} {phase:?}"));
            }
        }
        for side in [Side::Top, Side::Bottom, Side::Left, Side::Right] {
            let _ = writeln!(out, "{:22} {}", format!("out of view, {side:?}"), Text::Further(side, element).english());
        }
    }
}

fn strips(out: &mut String) {
    *out += "\nThe strip above the content: a card, small and open, and what is told of set-aside work\n\n";
    let mut write = |text: &CardText| {
        for line in &text.lines {
            let _ = writeln!(out, "{}{}", if line.is_small { "    " } else { "" }, line.text);
        }
        let buttons: Vec<String> = text.buttons.iter().map(|(words, _)| format!("[{words}]")).collect();
        let _ = writeln!(out, "{}\n", buttons.join(" "));
    };
    let mark = edited().phase(Phase::InProgress).step(2, 3).detail("1 200 EUR").note("call Ana");
    let marks =
        [(Mark::new("41").label("Invoice 41").action(Action::Open), before(43 * MINUTE)), (mark, before(42 * MINUTE))];
    let marker = Marker::from_marks("main", marks, Some(Duration::from_secs(600)), Some(Reason::Crash)).unwrap();
    let offers = [CardAction::Continue, CardAction::NotNow, CardAction::Done, CardAction::UndoRestore];
    for (size, untold) in [(CardSize::Line, None), (CardSize::Open, None)]
        .into_iter()
        .chain(CERTAINTIES.map(|certainty| (CardSize::Line, Some(certainty))))
    {
        write(&CardText::of(&marker.card(before(0)), size, &offers, untold, None));
    }
    for notice in [Notice::Quarantined, Notice::Undone, Notice::Replaced, Notice::OtherInstance] {
        write(&CardText::of_notice(notice, None));
    }
}

fn lists(out: &mut String) {
    *out += "A timeline, and another device\n\n";
    let marker = marker(edited().detail("1 200 EUR"), 42 * MINUTE, None, None);
    let window = Marker::from_marks("main", [(Mark::new(""), before(42 * MINUTE))], None, None).unwrap();
    for entry in marker.trail().iter().chain(window.trail()) {
        for offset in [None, Some(7_200)] {
            let _ = writeln!(out, "{}", entry.line(before(0), |_| offset));
        }
    }
    for device in ["laptop", ""] {
        let _ = writeln!(out, "{}", Message::Device(device.into()));
    }
}

/// Each fact of a card has its own sentence, whatever the others are: so those in the file are all there are.
#[test]
fn every_card_is_made_of_the_sentences_that_were_read() {
    let reasons: Vec<Reason> = REASONS.split(' ').chain(["lunch with Ana"]).map(Reason::from).collect();
    let known = |certainty: Certainty| match certainty {
        Certainty::Point => "",
        Certainty::Moved => "; it has moved",
        Certainty::Region => "; it was around here",
        Certainty::Card => "; it is no longer here",
    };
    for ((action, label), phase) in ACTIONS.into_iter().flat_map(|action| PHASES.map(|phase| (action, phase))) {
        let mark = || Mark::new("a").label(label).action(action).phase(phase);
        let alone = Marker::from_marks("main", [(mark(), before(0))], None, None).unwrap().card(before(60));
        let act = alone.what().map_or(String::new(), |act| format!("{label}: {act}"));
        let act = if act.is_empty() { label.to_owned() } else { act };
        assert_eq!(alone.to_string(), act);
        for age in AGES {
            let dated = marker(mark(), age, None, None).card(before(0));
            assert_eq!(dated.to_string(), format!("{act}, {}", dated.when().unwrap()));
            for reason in &reasons {
                let card = marker(mark(), age, Some(age), Some(reason.clone())).card(before(0));
                assert_eq!(card.to_string(), format!("{dated}, before {reason}"));
                for certainty in CERTAINTIES {
                    let said = dated.announcement(Certainty::Point);
                    let said = said.trim_end_matches('.');
                    let expected = format!("{said}, before {reason}{}.", known(certainty));
                    assert_eq!(card.announcement(certainty), expected);
                }
            }
        }
    }
}

#[test]
fn every_sentence_is_as_it_was_read() {
    let mut said = String::new();
    for part in [acts, elements, times, reasons, announcements, whole, beside_the_element, strips, lists] {
        part(&mut said);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/words/cards.txt");
    if std::env::var_os("WORDS").is_some() {
        std::fs::write(file, &said).unwrap();
    }
    let read = std::fs::read_to_string(file).unwrap().replace("\r\n", "\n");
    for (said, read) in said.lines().zip(read.lines()) {
        assert_eq!(said, read);
    }
    assert_eq!(said, read);
}
