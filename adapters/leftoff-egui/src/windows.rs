//! Detects an arrow that is used in two windows at once.

use egui::{Context, ViewportId};

use crate::compat;

/// The viewports in which an arrow was used.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    present: Option<(ViewportId, u64)>,
    /// The last frame of the arrow in each of the others.
    before: Vec<(ViewportId, u64)>,
    returns: u8,
}

/// This many returns to a viewport that never drew a frame without the arrow. An arrow whose document moves into another
/// window and back is left out of some frames in between.
const LIMIT: u8 = 3;

impl Windows {
    /// Records that the arrow is used in this frame.
    pub(crate) fn note(&mut self, ctx: &Context) {
        let (here, frame) = (ctx.viewport_id(), compat::frame_nr(ctx));
        match &mut self.present {
            Some((viewport, last)) if *viewport == here => *last = frame,
            present => {
                let last = self.before.iter().position(|(viewport, _)| *viewport == here);
                let last = last.map(|at| self.before.swap_remove(at).1);
                if last.is_some_and(|last| frame.abs_diff(last) <= 1) {
                    self.returns = self.returns.saturating_add(1);
                }
                self.before.extend(present.replace((here, frame)));
            }
        }
        debug_assert!(
            !self.is_shared(),
            "one leftoff_egui::Arrow is used in two windows, so it would report elements of the other window as missing; \
             create one for each window with Arrow::for_scope"
        );
    }

    /// Returns whether the arrow is used in two windows at once. What it would show is wrong in both.
    pub(crate) fn is_shared(&self) -> bool {
        self.returns >= LIMIT
    }
}
