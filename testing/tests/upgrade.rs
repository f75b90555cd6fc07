//! States that old versions of a program recorded, checked with a new one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind as IoErrorKind;
use std::path::Path;
use std::time::Duration;

use leftoff::marker::anchor::Elements;
use leftoff::marker::resolve::Certainty;
use leftoff::{AppId, ErrorKind, Section, SectionFate, Session};
use leftoff_testing::{Loss, Upgrade, UpgradeReport};

/// The sections of the old version.
mod old {
    use super::*;
    pub(super) const FORM: Section<(String, u32)> = Section::new("form", 1);
    pub(super) const NOTES: Section<String> = Section::new("notes", 1);
    pub(super) const RECORD: Section<u64> = Section::new("record", 1);
    pub(super) const DRAFT: Section<String> = Section::<String>::new("draft", 1).expires(Duration::from_millis(1));
}

fn elements(paths: &[&str]) -> Elements {
    let mut elements = Elements::new();
    for path in paths {
        elements.add(*path);
    }
    elements
}

fn record(dir: &Path) {
    let mut session = Session::builder(AppId::new("com.example.desk")).dir(dir).open();
    let before = elements(&["form/name", "form/street", "form/town"]);
    session.scope("window/2").mark("body");
    session.mark("form/street");
    session
        .autosave(|capture| {
            capture.set(old::FORM, &("Ana".into(), 7));
            capture.set(old::NOTES, &"call Bo".into());
            capture.set(old::RECORD.named("record/42").unwrap(), &42);
            capture.scope("window/2").set(old::DRAFT, &"Dear Bo".into());
            capture.anchor(&before);
        })
        .unwrap();
    session.close().unwrap();
}

/// Every file, with its bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

fn complete<'a>() -> Upgrade<'a> {
    let upgrade = Upgrade::new().section(old::FORM).section(old::NOTES).section(old::DRAFT);
    upgrade.sections_named("record/", old::RECORD)
}

fn losses(report: &UpgradeReport) -> Vec<String> {
    let line = |lost: &leftoff_testing::LostSection| {
        let why = match &lost.why {
            Loss::NotDeclared => "not declared".to_owned(),
            Loss::Unread(error) => format!("{:?}", error.kind()),
            Loss::NotRestored(fate) => format!("{fate:?}"),
            _ => "another reason".to_owned(),
        };
        format!("{} {}/{}: {why}", lost.state, lost.scope, lost.name)
    };
    report.sections.iter().map(line).collect()
}

#[test]
fn version_that_changes_nothing_loses_nothing_and_leaves_the_recorded_states_as_they_are() {
    let states = tempfile::tempdir().unwrap();
    for version in ["1.3", "1.4"] {
        record(&states.path().join(version));
    }
    let before = files(&states.path().join("1.3"));
    let same = elements(&["form/name", "form/street", "form/town", "body"]);
    for _ in 0..5 {
        let report = complete().elements(&same).check(states.path()).unwrap();
        assert!(report.is_empty() && report.states == 2, "{report}");
        assert_eq!(report.to_string(), "everything comes back from 2 recorded states");
    }
    assert_eq!(files(&states.path().join("1.3")), before);
    assert_eq!(complete().check(states.path().join("1.4")).unwrap().states, 1);
}

#[test]
fn each_section_that_does_not_come_back_is_listed_with_the_reason() {
    const NOTES: Section<u64> = Section::new("notes", 1);
    const NO_MIGRATION: Section<Vec<String>> = Section::new("form", 2);
    let states = tempfile::tempdir().unwrap();
    record(&states.path().join("1.4"));
    let report = Upgrade::new().section(NO_MIGRATION).section(NOTES).check(states.path()).unwrap();
    let listed = losses(&report);
    let expected = [
        "1.4 /form: NoMigration",
        "1.4 /notes: Decode",
        "1.4 /record/42: not declared",
        "1.4 window/2/draft: not declared",
    ];
    assert_eq!(listed, expected);
    let shown = report.to_string();
    assert!(
        shown.contains("1.4: scope \"window/2\", section \"draft\" does not come back: the check has no"),
        "{shown}"
    );
    assert!(!shown.contains("call Bo"), "{shown}");
    assert!(report.arrows.is_empty(), "no interface, nothing to check");
}

#[test]
fn section_without_a_readable_copy_is_listed() {
    let states = tempfile::tempdir().unwrap();
    let dir = states.path().join("1.4");
    record(&dir);
    for path in
        files(&dir).keys().filter(|path| Path::new(path).extension().is_some_and(|extension| extension == "log"))
    {
        let mut bytes = fs::read(path).unwrap();
        let at = bytes.windows(7).position(|window| window == b"call Bo").unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    let report = complete().check(states.path()).unwrap();
    assert!(!report.is_empty());
    assert!(losses(&report).iter().any(|loss| loss.starts_with("1.4 /notes: ")), "{report}");
    let is_damage = |why: &Loss| match why {
        Loss::Unread(error) => error.kind() == ErrorKind::Damaged,
        Loss::NotRestored(fate) => *fate == SectionFate::Lost,
        _ => false,
    };
    assert!(report.sections.iter().all(|lost| is_damage(&lost.why)), "{report}");
}

#[test]
fn marker_without_an_arrow_is_listed_until_a_rename_brings_it_back() {
    let states = tempfile::tempdir().unwrap();
    record(&states.path().join("1.4"));
    let after = elements(&["form/name", "form/road", "form/town"]);
    let window = elements(&["subject"]);
    let check = || complete().elements(&after).elements_of("window/2", &window);
    let report = check().check(states.path()).unwrap();
    let arrows: Vec<_> =
        report.arrows.iter().map(|lost| (lost.scope.as_str(), lost.element.as_str(), lost.certainty)).collect();
    assert_eq!(arrows, [("", "form/street", Certainty::Region), ("window/2", "body", Certainty::Card)]);
    let shown = report.to_string();
    assert!(shown.contains("1.4: no arrow at \"form/street\", only a region"), "{shown}");
    assert!(shown.contains("1.4: scope \"window/2\", no arrow at \"body\", only the card"), "{shown}");
    let report = check().renames(&[("form/street", "form/road"), ("body", "subject")]).check(states.path()).unwrap();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn directory_without_a_recorded_state_is_an_error() {
    let states = tempfile::tempdir().unwrap();
    let error = || complete().check(states.path()).unwrap_err().kind();
    assert_eq!(error(), IoErrorKind::NotFound);
    fs::create_dir(states.path().join("1.4")).unwrap();
    assert_eq!(error(), IoErrorKind::NotFound, "a test that checks nothing must not pass");
}
