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

// What the program copies, because nothing in a canvas can be read.
const watchClipboard = (page) =>
  page.evaluateOnNewDocument(() => {
    navigator.clipboard.writeText = async (text) => void (globalThis.copied = text);
  });

async function open() {
  const page = await browser.page(null, watchClipboard);
  await page.goto(`${server.url}egui/index.html`);
  await page.waitForFunction(() => document.querySelector("canvas").tabIndex === 0, { polling: 50, timeout: 60000 });
  await sleep(2000); // a few frames
  return page;
}

// The rectangle of the pixels in the marker's colour, in the gutter at the left of the fields; `null` without an arrow.
async function arrow(page) {
  const picture = await page.screenshot({ encoding: "base64" });
  return page.evaluate(async (picture) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, 60, image.height);
    const rows = [];
    for (let i = 0; i < data.length; i += 4) if (data[i] < 60 && data[i + 2] > 90 && data[i + 2] - data[i] > 60) rows.push(Math.floor(i / 4 / 60));
    return rows.length > 20 ? [Math.min(...rows), Math.max(...rows)] : null;
  }, picture);
}
