//! A folder somebody may read and not write: nothing is begun there, and nothing is claimed.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use super::*;
use crate::support::child;

const NOBODY: u32 = 65_534;

/// Whoever runs the tests as root may write everywhere, so the look is taken by somebody else.
#[test]
fn child() {
    let Some(folder) = child::role() else { return };
    let session = Session::builder(crate::support::APP).dir(folder).open();
    child::say(&format!("{:?} {}", session.outcome(), session.status().refused.is_some()));
}

#[test]
fn a_folder_of_somebody_else_is_unavailable() {
    if !std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        return;
    }
    let folder = crate::support::folder::scratch();
    let mut session = Session::builder(crate::support::APP).dir(folder.path()).open();
    put(&mut session, "a", |capture| capture.set(FORM, &1));
    session.close().unwrap();
    let before = crate::support::folder::logs(folder.path());
    for mode in [0o755, 0o777] {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let mut command = child::spawn("sick::read_only::child", folder.path().to_str().unwrap());
        let Ok(mut child) = command.uid(NOBODY).spawn() else { return };
        let mut ears = child::ears(&mut child);
        let said = child::hear(&mut ears);
        child.wait().unwrap();
        assert_eq!(said.as_deref(), Some("Unavailable true"), "mode {mode:o}");
    }
    assert_eq!(crate::support::folder::logs(folder.path()), before);
}
