// What saving costs in a page: node web/tests/costs.mjs. Medians of 20 tries: for how long the page can do nothing else, and
// until the state survives a killed browser. Beside it, two usual ways to keep a state of the same size.

import { form } from "./form.mjs";
import { Browser, load, ready, serve, sleep } from "./rig.mjs";

const server = await serve({ "/plain": form().replace(/<script[^]*/, "") });
const browser = await Browser.start();
const page = await browser.page(server.url);

const median = (times) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)].toFixed(1);
const row = (name, found) => console.log(`| ${name} | ${found.error ?? `${median(found.map(([stall]) => stall))} / ${median(found.map(([, safe]) => safe))}`} |`);

await page.evaluate(() => {
  globalThis.state = (rows) => ({ rows: Array.from({ length: rows }, (_, number) => ({ number, text: "x".repeat(160), done: false })), name: "" });
  globalThis.measure = async (act) => {
    const times = [];
    for (let i = 0; i < 20; i += 1) {
      const began = performance.now();
      const safe = act(i);
      const stall = performance.now() - began;
      await safe;
      times.push([stall, performance.now() - began]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return times;
  };
  globalThis.database = () =>
    new Promise((resolve) => {
      const open = indexedDB.open("other", 1);
      open.onupgradeneeded = () => open.result.createObjectStore("keyval");
      open.onsuccess = () => resolve(open.result);
    });
});

for (const [name, rows] of [["4 KB", 20], ["9 MB", 45_000]]) {
  console.log(`\n| ${name} of state: ms of stall / until safe | |\n|---|--:|`);
  const run = async (what, act) => row(what, await page.evaluate(act, rows));
  await run("leftoff, one field changed", async (rows) => {
    session.set("large", state(rows));
    await session.saved();
    const field = document.querySelector("[name=name]");
    return measure((i) => {
      field.value = `name ${i}`;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return { then: (resolve) => session.saved().then(resolve) };
    });
  });
  await run("leftoff, the whole state set again", (rows) => {
    const all = state(rows);
    return measure((i) => {
      all.name = `name ${i}`;
      session.set("large", all);
      return { then: (resolve) => session.saved().then(resolve) };
    });
  });
  await run("localStorage and JSON", async (rows) => {
    const all = state(rows);
    try {
      return await measure((i) => {
        all.name = `name ${i}`;
        localStorage.setItem("other", JSON.stringify(all));
      });
    } catch (error) {
      return { error: error.name };
    }
  });
  await run("idb-keyval's way: `put(object)`", async (rows) => {
    const db = await database();
    const all = state(rows);
    return measure((i) => {
      all.name = `name ${i}`;
      const transaction = db.transaction("keyval", "readwrite");
      transaction.objectStore("keyval").put(all, "state");
      transaction.commit();
      return new Promise((resolve) => (transaction.oncomplete = resolve));
    });
  });
}

const opened = [];
for (let i = 0; i < 5; i += 1) {
  await load(page, server.url);
  opened.push(
    await page.evaluate(() => {
      const began = performance.now();
      session.get("large");
      return [took, performance.now() - began];
    }),
  );
}
row("opening with 9 MB: until the form is filled in / `get` of the 9 MB", opened);
await browser.end();

// What the page's process has in memory, after some seconds in which it may give back what it does not use.
const other = await Browser.start();
const memory = async (what, path, act = () => {}) => {
  const one = await other.page();
  await one.goto(server.url + path);
  if (path === "") await ready(one);
  await one.evaluate(act);
  await sleep(4000);
  console.log(`| ${what} | ${(await other.memoryOf(one)).toFixed(0)} |`);
  await one.close();
};
const fillIn = () => {
  session.set("large", Array.from({ length: 45_000 }, (_, number) => ({ number, text: "x".repeat(160), done: false })));
  return session.saved().then(() => {});
};
console.log("\n| MB in memory | |\n|---|--:|");
await memory("a form without leftoff", "plain");
await memory("a form with leftoff", "");
await memory("leftoff has stored 9 MB", "", fillIn);
await memory("leftoff has 9 MB from before", "");
await other.end();
server.stop();
