//! The plug-in: what the program sets, when the systems run, when values are saved.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bevy_app::{App, AppExit, Last, Plugin, PostUpdate, PreUpdate};
use bevy_color::Color;
use bevy_ecs::message::Messages;
use bevy_ecs::prelude::*;
use bevy_input::InputSystems;
use bevy_input::gamepad::GamepadButtonStateChangedEvent;
use bevy_input::keyboard::KeyboardInput;
use bevy_input::mouse::{MouseButtonInput, MouseWheel};
use bevy_input::touch::TouchInput;
use bevy_text::TextFont;
use bevy_ui::UiSystems;
use bevy_window::{CursorMoved, FileDragAndDrop, Ime, RequestRedraw, WindowFocused};
use leftoff::marker::cue::CuePolicy;
use leftoff::marker::place::Direction;
use leftoff::resume::Text;
use leftoff::{Capture, Error, Section, Session};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arrow::{Arrow, Look};
use crate::{card, draw, input, look};

type Read = Box<dyn Fn(&mut World, &mut Session) + Send + Sync>;
type Write = Box<dyn Fn(&mut World, &mut Capture<'_>) + Send + Sync>;
type Report = Box<dyn Fn(&Error) + Send + Sync>;

/// Saves the state of the program after input and at its exit, marks what the user touches, and points at the element
/// where the user left off.
///
/// ```no_run
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use leftoff::{AppId, Section, Session};
/// use leftoff_bevy::LeftOffPlugin;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Resource, Default, Serialize, Deserialize)]
/// struct Address {
///     city: String,
/// }
///
/// const ADDRESS: Section<Address> = Section::new("address", 1);
///
/// let session = Session::open(AppId::new("com.example.invoice"));
/// App::new().add_plugins(LeftOffPlugin::new(session).resource(ADDRESS)).run();
/// ```
pub struct LeftOffPlugin {
    settings: Mutex<Option<Settings>>,
}

struct Settings {
    session: Session,
    look: Look,
    policy: CuePolicy,
    opens_pages: bool,
    closures: Closures,
}

/// The closures of the program.
#[derive(Resource)]
struct Closures {
    read: Vec<Read>,
    write: Vec<Write>,
    report: Report,
}

/// The user wants to go to an element that is not in the window: open its page. Triggered after "Continue", for programs
/// that have called [`LeftOffPlugin::opens_pages`].
///
/// ```
/// use bevy_app::App;
/// use bevy_ecs::prelude::*;
/// use leftoff_bevy::OpenPage;
///
/// #[derive(Resource)]
/// struct Page(String);
///
/// # let mut app = App::new();
/// app.add_observer(|open: On<OpenPage>, mut page: ResMut<Page>| {
///     page.0 = open.path.split('/').next().unwrap_or_default().to_owned();
/// });
/// ```
#[derive(Event, Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenPage {
    /// The path of the element.
    pub path: String,
}

impl LeftOffPlugin {
    /// Takes the session, which closes at [`AppExit`].
    pub fn new(session: Session) -> Self {
        let report = Box::new(|error: &Error| tracing::warn!("leftoff: not saved: {error:#}"));
        let closures = Closures { read: Vec::new(), write: Vec::new(), report };
        let policy = CuePolicy::default();
        let settings = Settings { session, look: Look::default(), policy, opens_pages: false, closures };
        Self { settings: Mutex::new(Some(settings)) }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        if let Some(settings) = self.settings.get_mut().unwrap_or_else(PoisonError::into_inner) {
            change(settings);
        }
        self
    }

    /// Keeps a resource in this section: inserts it when the plug-in is added, captures it after input, and inserts it
    /// again when the stored values changed, because another instance saved them, or the user undid the restore or brought
    /// quarantined sections back. Without a stored value, it is the default.
    ///
    /// Write values into nodes in a system that runs when the resource [has
    /// changed](bevy_ecs::prelude::DetectChanges::is_changed), and both ways are covered.
    #[must_use]
    pub fn resource<R>(self, section: Section<R>) -> Self
    where
        R: Resource + Serialize + DeserializeOwned + Default,
    {
        self.state(
            move |world, session| world.insert_resource(session.get_or_default(section)),
            move |world, capture| {
                if let Some(resource) = world.get_resource::<R>() {
                    capture.set(section, resource);
                }
            },
        )
    }

    /// Keeps other state: `read` gives the world what is stored, when the plug-in is added and when the stored values
    /// changed; `write` captures what the world has, as in [`Session::autosave`].
    ///
    /// Both run while the [`Arrow`] is not in the world.
    #[must_use]
    pub fn state(
        self,
        read: impl Fn(&mut World, &mut Session) + Send + Sync + 'static,
        write: impl Fn(&mut World, &mut Capture<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.set(|settings| {
            settings.closures.read.push(Box::new(read));
            settings.closures.write.push(Box::new(write));
        })
    }

    /// Sets what is done with the errors of [`Session::autosave`]. Default: a record of `tracing`, as a warning, which
    /// Bevy's `LogPlugin` shows.
    #[must_use]
    pub fn on_error(self, report: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.closures.report = Box::new(report))
    }

    /// Declares that the program opens the page of an element on [`OpenPage`]. The card then has a button for an element
    /// that is on no open page.
    #[must_use]
    pub fn opens_pages(self) -> Self {
        self.set(|settings| settings.opens_pages = true)
    }

    /// Sets the policy for fading and for the size of the card after an absence.
    #[must_use]
    pub fn policy(self, policy: CuePolicy) -> Self {
        self.set(|settings| settings.policy = policy)
    }

    /// Sets the reading direction: the preferred side of an element for the arrow.
    #[must_use]
    pub fn direction(self, direction: Direction) -> Self {
        self.set(|settings| settings.look.direction = direction)
    }

    /// Sets the colour of arrow and outline, made darker until white text on it is readable. Default: a blue.
    #[must_use]
    pub fn color(self, color: impl Into<Color>) -> Self {
        self.set(|settings| settings.look.color = color.into())
    }

    /// Sets the font of the card and of the words at the arrow. Default: Bevy's, with 15 pixels, which has the letters of
    /// English only.
    #[must_use]
    pub fn font(self, font: TextFont) -> Self {
        self.set(|settings| settings.look.font = font)
    }

    /// Sets the texts of another language. If `speaker` returns `None`, the English text is used.
    #[must_use]
    pub fn texts(self, speaker: impl Fn(Text<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.look.speaker = Some(Box::new(speaker)))
    }
}

impl fmt::Debug for LeftOffPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeftOffPlugin").finish_non_exhaustive()
    }
}

impl Plugin for LeftOffPlugin {
    fn build(&self, app: &mut App) {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Bevy builds a plug-in once.
        let Some(Settings { mut session, look, policy, opens_pages, closures }) = settings else { return };
        for read in &closures.read {
            read(app.world_mut(), &mut session);
        }
        // Where the program has no keyboard or no window, there are no messages, and nothing panics.
        app.add_message::<KeyboardInput>()
            .add_message::<MouseButtonInput>()
            .add_message::<MouseWheel>()
            .add_message::<CursorMoved>()
            .add_message::<TouchInput>()
            .add_message::<GamepadButtonStateChangedEvent>()
            .add_message::<Ime>()
            .add_message::<FileDragAndDrop>()
            .add_message::<WindowFocused>()
            .add_message::<RequestRedraw>()
            .insert_resource(Arrow::new(session, look, policy, opens_pages))
            .insert_resource(closures)
            .add_systems(PreUpdate, input::hear.after(InputSystems).before(UiSystems::Focus))
            .add_systems(
                PostUpdate,
                (input::follow_focus, look::look, draw::draw, card::show, card::show_focus)
                    .chain()
                    .after(UiSystems::PostLayout)
                    .after(UiSystems::Stack),
            )
            .add_systems(Last, save);
    }
}

/// Reads the sections again if the stored values changed, and captures if that is due; at the exit in any case.
fn save(world: &mut World) {
    let is_exit = world.get_resource::<Messages<AppExit>>().is_some_and(|exits| !exits.is_empty());
    let Some(mut arrow) = world.remove_resource::<Arrow>() else { return };
    let Some(closures) = world.remove_resource::<Closures>() else {
        world.insert_resource(arrow);
        return;
    };
    save_all(world, &mut arrow, &closures, is_exit);
    world.insert_resource(closures);
    world.insert_resource(arrow);
}

fn save_all(world: &mut World, arrow: &mut Arrow, closures: &Closures, is_exit: bool) {
    arrow.focus_frames = arrow.focus_frames.saturating_sub(1);
    arrow.must_reread |= arrow.resume.refresh(&mut arrow.session);
    if std::mem::take(&mut arrow.must_reread) {
        for read in &closures.read {
            read(world, &mut arrow.session);
        }
    }
    if arrow.due() || is_exit {
        arrow.session.mark_dirty();
    }
    let Arrow { session, resume, .. } = arrow;
    let saved = resume.autosave(session, |capture| {
        for write in &closures.write {
            write(world, capture);
        }
    });
    if let Err(error) = saved {
        (closures.report)(&error);
    }
    if is_exit && let Err(error) = session.close() {
        (closures.report)(&error);
    }
}
