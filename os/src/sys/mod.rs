//! The calls that need `unsafe`, one file for each system.
#![allow(unsafe_code)]

#[cfg(unix)]
pub(crate) mod unix;
#[cfg(windows)]
pub(crate) mod windows;
