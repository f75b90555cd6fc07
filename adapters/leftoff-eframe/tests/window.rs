//! The template in a real window, on an X server in memory. Needs Xvfb, xdotool and openbox, which the gate installs.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leftoff::{AppId, LastExit, Reason, Section, Session};
use serde::Deserialize;

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Screen {
    _server: Running,
    display: String,
}

impl Screen {
    fn open() -> Option<Self> {
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1024x768x24", "+extension", "GLX"]);
        let mut server = Running(server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?);
        let mut number = [0; 8];
        let read = server.0.stdout.as_mut().unwrap().read(&mut number).unwrap();
        let number = std::str::from_utf8(number.get(..read).unwrap()).unwrap().trim().to_owned();
        Some(Self { _server: server, display: format!(":{number}") })
    }

    fn xdotool(&self, words: &[&str]) -> String {
        let output = Command::new("xdotool").args(words).env("DISPLAY", &self.display).output().unwrap();
        assert!(output.status.success(), "xdotool {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the template. Returns it and the number of its window.
    fn start(&self, home: &Path) -> (Running, String) {
        let target: PathBuf = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let mut app = Command::new(target.join("examples/template"));
        app.env("DISPLAY", &self.display).env("HOME", home).env("LIBGL_ALWAYS_SOFTWARE", "1");
        app.env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env_remove("WAYLAND_DISPLAY");
        let app = Running(app.spawn().unwrap());
        let window = self.xdotool(&["search", "--sync", "--onlyvisible", "--name", "eframe template"]);
        let window = window.trim().to_owned();
        self.xdotool(&["windowfocus", "--sync", &window]);
        std::thread::sleep(Duration::from_millis(1500));
        (app, window)
    }

    /// Starts a window manager, which decorates windows and places new ones itself.
    fn manage(&self) -> Option<Running> {
        let manager = Running(Command::new("openbox").env("DISPLAY", &self.display).spawn().ok()?);
        std::thread::sleep(Duration::from_secs(1));
        Some(manager)
    }

    /// X, Y, width and height.
    fn place(&self, window: &str) -> [i32; 4] {
        let said = self.xdotool(&["getwindowgeometry", "--shell", window]);
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
            line.parse().unwrap()
        };
        ["X", "Y", "WIDTH", "HEIGHT"].map(number)
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Stored {
    label: String,
    value: f32,
}

fn signal(app: &Running, name: &str) {
    assert!(Command::new("kill").args([name, &app.0.id().to_string()]).status().unwrap().success());
}

fn stored_in(home: &Path) -> Session {
    let app = AppId::new("org.example.eframe-template");
    Session::builder(app).dir(home.join("state/org.example.eframe-template/leftoff")).open()
}

#[test]
fn window_and_state_come_back_after_signals_and_app_ron_is_taken_over() {
    let Some(screen) = Screen::open() else {
        eprintln!("no Xvfb here: nothing is tested");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    // What eframe wrote for the template.
    let ron = home.path().join("data/eframetemplate/app.ron");
    std::fs::create_dir_all(ron.parent().unwrap()).unwrap();
    let text = r#"{"app": "(label:\"from eframe\",value:5.0)"}"#;
    std::fs::write(&ron, text).unwrap();

    let (mut app, window) = screen.start(home.path());
    screen.xdotool(&["windowsize", &window, "520", "360"]);
    screen.xdotool(&["windowmove", &window, "120", "80"]);
    std::thread::sleep(Duration::from_millis(500));
    screen.xdotool(&["key", "Tab", "sleep", "0.3", "key", "End", "type", "!"]);
    std::thread::sleep(Duration::from_millis(500));
    signal(&app, "-TERM");
    assert!(!app.0.wait().unwrap().success(), "it ends by the signal");
    assert_eq!(stored_in(home.path()).last_exit(), &LastExit::Interrupted(Reason::Terminate));

    let (mut app, window) = screen.start(home.path());
    assert_eq!(screen.place(&window), [120, 80, 520, 360]);
    // The field has the focus and the caret.
    screen.xdotool(&["type", "?"]);
    std::thread::sleep(Duration::from_millis(500));
    signal(&app, "-KILL");
    app.0.wait().unwrap();

    let mut session = stored_in(home.path());
    let stored = session.get_or_default(Section::<Stored>::new("state", 1));
    assert_eq!(stored, Stored { label: "from eframe!?".to_owned(), value: 5.0 });
    assert_eq!(session.last_exit(), &LastExit::Crashed);
    assert!(std::fs::read_to_string(&ron).unwrap().contains("from eframe"), "the old file is still there");
}

#[test]
fn window_comes_back_where_a_window_manager_places_new_windows_itself() {
    let screen = Screen::open();
    let Some((screen, _manager)) = screen.and_then(|screen| screen.manage().map(|manager| (screen, manager))) else {
        eprintln!("no Xvfb or no openbox here: nothing is tested");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let (mut app, window) = screen.start(home.path());
    let placed = screen.place(&window);
    screen.xdotool(&["windowmove", &window, "120", "80"]);
    std::thread::sleep(Duration::from_millis(500));
    let left = screen.place(&window);
    assert_ne!(left, placed);
    screen.xdotool(&["key", "Tab", "type", "!"]);
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(500));
        signal(&app, "-KILL");
        app.0.wait().unwrap();
        let (again, window) = screen.start(home.path());
        assert_eq!(screen.place(&window), left);
        app = again;
    }
}
