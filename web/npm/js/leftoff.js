// The face of the package: a session for a page, and forms bound to it.

import init, { Core } from "./core.js";
import { elements, isField, isPrivate, nameOf, pathOf, rectangles, restore, roleOf, valueOf } from "./dom.js";
import { Marker } from "./marker.js";

let loaded = null;

/**
 * Opens the state of an application, and finds what an earlier run left.
 * Resolves even if the browser has no storage: see `session.status`.
 */
export async function open(app, options = {}) {
  loaded ??= init();
  await loaded;
  return new Session(options, await Core.open(app, options.version ?? "", options.takeOver === true));
}

export class Session extends EventTarget {
  #core;
  #bound = [];
  #values = new Map(); // sections that the program sets itself, as JSON text
  #marker = null;
  #frame = 0;
  #isStale = true; // the layout, since the last time it was told
  #last = ""; // the marked element's place, to follow it
  #events = new AbortController();
  #error = null;

  constructor(options, core) {
    super();
    this.#core = core;
    core.onChange(() => this.#changed());
    if (options.marker !== false) {
      this.#marker = new Marker((word) => this.#act(word));
      this.#watch();
    }
  }

  /**
   * Restores the fields of `root`, and keeps them: every input is stored in the same call. Passwords, payment fields and
   * `data-leftoff-private` are left out. `apply` takes the values instead of the fields, for pages whose state is elsewhere.
   */
  bind(root = document.body, { section = "form", apply = null } = {}) {
    const bound = { root, section, apply, values: new Map() };
    this.#bound.push(bound);
    this.#restore(bound);
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
    this.#isStale = true;
    this.#draw();
    return this;
  }

  /** Returns the value of a section that the program keeps itself; `undefined` if there is none. */
  get(name) {
    const text = this.#core.get(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Stores a value that `JSON.stringify` can write. `undefined` removes it. */
  set(name, value) {
    this.#values.set(name, value === undefined ? null : JSON.stringify(value));
    this.#core.markDirty();
    return this.#save();
  }

  /** Marks an element that the user touched, for what is no field. */
  mark(path, { label = "", action = "other" } = {}) {
    this.#core.touch(path, label, action, false);
    return this.#save();
  }

  /** What the user completed needs no arrow. */
  finished(path) {
    this.#core.finish(path);
    this.#core.markDirty();
    this.#save();
    this.#draw();
  }

  /** The user is interrupted, for a reason that completes "before …": "a call". */
  suspend(reason = "break", note = "") {
    this.#capture();
    return this.#core.suspend(reason, note);
  }

  /** Takes the user back to where they left off. */
  takeMeBack() {
    this.#act("take-me-back");
  }

  /** Resolves to whether the browser's database has confirmed everything: it then survives a power cut. */
  async saved() {
    this.#capture();
    return this.#core.saved();
  }

  /**
   * `access`: "writes", "copy" (another tab has the state), "free" (that tab was closed: open again), "taken-over",
   * "refused" (no storage). `isSynced`: everything survives a power cut. `trouble`: why not, or `null`.
   */
  get status() {
    const [access, isSynced, trouble] = this.#core.status();
    return { access, isSynced, trouble: this.#error ?? trouble };
  }

  /** Erases everything that is stored for the application. */
  async forget() {
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

  /** Ends the session: the next one finds a clean end. */
  close() {
    this.#capture();
    this.#events.abort();
    cancelAnimationFrame(this.#frame);
    this.#marker?.remove();
    this.#core.close();
    this.#core.free();
  }

  // ---- Fields

  #fields(bound) {
    const found = new Map();
    for (const element of elements(bound.root)) {
      if (!isField(element) || isPrivate(element)) continue;
      const path = pathOf(element, bound.root);
      // Two fields of one name cannot be told apart: the value of one would appear in the other.
      if (path) found.set(path, found.has(path) ? null : element);
    }
    for (const [path, element] of found) if (!element) found.delete(path);
    return found;
  }

  #restore(bound) {
    const stored = this.get(bound.section);
    const values = stored?.values ?? {};
    bound.values = new Map(Object.entries(values));
    if (bound.apply) {
      if (stored) bound.apply(values);
      return;
    }
    bound.isRestoring = true;
    try {
      for (const [path, element] of this.#fields(bound)) if (bound.values.has(path)) restore(element, bound.values.get(path));
    } finally {
      bound.isRestoring = false;
    }
  }

  #edited(bound, field) {
    if (bound.isRestoring || !isField(field) || isPrivate(field)) return;
    const path = pathOf(field, bound.root);
    if (!path) return;
    bound.values.set(path, valueOf(field));
    this.#core.input();
    const isText = !field.matches("select") && !["checkbox", "radio", "range", "file"].includes(field.type);
    const action = isText ? "edit" : field.type === "checkbox" ? (field.checked ? "tick" : "untick") : "choose";
    this.#core.touch(path, nameOf(field), action, isText);
    this.#save();
    this.#soon();
  }

  #touched(bound, element, action) {
    if (bound.isRestoring || isPrivate(element)) return;
    const path = pathOf(element, bound.root);
    // A focus that the program sets is no touch of the user.
    if (!path || (action === "focus" && !navigator.userActivation?.isActive)) return;
    this.#core.input();
    this.#core.touch(path, nameOf(element), action, false);
    this.#save();
    this.#soon();
  }

  // Reads all fields again: values that scripts have set.
  #capture() {
    for (const bound of this.#bound) {
      for (const [path, field] of this.#fields(bound)) {
        const value = valueOf(field);
        if (JSON.stringify(bound.values.get(path)) === JSON.stringify(value)) continue;
        bound.values.set(path, value);
        this.#core.markDirty();
      }
    }
    return this.#save();
  }

  #save() {
    if (this.#isStale) this.#layout();
    const forms = this.#bound.map(({ section, values }) => [
      section,
      JSON.stringify({ values: Object.fromEntries(values) }),
    ]);
    try {
      const saved = this.#core.autosave([...forms, ...this.#values]);
      this.#error = null;
      return saved;
    } catch (error) {
      // A page goes on without it; `status` says so.
      this.#error = error.message;
      this.#changed();
      return "deferred";
    }
  }

  // ---- The marker

  #layout() {
    const [texts, numbers] = [[], []];
    for (const { root } of this.#bound) {
      for (const element of elements(root)) {
        const path = pathOf(element, root);
        if (!path) continue;
        texts.push(path, roleOf(element), isPrivate(element) ? "" : nameOf(element));
        numbers.push(...rectangles(element));
      }
    }
    this.#isStale = false;
    if (this.#core.layout(texts, new Float64Array(numbers))) this.#readAgain();
  }

  #readAgain() {
    for (const bound of this.#bound) this.#restore(bound);
    this.dispatchEvent(new Event("restored"));
  }

  #watch() {
    const signal = this.#events.signal;
    const again = () => {
      this.#isStale = true;
      this.#soon();
    };
    addEventListener("resize", again, { signal });
    addEventListener("scroll", again, { signal, capture: true, passive: true });
    for (const type of ["keydown", "pointerdown", "wheel"]) {
      addEventListener(type, () => this.#core.input() && this.#soon(), { signal, capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", again, { signal });
    addEventListener("pagehide", () => this.#capture(), { signal, capture: true });
    const observer = new MutationObserver((records) => {
      if (records.some(({ target }) => target !== this.#marker.element)) again();
    });
    observer.observe(document.documentElement, { childList: true, subtree: true, attributes: true, characterData: true });
    document.addEventListener("toggle", (event) => event.target !== this.#marker.element && this.#marker.raise(), { signal, capture: true });
    signal.addEventListener("abort", () => observer.disconnect());
  }

  #soon() {
    if (this.#marker && !this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  // Draws what is shown, and follows the element as long as something is.
  #draw() {
    this.#frame = 0;
    if (!this.#marker || !this.#bound.length) return;
    const moved = this.#place();
    if (this.#isStale || moved !== this.#last) this.#layout();
    this.#last = moved;
    const isRightToLeft = getComputedStyle(document.documentElement).direction === "rtl";
    const label = this.#core.label() ?? "";
    const pointer = this.#core.pointer(isRightToLeft, devicePixelRatio, ...this.#marker.sizeOf(label));
    this.#marker.draw(pointer, label);
    this.#marker.show(this.#core.strips());
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
    if (this.#core.act(word)) this.#readAgain();
    this.#isStale = true;
    this.#soon();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    this.#soon();
  }
}

function origin(event) {
  return event.composedPath()[0];
}
