// The invoice of leftoff-egui in a page: the example, after examples/web/egui/build.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, example, serve, sleep } from "./rig.mjs";

let server;
let browser;
before(async () => {
  server = await serve(example("egui"));
  browser = await Browser.start();
});
after(async () => {
  await browser?.end();
  server?.stop();
});

const open = async () => {
  const page = await browser.page(null, (page) =>
    // What the program copies is how a test reads what is in a canvas.
    page.evaluateOnNewDocument(() => {
      navigator.clipboard.writeText = async (text) => void (globalThis.copied = text);
    }),
  );
  await page.goto(`${server.url}egui/index.html`);
  await page.waitForFunction(() => document.activeElement.tagName === "CANVAS", { polling: 50, timeout: 60000 });
  await sleep(2000); // for the first frames
  return page;
};

// Goes to the next field, and copies its text. Any field, if none had the focus.
async function copied(page, ...keys) {
  await page.evaluate(() => delete globalThis.copied);
  for (const key of keys) await page.keyboard.press(key);
  await sleep(300);
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await sleep(300);
  await page.keyboard.press("c");
  await page.keyboard.up("Control");
  const found = await page.waitForFunction("globalThis.copied", { polling: 50, timeout: 5000 }).catch(() => null);
  return found?.jsonValue();
}

// The middle of the arrow, in pixels from the top: its colour is nowhere else at the left of the fields. `null` without one.
async function arrow(page) {
  const picture = await page.screenshot({ encoding: "base64", clip: { x: 12, y: 60, width: 32, height: 500 } });
  return page.evaluate(async (picture) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const rows = [];
    for (let i = 0; i < data.length; i += 4) if (data[i] < 60 && data[i + 2] - data[i] > 60) rows.push(Math.floor(i / 4 / image.width));
    return rows.length > 50 ? 60 + (rows[0] + rows.at(-1)) / 2 : null;
  }, picture);
}

test("fields of egui and the arrow are as they were after its renderer was killed", async () => {
  const first = await open();
  const renderer = await browser.rendererOf(first);
  assert.equal(await arrow(first), null);
  await first.mouse.click(180, 75);
  await first.keyboard.type("Ana Lisboa");
  await sleep(300);
  await first.keyboard.press("Tab");
  await sleep(300);
  await first.keyboard.type("1200");
  await sleep(1000); // a frame after the last key: what egui has not drawn, it has not seen
  await browser.killRenderer(first, renderer);

  const again = await open();
  const pointed = await arrow(again);
  assert.ok(pointed, "no arrow");
  assert.equal(await copied(again), "1200", "the marked field has the focus");
  assert.equal(await copied(again, "Tab", "Tab"), undefined, "an empty field");
  await again.mouse.click(180, pointed - 47);
  assert.equal(await copied(again), "Ana Lisboa", "the field above the arrow");
  assert.deepEqual(again.faults, []);
});
