//! Mistakes with types that a program's developer sees at its first run, not its users at their second start.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use leftoff::backend::MemoryBackend;
use leftoff::{Error, ErrorKind, Migration, Saved, Section, SectionFate, Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::{crash, open, put, settle};

const TEXT: Section<String> = Section::new("state", 1);
const NUMBER: Section<u32> = Section::new("state", 1);

#[track_caller]
fn saved(session: &mut Session, work: impl FnOnce(&mut leftoff::Capture<'_>)) -> Result<(), Error> {
    session.mark_dirty();
    session.autosave(work).map(drop)
}

#[test]
fn one_name_with_two_types_is_an_error_and_changes_nothing() {
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(TEXT, &"kept".to_owned()));
    let error = saved(&mut session, |capture| capture.set(NUMBER, &2)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSetting);
    let text = error.to_string();
    assert!(text.contains("\"state\"") && text.contains("String") && text.contains("u32"), "{text}");
    let error = saved(&mut session, |capture| capture.share(NUMBER, &Arc::new(2))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSetting);
    assert_eq!(session.get(NUMBER).unwrap_err().kind(), ErrorKind::InvalidSetting);
    assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("kept"));
    crash(session);
    let mut session = open(memory);
    assert_eq!(
        session.get(NUMBER).unwrap_err().kind(),
        ErrorKind::Decode,
        "what the next program uses it as is its own"
    );
    assert_eq!(session.get(TEXT).unwrap_err().kind(), ErrorKind::InvalidSetting, "whichever type was first");
}

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Text(String);

impl From<Text> for u32 {
    fn from(old: Text) -> Self {
        Self::try_from(old.0.len()).unwrap()
    }
}

#[test]
fn one_name_may_have_another_type_in_another_scope_and_migrate_from_any() {
    const NEWER: Section<u32> = Section::new("state", 2).migrations(&[Migration::from::<Text>(1)]);
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| {
        capture.set(TEXT, &"text".to_owned());
        capture.scope("window").set(NUMBER, &7);
    });
    assert_eq!(session.scope("window").get(NUMBER).unwrap(), Some(7));
    session.scope("window").close();
    put(&mut session, "a", |capture| capture.scope("window").set(TEXT, &"of a new window".to_owned()));
    session.close().unwrap();
    let mut session = open(memory);
    assert_eq!(session.get(NEWER).unwrap(), Some(4));
    put(&mut session, "a", |capture| capture.set(NEWER, &5));
    assert_eq!(session.get(NEWER).unwrap(), Some(5));
}

/// What has the shape learned in one launch is not read by the shape of another.
#[test]
fn a_value_of_each_launch_is_read_by_its_own_shape() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Sparse {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<u16>,
        text: String,
    }
    const SPARSE: Section<Sparse> = Section::new("sparse", 1);

    let memory = MemoryBackend::new();
    // Longer than what is always written whole, so that there are differences from shape to shape.
    let value = |launch: u32, step: u32| Sparse {
        note: (step % 2 == 1).then(|| format!("note {launch}")),
        list: vec![7; (step % 3) as usize],
        text: format!("{launch} {step} {}", "text ".repeat(300)),
    };
    for launch in 0..6 {
        let mut session = open(memory.clone());
        if launch > 0 {
            assert_eq!(session.get(SPARSE).unwrap(), Some(value(launch - 1, 4)));
        }
        for step in launch % 3..5 {
            put(&mut session, "a", |capture| capture.set(SPARSE, &value(launch, step)));
            assert_eq!(session.get(SPARSE).unwrap(), Some(value(launch, step)));
        }
        if launch % 2 == 0 {
            settle(&mut session);
        }
        crash(session);
    }
}

#[test]
fn a_shape_that_grew_is_no_change_of_the_values_stored_before() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Page {
        title: String,
        caret: Option<u32>,
        state: State,
        list: Vec<(u8, Option<bool>)>,
        by_name: std::collections::BTreeMap<String, State>,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum State {
        New,
        Edited { times: u32, by: Option<String> },
        Sent(u8, u8),
    }
    const PAGE: Section<Page> = Section::new("page", 1);

    let small = |title: &str| Page {
        title: title.into(),
        caret: None,
        state: State::New,
        list: vec![(1, None)],
        by_name: [("a".to_owned(), State::New)].into(),
    };
    let large = Page {
        title: "large".into(),
        caret: Some(5),
        state: State::Edited { times: 2, by: Some("Ana".into()) },
        list: vec![(1, Some(true)), (2, None)],
        by_name: [("b".to_owned(), State::Sent(1, 2))].into(),
    };
    let memory = MemoryBackend::new();
    let mut session = open(memory.clone());
    put(&mut session, "a", |capture| capture.set(PAGE, &small("first")));
    put(&mut session, "a", |capture| capture.scope("window").set(PAGE, &large));
    let unchanged = |session: &mut Session, title: &str| {
        session.mark_dirty();
        let saved = session.autosave(|capture| {
            capture.set(PAGE, &small(title));
            capture.scope("window").set(PAGE, &large);
        });
        saved.unwrap() == Saved::Unchanged
    };
    assert!(unchanged(&mut session, "first") && unchanged(&mut session, "first"), "in the same launch");
    assert!(!unchanged(&mut session, "other"), "and what is another value is one");
    assert!(unchanged(&mut session, "other"));
    crash(session);
    // The next launch learns anew, in another order.
    let mut session = open(memory);
    assert_eq!(session.scope("window").get(PAGE).unwrap().as_ref(), Some(&large));
    assert_eq!(session.get(PAGE).unwrap(), Some(small("other")));
    assert!(unchanged(&mut session, "other") && unchanged(&mut session, "other"), "in the next launch");
}

#[cfg(debug_assertions)]
mod read_back {
    use super::*;

    /// The first capture fails, names the section, and stores nothing; the section that can be read is stored.
    #[track_caller]
    fn refused<T: Serialize>(section: Section<T>, value: &T, says: &str) {
        let memory = MemoryBackend::new();
        let mut session = open(memory.clone());
        for _ in 0..2 {
            let error = saved(&mut session, |capture| {
                capture.set(section, value);
                capture.set(TEXT, &"kept".to_owned());
            })
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode);
            let text = format!("{error:#}");
            assert!(text.contains("\"bad\"") && text.contains(says), "{text}");
        }
        crash(session);
        let mut session = open(memory);
        assert_eq!(session.get(TEXT).unwrap().as_deref(), Some("kept"));
        let report = session.report();
        let bad = report.sections.iter().find(|section| section.name == "bad").unwrap();
        assert!(matches!(bad.fate, SectionFate::NewerRefused { .. }), "and the next start says so: {:?}", bad.fate);
    }

    #[test]
    fn a_field_that_is_not_written_and_required_is_refused_at_the_first_capture() {
        #[derive(Serialize, Deserialize)]
        struct Form {
            #[serde(skip_serializing)]
            draft: String,
            sent: bool,
        }
        let value = Form { draft: "lost".into(), sent: false };
        refused(Section::new("bad", 1), &value, "cannot be restored");
        let _ = value.draft;
    }

    #[test]
    fn a_field_that_is_written_and_not_read_is_refused_at_the_first_capture() {
        #[derive(Serialize, Deserialize)]
        struct Form {
            #[serde(skip_deserializing)]
            draft: String,
        }
        refused(Section::new("bad", 1), &Form { draft: "lost".into() }, "restored as another value");
    }

    #[test]
    fn number_that_an_earlier_variant_takes_is_refused_at_the_first_capture() {
        #[derive(Serialize, Deserialize)]
        #[serde(untagged)]
        enum Number {
            Single(f32),
            Whole(u64),
        }
        refused(Section::new("bad", 1), &Number::Whole(16_777_217), "restored as another value");
        let _ = Number::Single(0.5);
    }

    #[cfg(feature = "bincode")]
    #[test]
    fn what_bincode_cannot_read_is_refused_at_the_first_capture() {
        #[derive(Serialize, Deserialize)]
        #[serde(untagged)]
        enum Untagged {
            Number(u8),
        }
        let section = Section::new("bad", 1).codec(leftoff::codec::Codec::Bincode);
        refused(section, &Untagged::Number(1), "`untagged`");
    }

    #[test]
    fn a_shared_value_that_would_not_come_back_is_told_too() {
        #[derive(Serialize, Deserialize)]
        struct Form {
            #[serde(skip_serializing)]
            draft: String,
        }
        const FORM: Section<Form> = Section::new("bad", 1);
        let mut session = open(MemoryBackend::new());
        let value = Arc::new(Form { draft: "lost".into() });
        saved(&mut session, |capture| capture.share(FORM, &value)).unwrap();
        session.run_pending();
        assert_eq!(saved(&mut session, |_| {}).unwrap_err().kind(), ErrorKind::Encode);
        let _ = &value.draft;
    }

    /// The age of something, say.
    struct Ticks(std::cell::Cell<u32>);

    impl Serialize for Ticks {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_u32(self.0.get())
        }
    }

    impl<'de> Deserialize<'de> for Ticks {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u32::deserialize(deserializer).map(|number| Self(number.into()))
        }
    }

    #[test]
    fn what_has_no_order_or_is_written_anew_each_time_is_no_error() {
        const SETS: Section<(HashMap<u32, String>, HashSet<u64>)> = Section::new("sets", 1);
        const TICKS: Section<Ticks> = Section::new("ticks", 1);
        const NOT_A_NUMBER: Section<f64> = Section::new("nan", 1);
        let mut session = open(MemoryBackend::new());
        saved(&mut session, |capture| {
            capture.set(SETS, &((0..100).map(|n| (n, n.to_string())).collect(), (0..100).collect()));
            capture.set(TICKS, &Ticks(5.into()));
            capture.set(NOT_A_NUMBER, &f64::NAN);
        })
        .unwrap();
    }
}
