// Values of fields that were renamed since they were stored.

// Applies the renames in turn, [old path, new path] each, the oldest first: for values what the core does for the marker. A
// rename also applies to everything in the container, and `*` stands for any one name. A value that is there under the new
// path stays.
export function renamed(values, renames) {
  const found = new Map(Object.entries(values));
  for (const [old, now] of renames) {
    for (const [path, value] of [...found]) {
      const next = applied(path.split("/"), old.split("/"), now.split("/"));
      if (next === null || found.has(next)) continue;
      found.delete(path);
      found.set(next, value);
    }
  }
  return found;
}

// The path under its new name; `null` if it does not begin with the old one.
function applied(path, old, now) {
  const records = [];
  for (const [index, wanted] of old.entries()) {
    if (path[index] === undefined || (wanted !== "*" && wanted !== path[index])) return null;
    if (wanted === "*") records.push(path[index]);
  }
  const filled = now.map((name) => (name === "*" ? (records.shift() ?? name) : name));
  return [...filled, ...path.slice(old.length)].join("/");
}
