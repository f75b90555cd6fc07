//! Running the wizard, talking to it and reading its screen.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::example::example;

pub fn program() -> PathBuf {
    example("wizard", "wizard")
}

pub fn command(dir: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("--dir").arg(dir);
    piped(command)
}

/// The next version of the program.
pub fn next_command(dir: &Path) -> Command {
    let mut command = Command::new(program());
    command.arg("--next").arg("--dir").arg(dir);
    piped(command)
}

pub fn piped(mut command: Command) -> Command {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A scripted run: all input at once, then the end of input.
pub fn run(dir: &Path, script: &str) -> (String, Output) {
    let mut child = command(dir).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (String::from_utf8(output.stdout.clone()).unwrap(), output)
}

/// A run with somebody at the keyboard, who waits for the prompt before typing.
pub struct Talk {
    pub child: Child,
    keyboard: Option<ChildStdin>,
    pub screen: Option<ChildStdout>,
}

impl Talk {
    /// The talk, and what was on the screen with the first prompt.
    pub fn start(dir: &Path) -> (Self, String) {
        Self::with(command(dir))
    }

    /// The same with the default action of each signal, also where this process ignores some, as under `nohup`.
    #[cfg(target_os = "linux")]
    pub fn start_with_signals(dir: &Path) -> (Self, String) {
        let mut command = Command::new("env");
        command.arg("--default-signal=TERM,INT,HUP").arg(program()).arg("--dir").arg(dir);
        Self::with(piped(command))
    }

    /// The same with the next version of the program.
    pub fn start_next(dir: &Path) -> (Self, String) {
        Self::with(next_command(dir))
    }

    pub fn with(mut command: Command) -> (Self, String) {
        let mut child = command.spawn().unwrap();
        let (keyboard, screen) = (child.stdin.take(), child.stdout.take());
        let mut talk = Self { child, keyboard, screen };
        let text = talk.read();
        (talk, text)
    }

    pub fn send(&mut self, line: &str) {
        // Where the program is dead already, the next read tells.
        let _ = writeln!(self.keyboard.as_mut().unwrap(), "{line}");
    }

    /// Everything up to the next prompt.
    pub fn read(&mut self) -> String {
        let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
        while !bytes.ends_with(b"> ") {
            match self.screen.as_mut().unwrap().read(&mut chunk).unwrap() {
                0 => break,
                length => bytes.extend(&chunk[..length]),
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    pub fn answer(&mut self, line: &str) -> String {
        self.send(line);
        self.read()
    }

    pub fn answer_all(&mut self, lines: &[&str]) -> String {
        lines.iter().map(|line| self.answer(line)).last().unwrap()
    }

    /// SIGKILL, or what is like it.
    pub fn kill(mut self) -> String {
        self.child.kill().unwrap();
        let rest = self.read();
        self.child.wait().unwrap();
        rest
    }

    /// The exit status and what was written to standard error, of a program that ends by itself.
    pub fn end(mut self) -> (ExitStatus, String) {
        drop(self.keyboard.take());
        let give_up = Instant::now() + Duration::from_secs(60);
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > give_up {
                self.child.kill().unwrap();
                panic!("it did not end");
            }
            thread::sleep(Duration::from_millis(2));
        }
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.child.wait().unwrap(), errors)
    }
}

/// What a resume screen says: the answers by label, the label beside the arrow, those beside a bracket, the exit line.
#[derive(Debug, PartialEq)]
pub struct Screen {
    pub answers: BTreeMap<String, String>,
    pub marked: Option<String>,
    pub bracketed: Vec<String>,
    pub exit: String,
}

impl Screen {
    /// The last one in `text`.
    pub fn of(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let end =
            lines.iter().rposition(|line| line.starts_with("exit: ")).unwrap_or_else(|| panic!("no form in {text:?}"));
        let begin = lines[..end].iter().rposition(|line| line.is_empty()).unwrap() + 1;
        let (mut answers, mut marked, mut bracketed) = (BTreeMap::new(), None, Vec::new());
        for line in &lines[begin..end] {
            let field = ["➤ ", "[ ", "  "].iter().find_map(|sign| line.strip_prefix(sign));
            let (label, answer) = field.unwrap_or_else(|| panic!("{line:?}")).split_once(':').unwrap();
            if line.starts_with('[') {
                bracketed.push(label.to_owned());
            }
            if line.starts_with('➤') {
                assert_eq!(marked.replace(label.to_owned()), None, "two arrows in {text}");
            }
            if !answer.is_empty() {
                answers.insert(label.to_owned(), answer.trim_start().to_owned());
            }
        }
        Self { answers, marked, bracketed, exit: lines[end]["exit: ".len()..].to_owned() }
    }

    pub fn answer(&self, label: &str) -> &str {
        self.answers.get(label).map_or("", String::as_str)
    }
}
