// The face of the package: a session for a page, and forms bound to it.

import init, { Core } from "./core.js";
import { captions, elements, isField, isPrivate, mayHaveFields, nameOf, pathOf, rectangles, reset, restore, roleOf, shadowTrees, undefinedNames, valueOf } from "./dom.js";
import { Marker } from "./marker.js";
import { renamed } from "./renamed.js";

const CHANGES = { childList: true, subtree: true, attributes: true, characterData: true };

let loaded = null;
const opening = new Map(); // by application: a promise that a session is open, and closed again if its program does so at once

/**
 * Opens the state of an application, and finds what an earlier run left.
 * Resolves even if the browser has no storage: see `session.status`.
 */
export function open(app, options = {}) {
  watchEarly();
  // React in development mounts a component twice: the first session must not be another tab for the second one.
  const opened = (opening.get(app) ?? Promise.resolve()).then(() => begin(app, options));
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  opening.set(app, opened.then(turn, turn));
  return opened;
}

// Fields that the user edited, also before they were bound: on a slow line, that may be long after the page was shown.
let edited = null;

function watchEarly() {
  if (edited || typeof document === "undefined") return;
  edited = new WeakSet();
  document.addEventListener("input", (event) => event.isTrusted && edited.add(origin(event)), { capture: true, passive: true });
}

async function begin(app, options) {
  loaded ??= init();
  try {
    await loaded;
  } catch (error) {
    loaded = null; // the network may be back at the next call
    throw error;
  }
  const renames = Object.entries(options.renamed ?? {});
  const session = new Session(options, await Core.open(app, options.version ?? "", options.takeOver === true, renames.flat()), app);
  // The page does not wait for the store of the other devices.
  if (options.roam) session.roam(options.roam).catch(() => {});
  return session;
}

export class Session extends EventTarget {
  #core;
  #bound = [];
  #changes = new Map(); // what the program has set and the core does not have: by section, JSON text or `null`
  #marker = null;
  #frame = 0;
  #isStale = true; // the layout, since the last time it was told
  #last = ""; // the marked element's place, to follow it
  #lastTouched = ""; // its path, once something was touched in this visit
  #isClosed = false;
  #events = new AbortController();
  #observer;
  #awaited = new Set(); // names of elements whose script is not there yet
  #error = null;
  #renames;
  #app;
  #devices = null;
  #roamTrouble = null;

  constructor(options, core, app) {
    super();
    this.#core = core;
    this.#app = app;
    this.#renames = Object.entries(options.renamed ?? {});
    core.onChange(() => this.#changed());
    if (options.marker !== false) this.#marker = new Marker((word) => this.#act(word));
    this.#watch();
  }

  /**
   * Restores the fields of `root`, and keeps them: every input is stored in the same call. Passwords, payment fields and
   * `data-leftoff-private` are left out. `apply` takes the values instead of the fields, for pages whose state is elsewhere.
   */
  bind(root = document.body, { section = "form", apply = null } = {}) {
    const bound = { root, section, apply, values: new Map(), untouched: new Map(), fields: null, isChanged: false };
    this.#bound.push(bound);
    this.#restore(bound);
    // What the user has typed by now counts where nothing was stored.
    for (const [path, field] of this.#fields(bound)) if (edited.has(field) && !bound.values.has(path)) this.#edited(bound, field);
    const signal = this.#events.signal;
    const on = (type, act) => root.addEventListener(type, (event) => act(origin(event), event), { signal, capture: true });
    on("input", (field) => this.#edited(bound, field));
    on("change", (field) => this.#edited(bound, field));
    on("focusin", (field) => this.#touched(bound, field, "focus"));
    on("click", (field) => {
      const pressed = field.closest?.("button, a[href], summary, [role=button], [role=tab], [data-leftoff]");
      if (pressed && !isField(field)) this.#touched(bound, pressed, "press");
    });
    on("submit", () => this.#capture());
    on("reset", () => queueMicrotask(() => this.#emptied(bound)));
    this.#isStale = true;
    this.#draw();
    return this;
  }

  /** Returns the value of a section that the program keeps itself; `undefined` if there is none, or no storage. */
  get(name) {
    if (this.#isClosed) return undefined;
    try {
      const text = this.#core.get(name);
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      if (error.name === "Unavailable") return undefined; // `status` says why
      throw error;
    }
  }

  /** Stores a value that `JSON.stringify` can write. `undefined` removes it. */
  set(name, value) {
    if (this.#isClosed) return "off";
    this.#changes.set(name, value === undefined ? null : JSON.stringify(value));
    this.#core.markDirty();
    return this.#save();
  }

  /** Marks an element that the user touched, for what is no field. */
  mark(path, { label = "", action = "other" } = {}) {
    if (this.#isClosed) return "off";
    this.#lastTouched = path;
    this.#core.touch(path, label, action, false);
    return this.#save();
  }

  /** What the user completed needs no arrow in this visit: the element with this path, or the one that was touched last. */
  finished(path = this.#lastTouched) {
    if (this.#isClosed || !path) return;
    this.#core.finish(path);
    this.#core.markDirty();
    this.#save();
    this.#draw();
  }

  /** The user is interrupted, for a reason that completes "before …": "a call". */
  suspend(reason = "break", note = "") {
    if (this.#isClosed) return "off";
    this.#capture();
    return this.#core.suspend(reason, note);
  }

  /** Takes the user back to where they left off. */
  takeMeBack() {
    this.#act("take-me-back");
  }

  /** The path of the element where the user left off, as it is called now; `null` if there is none to be seen. */
  get marked() {
    return (this.#isClosed ? null : this.#core.target()) ?? null;
  }

  /** Resolves to whether the browser's database has confirmed everything: it then survives a power cut. */
  async saved() {
    if (this.#isClosed) return false;
    this.#capture();
    return this.#error === null && this.#core.saved();
  }

  /**
   * `access`: "writes", "copy" (another tab has the state), "free" (that tab was closed: open again), "taken-over",
   * "refused" (no storage). `isSynced`: everything survives a power cut. `trouble`: why not, or `null`.
   */
  get status() {
    if (this.#isClosed) return { access: "refused", isSynced: false, trouble: this.#error ?? "the session is closed" };
    const [access, isSynced, trouble] = this.#core.status();
    return { access, isSynced, trouble: this.#error ?? trouble };
  }

  /** Erases everything that is stored for the application. Nothing is stored until it is opened again. */
  async forget() {
    if (this.#isClosed) return false;
    for (let tries = 0; tries < 100; tries += 1) {
      if (this.#core.forget()) return true;
      await this.#core.saved();
    }
    return false;
  }

  /** Asks the browser to keep the data when space runs short. */
  persist() {
    return Core.persist();
  }

  /**
   * Lets the state follow its user to their other devices, through `store`. Resolves to `session.devices`; rejects with an
   * error whose `name` says why not. The page works without waiting for it. Needs a package that was built with roaming.
   */
  async roam(options) {
    try {
      if (!Core.prototype.roam) throw new Error("this package was built without roaming: see `web/npm/build roam`");
      this.#roamTrouble = null;
      const { connect, differences } = await import("./devices.js");
      const core = () => (this.#isClosed ? null : this.#core);
      const start = (kept, store, who, labels) => {
        if (this.#isClosed) throw new Error("the session is closed");
        this.#core.roam(this.#app, kept, store, who, labels, (_, mine, theirs) => differences(mine, theirs, (path) => this.#nameAt(path)), () => queueMicrotask(() => this.#arrived()));
        this.#core.focusDevices(document.visibilityState === "visible");
      };
      this.#devices = await connect(Core, this.#app, options, { core, start, act: (act) => this.#decide(act), saved: () => this.saved() });
      this.#arrived();
      return this.#devices;
    } catch (error) {
      this.#roamTrouble = error;
      this.dispatchEvent(new Event("devices"));
      throw error;
    }
  }

  /** The other devices: `line`, `rows`, `publish()`. `null` until `roam` has started. */
  get devices() {
    return this.#devices;
  }

  /** Why `roam` has not started: an error, or `null`. */
  get roamTrouble() {
    return this.#roamTrouble;
  }

  /** Ends the session: the next one finds a clean end. */
  close() {
    if (this.#isClosed) return;
    this.#capture();
    this.#end();
    this.#core.close();
    this.#core.free();
  }

  #end() {
    this.#isClosed = true;
    this.#events.abort();
    cancelAnimationFrame(this.#frame);
    this.#marker?.remove();
  }

  // ---- Fields

  #fields(bound) {
    if (bound.fields) return bound.fields;
    const found = new Map();
    for (const element of elements(bound.root)) {
      if (isPrivate(element) || !isField(element)) continue;
      const path = pathOf(element, bound.root);
      // Two fields of one name cannot be told apart: the value of one would appear in the other.
      if (path) found.set(path, found.has(path) ? null : element);
    }
    for (const [path, element] of found) if (!element) found.delete(path);
    bound.fields = found;
    this.#follow(bound.root);
    if (bound.own && !bound.isRestoring) this.#appeared(bound, found);
    return found;
  }

  // A field that the page makes later, such as one of the next step or of a row that was out of view, gets its value when it
  // appears for the first time. When it appears again, the page's own value counts.
  #appeared(bound, found) {
    const fresh = [...found].filter(([path]) => !bound.own.has(path));
    bound.isRestoring = true;
    try {
      for (const [path, field] of fresh) {
        bound.own.set(path, valueOf(field));
        if (bound.values.has(path) && !bound.apply) restore(field, bound.values.get(path));
      }
    } finally {
      bound.isRestoring = false;
    }
    for (const [path, field] of fresh) if (!(bound.apply && bound.values.has(path))) bound.untouched.set(path, JSON.stringify(valueOf(field)));
  }

  // No change in a shadow tree is seen from outside, nor that an element gets one because its script is there at last.
  #follow(root) {
    for (const tree of shadowTrees(root)) this.#observer.observe(tree, CHANGES);
    for (const name of undefinedNames(root)) {
      if (this.#awaited.has(name)) continue;
      this.#awaited.add(name);
      customElements.whenDefined(name).then(() => !this.#isClosed && this.#renewed(true));
    }
  }

  // The page has changed.
  #renewed(mayHaveFields) {
    this.#forgetFields();
    if (mayHaveFields) for (const bound of this.#bound) this.#fields(bound);
    this.#isStale = true;
    this.#soon();
  }

  #restore(bound) {
    const stored = this.get(bound.section);
    // A version that knew of a rename has stored its own fields: the old name may be that of a new one.
    const before = bound.values;
    const known = new Set((stored?.renamed ?? []).map(String));
    bound.values = renamed(stored?.values ?? {}, this.#renames.filter((rename) => !known.has(String(rename))));
    // What the page shows at a first visit.
    bound.own ??= new Map([...this.#fields(bound)].map(([path, field]) => [path, valueOf(field)]));
    bound.isRestoring = true;
    try {
      if (bound.apply) {
        if (stored || before.size) bound.apply(Object.fromEntries(bound.values));
      } else {
        for (const [path, element] of this.#fields(bound)) {
          if (bound.values.has(path)) restore(element, bound.values.get(path));
          else if (before.has(path) && bound.own.has(path)) reset(element, bound.own.get(path));
        }
      }
    } finally {
      bound.isRestoring = false;
    }
    // The page's own values are not the user's: its next version may have others.
    bound.untouched = new Map([...this.#fields(bound)].map(([path, field]) => [path, JSON.stringify(valueOf(field))]));
  }

  #edited(bound, field) {
    if (bound.isRestoring || !isField(field) || isPrivate(field)) return;
    const path = pathOf(field, bound.root);
    if (!path) return;
    if (this.#fields(bound).get(path) !== field) bound.fields = null; // this may be new
    if (this.#fields(bound).get(path) === field) this.#keep(bound, path, valueOf(field));
    if (field.type === "radio") this.#others(bound, field);
    this.#core.input();
    const isText = !field.matches("select") && !["checkbox", "radio", "range", "file"].includes(field.type);
    const action = isText ? "edit" : field.type === "checkbox" ? (field.checked ? "tick" : "untick") : "choose";
    this.#lastTouched = path;
    this.#core.touch(path, nameOf(field), action, isText);
    this.#save();
    this.#soon();
  }

  #keep(bound, path, value) {
    bound.values.set(path, value);
    bound.untouched.delete(path);
    bound.isChanged = true;
  }

  // The radio that is switched off by this one has no event.
  #others(bound, radio) {
    for (const [path, field] of this.#fields(bound)) {
      if (field !== radio && field.type === "radio" && field.name === radio.name && bound.values.get(path)) this.#keep(bound, path, field.checked);
    }
  }

  #touched(bound, element, action) {
    if (bound.isRestoring || isPrivate(element)) return;
    const path = pathOf(element, bound.root);
    // A focus that the program sets is no touch of the user.
    if (!path || (action === "focus" && !navigator.userActivation?.isActive)) return;
    this.#core.input();
    this.#lastTouched = path;
    this.#core.touch(path, nameOf(element), action, false);
    this.#save();
    this.#soon();
  }

  // A form that was reset, as after it was sent, is nothing to come back to.
  #emptied(bound) {
    this.#capture();
    const last = this.#elementOf(this.#lastTouched);
    if (last && bound.root.contains(last)) this.finished();
  }

  // Reads all fields again: values that scripts have set.
  #capture() {
    for (const bound of this.#bound) {
      for (const [path, field] of this.#fields(bound)) {
        const value = valueOf(field);
        const text = JSON.stringify(value);
        if (bound.untouched.get(path) === text || JSON.stringify(bound.values.get(path)) === text) continue;
        this.#keep(bound, path, value);
        this.#core.markDirty();
      }
    }
    return this.#save();
  }

  // A section that does not change is not passed: it keeps its stored value.
  #save() {
    if (this.#isClosed) return "off";
    try {
      if (this.#isStale) this.#layout();
      for (const { section, values, isChanged } of this.#bound) {
        if (isChanged) this.#changes.set(section, JSON.stringify({ values: Object.fromEntries(values), renamed: this.#renames.length ? this.#renames : undefined }));
      }
      const changes = [...this.#changes];
      for (const bound of this.#bound) bound.isChanged = false;
      const saved = this.#core.autosave(changes);
      if (saved !== "unchanged" && saved !== "off") this.#changes.clear();
      this.#error = null;
      this.#takeIn();
      return saved;
    } catch (error) {
      // A page goes on without it; `status` says so.
      this.#error = error.message;
      // The module has panicked: nothing in it can be used any more. What it stored is safe.
      if (error instanceof WebAssembly.RuntimeError) this.#end();
      else this.#changes.clear();
      this.#changed();
      return "deferred";
    }
  }

  // ---- The marker

  #layout() {
    const [texts, numbers, near] = [[], [], []];
    const target = this.#elementOf(this.#core.target());
    for (const { root } of this.#bound) {
      for (const element of elements(root)) {
        const path = pathOf(element, root);
        if (!path) continue;
        texts.push(path, roleOf(element), isPrivate(element) ? "" : nameOf(element));
        numbers.push(...rectangles(element));
      }
      if (target) near.push(...captions(root, target));
    }
    this.#isStale = false;
    if (this.#core.layout(texts, new Float64Array(numbers), new Float64Array(near))) this.#readAgain();
  }

  #readAgain() {
    for (const bound of this.#bound) this.#restore(bound);
    this.dispatchEvent(new Event("restored"));
  }

  #watch() {
    const signal = this.#events.signal;
    addEventListener("pagehide", () => this.#capture(), { signal, capture: true });
    const again = () => {
      this.#isStale = true;
      this.#soon();
    };
    addEventListener("resize", again, { signal });
    addEventListener("scroll", again, { signal, capture: true, passive: true });
    // With the first input, the user is there, and is told.
    const input = () => (this.#core.input() || this.marked) && again();
    for (const type of ["keydown", "pointerdown", "wheel"]) {
      addEventListener(type, input, { signal, capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", again, { signal });
    document.addEventListener("visibilitychange", () => this.#devices && this.#core.focusDevices(document.visibilityState === "visible"), { signal });
    this.#observer = new MutationObserver((records) => {
      if (records.every(({ target }) => target === this.#marker?.element)) return;
      this.#renewed(records.some(({ addedNodes }) => [...addedNodes].some(mayHaveFields)));
    });
    this.#observer.observe(document.documentElement, CHANGES);
    document.addEventListener("toggle", (event) => event.target !== this.#marker?.element && this.#marker?.raise(), { signal, capture: true });
    signal.addEventListener("abort", () => this.#observer.disconnect());
  }

  #soon() {
    if (this.#marker && !this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #forgetFields() {
    for (const bound of this.#bound) bound.fields = null;
  }

  // Draws what is shown, and follows the element as long as something is.
  #draw() {
    this.#frame = 0;
    if (this.#isClosed || !this.#marker || !this.#bound.length) return;
    const moved = this.#place();
    if (this.#isStale || moved !== this.#last) this.#layout();
    this.#last = moved;
    const isRightToLeft = getComputedStyle(document.documentElement).direction === "rtl";
    const label = this.#core.label() ?? "";
    const pointer = this.#core.pointer(isRightToLeft, devicePixelRatio, ...this.#marker.sizeOf(label));
    this.#marker.draw(pointer, label);
    this.#marker.describe(pointer ? this.#elementOf(this.#core.target()) : null, label);
    const arrived = this.#devices && this.#core.deviceStrip();
    this.#marker.show(arrived ? [{ ...arrived, label: "Your other devices" }] : this.#core.strips());
    const words = this.#core.takeAnnouncement();
    if (words) this.#marker.say(words);
    const wanted = this.#core.wanted();
    if (wanted) this.#reveal(wanted);
    if (pointer) this.#soon();
  }

  // Where the marked element is: it can be moved without any event.
  #place() {
    const element = this.#elementOf(this.#core.target());
    return element ? rectangles(element).join() : "";
  }

  #target = ["", null];

  #elementOf(path) {
    if (!path) return null;
    const [known, element] = this.#target;
    if (known === path && element?.isConnected) return element;
    for (const { root } of this.#bound) {
      for (const candidate of elements(root)) {
        if (pathOf(candidate, root) !== path) continue;
        this.#target = [path, candidate];
        return candidate;
      }
    }
    return null;
  }

  #reveal(path) {
    const element = this.#elementOf(path);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "center", behavior: isCalm ? "instant" : "smooth" });
    if (element?.matches("input, textarea, select, button, a[href], [contenteditable]")) element.focus({ preventScroll: true });
    this.#isStale = true;
    this.#soon();
  }

  #act(word) {
    if (this.#isClosed) return;
    if (word.startsWith("devices-")) {
      this.#decide((core) => core.actOnDevices(word));
      if (this.#core.wantsDevices()) this.dispatchEvent(new Event("showdevices"));
      return;
    }
    if (this.#core.act(word)) this.#readAgain();
    this.#isStale = true;
    this.#soon();
  }

  // ---- The other devices

  // What has come. Values may be newer than those of the fields, which are read again before anything is stored.
  #takeIn() {
    if (this.#devices && this.#core.updateDevices()) this.#readAgain();
  }

  #arrived() {
    if (this.#isClosed || !this.#devices) return;
    // What scripts have set in the fields is stored before it can be replaced.
    this.#capture();
    this.#isStale = true;
    this.dispatchEvent(new Event("devices"));
    this.#soon();
  }

  #decide(act) {
    if (this.#isClosed) return;
    this.#capture();
    if (act(this.#core)) this.#readAgain();
    this.#isStale = true;
    this.dispatchEvent(new Event("devices"));
    this.#soon();
  }

  #nameAt(path) {
    const element = this.#elementOf(path);
    return element ? nameOf(element) : path;
  }

  #changed() {
    if (this.#isClosed && this.#error === null) return;
    this.dispatchEvent(new Event("change"));
    this.#soon();
  }
}

function origin(event) {
  return event.composedPath()[0];
}
