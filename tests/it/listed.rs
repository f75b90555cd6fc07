//! Programs that agreed appear in one list: what it says, what it contains, and what vanishes from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use leftoff::backend::{self, Backend, FrameId, Generation};
use leftoff::{AppId, Builder, Listed, Mark, Reason, Section, Session, listed_in};

const NOTE: Section<String> = Section::new("note", 1);

struct Machine {
    scratch: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { scratch: tempfile::tempdir().unwrap() }
    }

    fn list(&self) -> PathBuf {
        self.scratch.path().join("listed")
    }

    fn dir(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn builder(&self, name: &str) -> Builder {
        let app: AppId = format!("com.example.{name}").parse().unwrap();
        Session::builder(app).dir(self.dir(name)).listed_in(self.list()).wait_for_holder(Duration::ZERO)
    }

    fn start(&self, name: &str) -> Session {
        self.builder(name).listed(true).without_thread().open()
    }

    fn programs(&self) -> Vec<Listed> {
        listed_in(self.list())
    }

    fn names(&self) -> Vec<String> {
        self.programs().into_iter().map(|program| program.app).collect()
    }

    fn files(&self) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(self.list()).into_iter().flatten();
        entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
    }
}

fn touch(session: &mut Session, mark: Mark<'_>) {
    session.mark(mark);
    session.autosave(|capture| capture.set(NOTE, &"canary-value".to_owned())).unwrap();
}

fn words(program: &Listed) -> String {
    program.card(SystemTime::now()).unwrap().to_string()
}

#[test]
fn programs_that_agreed_are_listed_with_the_words_of_their_card_last_touched_first() {
    let machine = Machine::new();
    let (mut desk, mut mail) = (machine.start("desk"), machine.start("mail"));
    touch(&mut desk, Mark::new("invoice/42/amount").label("Amount").breadcrumb(&["Invoices"]));
    std::thread::sleep(Duration::from_millis(5));
    touch(&mut mail, Mark::new("draft/1").label("Draft to Ana"));
    let programs = machine.programs();
    assert_eq!(
        programs.iter().map(|program| &*program.app).collect::<Vec<_>>(),
        ["com.example.mail", "com.example.desk"]
    );
    assert_eq!(programs[1].dir, machine.dir("desk"));
    assert!(words(&programs[1]).starts_with("Amount, in Invoices"), "{}", words(&programs[1]));
    // Both run: that they crashed would be a lie.
    assert!(!words(&programs[0]).contains("crash"), "{}", words(&programs[0]));
    mail.suspend(Reason::Call).unwrap();
    assert!(words(&machine.programs()[0]).contains("call"), "{}", words(&machine.programs()[0]));
    // A kill changes nothing of it, and neither did being listed.
    std::mem::forget(desk);
    assert_eq!(machine.names(), ["com.example.mail", "com.example.desk"]);
    mail.close().unwrap();
    assert_eq!(machine.names(), ["com.example.mail", "com.example.desk"]);
}

#[test]
fn list_contains_nothing_of_the_state_and_sensitive_marks_have_no_label() {
    let machine = Machine::new();
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("login/canary-path").label("canary-label").detail("canary-detail").sensitive());
    let [file] = machine.files().try_into().unwrap();
    assert!(!String::from_utf8_lossy(&file).contains("canary"), "{file:?}");
    let programs = machine.programs();
    assert!(!words(&programs[0]).contains("canary-label") && !words(&programs[0]).contains("canary-detail"));
    assert!(!format!("{programs:?}").contains("canary-label"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = fs::read_dir(machine.list()).unwrap().next().unwrap().unwrap().path();
        assert_eq!((mode(&machine.list()), mode(&file)), (0o700, 0o600));
    }
}

#[test]
fn program_that_does_not_agree_is_not_listed_and_one_that_stops_disappears() {
    let machine = Machine::new();
    let mut silent = machine.builder("silent").open();
    touch(&mut silent, Mark::new("a"));
    assert_eq!((machine.names(), machine.list().exists()), (vec![], false));
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("a"));
    drop(desk);
    assert_eq!(machine.names(), ["com.example.desk"]);
    drop(machine.builder("desk").open());
    assert_eq!((machine.names(), machine.files().len()), (vec![], 0));
}

#[test]
fn start_without_consent_leaves_the_list_to_the_flusher() {
    let machine = Machine::new();
    for drive in [|session: &mut Session| _ = session.run_pending(), |session: &mut Session| session.flush().unwrap()] {
        let mut desk = machine.start("desk");
        touch(&mut desk, Mark::new("a"));
        drop(desk);
        let mut desk = machine.builder("desk").without_thread().open();
        assert_eq!(machine.files().len(), 1, "the start itself makes no call for the list");
        drive(&mut desk);
        assert_eq!(machine.files().len(), 0);
    }
    // With a thread, nobody has to drive it.
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("a"));
    drop(desk);
    let _desk = machine.builder("desk").open();
    crate::support::wait_until("the entry is removed", || machine.files().is_empty());
}

#[test]
fn program_without_consent_that_takes_over_disappears_from_the_list() {
    let machine = Machine::new();
    let mut first = machine.start("desk");
    touch(&mut first, Mark::new("a"));
    let mut second = machine.builder("desk").without_thread().open();
    assert!(second.status().holder.is_some());
    assert_eq!(machine.files().len(), 1, "the first program still runs, and agreed");
    drop(first);
    crate::support::wait_until("the second program takes over", || second.took_over());
    assert_eq!(machine.files().len(), 0);
}

#[test]
fn state_that_was_deleted_or_forgotten_or_never_stored_is_not_listed() {
    let machine = Machine::new();
    let mut desk = machine.start("desk");
    assert_eq!(machine.names(), Vec::<String>::new());
    touch(&mut desk, Mark::new("a"));
    assert_eq!(machine.names(), ["com.example.desk"]);
    desk.forget().unwrap();
    assert_eq!(machine.names(), Vec::<String>::new());
    drop(desk);
    let mut mail = machine.start("mail");
    touch(&mut mail, Mark::new("a"));
    drop(mail);
    fs::remove_dir_all(machine.dir("mail")).unwrap();
    assert_eq!((machine.names(), machine.files().len()), (vec![], 1));
}

#[test]
fn torn_moved_linked_and_foreign_files_are_ignored() {
    let machine = Machine::new();
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("a"));
    let file = fs::read_dir(machine.list()).unwrap().next().unwrap().unwrap().path();
    let whole = fs::read(&file).unwrap();
    fs::write(machine.list().join("0123456789abcdef"), &whole).unwrap();
    fs::write(machine.list().join("notes.txt"), "a letter").unwrap();
    fs::create_dir(machine.list().join("fedcba9876543210")).unwrap();
    assert_eq!(machine.names(), ["com.example.desk"]);
    for len in 0..whole.len() {
        fs::write(&file, &whole[..len]).unwrap();
        assert_eq!(machine.names(), Vec::<String>::new(), "{len} bytes");
    }
    // The next start writes it again.
    drop(desk);
    drop(machine.start("desk"));
    assert_eq!(machine.names(), ["com.example.desk"]);
    #[cfg(unix)]
    {
        let elsewhere = machine.dir("elsewhere");
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert_eq!(machine.names(), Vec::<String>::new());
    }
}

#[cfg(unix)]
#[test]
fn files_and_lists_of_another_user_are_ignored() {
    use std::os::unix::fs::chown;
    let machine = Machine::new();
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("a"));
    let file = fs::read_dir(machine.list()).unwrap().next().unwrap().unwrap().path();
    if chown(&file, Some(65_534), None).is_err() {
        eprintln!("only root can give a file away; nothing was tested");
        return;
    }
    assert_eq!(machine.names(), Vec::<String>::new());
    chown(&file, Some(0), None).unwrap();
    assert_eq!(machine.names(), ["com.example.desk"]);
    chown(machine.list(), Some(65_534), None).unwrap();
    assert_eq!(machine.names(), Vec::<String>::new());
}

/// What only the program itself can read.
#[derive(Debug)]
struct Scrambled<B>(B);

impl<B: Backend> Backend for Scrambled<B> {
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        self.0.create(id, &bytes.iter().map(|byte| !byte).collect::<Vec<_>>())
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        Ok(self.0.read(id)?.into_iter().map(|byte| !byte).collect())
    }
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        self.0.list()
    }
    fn sync(&self) -> backend::Result<()> {
        self.0.sync()
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        self.0.remove(generation)
    }
}

#[test]
fn state_behind_a_layer_is_listed_without_words() {
    let machine = Machine::new();
    let mut desk = machine.builder("desk").layer(Scrambled).listed(true).open();
    touch(&mut desk, Mark::new("a").label("Amount"));
    let [program] = machine.programs().try_into().unwrap();
    assert_eq!((&*program.app, program.is_readable, program.at()), ("com.example.desk", false, None));
    assert!(program.card(SystemTime::now()).is_none());
}

#[test]
fn list_that_cannot_be_written_does_not_disturb_the_program() -> io::Result<()> {
    let machine = Machine::new();
    fs::write(machine.list(), "in the way")?;
    let mut desk = machine.start("desk");
    touch(&mut desk, Mark::new("a"));
    assert!(desk.status().failing.is_none());
    assert_eq!(machine.names(), Vec::<String>::new());
    Ok(())
}
