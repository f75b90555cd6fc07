//! Random numbers from the operating system, which differ in each copy of a process.

use std::io;

pub(crate) fn number() -> io::Result<u64> {
    getrandom::u64().map_err(|_| io::Error::other("the system has no random numbers"))
}
