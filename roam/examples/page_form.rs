//! A desk whose form a page of a browser continues: it stores the form as the npm package does, and the two share a key by
//! a code and a passphrase.
//!
//! ```sh
//! cargo run --features passphrase --example page_form -- /tmp/desk desk /tmp/shared "correct horse"
//! ```
//!
//! Prints the code, then answers commands: `save PATH LABEL JSON` stores the form and sends it, `take` waits for something
//! newer and takes it over, `others` says what is known of the other devices, `quit`. `web/tests/roam.test.mjs` uses it.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

use std::error::Error;
use std::io::BufRead;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use leftoff::{AppId, Mark, Section, Session};
use leftoff_roam::set_up::set_up;
use leftoff_roam::store::FolderStore;
use leftoff_roam::{Cadence, KeyRing, Roam, Roaming};
use leftoff_seal::Cost;

const APP: &str = "com.example.travel";
/// As the npm package stores a form: the text of `{ "values": { PATH: VALUE } }`.
const FORM: Section<String> = Section::new("form", 1);
const WITHIN: Duration = Duration::from_secs(30);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, device, shared, passphrase] = arguments.as_slice() else {
        return Err("usage: page_form HOME DEVICE SHARED PASSPHRASE".into());
    };
    let store = FolderStore::new(shared);
    let (key, invitation) = set_up(&store, APP, "ana", shared, passphrase, Cost::default())?;
    println!("{}", invitation.to_code());
    let mut session = Session::builder(AppId::new(APP)).dir(home).open();
    let mut cadence = Cadence::default();
    cadence.list_every = Duration::from_secs(1);
    let roam = Roam::new(APP, "ana", store, KeyRing::new(key)).device_name(device).cadence(cadence);
    let mut roaming = roam.start(&session)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("save"), Some(path), Some(label), Some(json)) => {
                session.mark(Mark::new(path).label(label));
                session.autosave(|capture| capture.set(FORM, &json.to_owned()))?;
                println!("{}", if roaming.publish(&mut session, WITHIN)? { "sent" } else { "not sent" });
            }
            (Some("take"), ..) => println!("{}", take(&mut session, &mut roaming)?),
            (Some("others"), ..) => {
                let words: Vec<String> = roaming.others().iter().map(|other| other.words(SystemTime::now())).collect();
                println!("{}", words.join(" "));
            }
            (Some("quit"), ..) => break,
            _ => println!("?"),
        }
    }
    roaming.close(&mut session, Duration::from_secs(2))?;
    session.close()?;
    Ok(())
}

/// Waits for something newer, takes it over, and returns the form.
fn take(session: &mut Session, roaming: &mut Roaming) -> Result<String, leftoff::Error> {
    let until = Instant::now() + WITHIN;
    while Instant::now() < until {
        let arrived = roaming.arrived(session)?;
        if matches!(arrived, Some(leftoff_roam::Arrival::TakenOver(_))) || roaming.take_over(session)? {
            return Ok(session.get_or_default(FORM));
        }
        sleep(Duration::from_millis(50));
    }
    Ok("nothing came".to_owned())
}
