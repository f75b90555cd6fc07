//! Operations of leftoff, each in a function of its own that valgrind counts: `leftoff-instructions CASE DIR`.
//!
//! Prints how many operations the function did. `.ci/instructions` runs each case and compares the counts.
//!
//! The session has no thread and a clock that is set by hand, so no count depends on time.
#![allow(clippy::print_stdout, reason = "it is a program to be measured")]

#[path = "../../latency/state.rs"]
#[allow(dead_code, reason = "shared with the other bench")]
mod state;

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{AppId, Session};
use state::{App, Document, SIZES, Size};

type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// The number of seconds since the first launch; it only changes where [`pass`] says so.
static SECONDS: AtomicU32 = AtomicU32::new(0);

#[derive(Debug)]
struct ByHand;

impl Clock for ByHand {
    fn now(&self) -> Now {
        let seconds = SECONDS.load(Ordering::Relaxed);
        let wall = Timestamp::from_millis(1_750_000_000_000 + 1_000 * i64::from(seconds));
        Now { wall, monotonic: Duration::from_secs(1 + u64::from(seconds)) }
    }
}

fn pass(seconds: u32) {
    SECONDS.fetch_add(seconds, Ordering::Relaxed);
}

const ELEMENT: &str = "document/0001/scroll";
const MARKS: usize = 10_000;
const SAVES: usize = 500;
/// Few, because compaction is due after eight launches, and would be in some of them.
const OPENINGS: usize = 4;
/// Autosaves in which everything changed.
const ALL: usize = 3;
/// As in the bench `latency`: documents of about 250 bytes.
const SMALL: Size = Size { name: "10k", sections: 10_000, fields: 2, edits: 1, words: 12 };
/// Edits in each launch before the one that is measured.
const EDITS: usize = 50;

fn open(dir: &Path) -> Session {
    Session::builder(AppId::new("com.example.desk")).dir(dir).clock(ByHand).without_thread().open()
}

/// The edited section, as an application sets it that knows which one it is.
fn save(session: &mut Session, app: &App) -> Fallible {
    session.autosave(|capture| {
        if let Some((section, document)) = app.edited() {
            capture.set(section, document);
        }
    })?;
    Ok(())
}

/// 2 000 sections with 9 MB, which two launches have edited since the base was written.
fn fill(dir: &Path, app: &mut App) -> Fallible {
    let mut session = open(dir);
    session.confirm_restored();
    session.mark_dirty();
    session.save(|capture| app.pairs().for_each(|(section, document)| capture.set(section, document)))?;
    session.close()?;
    for _ in 0..2 {
        let mut session = restored(dir, app)?;
        for _ in 0..EDITS {
            app.edit();
            session.mark(ELEMENT);
            save(&mut session, app)?;
            pass(1);
            session.run_pending();
        }
        session.close()?;
    }
    Ok(())
}

/// A session whose sections were all restored.
fn restored(dir: &Path, app: &App) -> Fallible<Session> {
    pass(60);
    let mut session = open(dir);
    for (section, document) in app.pairs() {
        if session.get(section)?.as_ref() != Some(document) {
            return Err("a section was restored as another".into());
        }
    }
    session.confirm_restored();
    Ok(session)
}

// The functions whose instructions are counted; nothing else has "measured" in its name.

#[inline(never)]
fn measured_marks<'e>(session: &mut Session, elements: impl Iterator<Item = &'e str>) {
    for element in elements {
        session.mark(black_box(element));
    }
}

#[inline(never)]
fn measured_idle(session: &mut Session, app: &App) -> Fallible {
    for _ in 0..MARKS {
        save(session, app)?;
    }
    Ok(())
}

#[inline(never)]
fn measured_save(session: &mut Session, app: &App) -> Fallible {
    let result = save(session, app);
    // Without it, the call is a jump, after which valgrind is in another function.
    black_box(result)
}

#[inline(never)]
fn measured_save_all(session: &mut Session, app: &App) -> Fallible {
    let result = session.autosave(|capture| app.pairs().for_each(|(section, document)| capture.set(section, document)));
    black_box(result.map(drop).map_err(Into::into))
}

#[inline(never)]
fn measured_open(dir: &Path, app: &App) -> Fallible<(Session, Option<Document>)> {
    let mut session = open(dir);
    let section = app.sections.get(app.sections.len() / 2).copied().ok_or("no section")?;
    let document = session.get(section)?;
    Ok((session, document))
}

#[inline(never)]
fn measured_restore(session: &mut Session, app: &App) -> Fallible<usize> {
    let mut equal = 0;
    for (section, document) in app.pairs() {
        equal += usize::from(session.get(section)?.as_ref() == Some(document));
    }
    Ok(equal)
}

fn main() -> Fallible {
    let mut arguments = std::env::args().skip(1);
    let (Some(case), Some(dir)) = (arguments.next(), arguments.next()) else {
        return Err("name a case and a directory".into());
    };
    let dir = Path::new(&dir);
    if case == "autosave-all-of-10000" {
        println!("{}", save_all(dir)?);
        return Ok(());
    }
    let [.., large] = SIZES;
    let mut app = App::new(large);
    fill(dir, &mut app)?;
    let operations = match case.as_str() {
        "mark-repeated" => marks(dir, &app, &[ELEMENT.to_owned()])?,
        "mark-new" => {
            marks(dir, &app, &(0..MARKS).map(|number| format!("document/{number:04}/scroll")).collect::<Vec<_>>())?
        }
        "autosave-nothing-marked" => {
            let mut session = restored(dir, &app)?;
            save(&mut session, &app)?;
            measured_idle(&mut session, &app)?;
            session.close()?;
            MARKS
        }
        "autosave-unchanged" => saves(dir, &mut app, |session, _| session.mark_dirty())?,
        "autosave-one-of-2000" => saves(dir, &mut app, |session, app| {
            app.edit();
            session.mark(ELEMENT);
        })?,
        "open-2000" => {
            let expected = app.documents.get(app.documents.len() / 2).cloned();
            for _ in 0..OPENINGS {
                pass(60);
                let (mut session, document) = measured_open(dir, &app)?;
                if document != expected {
                    return Err("a section was restored as another".into());
                }
                session.close()?;
            }
            OPENINGS
        }
        "restore-section-of-2000" => {
            pass(60);
            let mut session = open(dir);
            let equal = measured_restore(&mut session, &app)?;
            session.close()?;
            if equal != app.sections.len() {
                return Err("a section was restored as another".into());
            }
            equal
        }
        other => return Err(format!("no such case: {other}").into()),
    };
    println!("{operations}");
    Ok(())
}

fn marks(dir: &Path, app: &App, elements: &[String]) -> Fallible<usize> {
    let mut session = restored(dir, app)?;
    session.mark(ELEMENT);
    measured_marks(&mut session, elements.iter().map(String::as_str).cycle().take(MARKS));
    session.close()?;
    Ok(MARKS)
}

/// Autosaves in which each of many small sections has changed.
fn save_all(dir: &Path) -> Fallible<usize> {
    let mut app = App::new(SMALL);
    let mut session = open(dir);
    session.mark_dirty();
    session.save(|capture| app.pairs().for_each(|(section, document)| capture.set(section, document)))?;
    for _ in 0..ALL {
        app.documents.iter_mut().for_each(Document::edit);
        session.mark_dirty();
        measured_save_all(&mut session, &app)?;
        session.save(|_| ())?;
    }
    session.close()?;
    Ok(ALL)
}

/// Autosaves, each after what the user does.
fn saves(dir: &Path, app: &mut App, mut act: impl FnMut(&mut Session, &mut App)) -> Fallible<usize> {
    let mut session = restored(dir, app)?;
    app.edit();
    session.mark(ELEMENT);
    save(&mut session, app)?;
    for _ in 0..SAVES {
        act(&mut session, app);
        measured_save(&mut session, app)?;
    }
    session.close()?;
    Ok(SAVES)
}
