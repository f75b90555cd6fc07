//! Local time.

use leftoff::time::Timestamp;

/// Returns the offset of local time from UTC in the system's time zone, in seconds east. `None` if it is not known, or
/// without the feature `local-time`.
#[cfg(feature = "local-time")]
pub(crate) fn offset(at: Timestamp) -> Option<i32> {
    let zone = jiff::tz::TimeZone::try_system().ok()?;
    Some(zone.to_offset(jiff::Timestamp::from_millisecond(at.as_millis()).ok()?).seconds())
}

#[cfg(not(feature = "local-time"))]
pub(crate) fn offset(_: Timestamp) -> Option<i32> {
    None
}
