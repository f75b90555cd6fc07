//! A small log, spoiled in every way there is: never a panic, never a wrong value, never "there was nothing", and what
//! could not be read is still there afterwards.

mod frames;
mod judge;
mod large;
mod sections;

use leftoff::backend::FileBackend;
use leftoff::{ErrorKind, Outcome, Section, SectionFate};

use crate::support::folder;
use crate::support::random::env;
use crate::support::{ManualClock, Unsynced, crash, still};
use judge::{Back, EMPTY, Judge, Shape, begin, begin_unsynced, make, used};

const FORM: Section<String> = Section::new("form", 1);
const LAYOUT: Section<[u32; 8]> = Section::new("layout", 1);
const DRAFT: Section<String> = Section::new("draft", 1);
const WINDOW: &str = "window/2";

const SHAPES: [Shape; 3] = [Shape::Plain, Shape::Blind, Shape::SummedUp];

#[test]
fn an_unspoiled_log_comes_back_whole() {
    for shape in SHAPES {
        let log = make(shape);
        assert_eq!(log.files.len(), if shape == Shape::SummedUp { 5 } else { 3 });
        let mut judge = Judge::new(&log, 1);
        judge.fill(&log.files);
        let back = judge.open(format!("{shape:?}, unspoiled"));
        assert_eq!(back, Back { outcome: Outcome::Resumed, values: 3, newest: 3, marker: true });
    }
}

fn every_flip(shape: Shape, least: f64) {
    let log = make(shape);
    let all_bits = env("LEFTOFF_ALL_BITS", 0) > 0;
    let mut judge = Judge::new(&log, 17);
    let (mut whole, mut newest, mut unnoticed) = (0_u32, 0, 0_u32);
    for (name, bytes) in &log.files {
        let end = used(bytes);
        // The room behind: not every byte of it, it is all the same.
        let step = if all_bits || shape != Shape::SummedUp { 1 } else { 5 };
        for at in (0..end).step_by(step).chain((end..bytes.len()).step_by(20_011)) {
            let bits = if all_bits { (0..8).collect::<Vec<_>>() } else { vec![(at * 5 + 3) % 8] };
            for bit in bits {
                let what = format!("{name}, byte {at}, bit {bit}");
                let back = judge.with(what, name, |bytes| folder::flip(bytes, at * 8 + bit));
                whole += u32::from(back.values == 3);
                newest += back.newest;
                unnoticed += u32::from(back.outcome == Outcome::Resumed);
            }
        }
    }
    let percent = f64::from(whole) / f64::from(judge.cases) * 100.0;
    let all = judge.cases * 3;
    let cases = judge.cases;
    eprintln!(
        "{shape:?}: {cases} flips: all sections back in {percent:.2} %, {newest} newest of {all}, {unnoticed} without effect"
    );
    assert!(percent >= least, "every section came back in {percent:.2} % only");
}

#[test]
fn every_flipped_bit_leaves_every_section_a_value_that_was_saved() {
    every_flip(Shape::Plain, 99.0);
}

#[test]
fn every_flipped_bit_of_a_log_of_whole_values_leaves_every_section_one() {
    every_flip(Shape::Blind, 99.0);
}

#[test]
fn every_flipped_bit_of_a_summed_up_log_leaves_every_section_its_value() {
    every_flip(Shape::SummedUp, 99.9);
}

#[test]
fn every_prefix_of_every_file_leaves_values_that_were_saved() {
    for shape in SHAPES {
        let log = make(shape);
        let mut judge = Judge::new(&log, 17);
        for (name, bytes) in &log.files {
            let end = used(bytes);
            let step = if shape == Shape::Plain { 1 } else { 5 };
            for len in (0..end).step_by(step).chain((end..bytes.len()).step_by(20_011)) {
                judge.with(format!("{shape:?}: {name} cut to {len}"), name, |bytes| bytes.truncate(len));
            }
        }
    }
}

/// A log of one launch is all there is: nothing may take a spoiled one for none.
#[test]
fn the_only_log_cut_anywhere_is_not_taken_for_none() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    session.mark("a");
    session.autosave(|capture| capture.set(FORM, &"Ana".to_owned())).unwrap();
    session.close().unwrap();
    let files = folder::logs(folder.path());
    let (name, bytes) = files.first_key_value().unwrap();
    for len in 0..bytes.len() {
        let mut files = files.clone();
        files.get_mut(name).unwrap().truncate(len);
        let folder = folder::write(&files);
        let mut session = begin(folder.path());
        assert_ne!(session.outcome(), Outcome::Fresh, "cut to {len} bytes");
        match session.get(FORM) {
            Ok(value) => assert!(value.as_deref().is_none_or(|value| value == "Ana")),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
        }
        session.mark("b");
        session.save(|capture| capture.set(FORM, &"Bo".to_owned())).unwrap();
        session.close().unwrap();
        if len > EMPTY {
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), bytes[..len]);
        }
        assert_eq!(begin(folder.path()).get(FORM).unwrap().as_deref(), Some("Bo"));
    }
}

/// CodebuffAI/freebuff#1319: two NUL bytes, and it was dead for good. Flash that was erased and not written is all ones.
#[test]
fn codebuffai_freebuff_1319_zeroed_stretches_and_erased_ones() {
    for shape in SHAPES {
        let log = make(shape);
        let mut judge = Judge::new(&log, 5);
        for (name, bytes) in &log.files {
            for (len, filler) in [(2, 0), (64, 0), (512, 0), (4096, 0), (2, 0xff), (512, 0xff), (4096, 0xff)] {
                for at in (0..used(bytes)).step_by(len.max(97)) {
                    judge.with(format!("{shape:?}: {name}: {len} bytes of {filler} at {at}"), name, |bytes| {
                        let to = (at + len).min(bytes.len());
                        bytes[at..to].fill(filler);
                    });
                }
            }
        }
    }
}

/// rakshasa/rtorrent#1925: sixteen ways to spoil one file, each a crash at every start or silently the defaults.
#[test]
fn rakshasa_rtorrent_1925_noise_of_all_sorts() {
    for shape in SHAPES {
        let log = make(shape);
        let names: Vec<String> = log.files.keys().cloned().collect();
        let mut random = crate::support::Random::new(11);
        let mut judge = Judge::new(&log, 5);
        for round in 0..env("LEFTOFF_NOISE", 100) {
            let name = &names[random.index(names.len())];
            let (at, len) = (random.index(log.files[name].len()), 1 + random.index(300));
            let (noise, way, other) = (random.bytes(len), random.below(5), random.draw());
            judge.with(format!("{shape:?}: noise {round} ({way}) in {name} at {at}, {len} bytes"), name, |bytes| {
                let to = (at + len).min(bytes.len());
                match way {
                    0 => bytes[at..to].copy_from_slice(&noise[..to - at]),
                    1 => drop(bytes.splice(at..at, noise)),
                    2 => drop(bytes.drain(at..to)),
                    3 => bytes.extend_from_slice(&noise),
                    _ => {
                        let copied = bytes[at..to].to_vec();
                        let other = usize::try_from(other % bytes.len() as u64).unwrap();
                        bytes.splice(other..other, copied);
                    }
                }
            });
        }
    }
}

#[test]
fn files_that_changed_places_are_not_believed() {
    let log = make(Shape::Plain);
    let mut judge = Judge::new(&log, 1);
    let names: Vec<String> = log.files.keys().cloned().collect();
    for (a, b) in [(0, 1), (1, 2), (0, 2)] {
        let mut files = log.files.clone();
        files.insert(names[a].clone(), log.files[&names[b]].clone());
        files.insert(names[b].clone(), log.files[&names[a]].clone());
        judge.fill(&files);
        assert_eq!(judge.open(format!("{a} and {b} changed places")).outcome, Outcome::Damaged);
    }
    // The newest state's file under the oldest one's name, too.
    let mut files = log.files.clone();
    files.insert(names[0].clone(), log.files[&names[2]].clone());
    judge.fill(&files);
    judge.open("a copy in the place of the oldest".to_owned());
}

#[test]
fn a_lost_file_is_noticed_unless_nothing_speaks_of_it() {
    let log = make(Shape::Plain);
    for (lost, name) in log.files.keys().enumerate() {
        let mut files = log.files.clone();
        files.remove(name);
        let folder = folder::write(&files);
        let mut session = begin_unsynced(folder.path());
        let form = session.get(FORM);
        match lost {
            // What came before is gone with it.
            0 | 1 => {
                assert_eq!(session.outcome(), Outcome::Damaged, "file {lost}");
                assert!(session.report().unreadable > 0);
                match form {
                    Ok(Some(value)) => assert!(log.known.forms.contains(&value)),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Damaged),
                    Ok(None) => panic!("file {lost}: the section is not there and nobody says why"),
                }
            }
            // Nothing speaks of the newest launch but its own file: the one before is the newest now.
            _ => {
                assert_eq!(session.outcome(), Outcome::Recovered);
                let value = form.unwrap().unwrap();
                assert!(value.contains("launch 1, as it was in step 2"), "{value}");
            }
        }
    }
    // With a base, any one of the files but the newest can go and nobody misses it.
    let log = make(Shape::SummedUp);
    let mut judge = Judge::new(&log, 1);
    let (_, older) =
        log.files.keys().collect::<Vec<_>>().split_last().map(|(last, rest)| (*last, rest.to_vec())).unwrap();
    for name in older {
        let mut files = log.files.clone();
        files.remove(name);
        judge.fill(&files);
        let back = judge.open(format!("{name} lost"));
        assert_eq!((back.values, back.newest), (3, 3), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn something_else_in_the_place_of_a_file_is_neither_followed_nor_waited_for() {
    let log = make(Shape::Plain);
    let elsewhere = folder::scratch();
    let precious = elsewhere.path().join("precious");
    let mut judge = Judge::new(&log, 1);
    for name in log.files.keys() {
        for way in ["folder", "full folder", "link", "dead link", "device", "pipe", "empty"] {
            let mut files = log.files.clone();
            let original = files.remove(name).unwrap();
            judge.fill(&files);
            std::fs::write(&precious, &original).unwrap();
            let path = judge.path().join(name);
            match way {
                "folder" => std::fs::create_dir(&path).unwrap(),
                "full folder" => std::fs::create_dir_all(path.join("with/something")).unwrap(),
                // Reading it would never end. Making one takes root; a link to one is not followed, either.
                "device" => {
                    let (kind, mode) = (rustix::fs::FileType::CharacterDevice, 0o600.into());
                    let zero = rustix::fs::makedev(1, 5);
                    if rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, zero).is_err() {
                        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
                    }
                }
                "link" => std::os::unix::fs::symlink(&precious, &path).unwrap(),
                "dead link" => std::os::unix::fs::symlink("/nowhere/at/all", &path).unwrap(),
                "empty" => std::fs::write(&path, b"").unwrap(),
                _ => assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success()),
            }
            judge.open(format!("{way} in the place of {name}"));
            assert_eq!(std::fs::read(&precious).unwrap(), original, "{way}");
            assert!(way == "empty" || std::fs::symlink_metadata(&path).is_ok(), "{way} is still there");
        }
    }
}

#[test]
fn a_state_that_ends_before_the_log_does_is_not_resumed() {
    let log = make(Shape::Plain);
    let name = log.files.keys().nth(1).unwrap();
    for at in (0..used(&log.files[name])).step_by(7) {
        let mut files = log.files.clone();
        folder::flip(files.get_mut(name).unwrap(), at * 8);
        let folder = folder::write(&files);
        let clock = ManualClock::new();
        clock.reboot();
        let backend = Unsynced(FileBackend::open(folder.path()).unwrap());
        let mut session = still(backend).clock(clock).open();
        let newest = session.get(LAYOUT).is_ok_and(|layout| layout.as_ref() == log.known.layouts.last());
        assert!(newest || session.outcome() != Outcome::Resumed, "byte {at}: {:?}", session.report());
    }
}

#[test]
fn a_window_closed_after_damage_is_absent() {
    let folder = folder::scratch();
    let mut session = begin(folder.path());
    for (element, text) in [("a", "the first of them"), ("b", "the second one")] {
        session.mark(element);
        session.autosave(|capture| capture.scope(WINDOW).set(DRAFT, &text.repeat(20))).unwrap();
    }
    session.close().unwrap();
    let mut files = folder::logs(folder.path());
    let (name, bytes) = files.iter_mut().next().unwrap();
    // The head of the frame, so that not even what it was about is known.
    let heads: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"LFTO")).collect();
    folder::flip(bytes, heads[2] * 8);
    std::fs::write(folder.path().join(name), &bytes).unwrap();
    let mut session = begin(folder.path());
    assert_eq!(session.outcome(), Outcome::Damaged);
    session.scope(WINDOW).close();
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap(), None);
    session.autosave(|_| {}).unwrap();
    assert_eq!(session.scope(WINDOW).get(DRAFT).unwrap(), None);
}

/// The same on a backend that does not check what it gives back.
#[test]
fn every_flipped_bit_of_every_frame_in_memory() {
    use crate::support::{frames, open, put, rewrite};
    let memory = leftoff::backend::MemoryBackend::new();
    for launch in 0..3_u32 {
        let mut session = open(memory.clone());
        for step in 0..3 {
            put(&mut session, "a", |capture| {
                capture.set(LAYOUT, &[launch, step, 0, 0, 0, 0, 0, 0]);
                capture.set(FORM, &format!("launch {launch}, step {step}, and more of it"));
            });
        }
        crash(session);
    }
    let (mut flips, mut back) = (0_u32, 0_u32);
    for (id, bytes) in frames(&memory) {
        for at in 0..bytes.len() {
            let spoiled = rewrite(&memory, |other, bytes| {
                if other == id {
                    folder::flip(bytes, at * 8 + at % 8);
                }
                true
            });
            let mut session = open(spoiled);
            assert_ne!(session.outcome(), Outcome::Fresh);
            flips += 1;
            let layout = session.get(LAYOUT);
            let form = session.get(FORM);
            back += u32::from(layout.is_ok() && form.is_ok());
            for (ok, name) in [(layout.is_ok(), "layout"), (form.is_ok(), "form")] {
                let fate = session.report().sections.iter().find(|line| line.name == name).map(|line| line.fate);
                assert_eq!(ok, fate.is_some_and(|fate| fate != SectionFate::Lost), "{id:?}, byte {at}");
            }
            if let Ok(layout) = layout {
                let [launch, step, ..] = layout.unwrap();
                assert!(launch < 3 && step < 3);
            }
            if let Ok(form) = form {
                assert!(form.unwrap().ends_with(", and more of it"));
            }
            crash(session);
        }
    }
    eprintln!("{flips} flips: both sections back in {:.2} %", f64::from(back) / f64::from(flips) * 100.0);
}
