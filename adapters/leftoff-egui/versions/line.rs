//! What a line for an older egui must do: a field is typed into, the process is killed, and the next start has the text, the
//! arrow and the words. `.ci/egui-lines` puts this file into the tests of each line.
#![allow(deprecated, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use egui::{CentralPanel, Context, Event, FullOutput, Id, Pos2, RawInput, Rect, Shape, vec2};
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Section, Session};
use leftoff_egui::{Arrow, LeftOff as _};

const AMOUNT: Section<String> = Section::new("amount", 1);

struct Desk {
    ctx: Context,
    session: Session,
    arrow: Arrow,
    amount: String,
    field: Rect,
}

impl Desk {
    fn open(memory: &MemoryBackend) -> Self {
        let mut session =
            Session::builder(AppId::new("org.example.test")).backend(memory.clone()).without_thread().open();
        let amount = session.get_or_default(AMOUNT);
        Self { ctx: Context::default(), session, arrow: Arrow::new(), amount, field: Rect::NOTHING }
    }

    fn frame(&mut self, events: Vec<Event>) -> FullOutput {
        let Self { ctx, session, arrow, amount, field } = self;
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(640.0, 480.0)));
        let input = RawInput { screen_rect, events, focused: true, ..RawInput::default() };
        ctx.run(input, |ctx| {
            CentralPanel::default().show(ctx, |ui| {
                arrow.card(ui);
                let edit = egui::TextEdit::singleline(amount).id(Id::new("amount"));
                // Without fonts, a text has no height of its own.
                *field = ui.add_sized([200.0, 24.0], edit).left_off(ui, "invoice/amount").rect;
            });
            if arrow.show(ctx, session) {
                *amount = session.get_or_default(AMOUNT);
            }
            arrow.autosave(session, |capture| capture.set(AMOUNT, amount)).unwrap();
        })
    }
}

/// All texts, and the rectangles around all filled triangles.
fn drawn(output: &FullOutput) -> (String, Vec<Rect>) {
    fn look(shape: &Shape, texts: &mut String, triangles: &mut Vec<Rect>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| look(shape, texts, triangles)),
            Shape::Text(text) => *texts += text.galley.text(),
            Shape::Path(path) if path.points.len() == 3 && path.fill.a() > 0 => {
                triangles.push(Rect::from_points(&path.points));
            }
            _ => {}
        }
    }
    let (mut texts, mut triangles) = (String::new(), Vec::new());
    output.shapes.iter().for_each(|clipped| look(&clipped.shape, &mut texts, &mut triangles));
    (texts, triangles)
}

#[test]
fn text_arrow_and_words_are_back_after_a_kill() {
    let memory = MemoryBackend::new();
    let mut desk = Desk::open(&memory);
    desk.frame(Vec::new());
    let (words, triangles) = drawn(&desk.frame(Vec::new()));
    assert!(!words.contains("edited") && triangles.is_empty(), "{words}");
    desk.ctx.memory_mut(|memory| memory.request_focus(Id::new("amount")));
    for text in ["4", "2"] {
        desk.frame(vec![Event::Text(text.to_owned())]);
    }
    desk.frame(Vec::new());
    assert_eq!(desk.amount, "42");
    // The process is gone: nothing is closed.
    std::mem::forget(desk.session);

    let mut desk = Desk::open(&memory);
    assert_eq!(desk.amount, "42");
    let mut last = FullOutput::default();
    for _ in 0..6 {
        last = desk.frame(Vec::new());
    }
    let (words, triangles) = drawn(&last);
    assert!(words.contains("edited"), "{words}");
    // The head of the arrow, beside or below the field. The card above has a triangle, too.
    let field = desk.field;
    assert!(triangles.iter().any(|triangle| triangle.center().y > field.top() - 1.0), "{field} {triangles:?}");
}
