//! The user's other devices: what follows the user, and what stays on this one.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::{Context, Ui};
use leftoff_roam::set_up::{self, Cost, Invitation};
use leftoff_roam::store::{FolderStore, Store};
use leftoff_roam::{Devices, Key, KeyFile, Roam};

use crate::app::{APP_ID, App};
use crate::memo::MEMO;
use crate::next::{DRAFTS_2, Drafts2, VIEW_2, Version};
use crate::panel::Tab;
use crate::place::WINDOW;
use crate::state::{DRAFTS, Draft, Drafts, LEDGER, Ledger, VIEW};

/// Where the devices meet, as the command line says it.
#[derive(Debug, Clone, Default)]
pub struct Meeting {
    /// A directory, or `s3://BUCKET`. Of a device that joins, the code has it.
    pub place: String,
    /// What the user calls this device.
    pub device: String,
    /// The file of the key.
    pub key: Option<PathBuf>,
    pub way: Way,
}

/// How this device comes to the key. `Debug` prints no code and no passphrase.
#[derive(Clone, Default)]
pub enum Way {
    /// The file has it, or will have it.
    #[default]
    File,
    /// This device is the first one, and makes it.
    New,
    /// The same, with a code and this passphrase for the other devices.
    SetUp(String),
    /// The code of the first device, and the passphrase.
    Join(String, String),
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "File",
            Self::New => "New",
            Self::SetUp(_) => "SetUp",
            Self::Join(..) => "Join",
        })
    }
}

/// Whose state it is. One person uses the desk.
const PERSON: &str = "approver";

impl Meeting {
    /// Returns the code for the other devices, too, if this one sets them up.
    ///
    /// # Errors
    /// The key cannot be read, made or fetched, or the address of the bucket is malformed.
    pub fn roam(&self) -> io::Result<(Roam, Option<Invitation>)> {
        let missing = || io::Error::new(io::ErrorKind::InvalidInput, "--roam needs --key FILE or --new-key FILE");
        let path = self.key.as_ref().ok_or_else(missing)?;
        let in_file = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        // Before a key is made or fetched for it.
        if path.exists() && !matches!(self.way, Way::File) {
            return Err(in_file(io::ErrorKind::AlreadyExists.into()));
        }
        let (key, code) = self.key()?;
        let keys = match key {
            Some(key) => KeyFile::keep(path, key),
            None => KeyFile::open(path),
        };
        let place = code.as_ref().map_or(&self.place, |code| &code.place);
        let (store, code) = (self.store(place)?, code.filter(|_| matches!(self.way, Way::SetUp(_))));
        let keys = keys.map_err(|error| match &code {
            None => in_file(error),
            // The place has the key already, and the code is the only way to it.
            Some(code) => {
                let (kind, file, code) = (error.kind(), path.display(), code.to_code());
                io::Error::new(kind, format!("{file}: {error}; choose another --key, with --join {code}"))
            }
        })?;
        Ok((Roam::new(APP_ID.as_str(), PERSON, store, keys).device_name(&self.device), code))
    }

    /// Returns the key that is not in the file yet, and the code that belongs to it.
    fn key(&self) -> io::Result<(Option<Key>, Option<Invitation>)> {
        match &self.way {
            Way::File => Ok((None, None)),
            Way::New => Ok((Some(Key::random().map_err(io::Error::other)?), None)),
            Way::SetUp(passphrase) => {
                let store = self.store(&self.place)?;
                let made = set_up::set_up(&*store, APP_ID.as_str(), PERSON, &self.place, passphrase, Cost::default());
                let (key, code) = made.map_err(io::Error::other)?;
                Ok((Some(key), Some(code)))
            }
            Way::Join(code, passphrase) => {
                let not_one = || io::Error::new(io::ErrorKind::InvalidInput, "this is no code, or one with a mistake");
                let code = Invitation::from_code(code).ok_or_else(not_one)?;
                let key = set_up::join(&*self.store(&code.place)?, &code, passphrase).map_err(io::Error::other)?;
                Ok((Some(key), Some(code)))
            }
        }
    }

    fn store(&self, place: &str) -> io::Result<Box<dyn Store>> {
        match place.strip_prefix("s3://") {
            Some(bucket) => s3(bucket),
            // The first device sets up the place; every other one waits for it.
            None if matches!(self.way, Way::New | Way::SetUp(_)) => Ok(Box::new(FolderStore::new(place))),
            None => Ok(Box::new(FolderStore::existing(place))),
        }
    }
}

/// The environment has the rest, as for other programs that use buckets.
#[cfg(feature = "s3")]
fn s3(bucket: &str) -> io::Result<Box<dyn Store>> {
    use leftoff_roam_s3::{Addressing, Credentials, S3Store};

    let set = |name: &str| {
        let missing = || io::Error::new(io::ErrorKind::InvalidInput, format!("{name} is not set"));
        std::env::var(name).map_err(|_| missing())
    };
    let region = set("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned());
    let credentials = Credentials::new(set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
    let (endpoint, addressing) = match set("AWS_ENDPOINT_URL") {
        Ok(endpoint) => (endpoint, Addressing::Path),
        Err(_) => (format!("https://s3.{region}.amazonaws.com"), Addressing::Host),
    };
    Ok(Box::new(S3Store::new(&endpoint, region, bucket, addressing, credentials)?))
}

#[cfg(not(feature = "s3"))]
fn s3(_: &str) -> io::Result<Box<dyn Store>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "built without the feature `s3`"))
}

impl App {
    /// Lets the requests follow the user. The window and the memo stay: they are of this screen, and of a file here.
    ///
    /// # Errors
    /// As for [`Roam::start`].
    pub fn with_devices(mut self, roam: Roam) -> io::Result<Self> {
        let roaming = roam.keep_here(WINDOW).keep_here(MEMO).start(&self.session)?;
        let devices = Devices::new(roaming).section(LEDGER, "what was sent and deleted", settled);
        self.devices = Some(match self.desk.version {
            Version::One => devices.section(DRAFTS, "the drafts", drafts).quiet(VIEW),
            Version::Two => devices.section(DRAFTS_2, "the drafts", drafts_2).quiet(VIEW_2),
        });
        Ok(self)
    }

    /// Sends what is saved, and waits for it for at most this time. Returns whether it was sent.
    pub fn send_to_devices(&mut self, within: Duration) -> bool {
        let Some(devices) = &mut self.devices else { return false };
        // If not, the status line says so.
        devices.roaming_mut().publish(&mut self.session, within).unwrap_or_default()
    }

    /// Takes in what has come, before anything is drawn.
    pub(crate) fn look_at_devices(&mut self, ctx: &Context) {
        let Some(devices) = &mut self.devices else { return };
        if devices.update(&mut self.session) {
            self.came_from_elsewhere(ctx);
        }
    }

    /// Draws the card of the other devices. Returns whether there is one.
    pub(crate) fn devices_card(&mut self, ui: &mut Ui) -> bool {
        let Some(devices) = &mut self.devices else { return false };
        let is_shown = devices.notice().is_some();
        let has_changed = self.arrow.devices_card(ui, devices, &mut self.session);
        if devices.wants_list() {
            self.desk.view.tab = Tab::Devices;
        }
        if has_changed {
            self.came_from_elsewhere(ui.ctx());
        }
        is_shown
    }

    pub(crate) fn devices_list(&mut self, ui: &mut Ui) {
        let Some(devices) = &mut self.devices else { return };
        if self.arrow.devices_list(ui, devices, &mut self.session) {
            let tab = self.desk.view.tab;
            self.came_from_elsewhere(ui.ctx());
            self.desk.view.tab = tab;
        }
    }

    fn came_from_elsewhere(&mut self, ctx: &Context) {
        self.read_again();
        self.set_theme(ctx);
        self.resume = true;
    }
}

fn drafts_2(mine: &Drafts2, theirs: &Drafts2) -> Vec<String> {
    let old = |drafts: &Drafts2| drafts.iter().map(|(id, draft)| (id.clone(), draft.clone().into())).collect();
    drafts(&old(mine), &old(theirs))
}

fn drafts(mine: &Drafts, theirs: &Drafts) -> Vec<String> {
    let mut ids: Vec<&String> = mine.keys().chain(theirs.keys()).collect();
    ids.sort();
    ids.dedup();
    let lines = ids.into_iter().flat_map(|id| match (mine.get(id), theirs.get(id)) {
        (Some(mine), Some(theirs)) => of_draft(id, mine, theirs),
        (None, Some(_)) => vec![format!("{id}: a draft (here none)")],
        _ => vec![format!("{id}: no draft (here one)")],
    });
    lines.collect()
}

fn of_draft(id: &str, mine: &Draft, theirs: &Draft) -> Vec<String> {
    let budget = |draft: &Draft| if draft.budget_checked { "checked" } else { "not checked" };
    let fields = [
        ("Amount", &*mine.amount, &*theirs.amount),
        ("Cost centre", &mine.cost_center, &theirs.cost_center),
        ("Decision", mine.decision.name(), theirs.decision.name()),
        ("Budget", budget(mine), budget(theirs)),
        ("Message", &mine.message, &theirs.message),
        ("Notes", &mine.notes, &theirs.notes),
    ];
    let differ = fields.into_iter().filter(|(_, mine, theirs)| mine != theirs);
    differ.map(|(label, mine, theirs)| format!("{id}, {label}: {} (here {})", shown(theirs), shown(mine))).collect()
}

/// Returns a text in one short line.
fn shown(text: &str) -> String {
    const LONG: usize = 40;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        "empty".to_owned()
    } else if line.chars().count() > LONG {
        // The difference is often at the end, where the user types.
        format!("…{}", line.chars().skip(line.chars().count() - LONG).collect::<String>())
    } else {
        line
    }
}

fn settled(mine: &Ledger, theirs: &Ledger) -> Vec<String> {
    let word = |ledger: &Ledger, id: &String| match (ledger.sent.contains_key(id), ledger.deleted.contains(id)) {
        (_, true) => "deleted",
        (true, _) => "sent",
        _ => "open",
    };
    let all = [mine, theirs].into_iter().flat_map(|ledger| ledger.sent.keys().chain(&ledger.deleted));
    let ids: std::collections::BTreeSet<&String> = all.collect();
    let differ = ids.into_iter().filter(|id| word(mine, id) != word(theirs, id));
    differ.map(|id| format!("{id}: {} (here {})", word(theirs, id), word(mine, id))).collect()
}
