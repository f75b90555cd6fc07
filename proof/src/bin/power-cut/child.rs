//! The wizard whose power is cut. What it was promised, it says on its standard output, which is outside of the disk.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use leftoff::time::{Clock, Now, SystemClock};
use leftoff::{AppId, LastExit, Outcome, Saved, Session};
use leftoff_proof::random::Random;
use leftoff_proof::wizard::{State, Unread};

/// The system's clock, on the how manyth run of the machine: only the disk is cut, the kernel goes on.
#[derive(Debug)]
struct Boot {
    clock: SystemClock,
    launch: u64,
}

impl Clock for Boot {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn boot_id(&self) -> Option<u128> {
        Some(u128::from(self.launch))
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The one that listens may have gone; so do we, then.
    if out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// From now on the power may go. When it was said counts: see `Folder::hear`.
fn say_synced(step: u64) {
    say(&format!("synced {step} {}", now()));
}

/// Nanoseconds on a clock that is the same for all processes.
pub fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

fn open(folder: &str, launch: u64, random: &mut Random) -> Session {
    let window = Duration::from_millis([0, 5, 40, 200, 1000][usize::try_from(random.below(5)).unwrap_or(0)]);
    let clock = Boot { clock: SystemClock::new(), launch };
    Session::builder(AppId::new("com.example.wizard")).dir(folder).sync_every(window).clock(clock).open()
}

fn exit_of(session: &Session) -> &'static str {
    match session.last_exit() {
        LastExit::FirstStart => "first",
        LastExit::Clean => "clean",
        LastExit::Interrupted(_) => "interrupted",
        LastExit::Rebooted => "rebooted",
        LastExit::Crashed => "crashed",
        _ => "unknown",
    }
}

/// Looks at what came back, says it, and goes on, until it is killed.
pub fn run(folder: &str, launch: u64, only_look: bool) {
    let mut random = Random::new(launch);
    let mut session = open(folder, launch, &mut random);
    let found = State::read(&mut session);
    let (outcome, exit) = (session.outcome(), exit_of(&session));
    let mut state = match found {
        Ok(state) => state,
        // The disk was cut while it started.
        Err(Unread::Unavailable(_)) => {
            say("unavailable");
            std::thread::sleep(Duration::from_secs(60));
            return;
        }
        // Right if it is the only log there ever was: whether it was synced, it cannot tell.
        Err(Unread::Nothing) => {
            say("nothing");
            None
        }
        Err(Unread::Wrong(why)) => {
            say(&format!("wrong {why}; {outcome:?} {exit} {:?}", session.report()));
            return;
        }
    };
    let at = state.map_or((0, 0), |state| (state.at.step, state.at.launch));
    let outcome_is_right = matches!(outcome, Outcome::Fresh | Outcome::Resumed | Outcome::Recovered);
    if outcome_is_right {
        say(&format!("found {} {} {outcome:?} {exit} {}", at.0, at.1, session.report().unreadable));
    } else if state.is_some() || exit != "unknown" {
        say(&format!("wrong {outcome:?} {:?}", session.report()));
    }
    if only_look {
        return;
    }
    loop {
        let next = State::next(state, launch);
        state = Some(next);
        let step = next.at.step;
        say(&format!("captures {step}"));
        let element = next.element();
        session.mark(element.as_str());
        let saved = match random.below(100) {
            0..8 => session.save(|capture| next.write(capture)),
            _ => session.autosave(|capture| next.write(capture)),
        };
        if matches!(saved, Ok(Saved::Synced)) {
            say_synced(step);
        }
        match random.below(100) {
            0..3 => {
                say(&format!("suspends {step}"));
                // A failure is for the status to tell.
                let _ = session.suspend("session-end");
            }
            // Closed, and started again by the user.
            3..5 => {
                say(&format!("closes {step}"));
                // A session that was refused from the start promised nothing.
                let is_refused = session.status().refused.is_some();
                if session.close().is_ok() && !is_refused {
                    say_synced(step);
                }
                session = open(folder, launch, &mut random);
                match State::read(&mut session) {
                    // A storage that failed may have taken the newest ones with it; the next look judges that.
                    Ok(found) => state = found.or(state),
                    Err(Unread::Unavailable(_)) => {}
                    Err(Unread::Nothing) => say("wrong nothing in the same launch"),
                    Err(Unread::Wrong(why)) => say(&format!("wrong {why}; in the same launch, {:?}", session.report())),
                }
            }
            5..60 => {}
            60..90 => std::thread::sleep(Duration::from_micros(random.below(4_000))),
            _ => std::thread::sleep(Duration::from_millis(random.below(30))),
        }
        // All that was captured is synced: the newest of it, too.
        if session.status().is_synced && !session.status().pending && session.status().refused.is_none() {
            say_synced(step);
        }
    }
}
