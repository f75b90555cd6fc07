// The conformance kit for the stores of `Session.roam`: the cases of `leftoff_roam::testing::conformance`, for an object of
// four functions.

const name = (person, number) => `v1/${hex(person, 32)}/${hex(Math.floor(number / 7), 32)}/${hex(number, 8)}-${hex(number, 64)}`;
const hex = (number, digits) => number.toString(16).padStart(digits, "0");
const bytesOf = (text) => new TextEncoder().encode(text);

/**
 * Checks a store against every clause of its contract that a test can check. Rejects with an error that names the clause.
 *
 * `make()` returns a new, empty store each time, or a promise of one. `reopen(store)` closes the given store and opens the
 * same objects again, as another device does. Up to 1,200 objects are put into one store. A store that lists late is
 * wrapped so that it waits.
 */
export async function conformance(make, reopen = (store) => store) {
  for (const [rule, check] of RULES) {
    try {
      await check(make, reopen);
    } catch (error) {
      throw new Error(`this store breaks the rule that ${rule}: ${error.message}`);
    }
  }
}

async function read(store, name) {
  const answer = await store.get(name);
  if (answer === null || answer === undefined) return null;
  if (answer instanceof Uint8Array) return answer;
  return new Uint8Array(answer instanceof ArrayBuffer ? answer : await answer.arrayBuffer());
}

async function expect(store, name, bytes) {
  const got = await read(store, name);
  if (!got) throw new Error("nothing came back");
  const isSame = got.length === bytes.length && got.every((byte, at) => byte === bytes[at]);
  if (!isSame) throw new Error(`${bytes.length} bytes were put, and ${got.length} other bytes came back`);
}

async function listed(store, prefix) {
  const names = await store.list(prefix);
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string")) throw new Error("`list` did not resolve to names");
  if (new Set(names).size !== names.length) throw new Error("a name was listed twice");
  return names.sort();
}

function same(seen, wanted) {
  if (seen.join() !== wanted.sort().join()) throw new Error(`${seen.length} names were listed`);
}

const RULES = [
  ["what was put is listed, and read back byte for byte", async (make) => {
    const store = await make();
    const large = Uint8Array.from({ length: 5_000_000 }, (_, at) => at & 0xff);
    for (const [number, bytes] of [new Uint8Array(), bytesOf("\0"), Uint8Array.of(13, 10, 255, 26), large].entries()) {
      await store.put(name(1, number), bytes);
      await expect(store, name(1, number), bytes);
      if (!(await listed(store, "v1/")).includes(name(1, number))) throw new Error("the object is not listed");
    }
  }],
  ["putting the same bytes again succeeds and changes nothing", async (make) => {
    const store = await make();
    await store.put(name(1, 1), bytesOf("one"));
    await Promise.resolve(store.put(name(1, 1), bytesOf("one"))).catch((error) => {
      if (![409, 412].includes(error.status)) throw error; // a store that creates only
    });
    await expect(store, name(1, 1), bytesOf("one"));
  }],
  ["`get` resolves to `null`, or rejects with the status 404, for what is not there", async (make) => {
    const store = await make();
    await store.put(name(1, 1), bytesOf("one"));
    const got = await read(store, name(1, 2)).catch((error) => {
      if (error.status !== 404) throw error;
      return null;
    });
    if (got) throw new Error("`get` returned bytes");
  }],
  ["`delete` removes one object and no other", async (make) => {
    const store = await make();
    await store.put(name(1, 1), bytesOf("one"));
    await store.put(name(1, 2), bytesOf("two"));
    await store.delete(name(1, 1));
    same(await listed(store, "v1/"), [name(1, 2)]);
    if (await read(store, name(1, 1)).catch(() => null)) throw new Error("the object can still be read");
    await expect(store, name(1, 2), bytesOf("two"));
  }],
  ["deleting what is not there is no error", async (make) => (await make()).delete(name(1, 1))],
  ["`list` returns the names with the prefix and no others", async (make) => {
    const store = await make();
    same(await listed(store, "v1/"), []);
    for (const [person, number] of [[1, 1], [1, 9], [2, 1]]) await store.put(name(person, number), bytesOf("one"));
    same(await listed(store, `v1/${hex(1, 32)}/`), [name(1, 1), name(1, 9)]);
  }],
  ["1,200 names are listed, each once", async (make) => {
    const store = await make();
    for (let number = 0; number < 1200; number += 40) {
      await Promise.all(Array.from({ length: 40 }, (_, at) => store.put(name(1, number + at), bytesOf("one"))));
    }
    const count = (await listed(store, `v1/${hex(1, 32)}/`)).length;
    if (count !== 1200) throw new Error(`${count} names were listed`);
  }],
  ["the next start sees everything", async (make, reopen) => {
    const store = await make();
    await store.put(name(1, 1), bytesOf("one"));
    await expect(await reopen(store), name(1, 1), bytesOf("one"));
  }],
  ["an object is whole at any moment", async (make) => {
    const store = await make();
    const bytes = new Uint8Array(300_000).fill(7);
    for (let number = 0; number < 20; number += 1) {
      let isDone = false;
      const writing = Promise.resolve(store.put(name(1, number), bytes)).finally(() => (isDone = true));
      for (let got = null; !got; ) {
        const wasDone = isDone;
        got = await read(store, name(1, number)).catch((error) => {
          if (error.status !== 404) throw error;
          return null;
        });
        if (got && (got.length !== bytes.length || got.some((byte) => byte !== 7))) throw new Error(`${got.length} of ${bytes.length} bytes were seen`);
        if (!got && wasDone) throw new Error("nothing came back");
        await new Promise((resolve) => setTimeout(resolve));
      }
      await writing;
    }
  }],
];
