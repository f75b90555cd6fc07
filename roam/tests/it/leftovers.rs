//! What a second instance, damaged records and an unreachable store lead to.

use std::io;
use std::time::Duration;

use leftoff_roam::{OfflineCause, RoamStatus};

use crate::support::{Device, WITHIN, open, roam, until};

#[test]
fn second_instance_waits_for_the_directory_of_the_first() {
    let home = tempfile::tempdir().unwrap();
    let first = Device::start(home.path(), "desk");
    let session = open(home.path(), "elsewhere");
    let dir = home.path().join("desk").join("others");
    let second = roam(home.path(), "desk").keep_in(dir).start(&session).unwrap();
    until(|| second.status() == RoamStatus::InUse);
    drop(first);
    until(|| second.status() != RoamStatus::InUse);
}

#[test]
fn device_with_damaged_records_does_not_list_itself_as_another() {
    let home = tempfile::tempdir().unwrap();
    let mut desk = Device::start(home.path(), "desk");
    desk.write("Ana");
    desk.roaming.close(&mut desk.session, WITHIN).unwrap();
    desk.session.close().unwrap();
    std::fs::write(home.path().join("desk").join("others").join("meta"), b"damaged").unwrap();
    let mut desk = Device::start(home.path(), "desk");
    until(|| matches!(desk.roaming.status(), RoamStatus::UpToDate(_)));
    assert_eq!(desk.roaming.others(), []);
    desk.write("Ana Li");
    assert_eq!(desk.name().as_deref(), Some("Ana Li"));
}

#[test]
fn offline_names_what_failed() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("shared"), b"").unwrap();
    let mut desk = Device::start(home.path(), "desk");
    assert!(!desk.roaming.publish(&mut desk.session, Duration::from_millis(300)).unwrap());
    let is_cause = |status| {
        let RoamStatus::Offline { cause, .. } = status else { return false };
        cause == OfflineCause::Store(io::ErrorKind::NotADirectory)
    };
    until(|| is_cause(desk.roaming.status()));
}
