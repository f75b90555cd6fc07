// Pictures of arrow and card, to be looked at: node web/tests/pictures.mjs DIRECTORY
// After examples/web/egui/build, there is also one of the invoice of egui.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Browser, example, fill, pointed, ready, saved, serve, sleep } from "./rig.mjs";

const directory = process.argv[2] ?? "pictures";
mkdirSync(directory, { recursive: true });
const hasEgui = existsSync(new URL("../../examples/web/egui/pkg/", import.meta.url));
const server = await serve(hasEgui ? example("egui") : {});
const browser = await Browser.start();
const first = await browser.page(server.url);
await fill(first, "[name=name]", "Ana");
await fill(first, "[name=hotel]", "Sol");
await first.screenshot({ path: join(directory, "before.png") });
await saved(first);

const STATES = {
  light: {},
  dark: { media: [{ name: "prefers-color-scheme", value: "dark" }] },
  "right-to-left": { rtl: true },
  "zoom-200": { width: 500, height: 400, scale: 2 },
  "forced-colors": { media: [{ name: "forced-colors", value: "active" }] },
  "forced-colors-dark": { media: [{ name: "forced-colors", value: "active" }, { name: "prefers-color-scheme", value: "dark" }] },
  narrow: { width: 360, height: 640, scale: 2 },
  "narrow-right-to-left-dark": { width: 360, height: 640, scale: 2, rtl: true, media: [{ name: "prefers-color-scheme", value: "dark" }] },
};

// As after a crash, so that the card has all its buttons.
for (const [name, { width = 1000, height = 800, scale = 1, media = [], rtl = false }] of Object.entries(STATES)) {
  await browser.kill();
  await browser.restart();
  const page = await browser.page(null, async (page) => {
    await page.setViewport({ width, height, deviceScaleFactor: scale });
    // Not with the driver's own call, which refuses `forced-colors`.
    await (await page.createCDPSession()).send("Emulation.setEmulatedMedia", { features: media });
    await page.evaluateOnNewDocument((rtl) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 2_520_000;
      addEventListener("DOMContentLoaded", () => {
        document.documentElement.style.colorScheme = "light dark";
        if (rtl) document.documentElement.dir = "rtl";
      });
    }, rtl);
  });
  await page.goto(server.url);
  await ready(page);
  await pointed(page, "[name=hotel]");
  await sleep(300);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await page.close();
}

// The next version of the form: other ids, another order, a field less and a field more.
await browser.kill();
await browser.restart();
const next = await browser.page(null, (page) => page.setViewport({ width: 700, height: 620 }));
await next.goto(`${server.url}?v=2`);
await ready(next);
await pointed(next, "label:has([name=budget])");
await sleep(500);
await next.screenshot({ path: join(directory, "update.png") });

// Nothing in a canvas can be asked for: the places of its fields are in pixels.
if (hasEgui) {
  const open = async (before) => {
    const page = await browser.page(null, async (page) => {
      await page.setViewport({ width: 760, height: 470 });
      await page.evaluateOnNewDocument(before);
    });
    await page.goto(`${server.url}egui/index.html`);
    await page.waitForFunction(() => document.activeElement.tagName === "CANVAS", { polling: 50, timeout: 60000 });
    await sleep(2000);
    return page;
  };
  const page = await open(() => {});
  const renderer = await browser.rendererOf(page);
  for (const [y, text] of [[75, "Ana Lisboa"], [122, "1200"]]) {
    await page.mouse.click(180, y);
    await page.keyboard.type(text);
    await sleep(1000);
  }
  await browser.killRenderer(page, renderer);
  const again = await open(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 2_520_000;
  });
  await again.screenshot({ path: join(directory, "egui.png") });
}
await browser.end();
server.stop();
