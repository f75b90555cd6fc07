//! What the user sees of their other devices, and what its buttons do. Only with the feature `roam`.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use js_sys::{Array, Error as JsError, Function, Uint8Array};
use leftoff::time::Timestamp;
use leftoff_roam::devices::{DeviceAction, DeviceRow, DeviceText, WaitingId};
use leftoff_roam::set_up::{ErrorKind, Invitation};
use leftoff_roam::store::DeferredStore;
use leftoff_roam::{Devices, Key, KeyRing, Roam};
use leftoff_web::roam as page;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::strip::strip;
use crate::{Core, section, words};

/// What the browser keeps of the other devices.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Kept(page::Kept);

thread_local! {
    /// Functions of JavaScript cannot cross threads, which the interface of Rust asks for: they have numbers.
    static FUNCTIONS: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

fn keep(function: Function) -> usize {
    FUNCTIONS.with_borrow_mut(|functions| {
        functions.push(function);
        functions.len() - 1
    })
}

fn kept(number: usize) -> Option<Function> {
    FUNCTIONS.with_borrow(|functions| functions.get(number).cloned())
}

#[wasm_bindgen]
impl Core {
    /// Opens what the browser keeps of the other devices.
    #[wasm_bindgen(js_name = openKept)]
    pub async fn open_kept(app: String) -> Result<Kept, JsValue> {
        page::Kept::open(&app).await.map(Kept)
    }

    /// Returns `[person, key]` by the code and the passphrase of another device.
    #[wasm_bindgen(js_name = joinDevices)]
    pub async fn join_devices(app: String, host: JsValue, code: String, passphrase: String) -> Result<Array, JsValue> {
        let Some(invitation) = Invitation::from_code(&code) else {
            return Err(named("WrongCode", "this is no code of another device, or it has a typing error"));
        };
        if invitation.app != app {
            return Err(named("WrongCode", "this code is one of another program"));
        }
        let person = invitation.person.clone();
        let joined = page::join(&host, invitation, &passphrase).await;
        let key = joined.map_err(|error| named(name_of(error.kind()), &error.to_string()))?;
        Ok(Array::of2(&person.into(), &Uint8Array::from(&key.expose()[..])))
    }

    /// Starts roaming. `labels` are sections with what users call them, `[section, label]` each; `differences(section, mine,
    /// theirs)` returns lines of text; `changed` is called when the others of these functions may return something new.
    /// Without a key of 32 bytes, nothing is sent.
    #[allow(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "one call in JavaScript, which gives values"
    )]
    pub fn roam(
        &mut self,
        app: &str,
        kept_here: Kept,
        host: JsValue,
        who: Array,
        labels: &Array,
        differences: Function,
        changed: Function,
    ) -> Result<(), JsValue> {
        let text = |at| who.get(at).as_string().unwrap_or_default();
        let key = who.get(2).dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
        let keys = match key.map(<[u8; 32]>::try_from) {
            None => KeyRing::empty(),
            Some(Ok(key)) => KeyRing::new(Key::from_bytes(key)),
            Some(Err(_)) => return Err(named("WrongKey", "the key must have 32 bytes")),
        };
        let store = DeferredStore::new();
        let roam = Roam::new(app, &text(0), store.clone(), keys).device_name(&text(1));
        let roaming = page::start(&self.page, &self.session, roam, store, host, kept_here.0);
        let (differences, changed) = (keep(differences), keep(changed));
        roaming.on_change(move || {
            if let Some(changed) = kept(changed) {
                drop(changed.call0(&JsValue::UNDEFINED));
            }
        });
        let mut devices = Devices::new(roaming);
        for pair in labels.iter() {
            let pair: Array = pair.unchecked_into();
            let name = pair.get(0).as_string().unwrap_or_default();
            let label = pair.get(1).as_string().unwrap_or_default();
            devices = devices.section(section(&name)?, &label, move |mine, theirs| {
                let lines = kept(differences).and_then(|lines| {
                    lines.call3(&JsValue::UNDEFINED, &(&name).into(), &mine.into(), &theirs.into()).ok()
                });
                let lines: Array = lines.unwrap_or_default().dyn_into().unwrap_or_default();
                lines.iter().filter_map(|line| line.as_string()).collect()
            });
        }
        self.devices = Some(devices);
        Ok(())
    }

    /// Takes in what has arrived. Returns whether the sections must be read again, before the next `autosave`.
    #[wasm_bindgen(js_name = updateDevices)]
    pub fn update_devices(&mut self) -> bool {
        self.devices.as_mut().is_some_and(|devices| devices.update(&mut self.session))
    }

    /// Returns the card of what has come, as [`strips`](Self::strips) does.
    #[wasm_bindgen(js_name = deviceStrip)]
    pub fn device_strip(&self) -> Option<js_sys::Object> {
        let devices = self.devices.as_ref()?;
        let line = DeviceText::Notice(devices.notice()?).english();
        let buttons = devices.actions().into_iter();
        let buttons = buttons.map(|action| (DeviceText::Action(action).english(), JsValue::from(word(action))));
        Some(strip(vec![(line, false.into())], buttons.collect()))
    }

    /// Does what a button of the card says. Returns whether the sections must be read again.
    #[wasm_bindgen(js_name = actOnDevices)]
    pub fn act_on_devices(&mut self, chosen: &str) -> bool {
        let Some(devices) = &mut self.devices else { return false };
        let action = devices.actions().into_iter().find(|action| word(*action) == chosen);
        action.is_some_and(|action| devices.act(&mut self.session, action))
    }

    /// Returns, once, whether the user wants to see the list.
    #[wasm_bindgen(js_name = wantsDevices)]
    pub fn wants_devices(&mut self) -> bool {
        self.devices.as_mut().is_some_and(Devices::wants_list)
    }

    /// Returns the list: `[kind, text, number]` each; what has the kind `action` is chosen by its number.
    #[wasm_bindgen(js_name = deviceRows)]
    pub fn device_rows(&self) -> Array {
        let rows = self.devices.as_ref().map(Devices::rows).unwrap_or_default();
        let row = |(number, row): (usize, &DeviceRow)| {
            let kind = match row {
                DeviceRow::Waiting(_) => "waiting",
                DeviceRow::Difference(_) => "difference",
                DeviceRow::Action(..) => "action",
                DeviceRow::Other(_) | DeviceRow::Nobody => "device",
                _ => "status",
            };
            let text = DeviceText::Row(row, now(), offset()).english();
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            (!text.is_empty()).then(|| Array::of3(&kind.into(), &text.into(), &number.into()))
        };
        rows.iter().enumerate().filter_map(row).collect()
    }

    /// Does what the row with this number says. Returns whether the sections must be read again.
    #[wasm_bindgen(js_name = decideDevices)]
    pub fn decide_devices(&mut self, number: u32, text: &str) -> bool {
        let Some(devices) = &mut self.devices else { return false };
        let rows = devices.rows();
        let row = usize::try_from(number).ok().and_then(|number| rows.get(number));
        let Some((id, action)) = row.and_then(|row| choice(row, text)) else { return false };
        devices.decide(&mut self.session, &id, action)
    }

    /// Returns the line for a status row; nothing if there is nothing to say.
    #[wasm_bindgen(js_name = deviceLine)]
    pub fn device_line(&self) -> Option<String> {
        let status = self.devices.as_ref()?.roaming().status();
        Some(DeviceText::Status(&status, now(), offset()).english()).filter(|line| !line.is_empty())
    }

    /// Reports whether the page is seen.
    #[wasm_bindgen(js_name = focusDevices)]
    pub fn focus_devices(&mut self, is_seen: bool) {
        if let Some(devices) = &mut self.devices {
            devices.roaming_mut().focus(is_seen);
        }
    }

    /// Has everything sent at once that is stored.
    #[wasm_bindgen(js_name = publishDevices)]
    pub fn publish_devices(&mut self) {
        if let Some(devices) = &mut self.devices {
            // Nothing is waited for, and the status has what fails.
            drop(devices.roaming_mut().publish(&mut self.session, Duration::ZERO));
        }
    }

    /// Returns whether it was sent; nothing while that is not known.
    #[wasm_bindgen(js_name = areDevicesSent)]
    pub fn are_devices_sent(&self) -> Option<bool> {
        self.devices.as_ref().map_or(Some(false), |devices| devices.roaming().sent())
    }

    /// Ends the connection; what is stored and not sent is sent by now or after the next start.
    pub(crate) fn close_devices(&mut self) {
        if let Some(devices) = self.devices.take() {
            drop(devices.close(&mut self.session, Duration::ZERO));
        }
    }
}

/// The decision of a row, if its text is still the one that the user has read.
fn choice(row: &DeviceRow, text: &str) -> Option<(WaitingId, DeviceAction)> {
    let is_same = DeviceText::Row(row, now(), offset()).english() == text;
    match row {
        DeviceRow::Action(id, action) if is_same => Some((id.clone(), *action)),
        _ => None,
    }
}

fn word(action: DeviceAction) -> &'static str {
    match action {
        DeviceAction::Undo => "devices-undo",
        DeviceAction::Show => "devices-show",
        DeviceAction::TakeOver => "devices-take-over",
        DeviceAction::NotNow => "devices-not-now",
        _ => "devices-ok",
    }
}

fn now() -> SystemTime {
    words::now().to_system_time()
}

fn offset() -> Option<i32> {
    words::utc_offset(Timestamp::from(now()))
}

fn name_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NoSlot => "NoSlot",
        ErrorKind::WrongPassphrase => "WrongPassphrase",
        ErrorKind::WrongKey => "WrongKey",
        ErrorKind::Store => "Store",
        _ => "Seal",
    }
}

fn named(name: &str, words: &str) -> JsValue {
    let error = JsError::new(words);
    error.set_name(name);
    error.into()
}
