//! The thread that drives the replicator in a program.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use leftoff::StoredReader;
use leftoff_seal::{ErrorKind, Sealer};

use crate::RoamStatus;
use crate::join::{Content, SectionId};
use crate::kept::Kept;
use crate::replicator::{Io, Now, Replicator, Settings, stamp};
use crate::shared::{Command, Shared, View};
use crate::store::{Store, key_trouble};

/// Everything that the thread owns.
pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: StoredReader,
    pub(crate) store: Box<dyn Store>,
    pub(crate) local: Box<dyn Store>,
    pub(crate) sealer: Sealer,
    pub(crate) settings: Settings,
    /// What never leaves the device.
    pub(crate) kept: Arc<Kept>,
}

/// How long after the user's thread came by the log may still be syncing.
const SYNCING: Duration = Duration::from_secs(3);
/// How long the first sync of a session may take. After that, the log is looked at when the user's thread comes by.
const FIRST_SYNC: Duration = Duration::from_secs(30);
/// The time between looks at the log meanwhile.
const LOOK: Duration = Duration::from_secs(1);

impl Driver {
    /// Runs until the handle is closed or dropped.
    pub(crate) fn run(self) {
        let begun = Instant::now();
        let now = || Now { wall: stamp(SystemTime::now()), steady: begun.elapsed() };
        let open = || {
            let random = Box::new(crate::random::number);
            Replicator::open(self.settings.clone(), self.sealer.clone(), &*self.local, random, now())
        };
        let mut replicator = loop {
            match open() {
                Ok(replicator) => break replicator,
                // The session works all the same, and this is tried again.
                Err(error) => {
                    self.shared.say(why_not_opened(&error));
                    self.shared.sleep(self.settings.cadence.retry, LOOK);
                }
            }
            if self.shared.take().is_none() {
                return;
            }
        };
        let mut fed = BTreeMap::new();
        let mut has_fed = false;
        // Until the first answer, nothing is known of what the session holds.
        let mut active_until = FIRST_SYNC;
        while let Some((commands, number, is_active)) = self.shared.take() {
            let has_commands = !commands.is_empty();
            for command in commands {
                if let Some(section) = command.section() {
                    // Its value is looked at again, also if it is what it was before a take-over.
                    fed.remove(section);
                }
                obey(&mut replicator, command, now());
            }
            if is_active {
                active_until = active_until.max(begun.elapsed() + SYNCING);
            }
            if has_commands || begun.elapsed() < active_until {
                has_fed |= self.feed(&mut replicator, &mut fed, now());
                if has_fed && active_until == FIRST_SYNC {
                    active_until = begun.elapsed() + SYNCING;
                }
            }
            let wait = replicator.step(now(), &Io { store: &*self.store, local: &*self.local });
            let mut view = view(&mut replicator, &fed, number, now());
            if !has_fed {
                view.news.clear();
            }
            self.shared.show(view);
            let is_active = begun.elapsed() < active_until;
            self.shared.sleep(if is_active { wait.min(LOOK) } else { wait }, LOOK);
        }
    }

    /// Tells the replicator what the session has synced; returns whether all of it is synced.
    fn feed(&self, replicator: &mut Replicator, fed: &mut BTreeMap<SectionId, u64>, now: Now) -> bool {
        let is_known = |scope: &str, name: &str, sum: u64| fed.get(&SectionId::new(scope, name)) == Some(&sum);
        let Ok(Some(sections)) = self.reader.synced(is_known) else { return false };
        let mut present = BTreeMap::new();
        for section in sections {
            let id = SectionId::new(&section.scope, &section.name);
            if section.stays_here || self.kept.keeps(&id.scope, &id.name) {
                continue;
            }
            if fed.get(&id) != Some(&section.sum) {
                let (version, codec) = (section.version(), section.codec());
                let content = Content { version, codec, bytes: section.bytes.as_slice().into() };
                replicator.feed(&id, Some(content), now);
            }
            present.insert(id, section.sum);
        }
        let is_gone = |id: &SectionId| !present.contains_key(id) && self.reader.is_removed(&id.scope, &id.name);
        let gone: Vec<SectionId> = replicator.fed().filter(|id| is_gone(id)).cloned().collect();
        for id in gone {
            replicator.feed(&id, None, now);
        }
        *fed = present;
        true
    }
}

/// The status while the directory of this device cannot be read, or its key is not there.
fn why_not_opened(error: &io::Error) -> RoamStatus {
    match key_trouble(error) {
        Some(ErrorKind::KeyMissing(id) | ErrorKind::WrongKey(id)) => RoamStatus::KeyMissing(id),
        Some(_) => RoamStatus::NoKey,
        None => RoamStatus::Looking,
    }
}

fn obey(replicator: &mut Replicator, command: Command, now: Now) {
    match command {
        Command::Adopted(section, dot) => _ = replicator.adopt(&section, dot),
        Command::AdoptedRemoval(section) => _ = replicator.adopt_removal(&section),
        Command::Merged(section, dot) => replicator.also_replaces(&section, dot),
        Command::Dismissed(section, dot) => replicator.dismiss(&section, dot),
        Command::Touched(touch) => replicator.touched(touch, now),
        Command::Focus(has_focus) => replicator.focus(has_focus, now),
        Command::Hurry => replicator.hurry(),
        Command::Close => replicator.close(),
    }
}

fn view(replicator: &mut Replicator, fed: &BTreeMap<SectionId, u64>, done: u64, now: Now) -> View {
    let news = replicator.news();
    let fed = news.iter().filter_map(|(section, _)| Some((section.clone(), *fed.get(section)?))).collect();
    let sections: Vec<SectionId> = replicator.state().sections().cloned().collect();
    let mut offers = BTreeMap::new();
    for section in sections {
        let of_section = replicator.offers(&section);
        if !of_section.is_empty() {
            let label = |device| replicator.label(device).unwrap_or_default().to_owned();
            let named = of_section.into_iter().map(|(dot, value)| (dot, value.clone(), label(value.device))).collect();
            offers.insert(section, named);
        }
    }
    View {
        status: replicator.status(now),
        others: replicator.others(),
        news,
        fed,
        offers,
        done,
        is_sent: replicator.is_sent(),
    }
}
