// What the tests share: a server, a browser whose processes can be killed, and what a page shows.

import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { form } from "./form.mjs";

const pkg = fileURLToPath(new URL("../npm/pkg/", import.meta.url));
const types = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
// Debian's own start is a shell script, which is not the process to be killed.
const chromium = ["/usr/lib/chromium/chromium", process.env.CHROMIUM].findLast((path) => path && existsSync(path));

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// `pages` are further answers by path. The port stays the same when the server is stopped and started again.
export async function serve(pages = {}) {
  let port = 0;
  let server;
  const answer = (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const say = (type, body) => response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(body);
    try {
      if (pages[pathname]) say(types[extname(pathname)] ?? "text/html", pages[pathname]);
      else if (pathname === "/") say("text/html", form(searchParams.get("v") ?? "1"));
      else say(types[extname(pathname)] ?? "application/octet-stream", readFileSync(join(pkg, normalize(pathname).replace(/^\/pkg/, ""))));
    } catch {
      response.writeHead(404).end();
    }
  };
  const start = async () => {
    server = createServer(answer);
    await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = server.address().port;
  };
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  await start();
  return { start, stop, url: `http://localhost:${port}/` };
}

// The files of a built example in Rust, by their paths.
export function example(name) {
  const folder = new URL(`../../examples/web/${name}/`, import.meta.url);
  const built = readdirSync(new URL("pkg", folder), { recursive: true }).map((path) => `pkg/${path}`);
  const files = ["index.html", ...built].filter((path) => /\.(html|js|wasm)$/.test(path));
  return Object.fromEntries(files.map((path) => [`/${name}/${path}`, readFileSync(new URL(path, folder))]));
}

// The processes that this one started, by their parents.
function descendants(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = stat(name)?.[1];
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const all = [];
  const add = (each) => {
    all.push(each);
    (children.get(String(each)) ?? []).forEach(add);
  };
  add(pid);
  return all;
}

// The fields after the name of the program: state, parent, …
function stat(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, "latin1");
    return line.slice(line.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

export const killAll = (pid) => descendants(pid).forEach(kill);

const isRenderer = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("--type=renderer");
  } catch {
    return false;
  }
};

export class Browser {
  #process;
  #profile;
  #options;
  #exited;

  static async start(options = {}) {
    const browser = new Browser();
    browser.#profile = mkdtempSync(join(tmpdir(), "leftoff-web-"));
    browser.#options = options;
    await browser.restart();
    return browser;
  }

  // With the same profile, after `kill`.
  async restart() {
    const extension = this.#options.extension;
    const args = [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update", "--disable-background-networking",
      "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
      "--window-size=1000,800", `--user-data-dir=${this.#profile}`, "--remote-debugging-port=0",
      ...(extension ? [`--load-extension=${extension}`, "--disable-features=DisableLoadExtensionCommandLineSwitch"] : []),
      "about:blank",
    ];
    this.#process = spawn(chromium, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#exited = new Promise((resolve) => this.#process.on("exit", resolve));
    const endpoint = await new Promise((resolve, reject) => {
      let said = "";
      this.#process.stderr.on("data", (data) => {
        said += data;
        const found = /DevTools listening on (ws:\S+)/.exec(said);
        if (found) resolve(found[1]);
      });
      this.#process.on("exit", () => reject(new Error(`the browser ended: ${said}`)));
    });
    this.driver = await puppeteer.connect({ browserWSEndpoint: endpoint, defaultViewport: null, protocolTimeout: 60000 });
  }

  async page(url, before) {
    const page = await this.driver.newPage();
    page.on("error", () => {}); // killed
    page.faults = [];
    page.on("pageerror", (error) => page.faults.push(error.message));
    await before?.(page);
    if (url) await load(page, url);
    return page;
  }

  // The renderer of a page is the one whose processor time rises while the page is busy: twice, because the browser starts
  // another one in advance meanwhile.
  async rendererOf(page) {
    const time = (pid) => Number(stat(pid)?.[11] ?? 0) + Number(stat(pid)?.[12] ?? 0);
    const busiest = async () => {
      const before = descendants(this.#process.pid).filter(isRenderer).map((pid) => [pid, time(pid)]);
      await page.evaluate(() => {
        const end = performance.now() + 200;
        while (performance.now() < end);
      });
      return before.map(([pid, was]) => [time(pid) - was, pid]).sort(([a], [b]) => b - a)[0][1];
    };
    let last = await busiest();
    for (;;) {
      const next = await busiest();
      if (next === last) return next;
      last = next;
    }
  }

  // MB that the renderer of this page has for itself.
  async memoryOf(page) {
    const said = readFileSync(`/proc/${await this.rendererOf(page)}/status`, "latin1");
    return Number(/RssAnon:\s+(\d+)/.exec(said)[1]) / 1000;
  }

  // Kills the renderer of this page, which is `guess` if that was right. Which one it was is seen by the crash of the page.
  async killRenderer(page, guess) {
    let isDead = false;
    const crash = new Promise((resolve) => page.once("error", resolve)).then(() => (isDead = true));
    kill(guess);
    await Promise.race([crash, sleep(1000)]);
    while (!isDead) {
      kill(await Promise.race([this.rendererOf(page).catch(() => 0), crash.then(() => 0)]) || guess);
      await Promise.race([crash, sleep(1000)]);
    }
  }

  async kill() {
    killAll(this.#process.pid);
    await this.#exited;
    await this.driver.disconnect().catch(() => {});
  }

  get profile() {
    return this.#profile;
  }

  // Of a browser that has been killed.
  copyProfile() {
    const copy = mkdtempSync(join(tmpdir(), "leftoff-web-"));
    cpSync(this.#profile, copy, { recursive: true });
    return copy;
  }

  async end() {
    await this.kill();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function load(page, url) {
  await page.goto(url);
  await ready(page);
}

export async function ready(page) {
  await page.waitForFunction("globalThis.session", { timeout: 30000 });
}

// By name; a choice by its name and value.
export const values = (page) =>
  page.evaluate(() => {
    const all = {};
    for (const field of document.querySelectorAll("input, select, textarea, [contenteditable]")) {
      const isChoice = ["checkbox", "radio"].includes(field.type);
      const name = field.name ?? field.dataset.leftoff;
      all[isChoice && field.hasAttribute("value") ? `${name}=${field.value}` : name] = isChoice ? field.checked : (field.value ?? field.innerHTML);
    }
    return all;
  });

// Whether the marker is at the element, once it is scrolled to: the words beside it, or `null`.
export const pointed = (page, selector) =>
  page.$eval(selector, (element) => element.scrollIntoView({ block: "center" })).then(() => page.waitForFunction(
    (selector) => {
      const root = document.querySelector("[data-leftoff-ui]")?.shadowRoot;
      const drawn = root?.querySelector("svg rect");
      const element = document.querySelector(selector);
      if (!drawn || !element) return null;
      const [at, of] = [drawn.getBoundingClientRect(), element.getBoundingClientRect()];
      const isThere = Math.abs(at.top - of.top) < 12 && Math.abs(at.bottom - of.bottom) < 12 && Math.abs(at.left - of.left) < 12;
      return isThere && (root.querySelector(".label:not(.measure)").textContent || " ");
    },
    { timeout: 5000, polling: 50 },
    selector,
  )).then((handle) => handle.jsonValue(), () => null);

// The words of the card, once there is one.
export const card = (page) =>
  page
    .waitForFunction(() => document.querySelector("[data-leftoff-ui]")?.shadowRoot.querySelector(".strip")?.textContent, { timeout: 5000 })
    .then((handle) => handle.jsonValue());

// What an application sees.
export const status = (page) => page.evaluate(() => session.status);

export const saved = (page) => page.evaluate(() => session.saved());

// Types as a user does.
export async function fill(page, selector, text) {
  await page.bringToFront();
  await page.click(selector);
  await page.keyboard.type(text);
}

// From now on, no transaction that writes ends until `letGo`.
export const hold = (page) =>
  page.evaluate(() => {
    globalThis.isHeld = true;
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (...all) {
      const again = () => {
        if (isHeld) this.get("").onsuccess = again;
      };
      again();
      return add.apply(this, all);
    };
    IDBTransaction.prototype.commit = () => {};
  });

export const letGo = (page) => page.evaluate(() => (globalThis.isHeld = false));
