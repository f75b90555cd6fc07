//! The disk, its cuts, and the wizard's launches between them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use leftoff_proof::random::Random;

use crate::verdict::{Folder, Tally};

/// A file system to be cut.
pub struct Disk<'a> {
    pub device: &'a str,
    pub mountpoint: &'a str,
    pub options: &'a str,
}

/// So many cuts of one folder, then it begins with another: each folder is born under cuts, too.
const CUTS_PER_FOLDER: u64 = 25;

fn tool(program: &str, words: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(words).output().map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program} {words:?}: {said}")) }
}

impl Disk<'_> {
    fn mount(&self) -> Result<(), String> {
        tool("mount", &["-o", self.options, self.device, self.mountpoint])
    }

    fn unmount(&self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            match tool("umount", &[self.mountpoint]) {
                Err(why) if start.elapsed() > Duration::from_secs(20) => return Err(why),
                // A writer that is on its way out still has it.
                Err(_) => thread::sleep(Duration::from_millis(5)),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// No more reaches the disk, not even what the file system has in its log: the kernel's own word for a power cut.
    fn cut(&self) -> Result<(), String> {
        tool("xfs_io", &["-x", "-c", "shutdown", self.mountpoint])
    }
}

struct Launch {
    process: Child,
    ears: Receiver<String>,
    said: Vec<String>,
}

impl Launch {
    fn start(role: &str, folder: &Path, number: u64) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg(role).arg(folder).arg(number.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let out = process.stdout.take().ok_or("no output")?;
        let (mouth, ears) = channel();
        thread::spawn(move || {
            // A last line that the kill cut short was not said.
            let whole = BufReader::new(out).split(b'\n').map_while(Result::ok);
            whole.map(|line| String::from_utf8_lossy(&line).into_owned()).try_for_each(|line| mouth.send(line))
        });
        Ok(Self { process, ears, said: Vec::new() })
    }

    /// Listens until it has told what it found.
    fn wait_until_it_looked(&mut self) -> Result<(), String> {
        match self.ears.recv_timeout(Duration::from_secs(60)) {
            Ok(line) if line == "unavailable" => Err("a disk that is there does not answer".to_owned()),
            Ok(line) => {
                self.said.push(line);
                Ok(())
            }
            Err(RecvTimeoutError::Timeout) => Err("the wizard does not start".to_owned()),
            Err(RecvTimeoutError::Disconnected) => Err("the wizard died by itself".to_owned()),
        }
    }

    /// What it had said when it was killed.
    fn kill(mut self) -> Result<Vec<String>, String> {
        let ended = self.process.try_wait().map_err(|error| error.to_string())?;
        self.process.kill().map_err(|error| error.to_string())?;
        self.process.wait().map_err(|error| error.to_string())?;
        self.said.extend(self.ears.iter());
        match ended {
            Some(status) if !self.said.iter().any(|line| line.starts_with("wrong")) => {
                Err(format!("the wizard died by itself: {status}"))
            }
            _ => Ok(self.said),
        }
    }
}

/// Writes some pages of some logs to the disk and no others, as the system may do at any time.
fn write_back_some(folder: &Path, random: &mut Random) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let logs: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let mut logs: Vec<_> = logs.into_iter().filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    logs.sort();
    // The last ones are written to.
    for path in logs.iter().rev().take(3) {
        if random.chance(50) {
            continue;
        }
        let pages = fs::metadata(path).map_or(1, |metadata| metadata.len() / 4096 + 1);
        let (from, len) = (random.below(pages) * 4096, (1 + random.below(8)) * 4096);
        let order = format!("sync_range {} {from} {len}", if random.chance(50) { "-a" } else { "-w" });
        let path = path.to_string_lossy();
        // It may have gone meanwhile.
        let _ = tool("xfs_io", &["-r", "-c", &order, &path]);
    }
}

pub fn run(disk: &Disk<'_>, cuts: u64, seed: u64) -> Result<String, String> {
    let mut random = Random::new(seed);
    let (mut tally, mut folder) = (Tally::default(), Folder::default());
    let mut place = PathBuf::new();
    for number in 1..=cuts {
        disk.mount()?;
        if number % CUTS_PER_FOLDER == 1 {
            (folder, place) = (Folder::default(), Path::new(disk.mountpoint).join(format!("of/{number}/wizard")));
        }
        let outcome = one_cut(disk, &place, number, &mut random, &mut tally);
        let (time, said) = match outcome {
            Ok(heard) => heard,
            Err(why) => return Err(format!("seed {seed}, cut {number}, {}: {why}", place.display())),
        };
        let judged = folder.hear(number, time, &said, &mut tally);
        let last = said.get(said.len().saturating_sub(8)..);
        judged.map_err(|why| format!("seed {seed}, cut {number}, {}: {why}\nlast said: {last:?}", place.display()))?;
        // The last one of a folder is looked at as well.
        if number % CUTS_PER_FOLDER == 0 || number == cuts {
            disk.mount()?;
            let mut look = Launch::start("look", &place, number + 1_000_000)?;
            look.wait_until_it_looked()?;
            look.process.wait().map_err(|error| error.to_string())?;
            look.said.extend(look.ears.iter());
            folder
                .hear(number + 1_000_000, u128::MAX..u128::MAX, &look.said, &mut tally)
                .map_err(|why| format!("cut {number}: {why}"))?;
            disk.unmount()?;
        }
    }
    Ok(format!("seed {seed}: {tally}"))
}

/// When the cut began and ended, and what the wizard had said when it was over.
fn one_cut(
    disk: &Disk<'_>,
    place: &Path,
    number: u64,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<(Range<u128>, Vec<String>), String> {
    let mut launch = Launch::start("child", place, number)?;
    if random.chance(15) {
        tally.early += 1;
        thread::sleep(Duration::from_micros(random.below(15_000)));
    } else {
        launch.wait_until_it_looked()?;
        let life = if random.chance(15) { 3_000 } else { 300 };
        let end = Instant::now() + Duration::from_millis(random.below(life));
        let is_stirred = random.chance(60);
        while Instant::now() < end {
            thread::sleep(Duration::from_millis(random.below(20)).min(end.saturating_duration_since(Instant::now())));
            if is_stirred {
                write_back_some(place, random);
            }
        }
    }
    let begun = crate::child::now();
    disk.cut()?;
    let over = crate::child::now();
    tally.cuts += 1;
    // It goes on for a moment, on a disk that is gone: whatever it calls safe now is judged, too.
    thread::sleep(Duration::from_millis(random.below(80)));
    let said = launch.kill()?;
    disk.unmount()?;
    Ok((begun..over, said))
}
