//! A process that saves and is killed, again and again: nothing it said to be stored may be lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "an assertion of a test, whose message is its result")]

use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use leftoff::{Saved, Section, Session};

/// The path of the storage, in the environment of a process that will be killed.
const CHILD: &str = "LEFTOFF_KILLED_CHILD";
/// The number of kills, for a long run.
const KILLS: &str = "LEFTOFF_KILLS";

const STEP: Section<(u64, String)> = Section::new("step", 1);

/// Kills a process that saves, and checks that each start finds what the process before said to be stored.
///
/// Call [`run`](Self::run) in a test of its own: the test starts itself again as the process that is killed. The values
/// have up to 7 kB, so that their changes are written whole, as differences, and compacted.
///
/// ```no_run
/// use leftoff::{AppId, Session};
/// use leftoff_testing::Kills;
///
/// #[test]
/// fn nothing_written_is_lost_by_a_kill() {
///     let scratch = tempfile::tempdir().unwrap();
///     let open = |path: &std::path::Path| Session::builder(AppId::new("com.example.kills")).dir(path).open();
///     Kills::new("nothing_written_is_lost_by_a_kill").run(&scratch.path().join("state"), open);
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is killed until `run`"]
pub struct Kills<'a> {
    test: &'a str,
    count: u64,
    steps: (u64, u64),
    is_synced: bool,
}

impl<'a> Kills<'a> {
    /// `test` is the full name of the test that calls [`run`](Self::run), as `cargo test` prints it.
    ///
    /// The process is killed 30 times, after 5 to 154 steps.
    pub fn new(test: &'a str) -> Self {
        Self { test, count: 30, steps: (5, 150), is_synced: false }
    }

    /// Sets the number of kills. The environment variable `LEFTOFF_KILLS` overrides it.
    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// Sets the least number of steps before a kill, and how many numbers above it occur.
    pub fn steps(mut self, least: u64, spread: u64) -> Self {
        self.steps = (least, spread.max(1));
        self
    }

    /// Saves each step with [`Session::save`], for a backend that is too slow for the UI thread. Otherwise with
    /// [`Session::autosave`], and only steps that are [`Written`](Saved::Written) count.
    pub fn with_save(mut self) -> Self {
        self.is_synced = true;
        self
    }

    /// Runs the test on the storage at `path`, which `open` opens. Returns the number of steps that were stored.
    ///
    /// # Panics
    /// If a step is lost, a value is wrong, or a start after a kill reports anything but
    /// [`Recovered`](leftoff::Outcome::Recovered).
    pub fn run(self, path: &Path, open: impl FnOnce(&Path) -> Session) -> u64 {
        if let Some(path) = env::var_os(CHILD) {
            self.work(&mut open(Path::new(&path)));
        }
        let count = env::var(KILLS).map_or(self.count, |kills| kills.parse().unwrap());
        let (least, spread) = self.steps;
        (0..count).fold(0, |last, kill| self.kill_one(path, kill, last, least + kill * 37 % spread))
    }

    /// The process that is killed: saves one step after the other and says each.
    fn work(self, session: &mut Session) -> ! {
        let found = session.get(STEP).unwrap();
        let first = found.map_or(0, |(step, said)| {
            assert_eq!(said, text(step), "the value of step {step} is wrong");
            step
        });
        let mut out = std::io::stdout();
        writeln!(out, "found {first} {:?}", session.outcome()).unwrap();
        for step in first + 1.. {
            session.mark(&format!("step/{step}")[..]);
            let value = (step, text(step));
            let saved = if self.is_synced {
                session.save(|capture| capture.set(STEP, &value)).unwrap()
            } else {
                session.autosave(|capture| capture.set(STEP, &value)).unwrap()
            };
            if saved >= Saved::Written {
                writeln!(out, "saved {step}").unwrap();
            }
        }
        panic!("the numbers of the steps are used up");
    }

    /// Returns the last step that the process said to be stored, given that of the process before.
    fn kill_one(self, path: &Path, kill: u64, before: u64, wanted: u64) -> u64 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([self.test, "--exact", "--nocapture"])
            .env(CHILD, path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut heard = Heard { kill, last: before, said: 0 };
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        heard.until(&mut lines, wanted, &mut child);
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before the kill reached it.
        for line in lines.map_while(Result::ok) {
            heard.note(&line);
        }
        heard.last
    }
}

/// What a process said.
struct Heard {
    kill: u64,
    last: u64,
    said: u64,
}

impl Heard {
    fn until(&mut self, lines: &mut Lines<BufReader<ChildStdout>>, wanted: u64, child: &mut Child) {
        while self.said < wanted {
            let Some(line) = lines.next() else {
                let ended = child.wait().unwrap();
                panic!("kill {}: the process ended by itself ({ended}) after {} steps", self.kill, self.said);
            };
            self.note(&line.unwrap());
        }
    }

    fn note(&mut self, line: &str) {
        let kill = self.kill;
        if let Some((_, found)) = line.split_once("found ") {
            let step = found.split(' ').next().unwrap().parse().unwrap();
            assert!(step >= self.last, "kill {kill}: step {} was stored, {step} came back", self.last);
            assert!(kill == 0 || found.ends_with("Recovered"), "kill {kill}: the start reports {found}");
            self.last = step;
        } else if let Some((_, step)) = line.split_once("saved ") {
            self.last = step.parse().unwrap();
            self.said += 1;
        }
    }
}

fn text(step: u64) -> String {
    format!("step {step} ").repeat(usize::try_from(step % 700).unwrap())
}
