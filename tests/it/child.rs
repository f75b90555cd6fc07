//! What must be seen from another process. The parent runs this same binary once more, with [`run`] as its only test
//! and a role in the environment.

use std::io::{BufRead, BufReader, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use leftoff::backend::{Backend, FileBackend, FrameId, Generation};

pub const GENERATION: Generation = Generation { number: 1, writer: 0xfeed };

/// This program in the given role, on the given folder.
pub fn command(role: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(ARGS).env(ROLE, role).env(FOLDER, folder).stdout(Stdio::piped());
    command
}

/// What a shell needs to run this program in the given role.
pub fn arguments() -> impl Iterator<Item = String> {
    [std::env::current_exe().unwrap().to_str().unwrap().to_owned()].into_iter().chain(ARGS.map(str::to_owned))
}

/// A child that has said its first word.
pub fn started(mut command: Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(READY) {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "the child ended before it was ready");
    }
    (child, said)
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
    let Ok(role) = std::env::var(ROLE) else { return };
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    match role.as_str() {
        "hold" => {
            let _held = FileBackend::open(folder).unwrap();
            say(READY);
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        "write" => {
            let backend = FileBackend::open(folder).unwrap();
            say(READY);
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
        "below a folder that cannot be read" => {
            use std::os::unix::fs::PermissionsExt;

            let id = FrameId { generation: GENERATION, index: 0 };
            let backend = FileBackend::open(&folder).unwrap();
            backend.create(id, b"x").unwrap();
            backend.sync().unwrap();
            drop(backend);
            let log = folder.join("0000000000000001-000000000000feed.log");
            std::fs::set_permissions(log, std::fs::Permissions::from_mode(0o000)).unwrap();
            let error = FileBackend::open(&folder).unwrap().read(id).unwrap_err();
            say(&format!("synced, and {:?}", error.kind()));
        }
        "refused" => {
            let error = FileBackend::open(folder).unwrap_err();
            say(&format!("refused {:?} {error}", error.kind()));
        }
        role => panic!("no such role: {role}"),
    }
}

fn write_on(backend: &FileBackend) {
    for index in 0.. {
        backend.create(FrameId { generation: GENERATION, index }, &bytes(index)).unwrap();
        say(&format!("created {index}"));
    }
}

fn say(word: &str) {
    let mut out = stdout().lock();
    writeln!(out, "\n{word}").unwrap();
    out.flush().unwrap();
}

pub const ROLE: &str = "LEFTOFF_TEST_ROLE";
pub const FOLDER: &str = "LEFTOFF_TEST_FOLDER";
const READY: &str = "ready and waiting";
const ARGS: [&str; 4] = ["child::run", "--exact", "--nocapture", "--test-threads=1"];
