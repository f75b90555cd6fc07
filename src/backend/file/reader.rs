//! Reading the log of one generation, damaged or not.

use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;

use super::super::{Generation, cut};
use super::folder::{Folder, at, open_regular, refused};
use super::record::{FILE_HEADER, Opening, Seal, checksum};
use super::scan::{Frame, Log, Payload};
use super::window::{BLOCK, Window};

/// One log, open for reading.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) generation: Generation,
    path: PathBuf,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Log {
        window: Window,
        seal: Seal,
        log: Log,
    },
    /// Written by a later version of this backend.
    Newer,
    /// A folder, a link, a pipe: something that was put in the place of a log.
    Alien,
}

impl Reading {
    /// Opens and walks the log of a generation; `None` if there is none. A log that is still written is looked at up to
    /// `limit`.
    pub(super) fn open(folder: &Folder, generation: Generation, limit: Option<u64>) -> io::Result<Option<Self>> {
        let path = folder.log(generation);
        let content = match open_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.path().is_dir() => return Ok(None),
            Err(error) => return Err(at("open", &path)(error)),
            Ok(None) => Content::Alien,
            Ok(Some(file)) => Content::open(file, generation, limit).map_err(at("read", &path))?,
        };
        Ok(Some(Self { generation, path, content }))
    }

    /// Takes in what was appended since.
    pub(super) fn grow(&mut self, limit: u64) -> io::Result<()> {
        let Content::Log { window, seal, log } = &mut self.content else { return Ok(()) };
        window.grow(limit);
        log.advance(window, *seal).map_err(at("read", &self.path))
    }

    /// The indexes of the frames, damaged ones included.
    pub(super) fn frames(&self) -> Range<u32> {
        match &self.content {
            Content::Log { log, .. } => 0..log.len(),
            Content::Newer | Content::Alien => 0..1,
        }
    }

    pub(super) fn read(&mut self, index: u32) -> io::Result<Vec<u8>> {
        let payload = self.payload(index)?;
        let bytes = self.bytes(payload, 0..payload.len)?;
        if checksum(&bytes) == payload.checksum { Ok(bytes) } else { Err(self.damaged("a frame fails its checksum")) }
    }

    /// A part of a large frame is read alone and unchecked: who asks for one has checksums of its own inside.
    pub(super) fn read_range(&mut self, index: u32, range: Range<u64>) -> io::Result<Vec<u8>> {
        let payload = self.payload(index)?;
        if payload.len <= BLOCK as u64 {
            return Ok(cut(&self.read(index)?, range).to_vec());
        }
        let start = range.start.min(payload.len);
        self.bytes(payload, start..range.end.clamp(start, payload.len))
    }

    fn payload(&self, index: u32) -> io::Result<Payload> {
        let frame = match &self.content {
            Content::Newer => {
                let why = "written by a later version of this program";
                return Err(refused(io::ErrorKind::Unsupported, why, &self.path));
            }
            Content::Alien if index == 0 => Some(Frame::Lost),
            Content::Alien => None,
            Content::Log { log, .. } => log.frame(index),
        };
        match frame {
            Some(Frame::Stored(payload)) => Ok(payload),
            Some(Frame::Lost) => Err(self.damaged("a frame is lost")),
            None => Err(refused(io::ErrorKind::NotFound, "no such frame", &self.path)),
        }
    }

    /// A part of a payload, all of it or an error. Nothing is allocated for a length the file does not have.
    fn bytes(&mut self, payload: Payload, part: Range<u64>) -> io::Result<Vec<u8>> {
        let Content::Log { window, .. } = &mut self.content else { return Ok(Vec::new()) };
        let whole = payload.at.checked_add(payload.len).is_some_and(|end| end <= window.limit());
        match usize::try_from(part.end.saturating_sub(part.start)) {
            Ok(len) if whole => {
                let bytes = window.bytes(payload.at + part.start, len).map_err(at("read", &self.path))?;
                if bytes.len() == len { Ok(bytes) } else { Err(self.damaged("a frame is cut short")) }
            }
            _ => Err(self.damaged("a frame is cut short")),
        }
    }

    fn damaged(&self, how: &'static str) -> io::Error {
        refused(io::ErrorKind::InvalidData, how, &self.path)
    }
}

impl Content {
    fn open(mut file: std::fs::File, generation: Generation, limit: Option<u64>) -> io::Result<Self> {
        let limit = match limit {
            Some(limit) => limit,
            None => file.metadata()?.len(),
        };
        let mut first = Vec::with_capacity(FILE_HEADER);
        Read::by_ref(&mut file).take(limit.min(FILE_HEADER as u64)).read_to_end(&mut first)?;
        let opening = Opening::parse(&first);
        if opening == Opening::Newer {
            return Ok(Self::Newer);
        }
        let (mut window, seal, mut log) = (Window::new(file, limit), Seal::new(generation), Log::new());
        log.advance(&mut window, seal)?;
        // A log without so much as a header had one, unless it is as empty as it was born.
        if opening == Opening::Broken && log.len() == 0 && limit > 0 {
            log.lose();
        }
        Ok(Self::Log { window, seal, log })
    }
}
