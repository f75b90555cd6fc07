// The store of the other devices, behind the example's server. With a bucket, these four are `fetch` with requests that the
// application's own server has signed.

async function call(method, path, body) {
  const response = await fetch(`/objects/${path}`, { method, body, cache: "no-store" });
  if (!response.ok) throw Object.assign(new Error(`the store answers ${response.status}`), { status: response.status });
  return response;
}

export const store = {
  put: (name, bytes) => call("PUT", name, bytes),
  get: (name) => call("GET", name).catch((error) => (error.status === 404 ? null : Promise.reject(error))),
  list: async (prefix) => (await call("GET", `?prefix=${encodeURIComponent(prefix)}`)).json(),
  delete: (name) => call("DELETE", name),
};
