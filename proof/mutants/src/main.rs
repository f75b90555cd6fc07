//! Runs the mutants that cargo-mutants lists, without building each of them: all are woven into one copy of the source, and
//! an environment variable chooses the one that is alive. A build takes ten times as long as the tests that find a mutant.
//!
//! ```text
//! mutants TREE LIST RESULTS
//! ```
//!
//! `TREE` is a copy of the repository, to be changed; `LIST` is what `cargo mutants --list --json` printed in it. `RESULTS`
//! gets lists of names: those that were `caught` and `missed`, those that do not compile (`unviable`) or are of other
//! systems (`absent`), and what cannot be woven in (`left`).

mod build;
mod run;
mod weave;

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Mutant {
    file: String,
    genre: String,
    name: String,
    replacement: String,
    span: Span,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// From one, in characters, as cargo-mutants counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [tree, list, results] = &arguments[..] else { return Err("mutants TREE LIST RESULTS".into()) };
    let (tree, results) = (Path::new(tree), Path::new(results));
    let mutants: Vec<Mutant> = serde_json::from_str(&fs::read_to_string(list)?)?;
    let (mut unviable, mut left, mut absent) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let source = weave::Source::read(tree, &mutants)?;
    let tests = loop {
        let woven = source.weave(tree, &mutants, &unviable)?;
        left.extend(woven.left);
        absent.extend(woven.absent);
        match build::tests(tree, &woven.fragments)? {
            build::Outcome::Built(tests) => break tests,
            build::Outcome::Refused(refused) => {
                println!("{} do not compile", refused.len());
                unviable.extend(refused);
            }
        }
    };
    let others = [&unviable, &left, &absent];
    let alive: Vec<_> = (0..mutants.len()).filter(|at| others.iter().all(|other| !other.contains(at))).collect();
    let [unable, unwoven, elsewhere] = others.map(BTreeSet::len);
    println!(
        "{} of {}, {unable} do not compile, {unwoven} are left, {elsewhere} are absent",
        alive.len(),
        mutants.len()
    );
    let missed = run::all(tree, &tests, &mutants, &alive)?;
    let save = |name: &str, which: &dyn Fn(usize) -> bool| {
        let names: String =
            (0..mutants.len()).filter(|at| which(*at)).map(|at| mutants[at].name.clone() + "\n").collect();
        fs::write(results.join(name), names)
    };
    save("missed", &|at| missed.contains(&at))?;
    save("caught", &|at| alive.contains(&at) && !missed.contains(&at))?;
    save("unviable", &|at| unviable.contains(&at))?;
    save("left", &|at| left.contains(&at))?;
    save("absent", &|at| absent.contains(&at))?;
    Ok(())
}
