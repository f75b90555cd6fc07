//! The state of a program, together with its session and its arrow.

use std::cell::RefCell;
use std::fmt;
use std::ops::{Deref, DerefMut};

use iced_core::{Element, text as core_text, theme};
use leftoff::{Error, Saved, Section, Session};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arrow::{Arrow, Request};

/// The state of a program with one window, together with its session and its arrow.
///
/// It dereferences to the state. Programs with several sections or windows keep [`Session`] and [`Arrow`]s themselves.
///
/// ```
/// use iced::widget::text_input;
/// use leftoff::{AppId, Section, Session};
/// use leftoff_iced::{Request, Resuming, mark};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct State {
///     amount: String,
/// }
///
/// const STATE: Section<State> = Section::new("state", 1);
///
/// #[derive(Debug, Clone)]
/// enum Message {
///     Amount(String),
///     LeftOff(Request),
/// }
///
/// struct App {
///     state: Resuming<State>,
/// }
///
/// impl App {
///     fn new() -> Self {
///         Self { state: Resuming::new(Session::open(AppId::new("com.example.invoice")), STATE) }
///     }
///
///     fn update(&mut self, message: Message) {
///         match message {
///             Message::Amount(text) => self.state.amount = text,
///             Message::LeftOff(request) => self.state.answer(request),
///         }
///         // After every message.
///         if let Err(error) = self.state.autosave() {
///             eprintln!("not saved: {error:#}");
///         }
///     }
///
///     fn view(&self) -> iced::Element<'_, Message> {
///         let amount = text_input("", &self.state.amount).on_input(Message::Amount);
///         self.state.wrap(mark("invoice/42/amount", amount).label("Amount"), Message::LeftOff)
///     }
/// }
/// # let mut app = App { state: Resuming::in_memory(State::default()) };
/// # app.update(Message::Amount("7".into()));
/// # assert_eq!(app.state.amount, "7");
/// # let _ = (app.view(), App::new as fn() -> App);
/// ```
pub struct Resuming<T: 'static> {
    state: T,
    section: Section<T>,
    session: RefCell<Session>,
    arrow: Arrow,
}

impl<T: Serialize + DeserializeOwned + Default> Resuming<T> {
    /// Reads the state from its section; without one, it is the default.
    ///
    /// To take over a state that the program stored elsewhere, call [`Session::import`] before.
    pub fn new(mut session: Session, section: Section<T>) -> Self {
        let state = session.get_or_default(section);
        Self { state, section, session: RefCell::new(session), arrow: Arrow::new() }
    }

    /// Creates a state that outlives nothing: for tests and previews.
    pub fn in_memory(state: T) -> Self {
        let session = RefCell::new(Session::in_memory());
        Self { state, section: Section::new("state", 1), session, arrow: Arrow::new() }
    }

    /// Replaces the arrow by one with other settings.
    #[must_use]
    pub fn with_arrow(self, arrow: Arrow) -> Self {
        Self { arrow, ..self }
    }

    /// Wraps the view of the window, as [`Arrow::wrap`] does.
    pub fn wrap<'a, Message, Theme, Renderer>(
        &'a self,
        content: impl Into<Element<'a, Message, Theme, Renderer>>,
        on_request: impl Fn(Request) -> Message + 'a,
    ) -> Element<'a, Message, Theme, Renderer>
    where
        Message: 'a,
        Theme: theme::Base + 'a,
        Renderer: core_text::Renderer + 'a,
    {
        self.arrow.wrap(&self.session, content, on_request)
    }

    /// Does what the arrow requests: on [`Request::ReadAgain`], reads the state again. [`Request::Open`], which comes only
    /// after [`Arrow::opens_pages`], is left to the program.
    #[expect(clippy::needless_pass_by_value, reason = "it is the content of a message")]
    pub fn answer(&mut self, request: Request) {
        if request == Request::ReadAgain {
            self.state = self.session.get_mut().get_or_default(self.section);
        }
    }

    /// Saves the state if it has changed. Call it at the end of `update`, after every message, as [`Arrow::autosave`].
    ///
    /// # Errors
    /// The errors of [`Session::autosave`].
    pub fn autosave(&mut self) -> Result<Saved, Error> {
        let Self { state, section, session, arrow } = self;
        arrow.autosave(session.get_mut(), |capture| capture.set(*section, state))
    }

    /// Returns the session, such as for [`Session::mark_dirty`] after a change without input.
    pub fn session(&mut self) -> &mut Session {
        self.session.get_mut()
    }

    /// Returns the arrow.
    pub fn arrow(&mut self) -> &mut Arrow {
        &mut self.arrow
    }
}

impl<T> Deref for Resuming<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

impl<T> DerefMut for Resuming<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.state
    }
}

/// Without the state, which is the user's.
impl<T> fmt::Debug for Resuming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut resuming = f.debug_struct("Resuming");
        resuming.field("section", &self.section.name()).field("arrow", &self.arrow).finish_non_exhaustive()
    }
}
