// What the Rust side cannot do itself for roaming: the calls of the host's store, and the objects kept in the browser.

import { openDatabase, readAll, transact } from "./store.js";

const CALL_TIMEOUT = 60000; // ms, as for the stores of other programs

// Resolves to [database, names, values]: what `write` has written. Once the database is closed, writes fail, and nothing is
// sent.
export async function openKept(app) {
  const database = await openDatabase(`${app}:others`, () => {});
  const [names, values] = await readAll(database);
  return [database, names, values];
}

// In one transaction: `changes` are [name, bytes], or [name] to delete.
export function write(database, changes) {
  return transact(database, (store) => {
    for (const [name, bytes] of changes) {
      if (bytes === undefined) store.delete(name);
      else store.put(bytes, name);
    }
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
