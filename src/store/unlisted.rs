//! A program that does not agree to be listed, and may be in the list from an earlier start.

use std::path::PathBuf;

/// The state directory of such a program.
#[derive(Debug, Clone)]
#[cfg_attr(not(any(unix, windows)), expect(dead_code, reason = "this platform has no file backend"))]
pub(crate) struct Unlisted {
    /// The directory of the list, unless it is the one that all programs share.
    pub(crate) list: Option<PathBuf>,
    pub(crate) dir: PathBuf,
}

impl Unlisted {
    /// Removes the directory from the list.
    pub(crate) fn remove(&self) {
        #[cfg(any(unix, windows))]
        if let Some(list) = self.list.clone().or_else(crate::backend::listed::shared_list) {
            crate::backend::listed::remove(&list, &self.dir);
        }
    }
}
