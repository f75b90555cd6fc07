//! The state that egui itself keeps, as a section.

use egui::Context;
use leftoff::{Capture, Section, Session};

/// The section of [`egui::Memory`], as text in RON, the form in which eframe keeps it.
///
/// Its contents belong to egui: scroll offsets, collapsed headers, carets, the places of panels and of windows within a
/// window, and the options. A memory of another version of egui that cannot be read is replaced by the default. The
/// keyboard focus is not part of it: see [`Settings::restores_focus`](crate::Settings::restores_focus).
pub const MEMORY: Section<String> = Section::new("egui memory", 1);

/// Captures egui's memory. Call it in the closure of [`Session::autosave`].
///
/// ```
/// # fn ui(ui: &mut egui::Ui, session: &mut leftoff::Session) -> Result<(), leftoff::Error> {
/// session.autosave(|capture| leftoff_egui::capture_memory(ui.ctx(), capture))?;
/// # Ok(())
/// # }
/// ```
pub fn capture_memory(ctx: &Context, capture: &mut Capture<'_>) {
    // As text: egui counts in it how often it was loaded, so that a value that is read and written again is another one.
    // It fails only for a value that a program has put there; the former memory then stays.
    if let Ok(memory) = ctx.memory(ron::to_string) {
        capture.set(MEMORY, &memory);
    }
}

/// Restores egui's memory. Returns whether there was one.
///
/// Call it once, before the first frame, such as in eframe's `AppCreator`: later, it would take the focus and the popups
/// from the user. Do not use it together with eframe's own persistence of the memory.
pub fn restore_memory(ctx: &Context, session: &mut Session) -> bool {
    let Ok(Some(text)) = session.get(MEMORY) else { return false };
    // Otherwise, it is that of another version of egui.
    let Ok(memory) = ron::from_str(&text) else { return false };
    ctx.memory_mut(|present| *present = memory);
    true
}
