//! Colours and sizes, light and dark.

use eframe::egui::style::{Selection, WidgetVisuals};
use eframe::egui::{Color32, Context, CornerRadius, FontFamily, FontId, Stroke, TextStyle, Theme, Visuals, vec2};

/// Colours that egui has no name for.
pub(crate) struct Palette {
    pub(crate) accent: Color32,
    pub(crate) on_accent: Color32,
    pub(crate) alarm: Color32,
    pub(crate) alarm_text: Color32,
    pub(crate) fine: Color32,
    pub(crate) weak: Color32,
    pub(crate) line: Color32,
    pub(crate) side: Color32,
    pub(crate) chosen: Color32,
    /// The colour of the scroll bar's handle.
    pub(crate) bar: Color32,
}

const LIGHT: Palette = Palette {
    accent: Color32::from_rgb(0x1d, 0x4e, 0x89),
    on_accent: Color32::WHITE,
    alarm: Color32::from_rgb(0xfd, 0xe4, 0xe4),
    alarm_text: Color32::from_rgb(0x7f, 0x1d, 0x1d),
    fine: Color32::from_rgb(0x16, 0x65, 0x34),
    weak: Color32::from_rgb(0x5c, 0x63, 0x70),
    line: Color32::from_rgb(0xd6, 0xda, 0xe0),
    side: Color32::from_rgb(0xf2, 0xf4, 0xf7),
    chosen: Color32::from_rgb(0xd9, 0xe6, 0xf5),
    bar: Color32::from_rgb(0xb4, 0xbc, 0xc8),
};

const DARK: Palette = Palette {
    accent: Color32::from_rgb(0x8a, 0xb8, 0xec),
    on_accent: Color32::from_rgb(0x0c, 0x1a, 0x2b),
    alarm: Color32::from_rgb(0x4c, 0x1d, 0x1d),
    alarm_text: Color32::from_rgb(0xfe, 0xd7, 0xd7),
    fine: Color32::from_rgb(0x86, 0xd9, 0xa4),
    weak: Color32::from_rgb(0xa3, 0xac, 0xb9),
    line: Color32::from_rgb(0x3a, 0x40, 0x4a),
    side: Color32::from_rgb(0x1a, 0x1d, 0x22),
    chosen: Color32::from_rgb(0x25, 0x3a, 0x55),
    bar: Color32::from_rgb(0x55, 0x5d, 0x69),
};

pub(crate) fn palette(visuals: &Visuals) -> &'static Palette {
    if visuals.dark_mode { &DARK } else { &LIGHT }
}

pub(crate) fn install(ctx: &Context) {
    ctx.all_styles_mut(|style| {
        let font = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, font(12.0)),
            (TextStyle::Body, font(14.5)),
            (TextStyle::Button, font(14.5)),
            (TextStyle::Monospace, FontId::new(13.5, FontFamily::Monospace)),
            (TextStyle::Heading, font(21.0)),
        ]
        .into();
        style.spacing.item_spacing = vec2(8.0, 6.0);
        style.spacing.button_padding = vec2(12.0, 5.0);
        style.spacing.interact_size.y = 28.0;
        style.spacing.scroll.floating = false;
        style.spacing.scroll.foreground_color = false;
        style.spacing.scroll.bar_width = 8.0;
    });
    ctx.style_mut_of(Theme::Light, |style| paint(&mut style.visuals, &LIGHT, Color32::WHITE, Color32::WHITE));
    let (window, field) = (Color32::from_rgb(0x21, 0x25, 0x2b), Color32::from_rgb(0x15, 0x18, 0x1c));
    ctx.style_mut_of(Theme::Dark, |style| paint(&mut style.visuals, &DARK, window, field));
}

fn paint(visuals: &mut Visuals, palette: &Palette, window: Color32, field: Color32) {
    let text = if visuals.dark_mode { Color32::from_gray(0xe4) } else { Color32::from_gray(0x1f) };
    visuals.panel_fill = window;
    visuals.window_fill = window;
    visuals.extreme_bg_color = field;
    visuals.hyperlink_color = palette.accent;
    visuals.weak_text_color = Some(palette.weak);
    visuals.selection = Selection { bg_fill: palette.chosen, stroke: Stroke::new(1.5, palette.accent) };
    let widgets = &mut visuals.widgets;
    let all = [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ];
    for WidgetVisuals { fg_stroke, corner_radius, expansion, .. } in all {
        fg_stroke.color = text;
        *corner_radius = CornerRadius::same(6);
        *expansion = 0.0;
    }
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    widgets.inactive.bg_stroke = Stroke::new(1.0, palette.weak.gamma_multiply(0.6));
    widgets.inactive.weak_bg_fill = palette.side;
    widgets.inactive.bg_fill = palette.side;
    widgets.hovered.weak_bg_fill = palette.chosen;
    widgets.active.weak_bg_fill = palette.chosen;
    widgets.open.weak_bg_fill = palette.side;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(one: Color32, other: Color32) -> f64 {
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn words_can_be_read_in_both_themes() {
        for palette in [LIGHT, DARK] {
            let pairs = [
                (palette.alarm, palette.alarm_text),
                (palette.accent, palette.on_accent),
                (palette.side, palette.weak),
                (palette.side, palette.fine),
            ];
            for (ground, text) in pairs {
                assert!(contrast(ground, text) >= 4.5, "{ground:?} {text:?}");
            }
        }
    }
}
