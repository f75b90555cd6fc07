//! leftoff beside other ways to keep a state, and beside bare system calls.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml -- [--quick] [--long] [--dir DIR] [--sizes S,M,L,XL]
//! [--only NAME] [--growth DIR]`. Prints Markdown. Ends with 1 if a candidate returns a wrong value, or if a goal is missed
//! in each of three tries by more than the slack.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program to be watched")]
#![allow(clippy::cast_precision_loss, reason = "times and bytes, for people")]

mod contest;
mod goals;
mod growth;
#[path = "../../latency/limit.rs"]
#[allow(dead_code, reason = "shared with the other bench")]
mod limit;
mod limits;
mod memory;
mod plan;
mod plot;
mod report;
#[path = "../../latency/series.rs"]
#[allow(dead_code, reason = "shared with the other bench")]
mod series;
#[path = "../../latency/state.rs"]
#[allow(dead_code, reason = "shared with the other bench")]
mod state;
mod store;
mod system;
mod work;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contest::Contest;
use plan::Plan;
use work::Shape;

pub(crate) type Fallible<T = ()> = Result<T, Box<dyn Error>>;

/// How often a size with a missed goal is measured again: a neighbour may be busy for seconds.
const TRIES: usize = 3;

#[derive(Default)]
struct Settings {
    is_quick: bool,
    is_long: bool,
    dir: Option<PathBuf>,
    sizes: Vec<String>,
    only: Option<String>,
    growth: Option<PathBuf>,
}

const USAGE: &str = "there are --quick, --long, --dir DIR, --sizes S,M,L,XL, --only NAME and --growth DIR";

impl Settings {
    fn from(mut arguments: impl Iterator<Item = String>) -> Fallible<Self> {
        let mut settings = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value; {USAGE}"));
            match argument.as_str() {
                "--quick" => settings.is_quick = true,
                "--long" => settings.is_long = true,
                "--dir" => settings.dir = Some(value()?.into()),
                "--sizes" => settings.sizes = value()?.split(',').map(str::to_owned).collect(),
                "--only" => settings.only = Some(value()?),
                "--growth" => settings.growth = Some(value()?.into()),
                _ => return Err(format!("no such option: {argument}; {USAGE}").into()),
            }
        }
        if settings.sizes.is_empty() {
            let sizes = if settings.is_quick { &["S", "M"][..] } else { &["S", "M", "L"] };
            settings.sizes = sizes.iter().map(|size| (*size).to_owned()).collect();
        }
        Ok(settings)
    }
}

fn main() -> Fallible<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == memory::CHILD => return memory::child(rest).map(|()| ExitCode::SUCCESS),
        Some((first, rest)) if first == growth::CHILD => return growth::child(rest).map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    let settings = Settings::from(arguments.into_iter())?;
    let place = settings.dir.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"));
    std::fs::create_dir_all(&place)?;
    println!("File system: {}.\n", system::file_system(&place));
    if let Some(into) = &settings.growth {
        growth::run(&place, into, settings.is_quick)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut is_met = true;
    for size in &settings.sizes {
        is_met &= race(&settings, Shape::named(size)?, &place)?;
    }
    Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures a size until each goal was met once, or the tries are used up. Returns whether each was met.
fn race(settings: &Settings, shape: &'static Shape, place: &Path) -> Fallible<bool> {
    let plan = if settings.is_quick { Plan::QUICK } else { Plan::full(shape.name, settings.is_long) };
    let slack = if settings.is_quick { goals::QUICK_SLACK } else { goals::SLACK };
    let mut never_met: Option<Vec<&str>> = None;
    for attempt in 1..=TRIES {
        let dir = tempfile::Builder::new().prefix("race-").tempdir_in(place)?;
        let mut contest = Contest::new(shape, dir.path(), settings.only.as_deref())?;
        contest.run(&plan)?;
        println!("{}", report::markdown(&contest));
        let verdicts = goals::verdicts(&contest, slack);
        println!("| goal | size | ratio | goal | fails above | |\n|---|---|--:|--:|--:|---|");
        for verdict in &verdicts {
            println!("{}", verdict.line());
        }
        println!();
        let missed: Vec<_> = verdicts.iter().filter(|verdict| verdict.fails()).map(|verdict| verdict.name).collect();
        // A goal that was met once can be met.
        let left = match never_met.take() {
            Some(before) => before.into_iter().filter(|name| missed.contains(name)).collect(),
            None => missed,
        };
        if left.is_empty() {
            return Ok(true);
        }
        println!("{}: missed in each of {attempt} measurements: {}\n", shape.name, left.join("; "));
        never_met = Some(left);
    }
    Ok(false)
}
