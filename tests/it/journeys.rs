//! The main job, end to end: edit, go away in some manner, come back.

#[cfg(any(unix, windows))]
use leftoff::backend::FileBackend;
use leftoff::backend::MemoryBackend;
use leftoff::{AppId, LastExit, Outcome, Reason, Section, Session};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Form {
    name: String,
    amount: u32,
}

const FORM: Section<Form> = Section::new("form", 1);

fn open(memory: &MemoryBackend) -> Session {
    Session::builder(AppId::new("com.example.desk")).backend(memory.clone()).open()
}

#[test]
fn a_form_comes_back_after_a_clean_close() {
    let memory = MemoryBackend::new();
    let mut session = open(&memory);
    assert_eq!(session.outcome(), Outcome::Fresh);
    assert_eq!(*session.last_exit(), LastExit::FirstStart);
    assert_eq!(session.get(FORM).unwrap(), None);
    let mut form = Form { name: "Ana".into(), amount: 1200 };
    session.mark("form/name");
    session.autosave(|capture| capture.set(FORM, &form)).unwrap();
    form.amount = 7;
    session.mark("form/amount");
    session.autosave(|capture| capture.set(FORM, &form)).unwrap();
    session.close().unwrap();

    let mut session = open(&memory);
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(*session.last_exit(), LastExit::Clean);
    assert_eq!(session.get(FORM).unwrap(), Some(form));
    assert_eq!(session.marker().unwrap().element(), "form/amount");
    assert!(session.report().is_whole());
}

#[test]
#[cfg(any(unix, windows))]
fn a_form_comes_back_from_a_folder_after_a_crash_and_a_suspend() {
    let folder = crate::support::folder::scratch();
    let open = || Session::builder(AppId::new("com.example.desk")).dir(folder.path()).open();
    let mut session = open();
    for amount in 0..100 {
        session.mark("form/amount");
        session.autosave(|capture| capture.set(FORM, &Form { name: "Ana".into(), amount })).unwrap();
    }
    session.save(|_| {}).unwrap();
    assert!(session.status().is_synced);
    session.suspend("meeting").unwrap();
    drop(session);
    let mut session = open();
    assert_eq!(session.outcome(), Outcome::Resumed);
    assert_eq!(*session.last_exit(), LastExit::Interrupted(Reason::Meeting));
    assert_eq!(session.get(FORM).unwrap().unwrap().amount, 99);
    let _ = FileBackend::open(folder.path()).unwrap_err();
}
