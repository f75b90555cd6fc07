// Serves the example: node examples/web/serve.mjs [PORT], after web/npm/build. With a directory as a second word, other
// devices that use it follow: node examples/web/serve.mjs 8000 ~/Sync/travel, after web/npm/build roam.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { answerObject } from "./objects.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const shared = process.argv[3];
const pkg = fileURLToPath(new URL(shared ? "../../web/npm/pkg-roam/" : "../../web/npm/pkg/", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };

const server = createServer(async (request, response) => {
  if (shared && request.url.startsWith("/objects/")) return answerObject(shared, request, response);
  const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const file = path.startsWith("/pkg/") ? join(pkg, path.slice(5)) : join(here, path === "/" ? "index.html" : path);
  try {
    const body = await readFile(file);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "cache-control": "no-store" });
    response.end(body);
  } catch {
    response.writeHead(404).end("not found");
  }
});
server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => console.log(`http://localhost:${server.address().port}`));
