//! One point of one axis, in a process of its own: its memory is then that of the point, and a kill is one.

use std::path::Path;
use std::time::{Duration, Instant};

use leftoff::{AppId, Saved, Section, Session};

use super::{AXES, Axis};
use crate::Fallible;
use crate::series::Series;
use crate::system;

pub(crate) const CHILD: &str = "--growth-of";

const TEXT: Section<String> = Section::new("text", 1).limit(256 << 20);
const ELEMENT: &str = "text/cursor";
/// Edits of which the autosave is the median, if the axis is not the number of saves.
const EDITS: usize = 300;
/// Edits of a large section end after this time.
const EDITING: Duration = Duration::from_secs(5);

/// Texts, in sections or in scopes.
struct Texts {
    values: Vec<String>,
    sections: Vec<Section<String>>,
    /// Names, if each text has a scope.
    scopes: Vec<String>,
    edits: usize,
}

impl Texts {
    fn new(axis: Axis, at: usize) -> Fallible<Self> {
        let (count, len) = match axis {
            Axis::Sections | Axis::Scopes => (at, 200),
            Axis::Bytes => (1, at),
            Axis::Launches | Axis::Saves => (60, 2_700),
        };
        let names: Vec<_> = (0..count).map(|number| format!("text/{number:06}")).collect();
        let is_scoped = axis == Axis::Scopes;
        let sections = if is_scoped {
            vec![TEXT; count]
        } else {
            names.iter().map(|name| TEXT.named(name)).collect::<Result<_, _>>()?
        };
        let scopes = if is_scoped { names } else { Vec::new() };
        // Different texts, or equal ones would be as good as one.
        let text = |number: usize| format!("{number:08}").repeat(len / 8 + 1).get(..len).unwrap_or_default().to_owned();
        Ok(Self { values: (0..count).map(text).collect(), sections, scopes, edits: 0 })
    }

    /// Writes a number over eight letters in the middle of another text, and returns which one.
    fn edit(&mut self) -> usize {
        self.edits += 1;
        let index = self.edits * 7_919 % self.values.len();
        if let Some(text) = self.values.get_mut(index) {
            let middle = text.len() / 2;
            text.replace_range(middle..middle + 8, &format!("{:08}", self.edits % 100_000_000));
        }
        index
    }

    fn set(&self, capture: &mut leftoff::Capture<'_>, index: usize) {
        let (Some(section), Some(text)) = (self.sections.get(index), self.values.get(index)) else { return };
        match self.scopes.get(index) {
            Some(scope) => capture.scope(scope).set(*section, text),
            None => capture.set(*section, text),
        }
    }

    fn get(&self, session: &mut Session, index: usize) -> Fallible<String> {
        let section = *self.sections.get(index).ok_or("no section")?;
        let text = match self.scopes.get(index) {
            Some(scope) => session.scope(scope).get(section)?,
            None => session.get(section)?,
        };
        text.ok_or_else(|| "a section is missing".into())
    }

    fn save_all(&self, session: &mut Session) -> Fallible {
        session.mark(ELEMENT);
        session.save(|capture| (0..self.values.len()).for_each(|index| self.set(capture, index)))?;
        Ok(())
    }

    /// One edit and its autosave.
    fn step(&mut self, session: &mut Session, seen: &mut Series) -> Fallible {
        let index = self.edit();
        let start = Instant::now();
        match self.scopes.get(index) {
            Some(scope) => session.scope(scope).mark(ELEMENT),
            None => session.mark(ELEMENT),
        }
        let saved = session.autosave(|capture| self.set(capture, index))?;
        let elapsed = start.elapsed();
        match saved {
            Saved::Off | Saved::Deferred => return Err(format!("did not save: {saved:?}").into()),
            // In memory only, without a write.
            Saved::Pending => {}
            _ => seen.add(elapsed),
        }
        Ok(())
    }
}

fn open(dir: &Path) -> Session {
    Session::builder(AppId::new("com.example.desk")).dir(dir).open()
}

/// What the process does: `fill` prints nanoseconds of an autosave, bytes of memory and bytes on the disk; `open` prints
/// nanoseconds until the first section.
///
/// # Errors
/// leftoff fails, or returns another value than the one saved.
pub(crate) fn child(arguments: &[String]) -> Fallible {
    let [task, axis, at, dir] = arguments else { return Err("task, axis, number and directory are missing".into()) };
    let axis = AXES.into_iter().find(|known| known.name() == axis).ok_or("no such axis")?;
    let (at, dir) = (at.parse()?, Path::new(dir));
    match task.as_str() {
        "fill" => fill(axis, at, dir),
        _ => start(axis, at, dir),
    }
}

fn fill(axis: Axis, at: usize, dir: &Path) -> Fallible {
    let mut texts = Texts::new(axis, at)?;
    let own = system::memory().map(|(kept, _)| kept);
    let mut seen = Series::default();
    let mut session = open(dir);
    texts.save_all(&mut session)?;
    let edits = match axis {
        Axis::Saves => at,
        Axis::Launches => {
            for _ in 1..at {
                session.close()?;
                session = open(dir);
                texts.get(&mut session, 0)?;
                texts.step(&mut session, &mut Series::default())?;
            }
            EDITS
        }
        Axis::Sections | Axis::Bytes | Axis::Scopes => {
            session.close()?;
            session = open(dir);
            for index in 0..texts.values.len() {
                if Some(&texts.get(&mut session, index)?) != texts.values.get(index) {
                    return Err("returned another value than the one saved".into());
                }
            }
            EDITS
        }
    };
    let begin = Instant::now();
    for _ in 0..edits {
        texts.step(&mut session, &mut seen)?;
        if axis != Axis::Saves && begin.elapsed() > EDITING {
            break;
        }
    }
    let memory = system::memory().map(|(kept, _)| kept).zip(own).map_or(0, |(kept, own)| kept.saturating_sub(own));
    if axis == Axis::Saves {
        // Killed: only the kernel closes the files.
        println!("{} {} {}", seen.quantile(0.5), memory * 1024, system::disk_usage(dir)?);
        std::mem::forget(session);
        std::process::exit(0);
    }
    session.close()?;
    println!("{} {} {}", seen.quantile(0.5), memory * 1024, system::disk_usage(dir)?);
    Ok(())
}

/// Each start is a launch that is killed before it changes anything, which the next launch supersedes: so all of them
/// find the same log. A sign of life comes before the kill, or the section would be blamed for it.
fn start(axis: Axis, at: usize, dir: &Path) -> Fallible {
    let texts = Texts::new(axis, at)?;
    let start = Instant::now();
    let mut session = open(dir);
    let first = texts.get(&mut session, texts.values.len() / 2)?;
    let elapsed = start.elapsed();
    if Some(first.len()) != texts.values.first().map(String::len) {
        return Err("returned another value than the one saved".into());
    }
    session.confirm_restored();
    println!("{}", elapsed.as_nanos());
    std::mem::forget(session);
    std::process::exit(0);
}
