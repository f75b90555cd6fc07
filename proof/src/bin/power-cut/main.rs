//! Cuts the power of a disk, again and again, under a wizard that is being filled in. See `.ci/power-cut`.
//!
//! `power-cut DEVICE MOUNTPOINT CUTS SEED OPTIONS`: a block device (or image) with a file system on it, mounted and cut as root.

mod child;
mod cut;
mod verdict;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse().unwrap_or_else(|_| panic!("no number: {word}"));
    match words.as_slice() {
        ["child", folder, launch] => child::run(folder, number(launch), false),
        ["look", folder, launch] => child::run(folder, number(launch), true),
        [device, mountpoint, cuts, seed, options] => {
            match cut::run(&cut::Disk { device, mountpoint, options }, number(cuts), number(seed)) {
                Ok(summary) => println!("{summary}"),
                Err(why) => {
                    eprintln!("error: {why}");
                    return ExitCode::FAILURE;
                }
            }
        }
        _ => {
            eprintln!("power-cut DEVICE MOUNTPOINT CUTS SEED OPTIONS");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
