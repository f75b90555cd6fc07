#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod actions;
mod arrow;
mod card;
mod cells;
mod compat;
#[cfg(feature = "roam")]
mod devices;
mod glyphs;
mod grid;
mod lines;
mod list;
mod note;
mod paper;
mod pointer;
mod quarantine;
mod region;
mod spots;
mod status;
mod text;
mod words;
mod wrap;

pub use arrow::{Arrow, Shown};
pub use card::ResumeCard;
#[cfg(feature = "roam")]
pub use devices::DeviceLine;
pub use leftoff::resume::CardAction;
pub use note::NoteLine;
/// The crate whose types the methods take. ratatui re-exports the same types.
pub use ratatui_core;
pub use status::StatusLine;
pub use text::Text;
