// A form of Leptos: the example, after examples/web/rust/build.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, example, fill, pointed, serve, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve(example("rust"));
  browser = await Browser.start();
});
after(async () => {
  await browser?.end();
  server?.stop();
});

const open = async () => {
  const page = await browser.page();
  await page.goto(`${server.url}rust/index.html`);
  // Bound, once the arrow's layer is there and the form, too.
  await page.waitForFunction(() => document.querySelector("[data-leftoff-ui]") && document.querySelector("[name=name]"), { timeout: 30000 });
  return page;
};

test("fields of leptos, its signals and the arrow are as they were after its renderer was killed", async () => {
  const page = await open();
  const renderer = await browser.rendererOf(page);
  await page.click("[name=train]");
  await fill(page, "[name=nights]", "2");
  await fill(page, "[name=name]", "Ana");
  await browser.killRenderer(page, renderer);
  const again = await open();
  await again.waitForFunction(() => document.querySelector("[name=name]").value, { timeout: 5000 });
  assert.deepEqual(await values(again), { name: "Ana", nights: "12", train: true });
  assert.equal(await again.$eval("output", (output) => output.textContent), "Ana: 12 nights, by train");
  assert.ok(await pointed(again, "[name=name]"));
  assert.deepEqual(again.faults, []);
});
