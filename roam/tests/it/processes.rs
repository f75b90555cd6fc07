//! Two real processes on one directory, killed at random. 20 kills; `LEFTOFF_ROAM_KILLS=1000` for more.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use leftoff::{AppId, Section, Session};
use leftoff_roam::store::FolderStore;
use leftoff_roam::{Cadence, Key, KeyRing, Roam, RoamStatus};

const FIELDS: [Section<String>; 3] = [Section::new("a", 1), Section::new("b", 1), Section::new("c", 1)];

/// The program under test, when this binary is started again by the test below; otherwise it does nothing.
#[test]
fn child() {
    let (Some(home), Some(name)) = (env::var_os("LEFTOFF_ROAM_HOME"), env::var("LEFTOFF_ROAM_NAME").ok()) else {
        return;
    };
    let home = Path::new(&home);
    // The test harness has begun a line.
    println!();
    let mut session = Session::builder(AppId::new("com.example.form")).dir(home.join(&name)).open();
    let mut cadence = Cadence::default();
    cadence.list_every = Duration::from_millis(30);
    cadence.settle = Duration::from_millis(5);
    cadence.publish_every = Duration::from_millis(10);
    cadence.retry = Duration::from_millis(5);
    cadence.base_every = 4;
    cadence.grace = Duration::from_secs(1);
    let keys = KeyRing::new(Key::from_bytes([3; 32]));
    let roam = Roam::new("com.example.form", "ana", FolderStore::new(home.join("shared")), keys);
    let mut roaming =
        roam.device_name(&name).cadence(cadence).take_over_within(Duration::ZERO).start(&session).unwrap();
    if env::var_os("LEFTOFF_ROAM_SETTLE").is_some() {
        for _ in 0..3 {
            assert!(roaming.publish(&mut session, Duration::from_secs(30)).unwrap(), "{:?}", roaming.status());
            roaming.take_over(&mut session).unwrap();
        }
        for field in FIELDS {
            if let Some(value) = session.get(field).unwrap() {
                println!("@held {} {value}", field.name());
            }
            for offer in roaming.offers(field).unwrap() {
                println!("@held {} {}", field.name(), offer.value);
            }
        }
        println!("@status {}", matches!(roaming.status(), RoamStatus::UpToDate(_)));
        assert!(roaming.close(&mut session, Duration::from_secs(30)).unwrap());
        session.close().unwrap();
        return;
    }
    for number in 0.. {
        roaming.arrived(&mut session).unwrap();
        if number % 3 == 0 {
            roaming.take_over(&mut session).unwrap();
        }
        let field = || FIELDS.into_iter().nth(number * 7 % 3).unwrap();
        let over = session.get(field()).unwrap().unwrap_or_default();
        let launched = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros();
        let value = format!("{name}-{launched}-{number}");
        let of = field().name().to_owned();
        println!("@intent {of} {value} {over}");
        session.mark("form/field");
        session.save(|capture| capture.set(field(), &value)).unwrap();
        println!("@saved {of} {value}");
        thread::sleep(Duration::from_millis(7));
    }
}

fn start(home: &Path, name: &str, settle: bool) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["processes::child", "--exact", "--nocapture", "--test-threads=1"]);
    command.env("LEFTOFF_ROAM_HOME", home).env("LEFTOFF_ROAM_NAME", name);
    if settle {
        command.env("LEFTOFF_ROAM_SETTLE", "1");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// What the processes said.
#[derive(Default)]
struct Said {
    /// Each value, and the value that its user saw before.
    over: BTreeMap<String, String>,
    saved: BTreeSet<String>,
}

impl Said {
    fn note(&mut self, output: &str) {
        // The last line of a killed process may be half a line.
        let whole = output.rsplit_once('\n').map_or("", |(whole, _)| whole);
        for line in whole.lines() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["@intent", _, value, over] => drop(self.over.insert(value.to_owned(), over.to_owned())),
                ["@saved", _, value] => drop(self.saved.insert(value.to_owned())),
                _ => {}
            }
        }
    }
}

fn held(output: &str) -> BTreeSet<(String, String)> {
    let line = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
        ["@held", field, value] => Some((field.to_owned(), value.to_owned())),
        _ => None,
    };
    output.lines().filter_map(line).collect()
}

#[test]
fn two_processes_on_one_directory_lose_nothing_when_they_are_killed() {
    let kills = env::var("LEFTOFF_ROAM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut said = Said::default();
    let mut random = u64::from(std::process::id()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = |bound: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    };
    let mut running = [start(home, "desk", false), start(home, "laptop", false)];
    for kill in 0..kills {
        thread::sleep(Duration::from_millis(60 + next(300)));
        let which = usize::try_from(next(2)).unwrap();
        let name = ["desk", "laptop"][which];
        let mut ended = std::mem::replace(&mut running[which], start(home, name, false));
        // The new process may be waiting for the lock of the old one, as after a real crash.
        ended.kill().unwrap();
        let mut output = String::new();
        ended.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        ended.wait().unwrap();
        said.note(&output);
        if kill == 3 {
            foreign_files(&home.join("shared"));
        }
    }
    for mut ended in running {
        ended.kill().unwrap();
        let mut output = String::new();
        ended.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        ended.wait().unwrap();
        said.note(&output);
    }
    let mut at_the_end = BTreeMap::new();
    for _ in 0..3 {
        for name in ["desk", "laptop"] {
            let output = start(home, name, true).wait_with_output().unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            assert!(output.contains("@status true"), "{name}: {output}");
            at_the_end.insert(name, held(&output));
        }
    }
    assert_eq!(at_the_end["desk"], at_the_end["laptop"], "the devices are equal");
    let held: BTreeSet<&str> = at_the_end["desk"].iter().map(|(_, value)| &**value).collect();
    let required = required(&said, &held);
    println!("{kills} kills, {} values saved, {} held, {} required", said.saved.len(), held.len(), required.len());
    let lost: Vec<&&str> = required.iter().filter(|value| !held.contains(**value)).collect();
    assert!(lost.is_empty(), "{lost:?} are lost; held: {held:?}");
    assert!(said.saved.len() > kills, "the processes hardly ran");
}

fn is_replaced(value: &str, said: &Said, held: &BTreeSet<&str>, children: &BTreeMap<&str, Vec<&str>>) -> bool {
    let lives =
        |child: &&str| said.saved.contains(*child) || held.contains(*child) || is_replaced(child, said, held, children);
    children.get(value).is_some_and(|children| children.iter().any(lives))
}

/// The saved values that no user replaced who saw them. A process may have been killed between saving and saying so.
fn required<'a>(said: &'a Said, held: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (value, over) in &said.over {
        children.entry(over).or_default().push(value);
    }
    said.saved.iter().map(|value| &**value).filter(|value| !is_replaced(value, said, held, &children)).collect()
}

/// What sync programs and file managers leave.
fn foreign_files(shared: &Path) {
    let mut open = vec![shared.join("v1")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                let _ = std::fs::copy(&path, dir.join(format!("{name}.sync-conflict-20260101-120000-ABCDEFG")));
                let _ = std::fs::copy(&path, dir.join(format!("{name} (conflicted copy)")));
            }
        }
        std::fs::write(dir.join(".DS_Store"), b"x").unwrap();
        std::fs::write(dir.join("Thumbs.db"), b"x").unwrap();
    }
}
