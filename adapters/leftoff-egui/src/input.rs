//! Whether the user is there, and whether Esc was meant for the arrow.

use std::time::Duration;

use egui::{Context, Event, Key, Memory, Modifiers};

/// What is remembered from frame to frame of the keyboard and of the clock of egui.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// Something had the keyboard at the end of the last pass.
    esc_was_taken: bool,
    /// The frame the user did something in last.
    sign: Option<u64>,
    time: Option<f64>,
}

/// A longer time without any input is no active use.
const PAUSE: f64 = 1.0;

impl Input {
    /// Whether the user did anything at all in this pass.
    pub(crate) fn signs(ctx: &Context) -> bool {
        let is_sign = |event: &Event| !matches!(event, Event::WindowFocused(false) | Event::PointerGone);
        ctx.input(|input| input.events.iter().any(is_sign))
    }

    /// Whether what a response says can be the user's doing: a widget may change by itself, or get the keyboard from
    /// the application. egui gives it a pass later than the user asked.
    pub(crate) fn is_users(&self, ctx: &Context) -> bool {
        let last = |sign: u64| ctx.cumulative_frame_nr().saturating_sub(sign) <= 1;
        self.sign.is_some_and(last) || Self::signs(ctx)
    }

    /// How much of the time since the last pass the user was active.
    pub(crate) fn active_time(&self, ctx: &Context) -> Duration {
        let elapsed = self.time.map_or(0.0, |before| ctx.input(|input| input.time) - before);
        Duration::from_secs_f64(elapsed.clamp(0.0, PAUSE))
    }

    /// Esc, if it is nobody else's: what has the keyboard gets it first (egui takes the keyboard from it then), and so
    /// does a popup, which counts as open in the pass in which it closes. The next one is for the arrow.
    pub(crate) fn dismisses(&self, ctx: &Context) -> bool {
        !self.esc_was_taken
            && !ctx.any_popup_open()
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
    }

    pub(crate) fn remember(&mut self, ctx: &Context) {
        self.esc_was_taken = ctx.memory(Memory::focused).is_some();
        // A frame may have a second pass, which sees no events.
        if Self::signs(ctx) {
            self.sign = Some(ctx.cumulative_frame_nr());
        }
        self.time = Some(ctx.input(|input| input.time));
    }
}
