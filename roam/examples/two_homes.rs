//! A form of two fields that follows its user: two homes on one machine stand for two devices.
//!
//! ```sh
//! cargo run --example two_homes -- /tmp/desk desk /tmp/shared
//! cargo run --example two_homes -- /tmp/laptop laptop /tmp/shared     # in another terminal
//! ```
//!
//! Commands: `name ANA`, `town ROME`, `take` what is newer elsewhere, `undo` that, `offers`, `mine` to let the offers go,
//! `theirs` to take the first of them, `quit`, and an empty line to look.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;
use std::io::BufRead;
use std::time::{Duration, SystemTime};

use leftoff::{AppId, Section, Session};
use leftoff_roam::store::FolderStore;
use leftoff_roam::{Arrival, Cadence, Key, KeyRing, Roam, Roaming};

const NAME: Section<String> = Section::new("name", 1);
const TOWN: Section<String> = Section::new("town", 1);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, device, shared] = arguments.as_slice() else {
        return Err("usage: two_homes HOME DEVICE SHARED".into());
    };
    let mut session = Session::builder(AppId::new("com.example.two-homes")).dir(home).open();
    // A real program gets its key from the key store of the system. This one is for two homes of one user.
    let keys = KeyRing::new(Key::from_bytes(*b"an example key is not a secret!!"));
    let mut cadence = Cadence::default();
    cadence.list_every = Duration::from_secs(2);
    let roam = Roam::new("com.example.two-homes", "ana", FolderStore::new(shared), keys);
    let mut roaming = roam.device_name(device).cadence(cadence).start(&session)?;
    println!("{}", look(&mut session, &mut roaming)?);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match command {
            "name" => save(&mut session, NAME, "form/name", rest)?,
            "town" => save(&mut session, TOWN, "form/town", rest)?,
            "take" => drop(roaming.take_over(&mut session)?),
            "undo" => drop(roaming.undo(&mut session)?),
            "mine" => settle(&mut session, &mut roaming, false)?,
            "theirs" => settle(&mut session, &mut roaming, true)?,
            "quit" => break,
            _ => {}
        }
        println!("{}", look(&mut session, &mut roaming)?);
    }
    let is_sent = roaming.close(&mut session, Duration::from_secs(2))?;
    println!("{}", if is_sent { "Everything is with your other devices." } else { "The next start sends the rest." });
    session.close()?;
    Ok(())
}

fn save(session: &mut Session, section: Section<String>, path: &str, value: &str) -> Result<(), leftoff::Error> {
    session.mark(path);
    session.autosave(|capture| capture.set(section, &value.to_owned())).map(drop)
}

fn settle(session: &mut Session, roaming: &mut Roaming, takes: bool) -> Result<(), leftoff::Error> {
    for section in [|| NAME, || TOWN] {
        let mut offers = roaming.offers(section())?;
        if takes && !offers.is_empty() {
            roaming.take(session, offers.remove(0))?;
        }
        for offer in offers {
            roaming.dismiss(offer);
        }
    }
    Ok(())
}

fn look(session: &mut Session, roaming: &mut Roaming) -> Result<String, leftoff::Error> {
    let now = SystemTime::now();
    let mut lines: Vec<String> = roaming.arrived(session)?.iter().map(Arrival::words).collect();
    lines.push(format!("name: {}, town: {}", session.get_or_default(NAME), session.get_or_default(TOWN)));
    lines.extend(roaming.offers(NAME)?.iter().map(|offer| format!("{} {}", offer.words("Name"), offer.value)));
    lines.extend(roaming.offers(TOWN)?.iter().map(|offer| format!("{} {}", offer.words("Town"), offer.value)));
    lines.extend(roaming.others().iter().map(|other| other.words(now)));
    lines.extend(roaming.status().words(now, |_| None));
    Ok(lines.join("\n"))
}
