// What survives what: docs/web.md refers to these tests.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Browser, fill, hold, load, pointed, ready, saved, serve, sleep, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve();
});
after(async () => {
  await browser?.end();
  server.stop();
});

async function fresh(options) {
  await browser?.end();
  browser = await Browser.start(options);
}

const FILLED = {
  name: "Ana Lisboa", town: "Porto", hotel: "Sol", budget: "as cheap as possible", department: "Research", first: "2026-12-24", visa: true,
  "meals=noon": false, "meals=evening": true, "class=air": true, "class=train": false, purpose: "To see the sea,\nand to rest", notes: "quiet room",
};

async function fillIn(page) {
  for (const name of ["name", "town", "hotel", "budget"]) await fill(page, `[name=${name}]`, FILLED[name]);
  await page.select("[name=department]", FILLED.department);
  await page.click("[name=visa]");
  await page.click("[name=meals][value=evening]");
  await page.click("[name=class][value=train]");
  await page.click("[name=class][value=air]");
  await (await page.$$("[name=twin]"))[1].type("which one?");
  await page.$eval("[name=first]", (field) => {
    field.value = "2026-12-24";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await fill(page, "[contenteditable]", FILLED.notes);
  await page.click("[name=purpose]");
  await page.keyboard.type("To see the sea,\nand to rest");
}

async function assertFilled(page, marked = "[name=purpose]") {
  const found = await values(page);
  for (const [name, value] of Object.entries(FILLED)) assert.equal(found[name], value, name);
  const empty = ["street", "country", "twin", "card", "pin", "code", "doctor"];
  // The browser itself fills in the fields of a page that it discarded.
  if (!(await page.evaluate(() => document.wasDiscarded))) for (const name of empty) assert.equal(found[name], "", name);
  assert.ok(await pointed(page, marked), `no marker at ${marked}`);
  assert.deepEqual(page.faults, []);
}

test("a form is as it was after its renderer was killed, at the last key", async () => {
  await fresh();
  const page = await browser.page(server.url);
  const renderer = await browser.rendererOf(page);
  await fillIn(page);
  await browser.killRenderer(page, renderer);
  await assertFilled(await browser.page(server.url));
});

test("a key that had not reached the database is there after its renderer was killed", async () => {
  await fresh();
  const page = await browser.page(server.url);
  const renderer = await browser.rendererOf(page);
  await hold(page);
  await fillIn(page);
  await browser.killRenderer(page, renderer);
  await assertFilled(await browser.page(server.url));
});

test("a form is as it was after the browser was killed, once it is saved", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fillIn(page);
  assert.equal(await saved(page), true);
  await page.waitForFunction(() => session.status.isSynced, { timeout: 1000 });
  await browser.kill();
  await browser.restart();
  await assertFilled(await browser.page(server.url));
});

test("a form is as it was after a reload, another page and back, and a closed tab", async () => {
  await fresh();
  let page = await browser.page(server.url);
  await fillIn(page);
  await page.reload();
  await ready(page);
  await assertFilled(page);
  await page.keyboard.press("Escape");
  await fill(page, "[name=street]", "x");
  await page.goto("about:blank");
  await page.goBack();
  await ready(page);
  assert.equal((await values(page)).street, "x");
  await fill(page, "[name=street]", "y");
  await page.close({ runBeforeUnload: true });
  await sleep(300);
  page = await browser.page(server.url);
  assert.equal((await values(page)).street, "xy");
});

test("what is typed before the session is open is kept where nothing was stored", async () => {
  await fresh();
  // The module comes late, as on a slow line.
  const slow = (page) =>
    page.evaluateOnNewDocument(() => {
      const { fetch } = globalThis;
      globalThis.fetch = (...all) => new Promise((resolve) => (globalThis.go = resolve)).then(() => fetch(...all));
    });
  const open = async () => {
    const page = await browser.page(null, slow);
    await page.goto(server.url);
    await page.waitForFunction("globalThis.go", { polling: 50 });
    return page;
  };
  const bound = async (page) => {
    await page.evaluate(() => go());
    await ready(page);
  };
  const page = await open();
  const renderer = await browser.rendererOf(page);
  await fill(page, "[name=name]", "Ana");
  await page.click("[name=visa]");
  await bound(page);
  await fill(page, "[name=name]", " Lisboa");
  await browser.killRenderer(page, renderer);
  const again = await open();
  await fill(again, "[name=name]", "x");
  await fill(again, "[name=town]", "Porto");
  await bound(again);
  const { name, town, visa } = await values(again);
  assert.deepEqual([name, town, visa], ["Ana Lisboa", "Porto", true]);
  await again.reload();
  await again.waitForFunction("globalThis.go", { polling: 50 });
  await bound(again);
  assert.deepEqual([(await values(again)).name, (await values(again)).town], ["Ana Lisboa", "Porto"]);
  assert.ok(await pointed(again, "[name=town]"));
  assert.deepEqual(again.faults, []);
});

test("a value that a script has set is stored when the page is left", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await page.$eval("[name=contact]", (field) => (field.value = "Eva"));
  await page.reload();
  await ready(page);
  assert.equal((await values(page)).contact, "Eva");
});

test("a discarded tab comes back as it was", async () => {
  const extension = mkdtempSync(join(tmpdir(), "leftoff-extension-"));
  writeFileSync(join(extension, "manifest.json"), JSON.stringify({ manifest_version: 3, name: "discard", version: "1", permissions: ["tabs"], background: { service_worker: "sw.js" } }));
  writeFileSync(join(extension, "sw.js"), `
    self.discard = async (part) => {
      const [tab] = (await chrome.tabs.query({})).filter(({ url }) => url.includes(part));
      return (await chrome.tabs.discard(tab.id)).id;
    };
    self.show = (id) => chrome.tabs.update(id, { active: true });`);
  await fresh({ extension });
  const page = await browser.page(`${server.url}?discard`);
  await fillIn(page);
  await (await browser.driver.newPage()).bringToFront();
  const worker = await (await browser.driver.waitForTarget((target) => target.type() === "service_worker")).worker();
  const id = await worker.evaluate(() => self.discard("?discard"));
  await worker.evaluate((id) => self.show(id).then(() => {}), id);
  await sleep(1500);
  const back = (await browser.driver.pages()).find((each) => each.url().includes("?discard"));
  back.faults = [];
  await ready(back);
  assert.equal(await back.evaluate(() => document.wasDiscarded), true);
  await assertFilled(back);
  rmSync(extension, { recursive: true });
});

test("the next version of a page has every value in its field, none in another, and the marker", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fillIn(page);
  await page.click("[name=town]");
  await page.keyboard.type("!");
  await saved(page);
  await browser.kill();
  await browser.restart();
  const next = await browser.page(`${server.url}?v=2`);
  const found = await values(next);
  const { hotel, budget, department, ...same } = FILLED;
  for (const [name, value] of Object.entries({ ...same, town: "Porto!" })) assert.equal(found[name], value, name);
  assert.equal(found.currency, "");
  assert.equal(found.budget, "", "a text is no number");
  assert.equal(found.department, "Sales", "an option that is not there");
  assert.ok(await pointed(next, "[name=town]"));
  // What this version has no field for is kept for one that has.
  await fill(next, "[name=currency]", "EUR");
  await saved(next);
  await load(next, server.url);
  assert.equal((await values(next)).hotel, FILLED.hotel);
  assert.equal((await values(next)).budget, FILLED.budget);
});

test("a renamed field has its value and the marker, and a new field of its old name stays empty", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=town]", "Porto");
  await fill(page, "[name=hotel]", "Sol");
  await saved(page);
  await load(page, `${server.url}?v=3`);
  const { town, lodging, hotel } = await values(page);
  assert.deepEqual([town, lodging, hotel], ["Porto", "Sol", ""]);
  assert.ok(await pointed(page, "[name=lodging]"));
  // What the version with the rename has stored is not renamed again.
  await fresh();
  const next = await browser.page(`${server.url}?v=3`);
  await fill(next, "[name=hotel]", "Chain");
  await saved(next);
  await load(next, `${server.url}?v=3`);
  assert.deepEqual([(await values(next)).lodging, (await values(next)).hotel], ["", "Chain"]);
});

test("a value that nobody has changed is that of the next version", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await load(page, `${server.url}?v=2`);
  const { name, telephone } = await values(page);
  assert.deepEqual([name, telephone], ["Ana", "+351"]);
});

test("saving goes on when the network is gone", async () => {
  await fresh();
  const page = await browser.page(server.url);
  server.stop();
  await fillIn(page);
  assert.equal(await saved(page), true);
  await browser.kill();
  await server.start();
  await browser.restart();
  await assertFilled(await browser.page(server.url));
});

test("a clock that is set back a day loses nothing", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fillIn(page);
  await saved(page);
  const back = (page) =>
    page.evaluateOnNewDocument(() => {
      const now = Date.now.bind(Date);
      Date.now = () => now() - 86_400_000;
    });
  await page.close();
  const yesterday = await browser.page(server.url, back);
  await assertFilled(yesterday);
  await fill(yesterday, "[name=street]", "Rua 1");
  assert.equal(await saved(yesterday), true);
  await yesterday.close();
  const today = await browser.page(server.url);
  assert.equal((await values(today)).street, "Rua 1");
  assert.ok(await pointed(today, "[name=street]"));
});

test("what is private is nowhere on the disk", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "CANARYopen");
  for (const name of ["card", "code", "doctor"]) await fill(page, `[name=${name}]`, `CANARY${name}`);
  await fill(page, "[name=pin]", "CANARYpin");
  await page.$eval("[name=pin]", (field) => (field.type = "text")); // "show the password"
  await fill(page, "[name=pin]", "more");
  await saved(page);
  const kept = await page.evaluate(async () => {
    const open = indexedDB.open("leftoff:com.example.travel");
    const db = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
    const all = db.transaction("frames").objectStore("frames").getAll();
    await new Promise((resolve) => (all.onsuccess = resolve));
    const text = all.result.map((bytes) => new TextDecoder("latin1").decode(bytes)).join("");
    return text + JSON.stringify({ ...localStorage });
  });
  await page.reload(); // pagehide reads all fields again
  await ready(page);
  await sleep(6000); // localStorage goes to the disk after 5 s
  await browser.kill();
  const { execFileSync } = await import("node:child_process");
  const files = (word) => execFileSync("sh", ["-c", `grep -rlaE "${word}|${[...word].join("\\x00")}" ${browser.profile} || true`], { encoding: "utf8" });
  assert.match(kept, /CANARYopen/);
  assert.notEqual(files("CANARYopen"), "");
  for (const name of ["card", "code", "doctor", "pin"]) {
    assert.doesNotMatch(kept, new RegExp(`CANARY${name}`), name);
    assert.equal(files(`CANARY${name}`), "", name);
  }
  await browser.restart();
});
