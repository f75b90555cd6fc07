//! The log: the newest launch, the way back from it past damage, and retention.

mod catalog;
mod closed;
mod compact;
mod group;
mod heads;
mod history;
mod last_run;
mod layers;
mod load;
mod others;
mod parked;
mod records;
mod room;
mod rope;
mod run;
mod schedule;
mod sections;
mod writer;

pub(crate) use catalog::{Catalog, last_written};
pub(crate) use closed::ClosedScope;
pub(crate) use closed::{CLOSED_TOGETHER, MAX_CLOSED_SCOPES};
pub(crate) use compact::{Retention, points, remove_all, remove_superseded, retain, retain_only_present, write_base};
pub(crate) use group::{Member, Members, Settled, Unread};
pub(crate) use heads::Lines;
pub(crate) use history::{State, states};
pub(crate) use last_run::{LastRun, restart_in};
pub(crate) use layers::{Fate, Layer, Layers, Value};
pub(crate) use load::{Loaded, Problem};
pub(crate) use others::Others;
pub(crate) use parked::MAX_QUARANTINED;
pub(crate) use parked::ParkedSection;
pub(crate) use room::{Claims, make_room};
pub(crate) use run::{Run, writer_id};
pub(crate) use writer::Writer;

#[cfg(test)]
mod tests;
