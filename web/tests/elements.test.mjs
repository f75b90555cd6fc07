// Elements that are not there from the beginning, or not in the page's own tree; and a page that moves under the arrow.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, card, fill, load, pointed, saved, serve, sleep } from "./rig.mjs";

const page = (body, script = "") => `<!doctype html><html lang="en"><meta charset="utf-8">
<style>body { margin: 2rem 8rem; font: 16px/1.5 sans-serif; } label { display: block; margin: .6rem 0; }</style>
${body}
<script type="module">
  import { open } from "/pkg/leftoff.js";
  ${script}
  const session = await open("com.example.elements");
  session.bind();
  globalThis.session = session;
</script>`;

const PAGES = {
  // Step 2 is made when the user goes there, and each time anew.
  "/steps": page(
    '<form name="trip"><div id="step"></div></form><button id="one">1</button><button id="two">2</button>',
    `const step = document.querySelector("#step");
    const steps = {
      one: '<label>Name <input name="name"></label>',
      two: '<label>Hotel <input name="hotel" value="any"></label><label>Room <input name="room"></label><label><input type="checkbox" name="late"> Late</label>',
    };
    step.innerHTML = steps.one;
    for (const id of ["one", "two"]) document.getElementById(id).onclick = () => (step.innerHTML = steps[id]);`,
  ),
  // The script of the element comes later than the session, and its content one more turn later.
  "/shadow": page(
    '<form name="trip"><label>Name <input name="name"></label><x-address data-leftoff="address"></x-address></form>',
    `setTimeout(() => customElements.define("x-address", class extends HTMLElement {
      connectedCallback() {
        const root = this.attachShadow({ mode: "open" });
        setTimeout(() => (root.innerHTML = '<label>Street <input name="street"></label><label>Town <input name="town"></label>'), 50);
      }
    }), 300);`,
  ),
  // Only the rows in view exist.
  "/list": page(
    '<div id="list" data-leftoff="list" style="height: 400px; overflow: auto; position: relative"><div id="rows" style="height: 40000px"></div></div>',
    `const [list, rows] = [document.querySelector("#list"), document.querySelector("#rows")];
    const texts = (globalThis.texts = new Map());
    rows.addEventListener("input", ({ target }) => texts.set(target.closest("[data-leftoff-record]").dataset.leftoffRecord, target.value));
    let first = -1;
    const draw = () => {
      const now = Math.floor(list.scrollTop / 40);
      if (now === first) return;
      first = now;
      rows.replaceChildren(...Array.from({ length: 12 }, (_, i) => {
        const row = document.createElement("div");
        row.dataset.leftoffRecord = String(now + i);
        row.style = "position: absolute; left: 8rem; height: 40px; top: " + (now + i) * 40 + "px";
        row.innerHTML = '<label style="margin: 0">Row ' + (now + i) + ' <input name="note"></label>';
        row.querySelector("input").value = texts.get(String(now + i)) ?? "";
        return row;
      }));
    };
    list.addEventListener("scroll", draw);
    draw();
    globalThis.show = (row) => { list.scrollTop = row * 40 - 100; draw(); };`,
  ),
};

let server;
let browser;
before(async () => {
  server = await serve(PAGES);
});
beforeEach(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.end());
after(() => server.stop());

const value = (page, selector) => page.$eval(selector, (field) => field.value);

test("a field of a later step has its value when the step appears, and no end of the page empties it", async () => {
  const first = await browser.page(`${server.url}steps`);
  const renderer = await browser.rendererOf(first);
  await fill(first, "[name=name]", "Ana");
  await first.click("#two");
  await fill(first, "[name=room]", "12");
  await first.click("[name=late]");
  await browser.killRenderer(first, renderer);

  const again = await browser.page(`${server.url}steps`);
  assert.equal(await value(again, "[name=name]"), "Ana");
  await again.click("#two");
  assert.deepEqual(await again.$$eval("#step input", (fields) => fields.map(({ type, value, checked }) => (type === "checkbox" ? checked : value))), ["any", "12", true]);
  assert.ok(await pointed(again, "[name=late]"));
  // The page itself has emptied it: that is no first appearance.
  await again.click("#one");
  await again.click("#two");
  assert.equal(await value(again, "[name=room]"), "");
  await fill(again, "[name=room]", "13");
  assert.equal(await saved(again), true);
  await load(again, `${server.url}steps`);
  assert.equal(await saved(again), true);
  await load(again, `${server.url}steps`);
  await again.click("#two");
  assert.equal(await value(again, "[name=room]"), "13");
  assert.deepEqual(again.faults, []);
});

test("fields in a shadow tree that comes late have their values and the arrow", async () => {
  const inTree = ">>> [name=town]";
  const isThere = (page) => page.waitForFunction(() => document.querySelector("x-address").shadowRoot?.querySelector("input"), { polling: 50, timeout: 5000 });
  const first = await browser.page(`${server.url}shadow`);
  const renderer = await browser.rendererOf(first);
  await isThere(first);
  await first.type(inTree, "Porto");
  await browser.killRenderer(first, renderer);
  const again = await browser.page(`${server.url}shadow`);
  await isThere(again);
  await sleep(300);
  assert.equal(await again.$eval(inTree, (field) => field.value), "Porto");
  assert.equal(await again.$eval(">>> [name=street]", (field) => field.value), "");
  assert.match(await card(again), /Town/);
  const [drawn, field] = await again.evaluate(() => {
    const box = (each) => each?.getBoundingClientRect().toJSON();
    return [box(document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("svg rect")), box(document.querySelector("x-address").shadowRoot.querySelector("[name=town]"))];
  });
  assert.ok(drawn && Math.abs(drawn.top - field.top) < 12 && Math.abs(drawn.left - field.left) < 12, JSON.stringify([drawn, field]));
  assert.deepEqual(again.faults, []);
});

test("a row of a list that keeps only what is in view has its value and the arrow once it is shown", async () => {
  const first = await browser.page(`${server.url}list`);
  const renderer = await browser.rendererOf(first);
  await first.evaluate(() => show(500));
  await fill(first, "[data-leftoff-record='500'] input", "call back");
  await browser.killRenderer(first, renderer);
  const again = await browser.page(`${server.url}list`);
  assert.match(await card(again), /Row 500/);
  assert.equal(await saved(again), true);
  await again.evaluate(() => show(500));
  assert.equal(await value(again, "[data-leftoff-record='500'] input"), "call back");
  assert.ok(await pointed(again, "[data-leftoff-record='500'] input"));
  assert.equal(await again.evaluate(() => texts.get("500")), "call back", "the page's own model");
  await again.evaluate(() => show(20));
  await again.evaluate(() => show(500));
  assert.equal(await value(again, "[data-leftoff-record='500'] input"), "call back");
  assert.deepEqual(again.faults, []);
});

test("the arrow stays at its element when the page moves in any way", async () => {
  const first = await browser.page(server.url);
  await fill(first, "[name=hotel]", "Sol");
  await saved(first);
  const again = await browser.page(server.url);
  const MOVES = {
    "an element that is added above": () => document.forms.request.prepend(Object.assign(document.createElement("p"), { textContent: "News", style: "height: 90px" })),
    "a style of the element": () => (document.querySelector("[name=hotel]").style.marginInlineStart = "40px"),
    "a transform of all around it": () => (document.forms.request.style.transform = "translate(30px, 20px)"),
    "zoom": () => (document.documentElement.style.zoom = "1.5"),
    "right to left": () => (document.documentElement.dir = "rtl"),
    "a dialog around it": () => {
      const dialog = document.body.appendChild(document.createElement("dialog"));
      dialog.append(document.forms.request);
      dialog.showModal();
    },
  };
  for (const [how, move] of Object.entries(MOVES)) {
    await again.evaluate(move);
    await sleep(200);
    assert.ok(await pointed(again, "[name=hotel]"), how);
  }
  await again.$eval("[name=hotel]", (field) => field.closest("label").remove());
  await sleep(200);
  assert.equal(await again.evaluate(() => document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("polygon")), null, "what is gone has no arrow");
  assert.deepEqual(again.faults, []);
});
