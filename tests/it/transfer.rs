//! Values that come from elsewhere.

use leftoff::{Section, Session, StoredSection};

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
