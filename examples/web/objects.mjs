// Objects of the other devices, as files below a directory: what a page's store calls. For an example on one machine: there
// is no log-in, and whoever reaches the server can remove the objects. They are sealed.
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

const NAME = /^(?=.{1,199}$)[a-z0-9-]+(\/[a-z0-9-]+)*$/;
const TEMPORARY = ".leftoff-tmp"; // as leftoff-roam's own store in a directory has it

/** Answers GET, PUT and DELETE of `/objects/NAME`, and GET of `/objects/?prefix=`. */
export async function answerObject(directory, request, response) {
  const url = new URL(request.url, "http://localhost");
  const name = url.pathname.slice("/objects/".length);
  const say = (status, body = "") => response.writeHead(status, { "cache-control": "no-store" }).end(body);
  try {
    if (request.method === "GET" && !name) return say(200, JSON.stringify(await list(directory, url.searchParams.get("prefix") ?? "")));
    if (!NAME.test(name)) return say(400);
    const path = join(directory, name);
    if (request.method === "GET") return say(200, await readFile(path));
    if (request.method === "PUT") await write(directory, path, Buffer.concat(await request.toArray()));
    else if (request.method === "DELETE") await rm(path, { force: true });
    else return say(405);
    return say(204);
  } catch (error) {
    return say(error.code === "ENOENT" ? 404 : 500);
  }
}

async function list(directory, prefix) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "/").length));
  return files.filter((name) => name.startsWith(prefix) && !name.startsWith(TEMPORARY));
}

// No reader ever sees half an object.
async function write(directory, path, bytes) {
  const temporary = join(directory, TEMPORARY, crypto.randomUUID());
  for (const each of [temporary, path]) await mkdir(dirname(each), { recursive: true, mode: 0o700 });
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
