//! Values that come from elsewhere.

use leftoff::{AppId, Section, Session, StoredSection};

const HERE: Section<String> = Section::new("here", 1).private();

#[test]
fn value_from_elsewhere_has_the_settings_of_this_program() {
    let mut session = Session::in_memory();
    let reader = session.stored_reader();
    session.save(|capture| capture.set(HERE, &"Ana".to_owned())).unwrap();
    let own = reader.synced(|_, _, _| false).unwrap().unwrap().remove(0);
    assert!(own.stays_here);
    let other = StoredSection::new("", "here", own.version(), own.codec(), own.bytes.clone(), own.saved_at);
    assert!(!other.stays_here);
    session.save(|capture| capture.set(HERE, &"Ben".to_owned())).unwrap();
    let changed = session.put_stored(vec![other], &[], |_, _, _| true).unwrap();
    assert_eq!(changed, [(String::new(), "here".to_owned())]);
    session.flush().unwrap();
    let now = reader.synced(|_, _, _| false).unwrap().unwrap().remove(0);
    assert!(now.stays_here, "a private value would leave the machine");
    assert_eq!(session.get(HERE).unwrap().as_deref(), Some("Ana"));
}

#[test]
fn marker_of_another_device_names_it_after_a_restart_until_the_user_touches_something() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Session::builder(AppId::new("com.example.transfer")).dir(dir.path()).open();
    let device = |session: &Session| {
        let marker = session.marker().unwrap();
        assert_eq!(marker.element(), "form/town");
        marker.device().map(str::to_owned)
    };
    let mut laptop = Session::in_memory();
    laptop.mark("form/town");
    laptop.autosave(|_| {}).unwrap();
    let mark = laptop.stored_mark(|_, _| false).unwrap();

    let mut desk = open();
    desk.mark("form/send");
    desk.autosave(|_| {}).unwrap();
    desk.put_stored_mark(&mark, "laptop").unwrap();
    desk.close().unwrap();
    let mut desk = open();
    assert_eq!(device(&desk).as_deref(), Some("laptop"));
    // What the program finishes is no touch, and moves nothing.
    desk.mark_finished("form/send");
    desk.autosave(|_| {}).unwrap();
    desk.close().unwrap();
    let mut desk = open();
    assert_eq!(device(&desk).as_deref(), Some("laptop"));
    // The same element: this device goes on with the burst.
    desk.mark("form/town");
    desk.autosave(|_| {}).unwrap();
    desk.close().unwrap();
    assert_eq!(device(&open()), None);
}
