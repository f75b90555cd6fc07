//! Detects whether the user is present, and whether Esc was meant for the arrow.

use std::time::Duration;

use egui::{Context, Event, Key, Memory, Modifiers, TouchPhase};

use crate::compat;

/// The state of keyboard and clock between frames.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// A widget had the keyboard focus at the end of the last pass.
    esc_was_taken: bool,
    /// The frame of the user's last input.
    sign: Option<u64>,
    time: Option<f64>,
}

/// A longer time without input does not count as active use.
const PAUSE: f64 = 1.0;

impl Input {
    /// Returns whether there was user input in this pass.
    pub(crate) fn signs(ctx: &Context) -> bool {
        let is_sign = |event: &Event| !matches!(event, Event::WindowFocused(false) | Event::PointerGone);
        ctx.input(|input| input.events.iter().any(is_sign))
    }

    /// Returns whether the window lost the focus in this pass.
    pub(crate) fn is_unfocused(ctx: &Context) -> bool {
        ctx.input(|input| input.events.contains(&Event::WindowFocused(false)))
    }

    /// Returns whether there was user input in this pass that can change a value of the application, in any widget.
    ///
    /// A drag counts when it ends: until then, each movement would be captured.
    pub(crate) fn changes(ctx: &Context) -> bool {
        let can_change = |event: &Event| match event {
            Event::PointerMoved(_)
            | Event::MouseMoved(_)
            | Event::PointerGone
            | Event::WindowFocused(_)
            | Event::Copy => false,
            Event::PointerButton { pressed, .. } => !pressed,
            Event::Touch { phase, .. } => matches!(phase, TouchPhase::End | TouchPhase::Cancel),
            event => !compat::is_of_modifiers(event),
        };
        ctx.input(|input| !input.raw.dropped_files.is_empty() || input.raw.events.iter().any(can_change))
    }

    /// Returns whether a response can come from the user: a widget may also change by itself, or the application may
    /// focus it. egui focuses a widget one pass after the user's input.
    pub(crate) fn is_users(&self, ctx: &Context) -> bool {
        let last = |sign: u64| compat::frame_nr(ctx).saturating_sub(sign) <= 1;
        self.sign.is_some_and(last) || Self::signs(ctx)
    }

    /// Returns the active time since the last pass.
    pub(crate) fn active_time(&self, ctx: &Context) -> Duration {
        let elapsed = self.time.map_or(0.0, |before| ctx.input(|input| input.time) - before);
        Duration::from_secs_f64(elapsed.clamp(0.0, PAUSE))
    }

    /// Returns whether Esc is meant for the arrow. The focused widget receives Esc first (egui then takes the focus
    /// from it), and so does a popup, which counts as open in the pass in which it closes. The next Esc is for the
    /// arrow.
    pub(crate) fn dismisses(&self, ctx: &Context) -> bool {
        !self.esc_was_taken
            && !compat::any_popup_open(ctx)
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
    }

    pub(crate) fn remember(&mut self, ctx: &Context) {
        self.esc_was_taken = ctx.memory(Memory::focused).is_some();
        // A frame may have a second pass, which receives no events.
        if Self::signs(ctx) {
            self.sign = Some(compat::frame_nr(ctx));
        }
        self.time = Some(ctx.input(|input| input.time));
    }
}
