//! One state for each project: which paths are one project, and when its state is removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use leftoff::{Builder, Outcome, Section, Session};

use crate::support::{APP, folder, wait_until};

const FORM: Section<u32> = Section::new("form", 1);

fn builder(state: &Path, project: impl Into<PathBuf>) -> Builder {
    Session::builder(APP).dir(state).project(project).without_thread()
}

/// Stores a number for the project, and returns the directory of its state.
#[track_caller]
fn store(state: &Path, project: impl Into<PathBuf>, number: u32) -> PathBuf {
    let mut session = builder(state, project).open();
    let place = session.dir().unwrap().to_owned();
    session.save(|capture| capture.set(FORM, &number)).unwrap();
    session.close().unwrap();
    place
}

#[track_caller]
fn stored(state: &Path, project: impl Into<PathBuf>) -> Option<u32> {
    builder(state, project).open().get(FORM).unwrap()
}

fn places(state: &Path) -> Vec<String> {
    let entries = fs::read_dir(state.join("projects")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn each_project_has_its_state_in_a_directory_that_names_it() {
    let (state, work) = (folder::scratch(), folder::scratch());
    let (one, two) = (work.path().join("one/notes"), work.path().join("two/notes"));
    for project in [&one, &two] {
        fs::create_dir_all(project).unwrap();
    }
    let place = store(state.path(), &one, 1);
    assert_ne!(place, store(state.path(), &two, 2));
    assert_eq!((stored(state.path(), &one), stored(state.path(), &two)), (Some(1), Some(2)));
    // The application itself is none of them.
    let mut session = Session::builder(APP).dir(state.path()).without_thread().open();
    assert_eq!((session.outcome(), session.get(FORM).unwrap()), (Outcome::Fresh, None));
    assert_eq!(session.dir(), Some(state.path()));
    let name = place.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("notes-") && name.len() == "notes-".len() + 16, "{name}");
    assert_eq!(place.parent().unwrap(), state.path().join("projects"));
    let real = one.canonicalize().unwrap();
    assert_eq!(fs::read_to_string(place.join("project")).unwrap(), format!("{}\n", real.display()));
}

#[test]
fn instances_of_one_project_have_slots_and_are_listed() {
    let (state, work) = (folder::scratch(), folder::scratch());
    let open = || builder(state.path(), work.path()).slot_per_instance();
    let (first, second) = (open().open(), open().open());
    assert_eq!(second.dir().unwrap(), first.dir().unwrap().join("slot-2"));
    let slots = open().slots().unwrap();
    assert_eq!(slots.iter().map(|slot| slot.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(slots[0].dir, first.dir().unwrap());
    // Without slots, the second one waits for the directory of the first.
    let waiting = builder(state.path(), work.path()).wait_for_holder(Duration::ZERO).open();
    assert_eq!((waiting.outcome(), waiting.dir()), (Outcome::ReadOnly, first.dir()));
}

#[cfg(unix)]
#[test]
fn state_directories_of_projects_are_private() {
    use std::os::unix::fs::PermissionsExt;

    let (state, work) = (folder::scratch(), folder::scratch());
    let place = store(&state.path().join("below"), work.path(), 1);
    for dir in [place.parent().unwrap(), &place] {
        assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700, "{}", dir.display());
    }
    assert_eq!(fs::metadata(place.join("project")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn every_path_to_a_project_leads_to_its_state() {
    let (state, work) = (folder::scratch(), folder::scratch());
    let project = work.path().join("notes");
    fs::create_dir(&project).unwrap();
    std::os::unix::fs::symlink(&project, work.path().join("link")).unwrap();
    let place = store(state.path(), &project, 1);
    let here = std::env::current_dir().unwrap();
    let up = here.ancestors().skip(1).map(|_| "..").collect::<PathBuf>();
    let relative = up.join(project.canonicalize().unwrap().strip_prefix("/").unwrap());
    for path in [
        work.path().join("link"),
        work.path().join("link/."),
        work.path().join("notes/../link/"),
        work.path().join("./notes//"),
        relative,
    ] {
        assert_eq!(stored(state.path(), &path), Some(1), "{}", path.display());
    }
    // A file that is about to be made, below a link, and the same when it exists.
    let draft = store(state.path(), work.path().join("link/draft"), 2);
    fs::write(project.join("draft"), "").unwrap();
    assert_eq!(stored(state.path(), project.join("draft")), Some(2));
    assert_eq!(places(state.path()).len(), 2, "{}, {}", place.display(), draft.display());
}

/// A renamed project is another one, and its old state is there when the old name is.
#[test]
fn renamed_project_starts_without_a_state_and_the_old_one_stays() {
    let (state, work) = (folder::scratch(), folder::scratch());
    let (old, new) = (work.path().join("old"), work.path().join("new"));
    fs::create_dir(&old).unwrap();
    store(state.path(), &old, 1);
    fs::rename(&old, &new).unwrap();
    assert_eq!(stored(state.path(), &new), None);
    fs::rename(&new, &old).unwrap();
    assert_eq!(stored(state.path(), &old), Some(1));
}

/// Two names of one file that differ in case only, as all names of a file do on a file system that ignores case.
#[cfg(target_os = "linux")]
#[test]
fn spelling_of_a_path_matters_only_where_the_file_system_tells_the_files_apart() {
    let (state, work) = (folder::scratch(), folder::scratch());
    let path = |name: &str| work.path().join(name);
    fs::write(path("Straße.txt"), "").unwrap();
    let place = store(state.path(), path("Straße.txt"), 1);
    fs::hard_link(path("Straße.txt"), path("STRAßE.TXT")).unwrap();
    assert_eq!(store(state.path(), path("STRAßE.TXT"), 2), place);
    assert_eq!(stored(state.path(), path("Straße.txt")), Some(2));
    // Another file, and another name of the file.
    fs::write(path("straße.txt"), "").unwrap();
    fs::hard_link(path("Straße.txt"), path("other.txt")).unwrap();
    assert_eq!((stored(state.path(), path("straße.txt")), stored(state.path(), path("other.txt"))), (None, None));
}

#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_no_text_or_longer_than_any_name_have_a_state() {
    use std::os::unix::ffi::OsStrExt;

    use leftoff::ErrorKind;

    let (state, work) = (folder::scratch(), folder::scratch());
    let no_text = |last| work.path().join(std::ffi::OsStr::from_bytes(&[b'n', 0xff, last]));
    for (last, number) in [(b'a', 1), (b'\n', 2)] {
        fs::create_dir(no_text(last)).unwrap();
        let place = store(state.path(), no_text(last), number);
        let stored = fs::read(place.join("project")).unwrap();
        assert!(stored.ends_with(&[b'n', 0xff, last, b'\n']), "{stored:?}");
    }
    assert_eq!((stored(state.path(), no_text(b'a')), stored(state.path(), no_text(b'\n'))), (Some(1), Some(2)));
    // The longest name, in directories of it; and a path that no system call takes.
    let long = std::iter::repeat_n("ü".repeat(127), 8).fold(work.path().to_owned(), |path, name| path.join(name));
    fs::create_dir_all(&long).unwrap();
    let endless = std::iter::repeat_n("x".repeat(255), 40).collect::<PathBuf>();
    for (path, number) in [(long.clone(), 3), (long.join("one"), 4), (work.path().join(endless), 5)] {
        store(state.path(), &path, number);
        assert_eq!(stored(state.path(), &path), Some(number));
    }
    assert!(places(state.path()).iter().all(|name| name.len() <= 255));
    assert_eq!(builder(state.path(), "").open().status().refused.unwrap().kind(), ErrorKind::InvalidSetting);
    let root = store(state.path(), "/", 6);
    assert!(root.file_name().unwrap().to_str().unwrap().starts_with("root-"));
}

const DAY: Duration = Duration::from_secs(86_400);

/// As if nobody had used any file below since then.
#[track_caller]
fn age(place: &Path, by: Duration) {
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path, by);
        } else {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - by).unwrap();
        }
    }
}

/// Four projects whose state is old, of which the first exists, and one whose state is not old enough.
struct Old {
    state: tempfile::TempDir,
    work: tempfile::TempDir,
    places: [PathBuf; 5],
}

impl Old {
    fn new() -> Self {
        let (state, work) = (folder::scratch(), folder::scratch());
        let places = ["kept", "gone", "open", "also gone", "recent"].map(|name| {
            let project = work.path().join(name);
            fs::create_dir(&project).unwrap();
            (name, store(state.path(), &project, 1))
        });
        let places = places.map(|(name, place)| {
            age(&place, if name == "recent" { DAY * 179 } else { DAY * 181 });
            if name != "kept" {
                fs::remove_dir(work.path().join(name)).unwrap();
            }
            place
        });
        Self { state, work, places }
    }

    fn which_are_left(&self) -> Vec<bool> {
        self.places.iter().map(|place| place.exists()).collect()
    }
}

#[test]
fn state_of_a_project_that_is_gone_and_long_unused_is_removed_when_another_one_is_new() {
    assert_eq!(Builder::UNUSED_PROJECTS_FOR, DAY * 180);
    let old = Old::new();
    // Held in another slot, while the first is free.
    let gone = old.work.path().join("open");
    let open = || builder(old.state.path(), &gone).slot_per_instance();
    let (first, held) = (open().open(), open().open());
    drop(first);
    age(&old.places[2], DAY * 181);
    // No path, and one that is not that of the directory: left incomplete by a power cut.
    fs::write(old.places[3].join("project"), "/also\n").unwrap();
    age(&old.places[3], DAY * 181);
    // A project that is known does not look for others.
    assert_eq!(stored(old.state.path(), old.work.path().join("kept")), Some(1));
    age(&old.places[0], DAY * 181);
    assert_eq!(old.which_are_left(), [true; 5]);
    store(old.state.path(), old.work.path(), 1);
    assert_eq!(old.which_are_left(), [true, false, true, true, true]);
    assert_eq!(places(old.state.path()).len(), 5, "and nothing is left of it");
    drop(held);
}

#[test]
fn removal_that_was_interrupted_is_completed_and_leaves_what_it_must_not_touch() {
    let old = Old::new();
    // As after a crash between the renaming and the end.
    let mut removed = old.places[1].clone().into_os_string();
    removed.push(".removed");
    fs::rename(&old.places[1], &removed).unwrap();
    let projects = old.state.path().join("projects");
    let elsewhere = old.work.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("file"), "").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&elsewhere, projects.join("planted.removed")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, projects.join("planted")).unwrap();
    }
    fs::create_dir(projects.join("mine")).unwrap();
    store(old.state.path(), old.work.path(), 1);
    assert!(!Path::new(&removed).exists());
    assert_eq!(old.which_are_left(), [true, false, false, false, true]);
    assert!(elsewhere.join("file").exists() && projects.join("mine").exists());
}

#[test]
fn session_with_a_thread_removes_unused_states_without_waiting_for_it() {
    let old = Old::new();
    let session = Session::builder(APP).dir(old.state.path()).project(old.work.path()).open();
    wait_until("it is removed", || !old.places[1].exists());
    drop(session);
}

#[cfg(unix)]
#[test]
fn former_state_of_a_project_is_continued_under_the_new_id() {
    use crate::support::child;

    let home = folder::scratch();
    let work = folder::scratch();
    for step in ["old", "new"] {
        let mut child = child::spawn("projects::program", &format!("{step} {}", work.path().display()));
        child.env("HOME", home.path()).env_remove("XDG_STATE_HOME").env_remove("XDG_DATA_HOME");
        assert!(child.status().unwrap().success(), "{step}");
    }
}

#[cfg(unix)]
#[test]
fn program() {
    let Some(role) = crate::support::child::role() else { return };
    let (step, project) = role.split_once(' ').unwrap();
    if step == "old" {
        let mut session = Session::builder("com.example.old".parse().unwrap()).project(project).open();
        session.save(|capture| capture.set(FORM, &7)).unwrap();
        return;
    }
    let builder = Session::builder("com.example.new".parse().unwrap()).formerly("com.example.old".parse().unwrap());
    let mut session = builder.project(project).open();
    assert_eq!(session.get(FORM).unwrap(), Some(7));
}
