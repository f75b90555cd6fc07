// The elements of a page as leftoff knows them: paths, roles, names, values.

const FIELDS = "input, textarea, select, button, summary, a[href], [contenteditable], [role], [data-leftoff]";
const NO_VALUE = new Set(["button", "submit", "reset", "image", "hidden", "password"]);
const PRIVATE = /^(cc-|one-time-code|current-password|new-password|transaction-)/;

const passwords = new WeakSet(); // also while a button of the page shows one as text

// Nothing of these is ever stored: passwords, payment, one-time codes, and what the page declares private.
export function isPrivate(element) {
  if (element.type === "password") passwords.add(element);
  if (passwords.has(element)) return true;
  for (let each = element; each; each = parentOf(each)) if (each.hasAttribute("data-leftoff-private")) return true;
  const words = (element.getAttribute("autocomplete") ?? "").toLowerCase().split(/\s+/);
  return words.some((word) => PRIVATE.test(word));
}

export function isField(element) {
  if (element.isContentEditable) return element.getAttribute("contenteditable") !== null;
  return element.matches("textarea, select") || (element.matches("input") && !NO_VALUE.has(element.type));
}

// An id that a framework made differs in the next version, or on the next load.
function isGenerated(id) {
  return /^[:«_]|^\d+$|[:»]$|^(radix|headlessui|mui|react-aria|ember|ext-gen)-?:?\w*\d/.test(id);
}

function ownKey(element) {
  const declared = element.getAttribute("data-leftoff");
  if (declared) return declared;
  const record = element.getAttribute("data-leftoff-record");
  if (record) return `#${record}`;
  const name = element.getAttribute("name");
  const id = element.id && !isGenerated(element.id) ? element.id : "";
  // Several of one name are a group.
  const isChoice = element.type === "radio" || (element.type === "checkbox" && element.hasAttribute("value"));
  if (isChoice && name) return `${name}=${element.value}`;
  if (name) return name;
  return id;
}

const isContainer = (element) => element.matches("form, fieldset, dialog, [data-leftoff], [data-leftoff-record]");

// The keys of the containers and of the element, joined by "/"; "" for an element without a key.
export function pathOf(element, root) {
  const own = ownKey(element);
  if (!own) return "";
  const keys = [own];
  for (let parent = parentOf(element); parent && parent !== root; parent = parentOf(parent)) {
    const key = isContainer(parent) ? ownKey(parent) : "";
    if (key) keys.unshift(key);
  }
  return keys.map((key) => key.replaceAll("/", "∕")).join("/");
}

// Out of a shadow tree, to its host.
function parentOf(element) {
  return element.parentElement ?? element.getRootNode()?.host ?? null;
}

export function roleOf(element) {
  const role = element.getAttribute("role");
  if (role) return role.split(" ")[0];
  if (element.matches("input")) return { checkbox: "checkbox", radio: "radio", range: "slider" }[element.type] ?? "textbox";
  return { TEXTAREA: "textbox", SELECT: "combobox", BUTTON: "button", A: "link", SUMMARY: "button" }[element.tagName] ?? "group";
}

const text = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 120);

// The accessible name, as far as a page can compute it; never the value.
export function nameOf(element) {
  const label = element.getAttribute("aria-label");
  if (label) return label.trim();
  const ids = element.getAttribute("aria-labelledby");
  if (ids) {
    const scope = element.getRootNode();
    const named = ids.split(/\s+/).map((id) => text(scope.getElementById?.(id))).filter(Boolean);
    if (named.length) return named.join(" ");
  }
  if (element.labels?.length) {
    // Without the field's own text, which for a select is all its options.
    const copy = element.labels[0].cloneNode(true);
    for (const inner of copy.querySelectorAll("input, select, textarea, button")) inner.remove();
    if (text(copy)) return text(copy);
  }
  if (element.matches("button, a, summary, [role=button], [role=tab], [role=menuitem]")) return text(element);
  if (element.matches("[data-leftoff]") && !element.querySelector(FIELDS) && !isField(element)) return text(element);
  if (element.matches("fieldset")) return text(element.querySelector(":scope > legend"));
  return (element.getAttribute("placeholder") || element.getAttribute("title") || "").trim();
}

export function valueOf(element) {
  if (element.matches("select")) {
    return element.multiple ? [...element.selectedOptions].map((option) => option.value) : element.value;
  }
  if (element.type === "checkbox" || element.type === "radio") return element.checked;
  if (element.type === "file") return [...element.files].map((file) => file.name);
  if (element.isContentEditable) return element.innerHTML;
  return element.value;
}

// As the user would enter it, so that frameworks with controlled fields take it over. A value that the field cannot have,
// because another version of the page had another field of this name, is not entered.
export function restore(element, value) {
  const before = valueOf(element);
  if (element.type === "file" || JSON.stringify(before) === JSON.stringify(value)) return;
  if (typeof before !== typeof value || Array.isArray(before) !== Array.isArray(value)) return;
  if (typeof before === "boolean") {
    // A radio is switched off by another one.
    if (value || element.type === "checkbox") element.click();
    return;
  }
  if (element.isContentEditable) {
    element.innerHTML = clean(value);
  } else if (Array.isArray(value)) {
    for (const option of element.options) option.selected = value.includes(option.value);
  } else {
    const type = { TEXTAREA: HTMLTextAreaElement, SELECT: HTMLSelectElement }[element.tagName] ?? HTMLInputElement;
    // React replaces the setter of the element by its own, which would take the value for known.
    const enter = (text) => Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(element, text);
    enter(value);
    if (element.value !== value && !isSameText(element.value, value)) {
      enter(before);
      return;
    }
  }
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

// As `restore`; and a radio is switched off without another one.
export function reset(element, value) {
  restore(element, value);
  if (element.type === "radio" && !value) element.checked = false;
}

// A textarea has line feeds only; a field of one line has none.
const isSameText = (a, b) => a.replace(/\r\n?|\n/g, "") === b.replace(/\r\n?|\n/g, "");

// What was stored may have been written by an older, less careful version of the page: no scripts, no handlers.
function clean(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of body.querySelectorAll("script, style, iframe, object, embed, link, meta, base, form")) element.remove();
  for (const element of body.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith("on") || name === "srcdoc" || /^\s*(javascript|data):/i.test(value)) element.removeAttribute(name);
    }
  }
  return body.innerHTML;
}

// All elements with a path, in reading order, also in open shadow trees.
export function* elements(root) {
  const scope = root.shadowRoot ?? root;
  for (const element of scope.querySelectorAll("*")) {
    if (element.matches(FIELDS) || isContainer(element)) {
      if (!element.closest("[data-leftoff-ui]")) yield element;
    }
    if (element.shadowRoot && !element.hasAttribute("data-leftoff-ui")) yield* elements(element);
  }
}

// Whether a node that was added to the page may have fields in it.
export function mayHaveFields(node) {
  const wanted = "input, textarea, select, [contenteditable], :not(:defined)";
  return node.nodeType === Node.ELEMENT_NODE && (node.shadowRoot !== null || node.matches(wanted) || [...node.querySelectorAll("*")].some((inner) => inner.shadowRoot || inner.matches(wanted)));
}

export function* shadowTrees(root) {
  const scope = root.shadowRoot ?? root;
  if (scope !== root) yield scope;
  for (const { shadowRoot } of scope.querySelectorAll("*:not([data-leftoff-ui])")) if (shadowRoot) yield* shadowTrees(shadowRoot.host);
}

// The names of elements whose script is not there yet.
export function undefinedNames(root) {
  const scope = root.shadowRoot ?? root;
  return new Set([...scope.querySelectorAll(":not(:defined)")].map(({ localName }) => localName));
}

// The rectangle, and what of the page around it is visible; zeros for what is not shown.
export function rectangles(element) {
  const rect = element.getBoundingClientRect();
  if (rect.width === 0 || rect.height === 0 || !(element.checkVisibility?.() ?? true)) return [0, 0, 0, 0, 0, 0, 0, 0];
  let [left, top, right, bottom] = [0, 0, innerWidth, innerHeight];
  for (let parent = parentOf(element); parent && parent !== document.body; parent = parentOf(parent)) {
    const { overflowX, overflowY } = getComputedStyle(parent);
    if (overflowX === "visible" && overflowY === "visible") continue;
    const clip = parent.getBoundingClientRect();
    if (overflowX !== "visible") [left, right] = [Math.max(left, clip.left), Math.min(right, clip.right)];
    if (overflowY !== "visible") [top, bottom] = [Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
  }
  return [rect.left, rect.top, rect.right, rect.bottom, left, top, right, bottom];
}

const REACH = 300; // how far from an element its arrow and the words beside it can be, in pixels

// The rectangles of the texts of labels and legends around an element.
export function captions(root, element) {
  const near = element.getBoundingClientRect();
  const isFar = (rect) => rect.bottom < near.top - REACH || rect.top > near.bottom + REACH || rect.right < near.left - REACH || rect.left > near.right + REACH;
  const found = [];
  const range = document.createRange();
  for (const caption of (root.shadowRoot ?? root).querySelectorAll("label, legend")) {
    if (isFar(caption.getBoundingClientRect())) continue;
    const clip = rectangles(caption).slice(4);
    const texts = document.createTreeWalker(caption, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      range.selectNodeContents(texts.currentNode);
      for (const { left, top, right, bottom } of range.getClientRects()) found.push(left, top, right, bottom, ...clip);
    }
  }
  return found;
}
