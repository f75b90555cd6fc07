//! Shows an arrow beside the element that the user touched last, when the user returns after a call, a crash or an update.
//!
//! This crate connects [leftoff], which stores the state and the user's position, with
//! [Bevy UI](https://docs.rs/bevy_ui):
//!
//! ```no_run
//! # use bevy_app::{App, Startup, Update};
//! # use bevy_ecs::prelude::*;
//! # use bevy_text::EditableText;
//! # use bevy_ui::prelude::*;
//! use leftoff::{AppId, Section, Session};
//! use leftoff_bevy::{LeftOff, LeftOffCard, LeftOffPlugin};
//! use serde::{Deserialize, Serialize};
//!
//! // 1: the state, as a resource
//! #[derive(Resource, Default, Serialize, Deserialize)]
//! struct Address {
//!     city: String,
//! }
//!
//! const ADDRESS: Section<Address> = Section::new("address", 1);
//!
//! fn form(mut commands: Commands, address: Res<Address>) {
//!     let column = Node { flex_direction: FlexDirection::Column, padding: UiRect::all(px(50)), ..Node::default() };
//!     commands.spawn((
//!         column,
//!         children![
//!             // 2: the room of the card
//!             LeftOffCard,
//!             Text::new("City"),
//!             // 3: every element that the arrow may point at
//!             (EditableText::new(&address.city), LeftOff::new("address/city").label("City")),
//!         ],
//!     ));
//! }
//!
//! fn main() {
//!     let session = Session::open(AppId::new("com.example.invoice"));
//!     App::new()
//!         // .add_plugins(DefaultPlugins)
//!         // 4: the plug-in, with what to store
//!         .add_plugins(LeftOffPlugin::new(session).resource(ADDRESS))
//!         .add_systems(Startup, form)
//!         .add_systems(Update, |mut address: ResMut<Address>, fields: Query<&EditableText, Changed<EditableText>>| {
//!             for field in &fields {
//!                 address.city = field.value().to_string();
//!             }
//!         })
//!         .run();
//! }
//! ```
//!
//! The README has tables of what is drawn, of versions and of costs.
//!
//! # Usage notes
//!
//! - **Touches.** A field is marked when it gets the focus ([`Action::Focus`](leftoff::Action::Focus)) and at each key
//!   ([`Action::Edit`](leftoff::Action::Edit)); other elements when they are pressed, by pointer, finger, Enter, Space or
//!   the lower button of a gamepad ([`Action::Press`](leftoff::Action::Press), or that of [`LeftOff::action`]). A focus that
//!   the program sets without input is no touch. Neither `Interaction` nor picking is needed.
//! - **Saving.** Each input makes a capture due, in any node, marked or not: in the next three frames, because systems pass
//!   on a change from one to the next, and once more a second later. [`AppExit`](bevy_app::AppExit) saves in any case, and
//!   closes the session. Equal values are not written again.
//! - **Changes without input.** Call [`Arrow::changed`] when a timer, a download or another task changes a value.
//! - **Values in nodes.** The stored values may change while the program runs: see [`LeftOffPlugin::resource`]. Show a
//!   resource in a system that runs when it has changed.
//! - **Records.** Declare each row as a record: `LeftOff::new("list/42").record()`, and in it `LeftOff::new("list/42/notes")`.
//!   Otherwise the arrow can point into the wrong record.
//! - **Passwords.** Call [`LeftOff::sensitive`]. No text is ever read from a field.
//! - **Pages.** Call [`LeftOffPlugin::opens_pages`], and open the page in an observer of [`OpenPage`].
//! - **Take me back.** Call [`Arrow::take_back`] from a system; bind it to a key.
//! - **Calls.** When the program itself learns of an interruption, call [`Arrow::suspend`], and [`Arrow::wake`] at its end.
//! - **Room.** Leave about 40 pixels free on one side of an element, such as a margin of the page, and the large arrow fits.
//! - **Drawing on demand.** With `WinitSettings::desktop_app`, the plug-in requests the frames that it needs.

mod arrow;
mod card;
mod draw;
mod element;
mod geometry;
mod image;
mod input;
mod look;
mod nodes;
mod plugin;

pub use arrow::Arrow;
pub use element::{LeftOff, LeftOffCard};
pub use leftoff::resume::{Drawn, Text};
pub use plugin::{LeftOffPlugin, OpenPage};

/// Compiles the program of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
