// Random kills: node web/tests/kill.mjs [N] [SEED]. A user types into a form; its renderer or the browser is killed at any
// moment. Then nothing that `saved()` had confirmed is missing, nor after the death of the renderer anything that was typed;
// no value is in a field where it was not typed; and the marker is at the field that was touched last.

import { Browser, load, saved, serve, sleep, status, values } from "./rig.mjs";

const kills = Number(process.argv[2] ?? 100);
let seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
console.log(`${kills} kills, seed ${seed}`);

function random(below) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

const FIELDS = ["name", "street", "town", "country", "telephone", "destination", "hotel", "hosts", "project", "purpose"];
const server = await serve();
const browser = await Browser.start();

// What the page had in its fields, by field: all values since the last confirmed one, which is the first.
let possible = Object.fromEntries(FIELDS.map((name) => [name, [""]]));
let touched = [""]; // fields that may have the marker, the confirmed one first
let captured = {}; // by field, the last value whose input event had returned
let words = 0;
const counts = { renderer: 0, browser: 0, writes: 0, confirmed: 0, again: 0 };
let faults = 0;

function fault(text) {
  faults += 1;
  console.log(text); // at once: a run that is interrupted must not lose it
}

async function type(page) {
  const name = FIELDS[random(FIELDS.length)];
  words += 1;
  const value = `${name} ${words}`;
  possible[name].push(value);
  touched.push(name);
  counts.writes += 1;
  // As the user's input, without waiting for frames of a page that may be gone.
  await page.evaluate(
    (name, value) => {
      const field = document.querySelector(`[name=${name}]`);
      field.focus();
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    name,
    value,
  );
  captured[name] = value;
  captured.last = name;
}

async function confirm(page) {
  const before = structuredClone(possible);
  const last = touched.at(-1);
  if (!(await saved(page))) throw new Error("not saved");
  counts.confirmed += 1;
  for (const name of FIELDS) possible[name] = [before[name].at(-1)];
  touched = [last];
}

// What the browser has stored, without the values: for the search after a fault.
const stored = (page) =>
  page.evaluate(async () => {
    const open = indexedDB.open("leftoff:com.example.travel");
    const db = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
    const keys = db.transaction("frames").objectStore("frames").getAllKeys();
    await new Promise((resolve) => (keys.onsuccess = resolve));
    db.close();
    return JSON.stringify({ status: session.status, database: keys.result, journal: Object.keys(localStorage) });
  });

async function check(page, round, isBrowser) {
  const before = faults;
  const found = await values(page);
  if (!isBrowser) {
    // The journal has survived.
    for (const name of FIELDS) if (captured[name]) possible[name] = possible[name].slice(possible[name].indexOf(captured[name]));
    if (captured.last) touched = touched.slice(touched.lastIndexOf(captured.last));
  }
  captured = {};
  for (const name of FIELDS) {
    if (!possible[name].includes(found[name])) fault(`${round}: ${name} is "${found[name]}", none of ${JSON.stringify(possible[name])}`);
    possible[name] = [found[name]];
  }
  const marked = await page.evaluate(() => session.marked ?? "");
  if (!touched.includes(marked.split("/").at(-1))) fault(`${round}: the marker is at "${marked}", not at one of ${touched}`);
  touched = [marked.split("/").at(-1)];
  if (faults > before) console.log(`${round}, ${isBrowser ? "browser" : "renderer"} killed: ${await stored(page)}`);
}

let page = await browser.page(server.url);
let renderer = await browser.rendererOf(page);
for (let round = 1; round <= kills; round += 1) {
  const isBrowser = random(2) === 0;
  const victim = async () => {
    // After 5 s, the browser writes localStorage to the disk: the journal of some moment.
    await sleep(random(12) ? random(400) : 5000 + random(2000));
    counts[isBrowser ? "browser" : "renderer"] += 1;
    if (isBrowser) await browser.kill();
    else await browser.killRenderer(page, renderer);
  };
  let isDead = false;
  const death = victim().finally(() => (isDead = true));
  const user = (async () => {
    for (let i = 0; !isDead && i < 2000; i += 1) {
      await type(page);
      if (random(4) === 0) await confirm(page);
      if (random(3) === 0) await sleep(random(60));
    }
  })().catch(() => {}); // killed
  await death;
  await Promise.race([user, sleep(2000)]);
  if (isBrowser) await browser.restart();
  else Promise.race([page.close(), sleep(500)]).catch(() => {});
  page = await browser.page(server.url);
  for (;;) {
    const { access, trouble } = await status(page);
    if (access === "writes") break;
    // The lock of the killed one was not free yet, or the database did not answer in time: the page says so.
    counts.again += 1;
    console.log(`${round}: ${access}, ${trouble}; loaded again`);
    if (access === "copy") await page.waitForFunction(() => session.status.access !== "copy", { timeout: 5000 }).catch(() => {});
    await load(page, server.url);
  }
  await check(page, round, isBrowser);
  renderer = await browser.rendererOf(page);
  if (page.faults.length) fault(`${round}: ${page.faults}`);
  if (round % 50 === 0) console.log(`${round}: ${JSON.stringify(counts)}, ${faults} faults`);
}
await browser.end();
server.stop();
console.log(`${kills} kills: ${JSON.stringify(counts)}, ${faults} faults`);
process.exit(faults ? 1 : 0);
