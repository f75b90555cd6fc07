//! Reads the log of one generation, damaged or not.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::{Error, Generation, Result};
use super::folder::{Anchor, Folder, about, at, open_regular};
use super::record::{FILE_HEADER, Opening, Seal, checksum};
use super::scan::{Frame, Log, Payload};
use super::window::Window;

/// One log, open for reading.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) generation: Generation,
    path: PathBuf,
    content: Content,
    /// Length and modification time at the last scan.
    seen: Option<(u64, SystemTime)>,
}

#[derive(Debug)]
enum Content {
    Log {
        window: Window,
        seal: Seal,
        log: Log,
    },
    /// Empty since its creation. Not kept open: there may be thousands.
    Empty,
    /// Deleted or emptied from outside.
    Missing,
    /// Written by a later version of this backend.
    Newer,
    /// A directory, a link, a pipe or a file of another user, in place of a log.
    Alien,
}

impl Reading {
    /// Opens and scans the log of a generation; `None` if it does not exist. A log that is still being written is read
    /// up to `limit`.
    pub(super) fn open(folder: &Folder, generation: Generation, limit: Option<u64>) -> io::Result<Option<Self>> {
        let path = folder.log(generation);
        let (content, seen) = match open_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.path().is_dir() => return Ok(None),
            Err(error) => return Err(at("open", &path)(error)),
            Ok(None) => (Content::Alien, look(&path)),
            Ok(Some((_, metadata))) if limit.is_none() && metadata.len() == 0 => (Content::Empty, seen(&metadata)),
            Ok(Some((file, metadata))) => {
                let limit = limit.unwrap_or(metadata.len());
                (Content::open(file, generation, limit).map_err(at("read", &path))?, seen(&metadata))
            }
        };
        Ok(Some(Self { generation, path, content, seen }))
    }

    /// Creates a log that the directory names and does not contain: one frame without content.
    pub(super) fn missing(folder: &Folder, generation: Generation) -> Self {
        Self { generation, path: folder.log(generation), content: Content::Missing, seen: None }
    }

    /// Returns whether the log is empty.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.content, Content::Empty)
    }

    /// Opens a log in a directory that was moved away; no process writes it any more.
    pub(super) fn open_left(folder: &Folder, left: &Anchor, generation: Generation) -> io::Result<Option<Self>> {
        let path = folder.log(generation);
        let Some(file) = left.open_log(generation).map_err(at("open", &path))? else { return Ok(None) };
        let limit = file.metadata().map_err(at("read", &path))?.len();
        let content = Content::open(file, generation, limit).map_err(at("read", &path))?;
        Ok(Some(Self { generation, path, content, seen: None }))
    }

    /// Returns whether the log is unchanged since the scan, according to its metadata.
    pub(super) fn is_fresh(&self) -> bool {
        self.seen.is_some() && self.seen == look(&self.path)
    }

    /// Frees the block in memory; the log stays open and its index stays known.
    pub(super) fn rest(&mut self) {
        if let Content::Log { window, .. } = &mut self.content {
            window.rest();
        }
    }

    /// Scans the records appended since the last scan.
    pub(super) fn grow(&mut self, limit: u64) -> io::Result<()> {
        let Content::Log { window, seal, log } = &mut self.content else { return Ok(()) };
        window.grow(limit);
        log.advance(window, *seal).map_err(at("read", &self.path))
    }

    /// Returns the indexes of the frames, including damaged ones.
    pub(super) fn frames(&self) -> Range<u32> {
        match &self.content {
            Content::Log { log, .. } => 0..log.len(),
            Content::Empty => 0..0,
            Content::Newer | Content::Alien | Content::Missing => 0..1,
        }
    }

    pub(super) fn read(&mut self, index: u32) -> Result<Vec<u8>> {
        let payload = self.payload(index)?;
        let bytes = self.bytes(payload, 0..payload.len)?;
        if checksum(&bytes) == payload.checksum { Ok(bytes) } else { Err(self.damaged("frame checksum mismatch")) }
    }

    /// Reads a part of a frame without verification: the caller has checksums for the part.
    pub(super) fn read_range(&mut self, index: u32, range: Range<u64>) -> Result<Vec<u8>> {
        let payload = self.payload(index)?;
        let start = range.start.min(payload.len);
        self.bytes(payload, start..range.end.clamp(start, payload.len))
    }

    fn payload(&self, index: u32) -> Result<Payload> {
        let frame = match &self.content {
            Content::Newer => {
                let why = "written by a newer version of this library";
                return Err(Error::Newer(about(why, &self.path)));
            }
            Content::Alien if index == 0 => {
                return Err(self.damaged("not a log of this user; it is ignored and may be removed by hand"));
            }
            Content::Missing if index == 0 => {
                let why = "the newest log was removed or emptied since the last start";
                return Err(Error::NotFound(about(why, &self.path)));
            }
            Content::Alien | Content::Missing | Content::Empty => None,
            Content::Log { log, .. } => log.frame(index),
        };
        match frame {
            Some(Frame::Stored(payload)) => Ok(payload),
            Some(Frame::Lost) => Err(self.damaged("the frame is missing or damaged")),
            None => Err(Error::NotFound(about("no such frame in the log", &self.path))),
        }
    }

    /// Reads a part of a payload, completely or with an error. Never allocates more than the length of the file.
    fn bytes(&mut self, payload: Payload, part: Range<u64>) -> Result<Vec<u8>> {
        let Content::Log { window, .. } = &mut self.content else { return Ok(Vec::new()) };
        let whole = payload.at.checked_add(payload.len).is_some_and(|end| end <= window.limit());
        match usize::try_from(part.end.saturating_sub(part.start)) {
            Ok(len) if whole => {
                let bytes = window.bytes(payload.at + part.start, len).map_err(at("read", &self.path))?;
                if bytes.len() == len { Ok(bytes) } else { Err(self.damaged("the frame is truncated")) }
            }
            _ => Err(self.damaged("the frame is truncated")),
        }
    }

    fn damaged(&self, how: &'static str) -> Error {
        Error::Damaged(about(how, &self.path))
    }
}

/// Returns length and modification time.
fn look(path: &Path) -> Option<(u64, SystemTime)> {
    seen(&std::fs::symlink_metadata(path).ok()?)
}

fn seen(metadata: &std::fs::Metadata) -> Option<(u64, SystemTime)> {
    Some((metadata.len(), metadata.modified().ok()?))
}

impl Content {
    fn open(file: std::fs::File, generation: Generation, limit: u64) -> io::Result<Self> {
        let mut window = Window::new(file, limit);
        // Reads the first records as well.
        let first = window.at_least(0, FILE_HEADER)?;
        let opening = Opening::parse(first.get(..FILE_HEADER).unwrap_or(first));
        if opening == Opening::Newer {
            return Ok(Self::Newer);
        }
        let (seal, mut log) = (Seal::new(generation), Log::new());
        log.advance(&mut window, seal)?;
        // A log without a complete header had one, unless it is empty since its creation.
        if opening == Opening::Broken && log.len() == 0 && limit > 0 {
            log.lose();
        }
        Ok(Self::Log { window, seal, log })
    }
}

#[cfg(test)]
mod tests {
    use super::super::disk::Disk;
    use super::super::record::{HEADER, Header, Kind};
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    const GENERATION: Generation = Generation { number: 1, writer: 2 };

    /// Opens a log of these bytes behind a file header.
    fn reading(records: &[u8]) -> Reading {
        with_header(&Opening::encode(), records)
    }

    fn with_header(header: &[u8], records: &[u8]) -> Reading {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        fs::write(folder.log(GENERATION), [header, records].concat()).unwrap();
        Reading::open(&folder, GENERATION, None).unwrap().unwrap()
    }

    fn header(kind: Kind, index: u32, len: u64, at: u64) -> [u8; HEADER] {
        Header { kind, index, len, checksum: 7 }.encode(Seal::new(GENERATION), at)
    }

    /// Returns the variant of the error, after checking that its cause names the log.
    fn why(outcome: Result<Vec<u8>>) -> &'static str {
        let (variant, cause) = match outcome.unwrap_err() {
            Error::NotFound(cause) => ("NotFound", cause),
            Error::Damaged(cause) => ("Damaged", cause),
            Error::Newer(cause) => ("Newer", cause),
            error => panic!("{error:?}"),
        };
        assert!(cause.to_string().contains(&super::super::folder::log_name(GENERATION)), "{cause}");
        variant
    }

    #[test]
    fn a_length_beyond_the_file_is_damage_and_is_never_allocated() {
        for len in [1, 1 << 40, u64::MAX - 100, u64::MAX] {
            let mut log = reading(&header(Kind::Frame, 0, len, 16));
            assert_eq!(log.frames(), 0..1);
            assert_eq!(why(log.read(0)), "Damaged");
            assert_eq!(why(log.read_range(0, 0..10)), "Damaged");
        }
    }

    #[test]
    fn an_index_that_leaves_no_room_for_its_forerunners_is_not_believed() {
        assert_eq!(
            reading(&header(Kind::Frame, u32::MAX, 0, 16)).frames(),
            0..1,
            "one lost, not four thousand million"
        );
        let far = [&[0; HEADER * 3][..], &header(Kind::Frame, 3, 0, 16 + 3 * HEADER as u64)].concat();
        assert_eq!(reading(&far).frames(), 0..4, "three zeroed records before it");
        let too_far = [&[0; HEADER * 3][..], &header(Kind::Frame, 4, 0, 16 + 3 * HEADER as u64)].concat();
        assert_eq!(reading(&too_far).frames(), 0..1);
    }

    #[test]
    fn a_create_that_was_cut_short_is_neither_a_frame_nor_damage() {
        let begun = header(Kind::Begun, 0, 20_000, 16);
        for written in [0, 1, 5_000, 20_000] {
            let mut log = reading(&[&begun[..], &vec![9; written]].concat());
            assert_eq!(log.frames(), 0..0, "{written} bytes of it were written");
            assert_eq!(why(log.read(0)), "NotFound");
        }
        let beyond = [&begun[..], &vec![9; 20_000], &[9; 100]].concat();
        assert_eq!(reading(&beyond).frames(), 0..1, "what follows it is not its own");
    }

    #[test]
    fn a_newer_log_is_told_from_a_damaged_one() {
        let mut newer = Opening::later();
        let mut log = with_header(&newer, b"whatever later versions write");
        assert_eq!(log.frames(), 0..1);
        assert_eq!(why(log.read(0)), "Newer");
        assert_eq!(why(log.read_range(0, 0..1)), "Newer");
        newer[9] ^= 1;
        let mut log = with_header(&newer, b"");
        assert_eq!((log.frames(), why(log.read(0))), (0..1, "Damaged"));
    }

    #[test]
    fn empty_log_is_not_opened_and_is_read_once_it_has_grown() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
        fs::write(folder.log(GENERATION), b"").unwrap();
        let mut log = Reading::open(&folder, GENERATION, None).unwrap().unwrap();
        assert!(matches!(log.content, Content::Empty) && log.is_fresh());
        assert_eq!((log.frames(), why(log.read(0))), (0..0, "NotFound"));
        fs::write(folder.log(GENERATION), b"noise").unwrap();
        assert!(!log.is_fresh());
        assert_eq!(Reading::open(&folder, GENERATION, None).unwrap().unwrap().frames(), 0..1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn frame_behind_a_hole_is_found_and_the_hole_makes_no_room_for_forerunners() {
        use std::os::unix::fs::FileExt;

        const BEHIND: u64 = 3 << 30;
        for (index, frames) in [(0, 0..2), (1_000_000, 0..1)] {
            let scratch = tempfile::tempdir().unwrap();
            let folder = Folder::open(scratch.path().into(), Disk::default()).unwrap();
            let file = fs::File::create(folder.log(GENERATION)).unwrap();
            file.write_all_at(&Opening::encode(), 0).unwrap();
            file.write_all_at(&header(Kind::Frame, index, 0, BEHIND), BEHIND).unwrap();
            file.set_len(BEHIND * 2).unwrap();
            let mut log = Reading::open(&folder, GENERATION, None).unwrap().unwrap();
            assert_eq!(log.frames(), frames, "frame {index}, and one for the zeros behind it");
            let lost = log.frames().end - 1;
            assert_eq!(why(log.read(lost)), "Damaged");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_reader_panic_or_find_a_frame(noise: Vec<u8>, at in 0..3_usize) {
            let mut log = with_header(if at == 0 { b"" } else { b"\x89LEFTOFF" }, &noise);
            for index in log.frames() {
                prop_assert_eq!(why(log.read(index)), "Damaged");
            }
        }
    }
}
