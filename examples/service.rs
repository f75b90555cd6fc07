//! A service with an operator's console; both threads share the session: `cargo run --example service -- [DIR]`.
//!
//! `add NAME`, `pause`, `resume`, `status`, `quit`. Kill it at any moment: the next start has the queue as it was, takes up
//! the job that was running, and tells the operator their last command.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use leftoff::{Action, AppId, Error, Mark, Section, Session};
use serde::{Deserialize, Serialize};

const QUEUE: Section<Queue> = Section::new("queue", 1);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Queue {
    waiting: VecDeque<String>,
    /// The job that the worker has begun. Each job of this service can be repeated.
    running: Option<String>,
    done: u64,
    is_paused: bool,
}

/// The state and its session, under one lock: a capture never has half of a change.
struct Service {
    session: Session,
    queue: Queue,
    is_stopping: bool,
}

impl Service {
    /// No fsync is waited for, so the lock is held for microseconds.
    fn autosave(&mut self) -> Result<(), Error> {
        let Self { session, queue, .. } = self;
        session.autosave(|capture| capture.set(QUEUE, queue)).map(|_| ())
    }
}

/// What the threads share.
#[derive(Clone)]
struct Shared(Arc<(Mutex<Service>, Condvar)>);

impl Shared {
    /// A thread that panicked with the lock leaves a session that works: what a panic interrupts is not captured.
    fn lock(&self) -> MutexGuard<'_, Service> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() -> ExitCode {
    // A service that is started twice ends at once, instead of waiting for the first one.
    let mut builder = Session::builder(AppId::new("com.example.service")).wait_for_holder(Duration::ZERO);
    if let Some(dir) = std::env::args_os().nth(1) {
        builder = builder.dir(dir);
    }
    let mut session = builder.open();
    if let Some(holder) = session.status().holder {
        println!("The service runs already: {holder}.");
        return ExitCode::FAILURE;
    }
    // Through a handle of its own, so a signal waits for no lock of the program.
    leftoff_os::watch(&session);
    let queue = session.get_or_default(QUEUE);
    session.confirm_restored();
    if let Some(marker) = session.marker() {
        println!("Your last command: {}.", marker.card_now());
    }
    let shared = Shared(Arc::new((Mutex::new(Service { session, queue, is_stopping: false }), Condvar::new())));
    let worker = thread::spawn({
        let shared = shared.clone();
        move || work(&shared)
    });
    let talked = console(&shared);
    shared.lock().is_stopping = true;
    shared.0.1.notify_all();
    let result = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    // `close` borrows the session, so it works through the lock.
    match talked.and(result).and_then(|()| shared.lock().session.close()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("The queue was not saved: {error:#}.");
            ExitCode::FAILURE
        }
    }
}

/// Runs one job after the other. The lock is not held while a job runs.
fn work(shared: &Shared) -> Result<(), Error> {
    let mut service = shared.lock();
    loop {
        if service.is_stopping {
            return Ok(());
        }
        let queue = &mut service.queue;
        // The job of the last launch comes first.
        if queue.running.is_none() && !queue.is_paused {
            queue.running = queue.waiting.pop_front();
        }
        let Some(job) = queue.running.clone().filter(|_| !queue.is_paused) else {
            service = shared.0.1.wait(service).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        // The worker is not a user: its progress is a change, and no mark.
        service.session.mark_dirty();
        service.autosave()?;
        drop(service);
        run(&job);
        service = shared.lock();
        service.queue.running = None;
        service.queue.done += 1;
        service.session.mark_dirty();
        service.autosave()?;
    }
}

/// Stands for the work.
fn run(_job: &str) {
    thread::sleep(Duration::from_millis(20));
}

/// Reads the operator's commands until `quit` or the end of the input.
fn console(shared: &Shared) -> Result<(), Error> {
    loop {
        print!("> ");
        let mut line = String::new();
        if io::stdout().flush().is_err() || io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
            return Ok(());
        }
        let command = line.trim();
        let mut service = shared.lock();
        let queue = &mut service.queue;
        match command.split_once(' ').unwrap_or((command, "")) {
            ("add", name) if !name.is_empty() => queue.waiting.push_back(name.to_owned()),
            ("pause", "") => queue.is_paused = true,
            ("resume", "") => queue.is_paused = false,
            ("status", "") => {
                let Queue { waiting, running, done, is_paused } = &*queue;
                println!("{done} done, running {running:?}, waiting {waiting:?}, paused {is_paused}");
                continue;
            }
            ("quit", "") => return Ok(()),
            _ => {
                println!("add NAME, pause, resume, status, quit");
                continue;
            }
        }
        let verb = command.split(' ').next().unwrap_or_default();
        service.session.mark(Mark::new(verb).action(Action::Press).label(command));
        service.autosave()?;
        shared.0.1.notify_all();
    }
}
