//! Merge functions of the application, over two devices.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use leftoff::Section;
use leftoff_roam::{Arrival, Merge, RoamStatus};

use crate::support::{Device, WITHIN, open, roam, until};

type Tags = BTreeSet<String>;

const TAGS: Section<Tags> = Section::new("tags", 1);

/// What either added, without what either removed.
fn both(base: Option<&Tags>, mine: &Tags, theirs: &Tags) -> Option<Tags> {
    let base = base?;
    let is_in = |tag: &&String| !base.contains(*tag) || mine.contains(*tag) && theirs.contains(*tag);
    Some(mine.union(theirs).filter(is_in).cloned().collect())
}

fn tags(names: &[&str]) -> Tags {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn start(home: &Path, name: &str, merge: Merge<Tags>) -> Device {
    let session = open(home, name);
    let roaming = roam(home, name).take_over_within(Duration::ZERO).merge(TAGS, merge).start(&session).unwrap();
    Device { session, roaming }
}

fn save(device: &mut Device, value: &Tags) {
    device.session.mark("tags");
    device.session.autosave(|capture| capture.set(TAGS, value)).unwrap();
    device.session.flush().unwrap();
}

fn publish(device: &mut Device) {
    assert!(device.roaming.publish(&mut device.session, WITHIN).unwrap(), "{:?}", device.roaming.status());
}

/// Two devices that changed `{a, b}` to `{a, b, desk}` and `{b, laptop}` without knowing of each other.
fn in_conflict(home: &Path, merge: Merge<Tags>) -> [Device; 2] {
    let mut desk = start(home, "desk", merge);
    save(&mut desk, &tags(&["a", "b"]));
    publish(&mut desk);
    let mut laptop = start(home, "laptop", merge);
    laptop.arrival();
    assert!(laptop.roaming.take_over(&mut laptop.session).unwrap());
    save(&mut desk, &tags(&["a", "b", "desk"]));
    save(&mut laptop, &tags(&["b", "laptop"]));
    publish(&mut desk);
    publish(&mut laptop);
    until(|| {
        publish(&mut desk);
        !desk.roaming.offers(TAGS).unwrap().is_empty()
    });
    [desk, laptop]
}

fn mine(device: &mut Device) -> Tags {
    device.session.get(TAGS).unwrap().unwrap_or_default()
}

#[test]
fn conflict_is_merged_with_its_base_and_settled_by_the_next_save() {
    let home = tempfile::tempdir().unwrap();
    let [mut desk, mut laptop] = in_conflict(home.path(), both);
    until(|| {
        desk.roaming.arrived(&mut desk.session).unwrap()
            == Some(Arrival::Mergeable(vec![(String::new(), "tags".into())]))
    });
    let own = mine(&mut desk);
    let merged = desk.roaming.merge(&desk.session, TAGS, &own).unwrap().unwrap();
    assert_eq!(merged, tags(&["b", "desk", "laptop"]), "the base was known");
    assert_eq!(mine(&mut desk), own, "nothing is stored before the user saves");
    assert!(desk.roaming.offers(TAGS).unwrap().is_empty(), "what is on the screen contains it");
    save(&mut desk, &merged);
    publish(&mut desk);
    until(|| {
        laptop.roaming.arrived(&mut laptop.session).unwrap();
        laptop.roaming.take_over(&mut laptop.session).unwrap();
        mine(&mut laptop) == merged
    });
    assert!(laptop.roaming.offers(TAGS).unwrap().is_empty());
    let own = mine(&mut laptop);
    assert_eq!(laptop.roaming.merge(&laptop.session, TAGS, &own).unwrap(), None, "nothing is in conflict");
}

#[test]
fn merge_that_was_not_saved_leaves_the_conflict_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let [mut desk, laptop] = in_conflict(home.path(), both);
    let own = mine(&mut desk);
    desk.roaming.merge(&desk.session, TAGS, &own).unwrap().unwrap();
    publish(&mut desk);
    drop((desk, laptop));
    // The user goes on from the own value, without having seen the other one.
    let mut desk = start(home.path(), "desk", both);
    save(&mut desk, &tags(&["a", "b", "desk", "later"]));
    publish(&mut desk);
    until(|| !desk.roaming.offers(TAGS).unwrap().is_empty());
    assert_eq!(desk.roaming.offers(TAGS).unwrap().remove(0).value, tags(&["b", "laptop"]));
}

#[test]
fn function_that_breaks_its_rules_is_said_in_the_status_and_the_value_is_offered() {
    for unruly in [(|_, mine, _| Some(Tags::clone(mine))) as Merge<Tags>, |_, _, _| panic!("broken")] {
        let home = tempfile::tempdir().unwrap();
        let [mut desk, _laptop] = in_conflict(home.path(), unruly);
        let own = mine(&mut desk);
        assert_eq!(desk.roaming.merge(&desk.session, TAGS, &own).unwrap(), None);
        let status = desk.roaming.status();
        assert!(matches!(&status, RoamStatus::NotMerged { name, .. } if name == "tags"), "{status:?}");
        assert_eq!(desk.roaming.offers(TAGS).unwrap().len(), 1);
        assert_eq!(mine(&mut desk), own);
    }
}

#[test]
fn undo_offers_again_what_was_merged_and_not_saved() {
    let home = tempfile::tempdir().unwrap();
    let [mut desk, _laptop] = in_conflict(home.path(), both);
    let own = mine(&mut desk);
    desk.roaming.merge(&desk.session, TAGS, &own).unwrap().unwrap();
    let offer_is_hidden = desk.roaming.offers(TAGS).unwrap().is_empty();
    let mut other = start(home.path(), "tablet", both);
    other.arrival();
    // A newer value of another section arrives and is taken over and undone: the merge is off.
    other.write("Ana");
    until(|| {
        desk.roaming.arrived(&mut desk.session).unwrap();
        desk.roaming.take_over(&mut desk.session).unwrap()
    });
    assert!(desk.roaming.undo(&mut desk.session).unwrap());
    assert!(offer_is_hidden && desk.roaming.offers(TAGS).unwrap().len() == 1);
}
