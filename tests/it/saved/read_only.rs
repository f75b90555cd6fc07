//! A directory of our own that can be read and not written.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;

use leftoff::{ErrorKind, Outcome};

use super::*;
use crate::support::{child, folder};

const NOBODY: u32 = 65_534;

/// Who runs the tests may be root and write everywhere, so the look is taken by somebody else.
#[test]
fn child() {
    let Some(dir) = child::role() else { return };
    let mut session = Session::builder(APP).dir(dir).open();
    let (outcome, form) = (session.outcome(), session.get(FORM));
    let element = session.marker().map(|marker| marker.element().to_owned());
    let history = session.history().unwrap().len();
    session.mark("b");
    let saved = session.autosave(|capture| capture.set(FORM, &2)).unwrap();
    let status = session.status();
    let closed = session.close().map_err(|error| error.kind());
    child::say(&format!(
        "{outcome:?} {form:?} {element:?} {history} {saved:?} {} {closed:?}",
        status.refused.is_some()
    ));
}

#[test]
fn a_directory_that_can_only_be_read_is_restored_and_said_to_be_read_only() {
    if !std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        return;
    }
    // Without the lock file of an earlier launch, with one that can only be read, and with one that can be written.
    for (with_lock, mode) in [(false, 0o400), (true, 0o400), (true, 0o600)] {
        let dir = folder::scratch();
        let mut session = Session::builder(APP).dir(dir.path()).open();
        put(&mut session, "a", |capture| capture.set(FORM, &7));
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        session.close().unwrap();
        if !with_lock {
            std::fs::remove_file(dir.path().join("lock")).unwrap();
        }
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let path = entry.unwrap().path();
            chown(&path, Some(NOBODY), None).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        chown(dir.path(), Some(NOBODY), None).unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
        let before = folder::logs(dir.path());
        let mut command = child::spawn("saved::read_only::child", dir.path().to_str().unwrap());
        let Ok(mut child) = command.uid(NOBODY).spawn() else { return };
        let said = child::hear(&mut child::ears(&mut child));
        child.wait().unwrap();
        let expected =
            format!("{:?} Ok(Some(1)) Some(\"a\") 1 Off true Err({:?})", Outcome::ReadOnly, ErrorKind::Unavailable);
        assert_eq!(said, Some(expected), "with lock: {with_lock}, files {mode:o}");
        assert_eq!(folder::logs(dir.path()), before);
    }
}
