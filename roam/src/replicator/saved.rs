//! What a replicator keeps on this device, beside the log: enough to go on after a kill, and nothing that the store could
//! not give back.
//!
//! One object, `meta`, is the commit: it contains everything except the values of sections that did not change. Those
//! are in objects of their own, one for each section, which are written after the `meta` that contains the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::{Deserialize, Serialize};

use crate::join::{Content, DeviceId, Dot, DotSet, Lane, SectionId, Stamp, State, Value};
use crate::name::{Hash, Name};
use crate::publication::{About, Removed};
use crate::store::Store;

/// Everything that outlives a launch.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    pub(crate) device: DeviceId,
    pub(crate) state: State,
    pub(crate) rest: Rest,
    /// Whether the id is stored in an object of its own.
    has_device: bool,
}

/// Everything but the state and the id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// For each section, the values that the session's own value came from.
    pub(crate) shown: BTreeMap<SectionId, Shown>,
    /// The publications of this device that may be in the store, oldest first: the own log.
    pub(crate) log: Vec<Logged>,
    /// Publications of others that are part of the state.
    pub(crate) known: BTreeSet<Name>,
    pub(crate) devices: BTreeMap<DeviceId, Device>,
    /// The bases that were read back, and when, the newest last: from the newest one whose grace has passed.
    pub(crate) confirmed: Vec<(Name, Stamp)>,
    /// Whether the marker object was seen.
    pub(crate) has_marker: bool,
    /// Whether an object was opened with a key of this device.
    pub(crate) has_opened: bool,
    /// Writes that all devices had seen replaced at this time.
    pub(crate) settled: Option<(Stamp, DotSet)>,
    /// Values that the user dismissed and that are not published as such.
    pub(crate) dismissed: Vec<(SectionId, Dot)>,
    /// The last replaced values of sections with a merge function, the newest last.
    #[serde(default)]
    pub(crate) ancestors: BTreeMap<SectionId, Vec<(Dot, Content)>>,
    /// Devices that the next base removes.
    #[serde(default)]
    pub(crate) removing: BTreeSet<DeviceId>,
    /// The last base that removed a device, and the objects of removed devices that wait until it is old enough.
    #[serde(default)]
    pub(crate) removable: Option<(Name, BTreeSet<Name>)>,
    /// Devices that were removed, here or elsewhere.
    #[serde(default)]
    pub(crate) removed: Removed,
    /// Sections that were forgotten everywhere, and when.
    #[serde(default)]
    pub(crate) forgotten: BTreeMap<SectionId, Stamp>,
    /// Whether what the newest base replaces is removed without the grace: it contains a forgotten section.
    #[serde(default)]
    pub(crate) is_hasty: bool,
    /// The key under which the newest base was sealed.
    #[serde(default)]
    pub(crate) base_key: Option<[u8; 16]>,
}

/// What the session holds of a section.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// The dots that the next write of the section replaces.
    pub(crate) dots: Vec<Dot>,
    /// The checksum of the value; `None` if the section is absent.
    pub(crate) sum: Option<Hash>,
    /// The writes before those of `dots`, the newest first.
    #[serde(default)]
    pub(crate) from: Vec<Dot>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logged {
    pub(crate) name: Name,
    pub(crate) is_base: bool,
    pub(crate) len: u64,
}

/// Another device, as far as its publications tell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Device {
    pub(crate) about: About,
    /// The newest publication of it.
    pub(crate) newest: Option<Name>,
    /// When its newest base was made, and the writes that were replaced in it.
    pub(crate) settled: Option<(Stamp, DotSet)>,
    /// The lanes of it.
    #[serde(default)]
    pub(crate) lanes: BTreeSet<Lane>,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    version: u32,
    device: DeviceId,
    rest: Rest,
    seen: DotSet,
    /// What must be found in the objects of the sections.
    held: BTreeMap<SectionId, Vec<Dot>>,
    /// The sections that changed since their object was written.
    inline: BTreeMap<SectionId, BTreeMap<Dot, Value>>,
}

const VERSION: u32 = 1;
const META: &str = "meta";
const DEVICE: &str = "device";
const SECTIONS: &str = "section/";

impl Saved {
    /// Reads what the last launch kept, and the sections whose objects it had not written. If it is damaged or incomplete,
    /// only the id of the device is kept: the store has the rest, and the session its own values. The own log is dropped,
    /// too, so that the publications of this device are read like those of others.
    ///
    /// # Errors
    /// If the directory cannot be read.
    pub(crate) fn load(local: &dyn Store, new_device: DeviceId) -> io::Result<(Self, BTreeSet<SectionId>)> {
        let fresh = |device| Self { device, state: State::default(), rest: Rest::default(), has_device: false };
        let meta = match local.get(META) {
            Ok(bytes) => rmp_serde::from_slice::<Meta>(&bytes).ok().filter(|meta| meta.version == VERSION),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(Meta { device, rest, seen, held, inline, .. }) = meta else {
            return Ok((fresh(known_device(local, new_device)?), BTreeSet::new()));
        };
        let mut sections = BTreeMap::new();
        for (section, dots) in held {
            let values = match inline.get(&section) {
                Some(values) => values.clone(),
                None => match local.get(&object(&section)) {
                    Ok(bytes) => rmp_serde::from_slice(&bytes).unwrap_or_default(),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
                    Err(error) => return Err(error),
                },
            };
            // A state that has seen a write and does not hold it says that it was replaced. So a value that is missing
            // here must not be taken for one that was removed.
            if !values.keys().eq(&dots) {
                let rest = Rest { has_marker: rest.has_marker, ..Rest::default() };
                return Ok((Self { rest, ..fresh(device) }, BTreeSet::new()));
            }
            sections.insert(section, values);
        }
        let unwritten = inline.into_keys().collect();
        let has_device = matches!(local.get(DEVICE), Ok(bytes) if rmp_serde::from_slice(&bytes).is_ok_and(|known: DeviceId| known == device));
        Ok((Self { device, state: State::from_parts(sections, seen), rest, has_device }, unwritten))
    }

    /// Stores everything; `unwritten` are the sections that changed since their object was written.
    ///
    /// If the process dies inside, the next launch finds either what was stored before or all of this.
    ///
    /// # Errors
    /// If the directory cannot be written. Sections that could not be written stay in `unwritten`.
    pub(crate) fn store(&mut self, local: &dyn Store, unwritten: &mut BTreeSet<SectionId>) -> io::Result<()> {
        let inline = unwritten.iter().map(|section| (section.clone(), self.state.part(section))).collect();
        let held = self
            .state
            .sections()
            .map(|section| (section.clone(), self.state.values(section).map(|(dot, _)| dot).collect()));
        let meta = Meta {
            version: VERSION,
            device: self.device,
            rest: self.rest.clone(),
            seen: self.state.seen().clone(),
            held: held.collect(),
            inline,
        };
        if !self.has_device {
            // If the process dies before `meta` is there, the next launch takes this id, which nobody has seen.
            local.put(DEVICE, &encode(&self.device)?)?;
            self.has_device = true;
        }
        local.put(META, &encode(&meta)?)?;
        while let Some(section) = unwritten.first().cloned() {
            let values = self.state.part(&section);
            if values.is_empty() {
                local.delete(&object(&section))?;
            } else {
                local.put(&object(&section), &encode(&values)?)?;
            }
            unwritten.remove(&section);
        }
        Ok(())
    }
}

/// The id of the device outlives a damaged `meta`, so that the device does not list its former self as another one.
fn known_device(local: &dyn Store, new: DeviceId) -> io::Result<DeviceId> {
    let known = match local.get(DEVICE) {
        Ok(bytes) => rmp_serde::from_slice(&bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(known.unwrap_or(new))
}

fn encode(value: &impl Serialize) -> io::Result<Vec<u8>> {
    rmp_serde::to_vec(value).map_err(|_| io::Error::other("could not encode the state of roaming"))
}

fn object(section: &SectionId) -> String {
    format!("{SECTIONS}{}", Hash::of(format!("{}\0{}", section.scope, section.name).as_bytes()))
}
