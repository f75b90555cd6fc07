//! What grows with the number of things: sections, bytes, launches, saves, scopes.

mod point;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) use point::{CHILD, child};

use crate::Fallible;
use crate::plot;
use crate::report::{bytes, time};

/// One number that grows while the others stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Sections,
    Bytes,
    Launches,
    Saves,
    Scopes,
}

const AXES: [Axis; 5] = [Axis::Sections, Axis::Bytes, Axis::Launches, Axis::Saves, Axis::Scopes];

impl Axis {
    fn name(self) -> &'static str {
        match self {
            Self::Sections => "sections",
            Self::Bytes => "bytes",
            Self::Launches => "launches",
            Self::Saves => "saves",
            Self::Scopes => "scopes",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Sections => "sections of 200 B",
            Self::Bytes => "bytes of the only section",
            Self::Launches => "launches that mark, save and close; 60 sections of 2.7 KB",
            Self::Saves => "saves back to back in one launch, which is then killed; 60 sections of 2.7 KB",
            Self::Scopes => "scopes with one section of 200 B each",
        }
    }

    fn points(self, is_quick: bool) -> &'static [usize] {
        let points: &[usize] = match self {
            Self::Sections | Self::Scopes => &[10, 100, 1_000, 10_000, 100_000],
            Self::Bytes => &[100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000],
            // Compaction is due after eight launches: points close to each other would show a sawtooth.
            Self::Launches => &[1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 30, 100, 300, 1_000],
            Self::Saves => &[1, 10, 100, 300, 600, 1_000, 1_300, 2_000, 3_000, 10_000, 30_000, 100_000, 1_000_000],
        };
        if is_quick { points.get(..points.len().min(3)).unwrap_or_default() } else { points }
    }
}

/// What is measured at one point. `None` if the process did not end in time.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: usize,
    /// Nanoseconds; the median of one launch.
    autosave: f64,
    /// Nanoseconds from before the opening until the first section; the median of several processes.
    first: f64,
    /// Bytes above what the application's own values take.
    memory: f64,
    disk: f64,
}

/// Longer, and the point is left out.
const TIMEOUT: Duration = Duration::from_secs(180);
const STARTS: usize = 9;

/// Measures all axes; writes `growth.md` and a plot for each axis into a directory.
///
/// # Errors
/// A process fails, or a file cannot be written.
pub(crate) fn run(place: &Path, into: &Path, is_quick: bool) -> Fallible {
    fs::create_dir_all(into)?;
    let mut text = String::new();
    for axis in AXES {
        let mut points = Vec::new();
        let _ = writeln!(text, "### {}\n", axis.about());
        let _ = writeln!(text, "| {} | autosave p50 | open and first section p50 | memory | on disk |", axis.name());
        text.push_str("|--:|--:|--:|--:|--:|\n");
        for at in axis.points(is_quick) {
            let dir = tempfile::Builder::new().prefix("growth-").tempdir_in(place)?;
            match measure(axis, *at, dir.path())? {
                Some(point) => {
                    let (autosave, first) = (time(point.autosave), time(point.first));
                    let (memory, disk) = (bytes(point.memory), bytes(point.disk));
                    let _ = writeln!(text, "| {at} | {autosave} | {first} | {memory} | {disk} |");
                    points.push(point);
                }
                None => {
                    let _ = writeln!(text, "| {at} | not ended after {} s | | | |", TIMEOUT.as_secs());
                }
            }
        }
        let _ = writeln!(text, "\n![{}](growth-{}.svg)\n", axis.about(), axis.name());
        let series = |value: fn(&Point) -> f64| points.iter().map(|point| (point.at as f64, value(point))).collect();
        let svg = plot::svg(
            axis.about(),
            [
                ("autosave p50", series(|point| point.autosave)),
                ("open and first section p50", series(|point| point.first)),
                ("memory", series(|point| point.memory)),
                ("on disk", series(|point| point.disk)),
            ],
        );
        fs::write(into.join(format!("growth-{}.svg", axis.name())), svg)?;
        fs::write(into.join("growth.md"), &text)?;
    }
    println!("{text}");
    Ok(())
}

fn measure(axis: Axis, at: usize, dir: &Path) -> Fallible<Option<Point>> {
    let Some(filled) = process("fill", axis, at, dir)? else { return Ok(None) };
    let [autosave, memory, disk] = filled[..] else { return Err("the process printed other numbers".into()) };
    let mut firsts = Vec::new();
    for _ in 0..STARTS {
        let Some(opened) = process("open", axis, at, dir)? else { return Ok(None) };
        firsts.extend(opened);
    }
    firsts.sort_by(f64::total_cmp);
    let first = firsts.get(firsts.len() / 2).copied().unwrap_or_default();
    Ok(Some(Point { at, autosave, first, memory, disk }))
}

/// Runs a process of this program, and returns the numbers it printed.
fn process(task: &str, axis: Axis, at: usize, dir: &Path) -> Fallible<Option<Vec<f64>>> {
    let mut command = Command::new(std::env::current_exe()?);
    let command = command.args([CHILD, task, axis.name(), &at.to_string()]).arg(dir).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{task}, {} {at}: the process failed", axis.name()).into());
    }
    let numbers = String::from_utf8(output.stdout)?;
    Ok(Some(numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?))
}
