//! A device without a thread, beside one with a thread, over one directory.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Session};
use leftoff_roam::steps::{Step, Steps};
use leftoff_roam::store::{DeferredStore, FolderStore, MemoryStore, Request, Store};
use leftoff_roam::testing::{Fault, FaultyStore, Request as Call};
use leftoff_roam::{Arrival, Cadence, KeyRing, OfflineCause, Roam, RoamStatus, Roaming};

use crate::support::{Device, NAME, WITHIN, key};

/// The page of a browser: its event loop is [`Page::turn`].
struct Page {
    session: Session,
    roaming: Roaming,
    steps: Steps,
    there: Box<dyn Store>,
    here: BTreeMap<String, Vec<u8>>,
    can_write: bool,
    asked: Vec<Request>,
    is_over: bool,
}

impl Page {
    fn open(there: impl Store, keys: KeyRing, here: BTreeMap<String, Vec<u8>>) -> Self {
        let builder = Session::builder(AppId::new("com.example.form")).backend(MemoryBackend::new());
        let session = builder.without_thread().sync_every(Duration::ZERO).open();
        let mut cadence = Cadence::default();
        (cadence.list_every, cadence.settle) = (Duration::from_millis(200), Duration::from_millis(50));
        (cadence.publish_every, cadence.retry) = (Duration::from_millis(100), Duration::from_millis(50));
        let store = DeferredStore::new();
        let roam = Roam::new("com.example.form", "ana", store.clone(), keys).device_name("phone").cadence(cadence);
        let (roaming, steps) = roam.take_over_within(Duration::ZERO).start_in_steps(&session, &store, here.clone());
        Self {
            session,
            roaming,
            steps,
            there: Box::new(there),
            here,
            can_write: true,
            asked: Vec::new(),
            is_over: false,
        }
    }

    /// Without its own connection, which was closed.
    fn of(session: Session, steps: Steps, there: &MemoryStore, here: BTreeMap<String, Vec<u8>>) -> Self {
        let other = Self::open(there.clone(), key(), nothing());
        Self { session, steps, here, ..other }
    }

    /// Does one step; returns whether there may be another one at once.
    fn turn(&mut self) -> bool {
        match self.steps.step() {
            Step::Ask(request) => {
                let answer = request.make(&*self.there);
                self.asked.push(request);
                self.steps.answered(answer);
            }
            Step::Write(changes) if self.can_write => {
                for (name, bytes) in changes {
                    match bytes {
                        Some(bytes) => drop(self.here.insert(name, bytes)),
                        None => drop(self.here.remove(&name)),
                    }
                }
                self.steps.written(Ok(()));
            }
            Step::Write(_) => self.steps.written(Err(io::ErrorKind::StorageFull.into())),
            Step::Wait(time) => {
                thread::sleep(time.min(Duration::from_millis(20)));
                return false;
            }
            Step::End => {
                self.is_over = true;
                return false;
            }
        }
        true
    }

    fn until(&mut self, mut is_met: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + WITHIN;
        while !is_met(self) {
            assert!(Instant::now() < end, "nothing came in {WITHIN:?}: {:?}", self.roaming.status());
            self.turn();
            self.session.run_pending();
        }
    }

    fn arrival(&mut self) -> Arrival {
        let mut arrived = None;
        self.until(|page| {
            arrived = page.roaming.arrived(&mut page.session).unwrap();
            arrived.is_some()
        });
        arrived.unwrap()
    }

    fn write(&mut self, name: &str) {
        self.session.mark("form/name");
        self.session.autosave(|capture| capture.set(NAME, &name.to_owned())).unwrap();
        // Nothing can be waited for here.
        self.roaming.publish(&mut self.session, WITHIN).unwrap();
    }

    fn send(&mut self, name: &str) {
        self.write(name);
        self.until(|page| page.roaming.sent() == Some(true));
    }

    fn name(&mut self) -> Option<String> {
        self.session.get(NAME).unwrap()
    }
}

fn nothing() -> BTreeMap<String, Vec<u8>> {
    BTreeMap::new()
}

#[test]
fn page_continues_what_a_desk_began_and_the_desk_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    let mut page = Page::open(FolderStore::existing(home.path().join("shared")), key(), nothing());
    let arrival = page.arrival();
    assert!(matches!(&arrival, Arrival::Offered(Some(other)) if other.device == "desk"), "{arrival:?}");
    assert!(page.roaming.take_over(&mut page.session).unwrap());
    assert_eq!(page.name().as_deref(), Some("Ana"));
    assert_eq!(page.session.marker().map(|marker| marker.element().to_owned()).as_deref(), Some("form/name"));
    page.send("Ana Li");
    desk.arrival();
    assert!(desk.roaming.take_over(&mut desk.session).unwrap());
    assert_eq!(desk.name().as_deref(), Some("Ana Li"));
    assert!(desk.roaming.sections_with_offers().is_empty());

    // The next visit knows what this one read: it lists, and gets nothing again.
    let here = page.here.clone();
    drop(page);
    let mut page = Page::open(FolderStore::existing(home.path().join("shared")), key(), here);
    page.until(|page| matches!(page.roaming.status(), RoamStatus::UpToDate(_)));
    let foreign = page.asked.iter().filter(|asked| matches!(asked, Request::Get(_))).count();
    assert_eq!(foreign, 0, "{:?}", page.asked);
}

#[test]
fn store_without_an_answer_delays_nothing_and_is_tried_again() {
    let there = MemoryStore::new();
    let is_off = Arc::new(AtomicBool::new(true));
    let state = Arc::clone(&is_off);
    let plan = move |_| if state.load(Ordering::Acquire) { Fault::Offline } else { Fault::None };
    let mut page = Page::open(FaultyStore::new(there.clone(), plan), key(), nothing());
    page.write("Ana");
    page.until(|page| matches!(page.roaming.status(), RoamStatus::Offline { cause: OfflineCause::Store(_), .. }));
    let words = page.roaming.status().words(SystemTime::now() + Duration::from_secs(120), |_| Some(0)).unwrap();
    assert!(words.starts_with("Not sent to your other devices since "), "{words}");
    assert!(there.is_empty());
    is_off.store(false, Ordering::Release);
    page.send("Ana Li");
    assert!(!there.is_empty());
}

/// 503 after landing, 412 after landing, and a listing without the newest: each in a third of the calls.
#[test]
fn wrong_answers_lose_nothing_and_publish_nothing_twice() {
    for fault in [Fault::LandsThenFails, Fault::LandsThenExists, Fault::Conflict, Fault::SlowDown, Fault::PartialList] {
        let there = MemoryStore::new();
        let mut random = 1_u32;
        let plan = move |call| {
            // Not in turns, which a round could meet at the same call for ever.
            random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
            let is_meant = fault != Fault::PartialList || call == Call::List;
            if (random >> 16) % 3 == 0 && is_meant { fault } else { Fault::None }
        };
        let mut page = Page::open(FaultyStore::new(there.clone(), plan), key(), nothing());
        page.send("Ana");
        page.send("Ana Li");
        let mut other = Page::open(there.clone(), key(), nothing());
        other.arrival();
        assert!(other.roaming.take_over(&mut other.session).unwrap(), "{fault:?}");
        assert_eq!(other.name().as_deref(), Some("Ana Li"), "{fault:?}");
        assert!(other.roaming.sections_with_offers().is_empty(), "{fault:?}");
    }
}

#[test]
fn nothing_is_sent_that_this_device_could_not_keep() {
    let there = MemoryStore::new();
    let mut page = Page::open(there.clone(), key(), nothing());
    page.can_write = false;
    page.write("Ana");
    page.until(|page| matches!(page.roaming.status(), RoamStatus::Offline { .. }));
    assert!(page.asked.is_empty(), "{:?}", page.asked);
    page.can_write = true;
    page.send("Ana");
    assert!(!there.is_empty());
}

#[test]
fn page_without_a_key_says_so_and_works() {
    let mut page = Page::open(MemoryStore::new(), KeyRing::empty(), nothing());
    page.write("Ana");
    page.until(|page| page.roaming.status() == RoamStatus::NoKey);
    assert_eq!(page.roaming.sent(), Some(false));
    assert_eq!(page.name().as_deref(), Some("Ana"));
}

#[test]
fn second_window_says_so_and_sends_nothing() {
    let mut page = Page::open(MemoryStore::new(), key(), nothing());
    page.write("Ana");
    page.steps.leave_to_another();
    assert_eq!((page.roaming.status(), page.roaming.sent()), (RoamStatus::InUse, Some(false)));
}

#[test]
fn forgetting_everything_empties_the_store_and_the_page() {
    let there = MemoryStore::new();
    let mut page = Page::open(there.clone(), key(), nothing());
    page.send("Ana");
    assert!(!there.is_empty() && !page.here.is_empty());
    let Page { mut session, roaming, steps, here, .. } = page;
    roaming.forget_everything(&mut session, WITHIN).unwrap();
    let mut page = Page::of(session, steps, &there, here);
    let end = Instant::now() + WITHIN;
    while !page.is_over && Instant::now() < end {
        page.turn();
    }
    assert!(there.is_empty() && page.here.is_empty());
}
