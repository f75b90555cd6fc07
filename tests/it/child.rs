//! What must be seen of a `FileBackend` from another process.

use std::path::Path;
use std::process::Command;

#[cfg(unix)]
use leftoff::backend::Error;
use leftoff::backend::{Backend, FileBackend, FrameId, Generation};
#[cfg(unix)]
use leftoff_testing::{Journal, Step};
#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::child::{role, say, spawn};

pub const GENERATION: Generation = Generation { number: 1, writer: 0xfeed };

/// This program in the given role, on the given folder.
pub fn command(role: &str, folder: &Path) -> Command {
    spawn("child::run", &format!("{role}|{}", folder.display()))
}

/// The length of frame `index`: below a page, at its edge, above, and above what is copied.
pub fn len(index: u32) -> usize {
    [60, 4_064, 20_000, 4_065, 0, 900, 70_000, 300][index as usize % 8]
}

pub fn bytes(index: u32) -> Vec<u8> {
    index.to_le_bytes().into_iter().cycle().take(len(index)).collect()
}

#[test]
fn run() {
    let Some(role) = role() else { return };
    let (role, folder) = role.split_once('|').unwrap();
    let folder = Path::new(folder);
    match role {
        "hold" => {
            let _held = FileBackend::open(folder).unwrap();
            say("ready");
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        "write" => {
            let backend = FileBackend::open(folder).unwrap();
            say("ready");
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    loop {
                        backend.sync().unwrap();
                    }
                });
                write_on(&backend);
            });
        }
        "write without sync" => write_on(&FileBackend::open(folder).unwrap()),
        "until the disk is full" => {
            let backend = FileBackend::open(folder).unwrap();
            let create = |index, bytes: &[u8]| backend.create(FrameId { generation: GENERATION, index }, bytes);
            let mut index = 0;
            while create(index, &bytes(index)).is_ok() {
                index += 1;
            }
            say(&format!("failed {index}"));
            assert!(create(index, &bytes(index)).is_err(), "still full");
            create(index, b"small enough").unwrap();
            backend.sync().unwrap();
            assert_eq!(backend.frames(GENERATION).unwrap().len(), index as usize + 1);
            say("done");
            std::process::abort();
        }
        #[cfg(unix)]
        "with umask" => {
            let umask = std::env::var("UMASK").unwrap().parse().unwrap();
            rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask));
            let backend = FileBackend::open(folder).unwrap();
            backend.create(FrameId { generation: GENERATION, index: 0 }, b"private").unwrap();
            assert_eq!(backend.read(FrameId { generation: GENERATION, index: 0 }).unwrap(), b"private");
            say("done");
        }
        #[cfg(unix)]
        "sync without a file descriptor to spare" => sync_without_a_file_descriptor(folder),
        #[cfg(unix)]
        "fail to write and go on" => {
            let backend = FileBackend::open(folder).unwrap();
            let create = |index, bytes: &[u8]| backend.create(FrameId { generation: GENERATION, index }, bytes);
            for index in 0..3 {
                create(index, b"small").unwrap();
                backend.sync().unwrap();
            }
            with_limit(Resource::Fsize, 8 << 10, || create(3, &vec![1; 20_000]).unwrap_err());
            create(3, b"small").unwrap();
            backend.sync().unwrap();
            say("done");
            std::process::abort();
        }
        #[cfg(unix)]
        "below a folder that cannot be read" => {
            use std::os::unix::fs::PermissionsExt;

            let id = FrameId { generation: GENERATION, index: 0 };
            let backend = FileBackend::open(folder).unwrap();
            backend.create(id, b"x").unwrap();
            backend.sync().unwrap();
            drop(backend);
            let log = folder.join("0000000000000001-000000000000feed.log");
            std::fs::set_permissions(log, std::fs::Permissions::from_mode(0o000)).unwrap();
            let error = FileBackend::open(folder).unwrap().read(id).unwrap_err();
            let Error::Unavailable(error) = error else { panic!("{error:?}") };
            say(&format!("synced, and {:?}", error.kind()));
        }
        "refused" => {
            let error = FileBackend::open(folder).unwrap_err();
            say(&format!("refused {:?} {error}", error.kind()));
        }
        role => panic!("no such role: {role}"),
    }
}

/// The names in the folder cannot be synced without opening it.
#[cfg(unix)]
fn sync_without_a_file_descriptor(folder: &Path) {
    let journal = Journal::new();
    let backend = journal.open(folder).unwrap();
    backend.create(FrameId { generation: GENERATION, index: 0 }, b"x").unwrap();
    backend.sync().unwrap();
    let generation = Generation { number: 2, ..GENERATION };
    backend.create(FrameId { generation, index: 0 }, b"of a new log").unwrap();
    let born = journal.len();
    let error = with_limit(Resource::Nofile, 3, || backend.sync().unwrap_err());
    backend.sync().unwrap();
    let steps = journal.steps().split_off(born);
    let is_synced = steps.iter().any(|step| matches!(step, Step::SyncDir(path, _) if path == folder));
    say(&format!("failed with {error}; then synced: {is_synced}"));
}

#[cfg(unix)]
fn with_limit<T>(resource: Resource, limit: u64, act: impl FnOnce() -> T) -> T {
    let before = getrlimit(resource);
    setrlimit(resource, Rlimit { current: Some(limit), ..before }).unwrap();
    let done = act();
    setrlimit(resource, before).unwrap();
    done
}

fn write_on(backend: &FileBackend) {
    for index in 0.. {
        backend.create(FrameId { generation: GENERATION, index }, &bytes(index)).unwrap();
        say(&format!("created {index}"));
    }
}
