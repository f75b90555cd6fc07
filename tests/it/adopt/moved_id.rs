//! A changed application id: the state is continued, and the former directory stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use leftoff::backend::MemoryBackend;
use leftoff::{AppId, Outcome, Section, Session};

use crate::support::child::{ears, hear, role, say, spawn};
use crate::support::folder::scratch;

const TEXT: Section<String> = Section::new("text", 1);
const OLD: &str = "com.example.old";
const NEW: &str = "org.example.new";

/// Runs one launch in a process with this directory for state; returns what it said.
fn launch(home: &Path, act: &str) -> Vec<String> {
    let mut child = command(home, act).spawn().unwrap();
    let mut ears = ears(&mut child);
    let said = std::iter::from_fn(|| hear(&mut ears)).collect();
    assert!(child.wait().unwrap().success(), "{act}: {said:?}");
    said
}

fn command(home: &Path, act: &str) -> Command {
    let mut command = spawn("adopt::moved_id::run", act);
    command.env("XDG_STATE_HOME", home);
    command
}

#[test]
fn run() {
    let Some(role) = role() else { return };
    let words: Vec<_> = role.split(' ').collect();
    let (id, act) = (words[0], words[1]);
    let mut builder = Session::builder(id.parse().unwrap()).wait_for_holder(Duration::ZERO);
    for former in words.iter().skip(2) {
        builder = builder.formerly(former.parse().unwrap());
    }
    let mut session = builder.open();
    let text = session.get(TEXT);
    let element = session.marker().map(|marker| marker.element().to_owned());
    say(&format!("{:?} {:?} {:?}", session.outcome(), text.ok().flatten(), element));
    match act {
        "look" => {}
        "hold" => {
            write(&mut session, "held");
            say("held");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            write(&mut session, "last word");
            say("written");
            std::io::stdin().read_line(&mut line).unwrap();
            std::process::abort();
        }
        "wait" => {
            say(&format!("{:?}", session.status().holder.and_then(|holder| holder.pid)));
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            session.save(|_| {}).unwrap();
            say(&format!("{} {:?} {:?}", session.took_over(), session.outcome(), session.get(TEXT).unwrap()));
        }
        "forget" => session.forget().unwrap(),
        text => write(&mut session, text),
    }
    session.close().unwrap();
}

fn write(session: &mut Session, text: &str) {
    session.mark("note");
    session.save(|capture| capture.set(TEXT, &text.to_owned())).unwrap();
}

fn dir(home: &Path, id: &str) -> PathBuf {
    home.join(id).join("leftoff")
}

/// Every file in a directory and below, by path.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

fn names(dir: &Path) -> Vec<String> {
    tree(dir).into_keys().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

fn is_log(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "log")
}

/// Three launches under the former id.
fn with_former_state() -> tempfile::TempDir {
    let home = scratch();
    for text in ["one", "two", "three"] {
        launch(home.path(), &format!("{OLD} {text}"));
    }
    home
}

#[test]
fn state_of_a_former_id_is_continued_once_and_its_directory_is_untouched() {
    let home = with_former_state();
    let home = home.path();
    let before = tree(&dir(home, OLD));
    let act = |word| format!("{NEW} {word} {OLD}");
    assert_eq!(launch(home, &act("four")), [r#"Resumed Some("three") Some("note")"#]);
    assert_eq!(tree(&dir(home, OLD)), before);
    assert!(!dir(home, NEW).join("adopted").exists());
    // An older version goes on with its own state, and that is not taken over.
    assert_eq!(launch(home, &format!("{OLD} five")), [r#"Resumed Some("three") Some("note")"#]);
    assert_eq!(launch(home, &act("look")), [r#"Resumed Some("four") Some("note")"#]);
    // Forgotten is forgotten, although the former directory is still there.
    launch(home, &act("forget"));
    assert_eq!(launch(home, &act("look")), ["Fresh None None"]);
}

#[test]
fn an_id_with_a_state_of_its_own_adopts_nothing() {
    let home = with_former_state();
    launch(home.path(), &format!("{NEW} own"));
    assert_eq!(launch(home.path(), &format!("{NEW} look {OLD}")), [r#"Resumed Some("own") Some("note")"#]);
}

#[test]
fn of_several_former_ids_the_first_with_a_state_counts_and_none_is_a_first_start() {
    let home = with_former_state();
    launch(home.path(), "net.example.older older");
    let said = launch(home.path(), &format!("{NEW} look {NEW} com.example.never {OLD} net.example.older"));
    assert_eq!(said, [r#"Resumed Some("three") Some("note")"#]);
    assert!(!dir(home.path(), "com.example.never").exists());
    assert_eq!(launch(home.path(), "org.example.other look com.example.never"), ["Fresh None None"]);
}

#[test]
fn a_copy_that_was_interrupted_is_made_anew() {
    let home = with_former_state();
    let home = home.path();
    let copying = dir(home, NEW).join("adopting");
    fs::create_dir_all(&copying).unwrap();
    for (path, bytes) in tree(&dir(home, OLD)).into_iter().take(2) {
        fs::write(copying.join(path.file_name().unwrap()), &bytes[..bytes.len() / 2]).unwrap();
    }
    assert_eq!(launch(home, &format!("{NEW} look {OLD}")), [r#"Resumed Some("three") Some("note")"#]);
    assert!(!copying.exists());
}

/// Whichever files were moved to their place, with the former id asked for or not, and its directory there or not.
#[test]
fn a_whole_copy_is_completed_by_any_later_start() {
    let home = with_former_state();
    let files = tree(&dir(home.path(), OLD));
    let files: Vec<_> =
        files.into_iter().filter(|(path, _)| !path.ends_with("lock") && !path.ends_with("holder")).collect();
    for moved in 0..=files.len() {
        let home = scratch();
        let (new, copied) = (dir(home.path(), NEW), dir(home.path(), NEW).join("adopted"));
        fs::create_dir_all(&copied).unwrap();
        for (position, (path, bytes)) in files.iter().enumerate() {
            let place = if position < moved { &new } else { &copied };
            fs::write(place.join(path.file_name().unwrap()), bytes).unwrap();
        }
        let former = if moved % 2 == 0 { format!(" {OLD}") } else { String::new() };
        assert_eq!(
            launch(home.path(), &format!("{NEW} look{former}")),
            [r#"Resumed Some("three") Some("note")"#],
            "{moved} of {} moved",
            files.len()
        );
        assert!(!copied.exists());
    }
}

/// The former directory is the present one of a version in between, which crashed while it moved its copy.
#[test]
fn a_former_state_that_was_adopted_itself_and_not_moved_yet_is_whole() {
    let home = with_former_state();
    let home = home.path();
    let old = dir(home, OLD);
    fs::create_dir(old.join("adopted")).unwrap();
    let log = names(&old).into_iter().rfind(|name| is_log(name)).unwrap();
    for name in [log.as_str(), "newest"] {
        fs::rename(old.join(name), old.join("adopted").join(name)).unwrap();
    }
    let before = tree(&old);
    assert_eq!(launch(home, &format!("{NEW} look {OLD}")), [r#"Resumed Some("three") Some("note")"#]);
    assert_eq!(tree(&old), before);
}

#[test]
fn a_newest_log_that_is_missing_in_the_former_directory_is_still_damage() {
    let home = with_former_state();
    let home = home.path();
    let old = dir(home, OLD);
    let log = names(&old).into_iter().rfind(|name| is_log(name)).unwrap();
    fs::remove_file(old.join(log)).unwrap();
    let said = launch(home, &format!("{NEW} look {OLD}"));
    assert!(said[0].starts_with("Damaged"), "{said:?}");
}

#[test]
fn a_copy_that_cannot_be_made_is_unavailable_and_leaves_nothing() {
    let home = with_former_state();
    let home = home.path();
    // Cannot be cleared away, as on a disk that fails.
    fs::create_dir_all(dir(home, NEW).join("adopting/in the way")).unwrap();
    let mut child = command(home, &format!("{NEW} look {OLD}")).spawn().unwrap();
    let said = hear(&mut ears(&mut child)).unwrap();
    assert_eq!(said, "Unavailable None None");
    child.wait().unwrap();
    assert!(names(&dir(home, NEW)).iter().all(|name| !is_log(name)));
    fs::remove_dir(dir(home, NEW).join("adopting/in the way")).unwrap();
    assert_eq!(launch(home, &format!("{NEW} look {OLD}")), [r#"Resumed Some("three") Some("note")"#]);
}

#[test]
fn a_running_instance_under_the_former_id_is_waited_for() {
    let home = with_former_state();
    let home = home.path();
    let enter = |child: &mut Child| child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    let mut former = command(home, &format!("{OLD} hold")).spawn().unwrap();
    let mut from_former = ears(&mut former);
    hear(&mut from_former).unwrap();
    assert_eq!(hear(&mut from_former).unwrap(), "held");
    let mut present = command(home, &format!("{NEW} wait {OLD}")).spawn().unwrap();
    let mut from_present = ears(&mut present);
    assert_eq!(hear(&mut from_present).unwrap(), r#"ReadOnly Some("held") None"#);
    assert_eq!(hear(&mut from_present).unwrap(), format!("Some({})", former.id()));
    assert!(names(&dir(home, NEW)).iter().all(|name| !is_log(name)));
    enter(&mut former);
    assert_eq!(hear(&mut from_former).unwrap(), "written");
    enter(&mut former);
    former.wait().unwrap();
    let before = tree(&dir(home, OLD));
    enter(&mut present);
    assert_eq!(hear(&mut from_present).unwrap(), r#"true Recovered Some("last word")"#);
    assert!(present.wait().unwrap().success());
    assert_eq!(tree(&dir(home, OLD)), before);
}

#[test]
fn former_id_has_no_effect_with_a_backend_of_the_application() {
    let builder = Session::builder(AppId::new(NEW)).backend(MemoryBackend::new());
    assert_eq!(builder.formerly(AppId::new(OLD)).open().outcome(), Outcome::Fresh);
}
