//! The resume card: the user's note and one line, or open with the trail.

use egui::{
    Align, Button, Color32, Context, FontId, FontSelection, Frame, Label, Layout, Margin, Pos2, Rect, RichText, Sense,
    Shape, Stroke, TextStyle, Ui, Vec2,
};
use egui::{pos2, vec2};
use leftoff::Phase;
use leftoff::marker::cue::{CardSize, Cue};
use leftoff::marker::place::Direction;
use leftoff::marker::{Card, Message};
use leftoff::resume::CardAction;

use crate::arrow::Arrow;
use crate::compat;
use crate::text::{self, Text};

/// The height of a card with one line, in points. The row that is reserved while no card is shown has the same height.
/// [`Arrow::card_height`] returns the height of a card with more lines.
pub const CARD_HEIGHT: f32 = 34.0;
/// The font size of the second line and of the trail, in points.
const SMALL: f32 = 11.5;
/// Below this width between icon and buttons, the line wraps into two.
const NARROW: f32 = 330.0;
/// The width that the line keeps for the element, so that the user can read it.
pub(crate) const PLACE: f32 = 100.0;
/// Between the parts of the line.
const GAP: f32 = 6.0;
/// Left free at the start and at the end of the card.
pub(crate) const MARGINS: [i8; 2] = [18, 8];
/// In a window lower than this, the open card would leave no room for the element.
const LOW: f32 = 240.0;

/// The part of the marker's colour in the background, in the light and in the dark theme.
const TINTS: (f32, f32) = (0.1, 0.4);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Nothing,
    Dismiss,
    Do(CardAction),
}

impl Arrow {
    /// Shows the resume card in the size that suits the absence; shows nothing while the arrow is hidden or without a
    /// marker.
    ///
    /// Returns whether a card is shown. Put it where the user looks first, such as at the top of the window.
    pub fn card(&mut self, ui: &mut Ui) -> bool {
        self.note_height(ui.ctx());
        let size = self.card_size();
        let Some(card) = self.words().filter(|_| size != CardSize::None) else { return false };
        let width = ui.available_width();
        if self.look.wrapped_at != Some(width) {
            self.look.wrapped_at = (!self.fits(ui, &card)).then_some(width);
        }
        let (asked, height) = self.frame(ui, &card, size == CardSize::Open);
        self.look.card_height = Some(height);
        match asked {
            Asked::Nothing => {}
            Asked::Dismiss => self.dismiss(),
            Asked::Do(action) => {
                // The session hears of it when the arrow is shown.
                let done = self.resume.marked().filter(|_| action == CardAction::Done).map(str::to_owned);
                self.finished.extend(done);
                self.resume.chosen(action);
            }
        }
        true
    }

    /// Returns the height of the card in points, for an application that reserves room for it: with one line
    /// [`CARD_HEIGHT`], and more where its text wraps, where its buttons have a line of their own, or while it is open.
    ///
    /// In this `Ui`, in which [`card`](Self::card) is called next. While there is no card, it is the height of the last one
    /// of this marker, so that the layout does not jump when the card disappears.
    ///
    /// ```
    /// # fn ui(ui: &mut egui::Ui, arrow: &mut leftoff_egui::Arrow) {
    /// egui::Panel::top("resume").show(ui, |ui| {
    ///     ui.set_min_height(arrow.card_height(ui));
    ///     if !arrow.card(ui) {
    ///         ui.label("Invoice 42");
    ///     }
    /// });
    /// # }
    /// ```
    pub fn card_height(&self, ui: &Ui) -> f32 {
        let size = self.card_size();
        let Some(card) = self.words().filter(|_| size != CardSize::None) else {
            return self.look.card_height.unwrap_or(CARD_HEIGHT);
        };
        let room = ui.available_width() - f32::from(MARGINS[0] + MARGINS[1]);
        let wrapped = |words: String, font: FontId| ui.painter().layout(words, font, Color32::WHITE, room).size().y;
        let small = FontId { size: SMALL, ..FontSelection::Default.resolve(ui.style()) };
        let mut rows = vec![CARD_HEIGHT - 8.0];
        let said = |message: &Message| Text::Fact(message).said_by(self.texts.as_ref());
        let notes = card.messages().iter().filter(|message| matches!(message, Message::Note(_)));
        rows.extend(notes.map(|note| wrapped(said(note), FontSelection::Default.resolve(ui.style()))));
        let is_wrapped = self.look.wrapped_at == Some(ui.available_width()) || !self.fits(ui, &card);
        if is_wrapped {
            rows.push(wrapped(text::details(&card, self.untold(), self.texts.as_ref()), small.clone()));
        }
        let offers = self.offers();
        if !Self::room(ui, room, &offers).1 {
            rows.extend(Self::rows_of(ui, &offers, room));
        }
        if size == CardSize::Open {
            let lines = self.small_lines(&card).into_iter();
            rows.extend(lines.map(|line| wrapped(line, small.clone())));
        }
        let gaps = rows.iter().skip(1).count();
        #[allow(clippy::cast_precision_loss, reason = "a handful")]
        let gaps = gaps as f32 * ui.spacing().item_spacing.y;
        rows.iter().sum::<f32>() + gaps + 8.0
    }

    /// Returns the size of the card that [`card`](Self::card) would show now, for an application that leaves out the
    /// panel around it or reserves room for it.
    ///
    /// [`CardSize::None`] needs no room, and `card` draws nothing. [`CardSize::Line`] is [`CARD_HEIGHT`] high, and has a
    /// second line of text where the text does not fit beside the buttons or has less than 330 points there, and a line for
    /// the buttons where it would have less than 100. Once it has a second line, it keeps it for this marker and this width.
    /// [`CardSize::Open`] has, below that, a line for each earlier step, for the content and for
    /// the note; in a window lower than 240 points, it is replaced by [`CardSize::Line`].
    ///
    /// ```
    /// use leftoff::marker::cue::{CardSize, Cue};
    ///
    /// # fn ui(ui: &mut egui::Ui, arrow: &mut leftoff_egui::Arrow) {
    /// if arrow.card_size() != CardSize::None {
    ///     egui::Panel::top("resume").show(ui, |ui| arrow.card(ui));
    /// }
    /// # }
    /// ```
    pub fn card_size(&self) -> CardSize {
        match self.resume.cue().map(Cue::card) {
            Some(CardSize::Open) if self.is_low => CardSize::Line,
            size => size.unwrap_or(CardSize::None),
        }
    }

    /// Records whether the window has room for the open card.
    pub(crate) fn note_height(&mut self, ctx: &Context) {
        self.is_low = compat::content_rect(ctx).height() < LOW;
    }

    /// Returns what the user asked for, and the height of the card.
    fn frame(&self, ui: &mut Ui, card: &Card, open: bool) -> (Asked, f32) {
        self.card_frame(ui, |ui, letters| {
            self.note(ui, card);
            let asked = self.line(ui, card, letters);
            if open {
                self.rest(ui, card, letters);
            }
            asked
        })
    }

    /// Draws a card around these contents, which are told the colour of letters. Returns the height of the card, too.
    pub(crate) fn card_frame<R>(&self, ui: &mut Ui, contents: impl FnOnce(&mut Ui, Color32) -> R) -> (R, f32) {
        let core = self.settings.dark_color(ui.visuals());
        let (light, dark) = TINTS;
        let tint = if ui.visuals().dark_mode { dark } else { light };
        let ground = ui.visuals().panel_fill.lerp_to_gamma(core, tint);
        let letters = ui.visuals().strong_text_color();
        let rtl = self.settings.direction == Direction::RightToLeft;
        let [start, end] = MARGINS;
        let (left, right) = if rtl { (end, start) } else { (start, end) };
        let frame =
            Frame::new().fill(ground).corner_radius(6.0).inner_margin(Margin { left, right, top: 4, bottom: 4 });
        let layout = Layout::top_down(if rtl { Align::Max } else { Align::Min });
        let shown = frame.show(ui, |ui| {
            ui.visuals_mut().override_text_color = Some(letters);
            ui.set_width(ui.available_width());
            ui.with_layout(layout, |ui| contents(ui, letters)).inner
        });
        // Not distinguished by colour alone: the card has its own border.
        let mut edge = shown.response.rect;
        edge.set_width(5.0);
        if rtl {
            edge = edge.translate(vec2(shown.response.rect.width() - 5.0, 0.0));
        }
        ui.painter().rect_filled(edge, 2.0, if ui.visuals().dark_mode { letters } else { core });
        (shown.inner, shown.response.rect.height())
    }

    fn line(&self, ui: &mut Ui, card: &Card, letters: Color32) -> Asked {
        let said = |text: Text<'_>| text.said_by(self.texts.as_ref());
        let place = text::place(card, self.texts.as_ref());
        let details = text::details(card, self.untold(), self.texts.as_ref());
        let rtl = self.settings.direction == Direction::RightToLeft;
        let [forth, back] = if rtl {
            [Layout::right_to_left(Align::Center), Layout::left_to_right(Align::Center)]
        } else {
            [Layout::left_to_right(Align::Center), Layout::right_to_left(Align::Center)]
        };
        let offers = self.offers();
        let (_, is_beside) = Self::room(ui, ui.available_width(), &offers);
        let narrow = self.look.wrapped_at.is_some();
        let mut asked = Asked::Nothing;
        let height = CARD_HEIGHT - 8.0;
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), forth, |ui| {
            ui.set_min_height(height);
            sign(ui, card.phase(), letters, rtl);
            ui.with_layout(back, |ui| {
                let close = said(Text::Dismiss);
                let cross = compat::flat(Button::new(RichText::new("×").size(18.0)));
                let cross = compat::named(ui.add(cross.min_size(vec2(24.0, 24.0))), &close);
                if cross.on_hover_text(format!("{close} (Esc)")).clicked() {
                    asked = Asked::Dismiss;
                }
                if is_beside {
                    // Laid out from the end of the line.
                    for (words, offer) in offers.iter().rev() {
                        if ui.add(compat::flat(Button::new(words))).clicked() {
                            asked = *offer;
                        }
                    }
                }
                ui.with_layout(forth, |ui| {
                    ui.spacing_mut().item_spacing.x = GAP;
                    ui.add(Label::new(RichText::new(&place).strong()).truncate());
                    if !narrow {
                        ui.label("·");
                        ui.add(Label::new(&details).truncate());
                    }
                });
            });
        });
        if narrow {
            ui.add(Label::new(RichText::new(details).size(SMALL)).wrap());
        }
        if !is_beside {
            let row = vec2(ui.available_width(), ui.spacing().interact_size.y);
            ui.allocate_ui_with_layout(row, forth.with_main_wrap(true), |ui| {
                for (words, offer) in &offers {
                    if ui.add(Button::new(words).truncate()).clicked() {
                        asked = *offer;
                    }
                }
            });
        }
        asked
    }

    /// Returns whether the line has room for all its words.
    fn fits(&self, ui: &Ui, card: &Card) -> bool {
        let (room, _) = Self::room(ui, ui.available_width() - f32::from(MARGINS[0] + MARGINS[1]), &self.offers());
        let details = text::details(card, self.untold(), self.texts.as_ref());
        let words = [text::place(card, self.texts.as_ref()), "·".to_owned(), details];
        let font = FontSelection::Default.resolve(ui.style());
        let width = |words: String| ui.painter().layout_no_wrap(words, font.clone(), Color32::WHITE).size().x + GAP;
        room >= NARROW && words.map(width).iter().sum::<f32>() <= room
    }

    /// Returns the room for the words in a card with this inner width, and whether the buttons are beside them.
    fn room(ui: &Ui, width: f32, offers: &[(String, Asked)]) -> (f32, bool) {
        let (icon, cross, gaps) = (16.0, 24.0, 3.0 * ui.spacing().item_spacing.x);
        let room = width - icon - cross - gaps;
        let beside = room - Self::width_of(ui, offers);
        if beside >= PLACE { (beside, true) } else { (room, false) }
    }

    /// Returns the buttons of the card: their texts, and what they do.
    fn offers(&self) -> Vec<(String, Asked)> {
        let button = |action: CardAction| {
            let text = match action {
                CardAction::Continue => Text::Continue,
                CardAction::NotNow => Text::NotNow,
                CardAction::Done => Text::AlreadyDone,
                CardAction::UndoRestore => Text::UndoRestore,
                _ => return None,
            };
            Some((text.said_by(self.texts.as_ref()), Asked::Do(action)))
        };
        self.resume.offers(self.settings.opens_pages).into_iter().filter_map(button).collect()
    }

    /// Returns the heights of the rows that these buttons fill.
    fn rows_of(ui: &Ui, offers: &[(String, Asked)], room: f32) -> Vec<f32> {
        let (mut rows, mut used) = (0, f32::INFINITY);
        for (words, _) in offers {
            let width = Self::width_of_button(ui, words);
            (rows, used) = if used + width - ui.spacing().item_spacing.x > room {
                (rows + 1, width)
            } else {
                (rows, used + width)
            };
        }
        vec![ui.spacing().interact_size.y; rows]
    }

    /// Returns the width of these buttons beside each other.
    fn width_of(ui: &Ui, offers: &[(String, Asked)]) -> f32 {
        offers.iter().map(|(words, _)| Self::width_of_button(ui, words)).sum()
    }

    pub(crate) fn width_of_button(ui: &Ui, words: &str) -> f32 {
        let font = TextStyle::Button.resolve(ui.style());
        let around = 2.0 * ui.spacing().button_padding.x + ui.spacing().item_spacing.x;
        ui.painter().layout_no_wrap(words.to_owned(), font, Color32::WHITE).size().x + around
    }

    /// Shows the trail, oldest first, and the content snippet.
    fn rest(&self, ui: &mut Ui, card: &Card, letters: Color32) {
        for words in self.small_lines(card) {
            ui.add(Label::new(RichText::new(words).size(SMALL).color(letters.gamma_multiply(0.85))).wrap());
        }
    }

    fn small_lines(&self, card: &Card) -> Vec<String> {
        let said = |message: &Message| Text::Fact(message).said_by(self.texts.as_ref());
        let (_, before) = card.trail().split_last().unzip();
        let steps = before.unwrap_or_default().iter().map(|step| text::step(step, self.texts.as_ref()));
        let is_content = |message: &&Message| matches!(message, Message::Detail(_));
        steps.chain(card.messages().iter().filter(is_content).map(said)).collect()
    }

    /// Shows the user's note, which says what to do next.
    fn note(&self, ui: &mut Ui, card: &Card) {
        let is_note = |message: &&Message| matches!(message, Message::Note(_));
        for note in card.messages().iter().filter(is_note) {
            let words = Text::Fact(note).said_by(self.texts.as_ref());
            ui.add(Label::new(RichText::new(words).italics()).wrap());
        }
    }
}

/// A small icon, as high as the text beside it. Painted, because not every font has it.
fn sign(ui: &mut Ui, phase: Phase, color: Color32, mirrored: bool) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(16.0), Sense::hover());
    let at = |x: f32, y: f32| pos2(if mirrored { rect.right() - x } else { rect.left() + x }, rect.top() + y);
    let painter = ui.painter();
    let line = |points: &[Pos2], width| painter.add(Shape::line(points.to_vec(), Stroke::new(width, color)));
    match phase {
        Phase::Committed => {
            line(&[at(2.0, 8.5), at(6.0, 12.5), at(14.0, 3.5)], 2.0);
        }
        Phase::Failed => {
            line(&[at(8.0, 1.5), at(15.0, 14.0), at(1.0, 14.0), at(8.0, 1.5)], 1.5);
            line(&[at(8.0, 5.5), at(8.0, 10.0)], 2.0);
            painter.circle_filled(at(8.0, 12.0), 1.1, color);
        }
        _ => {
            painter.rect_filled(Rect::from_two_pos(at(0.0, 6.5), at(9.0, 9.5)), 0.0, color);
            let mut head = vec![at(8.0, 2.5), at(16.0, 8.0), at(8.0, 13.5)];
            if mirrored {
                head.reverse();
            }
            painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
        }
    }
}
