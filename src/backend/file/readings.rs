//! The logs that are open for reading.

use std::io;

use parking_lot::Mutex;

use super::super::Result;
use super::Generation;
use super::reader::Reading;

/// The number of logs that stay open for reading. A start reads the first frame of each log, the newest first, and then
/// the logs of the last launches and the base before them.
const OPEN_LOGS: usize = 16;

/// Keeps logs open, so that consecutive reads need no second scan.
#[derive(Debug, Default)]
pub(super) struct Readings(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    logs: Vec<Reading>,
    /// The number of times that logs were closed because their names were removed.
    closings: u64,
}

impl Readings {
    /// Runs `ask` on the log of a generation; `None` if it does not exist. `renew` receives the log if it is open, and
    /// returns its present state.
    ///
    /// Both run without the lock: the UI thread must not wait for the flusher's reads. The log is out of the list
    /// meanwhile, and another thread that needs the same log scans it again.
    pub(super) fn with<T>(
        &self,
        generation: Generation,
        renew: impl FnOnce(Option<Reading>) -> io::Result<Option<Reading>>,
        ask: impl FnOnce(&mut Reading) -> Result<T>,
    ) -> Result<Option<T>> {
        let (known, closings) = self.take(generation);
        let Some(mut log) = renew(known)? else { return Ok(None) };
        let answer = ask(&mut log);
        self.put_back(log, closings);
        answer.map(Some)
    }

    /// Takes the log of a generation out of the list, if it is there. Returns also the number of closings until now.
    fn take(&self, generation: Generation) -> (Option<Reading>, u64) {
        let mut open = self.0.lock();
        let known = open.logs.iter().position(|log| log.generation == generation);
        (known.map(|at| open.logs.swap_remove(at)), open.closings)
    }

    fn put_back(&self, log: Reading, closings: u64) {
        let generation = log.generation;
        let mut open = self.0.lock();
        // A log that was removed meanwhile must not return to the list.
        if open.closings == closings {
            open.logs.retain(|other| other.generation != generation);
            open.logs.iter_mut().for_each(Reading::rest);
            if open.logs.len() >= OPEN_LOGS {
                // The oldest generation: those of the history are read once, and the newest again and again.
                let oldest = open.logs.iter().enumerate().min_by_key(|(_, log)| log.generation);
                if let Some(at) = oldest.map(|(at, _)| at) {
                    open.logs.swap_remove(at);
                }
            }
            open.logs.push(log);
        }
    }

    /// Closes the log of a generation.
    pub(super) fn close(&self, generation: Generation) {
        let mut open = self.0.lock();
        open.closings += 1;
        open.logs.retain(|log| log.generation != generation);
    }

    /// Closes all logs.
    pub(super) fn clear(&self) {
        let mut open = self.0.lock();
        open.closings += 1;
        open.logs.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::super::disk::Disk;
    use super::super::folder::Folder;
    use super::*;

    const FIRST: Generation = Generation { number: 1, writer: 2 };
    const SECOND: Generation = Generation { number: 2, writer: 2 };

    fn folder() -> (tempfile::TempDir, Folder) {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        for log in [FIRST, SECOND] {
            fs::write(folder.log(log), b"noise").unwrap();
        }
        (scratch, folder)
    }

    /// Reads a log, and returns whether it was open.
    fn read(readings: &Readings, folder: &Folder, log: Generation, meanwhile: impl FnOnce()) -> bool {
        let mut is_open = false;
        let renew = |known: Option<Reading>| {
            is_open = known.is_some();
            known.map_or_else(|| Reading::open(folder, log, None), |known| Ok(Some(known)))
        };
        let frames = |log: &mut Reading| {
            meanwhile();
            Ok(log.frames())
        };
        assert_eq!(readings.with(log, renew, frames).unwrap(), Some(0..1));
        is_open
    }

    #[test]
    fn read_of_a_log_waits_for_no_read_of_another_thread() {
        let ((_scratch, folder), readings) = (folder(), Readings::default());
        read(&readings, &folder, FIRST, || ());
        let (say, hear) = mpsc::channel();
        thread::scope(|scope| {
            let (readings, folder) = (&readings, &folder);
            read(readings, folder, FIRST, || {
                scope.spawn(move || {
                    let answers = [FIRST, SECOND].map(|log| read(readings, folder, log, || ()));
                    say.send(answers).unwrap();
                });
                assert_eq!(hear.recv_timeout(Duration::from_secs(10)), Ok([false, false]));
            });
        });
        assert_eq!([FIRST, SECOND].map(|log| read(&readings, &folder, log, || ())), [true, true]);
        assert_eq!(readings.0.lock().logs.len(), 2, "one of each");
    }

    #[test]
    fn log_that_is_closed_while_it_is_read_stays_closed() {
        let ((_scratch, folder), readings) = (folder(), Readings::default());
        read(&readings, &folder, FIRST, || readings.close(FIRST));
        assert!(!read(&readings, &folder, FIRST, || readings.clear()));
        assert!(!read(&readings, &folder, FIRST, || ()));
        assert!(read(&readings, &folder, FIRST, || ()));
    }
}
