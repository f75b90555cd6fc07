//! `FileBackend` as a folder: who may use it, what its files are like, what a kill or a full disk leaves.

use std::fs;
use std::io::{BufRead, ErrorKind};
use std::path::Path;
use std::time::Duration;

use leftoff::backend::{Backend, FileBackend, FrameId, Generation, Held, MAX_SLOTS};
use leftoff::testing::{Journal, Step};

use crate::child::{self, GENERATION};

fn id(index: u32) -> FrameId {
    FrameId { generation: GENERATION, index }
}

fn held(error: &std::io::Error) -> &Held {
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    error.get_ref().unwrap().downcast_ref().unwrap()
}

#[test]
fn a_second_holder_is_refused_and_told_who_the_first_is() {
    let scratch = crate::support::folder::scratch();
    let folder = scratch.path().join("a/b");
    let first = FileBackend::open(&folder).unwrap();
    let error = FileBackend::open(&folder).unwrap_err();
    assert_eq!(held(&error).pid, Some(std::process::id()));
    assert!(held(&error).since.is_some() && held(&error).program.is_some());
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    // Being refused changed nothing for the holder.
    first.create(id(0), b"x").unwrap();
    drop(first);
    assert_eq!(FileBackend::open(&folder).unwrap().read(id(0)).unwrap(), b"x");
}

#[test]
fn a_killed_holder_holds_no_more() {
    let scratch = crate::support::folder::scratch();
    let (mut holder, _said) = child::started(child::command("hold", scratch.path()));
    let error = FileBackend::open(scratch.path()).unwrap_err();
    assert_eq!(held(&error).pid, Some(holder.id()));
    holder.kill().unwrap();
    holder.wait().unwrap();
    let second = FileBackend::open(scratch.path()).unwrap();
    let error = FileBackend::open(scratch.path()).unwrap_err();
    assert_eq!(held(&error).pid, Some(std::process::id()), "the dead holder's name is gone");
    drop(second);
}

#[test]
fn a_holder_that_left_no_name_is_still_respected() {
    let scratch = crate::support::folder::scratch();
    let _first = FileBackend::open(scratch.path()).unwrap();
    let planted: [&[u8]; 3] = [b"", b"\xff\xfe\0pid", b"pid many\nprogram \x1b[2Jx\n\nnoise"];
    for text in planted {
        fs::write(scratch.path().join("holder"), text).unwrap();
        let error = FileBackend::open(scratch.path()).unwrap_err();
        assert_eq!(held(&error).pid, None);
        assert!(!error.to_string().contains('\x1b'), "what others wrote must not reach a terminal as it is");
    }
}

#[test]
fn further_instances_get_slots_of_their_own() {
    let scratch = crate::support::folder::scratch();
    let first = FileBackend::open_slot(scratch.path()).unwrap();
    let second = FileBackend::open_slot(scratch.path()).unwrap();
    let third = FileBackend::open_slot(scratch.path()).unwrap();
    assert_eq!([first.slot(), second.slot(), third.slot()], [1, 2, 3]);
    second.create(id(0), b"of the second").unwrap();
    drop(second);
    let again = FileBackend::open_slot(scratch.path()).unwrap();
    assert_eq!((again.slot(), again.read(id(0)).unwrap()), (2, b"of the second".to_vec()));
    assert_eq!(first.generations().unwrap(), [], "a slot shows in no other");
    let rest: Vec<_> = (4..=MAX_SLOTS).map(|_| FileBackend::open_slot(scratch.path()).unwrap()).collect();
    let error = FileBackend::open_slot(scratch.path()).unwrap_err();
    assert_eq!(held(&error).folder, scratch.path());
    drop(rest);
}

/// With a file in every place where a slot might be, so that whoever looks for one all the same finds none.
#[test]
fn a_place_that_cannot_be_used_is_no_reason_for_a_slot() {
    let scratch = crate::support::folder::scratch();
    let file = scratch.path().join("file");
    fs::write(&file, b"precious").unwrap();
    assert_eq!(FileBackend::open_slot(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
    let sick = scratch.path().join("sick");
    fs::create_dir_all(sick.join("lock")).unwrap();
    FileBackend::open_slot(&sick).unwrap_err();
    assert!(!sick.join("slot-2").exists());
    let folder = scratch.path().join("folder");
    let first = FileBackend::open_slot(&folder).unwrap();
    fs::write(folder.join("slot-2"), b"precious").unwrap();
    let third = FileBackend::open_slot(&folder).unwrap();
    assert_eq!((first.slot(), third.slot()), (1, 3), "what is no folder is passed over");
    // A slot that is there and cannot be used is said to be that, and not passed over.
    drop(third);
    fs::remove_dir_all(folder.join("slot-3")).unwrap();
    fs::remove_file(folder.join("slot-2")).unwrap();
    fs::create_dir_all(folder.join("slot-2/lock")).unwrap();
    let error = FileBackend::open_slot(&folder).unwrap_err();
    assert!(error.to_string().contains("slot-2"), "{error}");
    assert!(!folder.join("slot-3").exists());
    let debug = format!("{first:?}");
    assert!(debug.contains("FileBackend") && debug.contains("folder"), "{debug}");
}

#[test]
fn a_holder_that_is_just_going_is_waited_for() {
    let scratch = crate::support::folder::scratch();
    let first = FileBackend::open(scratch.path()).unwrap();
    let going = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(first);
    });
    FileBackend::open(scratch.path()).unwrap();
    going.join().unwrap();
}

#[test]
fn a_generation_that_was_read_and_removed_is_read_no_more() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    let other = FrameId { generation: Generation { number: 9, writer: 9 }, index: 0 };
    backend.create(id(0), b"x").unwrap();
    backend.create(other, b"y").unwrap();
    assert_eq!((backend.read(id(0)).unwrap(), backend.read(other).unwrap()), (b"x".to_vec(), b"y".to_vec()));
    backend.remove(GENERATION).unwrap();
    assert_eq!(backend.read(id(0)).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(backend.read(other).unwrap(), b"y");
}

#[test]
fn what_is_not_a_folder_of_ours_is_refused_and_left_alone() {
    let scratch = crate::support::folder::scratch();
    let file = scratch.path().join("file");
    fs::write(&file, b"precious").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = FileBackend::open(&path).unwrap_err();
        assert!(error.to_string().contains("file"), "the path is named: {error}");
    }
    assert_eq!(FileBackend::open(&file).unwrap_err().kind(), ErrorKind::NotADirectory);
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn names_of_another_form_are_neither_read_nor_touched() {
    let scratch = crate::support::folder::scratch();
    let foreign = ["notes.log", "0000000000000001-000000000000000A.log", "0000000000000001-0000000000000001.log.bak"];
    for name in foreign {
        fs::write(scratch.path().join(name), b"foreign").unwrap();
    }
    let backend = FileBackend::open(scratch.path()).unwrap();
    backend.create(id(0), b"ours").unwrap();
    assert_eq!(backend.list().unwrap(), [id(0)]);
    assert_eq!(backend.generations().unwrap(), [GENERATION]);
    backend.remove(GENERATION).unwrap();
    assert_eq!(backend.list().unwrap(), []);
    for name in foreign {
        assert_eq!(fs::read(scratch.path().join(name)).unwrap(), b"foreign");
    }
}

#[test]
fn a_generation_takes_frames_only_from_the_object_that_began_it_and_only_in_order() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    let kind = |backend: &FileBackend, index| backend.create(id(index), b"x").map_err(|error| error.kind());
    assert_eq!(kind(&backend, 1), Err(ErrorKind::InvalidInput), "nothing was begun");
    assert_eq!(kind(&backend, 0), Ok(()));
    assert_eq!(kind(&backend, 2), Err(ErrorKind::InvalidInput), "a gap");
    assert_eq!(kind(&backend, 1), Ok(()));
    drop(backend);
    let backend = FileBackend::open(scratch.path()).unwrap();
    assert_eq!(kind(&backend, 1), Err(ErrorKind::AlreadyExists));
    assert_eq!(kind(&backend, 2), Err(ErrorKind::InvalidInput), "an earlier launch's file is never written again");
    let other = |index| FrameId { generation: Generation { writer: 1, ..GENERATION }, index };
    backend.create(other(0), b"y").unwrap();
    backend.remove(other(0).generation).unwrap();
    assert_eq!(backend.create(other(1), b"y").unwrap_err().kind(), ErrorKind::InvalidInput, "removed under way");
    assert_eq!(backend.read(other(0)).unwrap_err().kind(), ErrorKind::NotFound);
    backend.sync().unwrap();
    assert_eq!(backend.list().unwrap(), [id(0), id(1)]);
}

#[test]
fn an_empty_log_is_a_generation_without_frames() {
    let scratch = crate::support::folder::scratch();
    fs::write(log(scratch.path()), b"").unwrap();
    let backend = FileBackend::open(scratch.path()).unwrap();
    assert_eq!(backend.generations().unwrap(), [GENERATION]);
    assert_eq!(backend.list().unwrap(), []);
    assert_eq!(backend.read(id(0)).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(backend.create(id(0), b"x").unwrap_err().kind(), ErrorKind::AlreadyExists, "its name is taken");
}

/// What a kill cannot cut; and what costs the user's thread more than it must.
#[test]
fn a_frame_that_fits_a_page_is_one_write() {
    let (scratch, journal) = (crate::support::folder::scratch(), Journal::new());
    let backend = FileBackend::open_watched(scratch.path(), &journal).unwrap();
    backend.create(id(0), b"first").unwrap();
    for (index, len, writes) in [(1, 4_096 - 32, 1), (2, 4_096 - 31, 2), (3, 64 * 1024, 2), (4, 64 * 1024 + 1, 3)] {
        let before = journal.len();
        backend.create(id(index), &vec![1; len]).unwrap();
        let steps = journal.steps().split_off(before);
        assert!(steps.iter().all(|step| matches!(step, Step::Write(..))), "{steps:?}");
        assert_eq!(steps.len(), writes, "{len} bytes");
    }
}

#[test]
fn a_closed_log_keeps_no_room() {
    let scratch = crate::support::folder::scratch();
    let backend = FileBackend::open(scratch.path()).unwrap();
    backend.create(id(0), &[1; 100]).unwrap();
    backend.sync().unwrap();
    let short = fs::metadata(log(scratch.path())).unwrap().len();
    assert_eq!(short, 16 + 32 + 100, "a log that is synced once may be at its end, and gets no room");
    backend.create(id(1), &[1; 100]).unwrap();
    backend.sync().unwrap();
    assert_eq!(
        fs::metadata(log(scratch.path())).unwrap().len(),
        16 + 2 * (32 + 104) - 4,
        "nor does a base with its seal"
    );
    backend.create(id(2), &[1; 100]).unwrap();
    backend.sync().unwrap();
    assert!(fs::metadata(log(scratch.path())).unwrap().len() >= 64 * 1024, "room for appends that change no size");
    drop(backend);
    assert_eq!(fs::metadata(log(scratch.path())).unwrap().len(), 16 + 3 * (32 + 104));
}

/// 40 kills while frames of every sort are written and synced. A frame that was acknowledged is there; the one that was
/// not is there or not; none is reported as damaged, because nothing was.
#[test]
fn a_kill_loses_no_frame_that_was_acknowledged_and_damages_none() {
    let mut most = 0;
    for kill in 0..40 {
        let scratch = crate::support::folder::scratch();
        let (mut writer, said) = child::started(child::command("write", scratch.path()));
        std::thread::sleep(Duration::from_micros(500 + 1_531 * kill));
        writer.kill().unwrap();
        writer.wait().unwrap();
        most = most.max(nothing_is_lost_or_damaged(scratch.path(), said.lines().map_while(Result::ok)));
    }
    assert!(most > 20, "the kills came too early to mean anything: {most}");
}

/// Checks what a killed writer left against what it said. Returns how many frames it had acknowledged.
fn nothing_is_lost_or_damaged(folder: &Path, said: impl Iterator<Item = String>) -> usize {
    let acknowledged = said.filter(|line| line.starts_with("created")).count();
    let backend = FileBackend::open(folder).unwrap();
    let frames = backend.frames(GENERATION).unwrap();
    assert!((acknowledged..=acknowledged + 1).contains(&frames.len()), "{} of {acknowledged}", frames.len());
    for index in frames {
        assert_eq!(backend.read(id(index)).unwrap(), child::bytes(index), "frame {index} of {acknowledged}");
    }
    acknowledged
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown, symlink};
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn files_are_private_whatever_the_umask() {
        for umask in ["0", "511"] {
            let scratch = crate::support::folder::scratch();
            let folder = scratch.path().join("new");
            let out = child::command("with umask", &folder).env("UMASK", umask).output().unwrap();
            assert!(String::from_utf8_lossy(&out.stdout).contains("done"), "umask {umask}: {out:?}");
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode(&folder), 0o700);
            for name in ["lock", "holder", log(&folder).file_name().unwrap().to_str().unwrap()] {
                assert_eq!(mode(&folder.join(name)), 0o600, "{name}, umask {umask}");
            }
        }
    }

    #[test]
    fn a_full_disk_keeps_what_is_stored_and_takes_what_still_fits() {
        let scratch = crate::support::folder::scratch();
        // A limit on the length of files (in blocks of 512 bytes) stands in for the disk; it cuts writes short, too.
        for blocks in [1, 7, 8, 41, 123] {
            let folder = scratch.path().join(blocks.to_string());
            let said = limited(&format!("trap '' XFSZ; ulimit -f {blocks}"), "until the disk is full", &folder);
            let failed = said.lines().find_map(|line| line.strip_prefix("failed ")).unwrap_or_else(|| panic!("{said}"));
            let failed: u32 = failed.parse().unwrap();
            assert!(said.contains("done"), "{blocks} blocks: {said}");
            let backend = FileBackend::open(&folder).unwrap();
            assert_eq!(backend.frames(GENERATION).unwrap(), (0..=failed).collect::<Vec<_>>(), "{blocks} blocks");
            for index in 0..failed {
                assert_eq!(backend.read(id(index)).unwrap(), child::bytes(index));
            }
            assert_eq!(backend.read(id(failed)).unwrap(), b"small enough");
        }
    }

    /// The same limit kills the writer where nothing ignores its signal, and does so exactly at the end of a page: where
    /// a kill at random can cut a long write short, but seldom does.
    #[test]
    fn a_kill_in_the_middle_of_a_long_frame_leaves_no_frame_and_no_damage() {
        let scratch = crate::support::folder::scratch();
        for page in 1..=30 {
            let folder = scratch.path().join(page.to_string());
            let said = limited(&format!("ulimit -c 0; ulimit -f {}", page * 8), "write without sync", &folder);
            nothing_is_lost_or_damaged(&folder, said.lines().map(str::to_owned));
            assert!(fs::metadata(log(&folder)).unwrap().len() <= page * 4_096);
        }
    }

    /// What a child says that runs after some commands of the shell.
    fn limited(first: &str, role: &str, folder: &Path) -> String {
        let out = Command::new("sh")
            .args(["-c", &format!("{first}; exec \"$@\""), "sh"])
            .args(child::arguments())
            .env(child::ROLE, role)
            .env(child::FOLDER, folder)
            .stderr(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(out.stdout).unwrap()
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let scratch = crate::support::folder::scratch();
        if chown(scratch.path(), Some(NOBODY), None).is_err() {
            eprintln!("skipped: only root can give a folder to another user");
            return;
        }
        let error = FileBackend::open(scratch.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("another user"), "{error}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing was made in it");
    }

    #[test]
    fn a_read_only_folder_is_refused_with_its_path() {
        let scratch = crate::support::folder::scratch();
        let folder = scratch.path().join("read-only");
        fs::create_dir(&folder).unwrap();
        let mut command = child::command("refused", &folder);
        if rustix::process::geteuid().is_root() {
            // Root may write anywhere, so somebody else must try.
            fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
            chown(&folder, Some(NOBODY), None).unwrap();
            command.uid(NOBODY);
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
        let Ok(out) = command.output() else {
            eprintln!("skipped: this binary cannot be run as another user");
            return;
        };
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(said.contains("refused PermissionDenied") && said.contains("read-only/lock"), "{said}");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    }

    /// A folder that may be entered and not read cannot be synced by us; a log that may not be read is not damaged.
    #[test]
    fn what_may_not_be_read_keeps_nobody_from_saving_and_is_not_called_damaged() {
        let scratch = crate::support::folder::scratch();
        let above = scratch.path().join("entered-only");
        fs::create_dir(&above).unwrap();
        let mut command = child::command("below a folder that cannot be read", &above.join("new"));
        if rustix::process::geteuid().is_root() {
            // Root may read anything, so somebody else must try.
            fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
            chown(&above, Some(NOBODY), None).unwrap();
            command.uid(NOBODY);
        }
        fs::set_permissions(&above, fs::Permissions::from_mode(0o300)).unwrap();
        let out = command.output();
        fs::set_permissions(&above, fs::Permissions::from_mode(0o700)).unwrap();
        let Ok(out) = out else {
            eprintln!("skipped: this binary cannot be run as another user");
            return;
        };
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(said.contains("synced, and PermissionDenied"), "{said}");
    }

    #[test]
    fn what_was_put_in_the_place_of_a_log_is_damage_and_is_never_followed() {
        let scratch = crate::support::folder::scratch();
        let elsewhere = scratch.path().join("elsewhere");
        let real = FileBackend::open(&elsewhere).unwrap();
        real.create(id(0), b"of another place").unwrap();
        drop(real);
        let folder = scratch.path().join("folder");
        let backend = FileBackend::open(&folder).unwrap();
        let path = log(&folder);
        let plant: [&dyn Fn(); 4] = [
            &|| symlink(log(&elsewhere), &path).unwrap(),
            &|| symlink("nowhere", &path).unwrap(),
            &|| rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap(),
            &|| fs::create_dir(&path).unwrap(),
        ];
        for (nth, plant) in plant.into_iter().enumerate() {
            plant();
            assert_eq!(backend.generations().unwrap(), [GENERATION]);
            assert_eq!(backend.list().unwrap(), [id(0)], "plant {nth}");
            assert_eq!(backend.read(id(0)).unwrap_err().kind(), ErrorKind::InvalidData, "plant {nth}");
            assert_eq!(backend.read_range(id(0), 0..1).unwrap_err().kind(), ErrorKind::InvalidData);
            assert_eq!(backend.read(id(1)).unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(backend.create(id(0), b"x").unwrap_err().kind(), ErrorKind::AlreadyExists, "plant {nth}");
            if path.is_dir() && !path.is_symlink() {
                assert!(backend.remove(GENERATION).is_err(), "a folder is nothing we made");
            } else {
                backend.remove(GENERATION).unwrap();
                assert_eq!(backend.list().unwrap(), []);
            }
        }
        assert_eq!(FileBackend::open(&elsewhere).unwrap().read(id(0)).unwrap(), b"of another place");
    }

    #[test]
    fn a_planted_lock_or_holder_neither_blocks_nor_leads_elsewhere() {
        let scratch = crate::support::folder::scratch();
        let victim = scratch.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        let folder = scratch.path().join("folder");
        fs::create_dir(&folder).unwrap();
        symlink(&victim, folder.join("holder")).unwrap();
        drop(FileBackend::open(&folder).unwrap());
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        fs::remove_file(folder.join("holder")).unwrap();
        fs::hard_link(&victim, folder.join("holder")).unwrap();
        drop(FileBackend::open(&folder).unwrap());
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        let lock = folder.join("lock");
        fs::remove_file(&lock).unwrap();
        symlink(&victim, &lock).unwrap();
        FileBackend::open(&folder).unwrap_err();
        fs::remove_file(&lock).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        FileBackend::open(&folder).unwrap_err();
        assert!(fs::symlink_metadata(&lock).unwrap().file_type().is_fifo());
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }

    #[test]
    fn an_unreadable_log_is_an_unavailable_place_and_not_a_damaged_frame() {
        let scratch = crate::support::folder::scratch();
        let folder = scratch.path().join("folder");
        let backend = FileBackend::open(&folder).unwrap();
        backend.create(id(0), b"x").unwrap();
        fs::rename(&folder, scratch.path().join("unmounted")).unwrap();
        for kind in [
            backend.list().map(drop).unwrap_err().kind(),
            backend.generations().map(drop).unwrap_err().kind(),
            backend.frames(Generation { number: 9, writer: 9 }).map(drop).unwrap_err().kind(),
            backend.read(FrameId { generation: Generation { number: 9, writer: 9 }, index: 0 }).unwrap_err().kind(),
        ] {
            assert_eq!(kind, ErrorKind::Other, "neither missing nor damaged");
        }
    }

    const NOBODY: u32 = 65_534;
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join(format!("{:016x}-{:016x}.log", GENERATION.number, GENERATION.writer))
}
