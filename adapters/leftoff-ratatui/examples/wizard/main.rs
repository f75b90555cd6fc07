//! A trip request in a terminal, whose user may be torn away at any moment:
//! `cargo run --example wizard -- [--dir DIR] [--next] [--ascii]`.
//!
//! Type a few answers, then kill it however you like. The next start is at the same field, with an arrow beside it.
//! `--next` starts the next version of the program, in which the fields have other places and names.

mod app;
mod form;
mod screen;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use leftoff::marker::cue::CuePolicy;
use leftoff::{AppId, Reason, Session};
use leftoff_ratatui::Arrow;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use app::App;

const USAGE: &str = "\
usage: wizard [--dir DIR] [--next] [--ascii]
  --dir DIR  keep the state in DIR, instead of in the system's folder for it
  --next     be the next version of this program
  --ascii    for terminals without Unicode";

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
    let (mut builder, mut arrow, mut is_next) =
        (Session::builder(AppId::new("com.example.tui-trip")), Arrow::new().policy(policy()), false);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--dir") => builder = builder.dir(arguments.next().ok_or(USAGE)?),
            Some("--next") => (builder, is_next) = (builder.renames(form::RENAMES), true),
            Some("--ascii") => arrow = arrow.ascii(),
            _ => return Err(USAGE.into()),
        }
    }
    let mut app = App::new(builder.open(), arrow, is_next);
    let told = told_to_stop()?;
    // Leaves the terminal as it was even if the program panics.
    let mut terminal = ratatui::try_init()?;
    let left = talk(&mut terminal, &mut app, &told);
    // Where the terminal is gone, there is nothing to leave clean.
    let _ = ratatui::try_restore();
    match left {
        Ok(None) => {}
        Ok(Some(reason)) => app.leave(reason),
        // Nobody is there any more.
        Err(_) => app.leave(Reason::Hangup),
    }
    Ok(app.session.close()?)
}

/// Whoever tries this out comes back after a second, and wants to see what others see after minutes.
fn policy() -> CuePolicy {
    let mut policy = CuePolicy::default();
    (policy.quiet_below, policy.line_from) = (Duration::ZERO, Duration::ZERO);
    policy
}

/// Shows and listens until the user leaves (`None`) or the program is told to stop.
fn talk(terminal: &mut DefaultTerminal, app: &mut App, told: &AtomicUsize) -> io::Result<Option<Reason>> {
    // Drawn once to find the element, and once more where it is.
    terminal.draw(|frame| screen::draw(frame, app))?;
    app.go_back_there();
    terminal.draw(|frame| screen::draw(frame, app))?;
    let events = listen();
    let (mut ticked, mut pressed) = (Instant::now(), Instant::now());
    loop {
        let event = match events.recv_timeout(LOOK_UP) {
            Ok(event) => Some(event?),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(Some(Reason::Hangup)),
        };
        if let Some(Event::Key(key)) = event
            && key.kind != KeyEventKind::Release
            && !app.press(key)
        {
            return Ok(None);
        }
        if let Some(reason) = reason(told.load(Ordering::Relaxed)) {
            return Ok(Some(reason));
        }
        if event.is_some() {
            pressed = Instant::now();
        }
        // Who looks out of the window for a while finds the arrow still there.
        let has_faded = pressed.elapsed() < AT_WORK && app.arrow.tick(ticked.elapsed());
        ticked = Instant::now();
        if event.is_some() || has_faded {
            terminal.draw(|frame| screen::draw(frame, app))?;
        }
    }
}

/// So long after a key was pressed, the user is at work.
const AT_WORK: Duration = Duration::from_secs(5);
/// How often to look whether the program was told to stop.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Reads keys on a thread of its own: when the terminal is closed, reading from it never comes back.
fn listen() -> Receiver<io::Result<Event>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || while sender.send(event::read()).is_ok() {});
    receiver
}

/// The number of the signal that told the program to stop, if one did.
#[cfg(unix)]
fn told_to_stop() -> io::Result<Arc<AtomicUsize>> {
    use signal_hook::consts::{SIGHUP, SIGTERM};
    let told = Arc::new(AtomicUsize::new(0));
    for (signal, number) in [(SIGHUP, HANGUP), (SIGTERM, TERMINATE)] {
        signal_hook::flag::register_usize(signal, Arc::clone(&told), number)?;
    }
    Ok(told)
}

#[cfg(not(unix))]
fn told_to_stop() -> io::Result<Arc<AtomicUsize>> {
    Ok(Arc::new(AtomicUsize::new(0)))
}

const HANGUP: usize = 1;
const TERMINATE: usize = 2;

fn reason(told: usize) -> Option<Reason> {
    match told {
        HANGUP => Some(Reason::Hangup),
        TERMINATE => Some(Reason::Terminate),
        _ => None,
    }
}
