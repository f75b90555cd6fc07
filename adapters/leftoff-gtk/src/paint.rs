//! Shapes with a dark core and a light edge, so that one of the two is visible on any background.

use gtk::gdk::RGBA;
use gtk::prelude::*;
use gtk::{cairo, pango};
use leftoff::marker::contrast;
use leftoff::marker::place::{Point, Rect, dashes};
use leftoff::resume::{Drawn, Figure};

/// The border width of the arrow.
const EDGE: f64 = 2.0;

/// Returns the colour of the marker: the program's, or that of the theme's selection, dark enough for white text on it.
#[allow(deprecated, reason = "the only way to a color of the theme")]
pub(crate) fn color(widget: &gtk::Widget, own: Option<RGBA>) -> RGBA {
    let of_theme = |name: &str| widget.style_context().lookup_color(name);
    let color = own.or_else(|| of_theme("accent_bg_color")).or_else(|| of_theme("theme_selected_bg_color"));
    readable_under_white(color.unwrap_or(RGBA::BLACK))
}

/// Darkens a colour until white text on it is easy to read.
fn readable_under_white(color: RGBA) -> RGBA {
    let [red, green, blue] = contrast::readable_under_white([color.red(), color.green(), color.blue()]);
    RGBA::new(red, green, blue, 1.0)
}

/// Returns the size of a tag with this text.
pub(crate) fn tag_size(widget: &gtk::Widget, words: &str) -> (f32, f32) {
    let (width, height) = widget.create_pango_layout(Some(words)).pixel_size();
    let length = |pixels: i32| f32::from(u16::try_from(pixels).unwrap_or(u16::MAX));
    (length(width) + 16.0, length(height) + 8.0)
}

/// Draws arrow or bracket, and words.
pub(crate) fn figure(
    cr: &cairo::Context,
    widget: &gtk::Widget,
    figure: &Figure,
    color: RGBA,
) -> Result<(), cairo::Error> {
    let words = match &figure.drawn {
        Drawn::Arrow { words, .. } => {
            let Some(placement) = figure.placement else { return Ok(()) };
            if let Some(rect) = placement.outline.filter(|_| figure.has_outline) {
                outline(cr, rect, color)?;
            }
            arrow(cr, placement.arrow, color)?;
            words
        }
        Drawn::Bracket { rect, words, .. } => {
            bracket(cr, *rect, color)?;
            words
        }
        _ => return Ok(()),
    };
    let Some((words, room)) = words else { return Ok(()) };
    tag(cr, *room, &widget.create_pango_layout(Some(words)), color)
}

fn set(cr: &cairo::Context, color: RGBA) {
    cr.set_source_rgb(color.red().into(), color.green().into(), color.blue().into());
}

/// Returns x, y, width and height.
fn parts(rect: Rect, more: f32) -> (f64, f64, f64, f64) {
    let size = (rect.max.x - rect.min.x + 2.0 * more, rect.max.y - rect.min.y + 2.0 * more);
    ((rect.min.x - more).into(), (rect.min.y - more).into(), size.0.max(0.0).into(), size.1.max(0.0).into())
}

fn rounded(cr: &cairo::Context, rect: Rect, more: f32, radius: f64) {
    use std::f64::consts::{FRAC_PI_2, PI};
    let (x, y, width, height) = parts(rect, more);
    let radius = radius.min(width / 2.0).min(height / 2.0);
    let (right, bottom) = (x + width - radius, y + height - radius);
    cr.new_sub_path();
    cr.arc(right, y + radius, radius, -FRAC_PI_2, 0.0);
    cr.arc(right, bottom, radius, 0.0, FRAC_PI_2);
    cr.arc(x + radius, bottom, radius, FRAC_PI_2, PI);
    cr.arc(x + radius, y + radius, radius, PI, 3.0 * FRAC_PI_2);
    cr.close_path();
}

/// Draws an arrow head with a light edge.
fn arrow(cr: &cairo::Context, corners: [Point; 3], color: RGBA) -> Result<(), cairo::Error> {
    let [tip, one, other] = corners;
    cr.move_to(tip.x.into(), tip.y.into());
    cr.line_to(one.x.into(), one.y.into());
    cr.line_to(other.x.into(), other.y.into());
    cr.close_path();
    cr.set_line_join(cairo::LineJoin::Round);
    cr.set_line_width(2.0 * EDGE);
    set(cr, RGBA::WHITE);
    cr.stroke_preserve()?;
    set(cr, color);
    cr.fill()
}

/// Draws the outline of an element.
fn outline(cr: &cairo::Context, rect: Rect, color: RGBA) -> Result<(), cairo::Error> {
    rounded(cr, rect, 0.0, 6.0);
    two_tone(cr, color)
}

/// Draws a bracket around a region: dashed, with solid corners.
fn bracket(cr: &cairo::Context, rect: Rect, color: RGBA) -> Result<(), cairo::Error> {
    let (x, y, width, height) = parts(rect, 0.0);
    cr.rectangle(x, y, width, height);
    cr.set_line_width(5.0);
    set(cr, RGBA::WHITE);
    cr.stroke()?;
    set(cr, color);
    cr.set_line_width(2.5);
    let (wide, high) = (rect.max.x - rect.min.x, rect.max.y - rect.min.y);
    for (from_x, from_y, length, is_level) in
        [(x, y, wide, true), (x, y + height, wide, true), (x, y, high, false), (x + width, y, high, false)]
    {
        for (from, to) in dashes(length) {
            let (from, to) = (f64::from(from), f64::from(to));
            let at = |by: f64| if is_level { (from_x + by, from_y) } else { (from_x, from_y + by) };
            cr.move_to(at(from).0, at(from).1);
            cr.line_to(at(to).0, at(to).1);
        }
    }
    cr.stroke()
}

fn two_tone(cr: &cairo::Context, color: RGBA) -> Result<(), cairo::Error> {
    cr.set_line_width(5.0);
    set(cr, RGBA::WHITE);
    cr.stroke_preserve()?;
    cr.set_line_width(2.5);
    set(cr, color);
    cr.stroke()
}

/// Draws text on its own background.
fn tag(cr: &cairo::Context, rect: Rect, layout: &pango::Layout, color: RGBA) -> Result<(), cairo::Error> {
    rounded(cr, rect, 0.0, 5.0);
    set(cr, color);
    cr.fill_preserve()?;
    cr.set_line_width(1.5);
    set(cr, RGBA::WHITE);
    cr.stroke()?;
    cr.move_to(f64::from(rect.min.x) + 8.0, f64::from(rect.min.y) + 4.0);
    pangocairo::functions::show_layout(cr, layout);
    Ok(())
}
