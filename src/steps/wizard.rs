//! Questions together with the session that stores their answers.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Steps;
use crate::error::Error;
use crate::marker::Marker;
use crate::section::Section;
use crate::session::Session;

/// [`Steps`] together with their session, for a program that is a row of questions and nothing else.
///
/// [`ask`](Self::ask) returns the error of the prompt, whatever its type, so a call of `inquire` or `dialoguer` is the
/// whole closure. Storage trouble does not end the questions: [`finish`](Self::finish) returns it.
///
/// ```
/// # mod inquire {
/// #     pub struct Text<'a>(&'a str);
/// #     impl<'a> Text<'a> {
/// #         pub fn new(_: &'a str) -> Self { Self("") }
/// #         pub fn with_initial_value(self, before: &'a str) -> Self { Self(before) }
/// #         pub fn prompt(self) -> Result<String, std::io::Error> { Ok("Ana".into()) }
/// #     }
/// # }
/// use inquire::Text;
/// use leftoff::steps::Wizard;
/// use leftoff::{Section, Session};
///
/// const NAME: Section<String> = Section::new("name", 1);
/// const EMAIL: Section<String> = Section::new("email", 1);
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     # let session = Session::in_memory();
///     # if false {
///     let session = Session::open(leftoff::AppId::new("com.example.signup"));
///     # }
///     let mut wizard = Wizard::new(session, "account", 2);
///     if let Some(marker) = wizard.left_off() {
///         println!("{}", marker.card_now());
///     }
///     let name = wizard.ask(NAME, "Name", |before| {
///         Text::new("Name?").with_initial_value(before.map_or("", String::as_str)).prompt()
///     })?;
///     let email = wizard.ask(EMAIL, "E-mail", |_| Text::new("E-mail?").prompt())?;
///     println!("{name} <{email}>");
///     wizard.finish()?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Wizard {
    session: Session,
    steps: Steps,
}

impl Wizard {
    /// Creates the row of `total` questions with this scope, as [`Steps::new`] does.
    ///
    /// For one row for each directory, open the session with [`Builder::project`](crate::Builder::project).
    /// Two instances at once answer the same questions: a second one reads only, and goes on with the answers of the first when
    /// that ends. With [`Builder::slot_per_instance`](crate::Builder::slot_per_instance), each has a row of its own.
    pub fn new(mut session: Session, scope: &str, total: u32) -> Self {
        let steps = Steps::new(&mut session, scope, total);
        Self { session, steps }
    }

    /// Returns where the user left off: see [`Steps::left_off`].
    pub fn left_off(&self) -> Option<&Marker> {
        self.steps.left_off()
    }

    /// Returns the number of the question answered last: see [`Steps::number`].
    pub fn number(&self) -> u32 {
        self.steps.number()
    }

    /// Returns the stored answer, or calls `prompt` for it and stores what it returns: see [`Steps::ask`].
    ///
    /// # Errors
    /// What `prompt` returns; nothing is stored then. An answer that cannot be stored is returned all the same, and
    /// [`finish`](Self::finish) returns the error.
    pub fn ask<T, E>(
        &mut self,
        section: Section<T>,
        label: &str,
        prompt: impl FnOnce(Option<&T>) -> Result<T, E>,
    ) -> Result<T, E>
    where
        T: Serialize + DeserializeOwned,
    {
        // What cannot be stored is tried again with each save; the last one is that of `finish`, which returns the error.
        self.steps.ask_or(&mut self.session, section, label, prompt, |_| Ok(()))
    }

    /// Begins the questions again: see [`Steps::go_to`].
    pub fn go_to(&mut self, number: u32) {
        self.steps.go_to(number);
    }

    /// Returns the session, such as for [`Session::status`] or [`Session::suspend`].
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Removes all answers, as [`Steps::finish`] does, and closes the session. Call it after the program has acted on the
    /// answers. Without this call, such as after an error, the answers stay for the next start.
    ///
    /// # Errors
    /// As for [`Session::save`] and [`Session::close`]: among others, that an answer could not be stored.
    pub fn finish(mut self) -> Result<(), Error> {
        self.steps.finish(&mut self.session).and_then(|()| self.session.close())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::backend::MemoryBackend;
    use crate::{AppId, ErrorKind};

    const NAME: Section<String> = Section::new("name", 1);
    const PORT: Section<u16> = Section::new("port", 1);

    fn wizard(memory: &MemoryBackend) -> Wizard {
        let session = Session::builder(AppId::new("org.example.test")).backend(memory.clone()).open();
        Wizard::new(session, "account", 2)
    }

    #[test]
    fn a_wizard_that_ends_at_a_question_resumes_there_and_a_finished_one_begins_anew() {
        let memory = MemoryBackend::new();
        let mut first = wizard(&memory);
        assert!(first.left_off().is_none());
        assert_eq!(first.ask(NAME, "Name", |_| io::Result::Ok("Ana".to_owned())).unwrap(), "Ana");
        let ended = first.ask(PORT, "Port", |_| Err::<u16, _>(io::Error::other("the terminal was closed")));
        assert_eq!(ended.unwrap_err().to_string(), "the terminal was closed");
        drop(first);

        let mut second = wizard(&memory);
        assert_eq!(second.left_off().and_then(Marker::step), Some((2, 2)));
        assert_eq!(second.ask(NAME, "Name", |_| Err(io::Error::other("asked again"))).unwrap(), "Ana");
        assert_eq!(second.ask(PORT, "Port", |_| io::Result::Ok(80)).unwrap(), 80);
        second.finish().unwrap();

        let mut third = wizard(&memory);
        assert!(third.left_off().is_none());
        assert_eq!(third.ask(NAME, "Name", |_| io::Result::Ok("Bo".to_owned())).unwrap(), "Bo");
    }

    #[test]
    fn a_question_that_is_asked_again_after_its_prompt_failed_is_the_same_question() {
        let mut wizard = wizard(&MemoryBackend::new());
        wizard.ask(NAME, "Name", |_| io::Result::Ok("Ana".to_owned())).unwrap();
        for _ in 0..3 {
            assert!(wizard.ask(PORT, "Port", |_| Err::<u16, _>(io::Error::other("no number"))).is_err());
        }
        assert_eq!(wizard.number(), 1);
        wizard.ask(PORT, "Port", |_| io::Result::Ok(80)).unwrap();
        assert_eq!(wizard.number(), 2);
        let last = wizard.session().last_mark().unwrap();
        assert_eq!((last.element(), last.step()), ("port", Some((2, 2))));
        wizard.finish().unwrap();
    }

    #[test]
    fn an_answer_that_cannot_be_stored_is_returned_and_finish_returns_the_error() {
        const TINY: Section<String> = Section::new("name", 1).limit(1);
        let mut wizard = wizard(&MemoryBackend::new());
        assert_eq!(wizard.ask(TINY, "Name", |_| io::Result::Ok("Ana".to_owned())).unwrap(), "Ana");
        assert_eq!(wizard.ask(PORT, "Port", |_| io::Result::Ok(80)).unwrap(), 80);
        assert_eq!(wizard.finish().unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
