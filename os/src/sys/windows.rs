//! Console events, and the messages of a hidden window.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::System::Recovery::RegisterApplicationRestart;
use windows_sys::Win32::System::RemoteDesktop::{NOTIFY_FOR_THIS_SESSION, WTSRegisterSessionNotification};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, ENDSESSION_CLOSEAPP, GetMessageW, PBT_APMRESUMEAUTOMATIC,
    PBT_APMSUSPEND, RegisterClassW, WM_ENDSESSION, WM_POWERBROADCAST, WM_QUERYENDSESSION, WM_WTSSESSION_CHANGE,
    WNDCLASSW, WTS_SESSION_LOCK, WTS_SESSION_UNLOCK,
};
use windows_sys::core::BOOL;

/// What Windows announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Ctrl-C or Ctrl-Break.
    Interrupt,
    ConsoleClosed,
    /// The end of the session is asked for, or has come.
    SessionEnds,
    /// An update ends the program, and Windows starts it again.
    Restarts,
    /// Another program has prevented the end of the session.
    SessionGoesOn,
    Sleeps,
    Wakes,
    Locked,
    Unlocked,
}

/// What is called with each event, on a thread of the system's or of [`listen`].
static HEAR: OnceLock<fn(Event)> = OnceLock::new();

/// Whether Windows is to start the program again.
static IS_RESTARTED: AtomicBool = AtomicBool::new(false);

/// The limit of Windows, with the NUL.
const MAX_ARGUMENTS: usize = 1024;

pub(crate) fn register_restart(arguments: &str) -> io::Result<()> {
    let arguments: Vec<u16> = arguments.encode_utf16().chain([0]).collect();
    if arguments.len() > MAX_ARGUMENTS || arguments.iter().position(|unit| *unit == 0) != Some(arguments.len() - 1) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the arguments are too long or contain a NUL"));
    }
    // SAFETY: the arguments end with a NUL and are valid during the call; Windows copies them.
    match unsafe { RegisterApplicationRestart(arguments.as_ptr(), 0) } {
        0 => {
            IS_RESTARTED.store(true, Ordering::Release);
            Ok(())
        }
        // The HRESULT of an error of the system has its number in the low half.
        result => Err(io::Error::from_raw_os_error(result & 0xffff)),
    }
}

/// Returns what the end of a session is: `more` says whether an update ends the program.
fn end_of_session(more: LPARAM) -> Event {
    let is_update = usize::try_from(ENDSESSION_CLOSEAPP).is_ok_and(|flag| more.cast_unsigned() & flag != 0);
    if is_update && IS_RESTARTED.load(Ordering::Acquire) { Event::Restarts } else { Event::SessionEnds }
}

/// Has `hear` called with each event of the console. The console's own action follows.
pub(crate) fn watch_console(hear: fn(Event)) -> io::Result<()> {
    HEAR.get_or_init(|| hear);
    // SAFETY: the handler is a function, so it lives as long as the process.
    match unsafe { SetConsoleCtrlHandler(Some(on_console), 1) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

unsafe extern "system" fn on_console(kind: u32) -> BOOL {
    let event = match kind {
        CTRL_C_EVENT | CTRL_BREAK_EVENT => Event::Interrupt,
        CTRL_CLOSE_EVENT => Event::ConsoleClosed,
        CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT => Event::SessionEnds,
        _ => return 0,
    };
    tell(event);
    // Not handled: the next handler decides, at last the one that ends the process.
    0
}

/// Creates a hidden window, calls `ready`, and has `hear` called with each of its events. Returns only if it fails.
///
/// A top-level window, because a message-only one does not receive broadcasts.
pub(crate) fn listen(hear: fn(Event), ready: impl FnOnce(bool)) -> io::Error {
    HEAR.get_or_init(|| hear);
    let name: Vec<u16> = "leftoff".encode_utf16().chain([0]).collect();
    // SAFETY: without a name, the handle of the program itself is returned, which nobody has to free. The class and the
    // window get pointers that are valid during the calls; Windows copies the name. The window is used on the thread
    // that creates it, and its procedure is a function.
    unsafe {
        let class = WNDCLASSW {
            lpfnWndProc: Some(on_message),
            hInstance: GetModuleHandleW(ptr::null()),
            lpszClassName: name.as_ptr(),
            ..WNDCLASSW::default()
        };
        RegisterClassW(&raw const class);
        let window = CreateWindowExW(
            0,
            name.as_ptr(),
            name.as_ptr(),
            0,
            0,
            0,
            0,
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            class.hInstance,
            ptr::null(),
        );
        if window.is_null() {
            return io::Error::last_os_error();
        }
        ready(WTSRegisterSessionNotification(window, NOTIFY_FOR_THIS_SESSION) != 0);
        let mut message = MaybeUninit::uninit();
        // Zero is for a message that nobody sends to this thread, and -1 for an error.
        while GetMessageW(message.as_mut_ptr(), ptr::null_mut(), 0, 0) > 0 {
            DispatchMessageW(message.as_ptr());
        }
        io::Error::last_os_error()
    }
}

unsafe extern "system" fn on_message(window: HWND, message: u32, what: WPARAM, more: LPARAM) -> LRESULT {
    let is = |wanted: u32| usize::try_from(wanted) == Ok(what);
    match message {
        // Synced when asked, because there may be no time later. The answer: it may end.
        WM_QUERYENDSESSION => tell(end_of_session(more)),
        WM_ENDSESSION if what == 0 => tell(Event::SessionGoesOn),
        WM_ENDSESSION => tell(end_of_session(more)),
        WM_POWERBROADCAST if is(PBT_APMSUSPEND) => tell(Event::Sleeps),
        WM_POWERBROADCAST if is(PBT_APMRESUMEAUTOMATIC) => tell(Event::Wakes),
        WM_WTSSESSION_CHANGE if is(WTS_SESSION_LOCK) => tell(Event::Locked),
        WM_WTSSESSION_CHANGE if is(WTS_SESSION_UNLOCK) => tell(Event::Unlocked),
        // SAFETY: these are the arguments that Windows passed.
        _ => return unsafe { DefWindowProcW(window, message, what, more) },
    }
    1
}

fn tell(event: Event) {
    if let Some(hear) = HEAR.get() {
        hear(event);
    }
}
