/** A value that `JSON.stringify` can write. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The value of a field: text, whether it is checked, chosen options, or the names of files. */
export type FieldValue = string | boolean | string[];

/** The values of the fields of a form, by path: `"trip/destination"`. */
export type FieldValues = { [path: string]: FieldValue };

export interface OpenOptions {
  /** The version of the application, for support. It has no effect on what is restored. */
  version?: string;
  /** Take the state from another tab that has it open. That tab stores nothing from then on. Default: `false`. */
  takeOver?: boolean;
  /**
   * Fields and containers that were renamed since an earlier version of the page: old path to new path, the oldest rename
   * first. Their values and the arrow follow. A rename also applies to everything in a container, and `*` stands for any one
   * name. A choice is one path for each value: `{ "class=air": "way=air" }`.
   */
  renamed?: Readonly<Record<string, string>>;
  /** Draw the arrow, the card and the notices. Default: `true`. */
  marker?: boolean;
  /** Calls `roam` with this once the session is open. Nobody waits for it: a failure is in `session.roamTrouble`. */
  roam?: RoamOptions;
}

/**
 * Where the user's devices meet. The program makes the calls: with `fetch` and requests that its own server has signed, or
 * however else it reaches the objects. No conditional write is needed. An error's `status` is understood as that of HTTP; a
 * call that takes a minute has failed, and every failed call is made again. `conformance` of `leftoff/conformance` checks it.
 */
export interface Store {
  /** Resolves once the bytes are stored under this name, which contains their hash: putting them again changes nothing. */
  put(name: string, bytes: Uint8Array): Promise<unknown>;
  /** Resolves to `null`, or rejects with the status 404, if there is no such object. */
  get(name: string): Promise<Uint8Array | ArrayBuffer | Blob | Response | null | undefined>;
  /** Resolves to all names that begin with `prefix`, in any order. If only a part could be listed, it rejects. */
  list(prefix: string): Promise<string[]>;
  /** Resolves also if there was no such object. */
  delete(name: string): Promise<unknown>;
  /** The time by the clock of the store, as its last answer said, plus what has passed since. Without it, a clock that is off is not noticed. */
  date?(): Date | number | null | undefined;
}

/** A key, or the code of another device with its passphrase. */
export type RoamOptions = {
  store: Store;
  /** What the user calls this device in the middle of a sentence: `"phone"`. */
  device?: string;
  /** What users call the sections. Default: `{ form: "the form" }`. A conflict in any other section is kept, and not shown. */
  labels?: Readonly<Record<string, string>>;
} & (
  | {
      /** The id of the person, the same on all devices. */
      person: string;
      /** The 32 bytes that `devices.key` was on an earlier visit. Without it, nothing is sent. */
      key?: Uint8Array | null;
    }
  | {
      /** Computes the key, which takes some tenths of a second in which the page does not move. Keep it for the next visit. */
      code: string;
      passphrase: string;
    }
);

/** What there is to see of the other devices, and what the user can `choose` to do about the row above. */
export interface DeviceRow {
  kind: "waiting" | "difference" | "action" | "device" | "status";
  text: string;
  choose?: () => void;
}

/** The other devices of the user. */
export interface Devices {
  /** The line for a status row, `"Not sent to your other devices since 14:02."`; empty if there is nothing to say. */
  readonly line: string;
  /** What waits for a decision, the other devices, and the status. The ages in it grow without an event. */
  readonly rows: DeviceRow[];
  readonly person: string;
  /** Whoever has it can read what the devices exchange. Every script of the site can read it where a page keeps it. */
  readonly key: Uint8Array | null;
  /** Sends everything that is stored. Resolves to whether it was sent; if not, `line` says why within a minute, and it is tried again. */
  publish(): Promise<boolean>;
}

export interface BindOptions {
  /** The name under which the values are stored, 1 to 128 bytes. Default: `"form"`. Bind each form under its own name. */
  section?: string;
  /**
   * Takes the restored values instead of the fields, for a page whose state is elsewhere, such as in a store of React. Called
   * in `bind` if there are values, and after *Undo restore*, then with none. The fields are watched and stored all the same.
   */
  apply?: ((values: FieldValues) => void) | null;
}

/**
 * Whether this page may write.
 *
 * - `"writes"`: it does.
 * - `"copy"`: another tab has the state open; this page shows a copy, and stores nothing.
 * - `"free"`: that tab was closed. Load the page again to go on.
 * - `"taken-over"`: another tab has taken the state; this page stores nothing any more.
 * - `"refused"`: the browser has no storage for this page, or the session is closed.
 */
export type Access = "writes" | "copy" | "free" | "taken-over" | "refused";

export interface Status {
  access: Access;
  /** Everything survives a power cut. Follows the confirmation of the database within 20 ms. */
  isSynced: boolean;
  /** Why something is not stored, in English; `null` if everything is well. */
  trouble: string | null;
}

/**
 * How far a call has stored the state.
 *
 * - `"unchanged"`: there was nothing to store.
 * - `"written"`: it survives a kill of the page now, and a kill of the browser a few milliseconds later.
 * - `"synced"`: it survives a power cut.
 * - `"pending"`, `"deferred"`: in memory only; it is tried again, and `status.trouble` says why.
 * - `"off"`: this page does not store anything.
 */
export type Saved = "unchanged" | "written" | "synced" | "pending" | "deferred" | "off";

export type Action = "edit" | "choose" | "tick" | "untick" | "press" | "focus" | "open" | "scroll" | "other";

/**
 * Opens the state of an application, and finds what an earlier visit left.
 *
 * `app` is its id, in the form of a reversed domain name: `"com.example.travel"`. It stays the same in all versions.
 *
 * Resolves even if the browser has no storage: the page works, and `session.status` says so. Rejects if the id is not valid,
 * or the module could not be loaded.
 */
export function open(app: string, options?: OpenOptions): Promise<Session>;

interface SessionEventMap {
  /** `status` may have changed. */
  change: Event;
  /** Sections have other values than before, because the user chose *Undo restore* or *Bring back*: read them again. */
  restored: Event;
  /** `devices` or `roamTrouble` has something new to say. */
  devices: Event;
  /** The user wants to see `devices.rows`. */
  showdevices: Event;
}

/** The state of an application in this page. `open` makes it. */
export class Session extends EventTarget {
  private constructor();

  /**
   * Restores the fields of `root` (default: the whole page) and stores every input of the user in the same call.
   *
   * Passwords, payment fields and one-time codes (by `autocomplete`), and everything in `data-leftoff-private` are neither
   * stored nor named. Returns the session.
   */
  bind(root?: HTMLElement, options?: BindOptions): this;

  /**
   * Returns the value of a section that the program keeps itself; `undefined` if there is none, or no storage. Throws if the
   * stored value cannot be read as the kind that this version knows.
   */
  get<T = Json>(name: string): T | undefined;

  /** Stores a value that `JSON.stringify` can write, under this name of 1 to 128 bytes. `undefined` removes it. */
  set(name: string, value: unknown): Saved;

  /** Marks an element that the user touched and that is no field, by its path. `label` is what the user calls it. */
  mark(path: string, options?: { label?: string; action?: Action }): Saved;

  /**
   * The user has completed the element with this path, or the one that was touched last: the arrow at it disappears, and the
   * card of the next visit says *finished*. A form that is reset is finished by itself.
   */
  finished(path?: string): void;

  /** The user is interrupted, for a reason that completes "before …": `"a call"`. `note` is shown on the card. */
  suspend(reason?: string, note?: string): Saved;

  /** Takes the user back to where they left off: scrolls there, and gives it the focus. */
  takeMeBack(): void;

  /** The path of the element where the user left off, as it is called now; `null` if there is none to be seen. */
  readonly marked: string | null;

  /**
   * Reads all fields again, and resolves to whether the browser's database has confirmed everything: it then survives a power
   * cut. `false`: `status` says why, and it is tried again.
   */
  saved(): Promise<boolean>;

  /** Whether this page may write, and whether everything is safe. The event `change` tells of changes. */
  readonly status: Status;

  /**
   * Erases everything that is stored for the application. Nothing is stored until it is opened again. Resolves to whether the
   * database has confirmed it.
   */
  forget(): Promise<boolean>;

  /** Asks the browser to keep the data of this site when space runs short. Some browsers ask the user. */
  persist(): Promise<boolean>;

  /**
   * Lets the state follow its user to their other devices. Needs a package built with roaming. The page need not wait for it.
   *
   * Rejects with an error whose `name` is `"WrongCode"`, `"NoSlot"` (the code is of another store, or was replaced),
   * `"WrongPassphrase"`, `"WrongKey"`, `"Store"` (it cannot be reached), or that of the browser if it refuses its database.
   */
  roam(options: RoamOptions): Promise<Devices>;

  /** The other devices, once `roam` has resolved. */
  readonly devices: Devices | null;

  /** Why the last call of `roam` failed. */
  readonly roamTrouble: Error | null;

  /**
   * Ends the session: removes the arrow, and lets another tab write. The next session finds a clean end. What is to be with the
   * other devices at once is sent by `devices.publish()` before.
   */
  close(): void;

  addEventListener<K extends keyof SessionEventMap>(
    type: K,
    listener: (event: SessionEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
