//! The functions of `js/store.js`.

use std::io;

use js_sys::{Array, Error as JsError, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use crate::key;
use crate::queue::{Change, Refusal};

#[wasm_bindgen(module = "/js/store.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = openDatabase)]
    pub(crate) async fn open_database(app: &str, on_closed: &Closure<dyn Fn()>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = readAll)]
    async fn read_all_of(database: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = apply)]
    async fn apply_to(database: &JsValue, changes: Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = journalAdd)]
    pub(crate) fn journal_add(app: &str, key: &str, bytes: &[u8]);
    #[wasm_bindgen(js_name = journalRemove)]
    pub(crate) fn journal_remove(app: &str, keys: Vec<String>);
    #[wasm_bindgen(js_name = journalAll)]
    fn journal_of(app: &str) -> Array;
    pub(crate) async fn acquire(
        app: &str,
        take: bool,
        on_free: &Closure<dyn Fn()>,
        on_lost: &Closure<dyn Fn()>,
    ) -> JsValue;
    #[wasm_bindgen(js_name = isHeld)]
    pub(crate) fn is_held(lock: &JsValue) -> bool;
    pub(crate) fn release(lock: &JsValue);
    pub(crate) fn listen(told: &Closure<dyn Fn(String)>) -> JsValue;
    pub(crate) fn unlisten(controller: &JsValue);
    #[wasm_bindgen(js_name = setUnsaved)]
    pub(crate) fn set_unsaved(app: &str, is_unsaved: bool, told: &Closure<dyn Fn(String)>);
    #[wasm_bindgen(js_name = wasDiscarded)]
    pub(crate) fn was_discarded() -> bool;
    pub(crate) fn later(milliseconds: u32, act: &Closure<dyn Fn()>) -> JsValue;
    pub(crate) fn never(timer: &JsValue);
    pub(crate) async fn persist() -> JsValue;
}

/// The frames of the database or the journal, by their keys.
pub(crate) type Stored = Vec<(leftoff::backend::FrameId, Vec<u8>)>;

pub(crate) async fn read_all(database: &JsValue) -> Result<Stored, JsValue> {
    let found: Array = read_all_of(database).await?.unchecked_into();
    let (keys, values): (Array, Array) = (found.get(0).unchecked_into(), found.get(1).unchecked_into());
    Ok(keys.iter().zip(values.iter()).filter_map(|(key, value)| stored(&key, &value)).collect())
}

pub(crate) fn journal(app: &str) -> Stored {
    let pairs = journal_of(app);
    let pairs = pairs.iter().map(JsCast::unchecked_into::<Array>);
    pairs.filter_map(|pair| stored(&pair.get(0), &pair.get(1))).collect()
}

/// `None` for what this library did not write.
fn stored(key: &JsValue, bytes: &JsValue) -> Option<(leftoff::backend::FrameId, Vec<u8>)> {
    Some((key::parse(&key.as_string()?)?, bytes.dyn_ref::<Uint8Array>()?.to_vec()))
}

/// Begins a transaction at once, before the first `await`.
pub(crate) async fn apply(database: &JsValue, changes: &[Change]) -> Result<(), JsValue> {
    let changes = changes.iter().map(|change| match change {
        Change::Create(id, bytes) => Array::of2(&key::of_frame(*id).into(), &Uint8Array::from(&**bytes)),
        Change::Remove(generation, _) => Array::of1(&key::of_generation(*generation).into()),
    });
    apply_to(database, changes.collect()).await.map(drop)
}

/// What the browser says, in the words of the standard library.
pub(crate) fn refusal(error: &JsValue) -> Refusal {
    let Some(error) = error.dyn_ref::<JsError>() else {
        return Refusal::new(io::ErrorKind::Other, "the browser's database failed");
    };
    let kind = match String::from(error.name()).as_str() {
        "QuotaExceededError" => io::ErrorKind::QuotaExceeded,
        "TimeoutError" => io::ErrorKind::TimedOut,
        "SecurityError" | "NotAllowedError" => io::ErrorKind::PermissionDenied,
        "NotSupportedError" => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    Refusal::new(kind, String::from(error.message()))
}
