//! Devices over one directory.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use leftoff::{AppId, Section, Session};
use leftoff_roam::store::FolderStore;
use leftoff_roam::{Arrival, Cadence, Key, KeyRing, Roam, Roaming};

pub(crate) const NAME: Section<String> = Section::new("name", 1);
pub(crate) const AMOUNT: Section<u32> = Section::new("amount", 1);
pub(crate) const HERE: Section<String> = Section::new("here", 1).private();

pub(crate) const WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Device {
    pub(crate) session: Session,
    pub(crate) roaming: Roaming,
}

pub(crate) fn key() -> KeyRing {
    KeyRing::new(Key::from_bytes([9; 32]))
}

pub(crate) fn roam(home: &Path, name: &str) -> Roam {
    let mut cadence = Cadence::default();
    cadence.list_every = Duration::from_millis(200);
    cadence.settle = Duration::from_millis(50);
    cadence.publish_every = Duration::from_secs(30);
    let store = FolderStore::new(home.join("shared"));
    Roam::new("com.example.form", "ana", store, key()).device_name(name).cadence(cadence)
}

pub(crate) fn open(home: &Path, name: &str) -> Session {
    Session::builder(AppId::new("com.example.form")).dir(home.join(name)).open()
}

impl Device {
    pub(crate) fn start(home: &Path, name: &str) -> Self {
        let session = open(home, name);
        let roaming = roam(home, name).take_over_within(Duration::ZERO).start(&session).unwrap();
        Self { session, roaming }
    }

    pub(crate) fn write(&mut self, name: &str) {
        self.session.mark("form/name");
        self.session.autosave(|capture| capture.set(NAME, &name.to_owned())).unwrap();
        assert!(self.roaming.publish(&mut self.session, WITHIN).unwrap(), "{:?}", self.roaming.status());
    }

    pub(crate) fn name(&mut self) -> Option<String> {
        self.session.get(NAME).unwrap()
    }

    /// Waits for something to arrive.
    pub(crate) fn arrival(&mut self) -> Arrival {
        let mut arrived = None;
        until(|| {
            arrived = self.roaming.arrived(&mut self.session).unwrap();
            arrived.is_some()
        });
        arrived.unwrap()
    }
}

pub(crate) fn until(mut is_met: impl FnMut() -> bool) {
    let end = Instant::now() + WITHIN;
    while !is_met() {
        assert!(Instant::now() < end, "nothing came in {WITHIN:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The bytes of every file below a directory.
pub(crate) fn bytes_below(dir: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes_below(&path) } else { std::fs::read(path).unwrap() }).collect()
}
