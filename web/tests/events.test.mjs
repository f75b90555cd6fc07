// How a page ends or is put aside, by the events that tell of it: the last key is there, and so are reason and time away.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, card, fill, pointed, serve, sleep, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve();
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
    await (await page.createCDPSession()).send("Page.setWebLifecycleState", { state: "frozen" });
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

for (const [how, end] of Object.entries(WAYS)) {
  test(`a page that is ${how} has the last key, and says for how long the user was away`, async () => {
    await end(await browser.page(server.url));
    const page = await browser.page(server.url, later);
    assert.equal((await values(page)).name, "Ana");
    assert.ok(await pointed(page, "[name=name]"));
    const words = await card(page);
    assert.match(words, /4[23] min/, words);
    assert.deepEqual(page.faults, []);
  });
}
