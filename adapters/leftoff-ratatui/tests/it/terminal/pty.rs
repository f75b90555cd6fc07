//! A terminal: a program in it, somebody at its keyboard, and what its screen shows.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, Winsize, tcgetattr, tcsetattr, tcsetwinsize};
use vt100::Parser;

/// How long anything may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// The example's executable, which `cargo test` builds before it runs this; `cargo test --test it` does not.
fn wizard() -> &'static Path {
    static WIZARD: OnceLock<PathBuf> = OnceLock::new();
    WIZARD.get_or_init(|| {
        let test = env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let program = profile.join("examples").join("wizard");
        let modified = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        let directories =
            ["/examples/wizard", "/src"].map(|directory| format!("{}{directory}", env!("CARGO_MANIFEST_DIR")));
        let sources = directories.iter().flat_map(|directory| fs::read_dir(directory).unwrap());
        if modified(&program) < sources.map(|file| modified(&file.unwrap().path())).max().flatten() {
            let build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
                .args(["build", "--quiet", "--example", "wizard", "--target-dir"])
                .arg(profile.parent().unwrap())
                .current_dir(env!("CARGO_MANIFEST_DIR"))
                .status();
            assert!(build.unwrap().success() && program.exists());
        }
        program
    })
}

pub(crate) struct Terminal {
    child: Child,
    /// The outer end of the terminal.
    keyboard: Option<File>,
    /// The name of its inner end, which a shell has, too.
    inner: String,
    screen: Arc<Mutex<Parser>>,
    reader: Option<JoinHandle<()>>,
    is_closed: Arc<AtomicBool>,
}

impl Terminal {
    /// The wizard in a terminal of so many columns and rows, once it waits for a key.
    pub(crate) fn start(dir: &Path, arguments: &[&str], (columns, rows): (u16, u16)) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).unwrap();
        let inner = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = || Stdio::from(open(&inner));
        // `setsid` makes this the terminal of the program and then becomes the program itself.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(wizard()).arg("--dir").arg(dir).args(arguments);
        command.env("TERM", "xterm-256color").env("NO_COLOR", "1");
        let child = command.stdin(theirs()).stdout(theirs()).stderr(theirs()).spawn().unwrap();
        drop(command);

        let screen = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let keyboard = File::from(ours);
        let is_closed = Arc::new(AtomicBool::new(false));
        let (output, shown, closed) = (keyboard.try_clone().unwrap(), Arc::clone(&screen), Arc::clone(&is_closed));
        let reader = thread::spawn(move || read(output, &shown, &closed));
        let terminal = Self { child, keyboard: Some(keyboard), inner, screen, reader: Some(reader), is_closed };
        terminal.wait_for("Trip request");
        terminal.wait_for(if rows > 4 { "\n\n" } else { "" });
        terminal
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Types and waits until it is there, by when it is also saved.
    pub(crate) fn answer(&mut self, text: &str) {
        self.press(text);
        self.wait_for(text);
    }

    /// The rows without the blanks at their ends.
    pub(crate) fn contents(&self) -> String {
        let contents = self.screen.lock().unwrap_or_else(PoisonError::into_inner).screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Whether the terminal is as programs find it: the cursor can be seen, and the first screen is shown.
    pub(crate) fn is_clean(&self) -> bool {
        let guard = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        !guard.screen().alternate_screen() && !guard.screen().hide_cursor()
    }

    /// The first row with this text.
    pub(crate) fn row(&self, text: &str) -> String {
        let contents = self.contents();
        contents.lines().find(|row| row.contains(text)).unwrap_or_else(|| panic!("{text:?} in\n{contents}")).to_owned()
    }

    /// The text of the row with the cursor.
    fn row_with_cursor(&self) -> String {
        let guard = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let (row, _) = guard.screen().cursor_position();
        let contents = guard.screen().contents();
        contents.lines().nth(row.into()).unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, || self.contents().contains(text));
    }

    #[track_caller]
    pub(crate) fn wait_until_gone(&self, text: &str) {
        self.wait_until(&format!("no {text}"), || !self.contents().contains(text));
    }

    /// Waits for the cursor to be in a row with this text.
    #[track_caller]
    pub(crate) fn wait_for_cursor_at(&self, text: &str) {
        self.wait_until(&format!("cursor at {text}"), || self.row_with_cursor().contains(text));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let give_up = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < give_up, "waited for {what:?} in vain:\n{}", self.contents());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The program may have ended or stopped before its last output is read here.
    #[track_caller]
    pub(crate) fn wait_until_clean(&self) {
        self.wait_until("a clean terminal", || self.is_clean());
    }

    #[track_caller]
    pub(crate) fn wait_until_stopped(&self) {
        let stat = format!("/proc/{}/stat", self.child.id());
        // The state follows the name, which is in parentheses.
        self.wait_until("a stopped program", || fs::read_to_string(&stat).unwrap().contains(") T "));
    }

    /// What a shell does while the program is stopped: it sets the terminal to lines, and writes.
    pub(crate) fn act_as_shell(&self, text: &str) {
        let mut inner = open(&self.inner);
        let mut mode = tcgetattr(&inner).unwrap();
        mode.local_modes.insert(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(&inner, OptionalActions::Now, &mode).unwrap();
        inner.write_all(text.as_bytes()).unwrap();
        self.wait_for(text.trim_end());
    }

    /// Closes the window.
    pub(crate) fn hang_up(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.keyboard = None;
        // With it, the last outer end of the terminal is gone.
        self.reader.take().unwrap().join().unwrap();
    }

    /// Waits for the program to end by itself.
    #[track_caller]
    pub(crate) fn end(&mut self) -> ExitStatus {
        let give_up = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < give_up, "it did not end:\n{}", self.contents());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn open(inner: &str) -> File {
    OpenOptions::new().read(true).write(true).open(inner).unwrap()
}

fn read(mut output: File, shown: &Mutex<Parser>, closed: &AtomicBool) {
    let mut bytes = [0; 4096];
    let wait = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    while !closed.load(Ordering::Relaxed) {
        let mut polled = [PollFd::new(&output, PollFlags::IN)];
        if poll(&mut polled, Some(&wait)) == Ok(0) {
            continue;
        }
        let Ok(length @ 1..) = output.read(&mut bytes) else { return };
        shown.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..length]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
