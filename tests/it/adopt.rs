//! State from before: files of other libraries, and a changed application id.

mod import;
#[cfg(target_os = "linux")]
mod moved_id;
