//! Fingerprints of elements: recorded while the user is present, for the marker of the next return.

use std::sync::Arc;

use super::capture::{Capture, Staging};
use super::presence::Marks;
use super::spot;
use crate::marker::{Listing, MAX_FINGERPRINTS, Marker, Seen};

/// The name of the section, which no application can use: it contains a control character.
pub(crate) const SECTION: &str = "\u{1}seen";

/// The fingerprints of one scope, and when they were recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    seen: Seen,
    /// The number of the user's input before them; zero for those of an earlier launch.
    inputs: u64,
}

impl Recorded {
    /// Adds the fingerprints to the marker, unless it has some: a marker is frozen.
    pub(super) fn complete(&self, marker: &mut Marker) {
        marker.see(&self.seen);
    }
}

impl Marks {
    /// Returns whether the user was present since fingerprints of this scope were recorded.
    fn wants_fingerprints(&self, scope: &str) -> bool {
        self.seen.get(scope).is_none_or(|recorded| recorded.inputs < self.inputs)
    }

    /// Records fingerprints of an earlier launch, or of a state that was brought back.
    pub(super) fn restore_seen(&mut self, scope: Arc<str>, bytes: &[u8]) {
        self.seen.insert(scope, Recorded { seen: Seen::new(bytes), inputs: 0 });
    }
}

impl Capture<'_> {
    /// The number of fingerprints recorded for one scope: 1024. See [`fingerprint`](Self::fingerprint).
    pub const MAX_FINGERPRINTS: usize = MAX_FINGERPRINTS;

    /// Records what an element looked like when the user saw it last: its path and a hash of what it shows.
    ///
    /// [`Marker::changes`](crate::Marker::changes) compares on return, for a line such as *3 new requests since you left*.
    /// Pass all elements whose changes matter, in each capture: the fingerprints of one capture replace those of the one
    /// before, in this scope. A capture without a fingerprint changes nothing, and costs nothing.
    ///
    /// The fingerprints are those of the time when the user left. So they are recorded only in the first capture after
    /// the user's input (a mark, or [`user_active`](crate::Session::user_active)), and ignored in all others; a program
    /// may pass them while nobody is there. [`Session::autosave`](crate::Session::autosave) captures after a mark or a
    /// change: after a look at a changed list, call [`Session::mark_dirty`](crate::Session::mark_dirty).
    ///
    /// At most [`MAX_FINGERPRINTS`](Self::MAX_FINGERPRINTS) are recorded for a scope, with paths of at most
    /// [`Mark::MAX_PATH`](crate::Mark::MAX_PATH) bytes; the others are ignored. The hash is stored and compared with one
    /// that a later version of the program computes, so use a hash that stays the same, such as a version number of the
    /// record, and not the standard library's `DefaultHasher`.
    ///
    /// ```
    /// use leftoff::Session;
    ///
    /// let mut session = Session::in_memory();
    /// // Requests by number, with their revision.
    /// let mut requests = vec![(17, 1), (18, 1), (19, 4)];
    /// session.mark("request/18");
    /// session.autosave(|capture| {
    ///     for (number, revision) in &requests {
    ///         capture.fingerprint(&format!("request/{number}"), *revision);
    ///     }
    /// })?;
    /// session.suspend("meeting")?;
    ///
    /// requests = vec![(17, 2), (18, 1), (20, 1)];
    /// let marker = session.wake().unwrap();
    /// let now = requests.iter().map(|(number, revision)| (format!("request/{number}"), *revision));
    /// let changes = marker.changes(now).unwrap();
    /// assert_eq!(changes.changed, ["request/17"]);
    /// assert_eq!(changes.new, ["request/20"]);
    /// assert_eq!(changes.gone, ["request/19"]);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn fingerprint(&mut self, path: &str, hash: u64) {
        if let Some(listing) = self.staging.seen.get_mut(self.scope) {
            listing.add(path, hash);
        } else if self.marks.wants_fingerprints(self.scope) {
            self.staging.seen.get_or_default(self.scope.into()).add(path, hash);
        }
    }
}

impl Staging {
    /// Stages the fingerprints of this capture, and records them in `marks`.
    pub(super) fn stage_seen(&mut self, marks: &mut Marks) {
        let meta = spot::meta(self.at);
        for (scope, listing) in std::mem::take(&mut self.seen) {
            self.scratch = Listing::finish(listing);
            let recorded = Recorded { seen: Seen::new(&self.scratch), inputs: marks.inputs };
            self.stage(&scope, SECTION, meta, None);
            marks.seen.insert(scope, recorded);
        }
    }
}
