//! Reads names, rectangles and labels of all widgets of a window.

use std::collections::HashMap;

use gtk::glib;
use gtk::graphene::Point;
use gtk::prelude::*;
use leftoff::marker::anchor::KeyOrigin;
use leftoff::marker::place::{self, Rect};
use leftoff::resume::Target;

use crate::target;

/// The named widgets of a window, in reading order, and what an arrow should not cover.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) spots: Vec<Spot>,
    /// Texts, pictures and controls without a name: rectangle and clip.
    pub(crate) obstacles: Vec<(Rect, Rect)>,
    /// The position of a spot in that order, by the widget.
    by_id: HashMap<usize, usize>,
}

/// A named widget.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) id: usize,
    pub(crate) widget: glib::WeakRef<gtk::Widget>,
    pub(crate) named: Target,
    /// Rectangle and clip; `None` on a page that is not open.
    pub(crate) area: Option<(Rect, Rect)>,
    /// It contains no other named widget.
    pub(crate) is_leaf: bool,
    /// The user types into it.
    pub(crate) is_text: bool,
}

impl Collected {
    /// Reads the widgets inside `root`, with rectangles in its coordinates.
    pub(crate) fn read(root: &gtk::Widget) -> Self {
        let mut collected = Self::default();
        let size = |length: i32| place_length(f64::from(length));
        let clip = Rect::new(0.0, 0.0, size(root.width()), size(root.height()));
        let around = Around { root, base: "", clip, is_open: root.is_mapped() };
        for child in children(root) {
            collected.visit(&child, &around);
        }
        collected
    }

    pub(crate) fn spot(&self, id: usize) -> Option<&Spot> {
        self.spots.get(*self.by_id.get(&id)?)
    }

    /// Returns the element that a touch of this widget is meant for: the innermost one, or else the record around it.
    pub(crate) fn at(&self, widget: &gtk::Widget) -> Option<&Spot> {
        let spots = ancestors(widget).filter_map(|widget| self.spot(target::id(&widget)));
        spots.into_iter().find(|spot| spot.is_leaf || spot.named.origin == KeyOrigin::Data)
    }

    /// Returns the element with the keyboard focus. A row of a list view has the focus for the named widget in it.
    pub(crate) fn focused(&self, focus: &gtk::Widget) -> Option<&Spot> {
        let inside = focus.first_child().filter(|_| role(focus) == gtk::AccessibleRole::ListItem);
        inside.and_then(|row| self.spot(target::id(&row))).or_else(|| self.at(focus))
    }

    fn visit(&mut self, widget: &gtk::Widget, around: &Around<'_>) {
        // A popover has a surface of its own.
        if !widget.is_visible() || widget.is::<gtk::Native>() {
            return;
        }
        let is_open = around.is_open && widget.is_mapped();
        let rect = if is_open { bounds(widget, around.root) } else { None };
        let kind = Kind::of(widget);
        let path = path(widget, around.base);
        let number = path.as_ref().map(|path| self.add(widget, path, kind, rect.map(|rect| (rect, around.clip))));
        let is_shown = matches!(kind, Kind::Control { .. }) || is_content(widget);
        if let (None, Some(rect), true) = (number, rect, is_shown) {
            self.obstacles.push((rect, around.clip));
        }
        if matches!(kind, Kind::Control { .. }) {
            return;
        }
        let clip = match rect {
            Some(rect) if is_clipping(widget) => shared(rect, around.clip),
            _ => around.clip,
        };
        let base = path.as_deref().unwrap_or(around.base);
        let inside = Around { root: around.root, base, clip, is_open };
        for child in children(widget) {
            self.visit(&child, &inside);
        }
        if let Some(closed) = widget.downcast_ref::<gtk::Expander>().and_then(closed) {
            self.visit(&closed, &Around { is_open: false, ..inside });
        }
        let is_leaf = number.is_some_and(|number| number + 1 == self.spots.len());
        if let Some(spot) = number.and_then(|number| self.spots.get_mut(number)) {
            // A container that only lays out others is no element, unless the program says so.
            spot.is_leaf = is_leaf && (target::of(widget).is_some() || widget.is_focusable());
        }
    }

    fn add(&mut self, widget: &gtk::Widget, path: &str, kind: Kind, area: Option<(Rect, Rect)>) -> usize {
        let (id, number) = (target::id(widget), self.spots.len());
        let named = named(widget, path, kind);
        let is_text = matches!(kind, Kind::Control { is_text: true, .. });
        self.by_id.insert(id, number);
        self.spots.push(Spot { id, widget: widget.downgrade(), named, area, is_leaf: true, is_text });
        number
    }
}

/// What a widget inherits from those around it.
struct Around<'a> {
    root: &'a gtk::Widget,
    /// The path of the innermost named widget around.
    base: &'a str,
    clip: Rect,
    /// The page is open.
    is_open: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    /// What is inside belongs to GTK.
    Control {
        role: &'static str,
        is_text: bool,
    },
    Other,
}

impl Kind {
    fn of(widget: &gtk::Widget) -> Self {
        use gtk::AccessibleRole as Role;
        let (role, is_text) = match role(widget) {
            _ if widget.is::<gtk::Editable>() || widget.is::<gtk::TextView>() => ("field", true),
            _ if widget.is::<gtk::Expander>() || widget.is::<gtk::TreeExpander>() => return Self::Other,
            _ if widget.is::<gtk::Range>() => ("slider", false),
            Role::Checkbox => ("check", false),
            Role::Radio => ("radio", false),
            Role::Switch => ("switch", false),
            Role::Slider => ("slider", false),
            Role::ComboBox => ("choice", false),
            Role::TextBox | Role::SearchBox | Role::SpinButton => ("field", true),
            Role::Button => ("button", false),
            _ if widget.is::<gtk::Button>() => ("button", false),
            _ => return Self::Other,
        };
        Self::Control { role, is_text }
    }

    /// Returns whether it shows no name of its own, but stands beside one.
    fn has_caption(self) -> bool {
        matches!(self, Self::Control { role: "field" | "slider" | "switch" | "choice", .. })
    }
}

fn role(widget: &gtk::Widget) -> gtk::AccessibleRole {
    property(widget, "accessible-role").unwrap_or(gtk::AccessibleRole::None)
}

pub(crate) fn children(widget: &gtk::Widget) -> impl Iterator<Item = gtk::Widget> {
    std::iter::successors(widget.first_child(), WidgetExt::next_sibling)
}

pub(crate) fn ancestors(widget: &gtk::Widget) -> impl Iterator<Item = gtk::Widget> {
    std::iter::successors(Some(widget.clone()), WidgetExt::parent)
}

/// The contents of an expander that is closed: it has no parent then.
fn closed(expander: &gtk::Expander) -> Option<gtk::Widget> {
    expander.child().filter(|child| child.parent().is_none())
}

/// Returns the rectangle of a widget in the coordinates of another.
pub(crate) fn bounds(widget: &gtk::Widget, of: &gtk::Widget) -> Option<Rect> {
    let bounds = widget.compute_bounds(of)?;
    Some(Rect::new(bounds.x(), bounds.y(), bounds.width(), bounds.height()))
}

/// Returns a point in the coordinates of another widget.
pub(crate) fn converted(point: (f64, f64), from: &gtk::Widget, to: &gtk::Widget) -> Option<place::Point> {
    let point = from.compute_point(to, &Point::new(place_length(point.0), place_length(point.1)))?;
    Some(place::Point { x: point.x(), y: point.y() })
}

#[expect(clippy::cast_possible_truncation, reason = "coordinates in a window")]
fn place_length(length: f64) -> f32 {
    length as f32
}

fn is_clipping(widget: &gtk::Widget) -> bool {
    widget.overflow() == gtk::Overflow::Hidden || widget.is::<gtk::ScrolledWindow>()
}

fn is_content(widget: &gtk::Widget) -> bool {
    widget.is::<gtk::Label>() || widget.is::<gtk::Image>() || widget.is::<gtk::Picture>()
}

pub(crate) fn shared(a: Rect, b: Rect) -> Rect {
    let min = place::Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) };
    // Not below zero, so that nothing is turned around.
    Rect { min, max: place::Point { x: a.max.x.min(b.max.x).max(min.x), y: a.max.y.min(b.max.y).max(min.y) } }
}

/// Returns the path: that of the program, or else the names from the window down to the widget.
fn path(widget: &gtk::Widget, base: &str) -> Option<String> {
    let own = target::of(widget).and_then(|target| target.path.clone());
    let path = own.or_else(|| {
        let name = own_name(widget)?;
        Some(if base.is_empty() { name } else { format!("{base}/{name}") })
    });
    path.filter(|path| !path.is_empty())
}

/// The id in the `.ui` file, or the widget name, if it is not that of the type.
fn own_name(widget: &gtk::Widget) -> Option<String> {
    // An object without an id has one that counts.
    let id = widget.dynamic_cast_ref::<gtk::Buildable>().and_then(BuildableExt::buildable_id);
    let id = id.filter(|id| !id.is_empty() && !id.starts_with("___"));
    let name = id.unwrap_or_else(|| widget.widget_name());
    (!name.is_empty() && name != widget.type_().name()).then(|| name.into())
}

/// Returns what the program says of the widget, and for the rest what the widget itself says.
fn named(widget: &gtk::Widget, path: &str, kind: Kind) -> Target {
    if is_secret(widget) {
        target::set_sensitive(widget);
    }
    let said = target::of(widget).unwrap_or_default();
    let of_widget = match kind {
        Kind::Control { role, .. } => role,
        Kind::Other => "",
    };
    let mut named = Target::new(path);
    named.label = said.label.clone().or_else(|| label(widget, kind)).unwrap_or_default();
    named.role = said.role.clone().unwrap_or_else(|| of_widget.to_owned());
    named.origin = said.origin();
    (named.action, named.phase) = (said.action, said.phase);
    named.breadcrumb.clone_from(&said.breadcrumb);
    named.is_sensitive = said.is_sensitive;
    named
}

pub(crate) fn is_secret(widget: &gtk::Widget) -> bool {
    let is_hidden = || property::<bool>(widget, "visibility") == Some(false);
    let purpose = || property::<gtk::InputPurpose>(widget, "input-purpose");
    widget.is::<gtk::PasswordEntry>()
        || is_hidden()
        || matches!(purpose(), Some(gtk::InputPurpose::Password | gtk::InputPurpose::Pin))
}

fn property<T: for<'a> glib::value::FromValue<'a> + 'static>(widget: &gtk::Widget, name: &str) -> Option<T> {
    widget.find_property(name)?;
    widget.property_value(name).get().ok()
}

/// Returns what the user reads as the name of a widget. Never the contents of a field.
fn label(widget: &gtk::Widget, kind: Kind) -> Option<String> {
    let mnemonic = || widget.list_mnemonic_labels().into_iter().find_map(|label| words(&label));
    let own = || {
        let text = if let Some(button) = widget.downcast_ref::<gtk::Button>() {
            return button.child().as_ref().and_then(words);
        } else if let Some(check) = widget.downcast_ref::<gtk::CheckButton>() {
            (check.label(), check.uses_underline())
        } else {
            let menu = widget.downcast_ref::<gtk::MenuButton>()?;
            (menu.label(), menu.uses_underline())
        };
        text.0.map(|label| if text.1 { without_mnemonic(&label) } else { label.to_string() })
    };
    let placeholder = || property::<Option<String>>(widget, "placeholder-text").flatten();
    let tooltip = || widget.tooltip_text().map(String::from);
    let before = || if kind.has_caption() { caption(widget) } else { None };
    let found = mnemonic().or_else(own).or_else(placeholder).or_else(tooltip).or_else(before)?;
    let found = found.trim().trim_end_matches(':').trim_end();
    (!found.is_empty()).then(|| found.to_owned())
}

/// The text of the label directly before a control, unless that is the mnemonic label of another. In a grid, it is the one
/// in the column before, or else in the row above.
fn caption(widget: &gtk::Widget) -> Option<String> {
    let scrolls = |widget: &gtk::Widget| widget.is::<gtk::ScrolledWindow>() || widget.is::<gtk::Viewport>();
    let widget = &ancestors(widget).find(|widget| !widget.parent().is_some_and(|parent| scrolls(&parent)))?;
    let parent = widget.parent()?;
    let before = if let Some(grid) = parent.downcast_ref::<gtk::Grid>() {
        let (column, row, ..) = grid.query_child(widget);
        grid.child_at(column - 1, row).or_else(|| grid.child_at(column, row - 1))
    } else {
        widget.prev_sibling().filter(|_| parent.is::<gtk::Box>())
    };
    let label = before.and_downcast::<gtk::Label>().filter(WidgetExt::is_visible)?;
    if label.mnemonic_widget().is_some() { None } else { words(label.upcast_ref()) }
}

/// The text of a label, without its mnemonic.
fn words(widget: &gtk::Widget) -> Option<String> {
    widget.downcast_ref::<gtk::Label>().map(|label| label.text().into()).filter(|text: &String| !text.is_empty())
}

fn without_mnemonic(label: &str) -> String {
    // Two are one that is meant.
    label.replace("__", "\0").replace('_', "").replace('\0', "_")
}
