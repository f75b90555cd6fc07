//! What an error of `SQLite` says about a frame or about the storage.

use std::io;

use leftoff::backend::Error;
use rusqlite::ErrorCode;

/// Returns the error for a statement: nothing in `SQLite` tells of one damaged frame, so each is about the storage.
pub(crate) fn unavailable(error: rusqlite::Error) -> Error {
    Error::Unavailable(to_io(error))
}

pub(crate) fn to_io(error: rusqlite::Error) -> io::Error {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull,
        Some(ErrorCode::ReadOnly) => io::ErrorKind::ReadOnlyFilesystem,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => io::ErrorKind::ResourceBusy,
        Some(ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            io::ErrorKind::PermissionDenied
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

/// Returns the error of an insertion.
pub(crate) fn of_insertion(error: rusqlite::Error) -> Error {
    if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) { Error::Taken } else { unavailable(error) }
}
