//! Children and what they say.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::backend::{self, Backend, FileBackend, FrameId, Generation};
use leftoff::{AppId, Section, Session};
use rustix::process::Pid;

pub(crate) const APP: AppId = AppId::new("com.example.desk");
pub(crate) const FORM: Section<String> = Section::new("form", 1);
pub(crate) const DRAWING: Section<Vec<u8>> = Section::new("drawing", 1);

pub(crate) const DEFAULT_SIGNALS: &str = "--default-signal=TERM,INT,HUP,QUIT,TSTP";

const ROLE: &str = "LEFTOFF_OS_CHILD";

pub(crate) fn open(dir: &Path) -> Session {
    Session::builder(APP).dir(dir).open()
}

/// Returns the role and the directory of a child.
pub(crate) fn is_child() -> Option<(String, PathBuf)> {
    let value = std::env::var(ROLE).ok()?;
    let (role, dir) = value.split_once('|').unwrap();
    Some((role.to_owned(), dir.into()))
}

/// Completes a command line with this binary in that role.
pub(crate) fn command(mut before: Command, role: &str, dir: &Path) -> Command {
    before.arg(std::env::current_exe().unwrap()).args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    before.env(ROLE, format!("{role}|{}", dir.display())).stdin(Stdio::null()).stdout(Stdio::piped());
    before.stderr(Stdio::null()).env("RUST_BACKTRACE", "0");
    before
}

pub(crate) fn own(role: &str, dir: &Path) -> Command {
    let mut env = Command::new("env");
    env.arg(DEFAULT_SIGNALS);
    command(env, role, dir)
}

pub(crate) fn start(mut command: Command) -> (Child, Ears) {
    let mut child = command.spawn().unwrap();
    let ears = Ears::of(child.stdout.take().unwrap());
    (child, ears)
}

pub(crate) fn spawn(role: &str, dir: &Path) -> (Child, Ears) {
    start(own(role, dir))
}

pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// The lines that a child says.
pub(crate) struct Ears(BufReader<Box<dyn Read>>);

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ears")
    }
}

impl Ears {
    pub(crate) fn of(stdout: impl Read + 'static) -> Self {
        Self(BufReader::new(Box::new(stdout)))
    }

    /// Returns the next line that the child says.
    pub(crate) fn next(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the child has gone");
            // The harness may have begun the line.
            if let Some((_, said)) = line.trim_end().split_once('#') {
                return said.to_owned();
            }
        }
    }

    /// Returns whether the child, which has ended, said nothing more.
    pub(crate) fn is_silent(&mut self) -> bool {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).unwrap();
        !rest.contains('#')
    }

    #[track_caller]
    pub(crate) fn hear(&mut self, expected: &str) {
        assert_eq!(self.next(), expected);
    }
}

#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Opens a session on a disk that takes `sync` for each fsync.
pub(crate) fn slow(dir: &Path, sync: Duration) -> Session {
    Session::builder(APP).backend(Slow(FileBackend::open(dir).unwrap(), sync)).open()
}

#[derive(Debug)]
struct Slow(FileBackend, Duration);

impl Backend for Slow {
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        self.0.read(id)
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, bytes)
    }
    fn sync(&self) -> backend::Result<()> {
        thread::sleep(self.1);
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
    fn speed(&self) -> backend::Speed {
        self.0.speed()
    }
}
