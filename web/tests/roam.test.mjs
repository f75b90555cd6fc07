// A page on a telephone continues what a desk began, through a directory that a server shares. The desk is a native program:
// `CARGO_TARGET_DIR=target/side cargo build --features passphrase --example page_form --manifest-path roam/Cargo.toml`. The
// package: `web/npm/build roam`. With PICTURE=NAME, what the telephone shows is in NAME.png and NAME-marker.png.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { answerObject } from "../../examples/web/objects.mjs";
import { conformance } from "../npm/js/conformance.js";
import { Browser, card, fill, pointed, sleep } from "./rig.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = join(process.env.CARGO_TARGET_DIR ?? at("../../target"), "side/debug/examples/page_form");
const PHONE = { width: 390, height: 780, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const PASSPHRASE = "correct horse";
const types = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

let browser;
const open = [];
before(async () => {
  assert.ok(existsSync(program), "build the desk first, see above");
  browser = await Browser.start();
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
after(() => browser?.end());

// A shared directory and a server of it. `fault(method, name)` returns "offline", "late", a status, or a status after the
// call has landed as `-503`.
async function share() {
  const home = mkdtempSync(join(tmpdir(), "leftoff-roam-"));
  const shared = { home, directory: join(home, "shared"), fault: () => 0, calls: [] };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname.startsWith("/objects/")) {
      shared.calls.push(request.method);
      const fault = shared.fault(request.method, pathname);
      if (fault === "offline") return request.socket.destroy();
      if (fault > 0) return response.writeHead(fault).end();
      if (fault < 0) {
        const silent = { writeHead: () => ({ end: () => response.writeHead(-fault).end() }) };
        return answerObject(shared.directory, request, silent);
      }
      return answerObject(shared.directory, request, response);
    }
    const file = pathname.startsWith("/pkg/") ? at(`../npm/pkg-roam/${pathname.slice(5)}`) : at(`../../examples/web${pathname === "/" ? "/index.html" : pathname}`);
    try {
      const body = readFileSync(file);
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }), () => server.close() && server.closeAllConnections());
  // Each test is another site, with a database of its own.
  return Object.assign(shared, { url: `http://t${server.address().port}.localhost:${server.address().port}/?devices` });
}

// A native device: each command is answered by a line.
async function desk({ home, directory }) {
  const process = spawn(program, [join(home, "desk"), "desk", directory, PASSPHRASE], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  open.push(() => process.kill());
  const code = await line();
  const say = (words) => {
    process.stdin.write(`${words}\n`);
    return line();
  };
  return { code, say, save: (path, label, values) => say(`save ${path} ${label} ${JSON.stringify({ values })}`) };
}

async function phone(shared, prepare = () => {}) {
  const page = await browser.page(null, async (page) => {
    await page.setViewport(PHONE);
    await prepare(page);
  });
  open.push(() => page.close().catch(() => {}));
  await page.goto(shared.url);
  await page.waitForFunction("globalThis.session", { timeout: 60000 });
  return page;
}

async function connect(page, code, passphrase = PASSPHRASE) {
  await page.waitForSelector("#devices:not([hidden])");
  await page.evaluate((code, passphrase) => {
    document.forms.connect.elements.code.value = code;
    document.forms.connect.elements.passphrase.value = passphrase;
    document.forms.connect.requestSubmit();
  }, code, passphrase);
}

// A telephone that has joined the desk.
async function joined(shared, code) {
  const page = await phone(shared);
  await connect(page, code);
  await connected(page);
  return page;
}

const connected = (page) => page.waitForFunction("session.devices", { timeout: 60000 });
const shows = (page, selector, value) => page.waitForFunction((selector, value) => document.querySelector(selector).value === value, { timeout: 60000 }, selector, value);
const line = (page) => page.evaluate(() => session.devices.line);
const publish = (page) => page.evaluate(() => session.devices.publish());
const BEGUN = { "traveller/name": "Ana Lisboa", "trip/destination": "Porto" };

test("a page on a telephone continues what a desk began, and the desk goes on", async () => {
  const shared = await share();
  const { code, say, save } = await desk(shared);
  assert.equal(await save("trip/destination", "Destination", BEGUN), "sent");
  // The user takes the telephone 42 minutes later.
  const page = await phone(shared, (page) => page.evaluateOnNewDocument(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 2_520_000;
  }));
  await connect(page, code);
  await shows(page, "[name=destination]", "Porto");
  assert.equal(await page.$eval("[name=name]", (field) => field.value), "Ana Lisboa");
  assert.match(await card(page), /^Continued from your desk\./);
  assert.equal(await pointed(page, "[name=destination]"), "you left off here");
  assert.match(await page.$eval("#devices ul", (list) => list.textContent), /On your desk, 42 min ago\. Last there: Destination\./);
  if (process.env.PICTURE) {
    await sleep(400);
    await page.screenshot({ path: `${process.env.PICTURE}.png` });
  }
  // Behind the card of the take-over is that of the marker.
  await page.evaluate(() => document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("[data-word=devices-ok]").click());
  await page.waitForFunction(() => document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector(".strip")?.textContent.includes("on your desk"), { timeout: 30000 });
  assert.match(await card(page), /42 min/);
  if (process.env.PICTURE) await page.screenshot({ path: `${process.env.PICTURE}-marker.png` });

  await fill(page, "[name=purpose]", "Book fair");
  assert.equal(await publish(page), true);
  const taken = JSON.parse(await say("take"));
  assert.equal(taken.values["trip/purpose"], "Book fair");
  assert.equal(taken.values["trip/destination"], "Porto");
  assert.match(await say("others"), /n your phone, /);
  assert.deepEqual(page.faults, []);
});

test("a change at the desk is offered to a page in which somebody types, and both values are kept", async () => {
  const shared = await share();
  const { code, save } = await desk(shared);
  const page = await phone(shared);
  await fill(page, "[name=purpose]", "Fair");
  await connect(page, code);
  await connected(page);
  assert.equal(await publish(page), true);
  assert.equal(await save("trip/destination", "Destination", BEGUN), "sent");
  await page.evaluate(() => session.devices.publish());
  assert.match(await card(page), /^Your desk also changed the travel request\./);
  assert.equal(await page.$eval("[name=purpose]", (field) => field.value), "Fair");
  const rows = await page.evaluate(() => session.devices.rows.map(({ text }) => text));
  assert.ok(rows.includes("Destination: Porto (here nothing)"), rows.join("\n"));
  await page.evaluate(() => session.devices.rows.find(({ text }) => text === "Take theirs").choose());
  assert.equal(await page.$eval("[name=destination]", (field) => field.value), "Porto");
});

test("two pages with one key follow each other, and what is taken over can be undone", async () => {
  const shared = await share();
  const start = (page, device) =>
    page.evaluate(async (device) => {
      const { store } = await import("/store.js");
      await session.roam({ store, person: "ana", key: new Uint8Array(32).fill(7), device });
    }, device);
  const first = await phone(shared);
  await start(first, "phone");
  await fill(first, "[name=hotel], [name=destination]", "Porto");
  assert.equal(await publish(first), true);
  const second = await phone({ url: shared.url.replace("http://t", "http://second") });
  await second.evaluate(() => session.set("page", 1));
  await start(second, "tablet");
  await shows(second, "[name=destination]", "Porto");
  assert.match(await card(second), /^Continued from your phone\./);
  await second.evaluate(() => document.querySelector("[data-leftoff-ui]").shadowRoot.querySelector("[data-word=devices-undo]").click());
  await shows(second, "[name=destination]", "");
  assert.match(await card(second), /^Undone\. Your other devices will get this state, too\./);
  assert.deepEqual([...first.faults, ...second.faults], []);
});

test("a second tab says that the first one exchanges the changes, and sends nothing", async () => {
  const shared = await share();
  const start = (page) =>
    page.evaluate(async () => {
      const { store } = await import("/store.js");
      await session.roam({ store, person: "ana", key: new Uint8Array(32).fill(7), device: "phone" });
    });
  const first = await phone(shared);
  await start(first);
  assert.equal(await publish(first), true);
  const second = await phone(shared);
  await start(second);
  assert.equal(await line(second), "The program is open twice. Only the other window exchanges changes with your other devices.");
  assert.equal(await publish(second), false);
});

test("an unreachable store stops nothing, and the page says since when nothing was sent", async () => {
  const shared = await share();
  const { code, say } = await desk(shared);
  const page = await joined(shared, code);
  assert.equal(await publish(page), true);
  shared.fault = () => "offline";
  await fill(page, "[name=purpose]", "Sea");
  assert.equal(await publish(page), false);
  assert.equal(await page.evaluate(() => session.saved()), true);
  assert.equal(await line(page), "", "in the first minute, there is nothing to say");
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 120_000;
  });
  assert.match(await line(page), /^Not sent to your other devices since \d\d:\d\d\.$/);
  shared.fault = () => 0;
  assert.equal(await publish(page), true);
  assert.equal(JSON.parse(await say("take")).values["trip/purpose"], "Sea");
});

test("wrong answers lose nothing: 503 after landing, 412, 409, 429", async () => {
  for (const [fault, methods] of [[-503, ["PUT", "GET", "DELETE"]], [-412, ["PUT"]], [409, ["PUT"]], [429, ["PUT", "GET"]], [503, ["GET"]]]) {
    const shared = await share();
    const { code, say } = await desk(shared);
    const page = await joined(shared, code);
    let [random, count] = [1, 0];
    shared.fault = (method) => {
      random = (random * 16807) % 2147483647; // not in turns, which a round could meet at the same call for ever
      if (!methods.includes(method) || (count > 0 && random % 3 > 0)) return 0;
      count += 1;
      return fault;
    };
    await fill(page, "[name=purpose]", `Sea ${fault}`);
    while (!(await publish(page)));
    assert.equal(JSON.parse(await say("take")).values["trip/purpose"], `Sea ${fault}`);
    assert.ok(count > 0, `${fault} never came`);
    for (const close of open.splice(0).reverse()) await close();
  }
});

test("a wrong passphrase and a lost key are said, and the page works", async () => {
  const shared = await share();
  const { code } = await desk(shared);
  const page = await phone(shared);
  await connect(page, code, "wrong horse");
  await page.waitForFunction(() => document.querySelector("[role=alert]").textContent, { timeout: 60000 });
  assert.equal(await page.$eval("[role=alert]", (alert) => alert.textContent), "Not connected: the passphrase does not open the key slot.");
  assert.equal(await page.evaluate(() => session.roamTrouble.name), "WrongPassphrase");
  await page.evaluate(async () => {
    const { store } = await import("/store.js");
    await session.roam({ store, person: "ana", device: "phone" });
  });
  await fill(page, "[name=purpose]", "Sea");
  await page.waitForFunction(() => session.devices.line === "This device has no key: nothing is sent.", { timeout: 30000 });
  assert.equal(await page.evaluate(() => session.saved()), true);
});

test("what a killed page had not sent is sent by its next visit", async () => {
  const shared = await share();
  const { code, say } = await desk(shared);
  const page = await phone(shared);
  const renderer = await browser.rendererOf(page);
  await connect(page, code);
  await connected(page);
  assert.equal(await publish(page), true);
  shared.fault = () => "offline";
  await fill(page, "[name=purpose]", "Sea");
  assert.equal(await publish(page), false);
  await browser.killRenderer(page, renderer);
  shared.fault = () => 0;
  const again = await phone(shared);
  await connected(again);
  assert.equal(await again.$eval("[name=purpose]", (field) => field.value), "Sea");
  assert.equal(await publish(again), true);
  assert.equal(JSON.parse(await say("take")).values["trip/purpose"], "Sea");
});

test("the store of the example and one in memory pass the conformance kit, and broken ones do not", async () => {
  const memory = () => {
    const objects = new Map();
    return {
      put: async (name, bytes) => void objects.set(name, bytes.slice()),
      get: async (name) => objects.get(name) ?? null,
      list: async (prefix) => [...objects.keys()].filter((name) => name.startsWith(prefix)),
      delete: async (name) => void objects.delete(name),
    };
  };
  await conformance(memory);
  const breaks = (change) => conformance(() => Object.assign(memory(), change(memory()))).then(() => "", (error) => error.message);
  assert.match(await breaks(() => ({ delete: async () => {} })), /`delete` removes one object/);
  assert.match(await breaks(() => ({ list: async () => [] })), /listed/);
  assert.match(await breaks(() => ({ get: async () => new Uint8Array() })), /byte for byte/);

  // The one of the example, in a page.
  const shared = await share();
  const page = await phone(shared);
  let number = 0;
  await page.exposeFunction("anew", () => (shared.directory = join(shared.home, `empty-${(number += 1)}`)) && undefined);
  await page.evaluate(async () => {
    const [{ conformance }, { store }] = await Promise.all([import("/pkg/conformance.js"), import("/store.js")]);
    conformance(() => anew().then(() => store)).then(() => "passes", (error) => error.message).then((said) => (globalThis.said = said));
  });
  const said = await page.waitForFunction("globalThis.said", { timeout: 300000, polling: 1000 });
  assert.equal(await said.jsonValue(), "passes");
});
