//! The test binary run again as another process, to be killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// Names what a child is to do; not set in a test run.
const ROLE: &str = "LEFTOFF_TEST_CHILD";

/// The command line that runs this binary, if the kernel cannot run it without an emulator.
const EMULATOR: &str = "LEFTOFF_TEST_EMULATOR";

/// This binary again, running only the test `entry`, which must call [`role`] first.
pub fn spawn(entry: &str, role: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match std::env::var(EMULATOR) {
        Ok(emulator) => {
            let mut words = emulator.split_whitespace();
            let mut command = Command::new(words.next().unwrap());
            command.args(words).arg(this);
            command
        }
        Err(_) => Command::new(this),
    };
    command.args(["--exact", entry, "--nocapture", "--test-threads=1"]).env(ROLE, role);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same child, run by a shell after these commands: limits and traps are the shell's to set.
#[cfg(unix)]
pub fn in_shell(first: &str, spawned: &Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{first}; exec \"$@\""), "sh"]).arg(spawned.get_program()).args(spawned.get_args());
    for (name, value) in spawned.get_envs() {
        command.env(name, value.unwrap());
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What this process was started for, if it is a child.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Tells the parent something. The line is in the pipe when this returns, whatever becomes of the process.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // The harness has written half a line of its own.
    out.write_all(format!("\n>{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The next thing the child says; `None` once it is dead.
pub fn hear(from: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    loop {
        line.clear();
        // The last line may be cut short by the kill: it was not said then.
        if from.read_line(&mut line).ok()? == 0 || !line.ends_with('\n') {
            return None;
        }
        if let Some(said) = line.trim_end().strip_prefix('>') {
            return Some(said.to_owned());
        }
    }
}

pub fn ears(child: &mut Child) -> BufReader<ChildStdout> {
    BufReader::new(child.stdout.take().unwrap())
}
