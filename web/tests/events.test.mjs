// How a page ends or is put aside, by the events that tell of it: the last key is there, and so are reason and time away.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, card, fill, load, pointed, saved, serve, sleep, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve({ "/other": "<!doctype html><p>another page" });
});
beforeEach(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.end());
after(() => server.stop());

// 42 minutes later, by the clock of the page.
const later = (page) =>
  page.evaluateOnNewDocument(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 2_520_000;
  });

const WAYS = {
  "hidden, and killed while it is": async (page) => {
    const renderer = await browser.rendererOf(page);
    await fill(page, "[name=name]", "Ana");
    await (await browser.driver.newPage()).bringToFront();
    await page.waitForFunction(() => document.visibilityState === "hidden", { polling: 50 });
    await browser.killRenderer(page, renderer);
  },
  "frozen, and killed while it is": async (page) => {
    const renderer = await browser.rendererOf(page);
    await fill(page, "[name=name]", "Ana");
    const frozen = new Promise((resolve) => page.on("console", (message) => message.text() === "frozen" && resolve()));
    await page.evaluate(() => document.addEventListener("freeze", () => console.log("frozen")));
    await (await page.createCDPSession()).send("Page.setWebLifecycleState", { state: "frozen" });
    await frozen;
    await browser.killRenderer(page, renderer);
  },
  reloaded: async (page) => {
    await fill(page, "[name=name]", "Ana");
    await page.reload();
    await page.close();
  },
  "left for another page": async (page) => {
    await fill(page, "[name=name]", "Ana");
    await page.goto("about:blank");
    await page.close();
  },
  closed: async (page) => {
    await fill(page, "[name=name]", "Ana");
    await page.close({ runBeforeUnload: true });
    await sleep(300);
  },
};

const REASONS = { hidden: /before you went to another window/, frozen: /before you went to another window/ };

for (const [how, end] of Object.entries(WAYS)) {
  test(`a page that is ${how} has the last key, and says why and for how long the user was away`, async () => {
    await end(await browser.page(server.url));
    const page = await browser.page(server.url, later);
    assert.equal((await values(page)).name, "Ana");
    assert.ok(await pointed(page, "[name=name]"));
    const words = await card(page);
    assert.match(words, /4[23] min/);
    assert.match(words, REASONS[how.split(",")[0]] ?? /before the program exited/);
    assert.deepEqual(page.faults, []);
  });
}

test("a page that comes back from the cache for back goes on saving", async () => {
  const page = await browser.page(null, (page) => page.evaluateOnNewDocument(() => addEventListener("pageshow", ({ persisted }) => (globalThis.isBack = persisted))));
  await load(page, server.url);
  await fill(page, "[name=name]", "Ana");
  await page.goto(`${server.url}other`);
  await page.goBack();
  await page.waitForFunction(() => globalThis.isBack, { polling: 50, timeout: 5000 });
  await fill(page, "[name=town]", "Porto");
  assert.equal(await saved(page), true);
  await browser.kill();
  await browser.restart();
  const again = await browser.page(server.url);
  const { name, town } = await values(again);
  assert.deepEqual([name, town], ["Ana", "Porto"]);
  assert.ok(await pointed(again, "[name=town]"));
});
