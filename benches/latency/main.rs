//! How long the user waits for a save and a start, against what the disk and the codec cost by themselves.
//!
//! `cargo bench --bench latency [-- --quick] [-- --many] [-- --dir DIR]`. Ends with 1 if a ratio is above its goal three
//! times. `--many` measures only the rows of 10 000 things.
//!
//! Absolute times are of the machine; goals are ratios of what was measured by turns within one run, taken where both
//! were disturbed least (one in ten is quicker).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program to be watched")]
#![allow(clippy::cast_precision_loss, reason = "times, for people")]

mod bed;
mod limit;
mod many;
mod report;
mod series;
mod state;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bed::Bed;
use many::{Many, Patched};
use report::Row;

/// How often a goal that is missed is measured again: a neighbour may be busy for seconds.
const TRIES: usize = 3;

/// How many rounds of each kind.
struct Rounds {
    open: usize,
    restore: usize,
    save: usize,
    whole: usize,
    share: usize,
}

const FULL: Rounds = Rounds { open: 100, restore: 25, save: 300, whole: 25, share: 10 };
const QUICK: Rounds = Rounds { open: 40, restore: 12, save: 150, whole: 6, share: 6 };

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut quick, mut only_many) = (false, false);
    let mut place = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--many" => only_many = true,
            "--dir" => place = arguments.next().ok_or("--dir needs a folder")?.into(),
            // Cargo adds it.
            "--bench" => {}
            other => return Err(format!("no such option: {other}; there are --quick, --many and --dir DIR").into()),
        }
    }
    std::fs::create_dir_all(&place)?;
    println!("folder: {}", report::file_system(&place));
    let rounds = if quick { QUICK } else { FULL };
    let mut never_met: Option<Vec<String>> = None;
    for attempt in 1..=TRIES {
        let folder = tempfile::Builder::new().prefix("latency-").tempdir_in(&place)?;
        let mut rows = if only_many { Vec::new() } else { measure(folder.path(), &rounds)? };
        rows.extend(measure_many(folder.path(), &rounds)?);
        if quick {
            for row in &mut rows {
                row.relax(QUICK_SLACK);
            }
        }
        report::print(&rows);
        let misses: Vec<String> = rows.iter().filter(|row| row.is_missed()).map(Row::name).collect();
        // A goal that was met once can be met.
        let left = match never_met.take() {
            Some(before) => before.into_iter().filter(|name| misses.contains(name)).collect(),
            None => misses,
        };
        if left.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        println!("missed in each of {attempt} measurements: {}", left.join("; "));
        never_met = Some(left);
    }
    Ok(ExitCode::FAILURE)
}

/// A quick pass has few rounds on whatever machine tests run on: it finds what got twice as slow, not a tenth.
const QUICK_SLACK: f64 = 1.5;

fn measure(place: &Path, rounds: &Rounds) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut beds = state::SIZES.iter().map(|size| Bed::new(*size, place)).collect::<Result<Vec<_>, _>>()?;
    let mut by_turns = |rounds: usize, round: fn(&mut Bed) -> Result<(), Box<dyn Error>>| {
        (0..rounds).try_for_each(|_| beds.iter_mut().try_for_each(round))
    };
    by_turns(rounds.open, Bed::open_round)?;
    by_turns(rounds.restore, Bed::restore_round)?;
    by_turns(1, Bed::begin)?;
    by_turns(rounds.save, Bed::save_round)?;
    by_turns(rounds.save, Bed::mark_round)?;
    by_turns(rounds.restore, Bed::revisions_round)?;
    by_turns(rounds.restore, Bed::unknown_round)?;
    by_turns(rounds.share, Bed::share_round)?;
    by_turns(1, Bed::end)?;
    by_turns(rounds.whole, Bed::whole_round)?;
    by_turns(rounds.whole, Bed::codec_round)?;
    for bed in &beds {
        println!("{}: {} sections, {} bytes", bed.size.name, bed.size.sections, bed.bytes());
    }
    Ok(report::rows(&beds))
}

/// What grows with how many things there are.
fn measure_many(place: &Path, rounds: &Rounds) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut many = Many::new(place)?;
    (0..rounds.whole).try_for_each(|_| many.all_round())?;
    (0..rounds.save).try_for_each(|_| many.scopes_round())?;
    let mut patched = Patched::new(place)?;
    (0..rounds.whole).try_for_each(|_| patched.round())?;
    Ok(report::rows_of_many(&many.seen, &patched.seen))
}
