//! Runs an [eframe] program that comes back as its user left it.
//!
//! [`run`] replaces [`eframe::run_native`]. It restores the state of the application, the place of the window, scroll
//! offsets and carets; captures them after each input and at the exit; points at the element that the user touched last;
//! and records interruptions by the operating system ([`leftoff_os`]).
//!
//! ```no_run
//! use eframe::egui;
//! use leftoff_eframe::{AppId, LeftOff as _};
//!
//! #[derive(Default, serde::Serialize, serde::Deserialize)]
//! #[serde(default)]
//! struct Notes {
//!     text: String,
//! }
//!
//! impl eframe::App for Notes {
//!     fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
//!         egui::CentralPanel::default().show(ui, |ui| {
//!             ui.text_edit_multiline(&mut self.text).left_off(ui, "text");
//!         });
//!     }
//! }
//!
//! fn main() -> eframe::Result {
//!     let options = eframe::NativeOptions::default();
//!     leftoff_eframe::run(AppId::new("com.example.notes"), "Notes", options, |_, notes: Notes| notes)
//! }
//! ```
//!
//! # What is saved
//!
//! - **The state** of the [`App`], after each key, click, drag and drop in any widget, marked or not; every
//!   [`auto_save_interval`](eframe::App::auto_save_interval) if the program changed it by itself and frames are drawn; and
//!   at the exit. If it is unchanged, nothing is written.
//! - **The window**: position, size, maximised or fullscreen, for each set of monitors ([`leftoff::window`]).
//! - **The memory of egui**, with the feature `persistence`, unless
//!   [`persist_egui_memory`](eframe::App::persist_egui_memory) returns `false`.
//!
//! # Coming from eframe's persistence
//!
//! With the feature `persistence`, the first start takes over what eframe kept in its `app.ron`: the application's value
//! under [`eframe::APP_KEY`], the window, and the memory of egui. Nothing is deleted, and an older version of the program
//! still finds its file. The `name` passed to [`run`] is what selects the file, as for [`eframe::run_native`].
//! [`eframe::App::save`] still runs; remove it when no older version needs the file.
//!
//! # Notes
//!
//! - A second instance of the program saves nothing while the first one runs, and takes over when it ends.
//!   [`Setup::session`] sets another behavior: [`Builder::slot_per_instance`].
//! - Windows besides the main one (viewports) have an [`Arrow`] each, and their own sections: see
//!   [`App::session`] and the [documentation of `leftoff-egui`](leftoff_egui#several-windows).
//! - There is no web backend: `run` is for native programs.
#![cfg(not(target_arch = "wasm32"))]

#[cfg(not(any(feature = "glow", feature = "wgpu")))]
compile_error!("leftoff-eframe needs one of its features `glow` and `wgpu`, the same as eframe");

mod resuming;
mod window;

use eframe::{CreationContext, NativeOptions};
use leftoff::Builder;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use leftoff::{AppId, Section, Session};
pub use leftoff_egui::{Arrow, LeftOff, Target};
pub use resuming::Resuming;
pub use window::WINDOW;

/// An application with a state that is saved and restored.
///
/// An [`eframe::App`] that implements serde's traits and `Default` is its own state, and needs no implementation. If it
/// has parts that are not saved (`#[serde(skip)]`: caches, channels, textures), implement this trait for an application that
/// has its state in a field: otherwise [`restore`](Self::restore) resets those parts, too.
pub trait App: eframe::App {
    /// The state. Its default is that of a first start.
    type State: Serialize + DeserializeOwned + Default + 'static;

    /// Returns the state.
    fn state(&self) -> &Self::State;

    /// Replaces the state while the program runs: the user declined what was restored, brought back quarantined sections,
    /// or another instance ended and this one continues its state.
    fn restore(&mut self, state: Self::State);

    /// Called in each frame after [`ui`](eframe::App::ui) and before the capture, and when another instance's or another
    /// moment's state has replaced this one (then after [`restore`](Self::restore)): pass on marks of other windows, call
    /// [`Arrow::finished`] or [`Session::suspend`], capture sections of your own with [`Session::autosave`].
    fn session(&mut self, session: &mut Session, arrow: &mut Arrow) {
        _ = (session, arrow);
    }
}

impl<T: eframe::App + Serialize + DeserializeOwned + Default + 'static> App for T {
    type State = Self;

    fn state(&self) -> &Self {
        self
    }

    fn restore(&mut self, state: Self) {
        *self = state;
    }
}

/// The settings of [`run_with`].
#[derive(Debug)]
pub struct Setup<S: 'static> {
    /// How the session is opened.
    pub session: Builder,
    /// The section of the state. Default: `state`, version 1.
    pub section: Section<S>,
    /// The arrow of the main window. Default: [`restores_focus`](leftoff_egui::Settings::restores_focus) is on.
    pub arrow: Arrow,
}

impl<S: Serialize + DeserializeOwned + 'static> Setup<S> {
    /// Creates the default settings.
    pub fn new(app: AppId) -> Self {
        let mut arrow = Arrow::new();
        arrow.settings.restores_focus = true;
        Self { session: Session::builder(app), section: Section::new("state", 1), arrow }
    }
}

/// Runs a program in a window, as [`eframe::run_native`] does, and restores how its user left it.
///
/// `app` names the log of the session and must never change. `name` is that of [`eframe::run_native`]: the title of the
/// window, and the directory of eframe's own `app.ron`, if the options set nothing else. `create` receives the restored
/// state, or its default, and returns the application.
///
/// # Errors
/// As [`eframe::run_native`]. If the state cannot be stored, the program runs, and the trouble is logged.
pub fn run<A: App>(
    app: AppId,
    name: &str,
    options: NativeOptions,
    create: impl FnOnce(&CreationContext<'_>, A::State) -> A,
) -> eframe::Result {
    run_with(Setup::new(app), name, options, create)
}

/// Like [`run`], with settings.
///
/// # Errors
/// As [`eframe::run_native`].
pub fn run_with<A: App>(
    setup: Setup<A::State>,
    name: &str,
    options: NativeOptions,
    create: impl FnOnce(&CreationContext<'_>, A::State) -> A,
) -> eframe::Result {
    let create = |cc: &CreationContext<'_>| Ok(Box::new(Resuming::new(setup, cc, create)) as Box<dyn eframe::App>);
    eframe::run_native(name, options, Box::new(create))
}

/// Compiles the programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
