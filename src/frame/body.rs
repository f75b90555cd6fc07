//! The body of each kind of frame, encoded to and decoded from directory bytes.

use std::borrow::Cow;
use std::sync::Arc;

use super::fields::Fields;
use super::left::Left;
use super::op::{Op, SectionKey, scope_of};
use super::sorted::{self, Sorted};
use super::strikes::{Caution, Strikes};
use super::value::{
    parse_generation, parse_moment, parse_point, parse_process, parse_refused, parse_str, put_generation, put_point,
    put_process, put_refused, whole,
};
use super::{Kind, Unreadable};
use crate::backend::Generation;
use crate::mark::{Trail, TrailEntry};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, put_bytes, put_field, put_field_with, put_varint};

/// The fields of every frame: its time by both clocks of its writer, the synced prefix at that time, and the frame it
/// continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) wall: Timestamp,
    /// The writer's monotonic clock, in milliseconds.
    pub(crate) monotonic: u64,
    /// The number of frames of its generation that had survived a sync, and with them everything before that
    /// generation. An unreadable frame beyond that number was torn by a power cut: the log ends before it. An
    /// unreadable frame below it is damaged.
    pub(crate) synced: u32,
    /// The last frame of an older generation that this one continues. A launch frame contains it if possible. The
    /// launch frame of a process that continues in a new generation is written ahead and cannot contain it, so the
    /// frame after it does. Without this field, it would go undetected if a power cut removed the end of the older
    /// generation and left the newer one, and two captures would be mixed.
    pub(crate) after: Option<Point>,
}

/// The state after one frame and all frames before it: the parent of a launch, the point covered by a base, or a
/// history point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Point {
    pub(crate) generation: Generation,
    pub(crate) index: u32,
}

impl Point {
    /// The end of the generation.
    pub(crate) const END: u32 = u32::MAX;
}

/// The writing process: enough to distinguish a crash from a reboot, and to bound an absence when the clock was set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    /// The boot id, random for each boot, if the platform provides it.
    pub(crate) boot: Option<[u8; 16]>,
    /// Milliseconds from boot to the start of this launch, sleep included.
    pub(crate) uptime: Option<u64>,
    pub(crate) app_version: Box<str>,
}

/// The first frame of a generation of deltas.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the format")]
pub(crate) struct Launch {
    pub(crate) at: Moment,
    pub(crate) parent: Option<Point>,
    pub(crate) process: Process,
    /// The process was already running: its log continues in a new file.
    pub(crate) continued: bool,
    /// The process had already given a sign of life (only in a continued launch).
    pub(crate) ready: bool,
    pub(crate) caution: Caution,
    /// The session was suspended when the log was continued.
    pub(crate) closed: Option<Box<str>>,
    /// The stored state contains bytes that a clean close must erase.
    pub(crate) erasable: bool,
    /// The last frames of other heads that this launch found and did not continue.
    pub(crate) passed: Vec<Point>,
    /// Generations of its past that no parent leads to, because a power cut tore them.
    pub(crate) past: Vec<Generation>,
    /// The program asked for a restart before this launch, and no launch has completed it.
    pub(crate) restart: bool,
    /// How the user left the element touched last. `None` if nothing was ever touched.
    pub(crate) left: Option<Left>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delta {
    pub(crate) at: Moment,
    pub(crate) ops: Vec<Op>,
    pub(crate) marks: Vec<(Arc<str>, TrailEntry)>,
    /// Sections whose newest value could not be stored, and since when. Takes effect after the changes of this frame.
    pub(crate) refused: Vec<(SectionKey, Timestamp)>,
    /// An older value replaces a newer one: the state before this frame stays in the history.
    pub(crate) replaces: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Base {
    pub(crate) at: Moment,
    pub(crate) covers: Point,
    pub(crate) ops: Vec<Op>,
    /// Sections after `ops` that were not parsed: see [`Depth::InPlace`].
    pub(crate) sorted: Option<Sorted>,
    pub(crate) trails: Vec<(Arc<str>, Trail)>,
    /// As in a delta, and still valid at the covered point.
    pub(crate) refused: Vec<(SectionKey, Timestamp)>,
    /// The older generations that belong to the past of this state: the launches in between may be removed.
    pub(crate) past: Vec<Generation>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) at: Moment,
    /// `None` for a final close; otherwise the id of the reason for the suspend.
    pub(crate) reason: Option<Box<str>>,
    /// The bytes that a clean close must erase were erased before.
    pub(crate) erased: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Launch(Launch),
    Delta(Delta),
    Base(Base),
    /// A sign of life: the sections restored before did not crash the process.
    Ready(Moment),
    Close(Close),
    /// This section is about to be restored. A launch that ends before its next frame ended inside the restore.
    Handout {
        at: Moment,
        key: SectionKey,
    },
    /// The user returned after a suspend.
    Wake(Moment),
    /// The complete base before it survived a sync: missing bytes of it are damage from now on.
    Seal(Moment),
    /// The process recorded its own crash: a panic unwound through the session.
    Crash(Moment),
}

/// How much of a directory is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Everything.
    All,
    /// Everything except the sorted sections of a base.
    InPlace,
}

// Tags ascend within a directory. A reader may skip unknown tags from 128 on and must know all tags below.
const AT: u8 = 1;
const SYNCED: u8 = 2;
const AFTER: u8 = 3;
const PARENT: u8 = 16;
const PROCESS: u8 = 17;
const APP_VERSION: u8 = 18;
const CONTINUED: u8 = 19;
const READY: u8 = 20;
const STRIKES: u8 = 21;
const CLOSED: u8 = 22;
const ERASABLE: u8 = 23;
const UNMARKED: u8 = 24;
const COVERS: u8 = 32;
const OP: u8 = 33;
const MARK: u8 = 34;
const TRAIL: u8 = 35;
const SORTED: u8 = 36;
const REPLACES: u8 = 40;
const REASON: u8 = 48;
const HANDED_OUT: u8 = 49;
const ERASED: u8 = 50;
const REFUSED: u8 = 52;
const PASSED: u8 = 53;
const PAST: u8 = 54;
/// A reader that does not know it starts as after any other end.
const RESTART: u8 = 128;
/// A reader that does not know it takes the last launch for the interruption.
const LEFT: u8 = 129;

impl Body {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Launch(_) => Kind::Launch,
            Self::Delta(_) => Kind::Delta,
            Self::Base(_) => Kind::Base,
            Self::Ready(_) => Kind::Ready,
            Self::Close(_) => Kind::Close,
            Self::Handout { .. } => Kind::Handout,
            Self::Wake(_) => Kind::Wake,
            Self::Seal(_) => Kind::Seal,
            Self::Crash(_) => Kind::Crash,
        }
    }

    /// Sets the synced prefix at the time of writing, and the frame it continues.
    pub(crate) fn place(&mut self, synced: u32, after: Option<Point>) {
        let at = match self {
            Self::Launch(Launch { at, .. })
            | Self::Delta(Delta { at, .. })
            | Self::Base(Base { at, .. })
            | Self::Close(Close { at, .. })
            | Self::Ready(at)
            | Self::Handout { at, .. }
            | Self::Wake(at)
            | Self::Seal(at)
            | Self::Crash(at) => at,
        };
        (at.synced, at.after) = (synced, after);
    }

    pub(crate) fn at(&self) -> Moment {
        match self {
            Self::Launch(Launch { at, .. })
            | Self::Delta(Delta { at, .. })
            | Self::Base(Base { at, .. })
            | Self::Close(Close { at, .. })
            | Self::Ready(at)
            | Self::Handout { at, .. }
            | Self::Wake(at)
            | Self::Seal(at)
            | Self::Crash(at) => *at,
        }
    }

    /// Returns its changes to sections, those of sorted sections included. Ends before the first that is malformed.
    pub(crate) fn all_ops(&self) -> Cow<'_, [Op]> {
        match self {
            Self::Base(Base { ops, sorted: Some(sorted), .. }) => {
                let sorted = sorted.from(0).map_while(Result::ok).map(|(op, _)| op);
                Cow::Owned(ops.iter().cloned().chain(sorted).collect())
            }
            _ => Cow::Borrowed(self.ops()),
        }
    }

    /// Returns its changes to sections, except those of sections that are not parsed.
    pub(crate) fn ops(&self) -> &[Op] {
        match self {
            Self::Delta(Delta { ops, .. }) | Self::Base(Base { ops, .. }) => ops,
            _ => &[],
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let at = self.at();
        put_field_with(out, AT, |value| {
            value.extend_from_slice(&at.wall.as_millis().to_le_bytes());
            put_varint(value, at.monotonic);
        });
        if at.synced > 0 {
            put_field_with(out, SYNCED, |value| put_varint(value, u64::from(at.synced)));
        }
        if let Some(after) = at.after {
            put_field_with(out, AFTER, |value| put_point(value, after));
        }
        match self {
            Self::Launch(launch) => launch.encode(out),
            Self::Delta(delta) => delta.encode(out),
            Self::Base(base) => base.encode(out),
            Self::Close(Close { reason, erased, .. }) => {
                if let Some(reason) = reason {
                    put_field(out, REASON, reason.as_bytes());
                }
                put_flag(out, ERASED, *erased);
            }
            Self::Handout { key, .. } => {
                put_field_with(out, HANDED_OUT, |value| key.encode(value));
            }
            Self::Ready(_) | Self::Wake(_) | Self::Seal(_) | Self::Crash(_) => {}
        }
    }

    /// Parses a directory with a valid checksum; `payload_len` must equal the sum of its changes.
    pub(crate) fn parse(kind: Kind, directory: &[u8], payload_len: u64, depth: Depth) -> Result<Self, Unreadable> {
        let mut fields = Fields::new(directory);
        let mut at = fields.one(AT)?.ok_or(Unreadable::Damaged).and_then(parse_moment)?;
        if let Some(synced) = fields.one(SYNCED)? {
            let count = whole(synced, |reader| u32::try_from(reader.varint()?).map_err(|_| Malformed))?;
            at.synced = Some(count).filter(|count| *count > 0).ok_or(Unreadable::Damaged)?;
        }
        at.after = fields.one(AFTER)?.map(parse_point).transpose()?;
        let body = match kind {
            Kind::Launch => Self::Launch(parse_launch(at, &mut fields)?),
            Kind::Delta => Self::Delta(Delta {
                at,
                ops: fields.many(OP, Op::parse)?,
                marks: fields.many(MARK, |value| {
                    let mut reader = Reader::new(value);
                    let scope = scope_of(reader.str()?);
                    Ok((scope, TrailEntry::decode(reader.rest())?))
                })?,
                replaces: fields.flag(REPLACES)?,
                refused: fields.many(REFUSED, |value| whole(value, parse_refused))?,
            }),
            Kind::Base => Self::Base(parse_base(at, &mut fields, depth)?),
            Kind::Ready => Self::Ready(at),
            Kind::Close => {
                let reason = fields.one(REASON)?.map(parse_str).transpose()?;
                Self::Close(Close { at, reason, erased: fields.flag(ERASED)? })
            }
            Kind::Handout => {
                let key = |value: &[u8]| whole(value, SectionKey::parse);
                Self::Handout { at, key: fields.one(HANDED_OUT)?.ok_or(Unreadable::Damaged).and_then(key)? }
            }
            Kind::Wake => Self::Wake(at),
            Kind::Seal => Self::Seal(at),
            Kind::Crash => Self::Crash(at),
        };
        fields.finish()?;
        let sorted = match &body {
            Self::Base(Base { sorted: Some(sorted), .. }) => sorted.payload_len(),
            _ => 0,
        };
        let claimed = body.ops().iter().try_fold(sorted, |sum, op| sum.checked_add(op.change.payload_len()));
        if claimed == Some(payload_len) { Ok(body) } else { Err(Unreadable::Damaged) }
    }
}

impl Launch {
    fn encode(&self, out: &mut Vec<u8>) {
        if let Some(parent) = self.parent {
            put_field_with(out, PARENT, |value| put_point(value, parent));
        }
        put_field_with(out, PROCESS, |value| put_process(value, &self.process));
        put_field(out, APP_VERSION, self.process.app_version.as_bytes());
        put_flag(out, CONTINUED, self.continued);
        put_flag(out, READY, self.ready);
        let Strikes { ends, crashes } = self.caution.strikes;
        if ends > 0 {
            put_field(out, STRIKES, &[ends, crashes]);
        }
        if let Some(reason) = &self.closed {
            put_field(out, CLOSED, reason.as_bytes());
        }
        put_flag(out, ERASABLE, self.erasable);
        put_flag(out, UNMARKED, self.caution.unmarked);
        for passed in &self.passed {
            put_field_with(out, PASSED, |value| put_point(value, *passed));
        }
        put_past(out, &self.past);
        put_flag(out, RESTART, self.restart);
        if let Some(left) = &self.left {
            put_field_with(out, LEFT, |value| left.encode(value));
        }
    }
}

impl Delta {
    fn encode(&self, out: &mut Vec<u8>) {
        put_ops(out, &self.ops);
        for (scope, entry) in &self.marks {
            put_field_with(out, MARK, |value| {
                put_bytes(value, scope.as_bytes());
                entry.encode(value);
            });
        }
        put_flag(out, REPLACES, self.replaces);
        put_all_refused(out, &self.refused);
    }
}

impl Base {
    fn encode(&self, out: &mut Vec<u8>) {
        put_field_with(out, COVERS, |value| put_point(value, self.covers));
        let (ops, sorted) = self.ops.split_at(sorted::start(&self.ops));
        put_ops(out, ops);
        for (scope, trail) in &self.trails {
            put_field_with(out, TRAIL, |value| {
                put_bytes(value, scope.as_bytes());
                trail.encode(value);
            });
        }
        if !sorted.is_empty() {
            put_field_with(out, SORTED, |value| sorted::encode(sorted, value));
        }
        put_all_refused(out, &self.refused);
        put_past(out, &self.past);
    }
}

fn put_flag(out: &mut Vec<u8>, tag: u8, is_set: bool) {
    if is_set {
        put_field(out, tag, &[]);
    }
}

fn put_ops(out: &mut Vec<u8>, ops: &[Op]) {
    for op in ops {
        put_field_with(out, OP, |value| op.encode(value));
    }
}

fn put_all_refused(out: &mut Vec<u8>, all: &[(SectionKey, Timestamp)]) {
    for refused in all {
        put_field_with(out, REFUSED, |value| put_refused(value, refused));
    }
}

fn put_past(out: &mut Vec<u8>, past: &[Generation]) {
    for generation in past {
        put_field_with(out, PAST, |value| put_generation(value, *generation));
    }
}

fn parse_base(at: Moment, fields: &mut Fields<'_>, depth: Depth) -> Result<Base, Unreadable> {
    let covers = fields.one(COVERS)?.ok_or(Unreadable::Damaged).and_then(parse_point)?;
    let mut ops = fields.many(OP, Op::parse)?;
    let trails = fields.many(TRAIL, |value| {
        let mut reader = Reader::new(value);
        let scope = scope_of(reader.str()?);
        Ok((scope, Trail::decode(reader.rest())?))
    })?;
    let sorted = match (fields.one(SORTED)?, depth) {
        (Some(value), Depth::InPlace) => Some(Sorted::parse(value)?),
        (Some(value), Depth::All) => {
            Sorted::parse_all(value, &mut ops)?;
            None
        }
        (None, _) => None,
    };
    let refused = fields.many(REFUSED, |value| whole(value, parse_refused))?;
    let past = fields.many(PAST, |value| whole(value, parse_generation))?;
    Ok(Base { at, covers, ops, sorted, trails, refused, past })
}

fn parse_launch(at: Moment, fields: &mut Fields<'_>) -> Result<Launch, Unreadable> {
    let parent = fields.one(PARENT)?.map(parse_point).transpose()?;
    let mut process = fields.one(PROCESS)?.ok_or(Unreadable::Damaged).and_then(parse_process)?;
    process.app_version = fields.one(APP_VERSION)?.ok_or(Unreadable::Damaged).and_then(parse_str)?;
    let (continued, ready) = (fields.flag(CONTINUED)?, fields.flag(READY)?);
    let strikes = match fields.one(STRIKES)? {
        None => Strikes::default(),
        Some([ends, crashes]) if *ends > 0 && crashes <= ends => Strikes { ends: *ends, crashes: *crashes },
        Some(_) => return Err(Unreadable::Damaged),
    };
    let closed = fields.one(CLOSED)?.map(parse_str).transpose()?;
    let (erasable, unmarked) = (fields.flag(ERASABLE)?, fields.flag(UNMARKED)?);
    let caution = Caution { strikes, unmarked };
    let passed = fields.many(PASSED, parse_point)?;
    let past = fields.many(PAST, |value| whole(value, parse_generation))?;
    let restart = fields.flag(RESTART)?;
    let left = fields.one(LEFT)?.map(Left::parse).transpose().map_err(|_| Unreadable::Damaged)?;
    Ok(Launch { at, parent, process, continued, ready, caution, closed, erasable, passed, past, restart, left })
}
