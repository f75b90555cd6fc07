//! The simulation: devices with the real replicator, a store that fails in all known ways, and users who must find every
//! value that they were told is safe. In a second test, every second device is driven in [steps](crate::steps).
//!
//! 20 runs in the everyday tests; `LEFTOFF_ROAM_RUNS=1000 cargo test --release sim` for more. `LEFTOFF_ROAM_SEED` runs one
//! seed.

mod budget;
mod device;
mod rng;
mod stories;
mod truth;
mod used;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use leftoff_seal::{Key, KeyRing, Sealer};
use parking_lot::Mutex;

use self::device::{Backup, Device};
use self::rng::Rng;
use self::truth::{Id, Truth, id_of};
use self::world::{LATE, World};
use crate::join::{SectionId, State};
use crate::name::Person;
use crate::replicator::{Cadence, News, Rule, Settings};

/// A rule that is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Rule(Rule),
    /// Only synced values are published: a rule of those who feed the replicator.
    SyncedOnly,
}

impl Broken {
    fn rule(self) -> Option<Rule> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::SyncedOnly => None,
        }
    }
}

fn person_settings() -> Settings {
    let cadence = Cadence {
        // Steps are minutes apart, and a run lasts two weeks.
        publish_every: Duration::from_secs(120),
        fold_after: Duration::from_secs(3 * 24 * 3600),
        ..Cadence::default()
    };
    Settings {
        app: "sim".into(),
        person: "ana".into(),
        label: "device".into(),
        cadence,
        merges: (0..SECTIONS).map(|section| section.to_string().into()).collect(),
    }
}

const STEPS: usize = 600;
const MAX_DEVICES: usize = 7;
const SECTIONS: usize = 5;

/// What a run did, to see that it did enough.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    values: usize,
    required: usize,
    extra: usize,
    requests: u64,
}

fn run(seed: u64, broken: Option<Broken>) -> Result<Tally, String> {
    run_with(seed, broken, false)
}

fn run_with(seed: u64, broken: Option<Broken>, has_steps: bool) -> Result<Tally, String> {
    let mut rng = Rng::new(seed);
    let key = Key::from_bytes([7; 32]);
    let world = Arc::new(Mutex::new(World {
        now: 1_700_000_000_000,
        objects: BTreeMap::new(),
        truth: Truth::default(),
        is_healed: false,
        sealer: Sealer::new(KeyRing::new(key)),
        person: Person::new("sim", "ana"),
        requests: 0,
        has_steps,
    }));
    let mut devices: Vec<Device> = Vec::new();
    for number in 0..3 {
        devices.push(Device::new(&world, number, Rng::new(rng.next()), broken));
    }
    let mut backups: Vec<(usize, Backup)> = Vec::new();
    let mut tally = Tally::default();
    for step in 0..STEPS {
        world.lock().now += i64::try_from(rng.below(60) + 1).unwrap() * 60_000;
        let who = rng.below(devices.len());
        let section = SectionId::new("", &rng.below(SECTIONS).to_string());
        match rng.below(1000) {
            0..300 => {
                let is_removal = rng.percent(6) && devices[who].captured.contains_key(&section);
                devices[who].write(&section, is_removal);
                if rng.percent(80) {
                    devices[who].sync();
                }
            }
            300..330 => devices[who].sync(),
            330..700 => devices[who].step(rng.percent(20)),
            700..825 => devices[who].take_over(),
            825..850 => devices[who].merge(),
            850..865 => devices[who].dismiss(),
            865..895 => devices[who].kill(),
            895..910 => devices[who].cut_power(),
            910..940 => devices[who].light_fuse(),
            940..955 => {
                let is_cut_off = &devices[who].view.is_cut_off;
                let before = *is_cut_off.lock();
                *is_cut_off.lock() = !before;
            }
            955..965 => backups.push((who, devices[who].backup())),
            965..971 => {
                let own: Vec<&(usize, Backup)> = backups.iter().filter(|(of, _)| *of == who).collect();
                if !own.is_empty() {
                    let backup = rng.pick(&own).1.clone();
                    devices[who].restore(&backup);
                    world.lock().truth.vanished.retain(|_, by| *by != who);
                    forfeit(&world, &devices);
                }
            }
            971..977 if devices.len() < MAX_DEVICES => {
                let number = devices.len();
                let copy = devices[who].copied(number, Rng::new(rng.next()));
                devices.push(copy);
            }
            977..985 if devices.len() < MAX_DEVICES && step > 50 => {
                let number = devices.len();
                devices.push(Device::new(&world, number, Rng::new(rng.next()), broken));
            }
            992..996 => devices[who].remove_another(),
            985..992 => {
                let relied_on = devices[who].replicator.as_ref().map(crate::replicator::Replicator::relied_on);
                if let Some(name) = relied_on.filter(|names| !names.is_empty()).map(|names| *rng.pick(&names)) {
                    let mut world = world.lock();
                    let object = name.object(world.person);
                    world.vanish(&object, who);
                }
            }
            _ => {}
        }
        is_honest(&world, &devices).map_err(|why| format!("step {step}: {why}"))?;
    }
    heal(&world, &mut devices)?;
    check(&world, &devices, &mut tally)?;
    let world = world.lock();
    (tally.values, tally.requests) = (world.truth.count(), world.requests);
    Ok(tally)
}

/// After a restore, values that were only on that device are gone, and nobody can expect them. Those that the backup brought
/// back can be expected again.
fn forfeit(world: &Arc<Mutex<World>>, devices: &[Device]) {
    let reachable: BTreeSet<Id> = devices.iter().flat_map(Device::everything).collect();
    let truth = &mut world.lock().truth;
    truth.forfeited.retain(|id| !reachable.contains(id));
    loop {
        let is_gone = |id: &Id| !reachable.contains(id) && !truth.landed.contains_key(id);
        let gone: Vec<Id> = truth.required().filter(is_gone).collect();
        if gone.is_empty() {
            return;
        }
        // What these had replaced is expected again.
        truth.forfeited.extend(gone);
    }
}

/// A device that says it is up to date has everything that was in the store before its last listing, up to the time that
/// listings may be late.
fn is_honest(world: &Arc<Mutex<World>>, devices: &[Device]) -> Result<(), String> {
    let world = world.lock();
    for (number, device) in devices.iter().enumerate() {
        let Some(replicator) = &device.replicator else { continue };
        let Some(at) = replicator.up_to_date() else { continue };
        // The device's clock, unless the store told it the time.
        let at = if device.view.has_date { at.0 } else { at.0 - device.clock };
        let ids = device.ids_in(replicator.state());
        let missing = world.truth.required().find(|id| {
            let landed = world.truth.landed.get(id).is_some_and(|landed| *landed + LATE < at);
            landed && !ids.contains(id)
        });
        if let Some(id) = missing {
            return Err(format!(
                "device {number} says it is up to date and has no value {id}: {}",
                explain(&world, devices, id)
            ));
        }
    }
    Ok(())
}

impl Device {
    fn ids_in(&self, state: &State) -> BTreeSet<Id> {
        let own = self.captured.values().map(|(id, _)| *id);
        state
            .sections()
            .flat_map(|section| state.values(section))
            .filter_map(|(_, value)| id_of(value))
            .chain(own)
            .collect()
    }
}

/// Everything works again, all devices run, and users look at what arrives.
fn heal(world: &Arc<Mutex<World>>, devices: &mut [Device]) -> Result<(), String> {
    world.lock().is_healed = true;
    for device in devices.iter_mut() {
        *device.view.is_cut_off.lock() = false;
        device.clock = 0;
        device.sync();
    }
    // What the store lost is back without a change of the user.
    for _ in 0..5 {
        for device in devices.iter_mut() {
            world.lock().now += 10 * 60_000;
            device.step(true);
        }
    }
    let missing = |truth: &Truth| truth.vanished.keys().copied().find(|id| truth.is_required(*id));
    if let Some(id) = missing(&world.lock().truth) {
        return Err(format!("the store lost value {id} and never got it back"));
    }
    devices.iter_mut().for_each(Device::kill);
    for round in 0..40 {
        for device in devices.iter_mut() {
            if round == 2 {
                device.touch();
            }
            world.lock().now += 10 * 60_000;
            device.step(true);
            device.take_over();
        }
        let state = devices[0].replicator.as_ref().map(|replicator| replicator.state().clone());
        let is_equal = |device: &Device| {
            device.replicator.as_ref().is_some_and(|replicator| {
                replicator.up_to_date().is_some()
                    && state.as_ref().is_some_and(|state| replicator.state().has_same_values(state))
            })
        };
        if devices.iter().all(is_equal) {
            return Ok(());
        }
    }
    let tell = |device: &Device| {
        let replicator = device.replicator.as_ref();
        replicator.map(|replicator| (replicator.up_to_date(), device.ids(), format!("{replicator:?}")))
    };
    let told: Vec<_> = devices.iter().map(tell).collect();
    Err(format!("the devices did not become equal: {told:#?}"))
}

fn check(world: &Arc<Mutex<World>>, devices: &[Device], tally: &mut Tally) -> Result<(), String> {
    let world = world.lock();
    for (number, device) in devices.iter().enumerate() {
        let replicator = device.replicator.as_ref().unwrap();
        let state = replicator.state();
        let ids = device.ids();
        if let Some(lost) = world.truth.required().find(|id| !ids.contains(id)) {
            return Err(format!("value {lost} is lost on device {number}: {}", explain(&world, devices, lost)));
        }
        let news: BTreeMap<SectionId, News> = replicator.news().into_iter().collect();
        for section in state.sections() {
            let mut shown: BTreeSet<Id> =
                replicator.offers(section).iter().filter_map(|(_, value)| id_of(value)).collect();
            shown.extend(device.captured.get(section).map(|(id, _)| *id));
            if let Some(News::Newer(_, value)) = news.get(section) {
                shown.extend(id_of(value));
            }
            let held: BTreeSet<Id> = state.values(section).filter_map(|(_, value)| id_of(value)).collect();
            if let Some(hidden) = held.difference(&shown).next() {
                return Err(format!("value {hidden} is held on device {number} and not offered"));
            }
        }
    }
    let ids = devices[0].ids();
    tally.required = world.truth.required().count();
    tally.extra = ids.iter().filter(|id| !world.truth.is_required(**id)).count();
    Ok(())
}

/// Where a value is, and what each device knows of its writes.
fn explain(world: &World, devices: &[Device], id: Id) -> String {
    let mut dots = BTreeSet::new();
    for device in devices {
        let Some(replicator) = &device.replicator else { continue };
        let state = replicator.state();
        for section in state.sections() {
            dots.extend(state.values(section).filter(|(_, value)| id_of(value) == Some(id)).map(|(dot, _)| dot));
        }
    }
    let objects: Vec<(&String, bool)> = world
        .objects
        .iter()
        .filter_map(|(name, object)| {
            let body = world.body(name, &object.bytes)?;
            let found: Vec<_> = body.sections().flat_map(|section| body.values(section)).collect();
            let holds = found.iter().filter(|(_, value)| id_of(value) == Some(id));
            dots.extend(holds.clone().map(|(dot, _)| *dot));
            let is_base = body.seen().len() > 8;
            (holds.count() > 0).then_some((name, is_base))
        })
        .collect();
    let knows = |device: &Device| {
        let Some(replicator) = &device.replicator else { return "off".to_owned() };
        let state = replicator.state();
        let held: Vec<bool> = dots.iter().map(|dot| state.held().any(|held| held == *dot)).collect();
        let seen: Vec<bool> = dots.iter().map(|dot| state.seen().contains(*dot)).collect();
        format!("seen {seen:?} held {held:?}")
    };
    let devices: Vec<String> = devices.iter().map(knows).collect();
    format!(
        "story {}, landed {:?}, now {}, dots {dots:?}, objects {objects:?}, devices {devices:#?}",
        world.truth.story(id),
        world.truth.landed.get(&id),
        world.now
    )
}

fn seeds(default: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("LEFTOFF_ROAM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LEFTOFF_ROAM_RUNS").unwrap_or(default),
    }
}

#[test]
fn no_value_is_lost_and_every_conflict_is_offered() {
    all_runs(false);
}

#[test]
fn no_value_is_lost_beside_devices_in_steps() {
    all_runs(true);
}

fn all_runs(has_steps: bool) {
    let mut sum = Tally::default();
    let mut failed = Vec::new();
    let seeds = seeds(20);
    let runs = seeds.end - seeds.start;
    for seed in seeds {
        match run_with(seed, None, has_steps) {
            Ok(tally) => {
                sum.values += tally.values;
                sum.required += tally.required;
                sum.extra += tally.extra;
                sum.requests += tally.requests;
            }
            Err(why) => failed.push(format!("seed {seed}: {why}")),
        }
    }
    println!("{runs} runs: {sum:?}");
    assert!(failed.is_empty(), "{} runs failed: {failed:#?}", failed.len());
}

/// The number of seeds that are tried, at most, until a missing rule is noticed.
const PATIENCE: u64 = 200;

fn first_seed_that_notices(broken: Broken) -> Option<u64> {
    let noticed = (0..PATIENCE).find_map(|seed| run(seed, Some(broken)).err().map(|why| (seed, why)));
    let (seed, why) = noticed?;
    println!("{broken:?}: seed {seed}: {}", why.split(':').take(2).collect::<String>());
    Some(seed)
}

macro_rules! notices {
    ($($test:ident: $broken:expr,)*) => {$(
        #[test]
        fn $test() {
            assert!(first_seed_that_notices($broken).is_some(), "{PATIENCE} runs without the rule noticed nothing");
        }
    )*};
}

notices! {
    dropped_loser_is_noticed: Broken::Rule(Rule::KeepLoser),
    loser_moved_under_its_old_dot_is_noticed: Broken::Rule(Rule::LoserStaysInPlace),
    dot_without_nonce_is_noticed: Broken::Rule(Rule::Nonce),
    merge_that_replaces_before_it_is_saved_is_noticed: Broken::Rule(Rule::MergeOnSave),
    removal_of_a_device_that_was_not_joined_is_noticed: Broken::Rule(Rule::JoinBeforeRemoval),
    ignored_copy_is_noticed: Broken::Rule(Rule::NoticeCopy),
    published_unsynced_state_is_noticed: Broken::SyncedOnly,
    missing_chain_check_is_noticed: Broken::Rule(Rule::ChainCheck),
    deletion_without_grace_is_noticed: Broken::Rule(Rule::Grace),
    deletion_of_objects_of_a_twin_is_noticed: Broken::Rule(Rule::OwnObjectsOnly),
    deletion_before_the_new_base_is_noticed: Broken::Rule(Rule::BaseBeforeDeletion),
}
