// What the Rust side cannot do itself for roaming: the calls of the host's store, and the objects kept in the browser.

import { openDatabase, readAll } from "./store.js";

const CALL_TIMEOUT = 60000; // ms, as for the stores of other programs
const STORE = "frames"; // of a database of its own, which `openDatabase` makes like the one of the session

// Resolves to [database, names, values]: what `write` has written.
export async function openKept(app, onClosed) {
  const database = await openDatabase(`${app}:others`, onClosed);
  const [names, values] = await readAll(database);
  return [database, names, values];
}

// One transaction, durable when the promise is resolved. `changes` are [name, bytes], or [name] to delete.
export function write(database, changes) {
  return new Promise((resolve, reject) => {
    const tx = database.transaction(STORE, "readwrite", { durability: "strict" });
    const store = tx.objectStore(STORE);
    for (const [name, bytes] of changes) {
      if (bytes === undefined) store.delete(name);
      else store.put(bytes, name);
    }
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error("the browser's database cannot be written"));
    tx.commit?.();
  });
}

// Makes a call of the host's store: one of `put`, `get`, `list`, `delete`. Resolves to what it answers, or rejects with its
// error, or after a minute.
export function call(host, name, text, bytes) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error("the store does not answer");
      error.name = "TimeoutError";
      reject(error);
    }, CALL_TIMEOUT);
    const end = (act) => (value) => {
      clearTimeout(timer);
      act(value);
    };
    Promise.resolve()
      .then(() => (name === "put" ? host.put(text, bytes) : host[name](text)))
      .then(name === "get" ? asBytes : (answer) => answer)
      .then(end(resolve), end(reject));
  });
}

// `undefined` and `null`: there is no such object.
async function asBytes(answer) {
  if (answer === undefined || answer === null) return null;
  if (answer instanceof Uint8Array) return answer;
  if (answer instanceof ArrayBuffer) return new Uint8Array(answer);
  if (typeof answer.arrayBuffer === "function") return new Uint8Array(await answer.arrayBuffer());
  throw new TypeError("`get` of the store must resolve to a Uint8Array, an ArrayBuffer, a Blob, or to nothing");
}

// The time by the clock of the store in milliseconds, if the host knows it.
export function dateOf(host) {
  const date = host.date?.();
  return date === undefined || date === null ? undefined : Number(date);
}
