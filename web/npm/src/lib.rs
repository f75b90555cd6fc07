//! What the npm package's JavaScript calls. Values cross as JSON text, rectangles as numbers, words as they are shown.
//!
//! One object for each page and application. No call waits; every call is short.

mod layout;
#[cfg(feature = "roam")]
mod roam;
mod strip;
mod words;

use std::cell::RefCell;

use js_sys::{Array, Error as JsError};
use leftoff::resume::Resume;
use leftoff::{AppId, Mark, Section, Session};
use leftoff_web::{Access, Opened, Page};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

/// The session of a page, and the marker in it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    session: Session,
    resume: Resume,
    page: Page,
    #[cfg(feature = "roam")]
    devices: Option<leftoff_roam::Devices>,
}

#[wasm_bindgen]
impl Core {
    /// Opens the state of this application; with `take`, also if another tab has it. `renamed` is old path, new path, and
    /// so on.
    pub async fn open(app: String, version: String, take: bool, renamed: Vec<String>) -> Result<Core, JsValue> {
        let app: AppId = app.parse().map_err(|error| thrown(&error))?;
        let builder = Session::builder(app).app_version(version).renames(pairs(renamed));
        let opened = if take { leftoff_web::take_over(builder).await } else { leftoff_web::open(builder).await };
        let Opened { session, page } = opened;
        let mut resume = Resume::new("");
        resume.set_utc_offset(words::utc_offset);
        Ok(Self {
            session,
            resume,
            page,
            #[cfg(feature = "roam")]
            devices: None,
        })
    }

    /// Returns the JSON text of a section, or `undefined` for a section that is not stored.
    pub fn get(&mut self, name: &str) -> Result<Option<String>, JsValue> {
        self.session.get(section(name)?).map_err(|error| thrown(&error))
    }

    /// Stores these sections, `[name, JSON text]` each, if anything was touched or changed since the last call. Returns how
    /// far it came: `unchanged`, `off`, `deferred`, `pending`, `written`, `synced`.
    pub fn autosave(&mut self, sections: &Array) -> Result<String, JsValue> {
        let mut values = Vec::new();
        for pair in sections.iter() {
            let pair: Array = pair.unchecked_into();
            let (name, text) = (pair.get(0).as_string().unwrap_or_default(), pair.get(1).as_string());
            values.push((section(&name)?, text));
        }
        let elements = self.resume.elements();
        let saved = self.session.autosave(|capture| {
            for (section, text) in &values {
                match text {
                    Some(text) => capture.set(*section, text),
                    None => capture.remove(*section),
                }
            }
            capture.anchor(elements);
        });
        saved.map(words::of_saved).map_err(|error| thrown(&error))
    }

    /// Says that a value has changed without the user.
    #[wasm_bindgen(js_name = markDirty)]
    pub fn mark_dirty(&mut self) {
        self.session.mark_dirty();
    }

    /// Any input of the user, wherever. Returns whether what is shown changes.
    pub fn input(&mut self) -> bool {
        self.resume.input(&mut self.session)
    }

    /// The user touched this element.
    pub fn touch(&mut self, path: &str, label: &str, action: &str, unfinished: bool) -> bool {
        let mark = Mark::new(path).label(label).action(words::action(action)).phase(words::phase(action, unfinished));
        self.resume.touch(&mut self.session, mark)
    }

    /// The user completed this element.
    pub fn finish(&mut self, path: &str) -> bool {
        self.resume.finish(&mut self.session, path)
    }

    /// The user is interrupted; the reason completes "before …".
    pub fn suspend(&mut self, reason: &str, note: &str) -> Result<String, JsValue> {
        let saved = self.session.suspend_with_note(reason, note);
        saved.map(words::of_saved).map_err(|error| thrown(&error))
    }

    /// Waits until the browser's database has confirmed everything.
    pub fn saved(&mut self) -> js_sys::Promise {
        let saved = self.page.saved(&mut self.session);
        wasm_bindgen_futures::future_to_promise(async move { Ok(saved.await.into()) })
    }

    /// Calls `act` after each change of [`status`](Self::status).
    #[wasm_bindgen(js_name = onChange)]
    pub fn on_change(&self, act: js_sys::Function) {
        self.page.on_change(move || drop(act.call0(&JsValue::UNDEFINED)));
    }

    /// Returns `[access, is everything synced, why not]`.
    pub fn status(&self) -> Array {
        let status = self.session.status();
        let access = match self.page.access() {
            Access::Writes => "writes",
            Access::Copy => "copy",
            Access::Free => "free",
            Access::TakenOver => "taken-over",
            _ => "refused",
        };
        let why = status.trouble().map(|error| format!("{error:#}"));
        Array::of3(
            &access.into(),
            &(status.is_synced && !status.pending).into(),
            &why.map_or(JsValue::NULL, Into::into),
        )
    }

    /// Erases everything. Resolves to whether it is confirmed.
    pub fn forget(&mut self) -> bool {
        self.session.forget().is_ok()
    }

    /// Asks the browser to keep the data when space runs short.
    pub fn persist() -> js_sys::Promise {
        wasm_bindgen_futures::future_to_promise(async { Ok(Page::persist().await.into()) })
    }

    /// Closes the session: the next start sees a clean exit. The database confirms later.
    pub fn close(&mut self) {
        #[cfg(feature = "roam")]
        self.close_devices();
        // It cannot wait here, and reports a time-out for that.
        drop(self.session.close());
    }
}

thread_local! {
    static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Returns the section with this name. The name is never freed; a program uses only a few.
fn section(name: &str) -> Result<Section<String>, JsValue> {
    let is_usable = !name.is_empty() && name.len() <= Section::MAX_NAME && !name.chars().any(char::is_control);
    if !is_usable {
        return Err(JsError::new("the name of a section has 1 to 128 bytes, and no control characters").into());
    }
    let name = NAMES.with_borrow_mut(|names| {
        if let Some(known) = names.iter().find(|known| **known == name) {
            return *known;
        }
        let name: &'static str = Box::leak(name.into());
        names.push(name);
        name
    });
    Ok(Section::new(name, 1))
}

/// A page opens few sessions, and its renames are part of its program: they are never freed.
fn pairs(paths: Vec<String>) -> &'static [(&'static str, &'static str)] {
    let paths: Vec<&'static str> = paths.into_iter().map(|path| &*path.leak()).collect();
    let pairs = paths.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    pairs.collect::<Vec<_>>().leak()
}

fn thrown(error: &leftoff::Error) -> JsValue {
    let thrown = JsError::new(&format!("{error:#}"));
    thrown.set_name(&format!("{:?}", error.kind()));
    thrown.into()
}
