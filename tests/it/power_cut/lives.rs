//! Lives to be cut short.

use super::history::{History, Recorder};
use crate::support::Random;

/// The first start there ever was, with folders that are not there yet.
pub fn first_launch() -> History {
    Recorder::new().open().autosaves(2).rest(2).autosave().close().history()
}

/// Edits, and a sync now and then; the sixth capture is longer than a page.
pub fn steady_editing() -> History {
    Recorder::new().open().save().autosaves(2).save().autosaves(3).rest(2).autosave().history()
}

/// So many edits that the room ahead is filled, used up and filled again.
pub fn growth() -> History {
    let filled = Recorder::new().open().save().autosave().rest(2);
    let half_full = (0..5).fold(filled, |recorder, _| recorder.autosaves(4).save());
    half_full.look_from_here().autosaves(4).save().autosaves(4).save().autosave().close().history()
}

/// The second launch sums up what the first one left, and goes on.
pub fn compaction() -> History {
    let first = Recorder::new().open().autosaves(4).close();
    first.restore().autosave().rest(1).autosaves(2).rest(3).autosaves(2).rest(2).autosave().history()
}

/// Launch after launch, until the log is summed up for the second time and the oldest files go.
pub fn retention() -> History {
    let summed_up = Recorder::new().keep(0).open().autosave().close().restore().autosave().rest(3).close();
    let chain = (0..8).fold(summed_up, |recorder, _| recorder.restore().autosave().close());
    chain.look_from_here().restore().autosaves(2).rest(3).autosave().close().history()
}

/// Closed, started, put to sleep, woken.
pub fn second_launch() -> History {
    let second = Recorder::new().open().autosaves(2).close().restore().autosave();
    second.suspend().wake().autosave().suspend().rest(1).wake().autosave().close().history()
}

/// Killed before anything was synced; the next launch builds on what only the page cache has.
pub fn after_a_kill() -> History {
    let killed = Recorder::new().open().autosaves(2).kill().restore().autosave();
    killed.kill().restore().autosave().save().autosave().close().history()
}

/// The flusher runs beside the user, as it does in programs; in the second launch it sums the log up after two seconds.
pub fn threaded(seed: u64) -> History {
    let mut random = Random::new(seed);
    let first = Recorder::new().open_threaded().work_beside_it(5, &mut random).close();
    first.open_threaded().take_over().work_beside_it(55, &mut random).close().history()
}

/// Whatever comes.
pub fn random(seed: u64) -> History {
    let mut random = Random::new(seed);
    let mut life = Recorder::new().keep(1 + random.index(3)).open();
    for _ in 0..8 + random.below(12) {
        life = match random.below(12) {
            0..=3 => life.autosave(),
            4 => life.autosaves(3),
            5 => life.save(),
            6 | 7 => life.rest(1 + random.below(3)),
            8 => life.suspend().wake(),
            9 => life.close().restore(),
            10 => life.kill().restore(),
            _ => life.rest(70),
        };
    }
    life.history()
}
