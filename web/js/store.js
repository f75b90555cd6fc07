// What the Rust side cannot do itself: IndexedDB, the lock among tabs, the journal, the page's events.
// Everything here is about one application; `app` is its id.

const STORE = "frames";
const OPEN_TIMEOUT = 5000; // ms. A frozen tab can block an open for good, without any event.
const RETRY_TIME = 2000; // ms. Right after the browser was killed, an open can fail that soon succeeds.
const JOURNAL_UNITS = 32768; // UTF-16 units in localStorage for all frames that are on their way: 64 KiB.

function failure(kind, text) {
  const error = new Error(text);
  error.name = kind;
  return error;
}

function asFailure(error, text) {
  if (error?.name === "QuotaExceededError") return failure(error.name, "the browser has no room left for this site");
  return failure(error?.name ?? "UnknownError", error?.message ? `${text}: ${error.message}` : text);
}

// The version is 1 for good: an upgrade could be blocked by another tab. The format's version is in the frames.
export function openDatabase(app, onClosed) {
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === "undefined") {
      reject(failure("NotSupportedError", "this browser has no IndexedDB here"));
      return;
    }
    let isOver = false;
    const began = performance.now();
    const end = (act, value) => {
      isOver = true;
      clearTimeout(timer);
      act(value);
    };
    const timer = setTimeout(
      () => end(reject, failure("TimeoutError", "the browser's database does not answer; another tab may block it")),
      OPEN_TIMEOUT,
    );
    const tryOpen = () => {
      let request;
      try {
        request = indexedDB.open(`leftoff:${app}`, 1);
      } catch (error) {
        end(reject, asFailure(error, "the browser refuses its database"));
        return;
      }
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onerror = () => {
        const isRemoving = request.error?.name === "AbortError";
        const isEarly = request.error?.name === "UnknownError" && performance.now() - began < RETRY_TIME;
        if ((isRemoving || isEarly) && !isOver) setTimeout(tryOpen, 100);
        else end(reject, asFailure(request.error, "the browser's database cannot be opened"));
      };
      request.onsuccess = () => {
        if (isOver) request.result.close();
        else end(resolve, watched(request.result, onClosed));
      };
    };
    tryOpen();
  });
}

// The user, the browser or another page of the site removes the stored data while this page is open.
function watched(db, onClosed) {
  db.onclose = () => onClosed();
  db.onversionchange = () => {
    db.close();
    onClosed();
  };
  return db;
}

export function readAll(db) {
  return new Promise((resolve, reject) => {
    let tx;
    try {
      tx = db.transaction(STORE, "readonly");
    } catch (error) {
      reject(asFailure(error, "the browser's database cannot be read"));
      return;
    }
    const store = tx.objectStore(STORE);
    const keys = store.getAllKeys();
    const values = store.getAll();
    tx.oncomplete = () => resolve([keys.result, values.result]);
    tx.onabort = () => reject(asFailure(tx.error, "the browser's database cannot be read"));
  });
}

// One transaction, durable when the promise is resolved; `change` gets the store.
export function transact(db, change) {
  return new Promise((resolve, reject) => {
    let tx;
    try {
      tx = db.transaction(STORE, "readwrite", { durability: "strict" });
      change(tx.objectStore(STORE));
    } catch (error) {
      tx?.abort();
      reject(asFailure(error, "the browser's database cannot be written"));
      return;
    }
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(asFailure(tx.error, "the browser's database cannot be written"));
    tx.commit?.();
  });
}

// In one transaction: `changes` are [key, bytes], or [beginning of keys] to delete.
export function apply(db, changes) {
  return transact(db, (store) => {
    for (const [key, bytes] of changes) {
      if (bytes === undefined) store.delete(IDBKeyRange.bound(key, `${key}\uffff`));
      else store.add(bytes, key); // fails if the key exists: nothing is overwritten
    }
  });
}

// ---- The journal: frames that are not in the database yet. localStorage is synchronous, and survives the page's process.

const prefix = (app) => `leftoff:${app}:`;
const sizes = new Map(); // by key, of what this page has put there

// Two bytes in each unit; the first unit tells whether the last one holds one byte only.
function pack(bytes) {
  const units = new Uint16Array(Math.ceil(bytes.length / 2) + 1);
  units[0] = 0x30 + (bytes.length % 2);
  for (let i = 0; i < bytes.length; i += 2) units[i / 2 + 1] = bytes[i] | ((bytes[i + 1] ?? 0) << 8);
  let text = "";
  for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.subarray(i, i + 4096));
  return text;
}

function unpack(text) {
  const length = (text.length - 1) * 2 - (text.charCodeAt(0) - 0x30);
  const bytes = new Uint8Array(Math.max(length, 0));
  for (let i = 0; i < bytes.length; i += 1) {
    const unit = text.charCodeAt((i >> 1) + 1);
    bytes[i] = i % 2 ? unit >> 8 : unit & 0xff;
  }
  return bytes;
}

export function journalAdd(app, key, bytes) {
  const used = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const size = bytes.length / 2 + key.length + app.length + 16;
  if (used + size > JOURNAL_UNITS) return;
  try {
    localStorage.setItem(prefix(app) + key, pack(bytes));
    sizes.set(key, size);
  } catch {
    // Full or refused: the frame is safe when the database has it, a millisecond later.
  }
}

export function journalRemove(app, keys) {
  for (const key of keys) {
    sizes.delete(key);
    try {
      localStorage.removeItem(prefix(app) + key);
    } catch {
      return;
    }
  }
}

export function journalAll(app) {
  const found = [];
  try {
    for (let i = 0; i < localStorage.length; i += 1) {
      const name = localStorage.key(i);
      if (!name.startsWith(prefix(app))) continue;
      found.push([name.slice(prefix(app).length), unpack(localStorage.getItem(name))]);
    }
  } catch {
    return [];
  }
  return found;
}

// ---- One tab writes.

// Resolves to a lock, whose `isHeld` says whether this tab may write; if not, `onFree` is called once it has the lock
// after all. With `take`, it is taken from the tab that has it. `onLost` is called when another tab took it.
export async function acquire(app, take, onFree, onLost) {
  const locks = globalThis.navigator?.locks;
  const lock = { isHeld: true, controller: new AbortController() };
  if (!locks) return lock; // not a secure context: two tabs are two writers, of which none overwrites the other
  const hold = (options, onHeld) =>
    new Promise((resolve) => {
      let isHeld = false;
      locks
        .request(`leftoff:${app}`, options, (held) => {
          resolve(held !== null);
          if (!held) return undefined;
          isHeld = true;
          onHeld?.();
          return new Promise((release) => lock.controller.signal.addEventListener("abort", release));
        })
        // Stolen, or no longer waited for, or refused to this page: then its database is refused as well.
        .catch(() => (isHeld ? onLost() : resolve(true)));
    });
  lock.isHeld = await hold(take ? { steal: true } : { ifAvailable: true });
  if (!lock.isHeld) hold({ signal: lock.controller.signal }, onFree);
  return lock;
}

export function isHeld(lock) {
  return lock.isHeld;
}

export function release(lock) {
  lock.controller.abort();
}

// ---- Events of the page. Who captures them has saved before.

export function listen(told) {
  const controller = new AbortController();
  const on = (target, type, say) =>
    target.addEventListener(
      type,
      (event) => {
        const word = say(event);
        if (word) told(word);
      },
      { signal: controller.signal },
    );
  if (typeof document === "undefined") return controller;
  on(document, "visibilitychange", () => (document.visibilityState === "hidden" ? "hidden" : "visible"));
  on(document, "freeze", () => "frozen");
  on(document, "resume", () => (document.visibilityState === "hidden" ? "" : "visible"));
  on(window, "pagehide", (event) => (event.persisted ? "kept" : "left"));
  on(window, "pageshow", (event) => (event.persisted ? "visible" : ""));
  return controller;
}

export function unlisten(controller) {
  controller.abort();
}

// While something is unsaved, a navigation asks the page first, and the database's last transaction may begin earlier.
const asking = new Map();

export function setUnsaved(app, isUnsaved, told) {
  if (typeof window === "undefined" || isUnsaved === asking.has(app)) return;
  if (isUnsaved) {
    asking.set(app, () => told("leaving"));
    window.addEventListener("beforeunload", asking.get(app));
  } else {
    window.removeEventListener("beforeunload", asking.get(app));
    asking.delete(app);
  }
}

export function wasDiscarded() {
  return globalThis.document?.wasDiscarded === true;
}

export function later(milliseconds, act) {
  return setTimeout(act, milliseconds);
}

export function never(timer) {
  clearTimeout(timer);
}

export async function persist() {
  return (await globalThis.navigator?.storage?.persist?.()) === true;
}
