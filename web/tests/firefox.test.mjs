// The most important in Firefox, if it is installed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { fill, killAll, pointed, saved, serve, status, values } from "./rig.mjs";

const firefox = ["/usr/lib/firefox-esr/firefox-esr", process.env.FIREFOX].findLast((path) => path && existsSync(path));
const profile = mkdtempSync(join(tmpdir(), "leftoff-firefox-"));

let server;
let browser;
const start = async () => {
  browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true, userDataDir: profile, timeout: 120000, protocolTimeout: 120000 });
};
const kill = async () => {
  const ended = once(browser.process(), "exit");
  killAll(browser.process().pid);
  await ended;
};
before(async () => {
  server = await serve();
});
after(async () => {
  if (browser) await kill();
  server.stop();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

const open = async (path = "") => {
  const page = await browser.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  await page.goto(server.url + path);
  await page.waitForFunction(() => globalThis.session, { polling: 100, timeout: 30000 });
  return page;
};

test("in firefox, a form is as it was after the browser was killed, in a second tab and in its next version", { skip: firefox ? false : "not installed" }, async () => {
  await start();
  const first = await open();
  await fill(first, "[name=name]", "Ana");
  await first.click("[name=visa]");
  await fill(first, "[contenteditable]", "quiet room");
  await fill(first, "[name=pin]", "1234");
  await fill(first, "[name=town]", "Porto");
  assert.equal(await saved(first), true);
  await kill();
  await start();
  const again = await open();
  const assertFilled = async (page) => {
    const { name, visa, notes, town, pin } = await values(page);
    assert.deepEqual([name, visa, notes, town, pin], ["Ana", true, "quiet room", "Porto", ""]);
    assert.ok(await pointed(page, "[name=town]"));
    assert.deepEqual(page.faults, []);
  };
  await assertFilled(again);
  const second = await open();
  assert.equal((await status(second)).access, "copy");
  await assertFilled(second);
  await second.close();
  await again.close();
  await assertFilled(await open("?v=2"));
});
