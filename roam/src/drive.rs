//! The thread that drives the replicator in a program.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use leftoff::StoredReader;
use leftoff_seal::{ErrorKind, Sealer};

use crate::join::{Content, Dot, SectionId};
use crate::lock::Lock;
use crate::replicator::{Io, Now, Replicator, Settings, stamp};
use crate::shared::{Before, Command, Shared, View};
use crate::store::{Store, key_trouble};
use crate::{OfflineCause, RoamStatus};

/// Everything that the thread owns.
pub(crate) struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: StoredReader,
    pub(crate) store: Box<dyn Store>,
    pub(crate) local: Box<dyn Store>,
    /// The directory of `local`, which is locked.
    pub(crate) dir: PathBuf,
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
const LOOK: Duration = Duration::from_secs(1);

impl Driver {
    /// Runs until the handle is closed or dropped.
    pub(crate) fn run(self) {
        let Some(_lock) = self.wait_for_lock() else { return };
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
        let mut merging = Merging::new();
        // Until the first answer, nothing is known of what the session holds.
        let mut active_until = FIRST_SYNC;
        while let Some((commands, number, is_active)) = self.shared.take() {
            let has_commands = !commands.is_empty();
            for command in commands {
                match command {
                    Command::Merged(section, dots, before) => {
                        let before = match before {
                            Before::LastSynced => fed.get(&section).copied(),
                            Before::Sum(sum) => sum,
                        };
                        let merged = merging.entry(section).or_insert((before, Vec::new()));
                        merged.0 = before;
                        merged.1.extend(dots);
                    }
                    Command::NotMerged(section) => _ = merging.remove(&section),
                    Command::ForgetAll => return self.forget_all(&replicator),
                    command => {
                        if let Some(section) = command.section() {
                            // Its value is looked at again, also if it is what it was before a take-over.
                            fed.remove(section);
                        }
                        obey(&mut replicator, command, now());
                    }
                }
            }
            if is_active {
                active_until = active_until.max(begun.elapsed() + SYNCING);
            }
            if has_commands || begun.elapsed() < active_until {
                has_fed |= self.feed(&mut replicator, &mut fed, &mut merging, now());
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

    /// Takes the lock of the directory; `None` if the handle goes before.
    fn wait_for_lock(&self) -> Option<Lock> {
        loop {
            match Lock::take(&self.dir) {
                Ok(lock) => return Some(lock),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.shared.say(RoamStatus::InUse),
                Err(error) => {
                    let (since, cause) = (SystemTime::now(), OfflineCause::Device(error.kind()));
                    self.shared.say(RoamStatus::Offline { since, cause });
                }
            }
            self.shared.sleep_at_most(LOOK);
            if self.shared.is_stopped() {
                return None;
            }
        }
    }

    /// Removes everything of this person from the store, and everything that this device keeps of the others, until both are
    /// empty or the handle is gone.
    fn forget_all(&self, replicator: &Replicator) {
        let remove = |store: &dyn Store, prefix: &str| -> io::Result<bool> {
            let names = store.list(prefix)?;
            names.iter().try_for_each(|name| store.delete(name))?;
            Ok(store.list(prefix)?.is_empty())
        };
        loop {
            // What this device keeps goes last: with it, the next launch sees that the store was cleared.
            let is_empty = remove(&*self.store, &replicator.prefix())
                .and_then(|is_empty| Ok(is_empty && remove(&*self.local, "")?));
            if matches!(is_empty, Ok(true)) {
                return self.shared.say_forgotten();
            }
            self.shared.sleep(self.settings.cadence.retry, LOOK);
            if self.shared.take().is_none() {
                return;
            }
        }
    }

    /// Tells the replicator what the session has synced; returns whether all of it is synced.
    ///
    /// The values of a merge are replaced by the first value that differs from the one it was made from. As all of the log is
    /// synced here, that value is newer than the merge.
    fn feed(
        &self,
        replicator: &mut Replicator,
        fed: &mut BTreeMap<SectionId, u64>,
        merging: &mut Merging,
        now: Now,
    ) -> bool {
        let is_known = |scope: &str, name: &str, sum: u64| {
            let id = SectionId::new(scope, name);
            fed.get(&id) == Some(&sum) && !merging.contains_key(&id)
        };
        let Ok(Some(sections)) = self.reader.synced(is_known) else { return false };
        let mut present = BTreeMap::new();
        for section in sections {
            let id = SectionId::new(&section.scope, &section.name);
            if section.stays_here || self.kept.contains(&id) {
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
        let is_gone = |id: &SectionId| !present.contains_key(id) && self.reader.is_removed(&id.scope, &id.name);
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
        // See `Driver::run`.
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
