//! What drives the replicator with a session: a [thread], or the [steps](crate::steps) of a program without threads.

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod thread;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use leftoff::StoredReader;
use leftoff_seal::{ErrorKind, Sealer};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) use thread::Thread;

use crate::RoamStatus;
use crate::clock::{Instant, wall};
use crate::join::{Content, Dot, SectionId};
use crate::replicator::{Now, Replicator, Settings, stamp};
use crate::shared::{Before, Command, Shared, View};
use crate::store::{Store, key_trouble};

/// What a replicator is opened and fed with.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: StoredReader,
    pub(crate) sealer: Sealer,
    pub(crate) settings: Settings,
    /// Sections that never leave the device, beside those that say so themselves.
    pub(crate) kept: Arc<BTreeSet<SectionId>>,
}

/// How long after the user's thread came by the log may still be syncing.
const SYNCING: Duration = Duration::from_secs(3);
/// How long the first sync of a session may take. After that, the log is looked at when the user's thread comes by.
const FIRST_SYNC: Duration = Duration::from_secs(30);
/// The time between looks at the log meanwhile.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// A replicator that runs.
#[derive(Debug)]
pub(crate) struct Running {
    driver: Box<Driver>,
    pub(crate) replicator: Replicator,
    fed: BTreeMap<SectionId, u64>,
    has_fed: bool,
    merging: Merging,
    begun: Instant,
    active_until: Duration,
}

/// What the user wants of a turn.
#[derive(Debug)]
pub(crate) enum Turn {
    /// A step of the replicator at this time, after the commands up to this number.
    Step(Now, u64),
    /// Everything is to be removed.
    ForgetAll,
    /// The handle is gone.
    End,
}

impl Driver {
    /// Opens the replicator. If that fails, the session works all the same, and it can be tried again.
    pub(crate) fn open(self: Box<Self>, local: &dyn Store) -> Result<Running, Box<Self>> {
        let begun = Instant::now();
        let random = Box::new(crate::random::number);
        let now = Now { wall: stamp(wall()), steady: Duration::ZERO };
        match Replicator::open(self.settings.clone(), self.sealer.clone(), local, random, now) {
            Ok(replicator) => Ok(Running {
                driver: self,
                replicator,
                fed: BTreeMap::new(),
                has_fed: false,
                merging: Merging::new(),
                begun,
                // Until the first answer, nothing is known of what the session holds.
                active_until: FIRST_SYNC,
            }),
            Err(error) => {
                self.shared.say(why_not_opened(&error));
                Err(self)
            }
        }
    }
}

impl Running {
    fn now(&self) -> Now {
        Now { wall: stamp(wall()), steady: self.begun.elapsed() }
    }

    /// Obeys the user, and tells the replicator what the session has synced.
    pub(crate) fn begin(&mut self) -> Turn {
        let Some((commands, number, is_active)) = self.driver.shared.take() else { return Turn::End };
        let now = self.now();
        let has_commands = !commands.is_empty();
        for command in commands {
            match command {
                Command::Merged(section, dots, before) => {
                    let before = match before {
                        Before::LastSynced => self.fed.get(&section).copied(),
                        Before::Sum(sum) => sum,
                    };
                    let merged = self.merging.entry(section).or_insert((before, Vec::new()));
                    merged.0 = before;
                    merged.1.extend(dots);
                }
                Command::NotMerged(section) => _ = self.merging.remove(&section),
                Command::ForgetAll => return Turn::ForgetAll,
                command => {
                    if let Some(section) = command.section() {
                        // Its value is looked at again, also if it is what it was before a take-over.
                        self.fed.remove(section);
                    }
                    obey(&mut self.replicator, command, now);
                }
            }
        }
        if is_active {
            self.active_until = self.active_until.max(now.steady + SYNCING);
        }
        if has_commands || now.steady < self.active_until {
            self.has_fed |= self.feed(now);
            if self.has_fed && self.active_until == FIRST_SYNC {
                self.active_until = now.steady + SYNCING;
            }
        }
        Turn::Step(now, number)
    }

    /// Shows the user what came of the step; returns how long the next turn may wait, unless the user comes by.
    pub(crate) fn end(&mut self, number: u64, wait: Duration) -> Duration {
        let now = self.now();
        let mut view = view(&mut self.replicator, &self.fed, number, now);
        if !self.has_fed {
            view.news.clear();
        }
        self.driver.shared.show(view);
        if now.steady < self.active_until { wait.min(LOOK) } else { wait }
    }

    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Tells the replicator what the session has synced; returns whether all of it is synced.
    ///
    /// The values of a merge are replaced by the first value that differs from the one it was made from. As all of the log is
    /// synced here, that value is newer than the merge.
    fn feed(&mut self, now: Now) -> bool {
        let Self { driver, replicator, fed, merging, .. } = self;
        let is_known = |scope: &str, name: &str, sum: u64| {
            let id = SectionId::new(scope, name);
            fed.get(&id) == Some(&sum) && !merging.contains_key(&id)
        };
        let Ok(Some(sections)) = driver.reader.synced(is_known) else { return false };
        let mut present = BTreeMap::new();
        for section in sections {
            let id = SectionId::new(&section.scope, &section.name);
            if section.stays_here || driver.kept.contains(&id) {
                continue;
            }
            let also = take_merged(merging, &id, Some(section.sum));
            if fed.get(&id) != Some(&section.sum) || !also.is_empty() {
                let (version, codec) = (section.version(), section.codec());
                let (bytes, needs_seal) = (section.bytes.as_slice().into(), section.needs_seal);
                let content = Content { version, codec, bytes, needs_seal };
                replicator.feed(&id, Some(content), &also, now);
            }
            present.insert(id, section.sum);
        }
        let is_gone = |id: &SectionId| !present.contains_key(id) && driver.reader.is_removed(&id.scope, &id.name);
        let gone: Vec<SectionId> = replicator.fed().filter(|id| is_gone(id)).cloned().collect();
        for id in gone {
            let also = take_merged(merging, &id, None);
            replicator.feed(&id, None, &also, now);
        }
        *fed = present;
        true
    }
}

/// What the user merged and has not saved: the checksum of the value before, and the writes that the next one replaces.
type Merging = BTreeMap<SectionId, (Option<u64>, Vec<Dot>)>;

fn take_merged(merging: &mut Merging, id: &SectionId, sum: Option<u64>) -> Vec<Dot> {
    match merging.get(id) {
        Some((before, _)) if *before != sum => merging.remove(id).map(|(_, dots)| dots).unwrap_or_default(),
        _ => Vec::new(),
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
        // See `Running::begin`.
        Command::Merged(..) | Command::NotMerged(_) | Command::ForgetAll => {}
        Command::RemoveDevice(device) => replicator.remove_device(device),
        Command::Forget(section) => replicator.forget(&section, now),
        Command::Dismissed(section, dot) => replicator.dismiss(&section, dot, now),
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
    let (mut offers, mut bases) = (BTreeMap::new(), BTreeMap::new());
    for section in sections {
        let of_section = replicator.offers(&section);
        if !of_section.is_empty() {
            let label = |device| replicator.label(device).unwrap_or_default().to_owned();
            let named = of_section.into_iter().map(|(dot, value)| (dot, value.clone(), label(value.device))).collect();
            bases.extend(replicator.base(&section).map(|base| (section.clone(), base)));
            offers.insert(section, named);
        }
    }
    View {
        status: replicator.status(now),
        others: replicator.others(),
        news,
        fed,
        offers,
        bases,
        done,
        is_sent: replicator.is_sent(),
        version: 0,
        is_forgotten: false,
    }
}
