//! How much a session may write in an hour before it syncs more rarely.

use std::time::Duration;

use super::Builder;
use crate::store::MAX_STRETCHED;

impl Builder {
    /// The longest interval between syncs that an [`hourly_budget`](Self::hourly_budget) causes: one minute.
    pub const MAX_STRETCHED: Duration = MAX_STRETCHED;

    /// Sets how many bytes the session may write in an hour before it syncs more rarely, such as for flash memory that
    /// wears out. Default: no budget.
    ///
    /// The budget counts the bytes passed to the storage, compaction included, and one page of 4 096 bytes for each sync. Once
    /// the last hour cost a quarter of it, the interval between syncs is stretched until an hour of them, with the bytes,
    /// fits into what is left of the other three quarters. The interval is at most [`MAX_STRETCHED`](Self::MAX_STRETCHED) and at least
    /// [`sync_every`](Self::sync_every), and [`Status::stretched`](crate::Status::stretched) returns it.
    ///
    /// A power cut may then lose as much as this interval. A kill loses no more than without a budget, because each autosave
    /// is written as before. An hour costs more than the budget if the autosaves and compactions alone do, if there are more
    /// explicit syncs, or if one sync a minute costs more.
    ///
    /// [`save`](crate::Session::save), [`flush`](crate::Session::flush), [`suspend`](crate::Session::suspend),
    /// [`close`](crate::Session::close) and interruptions sync at once, whatever was spent.
    ///
    /// ```
    /// use leftoff::Session;
    /// use leftoff::backend::MemoryBackend;
    ///
    /// let app = leftoff::AppId::new("com.example.desk");
    /// let mut session = Session::builder(app).backend(MemoryBackend::new()).hourly_budget(5_000_000).open();
    /// session.mark("form/name");
    /// session.flush()?;
    /// let status = session.status();
    /// assert_eq!(status.stretched, None);
    /// assert!(status.hourly_bytes < 5_000_000 && status.hourly_syncs > 0);
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    pub fn hourly_budget(mut self, bytes: u64) -> Self {
        self.hourly_budget = Some(bytes);
        self
    }
}
