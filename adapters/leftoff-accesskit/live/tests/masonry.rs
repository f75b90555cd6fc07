//! masonry 0.4 without a window: AccessKit 0.21, and after the first frame only the changed nodes.

use std::sync::Arc;

use leftoff::backend::MemoryBackend;
use leftoff::marker::anchor::{Key, KeyOrigin, UiTree};
use leftoff::marker::resolve::{Certainty, Match};
use leftoff::{Action, AppId, Session};
use leftoff_accesskit::v0_21::accesskit::{NodeId, Role};
use leftoff_accesskit::v0_21::{Spot, Tree, View};
use masonry::app::{RenderRoot, RenderRootOptions, WindowSizePolicy};
use masonry::core::{NewWidget, Widget, WidgetTag, WindowEvent};
use masonry::dpi::PhysicalSize;
use masonry::theme::default_property_set;
use masonry::widgets::{Button, Flex, Label, TextArea, TextInput};

const FIELD: WidgetTag<TextArea<true>> = WidgetTag::new("field");
const COLUMN: WidgetTag<Flex> = WidgetTag::new("column");
const SECRET: &str = "kanarienvogel";

/// A window with its tree.
struct Program {
    root: RenderRoot,
    tree: Tree,
}

/// A caption with a field beside it.
fn field(label: &str) -> NewWidget<Flex> {
    let row = Flex::row().with_child(Label::new(label).with_auto_id());
    NewWidget::new(row.with_child(TextInput::new(SECRET).with_auto_id()))
}

impl Program {
    fn of(labels: &[&str]) -> Self {
        let column = labels.iter().fold(Flex::column(), |column, label| column.with_child(field(label)));
        let area = NewWidget::new_with_tag(TextArea::new_editable(""), FIELD);
        let column = column.with_child(TextInput::from_text_area(area).with_auto_id());
        let column = column.with_child(Button::with_text("Send").with_auto_id());
        let options = RenderRootOptions {
            default_properties: Arc::new(default_property_set()),
            use_system_fonts: true,
            size_policy: WindowSizePolicy::User,
            size: PhysicalSize::new(400, 600),
            scale_factor: 1.0,
            test_font: None,
        };
        let root = RenderRoot::new(NewWidget::new_with_tag(column, COLUMN), |_| {}, options);
        let mut program = Self { root, tree: Tree::new() };
        program.root.handle_window_event(WindowEvent::EnableAccessTree);
        program.frame();
        program
    }

    /// The number of nodes in the update.
    fn frame(&mut self) -> usize {
        let Some(update) = self.root.redraw().1 else { return 0 };
        let nodes = update.nodes.len();
        self.tree.update(update);
        nodes
    }
}

/// The fields in reading order: each is the only field in its row, after its caption.
fn fields(view: &View<'_>) -> Vec<Spot> {
    view.spots().filter(|spot| view.role(*spot) == "text input").collect()
}

/// The caption of a field.
fn caption(view: &View<'_>, field: Spot) -> String {
    let is_caption = |spot: &Spot| *spot < field && view.role(*spot) == "label" && view.name(*spot).is_some();
    let label = view.spots().filter(is_caption).last().unwrap();
    view.name(label).unwrap().into_owned()
}

const FORM: [&str; 5] = ["Customer", "Amount", "Date", "Purpose", "Cost centre"];

/// Left at the field with this caption, killed, and found in a window with these fields.
fn found(name: &str, after: &[&str]) -> (Certainty, Option<String>) {
    let memory = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).without_thread().open();
    let program = Program::of(&FORM);
    let (mut session, view) = (open(), program.tree.view());
    let field = fields(&view).into_iter().find(|field| caption(&view, *field) == name).unwrap();
    view.mark(field, |mark| session.mark(mark.action(Action::Edit)));
    session.autosave(|capture| capture.anchor(&view)).unwrap();
    std::mem::forget(session);
    let program = Program::of(after);
    let view = program.tree.view();
    let resolution = open().marker().unwrap().resolve(&view);
    let at = match resolution.outcome() {
        Match::Exact(spot) | Match::Moved(spot) => Some(caption(&view, spot)),
        _ => None,
    };
    (resolution.certainty(), at)
}

#[test]
fn texts_of_labels_and_buttons_are_names_and_those_of_fields_are_not() {
    let program = Program::of(&FORM);
    let view = program.tree.view();
    let names: Vec<String> = view.spots().filter_map(|spot| view.name(spot)).map(|name| name.into_owned()).collect();
    for name in FORM.iter().chain(&["Send"]) {
        assert!(names.iter().any(|has| has == name), "{name} in {names:?}");
    }
    assert!(names.iter().all(|name| !name.contains(SECRET)), "{names:?}");
    assert_eq!(fields(&view).len(), FORM.len() + 1);
}

#[test]
fn a_field_without_a_name_is_found_by_its_caption_after_the_form_was_sorted() {
    let sorted = ["Date", "Purpose", "Approver", "Customer", "Cost centre", "Amount"];
    for name in FORM {
        // Masonry gives its fields neither a label nor an id, only the caption beside them.
        assert_eq!(found(name, &sorted), (Certainty::Moved, Some(name.to_owned())));
    }
    assert_eq!(found("Amount", &FORM).1.as_deref(), Some("Amount"));
}

#[test]
fn partial_updates_keep_the_tree() {
    let mut program = Program::of(&FORM);
    let first = program.tree.view().spots().count();
    program.root.edit_widget_with_tag(COLUMN, |mut column| {
        Flex::insert_child(&mut column, 2, field("Approver"));
        Flex::remove_child(&mut column, 0);
    });
    let nodes = program.frame();
    let whole = Program::of(&["Amount", "Approver", "Date", "Purpose", "Cost centre"]);
    let (view, expected) = (program.tree.view(), whole.tree.view());
    assert!(nodes > 0 && nodes < first, "{nodes} of {first}");
    let shape = |view: &View<'_>| {
        let of = |spot| (view.role(spot).into_owned(), view.name(spot).map(|name| name.into_owned()));
        view.spots().map(of).collect::<Vec<_>>()
    };
    assert_eq!(shape(&view), shape(&expected));
}

#[test]
fn a_key_of_the_host_finds_a_field_under_another_caption() {
    fn with_key(tree: &Tree, node: NodeId) -> View<'_> {
        tree.with_keys(move |id, _| (id == node).then(|| Key { text: "amount".into(), origin: KeyOrigin::Authored }))
    }
    let (old, new) = (Program::of(&FORM), Program::of(&["Date", "Betrag", "Customer"]));
    let node = |tree: &Tree, at: usize| {
        let view = tree.view();
        view.id(fields(&view)[at])
    };
    let (before, after) = (node(&old.tree, 1), node(&new.tree, 1));
    let (old, new) = (with_key(&old.tree, before), with_key(&new.tree, after));
    let mut session = Session::in_memory();
    old.mark(old.find(before).unwrap(), |mark| session.mark(mark));
    session.autosave(|capture| capture.anchor(&old)).unwrap();
    session.suspend("lunch").unwrap();
    let outcome = session.wake().unwrap().resolve(&new).outcome();
    assert_eq!(outcome, Match::Exact(new.find(after).unwrap()));
}

#[test]
fn the_focus_is_that_of_the_window() {
    let mut program = Program::of(&FORM);
    assert_eq!(program.tree.node(program.tree.focus().unwrap()).unwrap().role(), Role::Window);
    let (id, field) =
        program.root.edit_widget_with_tag(FIELD, |field| (field.ctx.widget_id(), NodeId::from(field.ctx.widget_id())));
    assert!(program.root.focus_on(Some(id)));
    program.frame();
    assert_eq!(program.tree.focus(), Some(field));
}
