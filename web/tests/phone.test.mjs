// The example in a window as small as a telephone's, with touches instead of a mouse.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Browser, pointed, ready, saved, serve, sleep } from "./rig.mjs";

const SIZE = { width: 360, height: 640, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const FINGER = 44; // pixels that a finger hits

let server;
let browser;
before(async () => {
  server = await serve({ "/example": readFileSync(new URL("../../examples/web/index.html", import.meta.url)) });
  browser = await Browser.start();
});
after(async () => {
  await browser?.end();
  server?.stop();
});

const open = async () => {
  const page = await browser.page(null, (page) => page.setViewport(SIZE));
  await page.goto(`${server.url}example`);
  await ready(page);
  return page;
};

// The boxes of what is drawn above the page, once there is a card.
const drawn = (page) =>
  page
    .waitForFunction(() => {
      const root = document.querySelector("[data-leftoff-ui]")?.shadowRoot;
      const boxes = (selector) => [...root.querySelectorAll(selector)].map((each) => ({ ...each.getBoundingClientRect().toJSON(), text: each.textContent }));
      return root?.querySelector(".strip") && { card: boxes(".strip")[0], buttons: boxes("button"), others: boxes("svg > *, .label:not(.measure, [hidden])") };
    }, { timeout: 5000 })
    .then((handle) => handle.jsonValue());

const isOver = (a, b) => a.top < b.bottom && a.bottom > b.top && a.left < b.right && a.right > b.left;

test("on a telephone, card and arrow fit beside the form, and a tap leads back to the field", async () => {
  const page = await open();
  const renderer = await browser.rendererOf(page);
  await page.tap("[name=purpose]");
  await page.keyboard.type("Sea");
  assert.ok(await saved(page));
  await browser.killRenderer(page, renderer);

  const again = await open();
  const check = async () => {
    await sleep(300);
    const { card, buttons, others } = await drawn(again);
    const [width, content] = await again.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    assert.deepEqual([width, content], [SIZE.width, SIZE.width], "nothing is beside the window");
    for (const box of [card, ...buttons, ...others]) assert.ok(box.left >= 0 && box.right <= width, `cut off: ${JSON.stringify(box)}`);
    for (const box of others) assert.ok(!isOver(card, box), `covered: ${JSON.stringify(box)}`);
    assert.ok(card.height <= SIZE.height / 3, `a card of ${card.height} pixels`);
    for (const { text, width, height } of buttons) assert.ok(width >= FINGER && height >= FINGER, `${text}: ${width}x${height}`);
    return buttons;
  };
  const buttons = await check(); // the field is below the window
  const { left, top } = buttons.find(({ text }) => text === "Continue");
  await again.touchscreen.tap(left + 20, top + 20);
  await again.waitForFunction(() => document.activeElement.name === "purpose", { timeout: 5000 });
  assert.equal(await again.evaluate(() => document.activeElement.value), "Sea");
  assert.ok(await pointed(again, "[name=purpose]"));
  assert.deepEqual(again.faults, []);
});
