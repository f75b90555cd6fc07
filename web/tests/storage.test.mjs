// Several tabs, and storage that is full, removed, refused or large.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, fill, hold, letGo, load, pointed, ready, saved, serve, sleep, status, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve();
});
after(async () => {
  await browser?.end();
  server.stop();
});

async function fresh() {
  await browser?.end();
  browser = await Browser.start();
}

const access = (page) => page.evaluate(() => session.status.access);
const becomes = (page, word) => page.waitForFunction((word) => session.status.access === word, { timeout: 5000 }, word);

test("a second tab has a copy, is free when the first one is closed, and then goes on", async () => {
  await fresh();
  const first = await browser.page(server.url);
  await fill(first, "[name=name]", "Ana");
  await saved(first);
  const second = await browser.page(server.url);
  assert.equal(await access(second), "copy");
  assert.equal((await values(second)).name, "Ana");
  await fill(second, "[name=town]", "lost");
  assert.equal(await saved(second), false);
  await fill(first, "[name=street]", "Rua 1");
  await first.close();
  await becomes(second, "free");
  assert.equal(await saved(second), false);
  await second.reload();
  await ready(second);
  assert.equal(await access(second), "writes");
  const { name, street, town } = await values(second);
  assert.deepEqual([name, street, town], ["Ana", "Rua 1", ""]);
});

test("a tab that takes over writes, and the other one says that it has lost", async () => {
  await fresh();
  const first = await browser.page(server.url);
  await fill(first, "[name=name]", "Ana");
  await saved(first);
  const second = await browser.page(`${server.url}?take`);
  await becomes(first, "taken-over");
  assert.equal(await access(second), "writes");
  await fill(first, "[name=name]", " lost");
  assert.equal(await saved(first), false);
  await fill(second, "[name=street]", "Rua 1");
  assert.equal(await saved(second), true);
  await first.close();
  await second.reload();
  await ready(second);
  const { name, street } = await values(second);
  assert.deepEqual([name, street], ["Ana", "Rua 1"]);
});

test("the lock of a killed tab is free soon", async () => {
  await fresh();
  const first = await browser.page(server.url);
  const renderer = await browser.rendererOf(first);
  await fill(first, "[name=name]", "Ana");
  await browser.killRenderer(first, renderer);
  const second = await browser.page(server.url);
  await second.waitForFunction(() => session.status.access !== "copy", { timeout: 2000 });
  await second.reload();
  await ready(second);
  assert.equal(await access(second), "writes");
  assert.equal((await values(second)).name, "Ana");
});

test("a closed session lets another one of the same page write", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  const found = await page.evaluate(async () => {
    const { open } = await import("/pkg/leftoff.js");
    const copy = await open("com.example.travel", { marker: false });
    const before = copy.status.access;
    copy.close();
    session.close();
    const next = await open("com.example.travel", { marker: false });
    return [before, next.status.access, next.get("form").values["name"], session.status.access];
  });
  assert.deepEqual(found, ["copy", "writes", "Ana", "refused"]);
  assert.deepEqual(page.faults, []);
});

test("a full database is said, loses nothing that was saved, and is filled when there is room again", async () => {
  await fresh();
  const origin = new URL(server.url).origin;
  let devtools;
  // Before the first write: the browser remembers for a while how much room there is.
  const narrow = async (page) => {
    devtools = await page.createCDPSession();
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 2_000_000 });
  };
  const noise = (page) => page.evaluate(() => session.set("noise", Array.from({ length: 150_000 }, () => String(Math.random()))));
  const page = await browser.page(server.url, narrow);
  await fill(page, "[name=name]", "Ana");
  assert.equal(await saved(page), true);
  await fill(page, "[name=town]", "Porto");
  await noise(page);
  assert.equal(await saved(page), false);
  const { isSynced, trouble } = await status(page);
  assert.equal(isSynced, false);
  assert.match(trouble, /no room left/);
  await page.close();
  const again = await browser.page(server.url, narrow);
  assert.equal((await values(again)).name, "Ana");
  await fill(again, "[name=street]", "Rua 1");
  await noise(again);
  assert.equal(await saved(again), false);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  await again.waitForFunction(() => session.status.isSynced, { timeout: 20000 });
  assert.equal((await status(again)).trouble, null);
  await browser.kill();
  await browser.restart();
  const last = await browser.page(server.url);
  const { name, street } = await values(last);
  assert.deepEqual([name, street], ["Ana", "Rua 1"]);
  assert.equal(await last.evaluate(() => session.get("noise").length), 150_000);
});

for (const [how, remove] of [
  ["the user clears the data of the site", async (page) => (await page.createCDPSession()).send("Storage.clearDataForOrigin", { origin: new URL(server.url).origin, storageTypes: "all" })],
  ["the site deletes the database", (page) => page.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase("leftoff:com.example.travel").onsuccess = resolve)))],
]) {
  test(`an open page stores everything again after ${how}`, async () => {
    await fresh();
    const page = await browser.page(server.url);
    await fill(page, "[name=name]", "Ana");
    await page.evaluate(() => session.set("other", "not asked for in this visit"));
    await saved(page);
    await load(page, server.url);
    await remove(page);
    await sleep(500);
    await fill(page, "[name=town]", "Porto");
    await page.waitForFunction(() => session.status.isSynced, { timeout: 10000 });
    assert.equal(await saved(page), true);
    await browser.kill();
    await browser.restart();
    const again = await browser.page(server.url);
    const { name, town } = await values(again);
    assert.deepEqual([name, town], ["Ana", "Porto"]);
    assert.equal(await again.evaluate(() => session.get("other")), "not asked for in this visit");
    assert.ok(await pointed(again, "[name=town]"));
  });
}

test("a database that fails to open at first is tried again, and has everything", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await saved(page);
  await browser.kill();
  await browser.restart();
  const again = await browser.page(server.url, (page) =>
    page.evaluateOnNewDocument(() => {
      const { open } = IDBFactory.prototype;
      globalThis.tries = 0;
      IDBFactory.prototype.open = function (...all) {
        tries += 1;
        if (tries > 3) return open.apply(this, all);
        const request = { error: new DOMException("Internal error opening backing store", "UnknownError") };
        setTimeout(() => request.onerror(), 20);
        return request;
      };
    }),
  );
  assert.equal(await again.evaluate(() => tries), 4);
  assert.equal(await access(again), "writes");
  assert.equal((await values(again)).name, "Ana");
});

for (const [how, breakIt] of [
  ["without IndexedDB", () => Object.defineProperty(globalThis, "indexedDB", { value: undefined })],
  ["whose database does not open", () => (IDBFactory.prototype.open = () => ({}))],
  ["whose storage and locks are refused", () => {
    const refuse = () => {
      throw new DOMException("refused", "SecurityError");
    };
    IDBFactory.prototype.open = refuse;
    Storage.prototype.getItem = Storage.prototype.setItem = refuse;
    LockManager.prototype.request = () => Promise.reject(new DOMException("refused", "SecurityError"));
  }],
]) {
  test(`a browser ${how} shows a page that works and says so`, async () => {
    await fresh();
    const page = await browser.page(server.url, (page) => page.evaluateOnNewDocument(breakIt));
    await fill(page, "[name=name]", "Ana");
    assert.equal(await saved(page), false);
    const found = await status(page);
    assert.equal(found.access, "refused");
    assert.match(found.trouble, /browser/);
    assert.deepEqual(page.faults, []);
  });
}

test("a private window keeps the state as long as it is open, and leaves nothing", async () => {
  await fresh();
  const open = async (context) => {
    const page = await context.newPage();
    await load(page, server.url);
    return page;
  };
  const first = await browser.driver.createBrowserContext();
  const page = await open(first);
  await fill(page, "[name=name]", "Ana");
  assert.equal(await saved(page), true);
  assert.equal(typeof (await page.evaluate(() => session.persist())), "boolean");
  await page.close();
  const again = await open(first);
  assert.equal((await values(again)).name, "Ana");
  assert.ok(await pointed(again, "[name=name]"));
  await first.close();
  const second = await browser.driver.createBrowserContext();
  assert.equal((await values(await open(second))).name, "");
  assert.equal((await values(await browser.page(server.url))).name, "");
});

test("everything is erased, and stays so", async () => {
  await fresh();
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await saved(page);
  assert.equal(await page.evaluate(() => session.forget()), true);
  await page.reload();
  await ready(page);
  assert.equal((await values(page)).name, "");
  assert.equal(await pointed(page, "[name=name]"), null);
});

test("the page asks for the last word only while something is unsaved", async () => {
  await fresh();
  const page = await browser.page(server.url);
  const devtools = await page.createCDPSession();
  const listens = async () => {
    const { result } = await devtools.send("Runtime.evaluate", { expression: "window" });
    const { listeners } = await devtools.send("DOMDebugger.getEventListeners", { objectId: result.objectId });
    return listeners.some(({ type }) => type === "beforeunload");
  };
  await saved(page);
  assert.equal(await listens(), false);
  await hold(page);
  await fill(page, "[name=name]", "Ana");
  await page.waitForFunction(() => !session.status.isSynced);
  assert.equal(await listens(), true);
  await letGo(page);
  await page.waitForFunction(() => session.status.isSynced);
  assert.equal(await listens(), false);
});

test("9 MB of state do not make the saving of a field slow", async () => {
  await fresh();
  const page = await browser.page(server.url);
  assert.equal(
    await page.evaluate(() => {
      session.set("large", Array.from({ length: 45_000 }, (_, number) => ({ number, text: "x".repeat(160), done: false })));
      return session.saved();
    }),
    true,
  );
  const stall = await page.evaluate(() => {
    const field = document.querySelector("[name=name]");
    const times = [];
    for (let i = 0; i < 20; i += 1) {
      const began = performance.now();
      field.value += "x";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      times.push(performance.now() - began);
    }
    return times.sort((a, b) => a - b)[10];
  });
  assert.ok(stall < 20, `${stall} ms`);
  await saved(page);
  await load(page, server.url);
  assert.equal(await page.evaluate(() => session.get("large").length), 45_000);
  assert.equal((await values(page)).name, "x".repeat(20));
});
