//! What roaming costs at a store with list prices, for one person and for a million: a model, with its assumptions as
//! constants. `cargo test --lib budget` counts the requests of the real replicator over a month that is scripted alike.
//!
//! ```sh
//! cargo run --example cost
//! ```
#![allow(clippy::print_stdout, reason = "a program for a terminal")]
#![allow(clippy::cast_precision_loss, clippy::suboptimal_flops, reason = "a model, not a bill")]

use std::time::Duration;

use leftoff_roam::Cadence;

/// List prices of S3 in its cheapest region, in dollars: 1,000 puts or listings, 1,000 gets, a month of a gigabyte, a gigabyte
/// of traffic out.
const PUT_OR_LIST: f64 = 0.005 / 1000.0;
const GET: f64 = 0.0004 / 1000.0;
const STORAGE: f64 = 0.023;
const TRAFFIC: f64 = 0.09;

/// Days of work a month.
const DAYS: f64 = 22.0;
/// Sessions a day, and hours in each.
const SESSIONS: f64 = 2.0;
const HOURS: f64 = 2.0;
/// The share of a session in which the user changes something. The rest is reading.
const ACTIVE: f64 = 0.5;
/// Unbroken stretches of change in a session.
const BURSTS: f64 = 12.0;
/// How often a day the window loses the focus; each time publishes and, when it comes back, lists.
const FOCUS_LOST: f64 = 10.0;
/// Other devices of the person.
const OTHERS: f64 = 2.0;
/// Objects that a device reads of another one at a start: its last base, and what came since.
const READ_AT_START: f64 = 2.0;
/// Bytes of a sealed publication and of a base.
const DELTA: f64 = 4.0 * 1024.0;
const BASE: f64 = 64.0 * 1024.0;
/// Keystrokes a minute of change, if each frame were an object.
const FRAMES_A_MINUTE: f64 = 60.0;

/// Requests of a month.
struct Month {
    puts: f64,
    lists: f64,
    gets: f64,
}

impl Month {
    fn with(cadence: &Cadence) -> Self {
        let minutes = |time: Duration| time.as_secs_f64() / 60.0;
        let session = HOURS * 60.0;
        let active = session * ACTIVE;
        // One publication for each interval of change, and one after each burst.
        let changes = active / minutes(cadence.publish_every) + BURSTS;
        let focus = FOCUS_LOST / SESSIONS;
        // The last of a session, and the marker that is looked for but written once only.
        let puts = changes + focus + 1.0;
        // After the start and after each return to the window, often; then seldom.
        let eager = ((1.0 + focus) * minutes(cadence.eager_for)).min(session);
        let lists = eager / minutes(cadence.list_every) + (session - eager) / minutes(cadence.list_idle);
        // Each base is read back once.
        let bases = puts / f64::from(cadence.base_every) + 2.0;
        let gets = OTHERS * READ_AT_START + bases;
        let sessions = DAYS * SESSIONS;
        Self { puts: puts * sessions, lists: lists * sessions, gets: gets * sessions }
    }

    /// One object for each frame, and a listing each minute.
    fn object_a_frame() -> Self {
        let active = DAYS * SESSIONS * HOURS * 60.0 * ACTIVE;
        let puts = active * FRAMES_A_MINUTE;
        Self { puts, lists: DAYS * SESSIONS * HOURS * 60.0, gets: puts * OTHERS }
    }

    fn requests(&self) -> f64 {
        (self.puts + self.lists) * PUT_OR_LIST + self.gets * GET
    }
}

/// What lies in the store, and what is read from it.
fn storage_and_traffic(month: &Month) -> f64 {
    const GIGABYTE: f64 = 1024.0 * 1024.0 * 1024.0;
    // A day of deltas and two bases of each device.
    let stored = (1.0 + OTHERS) * 2.0 * BASE + month.puts / DAYS * DELTA;
    let read = month.gets * BASE;
    stored / GIGABYTE * STORAGE + read / GIGABYTE * TRAFFIC
}

fn main() {
    let mut half_a_minute = Cadence::default();
    half_a_minute.publish_every = Duration::from_secs(30);
    half_a_minute.list_every = Duration::from_secs(30);
    half_a_minute.list_idle = Duration::from_secs(30);
    let rows = [
        ("the default cadence", Month::with(&Cadence::default())),
        ("publish and list every 30 s", Month::with(&half_a_minute)),
        ("one object a frame", Month::object_a_frame()),
    ];
    println!("{:<30} {:>8} {:>8} {:>8} {:>12} {:>14}", "a month", "puts", "lists", "gets", "one person", "a million");
    for (name, month) in &rows {
        let dollars = month.requests() + storage_and_traffic(month);
        let million = dollars * 1e6;
        println!(
            "{name:<30} {:>8.0} {:>8.0} {:>8.0} {dollars:>11.3}$ {million:>13.0}$",
            month.puts, month.lists, month.gets
        );
    }
    println!(
        "{SESSIONS} sessions of {HOURS} h on {DAYS} days, {OTHERS} other devices, {FOCUS_LOST} times out of focus a day."
    );
}
