// Controlled fields of React and Vue: the examples, bundled as their users would. In their builds for development, in which
// React mounts each component twice.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { Browser, fill, pointed, saved, serve, values } from "./rig.mjs";

let server;
let browser;
before(async () => {
  const pages = {};
  for (const name of ["react.jsx", "vue.js"]) {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(`../../examples/web/frameworks/${name}`, import.meta.url))],
      bundle: true, write: false, format: "esm", jsx: "automatic", external: ["/pkg/*"],
      nodePaths: [fileURLToPath(new URL("node_modules", import.meta.url))],
      define: { "process.env.NODE_ENV": '"development"', __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
    });
    const page = name.split(".")[0];
    pages[`/${page}.js`] = outputFiles[0].text;
    pages[`/${page}`] = `<!doctype html><meta charset="utf-8"><style>label { display: block; margin: 1rem 6rem; }</style><div id="app"></div><script type="module" src="/${page}.js"></script>`;
  }
  server = await serve(pages);
  browser = await Browser.start();
});
after(async () => {
  await browser?.end();
  server?.stop();
});

for (const name of ["react", "vue"]) {
  test(`controlled fields of ${name} and its own state are as they were`, async () => {
    const page = await browser.page(`${server.url}${name}`);
    await fill(page, "[name=name]", "Ana");
    await page.select("[name=department]", "Service");
    await page.click("[name=visa]");
    await page.click("[name=way][value=air]");
    await fill(page, "[name=purpose]", "sea");
    await saved(page);
    await browser.kill();
    await browser.restart();
    const again = await browser.page(`${server.url}${name}`);
    await again.waitForFunction(() => document.querySelector("[name=name]").value, { timeout: 5000 });
    assert.deepEqual(await values(again), { name: "Ana", department: "Service", visa: true, "way=train": false, "way=air": true, purpose: "sea" });
    assert.deepEqual(JSON.parse(await again.$eval("output", (output) => output.textContent)), {
      name: "Ana", department: "Service", visa: true, way: "air", purpose: "sea",
    });
    assert.ok(await pointed(again, "[name=purpose]"));
    assert.deepEqual(again.faults, []);
  });
}
