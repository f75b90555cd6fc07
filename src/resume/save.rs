//! Saving together with the elements of the layout.

use super::Resume;
use crate::error::Error;
use crate::session::{Capture, Saved, Session};

impl Resume {
    /// Saves what has changed, as [`Session::autosave`] does, and stores the [elements](Self::elements) of the last layout
    /// with it, in the scope of this window: with them, the last touched element can be located in later versions of the
    /// program.
    ///
    /// ```
    /// use leftoff::resume::Resume;
    /// use leftoff::{Section, Session};
    ///
    /// const NAME: Section<String> = Section::new("name", 1);
    ///
    /// let (mut session, mut resume) = (Session::in_memory(), Resume::new(""));
    /// resume.touch(&mut session, "form/name");
    /// resume.autosave(&mut session, |capture| capture.set(NAME, &"Ana".to_owned()))?;
    /// # Ok::<(), leftoff::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`Session::autosave`].
    pub fn autosave(&self, session: &mut Session, capture: impl FnOnce(&mut Capture<'_>)) -> Result<Saved, Error> {
        session.autosave(|all| {
            capture(all);
            match self.scope() {
                "" => all.anchor(self.elements()),
                scope => all.scope(scope).anchor(self.elements()),
            }
        })
    }
}
