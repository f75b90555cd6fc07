//! Sleeping and waking.

use eframe::egui::{Context, Event};
use leftoff::Reason;
use leftoff::time::Timestamp;

use crate::app::App;
use crate::asleep;
use crate::header::REASONS;
use crate::status::{self, Safety};

#[derive(Debug)]
pub(crate) struct Asleep {
    pub(crate) since: Timestamp,
    pub(crate) reason: Reason,
    /// What the user notes for the return.
    pub(crate) note: String,
    /// Whether the note has the keyboard: its keys do not wake the desk.
    pub(crate) is_writing: bool,
}

impl App {
    pub(crate) fn sleep(&mut self) {
        let reason = REASONS.get(self.reason).map_or(Reason::Break, |(_, reason)| reason.clone());
        // The status line also shows a failure of this call.
        self.session.mark_dirty();
        self.save();
        let _ = self.session.suspend(reason.clone());
        if let Some(devices) = &mut self.devices {
            // Sent at once: the user goes to another device.
            devices.roaming_mut().focus(false);
        }
        self.asleep = Some(Asleep { since: self.clock.now().wall, reason, note: String::new(), is_writing: false });
    }

    fn wake(&mut self, ctx: &Context) {
        self.asleep = None;
        if let Some(devices) = &mut self.devices {
            devices.roaming_mut().focus(true);
        }
        self.session.wake();
        self.resume = true;
        ctx.request_repaint();
    }

    pub(crate) fn sleeping_card(&mut self, ctx: &Context) {
        let Some(asleep) = &mut self.asleep else { return };
        let last = self.session.last_mark();
        let (safety, line) = status::safety(&self.session.status(), self.uncaptured.as_ref());
        let unsafe_line = (safety == Safety::Unsafe).then_some(&*line);
        let answer = asleep::show(ctx, &self.arrow, asleep, last, self.clock.now().wall, unsafe_line);
        if answer.has_noted {
            // At once: nobody says when the user leaves. The status line also shows a failure of this call.
            let _ = self.session.suspend_with_note(asleep.reason.clone(), &asleep.note);
        }
        if answer.is_back {
            self.wake(ctx);
        }
    }

    /// Handles keys before anything is drawn: any key wakes the desk and types nothing, unless the user
    /// writes the note.
    pub(crate) fn wake_by_key(&mut self, ctx: &Context) {
        if self.asleep.as_ref().is_some_and(|asleep| !asleep.is_writing) {
            let pressed = |event: &Event| match event {
                Event::Key { key, pressed: true, .. } => Some(*key),
                _ => None,
            };
            self.waking_key = ctx.input(|input| input.events.iter().find_map(pressed));
            if self.waking_key.is_some() {
                self.wake(ctx);
            }
        }
        self.swallow_waking_key(ctx);
    }

    /// Drops the text of the waking key, which arrives with it or after it, and repeatedly while it is held.
    fn swallow_waking_key(&mut self, ctx: &Context) {
        let Some(waking) = self.waking_key else { return };
        let mut held = true;
        ctx.input_mut(|input| {
            input.events.retain(|event| match event {
                Event::Key { key, pressed: true, .. } if *key == waking => false,
                Event::Text(_) => !held,
                // The release of the key types nothing, and may go to another window.
                Event::Key { .. } | Event::PointerButton { .. } | Event::WindowFocused(_) => {
                    held = false;
                    true
                }
                _ => true,
            });
        });
        self.waking_key = held.then_some(waking);
    }
}
