//! What only Unix has: modes, links, pipes, limits, other users.

use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::*;
use crate::support::child::in_shell;

#[test]
fn files_are_private_whatever_the_umask() {
    for umask in ["0", "511"] {
        let scratch = crate::support::folder::scratch();
        let folder = scratch.path().join("new");
        let out = command("with umask", &folder).env("UMASK", umask).output().unwrap();
        assert!(String::from_utf8_lossy(&out.stdout).contains("done"), "umask {umask}: {out:?}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&folder), 0o700);
        for name in ["lock", "holder", log(&folder).file_name().unwrap().to_str().unwrap()] {
            assert_eq!(mode(&folder.join(name)), 0o600, "{name}, umask {umask}");
        }
    }
}

#[test]
fn room_is_what_the_volume_has() {
    let scratch = crate::support::folder::scratch();
    let room = FileBackend::open(scratch.path()).unwrap().room().unwrap();
    let said = Command::new("df").arg("-Pk").arg(scratch.path()).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let kilobytes: u64 = said.lines().nth(1).unwrap().split_whitespace().nth(3).unwrap().parse().unwrap();
    // Others write to the volume meanwhile.
    assert!((room >> 10).abs_diff(kilobytes) < 1 << 20, "{room} bytes, {said}");
}

#[test]
fn a_full_disk_keeps_what_is_stored_and_takes_what_still_fits() {
    let scratch = crate::support::folder::scratch();
    // A limit on the length of files (in blocks of 512 bytes) stands in for the disk; it cuts writes short, too.
    for blocks in [1, 7, 8, 41, 123] {
        let folder = scratch.path().join(blocks.to_string());
        let said = limited(&format!("trap '' XFSZ; ulimit -f {blocks}"), "until the disk is full", &folder);
        let failed = said[0].strip_prefix("failed ").unwrap_or_else(|| panic!("{said:?}"));
        let failed: u32 = failed.parse().unwrap();
        assert_eq!(said.last().unwrap(), "done", "{blocks} blocks: {said:?}");
        let backend = FileBackend::open(&folder).unwrap();
        assert_eq!(backend.frames(GENERATION).unwrap(), (0..=failed).collect::<Vec<_>>(), "{blocks} blocks");
        for index in 0..failed {
            assert_eq!(backend.read(id(index)).unwrap(), bytes(index));
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
        nothing_is_lost_or_damaged(&folder, said.len());
        assert!(fs::metadata(log(&folder)).unwrap().len() <= page * 4_096);
    }
}

/// What a child says that runs after some commands of the shell.
fn limited(first: &str, role: &str, folder: &Path) -> Vec<String> {
    let out = in_shell(first, &command(role, folder)).output().unwrap();
    let mut said = out.stdout.as_slice();
    std::iter::from_fn(|| hear(&mut said)).collect()
}

#[test]
fn a_log_gets_room_again_after_a_failed_write_took_it() {
    let scratch = crate::support::folder::scratch();
    let said = limited("ulimit -c 0; trap '' XFSZ", "fail to write and go on", scratch.path());
    assert_eq!(said, ["done"]);
    assert!(fs::metadata(log(scratch.path())).unwrap().len() >= 64 * 1024, "room for appends that change no size");
}

#[test]
fn names_whose_sync_failed_are_synced_by_the_next_one() {
    let scratch = crate::support::folder::scratch();
    let mut process = command("sync without a file descriptor to spare", scratch.path()).spawn().unwrap();
    let said = hear(&mut ears(&mut process)).unwrap();
    process.wait().unwrap();
    assert!(said.starts_with("failed with") && said.ends_with("then synced: true"), "{said}");
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
    let Some(said) = with_mode(0o500, &folder, command("refused", &folder)) else { return };
    assert!(said.contains("refused PermissionDenied") && said.contains("read-only/lock"), "{said}");
}

/// A folder that may be entered and not read cannot be synced by us; a log that may not be read is not damaged.
#[test]
fn what_may_not_be_read_keeps_nobody_from_saving_and_is_not_called_damaged() {
    let scratch = crate::support::folder::scratch();
    let above = scratch.path().join("entered-only");
    let child = command("below a folder that cannot be read", &above.join("new"));
    let Some(said) = with_mode(0o300, &above, child) else { return };
    assert!(said.contains("synced, and PermissionDenied"), "{said}");
}

/// What a child says while `folder`, which is made for it, has that mode. Root may do anything, so somebody else must try.
fn with_mode(mode: u32, folder: &Path, mut child: Command) -> Option<String> {
    let allow = |folder: &Path, mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
    fs::create_dir(folder).unwrap();
    if rustix::process::geteuid().is_root() {
        allow(folder.parent().unwrap(), 0o755);
        chown(folder, Some(NOBODY), None).unwrap();
        child.uid(NOBODY);
    }
    allow(folder, mode);
    let out = child.output();
    allow(folder, 0o700);
    if out.is_err() {
        eprintln!("skipped: this binary cannot be run as another user");
    }
    Some(String::from_utf8_lossy(&out.ok()?.stdout).into_owned())
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
        assert!(matches!(backend.read(id(0)), Err(Error::Damaged(_))), "plant {nth}");
        assert!(matches!(backend.read_range(id(0), 0..1), Err(Error::Damaged(_))));
        assert!(matches!(backend.read(id(1)), Err(Error::NotFound(_))));
        assert!(matches!(backend.create(id(0), b"x"), Err(Error::Taken)), "plant {nth}");
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
    for error in [
        backend.list().map(drop).unwrap_err(),
        backend.generations().map(drop).unwrap_err(),
        backend.frames(Generation { number: 9, writer: 9 }).map(drop).unwrap_err(),
        backend.read(FrameId { generation: Generation { number: 9, writer: 9 }, index: 0 }).map(drop).unwrap_err(),
    ] {
        let Error::Unavailable(error) = error else { panic!("neither missing nor damaged: {error:?}") };
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

const NOBODY: u32 = 65_534;
