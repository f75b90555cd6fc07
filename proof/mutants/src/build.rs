//! Builds the woven source, or tells which mutants do not compile.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::weave::Fragments;

pub enum Outcome {
    /// The unit tests, and the integration tests.
    Built([PathBuf; 2]),
    Refused(BTreeSet<usize>),
}

pub fn tests(tree: &Path, fragments: &Fragments) -> Result<Outcome, Box<dyn Error>> {
    let arguments = ["test", "--no-run", "--lib", "--test", "it", "--all-features", "--message-format=json", "--quiet"];
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(tree).stderr(Stdio::inherit());
    // A mutant may leave something unused, and whatever else.
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default() + " --cap-lints=allow";
    command.env("RUSTFLAGS", flags).env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
    let output = command.output()?;
    let messages: Vec<Value> =
        String::from_utf8(output.stdout)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    if output.status.success() {
        let built = |name: &str| {
            let is = |message: &&Value| message["target"]["name"] == name && message["executable"].is_string();
            let message = messages.iter().find(is).ok_or_else(|| format!("no test binary {name}"))?;
            Ok::<_, String>(PathBuf::from(message["executable"].as_str().unwrap_or_default()))
        };
        return Ok(Outcome::Built([built("leftoff")?, built("it")?]));
    }
    let mut refused = BTreeSet::new();
    for message in messages.iter().filter(|message| message["message"]["level"] == "error") {
        let mut spans: Vec<&Value> = message["message"]["spans"].as_array().into_iter().flatten().collect();
        spans.sort_by_key(|span| span["is_primary"] != true);
        let blamed: Vec<usize> = spans.iter().filter_map(|span| blame(span, fragments)).collect();
        if blamed.is_empty() && !spans.is_empty() {
            eprintln!("{}", message["message"]["rendered"].as_str().unwrap_or_default());
        }
        refused.extend(blamed.first());
    }
    if refused.is_empty() {
        Err("it does not compile, and no mutant is to blame".into())
    } else {
        Ok(Outcome::Refused(refused))
    }
}

/// The mutant in whose text this is; or, where it is in what stands around it, the one that ends last before it on its line.
fn blame(span: &Value, fragments: &Fragments) -> Option<usize> {
    let (file, at) = (span["file_name"].as_str()?, usize::try_from(span["byte_start"].as_u64()?).ok()?);
    let of_file = || fragments.iter().filter(|(name, ..)| name == file);
    let inside = of_file().find(|(_, range, _)| range.contains(&at)).map(|(.., number)| *number);
    inside.or_else(|| {
        let end = usize::try_from(span["byte_end"].as_u64()?).ok()?;
        of_file().find(|(_, range, _)| range.start >= at && range.end <= end).map(|(.., number)| *number)
    })
}
