//! The desk is left, in every way there is, and come back to.

mod absence;
mod devices;
mod kill;
mod marker;
mod next;
mod safety;
mod support;
mod way;
