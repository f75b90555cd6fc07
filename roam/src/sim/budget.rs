//! A month of a person with three devices: what it costs at the store. Simulated time, the default cadence.

use std::sync::Arc;

use super::rng::Rng;
use super::used::open;
use crate::join::{Content, SectionId};
use crate::replicator::{Io, News};
use crate::store::{MemoryStore, Store};
use crate::testing::{Fault, FaultyStore, Request};

const DAYS: u64 = 22;

/// Four hours a day on three devices in turn. In ten minutes, five are spent editing, with a change each 15 seconds; the
/// window loses the focus every half hour, for a minute.
#[test]
fn month_of_work_stays_within_its_budget_of_requests() {
    let mut rng = Rng::new(1);
    let inner = MemoryStore::new();
    let store = Arc::new(FaultyStore::new(inner.clone(), |_| Fault::None));
    let locals = [MemoryStore::new(), MemoryStore::new(), MemoryStore::new()];
    let (mut most_names, mut edits) = (0, 0_u32);
    for day in 0..DAYS {
        // A morning and an afternoon of two hours, on different devices.
        for part in 0..2 {
            let begun = day * 86_400 + part * 6 * 3600;
            let local = &locals[usize::try_from((day * 2 + part) % 3).unwrap()];
            let mut used = open(local, begun, &mut rng);
            let mut next = 0;
            for second in 0..7200 {
                let now = used.now(begun + second);
                let mut acts = false;
                if second % 600 < 300 && second % 15 == 7 {
                    edits += 1;
                    let section = SectionId::new("", &(edits % 8).to_string());
                    let bytes = format!("{edits} {}", "text ".repeat(100)).into_bytes();
                    used.replicator.feed(
                        &section,
                        Some(Content { version: 1, codec: 0, bytes: bytes[..].into(), needs_seal: false }),
                        &[],
                        now,
                    );
                    acts = true;
                }
                if second % 1800 == 1700 || second % 1800 == 1760 {
                    used.replicator.focus(second % 1800 == 1760, now);
                    acts = true;
                }
                if second == 7199 {
                    used.replicator.close();
                    acts = true;
                }
                if acts || second >= next {
                    let wait = used.replicator.step(now, &Io { store: &store, local: &used.local });
                    next = second + wait.as_secs().max(1);
                    for (section, news) in used.replicator.news() {
                        match news {
                            News::Newer(dot, _) => _ = used.replicator.adopt(&section, dot),
                            News::Removed => _ = used.replicator.adopt_removal(&section),
                        }
                    }
                }
            }
            most_names = most_names.max(inner.len());
        }
    }
    let [puts, lists, gets] = [Request::Put, Request::List, Request::Get].map(|request| store.requests(request));
    println!("{puts} puts, {lists} listings, {gets} gets, {most_names} names at most");
    assert!(puts <= 4000 && lists <= 3000 && gets <= 500, "{puts} puts, {lists} listings, {gets} gets");
    assert!(most_names < 1000, "{most_names} names");
    assert!(puts > 1000, "the devices hardly published");
    let prefixed = inner.list("v1/").unwrap();
    assert_eq!(prefixed.len(), inner.len());
}
