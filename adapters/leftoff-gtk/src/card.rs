//! The strip above the content: the resume card, with the user's note, one line, and the steps before; and notices of
//! quarantined sections. Widgets of GTK, so the keyboard and screen readers reach them.

use std::cell::RefCell;

use gtk::glib;
use gtk::prelude::*;
use leftoff::resume::{CardAction, CardText, Choice, Line};

/// The strip, and the words in it.
#[derive(Debug)]
pub(crate) struct Strip {
    pub(crate) widget: gtk::Box,
    words: RefCell<Vec<CardText>>,
    labels: RefCell<Vec<gtk::Label>>,
}

const STYLE: &str = "
.leftoff-card { padding: 8px 10px; background-color: alpha(@theme_selected_bg_color, 0.15); }
.leftoff-card:dir(ltr) { border-left: 5px solid @theme_selected_bg_color; }
.leftoff-card:dir(rtl) { border-right: 5px solid @theme_selected_bg_color; }
.leftoff-card .small { font-size: smaller; }
";

impl Strip {
    pub(crate) fn new() -> Self {
        let widget = gtk::Box::builder()
            .orientation(gtk::Orientation::Vertical)
            .spacing(6)
            .accessible_role(gtk::AccessibleRole::Group)
            .visible(false)
            .build();
        Self { widget, words: RefCell::default(), labels: RefCell::default() }
    }

    /// Shows these words. `press` does what a button asks for.
    pub(crate) fn show(&self, words: &[CardText], press: &(impl Fn(Choice) + Clone + 'static)) {
        let before = self.words.replace(words.to_vec());
        if before == words {
            return;
        }
        let buttons = |words: &[CardText]| -> Vec<_> {
            words.iter().map(|words| (words.lines.len(), words.buttons.clone())).collect()
        };
        let lines = words.iter().flat_map(|words| &words.lines);
        if buttons(&before) == buttons(words) {
            // The focus stays on its button.
            for (label, line) in self.labels.borrow().iter().zip(lines) {
                label.set_text(&line.text);
            }
            return;
        }
        self.widget.set_visible(false);
        while let Some(child) = self.widget.first_child() {
            self.widget.remove(&child);
        }
        let mut labels = Vec::new();
        for words in words {
            labels.extend(words.lines.iter().map(|line| self.add_line(line)));
            self.add_buttons(&words.buttons, press);
        }
        self.labels.replace(labels);
        self.widget.set_visible(!words.is_empty());
    }

    fn add_line(&self, line: &Line) -> gtk::Label {
        let label = gtk::Label::builder().label(&line.text).wrap(true).xalign(0.0).build();
        label.set_wrap_mode(gtk::pango::WrapMode::WordChar);
        if line.is_small {
            label.add_css_class("small");
        }
        self.widget.append(&label);
        label
    }

    fn add_buttons(&self, buttons: &[(String, Choice)], press: &(impl Fn(Choice) + Clone + 'static)) {
        let row = gtk::Box::builder().spacing(6).halign(gtk::Align::Start).build();
        for (name, choice) in buttons {
            let button = gtk::Button::with_label(name);
            if *choice == Choice::Do(CardAction::Continue) {
                button.add_css_class("suggested-action");
            }
            let (press, choice) = (press.clone(), *choice);
            button.connect_clicked(move |_| press(choice));
            row.append(&button);
        }
        // A narrow window need not be as wide as they are; the focus scrolls to its button.
        let (across, down) = (gtk::PolicyType::Automatic, gtk::PolicyType::Never);
        let scrolled = gtk::ScrolledWindow::builder().child(&row).hscrollbar_policy(across).vscrollbar_policy(down);
        self.widget.append(&scrolled.build());
    }

    /// Returns the lines and the names of the buttons.
    pub(crate) fn texts(&self) -> (Vec<String>, Vec<String>) {
        let words = self.words.borrow();
        let lines = words.iter().flat_map(|words| &words.lines).map(|line| line.text.clone()).collect();
        (lines, words.iter().flat_map(|words| &words.buttons).map(|(name, _)| name.clone()).collect())
    }
}

/// Tells screen readers, without a change of the focus.
#[derive(Debug, Default)]
pub(crate) struct Announcer {
    /// Without size. It is of the last announcement.
    widget: RefCell<Option<gtk::Widget>>,
}

impl Announcer {
    /// Adds an alert with these words, of which screen readers hear when it appears.
    pub(crate) fn announce(&self, frame: &gtk::Box, words: &str) {
        // In a description of widgets, these cannot be escaped.
        let words: String = words.chars().filter(|letter| !letter.is_control()).collect();
        let words = glib::markup_escape_text(&words);
        // Before version 4.10, the bindings have no call for the label.
        let builder = gtk::Builder::new();
        let description = format!(
            "<interface><object class='GtkBox' id='alert'><property name='accessible-role'>alert</property>\
             <accessibility><property name='label'>{words}</property></accessibility></object></interface>"
        );
        if builder.add_from_string(&description).is_err() {
            return;
        }
        let alert = builder.object::<gtk::Widget>("alert");
        if let Some(alert) = &alert {
            frame.prepend(alert);
        }
        if let Some(before) = self.widget.replace(alert) {
            frame.remove(&before);
        }
    }
}

/// Loads the style of the strip, once on each display.
pub(crate) fn load_style(widget: &gtk::Widget) {
    thread_local! {
        static STYLED: RefCell<Vec<gtk::gdk::Display>> = const { RefCell::new(Vec::new()) };
    }
    let display = widget.display();
    let is_new = STYLED.with_borrow_mut(|styled| {
        let is_new = !styled.contains(&display);
        if is_new {
            styled.push(display.clone());
        }
        is_new
    });
    if is_new {
        let provider = gtk::CssProvider::new();
        provider.load_from_data(STYLE);
        gtk::style_context_add_provider_for_display(&display, &provider, gtk::STYLE_PROVIDER_PRIORITY_FALLBACK);
    }
}
