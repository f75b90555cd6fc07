//! Real folders and disks under a running session: emptied, deleted, made read-only, full; and a clock that lies.
//!
//! `LEFTOFF_LOOP=1 cargo test --test it sick::real -- --nocapture`, as root, with a small disk of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use super::*;
use crate::support::{APP, Witness, child, folder, is_stored};

fn session(folder: &Path) -> Session {
    Session::builder(APP).dir(folder).sync_every(Duration::from_millis(20)).open()
}

/// Saves on until nothing is in the way any more.
#[track_caller]
fn saves_again(session: &mut Session, value: u32) {
    session.mark("after");
    let _ = session.autosave(|capture| capture.set(FORM, &value));
    wait_until("saving goes on by itself", || is_stored(session));
}

#[test]
fn a_folder_that_is_emptied_or_deleted_under_a_session_gets_the_state_anew() {
    for way in ["emptied", "deleted", "logs only"] {
        let scratch = folder::scratch();
        let place = scratch.path().join("state");
        let mut session = session(&place);
        put(&mut session, "before", |capture| {
            capture.set(FORM, &1);
            capture.set(TEXT, &"not captured again".to_owned());
            capture.scope("window").set(BULK, &"7".repeat(3000));
        });
        session.save(|_| {}).unwrap();
        match way {
            "deleted" => fs::remove_dir_all(&place).unwrap(),
            _ => {
                for entry in fs::read_dir(&place).unwrap() {
                    let path = entry.unwrap().path();
                    if way == "emptied" || path.extension().is_some_and(|extension| extension == "log") {
                        fs::remove_file(path).unwrap();
                    }
                }
            }
        }
        // What is captured next goes to a file without a name; by the next sync, that is known and mended.
        saves_again(&mut session, 2);
        assert!(!folder::logs(&place).is_empty(), "{way}");
        let refused = Session::builder(APP).dir(&place).open();
        assert_eq!(refused.outcome(), Outcome::ReadOnly, "{way}: the lock is there again");
        drop(refused);
        // With the user's next touch, the marks are there again as well: all of them.
        saves_again(&mut session, 2);
        // A kill: the files as they are now.
        let copy = folder::write(&folder::logs(&place));
        let mut copied = Session::builder(APP).dir(copy.path()).open();
        assert_eq!(copied.get(FORM).unwrap(), Some(2), "{way}");
        assert_eq!(copied.get(TEXT).unwrap().as_deref(), Some("not captured again"), "{way}");
        assert_eq!(copied.scope("window").get(BULK).unwrap(), Some("7".repeat(3000)), "{way}");
        let marker = copied.marker().unwrap();
        assert_eq!((marker.element(), marker.trail().len()), ("after", 2), "{way}");
        assert_eq!(copied.outcome(), Outcome::Recovered, "{way}: {:?}", copied.report());
        session.close().unwrap();
        let mut session = Session::builder(APP).dir(&place).open();
        assert_eq!((session.get(FORM).unwrap(), session.outcome()), (Some(2), Outcome::Resumed), "{way}");
    }
}

/// The same where nobody touches anything afterwards, and where a section was never asked for.
#[test]
fn what_was_restored_and_not_touched_survives_its_folder_as_well() {
    let scratch = folder::scratch();
    let place = scratch.path().join("state");
    let mut first = session(&place);
    put(&mut first, "before", |capture| {
        capture.set(FORM, &1);
        capture.set(TEXT, &"never asked for".to_owned());
    });
    first.close().unwrap();
    let mut session = session(&place);
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    session.mark("seen");
    session.autosave(|_| {}).unwrap();
    fs::remove_dir_all(&place).unwrap();
    saves_again(&mut session, 1);
    session.close().unwrap();
    let mut session = Session::builder(APP).dir(&place).open();
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("never asked for"));
    assert_eq!(session.marker().unwrap().element(), "after");
}

/// The flusher goes to sleep at the very moment something is written: it must not sleep on that.
#[test]
fn what_is_written_while_the_flusher_lies_down_is_synced_all_the_same() {
    let memory = MemoryBackend::new();
    let builder = Session::builder(APP).backend(memory).sync_every(Duration::from_millis(1));
    let mut session = builder.open();
    for value in 0..400 {
        put(&mut session, "a", |capture| capture.set(FORM, &value));
        session.save(|_| {}).unwrap();
        put(&mut session, "a", |capture| capture.set(FORM, &value));
        wait_until("it is synced", || session.status().is_synced);
    }
}

const NOBODY: u32 = 65_534;

/// Lives in a folder that its parent process makes read-only for a while.
#[test]
fn child() {
    let Some(place) = child::role() else { return };
    let place = Path::new(&place);
    let mut session = session(place);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.save(|_| {}).unwrap();
    fs::set_permissions(place, fs::Permissions::from_mode(0o500)).unwrap();
    let mut random = Random::new(4);
    // So much that the log has to be summed up, which needs new files.
    let (mut longest, witness) = (Duration::ZERO, Witness::new());
    for value in 2..40 {
        let start = Instant::now();
        put(&mut session, "a", |capture| {
            capture.set(FORM, &value);
            capture.set(BULK, &random.text(30 << 10));
        });
        longest = longest.max(start.elapsed());
        std::thread::sleep(Duration::from_millis(3));
    }
    let logs = folder::logs(place).len();
    fs::set_permissions(place, fs::Permissions::from_mode(0o700)).unwrap();
    saves_again(&mut session, 99);
    child::say(&format!("{logs} {}", longest < Duration::from_secs(1) + witness.longest()));
    std::process::abort();
}

#[test]
fn a_folder_that_becomes_read_only_stops_nothing_and_loses_nothing() {
    let scratch = folder::scratch();
    let place = scratch.path().join("state");
    fs::create_dir(&place).unwrap();
    let mut command = child::spawn("sick::real::child", place.to_str().unwrap());
    if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
        // Root may write anywhere.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(&place, Some(NOBODY), None).unwrap();
        command.uid(NOBODY);
    }
    let Ok(mut process) = command.spawn() else { return };
    let said = child::hear(&mut child::ears(&mut process));
    let output = process.wait_with_output().unwrap();
    assert_eq!(said.as_deref(), Some("1 true"), "{}", String::from_utf8_lossy(&output.stderr));
    let copy = folder::write(&folder::logs(&place));
    let mut session = session(copy.path());
    assert_eq!((session.get(FORM).unwrap(), session.outcome()), (Some(99), Outcome::Recovered));
    assert_eq!(session.marker().unwrap().element(), "after");
}

#[test]
fn a_clock_that_lies_loses_nothing() {
    let (memory, clock, mut random) = (MemoryBackend::new(), ManualClock::new(), Random::new(9));
    let mut value = 0;
    for launch in 0..12 {
        let mut session = still(memory.clone()).clock(clock.clone()).open();
        assert_eq!(session.get(FORM).unwrap(), (value > 0).then_some(value), "launch {launch}");
        for _ in 0..10 {
            value += 1;
            put(&mut session, format!("step/{value}").as_str(), |capture| capture.set(FORM, &value));
            // A century to and fro, and now and then the end of time.
            let jump = i64::try_from(random.below(200 * 365 * 86_400_000)).unwrap() - 100 * 365 * 86_400_000;
            clock.set_wall(match random.below(10) {
                0 => i64::MAX,
                1 => i64::MIN,
                _ => jump,
            });
            clock.advance(seconds(random.below(5)));
            session.run_pending();
            let _ = session.marker().map(|marker| marker.card(clock.wall()).to_string());
        }
        if launch % 3 == 0 {
            clock.reboot();
        }
        if launch % 2 == 0 { session.close().unwrap() } else { crash(session) }
    }
    let mut session = open(memory);
    assert_eq!(session.get(FORM).unwrap(), Some(value));
    assert_eq!(session.marker().unwrap().element(), format!("step/{value}"));
    assert!(session.report().is_whole());
}

fn run(command: &str) -> bool {
    std::process::Command::new("sh").args(["-c", command]).status().is_ok_and(|status| status.success())
}

/// A file system of its own, taken away again whatever happens.
struct Disk(tempfile::TempDir);

impl Drop for Disk {
    fn drop(&mut self) {
        run(&format!("umount -l {}/mnt", self.0.path().display()));
    }
}

#[test]
fn a_small_disk_that_is_full_keeps_what_it_has_and_takes_the_rest_when_there_is_room() {
    if crate::support::random::env("LEFTOFF_LOOP", 0) == 0 {
        return;
    }
    let disk = Disk(tempfile::tempdir().unwrap());
    let at = disk.0.path().display();
    let made = format!("cd {at} && truncate -s 4M img && mkfs.ext4 -q -m 0 img && mkdir mnt && mount -o loop img mnt");
    assert!(run(&made), "this needs root, mkfs.ext4 and a loop device");
    let mount = disk.0.path().join("mnt");
    let place = mount.join("state");
    let mut session = session(&place);
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.save(|_| {}).unwrap();
    let mut random = Random::new(2);
    for round in 0..5_u32 {
        // Somebody else fills the disk to its last block.
        run(&format!("cat /dev/zero > {}/filler 2>/dev/null; sync", mount.display()));
        let (mut failed, mut longest, witness) = (0, Duration::ZERO, Witness::new());
        for step in 0..60 {
            session.mark("b");
            let start = Instant::now();
            let saved = session.autosave(|capture| capture.set(BULK, &random.text(9000 + step))).unwrap();
            failed += u32::from(saved == Saved::Deferred);
            longest = longest.max(start.elapsed());
        }
        assert!(longest < Duration::from_secs(1) + witness.longest(), "{longest:?}");
        wait_until("it says so", || session.status().failing.is_some() || session.status().is_synced);
        let copy = folder::write(&folder::logs(&place));
        let mut copied = Session::builder(APP).dir(copy.path()).open();
        assert_eq!(copied.get(FORM).unwrap(), Some(round + 1), "what was stored stays");
        eprintln!("round {round}: {failed} of 60 captures failed, {:?}", session.status().failing);
        assert!(failed > 0);
        fs::remove_file(mount.join("filler")).unwrap();
        saves_again(&mut session, round + 2);
    }
    session.close().unwrap();
    let mut session = Session::builder(APP).dir(&place).open();
    assert_eq!((session.get(FORM).unwrap(), session.outcome()), (Some(6), Outcome::Resumed));
    assert!(session.report().is_whole());
}
