//! egui 0.37 without a window: AccessKit 0.25, a whole tree in each frame.

use std::time::Instant;

use egui::accesskit::{NodeId, Role};
use egui::{Context, Pos2, RawInput, Rect, TextEdit, Ui, Vec2};
use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::{Key, KeyOrigin, UiTree};
use leftoff::marker::place::{Direction, Metrics};
use leftoff::marker::resolve::{Match, Resolution};
use leftoff::resume::{Pointer, Resume};
use leftoff::{Action, AppId, Session};
use leftoff_accesskit::v0_25::{Spot, Tree, View};

const SECRET: &str = "kanarienvogel";

/// A program with its tree.
struct Program {
    context: Context,
    tree: Tree,
}

impl Program {
    fn new() -> Self {
        let context = Context::default();
        context.enable_accesskit();
        Self { context, tree: Tree::new() }
    }

    fn frame(&mut self, show: impl FnMut(&mut Ui)) {
        let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(400.0, 2_000.0));
        let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        let mut output = self.context.run_ui(input, show);
        output.textures_delta.clear();
        self.tree.update(output.platform_output.accesskit_update.expect("enabled"));
    }

    /// The tree of these fields, after the layout has settled.
    fn of(mut show: impl FnMut(&mut Ui)) -> Self {
        let mut program = Self::new();
        (0..2).for_each(|_| program.frame(&mut show));
        program
    }
}

/// Fields with their labels beside them.
fn form(ui: &mut Ui, labels: &[&str]) {
    for label in labels {
        ui.horizontal(|ui| {
            let caption = ui.label(*label);
            ui.add(TextEdit::singleline(&mut "1 200".to_owned())).labelled_by(caption.id);
        });
    }
    let _ = ui.button("Send");
}

/// The element with this role and name.
fn spot(view: &View<'_>, role: Role, name: &str) -> Spot {
    let is_it = |spot: &Spot| view.name(*spot).as_deref() == Some(name);
    let found = view
        .spots()
        .filter(is_it)
        .find(|spot| view.role(*spot) == format!("{role:?}").to_lowercase().replace("input", " input"));
    found.unwrap_or_else(|| panic!("no {name}"))
}

fn arrow(view: &View<'_>, resolution: &Resolution<Spot>) -> Option<String> {
    match resolution.outcome() {
        Match::Exact(spot) | Match::Moved(spot) => Some(view.name(spot).unwrap_or_default().into_owned()),
        _ => None,
    }
}

/// Left at this field of one version, killed, and found in another.
fn found(before: &[&str], name: &str, after: impl FnMut(&mut Ui)) -> Option<String> {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open();
    let program = Program::of(|ui| form(ui, before));
    let (mut session, view) = (open(), program.tree.view());
    view.mark(spot(&view, Role::TextInput, name), |mark| session.mark(mark.action(Action::Edit)));
    session.autosave(|capture| capture.anchor(&view)).unwrap();
    std::mem::forget(session);
    let program = Program::of(after);
    let view = program.tree.view();
    arrow(&view, &open().marker().unwrap().resolve(&view))
}

const FORM: [&str; 5] = ["Customer", "Amount", "Date", "Purpose", "Cost centre"];

#[test]
fn fields_are_named_by_their_labels_and_buttons_by_their_texts() {
    let program = Program::of(|ui| form(ui, &FORM));
    let view = program.tree.view();
    for name in FORM {
        spot(&view, Role::TextInput, name);
    }
    spot(&view, Role::Button, "Send");
}

#[test]
fn a_field_is_found_after_the_form_was_sorted_and_got_a_heading() {
    for name in FORM {
        let after = |ui: &mut Ui| {
            ui.heading("A new invoice");
            ui.group(|ui| form(ui, &["Date", "Purpose", "Approver", "Customer", "Cost centre", "Amount"]));
        };
        assert_eq!(found(&FORM, name, after).as_deref(), Some(name));
    }
}

#[test]
fn a_renamed_field_is_found_and_a_removed_one_is_not() {
    let renamed = ["Customer", "Sum without tax", "Date", "Purpose", "Cost centre"];
    assert_eq!(found(&FORM, "Amount", |ui| form(ui, &renamed)).as_deref(), Some("Sum without tax"));
    assert_eq!(found(&FORM, "Amount", |ui| form(ui, &["Customer", "Date", "Purpose", "Cost centre"])), None);
}

#[test]
fn nothing_that_is_typed_is_a_name_even_if_the_password_is_shown() {
    for is_hidden in [true, false] {
        let program = Program::of(|ui| {
            let caption = ui.label("Password");
            ui.add(TextEdit::singleline(&mut SECRET.to_owned()).password(is_hidden)).labelled_by(caption.id);
            ui.add(TextEdit::multiline(&mut SECRET.to_owned()));
        });
        let view = program.tree.view();
        let role = if is_hidden { Role::PasswordInput } else { Role::TextInput };
        view.mark(spot(&view, role, "Password"), |mark| {
            let mut session = Session::in_memory();
            session.mark(mark);
            assert_eq!(session.last_mark().unwrap().is_sensitive(), is_hidden);
        });
        assert!(view.spots().all(|spot| view.name(spot).is_none_or(|name| !name.contains(SECRET))));
    }
}

/// Rows of records; what each button belongs to.
fn rows(ui: &mut Ui, records: &[u64]) -> Vec<(NodeId, u64)> {
    let mut keys = Vec::new();
    for record in records {
        let row = ui.group(|ui| {
            ui.label(format!("Invoice {record}"));
            keys.push((ui.button("Delete").id.accesskit_id(), *record));
        });
        let _ = row;
    }
    keys
}

#[test]
fn a_button_that_is_in_each_row_is_found_by_the_record_that_the_host_gives() {
    let key = |keys: &[(NodeId, u64)], id: NodeId| {
        let (_, record) = keys.iter().find(|(of, _)| *of == id)?;
        Some(Key { text: format!("{record}/delete").into(), origin: KeyOrigin::Data })
    };
    let mut before = Vec::new();
    let old = Program::of(|ui| before = rows(ui, &[1, 2, 3, 4, 5]));
    let mut after = Vec::new();
    let new = Program::of(|ui| after = rows(ui, &[5, 9, 3, 1]));
    let (old, new) = (old.tree.with_keys(|id, _| key(&before, id)), new.tree.with_keys(|id, _| key(&after, id)));
    for (record, row) in [(3, Some(2)), (2, None)] {
        let mut session = Session::in_memory();
        let node = before.iter().find(|(_, of)| *of == record).unwrap().0;
        old.mark(old.find(node).unwrap(), |mark| session.mark(mark));
        session.autosave(|capture| capture.anchor(&old)).unwrap();
        session.suspend("lunch").unwrap();
        let outcome = session.wake().unwrap().resolve(&new).outcome();
        let expected = row.map(|row: usize| Match::Exact(new.find(after[row].0).unwrap()));
        assert!(
            expected.map_or(!matches!(outcome, Match::Exact(_) | Match::Moved(_)), |it| it == outcome),
            "{outcome:?}"
        );
    }
}

#[test]
fn the_arrow_is_beside_the_widget_that_egui_drew() {
    let mut drawn = Rect::NOTHING;
    let program = Program::of(|ui| {
        let caption = ui.label("Amount");
        drawn = ui.add(TextEdit::singleline(&mut String::new())).labelled_by(caption.id).rect;
    });
    let view = program.tree.view();
    let (mut session, mut resume) = (Session::in_memory(), Resume::new(""));
    let lay_out = |resume: &mut Resume, session: &mut Session| {
        resume.begin();
        view.each(|spot, element| {
            if let Some((rect, clip)) = view.area(spot) {
                resume.add(element, rect, clip);
            }
        });
        assert!(!resume.end(session));
    };
    lay_out(&mut resume, &mut session);
    view.mark(spot(&view, Role::TextInput, "Amount"), |mark| resume.touch(&mut session, mark));
    session.autosave(|capture| capture.anchor(resume.elements())).unwrap();
    session.suspend("lunch").unwrap();
    session.wake();
    lay_out(&mut resume, &mut session);
    let found = resume.found().unwrap().rect;
    assert!((found.min.x - drawn.min.x).abs() < 1.0 && (found.min.y - drawn.min.y).abs() < 1.0, "{found:?} {drawn:?}");
    assert!(matches!(resume.pointer(Direction::LeftToRight, &Metrics::pixels(1.0)), Some(Pointer::Arrow { .. })));
}

/// `cargo test --release -- --ignored --nocapture cost`
#[test]
#[ignore = "a measurement"]
fn cost() {
    for fields in [20, 500] {
        let labels: Vec<String> = (0..fields).map(|at| format!("Field {at}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let mut program = Program::of(|ui| form(ui, &labels));
        let elements = program.tree.view().spots().count();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(400.0, 2_000.0))),
            ..RawInput::default()
        };
        let mut output = program.context.run_ui(input, |ui| form(ui, &labels));
        output.textures_delta.clear();
        let update = output.platform_output.accesskit_update.unwrap();
        let time = |what: &str, times: u32, run: &mut dyn FnMut()| {
            run();
            let start = Instant::now();
            (0..times).for_each(|_| run());
            println!("{elements} elements, {what}: {:.1} µs", start.elapsed().as_secs_f64() * 1e6 / f64::from(times));
        };
        let mut copies: Vec<_> = (0..201).map(|_| update.clone()).collect();
        let tree = &mut program.tree;
        time("update of all nodes", 200, &mut || tree.update(copies.pop().unwrap()));
        time("view", 100, &mut || drop(std::hint::black_box(tree.view())));
        let view = tree.view();
        let field = spot(&view, Role::TextInput, labels[labels.len() / 2]);
        time("view and path", 100, &mut || drop(std::hint::black_box(tree.view().path(field))));
        let anchor = leftoff::marker::anchor::Anchor::of_node(&view, field);
        time("anchor", 20, &mut || drop(std::hint::black_box(leftoff::marker::anchor::Anchor::of_node(&view, field))));
        let resolver = leftoff::marker::resolve::Resolver::new();
        time("found by likeness", 20, &mut || drop(std::hint::black_box(resolver.resolve(&anchor, &view))));
    }
}
