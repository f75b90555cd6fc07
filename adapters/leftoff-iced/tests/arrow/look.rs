//! What is drawn, and that it covers nothing.

use iced::{Rectangle, Theme};
use leftoff::backend::MemoryBackend;
use leftoff_iced::Drawn;

use crate::support::*;

const CAPTIONS: &[Item] = &[
    (Kind::Captioned, "form/name", "Name"),
    (Kind::Captioned, "form/amount", "Amount"),
    (Kind::Captioned, "form/due", "Due"),
];

fn parts(desk: &Desk) -> Vec<Rectangle> {
    match desk.app.arrow.drawn() {
        Drawn::Arrow { bounds, words, .. } => {
            [Some(bounds), words.map(|(_, room)| room)].into_iter().flatten().map(rectangle).collect()
        }
        drawn => panic!("{drawn:?}"),
    }
}

#[test]
fn arrow_and_words_cover_no_caption_and_no_field() {
    for items in [CAPTIONS, FORM] {
        let mut desk = Desk::after(leave_at_amount, items, items);
        let parts = parts(&desk);
        assert_eq!(parts.len(), 2, "the words have room");
        for path in ["form/name", "form/amount", "form/due", "Name", "Amount", "Due"] {
            let by_id =
                desk.look(iced_test::selector::id(path)).map(|target| iced_test::selector::Bounded::bounds(&target));
            let Some(bounds) =
                by_id.or_else(|| desk.look(path).map(|text| iced_test::selector::Bounded::bounds(&text)))
            else {
                continue;
            };
            assert!(parts.iter().all(|part| !part.intersects(&bounds)), "{path}: {bounds:?}, {parts:?}");
        }
    }
}

/// The pixels of a colour in an area, by a rule for red, green and blue.
fn count(pixels: &[u8], area: Rectangle, is_counted: impl Fn(&[u8]) -> bool) -> usize {
    let width = SIZE.width as usize;
    let inside = |nth: usize| area.contains(iced::Point::new((nth % width) as f32 + 0.5, (nth / width) as f32 + 0.5));
    pixels.chunks(4).enumerate().filter(|(nth, pixel)| inside(*nth) && is_counted(pixel)).count()
}

#[test]
fn the_arrow_is_in_the_color_of_the_theme_with_a_light_edge() {
    for theme in [Theme::Light, Theme::Dark] {
        let mut desk = Desk::after(leave_at_amount, FORM, FORM);
        let pixels = desk.picture(&theme);
        let bounds = parts(&desk)[0];
        // 5865F2, darkened.
        let core = count(&pixels, bounds, |pixel| pixel[2] > 180 && pixel[0] < 110 && pixel[1] < 120);
        assert!(core > 100, "{theme}: {core} pixels of {bounds:?}");
        let edge = count(&pixels, bounds, |pixel| pixel.iter().all(|part| *part > 240));
        assert!(edge > 60, "{theme}: {edge} pixels");
        assert_eq!(pixels, desk.picture(&theme), "nothing moves");
    }
}

#[test]
fn without_a_marker_the_window_looks_as_without_the_wrapper() {
    let mut desk = Desk::with(&MemoryBackend::new(), FORM, std::time::Duration::ZERO);
    let before = desk.picture(&Theme::Light);
    assert_eq!(desk.app.arrow.drawn(), Drawn::Nothing);
    let blue = count(&before, Rectangle::with_size(SIZE), |pixel| pixel[2] > 180 && pixel[0] < 110);
    let button = desk.look("Send").unwrap();
    let around = iced_test::selector::Bounded::bounds(&button).expand(20.0);
    assert_eq!(count(&before, around, |pixel| pixel[2] > 180 && pixel[0] < 110), blue);
}
