//! How well elements are found again in interfaces that people really changed.
//!
//! `cargo bench --bench refind -- [--hide none|leaf|fresh|all]… [OPTION]… FILE.jsonl…`
//!
//! Each file has pairs of versions of an interface and says which elements are the same; `none`, `leaf` and `all` are
//! measured unless something else is asked for. Without a file there is nothing to measure, which is no failure. A file
//! that is absent is said to be and passed over; it is a failure only if all of them are absent, so that a build machine
//! that has some of the data measures those. `--misses` lists what was not found, `--take` measures how long taking an
//! anchor lasts. `--reversed` looks for each element in the same version with the order of all siblings turned round.
//! `--removed` removes each element whose later self is known: from the same version, and from the later version. Each arrow
//! is a wrong one then. `--curve` does both for several minimum scores, and prints which evidence the arrows had.
//! `--sample N` measures each N-th pair of versions of a file only, and makes an N-th of the trials with lists.
//! `--leave-one-out` chooses the thresholds on all files but one, by turns, and prints what they cost on that one.
//! `--lists` needs no file: it changes lists made of this repository's history and files, and fails if more than 0.5 % of
//! the rows that are gone or not built get an arrow.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program to be watched")]
#![allow(clippy::cast_precision_loss, reason = "shares and times, for people")]

mod corpus;
mod curve;
mod leave;
mod lists;
mod measure;
mod removed;
mod report;
mod take;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use corpus::Hide;

/// The options without a value.
const OPTIONS: [&str; 7] = ["--misses", "--take", "--lists", "--reversed", "--removed", "--curve", "--leave-one-out"];

/// What was asked for.
struct Task {
    options: Vec<String>,
    modes: Vec<Hide>,
    /// Each how-manieth pair of versions is measured.
    sample: usize,
    files: Vec<PathBuf>,
}

impl Task {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut task = Self { options: Vec::new(), modes: Vec::new(), sample: 1, files: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--hide" => {
                    let mode = arguments.next().unwrap_or_default();
                    task.modes.push(Hide::from_word(&mode).ok_or("--hide needs none, leaf, fresh or all")?);
                }
                "--sample" => {
                    let sample = arguments.next().and_then(|number| number.parse().ok());
                    task.sample = sample.filter(|number| *number > 0).ok_or("--sample needs a number")?;
                }
                // Cargo adds it.
                "--bench" => {}
                option if OPTIONS.contains(&option) => task.options.push(argument),
                option if option.starts_with("--") => {
                    return Err(format!(
                        "no such option: {option}; there are --hide, --sample, {}",
                        OPTIONS.join(", ")
                    )
                    .into());
                }
                file => task.files.push(PathBuf::from(file)),
            }
        }
        if task.modes.is_empty() {
            task.modes = vec![Hide::None, Hide::Leaf, Hide::All];
        }
        Ok(task)
    }

    fn has(&self, option: &str) -> bool {
        self.options.iter().any(|given| given == option)
    }

    /// Measures the files. Returns whether there was one.
    fn measure(&self) -> Result<bool, Box<dyn Error>> {
        report::legend();
        let (mut measured, mut sets) = (false, Vec::new());
        for file in &self.files {
            if !file.is_file() {
                println!("\nabsent: {}", file.display());
                continue;
            }
            let mut records: Vec<corpus::Record> = corpus::read(file)?.into_iter().step_by(self.sample).collect();
            if self.has("--reversed") {
                records.iter_mut().for_each(corpus::Record::reverse);
            }
            for mode in &self.modes {
                if self.has("--removed") {
                    removed::print(file, &records, *mode, self.has("--misses"));
                    continue;
                }
                if self.has("--curve") {
                    curve::print(file, &records, *mode);
                    continue;
                }
                let figures = measure::measure(&records, *mode, self.has("--misses"));
                report::print(file, *mode, &figures);
                sets.push(leave::Set::new(report::name(file), *mode, figures));
            }
            measured = true;
        }
        if self.has("--leave-one-out") {
            leave::print(&sets);
        }
        Ok(measured)
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let task = Task::read()?;
    if task.has("--take") {
        take::print();
    }
    let lists_are_good = !task.has("--lists") || lists::print(task.has("--misses"), task.sample);
    let measured = if task.files.is_empty() {
        if !task.has("--take") && !task.has("--lists") {
            println!("nothing to measure: name files of interface pairs (cargo bench --bench refind -- FILE.jsonl…)");
        }
        true
    } else {
        task.measure()?
    };
    Ok(if measured && lists_are_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
