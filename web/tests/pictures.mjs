// Pictures of arrow and card, to be looked at: node web/tests/pictures.mjs DIRECTORY

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Browser, fill, pointed, ready, saved, serve, sleep } from "./rig.mjs";

const directory = process.argv[2] ?? "pictures";
mkdirSync(directory, { recursive: true });
const server = await serve();
const browser = await Browser.start();
const first = await browser.page(server.url);
await fill(first, "[name=name]", "Ana");
await fill(first, "[name=hotel]", "Sol");
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
await browser.end();
server.stop();
