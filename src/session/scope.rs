//! A namespace for sections and marks: a window, a document, a plug-in.

use serde::de::DeserializeOwned;

use super::Session;
use crate::error::Error;
use crate::marker::{Mark, Marker};
use crate::section::{Migrate, Section};

/// One scope of a session, for the length of a borrow.
///
/// ```
/// use leftoff::{Section, Session};
/// use leftoff::backend::MemoryBackend;
///
/// const DRAFT: Section<String> = Section::new("draft", 1);
///
/// let mut session = Session::builder("com.example.desk").backend(MemoryBackend::new()).open()?;
/// let draft = session.scope("window/2").get(DRAFT)?.unwrap_or_default();
/// session.scope("window/2").mark("body");
/// session.autosave(|capture| capture.scope("window/2").set(DRAFT, &draft))?;
/// # Ok::<(), leftoff::Error>(())
/// ```
#[derive(Debug)]
pub struct Scope<'a> {
    session: &'a mut Session,
    name: &'a str,
}

impl Session {
    /// The sections and marks of one window, document or plug-in. Name it by what it is, as elements are named; the
    /// empty name is the application itself.
    pub fn scope<'a>(&'a mut self, name: &'a str) -> Scope<'a> {
        Scope { session: self, name }
    }

    /// The scopes that have sections or marks: the windows to open again.
    pub fn scopes(&self) -> Vec<String> {
        let guard = self.store.inner.lock();
        let mut names: Vec<String> = guard.loaded.sections.keys().map(|key| key.scope.to_string()).collect();
        names.extend(guard.entries.scopes().map(str::to_owned));
        names.extend(self.marks.scopes().map(str::to_owned));
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Scope<'_> {
    /// As [`Session::get`].
    ///
    /// # Errors
    /// As [`Session::get`].
    pub fn get<T: DeserializeOwned, M: Migrate<T>>(&mut self, section: Section<T, M>) -> Result<Option<T>, Error> {
        self.session.get_in(self.name, &section)
    }

    /// As [`Session::get_or_default`].
    pub fn get_or_default<T, M>(&mut self, section: Section<T, M>) -> T
    where
        T: DeserializeOwned + Default,
        M: Migrate<T>,
    {
        self.get(section).ok().flatten().unwrap_or_default()
    }

    /// As [`Session::get_quarantined`].
    ///
    /// # Errors
    /// As [`Session::get`].
    pub fn get_quarantined<T: DeserializeOwned, M: Migrate<T>>(
        &self,
        section: Section<T, M>,
    ) -> Result<Option<T>, Error> {
        self.session.get_quarantined_in(self.name, &section)
    }

    /// As [`Session::discard_quarantined`].
    pub fn discard_quarantined<T, M>(&mut self, section: Section<T, M>) {
        self.session.discard_quarantined_in(self.name, section.name());
    }

    /// As [`Session::bring_back`].
    ///
    /// # Errors
    /// As [`Session::bring_back`].
    pub fn bring_back<T: DeserializeOwned, M: Migrate<T>>(
        &mut self,
        section: Section<T, M>,
    ) -> Result<Option<T>, Error> {
        self.session.bring_back_in(self.name, &section)
    }

    /// As [`Session::mark`].
    pub fn mark<'m>(&mut self, mark: impl Into<Mark<'m>>) {
        self.session.mark_in(self.name, &mark.into());
    }

    /// Where the user left off in this scope.
    pub fn marker(&self) -> Option<&Marker> {
        let marker = self.session.marks.marker_of(self.name)?;
        self.session.note_marker();
        Some(marker)
    }

    /// As [`Session::dismiss_marker`], for this scope.
    pub fn dismiss_marker(&mut self) {
        self.session.marks.dismiss(self.name);
    }

    /// The window was closed for good: its sections and marks go with it. The next [`Session::autosave`] writes that
    /// down; the history keeps them for a while.
    pub fn close(self) {
        let mut guard = self.session.store.inner.lock();
        guard.entries.remove_scope(self.name);
        guard.loaded.remove_scope(self.name);
        guard.forget_scope(self.name);
        guard.accept_scope(self.name);
        guard.pending.closed_scopes.insert(self.name.into());
        guard.closed_scopes.insert(self.name.into());
        drop(guard);
        self.session.store.types.lock().close_scope(self.name);
        self.session.marks.close_scope(self.name);
        self.session.dirty = true;
    }
}
