// Arrow and card in the page.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Browser, card, fill, pointed, ready, saved, serve, sleep } from "./rig.mjs";

const THANKS = `<!doctype html><p>Thank you.<script type="module">
  import { open } from "/pkg/leftoff.js";
  const session = await open("com.example.travel", { marker: false });
  globalThis.isErased = await session.forget();
</script>`;

let server;
let browser;
before(async () => {
  server = await serve({ "/thanks": THANKS });
});
beforeEach(async () => {
  browser = await Browser.start();
});
afterEach(() => browser.end());
after(() => server.stop());

test("the card covers nothing that is drawn, wherever the element is, and also in a narrow window", async () => {
  const page = await browser.page(server.url);
  await fill(page, "[name=purpose]", "sea");
  await saved(page);
  for (const [width, height] of [[1000, 800], [360, 640], [500, 400]]) {
    await page.setViewport({ width, height });
    await page.reload();
    await ready(page);
    await card(page);
    const bottom = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let y = 0; y < bottom; y += 150) {
      await page.evaluate((y) => scrollTo(0, y), y);
      await sleep(120);
      const covered = await page.evaluate(() => {
        const root = document.querySelector("[data-leftoff-ui]").shadowRoot;
        const strip = root.querySelector(".strip")?.getBoundingClientRect();
        const drawn = [...root.querySelectorAll("svg > *, .label:not(.measure, [hidden])")].map((each) => each.getBoundingClientRect());
        const isOver = (a, b) => a.top < b.bottom && a.bottom > b.top && a.left < b.right && a.right > b.left;
        // In a window that is too low for both, the card stays where it is.
        const fits = drawn.every(({ height }) => height < innerHeight / 3);
        return fits && strip && drawn.some((each) => isOver(each, strip));
      });
      assert.ok(!covered, `${width}x${height}, scrolled to ${y}`);
    }
  }
});

test("the card of a closed tab does not speak of another window", async () => {
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await page.close({ runBeforeUnload: true });
  await sleep(300);
  const words = await card(await browser.page(server.url));
  assert.match(words, /Name/);
  assert.doesNotMatch(words, /another window/);
});

test("an element with a name that is no field has the words that it shows", async () => {
  const page = await browser.page(server.url);
  await page.bringToFront();
  await page.click("[data-leftoff=rules]");
  await saved(page);
  await page.reload();
  await ready(page);
  assert.match(await card(page), /The rules of travel/);
  assert.ok(await pointed(page, "[data-leftoff=rules]"));
});

test("arrow and card take no click and no focus, and are said once", async () => {
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await saved(page);
  // A short absence is not worth an announcement.
  await page.evaluateOnNewDocument(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await page.reload();
  await ready(page);
  assert.ok(await pointed(page, "[name=name]"));
  await page.keyboard.press("Shift"); // nobody is told before there is somebody
  const said = await page.waitForFunction(() => document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("[role=status]").textContent, { timeout: 5000 });
  assert.match(await said.jsonValue(), /Name/);
  const found = await page.evaluate(() => {
    const { left, top, width, height } = document.querySelector("[name=name]").getBoundingClientRect();
    return [document.elementFromPoint(left + width / 2, top + height / 2).name, document.activeElement.tagName];
  });
  assert.deepEqual(found, ["name", "BODY"]);
});

const press = (page, name) =>
  page
    .waitForFunction((name) => {
      const buttons = document.querySelector("[data-leftoff-ui]").shadowRoot.querySelectorAll("button");
      const button = [...buttons].find(({ textContent }) => textContent === name);
      button?.click();
      return button;
    }, { timeout: 5000 }, name)
    .then(() => sleep(200));

const buttons = (page) =>
  page.evaluate(() => [...document.querySelector("[data-leftoff-ui]").shadowRoot.querySelectorAll("button")].map(({ textContent }) => textContent));

test("an undone restore is offered at each start until the user says: don't offer again", async () => {
  const first = await browser.page(server.url);
  await fill(first, "[name=name]", "Ana");
  await saved(first);
  await browser.kill();
  await browser.restart();
  const page = await browser.page(server.url);
  await press(page, "Undo restore");
  const name = () => page.$eval("[name=name]", (field) => field.value);
  assert.equal(await name(), "");
  await press(page, "Later");
  assert.deepEqual(await buttons(page), []);
  await page.reload();
  await ready(page);
  await press(page, "Don’t offer again");
  assert.deepEqual(await buttons(page), []);
  assert.equal(await saved(page), true);
  await page.reload();
  await ready(page);
  await sleep(500);
  assert.deepEqual(await buttons(page), []);
  assert.equal(await name(), "");
});

test("a screen reader says the words of the arrow at the field, as long as there is one, and leaves the page's own", async () => {
  const described = async (page) => (await page.accessibility.snapshot({ root: await page.$("[name=hotel]") }))?.description ?? "";
  const first = await browser.page(server.url);
  await fill(first, "[name=hotel]", "Sol");
  await saved(first);
  const page = await browser.page(server.url);
  const label = await pointed(page, "[name=hotel]");
  assert.ok(label.trim());
  assert.equal(await described(page), label);
  await page.bringToFront();
  await page.evaluate(() => session.close());
  assert.equal(await described(page), "");
  const own = await browser.page(server.url, (page) =>
    page.evaluateOnNewDocument(() => addEventListener("DOMContentLoaded", () => document.querySelector("[name=hotel]").setAttribute("aria-description", "With breakfast"))),
  );
  assert.ok(await pointed(own, "[name=hotel]"));
  assert.equal(await described(own), "With breakfast");
});

test("a form that was reset, as after it was sent, is empty at the next visit, and its card says finished", async () => {
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await fill(page, "[name=hotel]", "Sol");
  await page.evaluate(() => document.forms.request.reset());
  assert.equal(await saved(page), true);
  await page.reload();
  await ready(page);
  assert.match(await card(page), /Hotel · edited, finished/);
  assert.deepEqual(await page.$$eval("[name=name], [name=hotel]", (fields) => fields.map(({ value }) => value)), ["", ""]);
  assert.equal((await buttons(page)).includes("Already done"), false);
});

test("a page that says thank you erases what was sent", async () => {
  const page = await browser.page(server.url);
  await fill(page, "[name=name]", "Ana");
  await page.goto(`${server.url}thanks`);
  await page.waitForFunction(() => globalThis.isErased !== undefined, { polling: 50, timeout: 5000 });
  assert.equal(await page.evaluate(() => isErased), true);
  await page.goto(server.url);
  await ready(page);
  assert.equal(await page.$eval("[name=name]", (field) => field.value), "");
  assert.equal(await pointed(page, "[name=name]"), null);
});

for (const direction of ["ltr", "rtl"]) {
  test(`written ${direction}, the outline is at the field, and the arrow covers no caption`, async () => {
    const page = await browser.page(server.url, (page) =>
      page.evaluateOnNewDocument((direction) => addEventListener("DOMContentLoaded", () => (document.documentElement.dir = direction)), direction),
    );
    await fill(page, "[name=hotel]", "Sol");
    await saved(page);
    await page.reload();
    await ready(page);
    assert.ok(await pointed(page, "[name=hotel]"));
    await sleep(300);
    const [arrow, captions] = await page.evaluate(() => {
      const box = (each) => each.getBoundingClientRect().toJSON();
      const range = document.createRange();
      const text = (label) => {
        range.selectNodeContents(label.firstChild);
        return box(range);
      };
      const drawn = document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("polygon");
      return [box(drawn), [...document.querySelectorAll("label")].filter(({ firstChild }) => firstChild.nodeType === Node.TEXT_NODE).map(text)];
    });
    const isOver = (a, b) => a.top < b.bottom && a.bottom > b.top && a.left < b.right && a.right > b.left;
    assert.ok(!captions.some((caption) => isOver(arrow, caption)));
  });
}
