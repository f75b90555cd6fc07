//! A restart by the operating system.

use std::io;

/// Asks Windows to start the program again, with these arguments, when Windows itself has ended it: for an update that
/// replaces one of its files, after a crash, or because it no longer answered.
///
/// Call it once at the start. Windows restarts only a program that has run for at least 60 seconds, so that one which fails
/// at each start does not start forever. It restarts it after a reboot, too, if an update caused the reboot.
///
/// When an update ends the program, the session ends with [`Reason::Restart`](leftoff::Reason::Restart) if it is
/// [watched](crate::watch), and [`Session::is_restart`](leftoff::Session::is_restart) is true at the next start. After a
/// crash, it is not: the program crashed, and the crash guard counts it.
///
/// Type-checked for Windows, not run there.
///
/// # Errors
/// On every other system, [`Unsupported`](io::ErrorKind::Unsupported). On Windows,
/// [`InvalidInput`](io::ErrorKind::InvalidInput) if the arguments contain a NUL or are longer than 1 023 UTF-16 units, and
/// the error that Windows returns.
pub fn restart_by_system(arguments: &str) -> io::Result<()> {
    #[cfg(windows)]
    return crate::sys::windows::register_restart(arguments);
    #[cfg(not(windows))]
    {
        let _ = arguments;
        Err(io::Error::new(io::ErrorKind::Unsupported, "only Windows restarts a program that asks for it"))
    }
}
