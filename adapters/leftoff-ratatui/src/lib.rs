#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arrow;
mod card;
mod cells;
mod glyphs;
mod paper;
mod pointer;
mod quarantine;
mod region;
mod resume;
mod spots;
mod status;
mod words;
mod wrap;

pub use arrow::{Arrow, Shown};
pub use card::ResumeCard;
pub use status::StatusLine;
pub use words::Words;
