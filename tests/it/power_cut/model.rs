//! What an operating system may leave on the disk when the power goes: a model of files, folders and what makes them
//! durable, and every state it allows.
//!
//! It allows more than any one file system does, so that what holds here holds on all of them:
//!
//! - **Contents.** Until a file is synced, each sector of 512 bytes has, on its own, the content of any moment since the
//!   last sync. That is more than losing and reordering writes: the page cache writes pages back when it likes (ext4,
//!   XFS, APFS, NTFS all do), a page goes out in sectors, and a drive reorders those and loses its cache. A drive does
//!   not tear sectors; persistent memory and emulated drives may, so the last write is cut at each byte as well.
//! - **Length.** Any length since the last sync, whatever became of the contents. Both orders exist: XFS and ext4 with
//!   delayed allocation log a new length after the data, which leaves a file that is too short; ext4 in writeback mode
//!   and NTFS may log it before, which leaves zeros (and never what a block held before: ext4 in ordered mode, XFS with
//!   unwritten extents and NTFS with its valid length see to that).
//! - **Names.** Each name, on its own, as at any moment since its folder was synced: a file that was made may be
//!   missing, one that was removed may be back. Journals keep these in order, so real systems leave fewer states; POSIX
//!   asks for no order, and a sync of the *file* does not make its name durable (on ext4 and btrfs it does).
//! - **A sync** covers what was done before it began. What it covers has exactly one state from then on.
//!
//! Not in the model: a drive that lies about a flush, one that damages what was durable, and failed system calls, for
//! which there are other tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leftoff_testing::Step;

use super::image::{Bytes, Image, SECTOR, is_zero};
use crate::support::Random;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Nothing,
    Folder,
    File(usize),
}

/// A name, and what it stood for since its folder was synced: the durable state first, the present one last. With the
/// number of the step that made it so.
#[derive(Debug, Clone)]
struct Name(Vec<(usize, Node)>);

/// The contents of a file: durable ones, and what was done since.
#[derive(Debug, Clone, Default)]
struct Content {
    durable: Bytes,
    since: Vec<(usize, Change)>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Bytes) {
        match self {
            Self::Write(at, new) => bytes.write(*at, new),
            Self::Resize(len) => bytes.resize(*len),
        }
    }

    /// What it changes of a file, zeros into zeros left out.
    fn range(&self, bytes: &Bytes) -> std::ops::Range<usize> {
        match self {
            Self::Write(at, new) if *at >= bytes.head.len() && is_zero(new) => *at..*at,
            Self::Write(at, new) => *at..at + new.len(),
            Self::Resize(to) => (*to).min(bytes.head.len())..bytes.head.len(),
        }
    }
}

/// A disk on which some steps were done.
#[derive(Debug, Clone)]
pub struct Disk {
    names: BTreeMap<PathBuf, Name>,
    files: Vec<Content>,
    steps: usize,
    last: Option<(usize, Change)>,
}

impl Disk {
    /// All of it durable.
    pub fn new(image: &Image) -> Self {
        let mut disk = Self { names: BTreeMap::new(), files: Vec::new(), steps: 0, last: None };
        for (path, content) in &image.0 {
            let node = content.as_ref().map_or(Node::Folder, |bytes| {
                disk.files.push(Content { durable: bytes.clone(), since: Vec::new() });
                Node::File(disk.files.len() - 1)
            });
            disk.names.insert(path.clone(), Name(vec![(0, node)]));
        }
        disk
    }

    pub fn step(&mut self, step: &Step) {
        let position = self.steps;
        self.steps += 1;
        self.last = None;
        match step {
            Step::CreateDir(path) => self.bind(path, Node::Folder),
            Step::Create(path) => {
                self.files.push(Content::default());
                self.bind(path, Node::File(self.files.len() - 1));
            }
            Step::Remove(path) => self.bind(path, Node::Nothing),
            Step::Write(path, at, bytes) => {
                self.change(path, position, Change::Write(usize::try_from(*at).unwrap(), bytes.clone()));
            }
            Step::Resize(path, len) => self.change(path, position, Change::Resize(usize::try_from(*len).unwrap())),
            Step::Sync(path, covers) => {
                let Some(content) = self.file(path).map(|file| &mut self.files[file]) else { return };
                let done = content.since.partition_point(|(position, _)| position < covers);
                for (_, change) in content.since.drain(..done) {
                    change.apply(&mut content.durable);
                }
            }
            Step::SyncDir(folder, covers) => {
                for (path, Name(moments)) in &mut self.names {
                    if path.parent() == Some(folder) {
                        let done = moments.partition_point(|(position, _)| position < covers);
                        moments.drain(..done.saturating_sub(1));
                    }
                }
            }
        }
    }

    fn bind(&mut self, path: &Path, node: Node) {
        let name = self.names.entry(path.to_owned()).or_insert_with(|| Name(vec![(0, Node::Nothing)]));
        name.0.push((self.steps - 1, node));
    }

    fn change(&mut self, path: &Path, position: usize, change: Change) {
        // A file without a name is nobody's.
        let Some(file) = self.file(path) else { return };
        self.last = Some((file, change.clone()));
        self.files[file].since.push((position, change));
    }

    fn file(&self, path: &Path) -> Option<usize> {
        match self.names.get(path)?.0.last()?.1 {
            Node::File(file) => Some(file),
            _ => None,
        }
    }

    /// Whether the last step wrote zeros.
    pub fn is_filling(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, change)| matches!(change, Change::Write(_, bytes) if is_zero(bytes)))
    }

    /// What is open if the power goes now.
    pub fn open_questions(&self) -> Questions<'_> {
        let mut open = Vec::new();
        for (path, Name(moments)) in &self.names {
            let mut nodes: Vec<Node> = Vec::new();
            for (_, node) in moments {
                push_new(&mut nodes, *node);
            }
            // The last one is the present one, also where it has been so before.
            let present = moments.last().unwrap().1;
            nodes.retain(|node| *node != present);
            nodes.push(present);
            if nodes.len() > 1 {
                open.push(Question::Name(path, nodes));
            }
        }
        for (file, content) in self.files.iter().enumerate() {
            content.questions(file, &mut open);
        }
        Questions { disk: self, open }
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Content {
    fn present(&self) -> Bytes {
        let mut bytes = self.durable.clone();
        self.since.iter().for_each(|(_, change)| change.apply(&mut bytes));
        bytes
    }

    fn questions(&self, file: usize, open: &mut Vec<Question<'_>>) {
        let mut bytes = self.durable.clone();
        let mut lens = vec![bytes.len];
        let mut sectors: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
        for (_, change) in &self.since {
            let range = change.range(&bytes);
            let touched = if range.is_empty() { 0..0 } else { range.start / SECTOR..range.end.div_ceil(SECTOR) };
            for at in touched.clone() {
                sectors.entry(at).or_insert_with(|| vec![bytes.sector(at)]);
            }
            change.apply(&mut bytes);
            for at in touched {
                push_last(sectors.get_mut(&at).unwrap(), bytes.sector(at));
            }
            push_last(&mut lens, bytes.len);
        }
        if lens.len() > 1 {
            open.push(Question::Len(file, lens));
        }
        open.extend(
            sectors
                .into_iter()
                .filter(|(_, contents)| contents.len() > 1)
                .map(|(at, contents)| Question::Sector(file, at, contents)),
        );
    }
}

/// Appends, and takes an equal one away, unless that is the first, the durable one. The present one is the last.
fn push_last<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if let Some(at) = list.iter().position(|other| *other == item) {
        // Back to what it was: the durable one is the present one as well, and which stands last makes no difference
        // to the set.
        let item = list.remove(at);
        list.push(item);
    } else {
        list.push(item);
    }
}

/// Something the cut decides; the present state is the last answer.
#[derive(Debug)]
enum Question<'a> {
    Name(&'a Path, Vec<Node>),
    Len(usize, Vec<usize>),
    Sector(usize, usize, Vec<Vec<u8>>),
}

impl Question<'_> {
    fn answers(&self) -> usize {
        match self {
            Self::Name(_, nodes) => nodes.len(),
            Self::Len(_, lens) => lens.len(),
            Self::Sector(_, _, contents) => contents.len(),
        }
    }
}

/// All that a cut at one moment decides.
#[derive(Debug)]
pub struct Questions<'a> {
    disk: &'a Disk,
    open: Vec<Question<'a>>,
}

/// One state, and how to get there, for the message of a failed test.
pub struct Cut {
    pub image: Image,
    pub how: String,
}

/// How many states to look at where there are too many.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Up to so many states of one moment are all of them looked at.
    pub all_up_to: u64,
    /// So many of more, drawn at random, besides those that differ from everything or nothing by one answer.
    pub draws: usize,
    /// The last write is cut at each byte of the first so many, and around each sector's edge.
    pub bytes: usize,
}

impl Questions<'_> {
    /// How many states there are, those that differ only in nothing anybody can see counted apart.
    pub fn states(&self) -> u64 {
        self.open.iter().fold(1, |states: u64, question| states.saturating_mul(question.answers() as u64))
    }

    /// The states, or some of them; and whether they are all.
    pub fn cuts(&self, effort: Effort, random: &mut Random, mut look: impl FnMut(Cut)) -> bool {
        let all = self.states() <= effort.all_up_to;
        let last: Vec<usize> = self.open.iter().map(|question| question.answers() - 1).collect();
        if all {
            let mut answers = vec![0; self.open.len()];
            loop {
                look(self.cut(&answers));
                let Some(at) = (0..answers.len()).find(|at| answers[*at] < last[*at]) else { break };
                answers[..at].fill(0);
                answers[at] += 1;
            }
        } else {
            let first = vec![0; self.open.len()];
            for start in [&first, &last] {
                look(self.cut(start));
                // Long fills ask the same of each of their pages; a few dozen of those are enough.
                let stride = self.open.len().div_ceil(effort.draws.max(1));
                for at in (0..self.open.len()).step_by(stride.max(1)) {
                    for answer in (0..=last[at]).filter(|answer| *answer != start[at]) {
                        let mut answers = start.clone();
                        answers[at] = answer;
                        look(self.cut(&answers));
                    }
                }
            }
            for draw in 0..effort.draws {
                // Mostly lost, mostly there, and anything between.
                let present = [10, 50, 90, 97][draw % 4];
                let draw = |last: &usize| if random.chance(present) { *last } else { random.index(last + 1) };
                let answers: Vec<_> = last.iter().map(draw).collect();
                look(self.cut(&answers));
            }
        }
        self.byte_cuts(effort, &last, look);
        all
    }

    /// The last write, cut within its bytes, with everything before it there, or nothing of what need not be.
    fn byte_cuts(&self, effort: Effort, last: &[usize], mut look: impl FnMut(Cut)) {
        let Some((file, Change::Write(at, bytes))) = &self.disk.last else { return };
        let is_room = is_zero(bytes);
        for cut in 1..bytes.len() {
            let edge = (at + cut) % SECTOR;
            if (cut > 1 && is_room) || (cut > effort.bytes && edge > 1 && edge < SECTOR - 1) {
                continue;
            }
            let torn = Change::Write(*at, bytes[..cut].to_vec());
            for lost in [false, true] {
                // Names as they are now: a torn write in a file without a name is no other state.
                let answers: Vec<_> = (self.open.iter().zip(last))
                    .map(|(question, last)| if lost && !matches!(question, Question::Name(..)) { 0 } else { *last })
                    .collect();
                let mut before = if lost { self.disk.files[*file].durable.clone() } else { self.without_last(*file) };
                torn.apply(&mut before);
                let mut image = self.image(&answers, Some((*file, &before)));
                image.how = format!("{}, its last write cut after {cut} of {} bytes", image.how, bytes.len());
                look(image);
            }
        }
    }

    fn without_last(&self, file: usize) -> Bytes {
        let mut content = self.disk.files[file].clone();
        content.since.pop();
        content.present()
    }

    fn cut(&self, answers: &[usize]) -> Cut {
        self.image(answers, None)
    }

    /// A file that is not as it was, and its length.
    fn changed<'f>(&self, files: &'f mut BTreeMap<usize, (Bytes, usize)>, file: usize) -> &'f mut (Bytes, usize) {
        let durable = &self.disk.files[file].durable;
        files.entry(file).or_insert_with(|| (durable.clone(), durable.len))
    }

    /// What was decided, by what it was not: everything there but this, or nothing but this.
    fn how(&self, answers: &[usize]) -> String {
        let is_there = |(question, answer): (&Question<'_>, &usize)| answer + 1 == question.answers();
        let there = self.open.iter().zip(answers).filter(|pair| is_there(*pair)).count();
        let mostly = there * 2 >= self.open.len();
        let mut how = if mostly { "all but".to_owned() } else { "nothing but".to_owned() };
        for (question, answer) in self.open.iter().zip(answers) {
            let lost = answer + 1 < question.answers();
            if lost == mostly || (lost && *answer > 0) {
                let what = match question {
                    Question::Name(path, _) => format!(" {}", path.display()),
                    Question::Len(file, lens) => format!(" length of file {file} ({} of {lens:?})", lens[*answer]),
                    Question::Sector(file, at, contents) => {
                        format!(" sector {at} of file {file} (state {answer} of 0..{})", contents.len())
                    }
                };
                how += &what;
            }
        }
        how
    }

    fn image(&self, answers: &[usize], instead: Option<(usize, &Bytes)>) -> Cut {
        let mut names: BTreeMap<&Path, Node> =
            self.disk.names.iter().map(|(path, name)| (&**path, name.0.last().unwrap().1)).collect();
        let mut files: BTreeMap<usize, (Bytes, usize)> = BTreeMap::new();
        for (question, answer) in self.open.iter().zip(answers) {
            match question {
                Question::Name(path, nodes) => drop(names.insert(path, nodes[*answer])),
                Question::Len(file, lens) => self.changed(&mut files, *file).1 = lens[*answer],
                Question::Sector(file, at, contents) => {
                    self.changed(&mut files, *file).0.write(at * SECTOR, &contents[*answer]);
                }
            }
        }
        let mut image = Image::default();
        for (path, node) in names {
            // Nothing is in a folder that is not there.
            let has_folder = path.parent().is_none_or(|above| above == Path::new("") || image.0.contains_key(above));
            let content = match node {
                _ if !has_folder => continue,
                Node::Nothing => continue,
                Node::Folder => None,
                Node::File(file) => match (instead, files.get(&file)) {
                    (Some((torn, bytes)), _) if torn == file => Some(bytes.clone()),
                    (_, Some((bytes, len))) => {
                        let mut bytes = bytes.clone();
                        bytes.resize(*len);
                        Some(bytes)
                    }
                    (_, None) => Some(self.disk.files[file].durable.clone()),
                },
            };
            image.0.insert(path.to_owned(), content);
        }
        Cut { image, how: self.how(answers) }
    }
}
