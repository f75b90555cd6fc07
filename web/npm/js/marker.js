// Arrow, outline, label and card: above the page, without taking its clicks or its focus.

const STYLE = `
:host { all: initial; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; border: 0; padding: 0; margin: 0;
  width: auto; height: auto; background: none; overflow: visible; color-scheme: light dark; font: 14px/1.35 system-ui, sans-serif; }
:host(:popover-open) { display: block; }
svg { position: fixed; left: 0; top: 0; width: 100vw; height: 100vh; overflow: visible; }
polygon { fill: var(--leftoff-color, light-dark(#0b57d0, #8ab4f8)); stroke: light-dark(#fff, #202124); stroke-width: 1; }
rect { fill: none; stroke: var(--leftoff-color, light-dark(#0b57d0, #8ab4f8)); stroke-width: 2; rx: 4; }
rect.bracket { stroke-dasharray: 6 4; }
.quiet { opacity: .55; }
.label { position: fixed; box-sizing: border-box; padding: 1px 6px; border-radius: 4px; font-size: 12px; line-height: 18px; white-space: nowrap;
  color: light-dark(#fff, #202124); background: var(--leftoff-color, light-dark(#0b57d0, #8ab4f8)); }
.measure { visibility: hidden; left: 0; top: 0; }
.strips { position: fixed; inset-inline: 12px; inset-block-end: max(12px, env(safe-area-inset-bottom)); display: flex; flex-direction: column; gap: 8px; align-items: center; }
.strips.above { inset-block: 12px auto; }
.strip { pointer-events: auto; max-width: min(720px, 100%); box-sizing: border-box; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center;
  padding: 8px 12px; border-radius: 8px; border-inline-start: 4px solid var(--leftoff-color, light-dark(#0b57d0, #8ab4f8));
  color: light-dark(#202124, #e8eaed); background: light-dark(#fff, #303134); box-shadow: 0 2px 10px rgb(0 0 0 / .3); }
.lines { flex: 1 1 240px; }
.small { font-size: 12px; opacity: .8; }
button { font: inherit; padding: 3px 10px; border-radius: 4px; border: 1px solid currentColor; color: inherit; background: none; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--leftoff-color, light-dark(#0b57d0, #8ab4f8)); outline-offset: 1px; }
.said { position: fixed; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  polygon { fill: CanvasText; stroke: Canvas; } rect { stroke: CanvasText; } .strip { border: 2px solid Highlight; }
  .label { forced-color-adjust: none; background: CanvasText; color: Canvas; }
}
@media (pointer: coarse) { button { min-width: 44px; min-height: 44px; padding-inline: 14px; } .strip { gap: 8px; } }
@media (prefers-contrast: more) { polygon { stroke-width: 2; } rect { stroke-width: 3; } .quiet { opacity: 1; } }
`;

const SVG = "http://www.w3.org/2000/svg";

export class Marker {
  #host = document.createElement("div");
  #root = this.#host.attachShadow({ mode: "open" });
  #svg = document.createElementNS(SVG, "svg");
  #label = element("div", "label");
  #measure = element("div", "label measure");
  #strips = element("div", "strips");
  #said = element("div", "said");
  #shown = "";
  #described = null; // the element that has the words of the arrow as its description

  constructor(act) {
    this.#host.setAttribute("data-leftoff-ui", "");
    if ("popover" in this.#host) this.#host.popover = "manual";
    const style = new CSSStyleSheet(); // no element, which a page's security policy may forbid
    style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [style];
    this.#svg.setAttribute("aria-hidden", "true");
    this.#label.setAttribute("aria-hidden", "true");
    this.#measure.setAttribute("aria-hidden", "true");
    this.#said.setAttribute("role", "status");
    this.#root.append(this.#svg, this.#label, this.#measure, this.#strips, this.#said);
    // The press must not take the focus from the field that the user is in.
    this.#strips.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#strips.addEventListener("click", (event) => {
      const word = event.target.closest?.("button")?.dataset.word;
      if (word) act(word);
    });
    document.body.append(this.#host);
    this.#host.showPopover?.();
  }

  // Above dialogs that were opened later.
  raise() {
    if (!this.#host.isConnected) document.body.append(this.#host);
    if (this.#host.popover === "manual") {
      this.#host.hidePopover();
      this.#host.showPopover();
    }
  }

  // The width and height that the label's text needs.
  sizeOf(label) {
    this.#measure.textContent = label;
    const { width, height } = this.#measure.getBoundingClientRect();
    return [Math.ceil(width), Math.ceil(height)];
  }

  draw(pointer, label) {
    this.#unzoom();
    this.#svg.replaceChildren();
    this.#label.hidden = true;
    if (!pointer) return;
    const tone = pointer.loud ? "" : "quiet";
    this.#svg.setAttribute("class", tone);
    if (pointer.bracket) this.#svg.append(box(pointer.bracket, "bracket"));
    if (pointer.outline) this.#svg.append(box(pointer.outline, ""));
    if (pointer.arrow) {
      const arrow = document.createElementNS(SVG, "polygon");
      const [tx, ty, ax, ay, bx, by] = pointer.arrow;
      arrow.setAttribute("points", `${tx},${ty} ${ax},${ay} ${bx},${by}`);
      this.#svg.append(arrow);
    }
    const at = pointer.label ?? (pointer.bracket && aboveBracket(pointer.bracket, this.sizeOf(label)));
    if (!at || !label) return;
    this.#label.hidden = false;
    this.#label.className = `label ${tone}`;
    this.#label.textContent = label;
    Object.assign(this.#label.style, { left: `${at[0]}px`, top: `${at[1]}px`, width: `${at[2] - at[0]}px` });
  }

  // Where the page itself zooms its body, places in the window are other ones than in here.
  #unzoom() {
    const zoom = String(1 / (this.#host.parentElement?.currentCSSZoom ?? 1));
    if (this.#host.style.zoom !== zoom) this.#host.style.zoom = zoom;
  }

  // The card and the notices. Rebuilt only if the words changed: a rebuilt button would lose the focus.
  show(strips) {
    const shown = JSON.stringify(strips);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#strips.replaceChildren(...strips.map(strip));
    }
    if (strips.length) this.#giveWay();
  }

  // At the upper edge of the window, if something that is drawn beside the element would be under the card.
  #giveWay() {
    const drawn = [...this.#svg.children, ...(this.#label.hidden ? [] : [this.#label])].map((each) => each.getBoundingClientRect());
    const height = this.#strips.offsetHeight + 24; // with its distance from the edge
    const isBelowFree = drawn.every((each) => each.bottom < innerHeight - height);
    const isAboveFree = drawn.every((each) => each.top > height);
    const stays = this.#strips.classList.contains("above") ? isAboveFree : isBelowFree;
    if (!stays) this.#strips.classList.toggle("above", isAboveFree && !isBelowFree);
  }

  // A screen reader says at the element what is drawn beside it. A description of the page's own stays, and in a text that
  // the user edits, an attribute would be part of the text.
  describe(target, words) {
    if (this.#described && this.#described !== target) {
      this.#described.removeAttribute("aria-description");
      this.#described = null;
    }
    if (!target || (target !== this.#described && (target.hasAttribute("aria-description") || target.hasAttribute("aria-describedby")))) return;
    this.#described = target;
    if (target.getAttribute("aria-description") !== words) target.setAttribute("aria-description", words);
  }

  say(words) {
    this.#said.textContent = words;
  }

  remove() {
    this.describe(null);
    this.#host.remove();
  }

  get element() {
    return this.#host;
  }
}

function strip({ lines, buttons, label = "Where you left off" }) {
  const section = element("section", "strip");
  section.setAttribute("aria-label", label);
  const words = element("div", "lines");
  for (const [text, isSmall] of lines) {
    const line = element("div", isSmall ? "small" : "");
    line.textContent = text;
    words.append(line);
  }
  const all = [...buttons];
  if (!all.some(([, word]) => ["not-now", "put-off"].includes(word) || word.startsWith("devices-"))) all.push(["Hide", "dismiss"]);
  section.append(words, ...all.map(([name, word]) => {
    const button = element("button", "");
    button.type = "button";
    button.textContent = name;
    button.dataset.word = word;
    return button;
  }));
  return section;
}

function element(tag, name) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}

function box([left, top, right, bottom], name) {
  const rect = document.createElementNS(SVG, "rect");
  if (name) rect.setAttribute("class", name);
  for (const [key, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
    rect.setAttribute(key, value);
  }
  return rect;
}

function aboveBracket([left, top], [width, height]) {
  const y = top >= height ? top - height : top;
  return [left, y, left + width, y + height];
}
