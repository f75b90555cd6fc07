//! What an answer of the service means. No error contains an address, a name, a key or a body.

use std::io;

/// An answer other than success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such object.
    NotFound,
    /// The clock of this device is off, by the service's clock.
    Skewed,
    Other(u16, io::ErrorKind),
}

impl Refusal {
    /// Sorts an answer by its status and by the code in its body, which tells apart what has one status.
    pub(crate) fn of(status: u16, body: &[u8]) -> Self {
        let code = code_in(body);
        match (status, code) {
            (403, Some("RequestTimeTooSkewed")) => Self::Skewed,
            // A bucket that is not there says nothing about its objects.
            (404, Some("NoSuchBucket")) => Self::Other(status, io::ErrorKind::NotConnected),
            (404, _) => Self::NotFound,
            (401 | 403, _) => Self::Other(status, io::ErrorKind::PermissionDenied),
            // Another write of the same name, too many requests, or an overload: later.
            (409 | 429 | 500 | 502 | 503 | 504, _) => Self::Other(status, io::ErrorKind::ResourceBusy),
            (507, _) => Self::Other(status, io::ErrorKind::StorageFull),
            _ => Self::Other(status, io::ErrorKind::Other),
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::new(io::ErrorKind::NotFound, "no such object"),
            Refusal::Skewed => {
                Self::new(io::ErrorKind::PermissionDenied, "the store refuses the time of this device; set its clock")
            }
            Refusal::Other(status, kind) => Self::new(kind, format!("the store answered {status}")),
        }
    }
}

/// Returns the text of the first `Code` element. Not a parser: the code is one of a few words, and nothing else is used.
fn code_in(body: &[u8]) -> Option<&str> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}

/// An error of the connection. `ureq` names the address in some of its errors, so only the kind is kept.
pub(crate) fn not_reached(error: &ureq::Error) -> io::Error {
    let (kind, why) = match error {
        ureq::Error::Io(error) => (error.kind(), "the connection to the store failed"),
        ureq::Error::Timeout(_) => (io::ErrorKind::TimedOut, "the store does not answer"),
        ureq::Error::HostNotFound => {
            (io::ErrorKind::NotConnected, "the address of the store is unknown, or there is no network")
        }
        _ => (io::ErrorKind::Other, "the request to the store failed"),
    };
    // `NotFound` would mean that the object does not exist.
    let kind = if kind == io::ErrorKind::NotFound { io::ErrorKind::NotConnected } else { kind };
    io::Error::new(kind, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_one_status_are_told_apart_by_their_code() {
        let error = |code: &str| format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Key>k</Key></Error>");
        let of = |status, code| Refusal::of(status, error(code).as_bytes());
        assert_eq!(of(404, "NoSuchKey"), Refusal::NotFound);
        assert_eq!(of(404, "NoSuchBucket"), Refusal::Other(404, io::ErrorKind::NotConnected));
        assert_eq!(of(403, "RequestTimeTooSkewed"), Refusal::Skewed);
        assert_eq!(of(403, "AccessDenied"), Refusal::Other(403, io::ErrorKind::PermissionDenied));
        assert_eq!(Refusal::of(503, b"\xff"), Refusal::Other(503, io::ErrorKind::ResourceBusy));
    }

    #[test]
    fn no_error_of_a_connection_says_that_an_object_does_not_exist() {
        let error = not_reached(&ureq::Error::Io(io::ErrorKind::NotFound.into()));
        assert_eq!(error.kind(), io::ErrorKind::NotConnected);
        let error = not_reached(&ureq::Error::BadUri("https://secret.example".into()));
        assert!(!format!("{error:?}").contains("secret"));
    }
}
