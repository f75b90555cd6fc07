//! The state directory disappears, and nothing can be created at its path for a while.

use super::*;
use std::time::Duration;

/// Makes the directory disappear in a way that leaves its path unusable, and returns how to make the path usable.
fn block(way: &str, scratch: &Path) -> Box<dyn FnOnce()> {
    let (parent, disk) = (scratch.join("parent"), scratch.join("disk"));
    match way {
        "a file in its place" => {
            let state = parent.join("mine/state");
            fs::remove_dir_all(&state).unwrap();
            fs::write(&state, b"in the way").unwrap();
            Box::new(move || fs::remove_file(&state).unwrap())
        }
        "a file in place of its parent" => {
            let mine = parent.join("mine");
            fs::remove_dir_all(&mine).unwrap();
            fs::write(&mine, b"in the way").unwrap();
            Box::new(move || fs::remove_file(&mine).unwrap())
        }
        "a volume that is mounted again empty" => {
            fs::rename(&disk, scratch.join("unplugged")).unwrap();
            fs::remove_file(&parent).unwrap();
            symlink("/proc/self/no/such/volume", &parent).unwrap();
            Box::new(move || {
                fs::create_dir(&disk).unwrap();
                fs::remove_file(&parent).unwrap();
                symlink(&disk, &parent).unwrap();
            })
        }
        "the same volume" => {
            fs::rename(&disk, scratch.join("unplugged")).unwrap();
            fs::write(&disk, b"in the way").unwrap();
            let unplugged = scratch.join("unplugged");
            Box::new(move || {
                fs::remove_file(&disk).unwrap();
                fs::rename(unplugged, &disk).unwrap();
            })
        }
        _ => panic!("{way}"),
    }
}

const BLOCKED: [&str; 4] =
    ["a file in its place", "a file in place of its parent", "a volume that is mounted again empty", "the same volume"];

/// The state directory is `parent/mine/state`, and `parent` is a link to `disk`.
fn place(scratch: &Path) -> std::path::PathBuf {
    fs::create_dir(scratch.join("disk")).unwrap();
    symlink(scratch.join("disk"), scratch.join("parent")).unwrap();
    scratch.join("parent/mine/state")
}

/// Opens the state of an earlier launch, and reads all of it.
fn known(state: &Path, builder: leftoff::Builder) -> Session {
    earlier(state);
    let mut session = builder.open();
    assert_eq!(session.get(FORM).unwrap(), Some(1));
    session.get(TEXT).unwrap().unwrap();
    session.scope("window").get(FORM).unwrap().unwrap();
    session
}

#[test]
fn save_succeeds_as_soon_as_the_path_is_usable_again() {
    for way in BLOCKED {
        let scratch = folder::scratch();
        let state = place(scratch.path());
        let mut session = known(&state, Session::builder(APP).dir(&state).without_thread());
        put(&mut session, 2);
        let unblock = block(way, scratch.path());
        for value in 3..6 {
            session.mark("form");
            let told = format!("{:#}", session.save(|capture| capture.set(FORM, &value)).unwrap_err());
            assert!(told.contains("moved, replaced or removed"), "{way}: {told}");
        }
        unblock();
        put(&mut session, 6);
        assert!(session.status().failing.is_none(), "{way}: {:?}", session.status());
        session.close().unwrap();
        has_everything(&state, 6, way);
    }
}

#[test]
fn close_succeeds_as_soon_as_the_path_is_usable_again() {
    for way in BLOCKED {
        for thread in [false, true] {
            let scratch = folder::scratch();
            let state = place(scratch.path());
            let builder = Session::builder(APP).dir(&state);
            let mut session = known(&state, if thread { builder } else { builder.without_thread() });
            put(&mut session, 2);
            let unblock = block(way, scratch.path());
            session.mark("form");
            session.save(|capture| capture.set(FORM, &3)).unwrap_err();
            unblock();
            session.close().unwrap();
            has_everything(&state, 3, way);
        }
    }
}

#[test]
fn flusher_resumes_by_itself_once_the_path_is_usable_again() {
    for way in BLOCKED {
        let scratch = folder::scratch();
        let state = place(scratch.path());
        let builder = Session::builder(APP).dir(&state).sync_every(Duration::from_millis(5));
        let mut session = known(&state, builder);
        put(&mut session, 2);
        let unblock = block(way, scratch.path());
        session.mark("form");
        let _ = session.autosave(|capture| capture.set(FORM, &3));
        wait_until("the trouble is noticed", || session.status().failing.is_some());
        unblock();
        wait_until("all is stored again", || is_stored(&session));
        // A kill now: the files as they are.
        let copied = folder::write(&folder::logs(&state));
        let mut next = self::session(copied.path());
        assert_eq!(next.get(FORM).unwrap(), Some(3), "{way}");
        assert_eq!(next.get(TEXT).unwrap(), Some("never asked for".repeat(100)), "{way}");
    }
}

/// A sync must not succeed for frames that another call found to be left behind.
#[test]
fn sync_fails_once_although_a_new_generation_failed_for_the_move_before() {
    for is_blocked in [false, true] {
        let scratch = folder::scratch();
        let state = place(scratch.path());
        let backend = FileBackend::open(&state).unwrap();
        let id = |number, index| FrameId { generation: Generation { number, writer: 1 }, index };
        backend.create(id(1, 0), b"before").unwrap();
        if is_blocked {
            let unblock = block("a file in its place", scratch.path());
            backend.create(id(2, 0), b"after").unwrap_err();
            backend.generations().unwrap_err();
            unblock();
            assert_eq!(backend.generations().unwrap(), [], "the directory exists again");
        } else {
            disturb("renamed", &state);
            backend.create(id(2, 0), b"after").unwrap_err();
        }
        backend.sync().unwrap_err();
        backend.sync().unwrap();
        backend.create(id(2, 0), b"after").unwrap();
        backend.sync().unwrap();
    }
}
