//! The frames of a page: in memory at once, in the database when its transactions complete.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use leftoff::backend::{Error, FrameId, Generation, Result};

type Bytes = Arc<[u8]>;

/// Something to do in the database. What is not confirmed can be undone.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Create(FrameId, Bytes),
    /// With the frames of the generation, as long as they may still be in the database.
    Remove(Generation, Vec<(FrameId, Bytes)>),
}

/// A number of changes for one transaction. `turn` tells it from those before a failure, and `database` from those of a
/// database that is gone.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) turn: u64,
    database: u64,
    pub(crate) changes: Vec<Change>,
}

/// Why nothing is stored.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) kind: io::ErrorKind,
    pub(crate) why: String,
}

impl Refusal {
    pub(crate) fn new(kind: io::ErrorKind, why: impl Into<String>) -> Self {
        Self { kind, why: why.into() }
    }

    fn error(&self) -> Error {
        io::Error::new(self.kind, self.why.clone()).into()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// As the session sees them.
    frames: BTreeMap<FrameId, Bytes>,
    /// Changes that the database has not confirmed, in order. The first `sent` are in transactions.
    changes: VecDeque<Change>,
    sent: usize,
    turn: u64,
    /// The transactions of the present database that have not ended, and the number of databases before it.
    running: usize,
    database: u64,
    /// A transaction failed, and the session does not know it yet.
    failed: Option<Refusal>,
    /// The database could not be opened: nothing can be read.
    pub(crate) unreadable: Option<Refusal>,
    /// Another tab has the state: it can be read only.
    pub(crate) held: Option<Refusal>,
}

impl Queue {
    pub(crate) fn new(frames: impl IntoIterator<Item = (FrameId, Vec<u8>)>) -> Self {
        Self { frames: frames.into_iter().map(|(id, bytes)| (id, bytes.into())).collect(), ..Self::default() }
    }

    pub(crate) fn readable(&self) -> Result<&BTreeMap<FrameId, Bytes>> {
        self.unreadable.as_ref().map_or(Ok(&self.frames), |refusal| Err(refusal.error()))
    }

    fn writable(&self) -> Result<()> {
        let refusal = self.unreadable.as_ref().or(self.held.as_ref());
        refusal.map_or(Ok(()), |refusal| Err(refusal.error()))
    }

    pub(crate) fn create(&mut self, id: FrameId, bytes: &[u8]) -> Result<()> {
        self.writable()?;
        if self.frames.contains_key(&id) {
            return Err(Error::Taken);
        }
        // After a failed transaction, the frames of the same log are gone: the session begins another one.
        let before = id.index.checked_sub(1).map(|index| FrameId { index, ..id });
        if before.is_some_and(|before| !self.frames.contains_key(&before)) {
            return Err(Error::OutOfOrder);
        }
        let bytes: Bytes = bytes.into();
        self.frames.insert(id, Arc::clone(&bytes));
        self.changes.push_back(Change::Create(id, bytes));
        Ok(())
    }

    pub(crate) fn remove(&mut self, generation: Generation) -> Result<()> {
        self.writable()?;
        let every = FrameId { generation, index: 0 }..=FrameId { generation, index: u32::MAX };
        let frames: Vec<_> = self.frames.range(every).map(|(id, bytes)| (*id, Arc::clone(bytes))).collect();
        if !frames.is_empty() {
            self.frames.retain(|id, _| id.generation != generation);
            self.changes.push_back(Change::Remove(generation, frames));
        }
        Ok(())
    }

    /// Confirms, denies, or asks to be asked again.
    pub(crate) fn sync(&mut self) -> Result<()> {
        if let Some(failed) = self.failed.take() {
            return Err(failed.error());
        }
        if self.changes.is_empty() { Ok(()) } else { Err(Error::Underway) }
    }

    /// Returns a number that grows with each failure.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Returns whether a transaction failed of which the session does not know.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.changes.is_empty() && self.failed.is_none()
    }

    /// Returns whether a transaction has not ended.
    pub(crate) fn is_running(&self) -> bool {
        self.running > 0
    }

    /// Takes everything that is in no transaction yet. Without `at_once`, nothing while a transaction is running.
    pub(crate) fn take(&mut self, at_once: bool) -> Option<Batch> {
        if self.is_running() && !at_once {
            return None;
        }
        let changes: Vec<_> = self.changes.iter().skip(self.sent).cloned().collect();
        if changes.is_empty() {
            return None;
        }
        self.sent = self.changes.len();
        self.running += 1;
        Some(Batch { turn: self.turn, database: self.database, changes })
    }

    /// The transaction of this batch is over, however it ended.
    fn end(&mut self, batch: &Batch) {
        if batch.database == self.database {
            self.running = self.running.saturating_sub(1);
        }
    }

    /// A transaction has completed. Transactions complete in the order in which they were begun.
    pub(crate) fn confirm(&mut self, batch: &Batch) {
        self.end(batch);
        if batch.turn == self.turn {
            self.changes.drain(..batch.changes.len().min(self.changes.len()));
            self.sent = self.sent.saturating_sub(batch.changes.len());
        }
    }

    /// A transaction was aborted: nothing of it is in the database, and nothing after it may be. What was not confirmed is
    /// undone here as well, newest first, so that the session reads what the database has.
    pub(crate) fn fail(&mut self, batch: &Batch, refusal: Refusal) {
        self.end(batch);
        if batch.turn != self.turn {
            return;
        }
        while let Some(change) = self.changes.pop_back() {
            match change {
                Change::Create(id, _) => drop(self.frames.remove(&id)),
                Change::Remove(_, frames) => self.frames.extend(frames),
            }
        }
        self.start_again(refusal);
    }

    /// The database is gone, and everything in it. The session learns of it with its next write, and writes everything
    /// again.
    ///
    /// A browser that closes a database may end none of its transactions, so the next one waits for none of them.
    pub(crate) fn lose(&mut self, refusal: Refusal) {
        self.running = 0;
        self.database += 1;
        self.frames.clear();
        self.changes.clear();
        self.start_again(refusal);
    }

    fn start_again(&mut self, refusal: Refusal) {
        self.sent = 0;
        self.turn += 1;
        self.failed = Some(refusal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(number: u64, index: u32) -> FrameId {
        FrameId { generation: Generation { number, writer: 7 }, index }
    }

    fn filled() -> Queue {
        let mut queue = Queue::new([(frame(1, 0), b"old".to_vec())]);
        queue.create(frame(2, 0), b"new").unwrap();
        queue.remove(frame(1, 0).generation).unwrap();
        queue
    }

    #[test]
    fn a_sync_is_under_way_until_every_transaction_has_completed() {
        let mut queue = filled();
        assert!(matches!(queue.sync(), Err(Error::Underway)));
        let first = queue.take(true).unwrap();
        queue.create(frame(2, 1), b"newer").unwrap();
        let second = queue.take(true).unwrap();
        assert!(queue.take(true).is_none());
        queue.confirm(&first);
        assert!(matches!(queue.sync(), Err(Error::Underway)));
        queue.confirm(&second);
        queue.sync().unwrap();
        assert_eq!(queue.readable().unwrap().keys().copied().collect::<Vec<_>>(), [frame(2, 0), frame(2, 1)]);
    }

    #[test]
    fn an_aborted_transaction_leaves_what_the_database_has_and_is_told_once() {
        let mut queue = filled();
        let first = queue.take(true).unwrap();
        queue.create(frame(2, 1), b"newer").unwrap();
        let second = queue.take(true).unwrap();
        queue.fail(&first, Refusal::new(io::ErrorKind::QuotaExceeded, "full"));
        // What the second one says is of a log that no longer exists.
        queue.confirm(&second);
        assert_eq!(queue.readable().unwrap().iter().collect::<Vec<_>>(), [(&frame(1, 0), &b"old"[..].into())]);
        assert!(matches!(queue.sync(), Err(Error::Unavailable(error)) if error.kind() == io::ErrorKind::QuotaExceeded));
        assert!(matches!(queue.create(frame(2, 2), b""), Err(Error::OutOfOrder)));
        queue.create(frame(3, 0), b"again").unwrap();
        let third = queue.take(true).unwrap();
        assert_eq!(third.changes.len(), 1);
        queue.confirm(&third);
        queue.sync().unwrap();
    }

    #[test]
    fn one_transaction_follows_the_other_unless_the_page_is_left() {
        let mut queue = filled();
        let first = queue.take(false).unwrap();
        queue.create(frame(2, 1), b"newer").unwrap();
        assert!(queue.take(false).is_none());
        let second = queue.take(true).unwrap();
        queue.fail(&first, Refusal::new(io::ErrorKind::QuotaExceeded, "full"));
        queue.create(frame(3, 0), b"again").unwrap();
        assert!(queue.take(false).is_none());
        queue.fail(&second, Refusal::new(io::ErrorKind::QuotaExceeded, "full"));
        assert!(queue.take(false).is_some());
    }

    #[test]
    fn transaction_that_a_closed_database_never_ends_holds_up_no_other() {
        let mut queue = filled();
        let lost = queue.take(false).unwrap();
        queue.lose(Refusal::new(io::ErrorKind::NotFound, "removed"));
        queue.create(frame(3, 0), b"again").unwrap();
        let next = queue.take(false).unwrap();
        // It may end after all.
        queue.fail(&lost, Refusal::new(io::ErrorKind::NotFound, "removed"));
        queue.create(frame(3, 1), b"newer").unwrap();
        assert!(queue.is_running() && queue.take(false).is_none());
        queue.confirm(&next);
        assert_eq!(queue.take(false).unwrap().changes.len(), 1);
    }

    #[test]
    fn a_state_that_another_tab_has_is_read_and_not_written() {
        let mut queue = Queue::new([(frame(1, 0), b"old".to_vec())]);
        queue.held = Some(Refusal::new(io::ErrorKind::ResourceBusy, "another tab"));
        assert_eq!(queue.readable().unwrap().len(), 1);
        assert!(queue.create(frame(2, 0), b"").is_err() && queue.remove(frame(1, 0).generation).is_err());
        queue.unreadable = Some(Refusal::new(io::ErrorKind::PermissionDenied, "no storage"));
        assert!(queue.readable().is_err());
    }
}
