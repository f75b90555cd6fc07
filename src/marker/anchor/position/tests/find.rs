//! Finding a caret or a selection in a text that has changed.

use super::*;

const TEXT: &str = "The ferry leaves at nine.\nTickets are sold on board; dogs travel free of charge.\n\
                    In winter there is no service on Sundays.\n";

/// The caret before `after`, once in [`TEXT`].
fn caret_before(after: &str) -> Position {
    let at = TEXT.find(after).unwrap();
    Position::text(TEXT, at..at)
}

fn selection(selected: &str) -> Position {
    let at = TEXT.find(selected).unwrap();
    Position::text(TEXT, at..at + selected.len())
}

/// What is selected in `text`, and what is behind.
fn shown<'t>(position: &Position, text: &'t str) -> (&'t str, &'t str, TextMatch) {
    let (range, how) = found(position, text);
    (&text[range.clone()], &text[range.end..], how)
}

#[test]
fn a_caret_stays_with_what_stood_before_it() {
    let caret = Position::text("one\ntwo", 3..3);
    assert_eq!(found(&caret, "one\ntwo"), (3..3, TextMatch::Exact));
    assert_eq!(found(&caret, "one and a half\ntwo").0, 3..3, "more was written at the end of the line");
    let at_end = Position::text("a line", 6..6);
    assert_eq!(found(&at_end, "a line\nand another"), (6..6, TextMatch::Exact));
    assert_eq!(found(&at_end, "first\na line\nlast"), (12..12, TextMatch::Moved));
}

#[test]
fn one_side_is_enough() {
    let caret = caret_before("dogs");
    let text = TEXT.replace("The ferry leaves at nine.\nTickets are sold on board; ", "Rewritten. And anew: ");
    let (_, after, how) = shown(&caret, &text);
    assert!(after.starts_with("dogs") && how == TextMatch::Similar, "{after}");
    let text = TEXT.split("dogs").next().unwrap().to_owned() + "what is said from here on is something else";
    let (_, after, how) = shown(&caret, &text);
    assert!(after.starts_with("what") && how == TextMatch::Similar, "{after}");
}

#[test]
fn a_phrase_far_away_is_not_the_text_that_is_gone() {
    let filler =
        |from: usize, to: usize| (from..to).map(|n| format!("{n} is a number.")).collect::<Vec<_>>().join(" ") + " ";
    let text = format!("{}We meet at the old harbour gate, bring the tickets.{}", filler(0, 90), filler(90, 200));
    let at = text.find("bring").unwrap();
    let caret = Position::text(&text, at..at);
    // The sentence is gone; a thousand characters later, half of it occurs in another one.
    let gone = format!("{}They walked to the old harbour gate; nobody was there.{}", filler(0, 160), filler(160, 200));
    let (range, how) = found(&caret, &gone);
    assert_eq!(how, TextMatch::Clamped, "{}", &gone[range.start..]);
    // As near as that, the other half may have been rewritten.
    let near = format!("{}They walked to the old harbour gate; nobody was there.{}", filler(0, 90), filler(90, 200));
    assert_eq!(found(&caret, &near).1, TextMatch::Similar);
}

#[test]
fn a_selection_stays_with_what_was_selected() {
    let position = selection("dogs travel");
    assert_eq!(shown(&position, &TEXT.replace("; dogs", "; big dogs")).0, "dogs travel");
    assert_eq!(shown(&position, &TEXT.replace("travel ", "travel mostly ")).0, "dogs travel");
    assert_eq!(shown(&position, &TEXT.replace("dogs travel", "pets of any kind travel")).0, "pets of any kind travel");
    let without = TEXT.replace("dogs travel ", "");
    let (selected, after, how) = shown(&position, &without);
    assert!(selected.is_empty() && after.starts_with("free") && how == TextMatch::Similar, "{selected}|{after}");
}

#[test]
fn of_a_long_selection_both_ends_are_found() {
    let position = Position::text(TEXT, 4..TEXT.len() - 10);
    assert_eq!(found(&position, TEXT), (4..TEXT.len() - 10, TextMatch::Exact));
    assert_eq!(found(&position, &["\n\n", TEXT].concat()), (6..TEXT.len() - 8, TextMatch::Moved));
    let text = TEXT.replace("; dogs", "; only small dogs");
    assert_eq!(found(&position, &text), (4..text.len() - 10, TextMatch::Similar));
    // One of its ends is no more.
    let text = TEXT.replace("The ferry leaves at nine.\nTickets are sold", "Nobody knows the times by heart");
    assert_eq!(found(&position, &text).0.end, text.len() - 10);
    let text = format!("{}and so on and so forth", &TEXT[..60]);
    assert_eq!(found(&position, &text), (4..text.len(), TextMatch::Similar));
}

#[test]
fn of_two_ends_in_the_wrong_order_the_surer_one_counts() {
    let position = Position::text(TEXT, 10..110);
    assert_eq!(found(&position, &[&TEXT[60..], &"- ".repeat(50), &TEXT[..80]].concat()), (0..50, TextMatch::Similar));
    // So near to each other, they are where the selection was.
    assert_eq!(found(&position, &[&TEXT[60..], &TEXT[..80]].concat()), (50..50, TextMatch::Similar));
}

#[test]
fn paragraphs_come_and_go_around_it() {
    let caret = caret_before("travel");
    let more = format!("A paragraph that was put before.\n\n{TEXT}\nAnd one behind.");
    let (_, after, how) = shown(&caret, &more);
    assert!(after.starts_with("travel free") && how == TextMatch::Moved, "{after}");
    let line = TEXT.lines().nth(1).unwrap();
    let (_, after, how) = shown(&caret, line);
    assert!(after.starts_with("travel free") && how == TextMatch::Similar, "{after}");
}

#[test]
fn white_space_makes_no_difference_but_the_caret_stays_in_its_line() {
    let wrapped = TEXT.replace('\n', " ").replace(" travel", "\n    travel").replace(" are", "\r\n\tare");
    let (_, after, how) = shown(&caret_before("travel"), &wrapped);
    assert!(after.starts_with("travel") && how == TextMatch::Moved, "{after}");
    assert_eq!(shown(&selection("on board; dogs"), &TEXT.replace("board; ", "board;\n")).0, "on board;\ndogs");

    // On an empty line, with more empty lines and other words around it.
    let caret = Position::text("The end of this part.\n\n\nThe beginning of that.", 22..22);
    let text = "Very much the end of this part.\n\n\nThis is the beginning of that.";
    assert_eq!(found(&caret, text), (32..32, TextMatch::Similar));
}

#[test]
fn capital_letters_are_a_similar_text() {
    let capitals = TEXT.to_uppercase();
    let (_, after, how) = shown(&caret_before("travel"), &capitals);
    assert!(after.starts_with("TRAVEL") && how == TextMatch::Similar, "{after}");
}

#[test]
fn of_several_that_are_the_same_the_nearest_is_taken() {
    let line = "The very same line, again and again.\n";
    let text = line.repeat(5);
    let position = Position::text(&text, line.len() * 2 + 4..line.len() * 2 + 8);
    assert_eq!(found(&position, &text).1, TextMatch::Exact);
    assert_eq!(found(&position, &["?", &text].concat()), (line.len() * 2 + 5..line.len() * 2 + 9, TextMatch::Moved));
    assert_eq!(found(&position, &text[1..]), (line.len() * 2 + 3..line.len() * 2 + 7, TextMatch::Moved));
}

#[test]
fn of_several_that_are_as_similar_the_nearest_is_taken() {
    let line = "The very same line, again and again.\n";
    let text = line.repeat(9);
    let caret = Position::text(&text, line.len() * 4 + 14..line.len() * 4 + 14);
    assert_eq!(
        found(&caret, &text.replace("again and", "now and")),
        ((line.len() - 2) * 4 + 14..(line.len() - 2) * 4 + 14, TextMatch::Similar)
    );
}

#[test]
fn of_several_the_one_in_the_same_context_is_taken() {
    let rows = "name: Ana, city: Rome\nname: Bob, city: Rome\nname: Eva, city: Rome\n";
    let at = rows.rfind("Rome").unwrap();
    let position = Position::text(rows, at..at + 4);
    let moved = "name: Rut, city: Rome\nname: Eva, city: Rome\nname: Ana, city: Rome\nname: Zoe, city: Rome\n";
    assert_eq!(found(&position, moved), (39..43, TextMatch::Similar));
}

#[test]
fn the_same_text_is_found_anywhere_and_a_similar_one_in_what_is_searched() {
    let caret = caret_before("travel");
    let similar = TEXT.replace("dogs", "cats");
    for (before, same, like) in
        [(SEARCHED / 4, TextMatch::Moved, TextMatch::Similar), (SEARCHED, TextMatch::Moved, TextMatch::Clamped)]
    {
        let before = "-".repeat(before);
        assert_eq!(found(&caret, &[&before, TEXT].concat()).1, same);
        assert_eq!(found(&caret, &[&before[..], &similar].concat()).1, like);
    }
}

#[test]
fn a_few_letters_are_not_found_in_a_long_text() {
    let caret = Position::text("ok", 1..1);
    assert_eq!(found(&caret, "all ok?"), (5..5, TextMatch::Moved));
    assert_eq!(
        found(&caret, &format!("{TEXT}all ok?")),
        (1..1, TextMatch::Clamped),
        "it is in any long text, sooner or later"
    );
}

#[test]
fn a_text_that_has_nothing_of_it_clamps() {
    let caret = caret_before("travel");
    let other = "Wholly other words: bread, butter, cheese, and a jug of cider for whoever has come by bicycle.";
    let at = TEXT.find("travel").unwrap();
    assert_eq!(found(&caret, other), (at..at, TextMatch::Clamped));
    assert_eq!(found(&caret, "short"), (5..5, TextMatch::Clamped));
    assert_eq!(found(&caret, ""), (0..0, TextMatch::Clamped));
    assert_eq!(found(&selection("dogs travel"), "short"), (5..5, TextMatch::Clamped));
    let empty = Position::text("", 0..0);
    assert_eq!(found(&empty, ""), (0..0, TextMatch::Clamped), "nothing was there that could be found again");
    assert_eq!(found(&empty, "anything"), (0..0, TextMatch::Clamped));
}

#[test]
fn other_scripts_are_counted_in_characters() {
    let japanese = "駅前の喫茶店で友人を待ちながら、窓の外の雨を眺めていた。傘を持つ人は少ない。";
    let at = japanese.find("雨").unwrap();
    let text = japanese.replace("友人", "古い友だち").replace("少ない", "一人もいない");
    let (_, after, how) = shown(&Position::text(japanese, at..at), &text);
    assert!(after.starts_with("雨を") && how == TextMatch::Similar, "{after}");

    // The same letters, composed and not.
    let composed = "Ausgerechnet das Café hatte am Montag geschlossen.";
    let at = composed.find(" hatte").unwrap();
    let text = composed.replace('é', "e\u{301}");
    let (_, after, _) = shown(&Position::text(composed, at..at), &text);
    assert_eq!(after, " hatte am Montag geschlossen.");
}

#[test]
fn a_caret_is_not_put_inside_a_picture_or_between_a_letter_and_its_accent() {
    let text = "👩‍🚀👩‍🚀";
    let clamped = Position::text("0123456789", 7..7);
    assert_eq!(found(&clamped, text), (11..11, TextMatch::Clamped));
    let caret = Position::text("Nothing can be more certain: cafe is a word", 33..33);
    let (_, after, how) = shown(&caret, "Nothing can be more certain: cafe\u{301} is no word");
    assert_eq!((after, how), (" is no word", TextMatch::Similar));
}

/// With `--release --nocapture`, prints what `Position::find_in` promises.
#[test]
fn the_time_for_any_text_is_bounded() {
    let random: String =
        (0..10_000_000_u32).filter_map(|at| char::from_u32(97 + (at.wrapping_mul(2_654_435_769) >> 25) % 26)).collect();
    let japanese: String = random.chars().take(3_333_333).map(|c| char::from_u32(c as u32 + 0x3000).unwrap()).collect();
    let old = "At the end of the text aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab あいうえお";
    for new in ["a".repeat(10_000_000), " ".repeat(10_000_000), "ab ".repeat(3_333_333), random, japanese] {
        for range in [60..60, 20..70] {
            let position = Position::text(old, range);
            let Content::Text { range, prefix, exact, exact_end, suffix } = position.content() else { panic!() };
            let range = range.start + 5_000_000..range.end + 5_000_000;
            let (begin, ran) = (std::time::Instant::now(), time_on_the_processor());
            let (_, how) = Quote { range: &range, prefix, exact, exact_end, suffix }.find_in(&new);
            let time = time_on_the_processor()
                .zip(ran)
                .map_or_else(|| begin.elapsed(), |(now, before)| now.saturating_sub(before));
            println!("{new:.4}…, {range:?}: {how:?} in {time:?}");
            assert!(time < std::time::Duration::from_secs(20), "{time:?}");
        }
    }
}

/// How long this thread has run; not how long it waited for its turn. Only Linux tells without a library.
fn time_on_the_processor() -> Option<std::time::Duration> {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    schedule.split(' ').next()?.parse().ok().map(std::time::Duration::from_nanos)
}

/// Words enough of which are unlike any others.
fn words(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]{3,9}|[äöüß]{3,6}|[あ-ん]{2,5}", count)
}

proptest! {
    #[test]
    fn a_text_that_did_not_change_is_exact((text, range) in any_text_and_range()) {
        let position = Position::text(&text, range);
        let Content::Text { range, .. } = position.content() else { panic!() };
        let how = if text.is_empty() { TextMatch::Clamped } else { TextMatch::Exact };
        prop_assert_eq!(found(&position, &text), (range.clone(), how));
    }

    #[test]
    fn any_text_has_a_place_on_boundaries_and_always_the_same(
        (old, range) in any_text_and_range(), (new, _) in any_text_and_range(),
    ) {
        let position = Position::text(&old, range);
        let place = position.find_in(&new).unwrap();
        prop_assert!(new.get(place.0.clone()).is_some(), "{place:?}");
        if matches!(position.content(), Content::Text { range, .. } if range.is_empty()) {
            prop_assert!(place.0.is_empty());
        }
        prop_assert_eq!(position.find_in(&new).unwrap(), place);
    }

    /// Whatever is put before or behind, the caret is between the same characters.
    #[test]
    fn text_put_around_it_does_not_move_it(
        text in words(4..40), before in words(0..60), behind in words(0..60), from: prop::sample::Index,
        to: prop::sample::Index,
    ) {
        let (text, before, behind) = (text.join(" "), before.join(" "), behind.join(" "));
        let (from, to) = (boundary(&text, from), boundary(&text, to));
        let position = Position::text(&text, from.min(to)..from.max(to));
        let (range, how) = found(&position, &[&before[..], &text[..], &behind[..]].concat());
        prop_assert_eq!(range, from.min(to) + before.len()..from.max(to) + before.len());
        prop_assert_eq!(how, if before.is_empty() { TextMatch::Exact } else { TextMatch::Moved });
    }

    /// Whatever is done to the text beyond the context, too.
    #[test]
    fn edits_elsewhere_do_not_move_it(
        front in words(5..40), middle in words(30..40), back in words(5..40), anew in words(0..40), at_front: bool,
    ) {
        let [front, middle, back, anew] = [front, middle, back, anew].map(|words| words.join(" "));
        let caret = middle.char_indices().nth(middle.chars().count() / 2).unwrap().0;
        let old = [&front[..], &middle, &back].concat();
        let position = Position::text(&old, front.len() + caret..front.len() + caret);
        let (front, back) = if at_front { (&anew, &back) } else { (&front, &anew) };
        let (range, how) = found(&position, &[&front[..], &middle, &back[..]].concat());
        prop_assert_eq!(range, front.len() + caret..front.len() + caret);
        prop_assert!(matches!(how, TextMatch::Exact | TextMatch::Moved), "{:?}", how);
    }
}
