//! The card, the notices, and what their buttons do.

use js_sys::{Array, Object, Reflect};
use leftoff::resume::{CardAction, CardText, Choice};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::Core;

#[wasm_bindgen]
impl Core {
    /// Returns the card and the notice that are shown, each `{ lines: [[text, is small]], buttons: [[text, word]] }`.
    pub fn strips(&mut self) -> Array {
        let strips = Array::new();
        if let Some(notice) = self.resume.notice(&self.session) {
            strips.push(&object(&CardText::of_notice(notice, None)));
        }
        if let Some((size, card)) = self.resume.card(&self.session) {
            let offers = self.resume.offers(false);
            let untold = self.resume.certainty().filter(|_| self.resume.found().is_none());
            strips.push(&object(&CardText::of(&card, size, &offers, untold, None)));
        }
        strips
    }

    /// Does what a button says: its word. Returns whether the sections must be read again.
    pub fn act(&mut self, word: &str) -> bool {
        match word {
            "continue" => drop({
                self.resume.want();
                self.resume.act(&mut self.session, CardAction::Continue)
            }),
            "not-now" => drop(self.resume.act(&mut self.session, CardAction::NotNow)),
            "done" => drop(self.resume.act(&mut self.session, CardAction::Done)),
            "undo-restore" => {
                self.resume.act(&mut self.session, CardAction::UndoRestore);
                return self.resume.refresh(&mut self.session);
            }
            "bring-back" => return self.resume.bring_back(&mut self.session),
            "put-off" => drop(self.resume.put_off()),
            "stop-offering" => drop(self.resume.stop_offering(&mut self.session)),
            "take-me-back" => drop({
                self.resume.want();
                self.resume.take_back()
            }),
            _ => drop(self.resume.dismiss()),
        }
        false
    }

    /// Returns the words for a screen reader, once for each return.
    #[wasm_bindgen(js_name = takeAnnouncement)]
    pub fn take_announcement(&mut self) -> Option<String> {
        let (card, certainty) = self.resume.take_announcement()?;
        Some(card.announcement(certainty))
    }
}

fn object(text: &CardText) -> JsValue {
    let lines = text.lines.iter().map(|line| (line.text.clone(), line.is_small.into()));
    let buttons = text.buttons.iter().map(|(name, choice)| (name.clone(), word(*choice).into()));
    strip(lines.collect(), buttons.collect()).into()
}

/// `{ lines: [[text, is small]], buttons: [[text, word]] }`
pub(crate) fn strip(lines: Vec<(String, JsValue)>, buttons: Vec<(String, JsValue)>) -> Object {
    let pairs = |pairs: Vec<(String, JsValue)>| -> Array {
        pairs.into_iter().map(|(text, value)| Array::of2(&text.into(), &value)).collect()
    };
    let object = Object::new();
    drop(Reflect::set(&object, &"lines".into(), &pairs(lines)));
    drop(Reflect::set(&object, &"buttons".into(), &pairs(buttons)));
    object
}

fn word(choice: Choice) -> &'static str {
    match choice {
        Choice::Do(CardAction::Continue) => "continue",
        Choice::Do(CardAction::NotNow) => "not-now",
        Choice::Do(CardAction::Done) => "done",
        Choice::Do(CardAction::UndoRestore) => "undo-restore",
        Choice::BringBack => "bring-back",
        Choice::PutOff => "put-off",
        Choice::StopOffering => "stop-offering",
        _ => "dismiss",
    }
}
