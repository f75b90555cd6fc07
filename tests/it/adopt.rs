//! State from before: files of other libraries, and a changed application id.

mod import;
