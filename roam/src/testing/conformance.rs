//! The conformance kit for stores.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::store::Store;

/// Checks a store against every clause of the contract of [`Store`] that a test can check.
///
/// `make` returns a new, empty store each time. `reopen` closes the given store and opens the same objects again, as
/// another device or the next start does. The kit creates ten stores, puts up to 1,200 objects in one, and waits for no
/// late listing: a store that lists late is wrapped so that it waits.
///
/// The kit does not check that objects survive a power cut.
///
/// ```
/// use leftoff_roam::store::MemoryStore;
///
/// leftoff_roam::testing::conformance(MemoryStore::new, |store| store);
/// ```
///
/// # Panics
/// If the store violates a clause. The message names the clause and the observation.
pub fn conformance<S: Store>(make: impl Fn() -> S, reopen: impl Fn(S) -> S) {
    let rules: [(&str, Check<S>); 10] = [
        ("what was put is listed, and read back byte for byte", reads_back),
        ("putting the same bytes again succeeds and changes nothing", puts_again),
        ("what is not there is `NotFound`", misses),
        ("`delete` removes one object and no other", deletes),
        ("deleting what is not there is no error", deletes_nothing),
        ("`list` returns the names with the prefix and no others", lists_prefix),
        ("1,200 names are listed, each once", lists_many),
        ("the next start sees everything", reopens),
        ("an object is whole at any moment", is_whole),
        ("`Debug` prints nothing of what is stored", prints_nothing),
    ];
    for (rule, check) in rules {
        if let Err(seen) = check(&Place { make: &make, reopen: &reopen }) {
            broken(rule, &seen);
        }
    }
}

#[allow(clippy::panic, reason = "this is an assertion: it runs in tests, and its message is its result")]
fn broken(rule: &str, seen: &str) -> ! {
    panic!("this store breaks the rule that {rule}: {seen}");
}

type Check<S> = fn(&Place<'_, S>) -> Result<(), String>;

struct Place<'a, S> {
    make: &'a dyn Fn() -> S,
    reopen: &'a dyn Fn(S) -> S,
}

fn failed(what: &str) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("`{what}` failed: {:?}", error.kind())
}

/// Names as the replicator uses them, below two persons.
fn name(person: u8, number: u32) -> String {
    format!("v1/{person:032x}/{:032x}/{number:08x}-{:064x}", number / 7, number)
}

fn put(store: &impl Store, name: &str, bytes: &[u8]) -> Result<(), String> {
    store.put(name, bytes).map_err(failed("put"))
}

fn expect(store: &impl Store, name: &str, bytes: &[u8]) -> Result<(), String> {
    let got = store.get(name).map_err(failed("get"))?;
    if got == bytes {
        Ok(())
    } else {
        Err(format!("{} bytes were put, and {} other bytes came back", bytes.len(), got.len()))
    }
}

fn listed(store: &impl Store, prefix: &str) -> Result<BTreeSet<String>, String> {
    let names = store.list(prefix).map_err(failed("list"))?;
    let set: BTreeSet<String> = names.iter().cloned().collect();
    if set.len() == names.len() { Ok(set) } else { Err("a name was listed twice".to_owned()) }
}

fn reads_back<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    let large: Vec<u8> = (0..5_000_000_u32).flat_map(|number| number.to_le_bytes().into_iter().take(1)).collect();
    for (number, bytes) in [&[][..], b"\0", b"\r\n\xff\x1a", &large].iter().enumerate() {
        let name = name(1, u32::try_from(number).unwrap_or_default());
        put(&store, &name, bytes)?;
        expect(&store, &name, bytes)?;
        if !listed(&store, "v1/")?.contains(&name) {
            return Err("the object is not listed".to_owned());
        }
    }
    Ok(())
}

fn puts_again<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    put(&store, &name(1, 1), b"one")?;
    match store.put(&name(1, 1), b"one") {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed("put")(error)),
    }
    expect(&store, &name(1, 1), b"one")
}

fn misses<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    put(&store, &name(1, 1), b"one")?;
    match store.get(&name(1, 2)) {
        Ok(_) => Err("`get` returned bytes".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("`get` returned {:?}", error.kind())),
    }
}

fn deletes<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    put(&store, &name(1, 1), b"one")?;
    put(&store, &name(1, 2), b"two")?;
    store.delete(&name(1, 1)).map_err(failed("delete"))?;
    if listed(&store, "v1/")? != BTreeSet::from([name(1, 2)]) {
        return Err("the listing is another one".to_owned());
    }
    if store.get(&name(1, 1)).is_ok() {
        return Err("the object can still be read".to_owned());
    }
    expect(&store, &name(1, 2), b"two")
}

fn deletes_nothing<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    (place.make)().delete(&name(1, 1)).map_err(failed("delete"))
}

fn lists_prefix<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    if !listed(&store, "v1/")?.is_empty() {
        return Err("a new store is not empty".to_owned());
    }
    for (person, number) in [(1, 1), (1, 9), (2, 1)] {
        put(&store, &name(person, number), b"one")?;
    }
    let first = listed(&store, &format!("v1/{:032x}/", 1))?;
    if first == BTreeSet::from([name(1, 1), name(1, 9)]) {
        Ok(())
    } else {
        Err(format!("{} names were listed", first.len()))
    }
}

fn lists_many<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    for number in 0..1200 {
        put(&store, &name(1, number), b"one")?;
    }
    let count = listed(&store, &format!("v1/{:032x}/", 1))?.len();
    if count == 1200 { Ok(()) } else { Err(format!("{count} names were listed")) }
}

fn reopens<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    put(&store, &name(1, 1), b"one")?;
    let store = (place.reopen)(store);
    expect(&store, &name(1, 1), b"one")
}

fn is_whole<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    let bytes = vec![7; 300_000];
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let done = (0..40).try_for_each(|number| put(&store, &name(1, number), &bytes));
            is_done.store(true, Ordering::Release);
            done
        });
        for name in (0..40).map(|number| name(1, number)) {
            loop {
                let was_done = is_done.load(Ordering::Acquire);
                match store.get(&name) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound && !was_done => {}
                    Err(error) => return Err(failed("get")(error)),
                    Ok(got) if got == bytes => break,
                    Ok(got) => return Err(format!("{} of {} bytes were seen", got.len(), bytes.len())),
                }
            }
        }
        writing.join().unwrap_or_else(|_| Err("`put` panicked".to_owned()))
    })
}

fn prints_nothing<S: Store>(place: &Place<'_, S>) -> Result<(), String> {
    let store = (place.make)();
    put(&store, &name(1, 1), b"canary")?;
    let shown = format!("{store:?}");
    if shown.contains("canary") || shown.contains("99, 97, 110") {
        return Err("the contents are in it".to_owned());
    }
    Ok(())
}
