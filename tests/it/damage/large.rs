//! The same for a log of the size that programs have: 170 KB in some dozens of sections, and saves on top.
//!
//! `LEFTOFF_FLIPS=100000 cargo test --release --test it damage::large -- --nocapture` for the whole sample.

use leftoff::Session;
use leftoff::backend::FileBackend;

use super::*;
use crate::support::Random;
use crate::support::clock::seconds;

const SECTIONS: usize = 40;

fn name(at: usize) -> String {
    format!("document/{at}")
}

fn value(at: usize, step: u32) -> (u32, String) {
    let mut random = Random::new(at as u64);
    let text: String = (0..4200).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
    (step, format!("{text}{step}"))
}

const DOCUMENT: Section<(u32, String)> = Section::new("document", 1);

/// A base of 170 KB and a session of edits after it, killed. Returns the last step of each document.
fn large() -> (folder::Files, Vec<u32>) {
    let mut files = folder::Files::new();
    let mut steps = vec![0; SECTIONS];
    let mut random = Random::new(77);
    for launch in 0..3 {
        let place = folder::write(&files);
        let clock = ManualClock::new();
        let backend = Unsynced(FileBackend::open(place.path()).unwrap());
        let mut session = still(backend).clock(clock.clone()).open();
        for at in 0..SECTIONS {
            session.scope(&name(at)).get(DOCUMENT).unwrap();
        }
        for step in 0..30 {
            let of: Vec<_> =
                if launch == 0 && step == 0 { (0..SECTIONS).collect() } else { vec![random.index(SECTIONS)] };
            session.mark(format!("step/{launch}/{step}").as_str());
            session
                .autosave(|capture| {
                    for at in of {
                        steps[at] += 1;
                        capture.scope(&name(at)).set(DOCUMENT, &value(at, steps[at]));
                    }
                })
                .unwrap();
        }
        if launch < 2 {
            // The second launch sums it up, so that there are two copies; the third dies with its edits on top.
            clock.advance(seconds(10));
            session.run_pending();
            session.save(|_| {}).unwrap();
        }
        files = folder::logs(place.path());
        session.close().unwrap();
    }
    (files, steps)
}

#[test]
fn flipped_bits_of_a_log_of_170_kb_cost_next_to_nothing_and_are_told_exactly() {
    let (files, steps) = large();
    let sizes: Vec<(&String, usize)> = files.iter().map(|(name, bytes)| (name, used(bytes))).collect();
    let total: usize = sizes.iter().map(|(_, size)| size).sum();
    assert!(total > 170_000, "{total}");
    let texts: Vec<String> = (0..SECTIONS).map(|at| value(at, 0).1[..4200].to_owned()).collect();
    let flips = env("LEFTOFF_FLIPS", 25);
    let mut random = Random::new(env("LEFTOFF_SEED", 5));
    let place = folder::write(&files);
    let (mut whole, mut newest, mut healed, mut fell, mut lost, mut doubted) =
        (0_u64, 0_u64, 0_u64, 0_u64, 0_u64, 0_u64);
    for flip in 0..flips {
        let mut at = random.index(total);
        let (name_of, at) = sizes
            .iter()
            .find_map(|(name, size)| match at.checked_sub(*size) {
                Some(rest) => {
                    at = rest;
                    None
                }
                None => Some((*name, at)),
            })
            .unwrap();
        let bit = random.index(8);
        let what = format!("flip {flip}: {name_of}, byte {at}, bit {bit}");
        let path = place.path().join(name_of);
        let mut spoiled = files[name_of].clone();
        folder::flip(&mut spoiled, at * 8 + bit);
        std::fs::write(&path, &spoiled).unwrap();
        let mut session: Session = begin_unsynced(place.path());
        assert!(!matches!(session.outcome(), Outcome::Fresh | Outcome::Unavailable), "{what}");
        let mut back = 0;
        let got: Vec<_> = (0..SECTIONS).map(|section| session.scope(&name(section)).get(DOCUMENT)).collect();
        let report = session.report();
        for (section, (text, last)) in texts.iter().zip(&steps).enumerate() {
            let scope = name(section);
            let fate = report.sections.iter().find(|line| line.scope == scope).map(|line| line.fate);
            match &got[section] {
                Ok(Some((step, said))) => {
                    let right = said.starts_with(text.as_str()) && said[text.len()..] == step.to_string();
                    assert!(right && (1..=*last).contains(step), "{what}: {section} is wrong");
                    back += 1;
                    match fate {
                        // Where all that a save said is lost, each section of which it may have spoken is named.
                        Some(SectionFate::MayBeOlder { .. }) => {
                            let amiss = (report.unreadable > 0, session.outcome());
                            assert_eq!(amiss, (true, Outcome::Damaged), "{what}: {section}");
                            doubted += u64::from(step == last);
                            fell += u64::from(step < last);
                        }
                        Some(SectionFate::Restored) => assert_eq!(step, last, "{what}: {section} is old"),
                        Some(SectionFate::Healed) => {
                            assert_eq!(step, last, "{what}: {section} is old");
                            healed += 1;
                        }
                        Some(SectionFate::FellBack { .. }) => {
                            assert!(step < last, "{what}: {section} is new");
                            fell += 1;
                        }
                        other => panic!("{what}: {section} came back, and the report says {other:?}"),
                    }
                    newest += u64::from(step == last);
                }
                Ok(None) => panic!("{what}: {section} is not there, and nobody says why"),
                Err(error) => {
                    assert_eq!((error.kind(), fate), (ErrorKind::Damaged, Some(SectionFate::Lost)), "{what}");
                    lost += 1;
                }
            }
        }
        whole += u64::from(back == SECTIONS);
        crash_and_clear(session, place.path(), &files);
        assert!(std::fs::read(&path).unwrap() == spoiled, "{what}: the damaged bytes are there afterwards");
        std::fs::write(&path, &files[name_of]).unwrap();
    }
    eprintln!(
        "{flips} flips in {total} bytes: every section back in {:.3} %, newest {newest} of {}, healed {healed}, fell back \
         {fell}, all named, newest but named as perhaps older {doubted}, lost {lost}, wrong 0",
        f64::from(u32::try_from(whole).unwrap()) * 100.0 / f64::from(u32::try_from(flips).unwrap()),
        flips * SECTIONS as u64,
    );
    assert!(whole * 100 >= flips * 99, "every section came back in {whole} of {flips} only");
}

/// Ends the session and takes away what it began.
fn crash_and_clear(session: Session, place: &std::path::Path, files: &folder::Files) {
    drop(session);
    for name in folder::logs(place).into_keys().filter(|name| !files.contains_key(name)) {
        std::fs::remove_file(place.join(name)).unwrap();
    }
}
