//! Two windows, each with its own draft and marker, and the choice of the window to raise: `cargo run --example
//! multi_window`. It starts a program twice, within one process; `MemoryBackend` replaces the disk.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use leftoff::backend::MemoryBackend;
use leftoff::{Action, AppId, Error, Mark, Section, Session};

const DRAFT: Section<String> = Section::new("draft", 1);

fn main() -> Result<(), Error> {
    let disk = MemoryBackend::new();
    let open = || Session::builder(AppId::new("com.example.mail")).backend(disk.clone()).open();

    let mut session = open();
    write(&mut session, "mail/ana", "to", "To", "ana@example.com")?;
    write(&mut session, "mail/board", "subject", "Subject", "The figures of May")?;
    write(&mut session, "mail/ana", "body", "Text", "Dear Ana, about the")?;
    // The telephone rings, and the user does not return to this process.
    session.suspend("call")?;
    drop(session);

    let mut session = open();
    println!("{:?}: {}\n", session.outcome(), session.last_exit());
    let raised = session.last_active_scope().map(str::to_owned);
    for name in session.scopes() {
        let mut window = session.scope(&name);
        let draft = window.get_or_default(DRAFT);
        let on_top = if raised.as_deref() == Some(name.as_str()) { ", raised" } else { "" };
        println!("[{name}{on_top}] {draft}");
        if let Some(marker) = window.marker() {
            println!("➤ {}\n", marker.card_now());
        }
    }
    // Closing a window closes its draft and its marks with it.
    session.scope("mail/board").close();
    session.save(|_| {})?;
    println!("still open: {:?}", session.scopes());
    session.close()
}

/// Records that the user typed into a field of a window.
fn write(session: &mut Session, window: &str, field: &str, label: &str, text: &str) -> Result<(), Error> {
    session.scope(window).mark(Mark::new(field).action(Action::Edit).label(label));
    session.autosave(|capture| capture.scope(window).set(DRAFT, &text.to_owned()))?;
    Ok(())
}
