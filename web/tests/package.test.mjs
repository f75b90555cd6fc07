// The package as a program gets it: its types, a server that imports it, and a bundler that drops what is not used.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import ts from "typescript";

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "leftoff-package-"));
  cpSync(fileURLToPath(new URL("../npm/pkg", import.meta.url)), join(folder, "node_modules/leftoff"), { recursive: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const write = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

// What the strictest compiler says.
function compiled(name, text) {
  const program = ts.createProgram([write(name, text)], {
    strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, types: [],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}

test("a program in TypeScript compiles with every call of the README", () => {
  const faults = compiled("all.mts", `
    import { open, type Devices, type FieldValues, type Saved, type Session, type Status, type Store } from "leftoff";
    import { conformance } from "leftoff/conformance";
    const session: Session = await open("com.example.form", { version: "2", takeOver: false, renamed: { hotel: "lodging" }, marker: true });
    const form = document.forms.namedItem("request");
    if (form) session.bind(form, { section: "request", apply: (values: FieldValues) => console.log(values["name"]) });
    session.bind().bind(document.body);
    const zoom: number = session.get<{ zoom: number }>("view")?.zoom ?? 1;
    const saved: Saved = session.set("view", { zoom });
    session.mark("rows/#42", { label: "Row 42", action: "press" });
    const objects = new Map<string, Uint8Array>();
    const store: Store = {
      put: async (name, bytes) => objects.set(name, bytes),
      get: async (name) => objects.get(name) ?? null,
      list: async (prefix) => [...objects.keys()].filter((name) => name.startsWith(prefix)),
      delete: async (name) => objects.delete(name),
    };
    const devices: Devices = await session.roam({ store, device: "phone", code: "leftoff1:", passphrase: "correct horse", labels: { form: "the form" } });
    await session.roam({ store, person: devices.person, key: devices.key });
    const sent: boolean = await devices.publish();
    const words: string[] = [devices.line, session.roamTrouble?.name ?? "", ...devices.rows.map(({ text }) => text)];
    session.devices?.rows[0]?.choose?.();
    session.addEventListener("devices", () => console.log(sent, words));
    await conformance(() => store);
    session.finished("send");
    session.finished();
    session.suspend("a call", "ask for the price");
    session.takeMeBack();
    const marked: string | null = session.marked;
    const isSafe: boolean = (await session.saved()) && (await session.persist());
    const { access, isSynced, trouble }: Status = session.status;
    session.addEventListener("change", () => console.log(saved, marked, isSafe, access === "copy", isSynced, trouble));
    session.addEventListener("restored", () => {}, { once: true });
    await session.forget();
    session.close();
  `);
  assert.deepEqual(faults, []);
});

test("a call that the package does not have does not compile", () => {
  const wrong = ['open(1)', 'open("a.b", { takeover: true })', '(await open("a.b")).bind("form")', '(await open("a.b")).status.acces', '(await open("a.b")).mark("a", { action: "editing" })'];
  const lines = ['import { open } from "leftoff";', ...wrong.map((call, number) => `export const never${number} = ${call};`)];
  assert.equal(compiled("wrong.mts", lines.join("\n")).length, wrong.length);
});

test("a server that has no page imports it, and a bundler drops it if it is not called", async () => {
  const { open } = await import(join(folder, "node_modules/leftoff/leftoff.js"));
  assert.equal(typeof open, "function");
  const bundled = async (text) => {
    const { outputFiles } = await build({ entryPoints: [write("entry.mjs", text)], bundle: true, write: false, format: "esm", minify: true, logLevel: "silent" });
    return outputFiles[0].text.length;
  };
  assert.ok((await bundled('import { open } from "leftoff"; console.log(1);')) < 100);
  assert.ok((await bundled('import { open } from "leftoff"; open("com.example.form");')) > 10_000);
});
