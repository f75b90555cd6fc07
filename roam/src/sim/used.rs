//! A device that is used by a script: the real replicator with the default cadence, and simulated time.

use std::collections::BTreeSet;
use std::time::Duration;

use leftoff_seal::{Key, KeyRing, Sealer};

use super::rng::Rng;
use crate::join::Stamp;
use crate::replicator::{Cadence, Now, Replicator, Settings};
use crate::store::MemoryStore;

/// One device, used for a while.
pub(super) struct Used {
    pub(super) replicator: Replicator,
    pub(super) local: MemoryStore,
    begun: u64,
}

impl Used {
    pub(super) fn now(&self, seconds: u64) -> Now {
        let wall = Stamp(1_700_000_000_000 + i64::try_from(seconds).unwrap() * 1000);
        Now { wall, steady: Duration::from_secs(seconds - self.begun) }
    }
}

/// Starts a launch at this time, in seconds.
pub(super) fn open(local: &MemoryStore, begun: u64, rng: &mut Rng) -> Used {
    let settings = Settings {
        app: "app".into(),
        person: "ana".into(),
        label: "device".into(),
        cadence: Cadence::default(),
        merges: BTreeSet::new(),
    };
    let sealer = Sealer::new(KeyRing::new(Key::from_bytes([7; 32])));
    let mut own = Rng::new(rng.next());
    let now = Now { wall: Stamp(0), steady: Duration::ZERO };
    let replicator = Replicator::open(settings, sealer, local, Box::new(move || Ok(own.next())), now).unwrap();
    Used { replicator, local: local.clone(), begun }
}
