//! The strip above the content: the resume card, with the user's note, one line, and the steps before; and notices of
//! quarantined sections. Widgets of GTK, so the keyboard and screen readers reach them.

use std::cell::RefCell;

use gtk::glib;
use gtk::prelude::*;
use leftoff::marker::cue::CardSize;
use leftoff::marker::resolve::Certainty;
use leftoff::marker::{Card, Message};
use leftoff::resume::{CardAction, Notice};

use crate::text::{self, Speaker, Text};

/// What a button of the strip asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Dismiss,
    Do(CardAction),
    BringBack,
    PutOff,
}

/// The words of the card, or of a notice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    /// With whether it is small.
    lines: Vec<(String, bool)>,
    buttons: Vec<(String, Asked)>,
}

impl Words {
    pub(crate) fn of(
        card: &Card,
        size: CardSize,
        offers: &[CardAction],
        untold: Option<Certainty>,
        speaker: Option<&Speaker>,
    ) -> Self {
        let notes = text::lines(card, speaker, |message| matches!(message, Message::Note(_)));
        let mut lines: Vec<(String, bool)> = notes.into_iter().map(|note| (note, false)).collect();
        let fate = untold.map(|certainty| Text::Fact(&Message::Found(certainty)).said_by(speaker));
        let facts = [Some(text::place(card, speaker)), Some(text::details(card, speaker)), fate];
        let facts: Vec<String> = facts.into_iter().flatten().filter(|fact| !fact.is_empty()).collect();
        lines.push((facts.join(" · "), false));
        if size == CardSize::Open {
            let (_, before) = card.trail().split_last().unzip();
            let steps = before.unwrap_or_default().iter().map(|line| text::step(line, speaker));
            let contents = text::lines(card, speaker, |message| matches!(message, Message::Detail(_)));
            lines.extend(steps.chain(contents).map(|line| (line, true)));
        }
        let button = |action: &CardAction| {
            let text = match action {
                CardAction::Continue => Text::Continue,
                CardAction::NotNow => Text::NotNow,
                CardAction::Done => Text::AlreadyDone,
                CardAction::UndoRestore => Text::UndoRestore,
                _ => return None,
            };
            Some((text.said_by(speaker), Asked::Do(*action)))
        };
        let mut buttons: Vec<_> = offers.iter().filter_map(button).collect();
        buttons.push((Text::Hide.said_by(speaker), Asked::Dismiss));
        Self { lines, buttons }
    }

    /// Returns what the user is told of quarantined sections.
    pub(crate) fn of_notice(notice: Notice, speaker: Option<&Speaker>) -> Self {
        let buttons = match notice {
            Notice::OtherInstance => vec![(Text::Understood, Asked::PutOff)],
            _ => vec![(Text::BringBack, Asked::BringBack), (Text::Later, Asked::PutOff)],
        };
        let buttons = buttons.into_iter().map(|(text, asked)| (text.said_by(speaker), asked)).collect();
        Self { lines: vec![(Text::Notice(notice).said_by(speaker), false)], buttons }
    }
}

/// The strip, and the words in it.
#[derive(Debug)]
pub(crate) struct Strip {
    pub(crate) widget: gtk::Box,
    words: RefCell<Vec<Words>>,
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
    pub(crate) fn show(&self, words: &[Words], press: &(impl Fn(Asked) + Clone + 'static)) {
        let before = self.words.replace(words.to_vec());
        if before == words {
            return;
        }
        let buttons = |words: &[Words]| -> Vec<_> {
            words.iter().map(|words| (words.lines.len(), words.buttons.clone())).collect()
        };
        let lines = words.iter().flat_map(|words| &words.lines);
        if buttons(&before) == buttons(words) {
            // The focus stays on its button.
            for (label, (line, _)) in self.labels.borrow().iter().zip(lines) {
                label.set_text(line);
            }
            return;
        }
        self.widget.set_visible(false);
        while let Some(child) = self.widget.first_child() {
            self.widget.remove(&child);
        }
        let mut labels = Vec::new();
        for words in words {
            labels.extend(words.lines.iter().map(|(line, is_small)| self.add_line(line, *is_small)));
            self.add_buttons(&words.buttons, press);
        }
        self.labels.replace(labels);
        self.widget.set_visible(!words.is_empty());
    }

    fn add_line(&self, line: &str, is_small: bool) -> gtk::Label {
        let label = gtk::Label::builder().label(line).wrap(true).xalign(0.0).build();
        label.set_wrap_mode(gtk::pango::WrapMode::WordChar);
        if is_small {
            label.add_css_class("small");
        }
        self.widget.append(&label);
        label
    }

    fn add_buttons(&self, buttons: &[(String, Asked)], press: &(impl Fn(Asked) + Clone + 'static)) {
        let row = gtk::Box::builder().spacing(6).halign(gtk::Align::Start).build();
        for (name, asked) in buttons {
            let button = gtk::Button::with_label(name);
            if *asked == Asked::Do(CardAction::Continue) {
                button.add_css_class("suggested-action");
            }
            let (press, asked) = (press.clone(), *asked);
            button.connect_clicked(move |_| press(asked));
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
        let lines = words.iter().flat_map(|words| &words.lines).map(|(line, _)| line.clone()).collect();
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
