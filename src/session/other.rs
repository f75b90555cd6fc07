//! Other heads of the same log: listed, so that no stored state is invisible to its user.

use super::{ResumePoint, Session};
use crate::error::Error;
use crate::generation::{Lines, states};

impl Session {
    /// Returns the other states of this location, newest first: the newest state of each other head of the log.
    ///
    /// Another head arises when two devices share a directory through synchronisation and both change something before
    /// they see each other's changes, when a copy is put back beside a log that was continued, or when two instances
    /// use a backend without a lock.
    ///
    /// [`Builder::open`](crate::Builder::open) continues from the head that changed something last, by the wall clock.
    /// The others stay as they are, at most eight of them within
    /// [`Builder::DEFAULT_HISTORY_BYTES`](crate::Builder::DEFAULT_HISTORY_BYTES);
    /// [`Report::other_states`](crate::Report::other_states) is their number at the start. Read one with
    /// [`get_at`](Self::get_at), take a section from it with [`restore_section`](Self::restore_section), or make all
    /// of it the present state with [`resume_at`](Self::resume_at). A state that was left by `resume_at` is an entry
    /// of the [history](Self::history), not another head.
    ///
    /// Reads the directories of all stored frames: call it when the user asks for it.
    ///
    /// ```
    /// use leftoff::{AppId, Session};
    /// use leftoff::backend::MemoryBackend;
    ///
    /// let session = Session::builder(AppId::new("com.example.notes")).backend(MemoryBackend::new()).open();
    /// if session.report().other_states > 0 {
    ///     for other in session.other_states()? {
    ///         println!("there is another state, of {:?}, last touched: {:?}", other.at, other.label);
    ///     }
    /// }
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) if storage cannot be read.
    pub fn other_states(&self) -> Result<Vec<ResumePoint>, Error> {
        let failed = |error| Error::storage("could not read the other states", error);
        let (mut catalog, head) = self.catalog_and_head(failed)?;
        let Some(head) = head else { return Ok(Vec::new()) };
        let others = Lines::read(&mut catalog).and_then(|lines| lines.others(&mut catalog, head)).map_err(failed)?;
        if others.is_empty() {
            return Ok(Vec::new());
        }
        let Some((states, _)) = states(&mut catalog, head, &|| false).map_err(failed)? else { return Ok(Vec::new()) };
        let mut points = Vec::new();
        for other in others {
            // The newest state of the launch that changed something last is the state that the head left.
            let mut of_it = states.iter().filter(|state| state.point.generation == other.left.generation);
            points.extend(of_it.next().cloned().map(|state| ResumePoint { at: other.at, ..ResumePoint::of(state) }));
        }
        points.sort_by_key(|point| std::cmp::Reverse(point.at));
        Ok(points)
    }
}
