//! How well elements are found again in interfaces that people really changed.
//!
//! `cargo bench --bench refind -- [--hide none|leaf|fresh|all]… [--reversed] [--misses] [--take] [--lists] FILE.jsonl…`
//!
//! Each file has pairs of versions of an interface and says which elements are the same; `none`, `leaf` and `all` are
//! measured unless something else is asked for. Without a file there is nothing to measure, which is no failure. A file
//! that is absent is said to be and passed over; it is a failure only if all of them are absent, so that a build machine
//! that has some of the data measures those. `--misses` lists what was not found, `--take` measures how long taking an
//! anchor lasts. `--reversed` looks for each element in the same version with the order of all siblings turned round.
//! `--lists` needs no file: it changes lists made of this repository's history and files, and fails if more than 0.5 % of
//! the rows that are gone or not built get an arrow.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program to be watched")]
#![allow(clippy::cast_precision_loss, reason = "shares and times, for people")]

mod corpus;
mod lists;
mod measure;
mod report;
mod take;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use corpus::Hide;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut modes, mut files) = (Vec::new(), Vec::new());
    let (mut misses, mut takes, mut lists, mut reversed) = (false, false, false, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--hide" => {
                let mode = arguments.next().unwrap_or_default();
                modes.push(Hide::from_word(&mode).ok_or("--hide needs none, leaf, fresh or all")?);
            }
            "--misses" => misses = true,
            "--take" => takes = true,
            "--lists" => lists = true,
            "--reversed" => reversed = true,
            // Cargo adds it.
            "--bench" => {}
            option if option.starts_with("--") => {
                return Err(format!(
                    "no such option: {option}; there are --hide, --misses, --take, --lists and --reversed"
                )
                .into());
            }
            file => files.push(PathBuf::from(file)),
        }
    }
    if takes {
        take::print();
    }
    let lists_are_good = !lists || lists::print(misses);
    if files.is_empty() && (takes || lists) {
        return Ok(if lists_are_good { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if files.is_empty() {
        println!("nothing to measure: name files of interface pairs (cargo bench --bench refind -- FILE.jsonl…)");
        return Ok(ExitCode::SUCCESS);
    }
    if modes.is_empty() {
        modes = vec![Hide::None, Hide::Leaf, Hide::All];
    }
    report::legend();
    let mut measured = false;
    for file in &files {
        if !file.is_file() {
            println!("\nabsent: {}", file.display());
            continue;
        }
        let mut records = corpus::read(file)?;
        if reversed {
            records.iter_mut().for_each(corpus::Record::reverse);
        }
        for mode in &modes {
            let figures = measure::measure(&records, *mode, misses);
            report::print(file, *mode, &figures);
        }
        measured = true;
    }
    Ok(if measured && lists_are_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
