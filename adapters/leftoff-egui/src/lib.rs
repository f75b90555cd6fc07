#![doc = include_str!("../README.md")]

mod arrow;
mod ask;
mod card;
mod current;
mod draw;
mod geometry;
mod input;
mod paint;
mod quarantine;
mod scene;
mod settings;
mod target;
mod text;
mod windows;

pub use arrow::Arrow;
pub use card::CARD_HEIGHT;
pub use draw::Drawn;
pub use geometry::GUTTER;
pub use paint::{CORE, HALO};
pub use settings::Settings;
pub use target::Target;
pub use text::{Gone, Text};
