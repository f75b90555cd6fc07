//! Waits for an interruption: `cargo run --example wait -- DIR`, then interrupt it in any way, and start it again.

#![allow(clippy::print_stdout)]

use std::io::Write;
use std::thread;
use std::time::Duration;

use leftoff::{AppId, Section, Session};

const STARTS: Section<u32> = Section::new("starts", 1);

fn main() -> Result<(), leftoff::Error> {
    let mut builder = Session::builder(AppId::new("com.example.wait"));
    if let Some(dir) = std::env::args_os().nth(1) {
        builder = builder.dir(dir);
    }
    let mut session = builder.open();
    let watching = leftoff_os::watch(&session);
    let starts = session.get_or_default(STARTS) + 1;
    session.mark("wait");
    session.autosave(|capture| capture.set(STARTS, &starts))?;
    println!("start {starts}; last time: {}", session.last_exit());
    session.dismiss_marker();
    let mut watched = String::new();
    loop {
        // A desktop answers later.
        let now = watching.to_string();
        if now != watched {
            println!("{now}");
            watched = now;
        }
        if session.user_active() {
            if let Some(marker) = session.marker() {
                println!("{}", marker.card_now());
            }
            session.dismiss_marker();
        }
        let _ = std::io::stdout().flush();
        thread::sleep(Duration::from_millis(100));
    }
}
