// Runs the tests of a module that `leftoff_page::collect` is in: node web/page/run.mjs DIRECTORY NAME
//
// Each test is called by itself. A panic ends a module in WebAssembly, so the next test has a new one.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [directory, name] = process.argv.slice(2);
const glue = pathToFileURL(resolve(directory, `${name}.js`)).href;
const module = new WebAssembly.Module(readFileSync(resolve(directory, `${name}_bg.wasm`)));

const said = [];
console.error = (text) => said.push(text);

let tests = null;
let starts = 0;
async function start() {
  starts += 1;
  tests = await import(`${glue}?${starts}`);
  tests.initSync({ module });
}

// The first pattern that is found in the name of a test has the reason to leave it out.
const leftOut = readFileSync(new URL(`${name}.left-out`, import.meta.url), "utf8")
  .split("\n").filter((line) => line && !line.startsWith("#"))
  .map((line) => /^(\S+)\s+(.*)$/.exec(line).slice(1));
const reasons = new Map();
const unused = new Set(leftOut.map(([pattern]) => pattern));

await start();
const faults = [];
let passed = 0;
for (const [index, line] of tests.list().entries()) {
  const [test, ...marks] = line.split("\t");
  const [pattern, why] = leftOut.find(([pattern]) => test.includes(pattern)) ?? (marks.includes("ignored") ? ["", "ignored"] : []);
  if (why) {
    unused.delete(pattern);
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
    continue;
  }
  if (process.env.VERBOSE) console.log(test);
  said.length = 0;
  let fault = null;
  try {
    tests.run(index);
  } catch (error) {
    fault = said.join("\n") || String(error);
    await start();
  }
  if ((fault !== null) === marks.includes("panics")) passed += 1;
  else faults.push(`${test}: ${fault ?? "did not panic"}`);
}
for (const pattern of unused) faults.push(`${name}.left-out: no test has ${pattern} in its name`);
for (const fault of faults) console.log(fault);
for (const [why, count] of reasons) console.log(`left out: ${count}, ${why}`);
console.log(`${name}: ${passed} passed, ${faults.length} failed`);
process.exit(faults.length ? 1 : 0);
