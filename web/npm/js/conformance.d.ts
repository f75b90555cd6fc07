import type { Store } from "./leftoff.js";

/**
 * Checks a store for `Session.roam` against its contract. Rejects with an error that names the clause that it breaks.
 *
 * `make` returns a new, empty store each time; `reopen` closes a store and opens the same objects again. Up to 1,200 objects
 * are put into one store. Takes as long as the store does.
 */
export function conformance(make: () => Store | Promise<Store>, reopen?: (store: Store) => Store | Promise<Store>): Promise<void>;
