//! A state in a folder, as an application in its third week has it, and the rounds that are measured on it.

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use leftoff::{AppId, Mark, Saved, Section, Session};

use crate::limit::{Whole, Zeros, there_and_back};
use crate::series::{Pair, Series};
use crate::state::{App, Document, Size};

type Fallible<T = ()> = Result<T, Box<dyn Error>>;

pub(crate) struct Bed {
    pub(crate) size: Size,
    pub(crate) seen: Seen,
    app: App,
    folder: PathBuf,
    /// The logs as they were when the state was left; openings are measured on these.
    logs: BTreeSet<OsString>,
    /// What the location said then about its newest log. Left as the measured launch writes it, it would name a log
    /// that is not there any more, and every opening would be that of a damaged location.
    newest: Vec<u8>,
    session: Option<Session>,
    zeros: Zeros,
    whole: Whole,
}

/// Everything that is measured of one size.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) mark: Pair,
    pub(crate) same: Pair,
    pub(crate) other: Pair,
    pub(crate) revisions: Pair,
    pub(crate) unknown: Pair,
    pub(crate) save: Pair,
    pub(crate) open: Series,
    pub(crate) first: Pair,
    pub(crate) get: Pair,
    pub(crate) restore: Pair,
    pub(crate) share: Pair,
    pub(crate) codec: Pair,
    pub(crate) write_file: Series,
    pub(crate) replace_file: Series,
}

/// Saves of one field in a row, then as many bare writes.
const BLOCK: usize = 16;
const ELEMENT: &str = "document/scroll";
/// The file in which the location names its newest log.
pub(crate) const NEWEST: &str = "newest";
/// A mark is shorter than a look at the clock is exact.
const MARKS: u32 = 64;

impl Bed {
    pub(crate) fn new(size: Size, place: &Path) -> Fallible<Self> {
        let place = place.join(size.name);
        fs::create_dir(&place)?;
        let mut app = App::new(size);
        let folder = place.join("sessions");
        let quiet =
            |folder: &Path| Session::builder(AppId::new("com.example.desk")).dir(folder).without_thread().open();
        // The first launch saves everything; the second sums that up; the third only edits.
        let mut session = quiet(&folder);
        session.confirm_restored();
        session.mark_dirty();
        session.save(|capture| app.pairs().for_each(|(section, document)| capture.set(section, document)))?;
        session.close()?;
        for _ in 0..2 {
            let mut session = quiet(&folder);
            restore(&mut session, &app.sections)?;
            for _ in 0..50 {
                edit(&mut session, &mut app);
                session.autosave(|capture| set_edited(capture, &app))?;
                session.run_pending();
            }
            session.close()?;
        }
        let logs = list(&folder)?;
        let newest = fs::read(folder.join(NEWEST))?;
        let whole = Whole::new(&place, &app)?;
        let zeros = Zeros::new(&place.join("zeros"))?;
        Ok(Self { size, seen: Seen::default(), app, folder, logs, newest, session: None, zeros, whole })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.whole.bytes()
    }

    /// Openings, each of the same logs.
    pub(crate) fn open_round(&mut self) -> Fallible {
        let middle = self.app.sections.len() / 2;
        let start = Instant::now();
        let mut session = open(&self.folder);
        let opened = start.elapsed();
        let section = self.app.sections.get(middle).copied().ok_or("no section")?;
        let first = session.get(section)?;
        self.seen.first.ours.add(start.elapsed());
        self.seen.open.add(opened);
        if !session.report().is_whole() {
            return Err("the opening was measured on damage".into());
        }
        if first.as_ref() != self.app.documents.get(middle) {
            return Err("the section came back as another".into());
        }
        self.close(session)?;
        let whole = &self.whole;
        black_box(self.seen.first.limit.time(|| whole.start())?);
        Ok(whole.forget_start()?)
    }

    pub(crate) fn restore_round(&mut self) -> Fallible {
        let start = Instant::now();
        let mut session = open(&self.folder);
        let opened = Instant::now();
        let documents = restore(&mut session, &self.app.sections)?;
        self.seen.get.ours.add(opened.elapsed());
        self.seen.restore.ours.add(start.elapsed());
        if documents != self.app.documents {
            return Err("the state came back as another".into());
        }
        drop(documents);
        self.close(session)?;
        let whole = &self.whole;
        let start = Instant::now();
        black_box(whole.read_all()?);
        let done = start.elapsed();
        self.seen.get.limit.add(done);
        self.seen.restore.limit.add(done);
        Ok(())
    }

    /// Ends a launch and takes away what it wrote, so that the next one finds what it found.
    fn close(&self, mut session: Session) -> Fallible {
        session.close()?;
        for name in list(&self.folder)?.difference(&self.logs) {
            fs::remove_file(self.folder.join(name))?;
        }
        fs::write(self.folder.join(NEWEST), &self.newest)?;
        Ok(())
    }

    /// Opens the session that the rounds below save with.
    pub(crate) fn begin(&mut self) -> Fallible {
        let mut session = open(&self.folder);
        restore(&mut session, &self.app.sections)?;
        session.confirm_restored();
        self.session = Some(session);
        Ok(())
    }

    pub(crate) fn end(&mut self) -> Fallible {
        self.session.take().map_or(Ok(()), |mut session| session.close())?;
        Ok(())
    }

    pub(crate) fn save_round(&mut self) -> Fallible {
        let Self { app, seen, zeros, session: Some(session), .. } = self else { return Err("no session".into()) };
        edit(session, app);
        seen.save.ours.time(|| session.save(|capture| set_edited(capture, app)))?;
        seen.save.limit.time(|| zeros.write().and_then(|()| zeros.sync()))?;
        for _ in 0..BLOCK {
            app.edit_again();
            session.mark(ELEMENT);
            seen.same
                .ours
                .time(|| session.autosave(|capture| set_edited(capture, app)).map_err(Into::into).and_then(written))?;
        }
        for _ in 0..BLOCK {
            seen.same.limit.time(|| zeros.write())?;
        }
        for _ in 0..BLOCK {
            edit(session, app);
            seen.other
                .ours
                .time(|| session.autosave(|capture| set_edited(capture, app)).map_err(Into::into).and_then(written))?;
        }
        for _ in 0..BLOCK {
            seen.other.limit.time(|| zeros.write())?;
        }
        Ok(())
    }

    /// All sections, each with a count of its changes.
    pub(crate) fn revisions_round(&mut self) -> Fallible {
        let Self { app, seen, whole, session: Some(session), .. } = self else { return Err("no session".into()) };
        edit(session, app);
        seen.revisions.ours.time(|| {
            session.autosave(|capture| {
                for ((section, document), revision) in app.pairs().zip(&app.revisions) {
                    capture.set_revision(section, *revision, document);
                }
            })
        })?;
        seen.revisions.limit.time(|| whole.encode(app))
    }

    /// All sections, and nobody knows which of them changed.
    pub(crate) fn unknown_round(&mut self) -> Fallible {
        let Self { app, seen, whole, session: Some(session), .. } = self else { return Err("no session".into()) };
        edit(session, app);
        seen.unknown.ours.time(|| {
            session.autosave(|capture| app.pairs().for_each(|(section, document)| capture.set(section, document)))
        })?;
        seen.unknown.limit.time(|| whole.encode(app))
    }

    pub(crate) fn mark_round(&mut self) -> Fallible {
        const ELEMENTS: [&str; 3] = ["document/0001/scroll", "document/0001/draft", "document/0002/fields/amount"];
        let Self { app, seen, session: Some(session), .. } = self else { return Err("no session".into()) };
        let start = Instant::now();
        for element in ELEMENTS.iter().cycle().take(MARKS as usize) {
            session.mark(Mark::new(black_box(element)));
        }
        seen.mark.ours.add(start.elapsed() / MARKS);
        let start = Instant::now();
        for _ in 0..MARKS {
            black_box((SystemTime::now(), Instant::now()));
        }
        seen.mark.limit.add(start.elapsed() / MARKS);
        session.autosave(|capture| set_edited(capture, app))?;
        Ok(())
    }

    /// What programs do that save without a library.
    pub(crate) fn whole_round(&mut self) -> Fallible {
        let Self { app, seen, whole, .. } = self;
        app.edit();
        seen.write_file.time(|| whole.write(app))?;
        seen.replace_file.time(|| whole.replace(app))
    }

    /// The whole state through the default codec and back, with no session in between.
    pub(crate) fn codec_round(&mut self) -> Fallible {
        const ALL: Section<Vec<Document>> = Section::new("all", 1);
        let Self { app, seen, .. } = self;
        let back = seen.codec.ours.time(|| ALL.round_trip(&app.documents))?;
        if back != app.documents {
            return Err("the codec gave back another state".into());
        }
        drop(back);
        black_box(seen.codec.limit.time(|| there_and_back(&app.documents))?);
        Ok(())
    }

    /// The whole state in one section, handed over by pointer.
    pub(crate) fn share_round(&mut self) -> Fallible {
        const ALL: Section<Vec<Document>> = Section::new("all", 1);
        let Self { app, seen, whole, session: Some(session), .. } = self else { return Err("no session".into()) };
        app.edit();
        let all = Arc::new(app.documents.clone());
        session.mark_dirty();
        seen.share.ours.time(|| session.autosave(|capture| capture.share(ALL, &all)))?;
        // The flusher writes it before the next round.
        session.mark_dirty();
        session.save(|_| ())?;
        seen.share.limit.time(|| whole.encode(app))
    }
}

fn open(folder: &Path) -> Session {
    Session::builder(AppId::new("com.example.desk")).dir(folder).open()
}

fn restore(session: &mut Session, sections: &[Section<Document>]) -> Fallible<Vec<Document>> {
    let mut documents = Vec::with_capacity(sections.len());
    for section in sections {
        documents.push(session.get(*section)?.ok_or("a section is missing")?);
    }
    Ok(documents)
}

fn edit(session: &mut Session, app: &mut App) {
    app.edit();
    session.mark(ELEMENT);
}

fn set_edited(capture: &mut leftoff::Capture<'_>, app: &App) {
    if let Some((section, document)) = app.edited() {
        capture.set(section, document);
    }
}

/// A value that is in memory only took no write, so it must not be timed as one.
fn written(saved: Saved) -> Fallible {
    if saved == Saved::Pending { Err("an autosave left its value in memory".into()) } else { Ok(()) }
}

fn list(folder: &Path) -> std::io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}
