// The other devices of the user: what the session knows of them. Only in a package that was built with roaming.

const LONGEST = 65000; // ms: a call of the store fails after a minute

/** Starts roaming for a session; `open` and `Session.roam` call it. Returns what `session.devices` is. */
export async function connect(Core, app, options, parts) {
  const { store, device = "", code, passphrase } = options;
  let { person, key = null } = options;
  for (const call of ["put", "get", "list", "delete"]) {
    if (typeof store?.[call] !== "function") throw new TypeError(`the store needs the functions put, get, list and delete; ${call} is missing`);
  }
  if (passphrase !== undefined) [person, key] = await Core.joinDevices(app, store, code, passphrase);
  if (!person) throw new TypeError("roaming needs a person and a key, or a code and a passphrase");
  const kept = await Core.openKept(app);
  const labels = Object.entries(options.labels ?? { form: "the form" });
  parts.start(kept, store, [person, device, key], labels);
  return new Devices(parts, person, key);
}

export class Devices {
  #parts;

  constructor(parts, person, key) {
    this.#parts = parts;
    this.person = person;
    // Not shown by a console, and not in a copy as JSON.
    Object.defineProperty(this, "key", { value: key, enumerable: false });
  }

  /** The line for a status row: "Not sent to your other devices since 14:02."; empty if there is nothing to say. */
  get line() {
    return this.#parts.core()?.deviceLine() ?? "";
  }

  /** What there is to see: `{ kind, text }`, and `choose()` for what the user can do about what is above it. */
  get rows() {
    const rows = this.#parts.core()?.deviceRows() ?? [];
    return rows.map(([kind, text, number]) => (kind === "action" ? { kind, text, choose: () => this.#parts.act((core) => core.decideDevices(number, text)) } : { kind, text }));
  }

  /** Sends everything at once. Resolves to whether it was sent; if not, `line` says why, and it is tried again. */
  async publish() {
    if (!(await this.#parts.saved())) return false;
    this.#parts.core()?.publishDevices();
    const end = performance.now() + LONGEST;
    while (performance.now() < end) {
      const core = this.#parts.core();
      const sent = core ? core.areDevicesSent() : false;
      if (sent !== undefined) return sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  }
}

/** A line for each field in which the value from elsewhere differs: "Hotel: Sol (here Luna)". `nameOf` names a path. */
export function differences(mine, theirs, nameOf) {
  const read = (text) => {
    try {
      return JSON.parse(text)?.values ?? null;
    } catch {
      return null;
    }
  };
  const [here, there] = [read(mine) ?? {}, read(theirs)];
  if (!there) return [];
  const words = (value) => (value === undefined || value === "" ? "nothing" : value === true ? "yes" : value === false ? "no" : [value].flat().join(", "));
  const paths = [...new Set([...Object.keys(there), ...Object.keys(here)])];
  const differing = paths.filter((path) => words(here[path]) !== words(there[path]));
  return differing.map((path) => `${nameOf(path) || path}: ${words(there[path])} (here ${words(here[path])})`);
}
