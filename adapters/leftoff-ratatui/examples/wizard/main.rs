//! A trip request in a terminal that may be interrupted at any moment: `cargo run --example wizard -- [--dir DIR]
//! [--next] [--ascii]`.
//!
//! With the feature `roam`, two directories on one machine can stand for two devices: `--roam SHARED --device laptop
//! --key FILE`; the first one makes the key with `--new-key FILE`.
//!
//! Type a few answers, then kill it in any way. The next start is at the same field, with an arrow beside it. F5 lists
//! what is open, the last actions and the earlier states. `--next` starts the next version of the program, in which the
//! fields have other positions and names.

mod app;
mod form;
mod panel;
mod roam;
mod screen;
mod signals;
mod way;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::marker::cue::CuePolicy;
use leftoff::{AppId, Reason, Session};
use leftoff_ratatui::{Arrow, CardAction};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{
    self, DisableFocusChange, EnableFocusChange, Event, KeyCode, KeyEventKind, KeyModifiers,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, disable_raw_mode, enable_raw_mode};

use app::{App, Mode};
use signals::Signals;

const USAGE: &str = "\
usage: wizard [--dir DIR] [--next] [--ascii] [--roam DIR --device NAME --key FILE]
  --dir DIR  keep the state in DIR, instead of in the system's directory for it
  --next     be the next version of this program
  --ascii    for terminals without Unicode
  --roam DIR     meet the other devices in the directory DIR (feature `roam`)
  --device NAME  what you call this device, as in \"Continued from your laptop\"
  --key FILE     the key of your devices; --new-key FILE makes it, on the first device only";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "wizard: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let (mut builder, mut is_next) = (Session::builder(AppId::new("com.example.tui-trip")), false);
    let mut arrow = Arrow::new().policy(policy());
    let keys = [
        (CardAction::Continue, "Ctrl-G"),
        (CardAction::NotNow, "Esc"),
        (CardAction::Done, "F6"),
        (CardAction::UndoRestore, "F7"),
    ];
    for (action, key) in keys {
        arrow = arrow.key(action, key);
    }
    #[cfg(feature = "roam")]
    for (action, key) in roam::KEYS {
        arrow = arrow.device_key(action, key);
    }
    let mut options = roam::Options::default();
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--dir") => builder = builder.dir(arguments.next().ok_or(USAGE)?),
            Some("--next") => (builder, is_next) = (builder.renames(form::RENAMES), true),
            Some("--ascii") => arrow = arrow.ascii(),
            Some("--roam") => options.shared = Some(arguments.next().ok_or(USAGE)?.into()),
            Some("--device") => {
                options.device = arguments.next().and_then(|name| name.into_string().ok()).ok_or(USAGE)?;
            }
            Some(word @ ("--key" | "--new-key")) => {
                options.makes_key = word == "--new-key";
                options.key = Some(arguments.next().ok_or(USAGE)?.into());
            }
            _ => return Err(USAGE.into()),
        }
    }
    let session = builder.open();
    let devices = roam::Devices::start(&options, &session)?;
    let mut app = App::new(session, arrow, devices, is_next);
    let signals = Signals::register()?;
    // After the program's own handlers, which decide what follows a signal. Hears of panics and `exit`, too.
    leftoff_os::watch(&app.session);
    // Restores the terminal even if the program panics.
    let mut terminal = ratatui::try_init()?;
    // Most terminals tell when another program gets the focus.
    execute!(io::stdout(), EnableFocusChange)?;
    let left = talk(&mut terminal, &mut app, &signals);
    // If the terminal is gone, there is nothing to restore.
    let _ = execute!(io::stdout(), DisableFocusChange);
    let _ = ratatui::try_restore();
    match left {
        Ok(None) => {}
        Ok(Some(reason)) => app.leave(reason),
        // The terminal was closed.
        Err(_) => app.leave(Reason::Hangup),
    }
    app.devices.close(&mut app.session);
    Ok(app.session.close()?)
}

/// Shows everything after the shortest absence: a user who tries this out returns after a second.
fn policy() -> CuePolicy {
    let mut policy = CuePolicy::default();
    (policy.quiet_below, policy.line_from) = (Duration::ZERO, Duration::ZERO);
    policy
}

/// Draws and reads keys until the user quits (`None`) or the program is asked to end.
fn talk(terminal: &mut DefaultTerminal, app: &mut App, signals: &Signals) -> io::Result<Option<Reason>> {
    draw(terminal, app)?;
    let events = listen();
    let (mut ticked, mut pressed) = (Instant::now(), Instant::now());
    loop {
        let event = match events.recv_timeout(LOOK_UP) {
            Ok(event) => Some(event?),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(Some(Reason::Hangup)),
        };
        let took_over = app.prepare();
        if signals.asks_to_stop() || cfg!(unix) && event.as_ref().is_some_and(is_ctrl_z) {
            stop(app)?;
        } else if event == Some(Event::FocusLost) {
            app.session.focus_lost();
            app.devices.focus(false);
        } else if event == Some(Event::FocusGained) {
            app.devices.focus(true);
        } else if let Some(Event::Key(key)) = event
            && key.kind != KeyEventKind::Release
            && !app.press(key)
        {
            return Ok(None);
        }
        if let Some(reason) = signals.end() {
            return Ok(Some(reason));
        }
        let has_continued = signals.has_continued();
        if has_continued {
            take_screen(terminal)?;
            app.wake();
        }
        if event.is_some() {
            pressed = Instant::now();
        }
        // A user who pauses for a while, or who looks at the list, finds the arrow still there.
        let is_at_work = pressed.elapsed() < AT_WORK && !matches!(app.mode, Mode::Way(_));
        let has_faded = is_at_work && app.arrow.tick(ticked.elapsed());
        ticked = Instant::now();
        let has_news = app.has_news();
        if event.is_some() || has_continued || has_faded || took_over || has_news {
            draw(terminal, app)?;
        }
    }
}

fn draw(terminal: &mut DefaultTerminal, app: &mut App) -> io::Result<()> {
    if app.takes_the_user_there() {
        // Once to locate the element, and once more at its position.
        terminal.draw(|frame| screen::draw(frame, app))?;
        app.go_back_there();
    }
    terminal.draw(|frame| screen::draw(frame, app))?;
    Ok(())
}

fn is_ctrl_z(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    key.kind != KeyEventKind::Release && key.code == KeyCode::Char('z') && key.modifiers.contains(KeyModifiers::CONTROL)
}

/// Gives the terminal back to the shell, and stops until the shell continues the program. In raw mode, Ctrl-Z is only a
/// key.
fn stop(app: &mut App) -> io::Result<()> {
    app.leave(Reason::from("a look at the shell"));
    execute!(io::stdout(), DisableFocusChange)?;
    ratatui::try_restore()?;
    signals::stop()
}

/// Takes the screen back after the program was stopped.
fn take_screen(terminal: &mut DefaultTerminal) -> io::Result<()> {
    // The shell may have changed the mode, which crossterm cannot know, so the mode is set in any case.
    disable_raw_mode()?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableFocusChange)?;
    // Empties the screen, so that the next frame is drawn completely. `clear` would ask the terminal for the position of
    // the cursor, and the thread in `listen` would read the answer.
    let size = terminal.size()?;
    terminal.resize(size.into())
}

/// The time after a key press during which the user counts as active.
const AT_WORK: Duration = Duration::from_secs(5);
/// The interval for checking whether the program was asked to stop.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Reads keys on its own thread: when the terminal is closed, a read never returns.
fn listen() -> Receiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || while sender.send(event::read()).is_ok() {});
    receiver
}
