//! Files with the names of logs that no launch wrote: the highest numbers, lengths of gigabytes without content, thousands
//! of empty ones. A start stays quick, counted in bytes read and calls made, and the newest value comes back.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use leftoff::{Section, Session};

use crate::support::{APP, child, folder};

const FORM: Section<u32> = Section::new("form", 1);
const TEXT: Section<String> = Section::new("text", 1);

fn session(dir: &Path) -> Session {
    Session::builder(APP).dir(dir).without_thread().open()
}

fn stored(dir: &Path, value: u32) {
    let mut session = session(dir);
    session.mark("form");
    session.save(|capture| capture.set(FORM, &value)).unwrap();
    session.close().unwrap();
}

fn log(dir: &Path, number: u64, writer: u64) -> PathBuf {
    dir.join(format!("{number:016x}-{writer:016x}.log"))
}

fn newest_log(dir: &Path) -> PathBuf {
    folder::logs(dir).into_keys().next_back().map(|name| dir.join(name)).unwrap()
}

fn set_len(path: &Path, len: u64) {
    OpenOptions::new().create(true).truncate(false).write(true).open(path).unwrap().set_len(len).unwrap();
}

/// The first sixteen bytes of a log in a format to come.
fn later_header() -> Vec<u8> {
    let mut bytes = [b"\x89LEFTOFF".as_slice(), &7_u32.to_le_bytes()].concat();
    let sum = twox_hash::XxHash3_64::oneshot(&bytes).to_le_bytes();
    bytes.extend_from_slice(&sum[..4]);
    bytes
}

#[test]
fn planted_number_makes_no_later_launch_older_than_the_one_before() {
    let highest = [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 62) + 1, 1 << 62, (1 << 62) - 1];
    for (number, writer) in highest.into_iter().flat_map(|number| [(number, 0), (number, u64::MAX)]) {
        for content in [Vec::new(), b"garbage, and more of it".to_vec(), later_header()] {
            let scratch = folder::scratch();
            let dir = scratch.path();
            stored(dir, 1);
            let mut first = session(dir);
            first.save(|capture| capture.set(TEXT, &"stored once".to_owned())).unwrap();
            first.close().unwrap();
            let planted = log(dir, number, writer);
            fs::write(&planted, &content).unwrap();
            let why = format!("{} with {} bytes", planted.display(), content.len());
            let mut names = BTreeSet::new();
            for value in 2..8 {
                let mut session = session(dir);
                assert_eq!(session.get(FORM).unwrap(), Some(value - 1), "{why}");
                assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("stored once"), "{why}");
                if content.is_empty() {
                    assert!(session.report().is_whole(), "{why}: an empty log says nothing");
                } else if number > 1 << 62 || value == 2 {
                    assert!(session.report().unreadable > 0, "{why}: it is told");
                }
                session.mark("form");
                session.save(|capture| capture.set(FORM, &value)).unwrap();
                session.close().unwrap();
                let mut newest = folder::logs(dir).into_keys().map(|name| name[..16].to_owned());
                let newest = newest.rfind(|name| *name != format!("{number:016x}")).unwrap();
                assert!(names.insert(newest), "{why}: every launch has a number of its own");
            }
            // A plausible number that is left behind is an old log, and goes as such.
            if number > 1 << 62 {
                assert_eq!(fs::read(&planted).unwrap(), content, "{why}");
            }
        }
    }
}

/// Opens the session in a process of its own and says what that took.
#[test]
fn child() {
    let Some(dir) = child::role() else { return };
    let before = counts();
    let mut session = session(Path::new(&dir));
    let value = session.get(FORM).unwrap();
    let (outcome, unreadable) = (session.outcome(), session.report().unreadable);
    let after = counts();
    child::say(&format!("{value:?} {outcome:?}/{unreadable} {} {}", after.0 - before.0, after.1 - before.1));
    std::process::exit(0);
}

/// Bytes and calls of `read` in this process so far.
fn counts() -> (u64, u64) {
    let text = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0);
    (field("rchar:"), field("syscr:"))
}

/// What opening took: the value and the outcome, bytes read, calls of `read`.
#[track_caller]
fn opened(dir: &Path) -> (String, u64, u64) {
    let out = child::spawn("planted::child", dir.to_str().unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    let line = said.lines().find_map(|line| line.strip_prefix('>')).unwrap_or_else(|| panic!("{said}"));
    let words: Vec<_> = line.split(' ').collect();
    (words[..2].join(" "), words[2].parse().unwrap(), words[3].parse().unwrap())
}

const HUGE: u64 = 20 << 30;

#[test]
fn planted_log_of_gigabytes_without_content_is_not_read_through() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    set_len(&log(scratch.path(), 1000, 0), HUGE);
    let (found, bytes, calls) = opened(scratch.path());
    assert!(found.starts_with("Some(1)") && found.ends_with("/1"), "it is told: {found}");
    assert!(bytes < 8 << 20 && calls < 200, "{bytes} bytes in {calls} reads");
}

#[test]
fn log_stretched_to_gigabytes_is_damage_at_its_end_and_is_not_read_through() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    set_len(&newest_log(scratch.path()), HUGE);
    let (found, bytes, calls) = opened(scratch.path());
    assert_eq!(found, "Some(1) Damaged/1");
    assert!(bytes < 8 << 20 && calls < 200, "{bytes} bytes in {calls} reads");
}

#[test]
fn zeros_that_were_written_are_read_up_to_a_limit_and_then_are_damage() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    let log = newest_log(scratch.path());
    let zeros = vec![0; 16 << 20];
    let mut file = OpenOptions::new().append(true).open(&log).unwrap();
    for _ in 0..7 {
        std::io::Write::write_all(&mut file, &zeros).unwrap();
    }
    let (found, bytes, _) = opened(scratch.path());
    assert_eq!(found, "Some(1) Damaged/1");
    assert!(bytes < 72 << 20, "{bytes} bytes");
}

#[test]
fn zeros_that_room_ahead_may_have_are_no_damage() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    set_len(&newest_log(scratch.path()), 40 << 20);
    assert_eq!(opened(scratch.path()).0, "Some(1) Resumed/0");
}

#[test]
fn thousands_of_empty_logs_and_other_files_cost_no_read_each() {
    let scratch = folder::scratch();
    stored(scratch.path(), 1);
    let before = opened(scratch.path());
    for number in 0..5_000 {
        fs::write(log(scratch.path(), 1000 + number, number), b"").unwrap();
        fs::write(scratch.path().join(format!("junk-{number}")), b"junk").unwrap();
    }
    let (found, bytes, calls) = opened(scratch.path());
    assert!(found.starts_with("Some(1)"), "{found}");
    assert!(calls < before.2 + 100 && bytes < before.1 + (1 << 20), "{bytes} bytes in {calls} reads");
}
