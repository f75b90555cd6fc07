//! A stored mark: the touches of one burst on one element.

use std::fmt;

use super::mark::{Action, MAX_BREADCRUMB, MAX_PATH, MAX_TEXT, Mark, Phase};
use super::{Hidden, cut};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, fields, put_bytes, put_field, put_field_with, put_varint};

/// The maximum number of bytes of fields of a newer version in one entry.
pub(crate) const MAX_UNKNOWN: usize = 4096;

/// The maximum stored count. It is far above what counting can reach, so only forged entries are refused, and counting
/// on from a stored number cannot overflow.
pub(super) const MAX_SEQ: u64 = u64::MAX >> 1;

/// One entry of the trail: a burst of touches on one element, in the state of its newest touch.
///
/// ```
/// use leftoff::time::Timestamp;
/// use leftoff::{Action, Mark, Marker, Phase};
///
/// let field = Mark::new("invoice/42/amount")
///     .action(Action::Edit)
///     .label("Amount")
///     .detail("1 200 EUR")
///     .note("call Ana")
///     .breadcrumb(&["Invoices", "Invoice 42"])
///     .step(2, 3);
/// let marks = [1_000, 2_000, 3_000].map(|millis| (field.clone(), Timestamp::from_millis(millis)));
/// let marker = Marker::from_marks("main", marks, None, None).unwrap();
///
/// let [entry] = marker.trail() else { panic!("a burst is one entry") };
/// assert_eq!((entry.element(), entry.label()), ("invoice/42/amount", Some("Amount")));
/// assert_eq!((entry.detail(), entry.note()), (Some("1 200 EUR"), Some("call Ana")));
/// assert_eq!((entry.action(), entry.phase(), entry.count()), (Action::Edit, Phase::Unknown, 3));
/// assert_eq!((entry.first_at().as_millis(), entry.at().as_millis(), entry.seq()), (1_000, 3_000, 2));
/// assert_eq!((entry.step(), entry.is_sensitive()), (Some((2, 3)), false));
/// assert!(entry.breadcrumb().eq(["Invoices", "Invoice 42"]));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TrailEntry {
    element: String,
    seq: u64,
    /// Identifies the burst; it does not change while the burst grows.
    first_seq: u64,
    at: Timestamp,
    first_at: Timestamp,
    count: u32,
    /// The stored number, so that an action of a newer version is written back unchanged.
    kind: u8,
    phase: u8,
    sensitive: bool,
    /// An empty text means none, here and below: the next mark reuses the buffers.
    label: String,
    detail: String,
    note: String,
    place: Vec<String>,
    step: Option<(u32, u32)>,
    /// Complete fields with tags that this version does not know. They come last, because tags ascend.
    unknown: Vec<u8>,
}

impl TrailEntry {
    /// Returns the path of the element; empty for the scope itself.
    pub fn element(&self) -> &str {
        &self.element
    }

    /// Returns the user's last action; [`Action::Other`] for an action that only a newer version defines.
    pub fn action(&self) -> Action {
        Action::from_number(self.kind)
    }

    /// Returns the phase of the action; [`Phase::Unknown`] for a phase that only a newer version defines.
    pub fn phase(&self) -> Phase {
        Phase::from_number(self.phase)
    }

    /// Returns the element's name as the user sees it.
    pub fn label(&self) -> Option<&str> {
        some(&self.label)
    }

    /// Returns a snippet of the content at the newest touch.
    pub fn detail(&self) -> Option<&str> {
        some(&self.detail)
    }

    /// Returns the user's note.
    pub fn note(&self) -> Option<&str> {
        some(&self.note)
    }

    /// Returns the captions of the element's location, outermost first.
    pub fn breadcrumb(&self) -> impl Iterator<Item = &str> {
        self.place.iter().map(String::as_str)
    }

    /// Returns the step (number, total) of a wizard.
    pub fn step(&self) -> Option<(u32, u32)> {
        self.step
    }

    /// Returns whether the element is marked as secret. Such an entry has no label, detail or note.
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Returns the time of the newest touch, as the wall clock reported it then.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the time of the first touch of the burst, as the wall clock reported it then.
    pub fn first_at(&self) -> Timestamp {
        self.first_at
    }

    /// Returns the number of touches in the burst, at least one.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Returns the sequence number of the newest touch among all touches, independent of clocks.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Returns the sequence number of the first touch of the burst.
    pub(crate) fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// Renumbers the touches to start at a later number. Does nothing beyond the maximum, which only a forged log
    /// reaches.
    pub(crate) fn shift(&mut self, by: u64) {
        if let Some(seq) = self.seq.checked_add(by).filter(|seq| *seq <= MAX_SEQ) {
            (self.seq, self.first_seq) = (seq, self.first_seq + by);
        }
    }

    /// Drops what a sensitive entry does not have either, and what a newer version stored.
    pub(super) fn drop_texts(&mut self) {
        self.sensitive = true;
        self.label.clear();
        self.detail.clear();
        self.note.clear();
        self.unknown.clear();
    }

    /// Turns the entry into the first touch of a burst. The former content is discarded, but its buffers are reused.
    pub(super) fn begin(&mut self, element: &str, mark: &Mark<'_>, seq: u64, at: Timestamp) {
        replace(&mut self.element, element);
        self.first_seq = seq;
        self.first_at = at;
        self.count = 0;
        self.sensitive = false;
        self.label.clear();
        self.note.clear();
        self.place.clear();
        self.step = None;
        self.touch(mark, seq, at);
    }

    /// Adds the user's own words about what comes next, which are no touch.
    pub(super) fn note_down(&mut self, note: &str, seq: u64) {
        self.seq = seq;
        replace(&mut self.note, cut(note, MAX_TEXT));
    }

    /// Adds a touch of the same element.
    ///
    /// The fields of the touch (action, phase, detail) come from the newest touch, unless that touch only focused an
    /// unfinished edit or a choice. The fields of the element (label, note, breadcrumb, step) stay until a mark sets
    /// them again.
    pub(super) fn touch(&mut self, mark: &Mark<'_>, seq: u64, at: Timestamp) {
        self.seq = seq;
        self.at = at;
        self.count = self.count.saturating_add(1);
        // A look at an element does not undo what was done to it: "you were here" would hide "edited".
        let is_open = |phase| matches!(phase, Phase::Unknown | Phase::InProgress);
        let is_look = matches!(mark.kind, Action::Focus | Action::Open | Action::Scroll) && is_open(mark.phase);
        let is_worth_more = match self.action() {
            Action::Edit => is_open(self.phase()),
            Action::Choose | Action::Tick | Action::Untick => self.phase() != Phase::Failed,
            _ => false,
        };
        let keeps = is_look && is_worth_more;
        if !keeps {
            self.kind = mark.kind.number();
            self.phase = mark.phase.number();
        }
        // A newer version wrote these fields for an earlier touch; they may be wrong for this one.
        self.unknown.clear();
        // Once sensitive, the whole burst is sensitive: a later mark without the flag must not leak the typed text.
        self.sensitive |= mark.sensitive;
        if self.sensitive {
            self.label.clear();
            self.detail.clear();
            self.note.clear();
        } else {
            replace_given(&mut self.label, mark.label);
            if !keeps || !mark.detail.is_empty() {
                replace(&mut self.detail, cut(mark.detail, MAX_TEXT));
            }
            replace_given(&mut self.note, mark.note);
        }
        if !mark.place.is_empty() {
            replace_place(&mut self.place, mark.place);
        }
        self.step = mark.step.or(self.step);
    }

    /// Marks what was touched as finished, which is no touch.
    pub(super) fn finish(&mut self) {
        self.phase = Phase::Committed.number();
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_text(out, tag::ELEMENT, &self.element);
        if self.seq != 0 {
            put_number(out, tag::SEQ, self.seq);
        }
        if self.first_seq != self.seq {
            put_number(out, tag::FIRST_SEQ, self.first_seq);
        }
        if self.at != Timestamp::default() {
            put_field(out, tag::AT, &self.at.as_millis().to_le_bytes());
        }
        if self.first_at != self.at {
            put_field(out, tag::FIRST_AT, &self.first_at.as_millis().to_le_bytes());
        }
        if self.count != 1 {
            put_number(out, tag::COUNT, self.count.into());
        }
        for (tag, number) in [(tag::KIND, self.kind), (tag::PHASE, self.phase), (tag::SENSITIVE, self.sensitive.into())]
        {
            if number != 0 {
                put_field(out, tag, &[number]);
            }
        }
        put_text(out, tag::LABEL, &self.label);
        put_text(out, tag::DETAIL, &self.detail);
        put_text(out, tag::NOTE, &self.note);
        if !self.place.is_empty() {
            put_field_with(out, tag::PLACE, |value| {
                self.place.iter().for_each(|caption| put_bytes(value, caption.as_bytes()));
            });
        }
        if let Some((number, total)) = self.step {
            put_field_with(out, tag::STEP, |value| {
                put_varint(value, number.into());
                put_varint(value, total.into());
            });
        }
        out.extend_from_slice(&self.unknown);
    }

    /// Decodes the output of [`encode`](Self::encode) and accepts nothing else: equal entries have equal bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let entry = Self::read(bytes)?;
        let mut again = Vec::with_capacity(bytes.len());
        entry.encode(&mut again);
        if again == bytes { Ok(entry) } else { Err(Malformed) }
    }

    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut entry = Self { count: 1, ..Self::default() };
        let (mut first_seq, mut first_at) = (None, None);
        for field in fields(bytes) {
            let (tag, value) = field?;
            match tag {
                tag::ELEMENT => entry.element = text(value, MAX_PATH)?,
                tag::SEQ => entry.seq = whole(value, Reader::varint)?,
                tag::FIRST_SEQ => first_seq = Some(whole(value, Reader::varint)?),
                tag::AT => entry.at = Timestamp::from_millis(whole(value, Reader::i64)?),
                tag::FIRST_AT => first_at = Some(Timestamp::from_millis(whole(value, Reader::i64)?)),
                tag::COUNT => entry.count = whole(value, varint_u32)?,
                tag::KIND => entry.kind = whole(value, Reader::u8)?,
                tag::PHASE => entry.phase = whole(value, Reader::u8)?,
                tag::SENSITIVE => entry.sensitive = whole(value, Reader::u8)? == 1,
                tag::LABEL => entry.label = text(value, MAX_TEXT)?,
                tag::DETAIL => entry.detail = text(value, MAX_TEXT)?,
                tag::NOTE => entry.note = text(value, MAX_TEXT)?,
                tag::PLACE => entry.place = captions(value)?,
                tag::STEP => entry.step = Some(whole(value, |pair| Ok((varint_u32(pair)?, varint_u32(pair)?)))?),
                unknown => put_field(&mut entry.unknown, unknown, value),
            }
        }
        entry.first_seq = first_seq.unwrap_or(entry.seq);
        entry.first_at = first_at.unwrap_or(entry.at);
        if entry.is_sound() { Ok(entry) } else { Err(Malformed) }
    }

    fn is_sound(&self) -> bool {
        let has_text = self.label().or(self.detail()).or(self.note()).is_some();
        self.first_seq <= self.seq
            && self.seq <= MAX_SEQ
            && self.count > 0
            && self.unknown.len() <= MAX_UNKNOWN
            && !(self.sensitive && has_text)
    }
}

impl fmt::Debug for TrailEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrailEntry")
            .field("element", &self.element)
            .field("seq", &(self.first_seq..=self.seq))
            .field("at", &self.at)
            .field("first_at", &self.first_at)
            .field("count", &self.count)
            .field("action", &self.action())
            .field("phase", &self.phase())
            .field("label", &Hidden(self.label.len()))
            .field("detail", &Hidden(self.detail.len()))
            .field("note", &Hidden(self.note.len()))
            .field("place", &self.place.len())
            .field("step", &self.step)
            .field("sensitive", &self.sensitive)
            .field("unknown", &Hidden(self.unknown.len()))
            .finish()
    }
}

/// The fields of a stored mark; `docs/format.md` describes them. The meaning of a tag never changes, and new tags come
/// after the last one.
mod tag {
    pub(super) const ELEMENT: u8 = 1;
    pub(super) const SEQ: u8 = 2;
    pub(super) const FIRST_SEQ: u8 = 3;
    pub(super) const AT: u8 = 4;
    pub(super) const FIRST_AT: u8 = 5;
    pub(super) const COUNT: u8 = 6;
    pub(super) const KIND: u8 = 7;
    pub(super) const PHASE: u8 = 8;
    pub(super) const SENSITIVE: u8 = 9;
    pub(super) const LABEL: u8 = 10;
    pub(super) const DETAIL: u8 = 11;
    pub(super) const NOTE: u8 = 12;
    pub(super) const PLACE: u8 = 13;
    pub(super) const STEP: u8 = 14;
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Reuses the buffer: a keystroke must not allocate.
fn replace(old: &mut String, new: &str) {
    old.clear();
    old.push_str(new);
}

fn replace_given(old: &mut String, new: &str) {
    if !new.is_empty() {
        replace(old, cut(new, MAX_TEXT));
    }
}

fn replace_place(old: &mut Vec<String>, new: &[&str]) {
    old.truncate(new.len());
    for (at, caption) in new.iter().take(MAX_BREADCRUMB).map(|caption| cut(caption, MAX_TEXT)).enumerate() {
        match old.get_mut(at) {
            Some(old) => replace(old, caption),
            None => old.push(caption.to_owned()),
        }
    }
}

fn put_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    if !text.is_empty() {
        put_field(out, tag, text.as_bytes());
    }
}

fn put_number(out: &mut Vec<u8>, tag: u8, number: u64) {
    put_field_with(out, tag, |value| put_varint(value, number));
}

/// Returns the result of `read` if it consumes all of `bytes`.
fn whole<'a, T>(bytes: &'a [u8], read: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>) -> Result<T, Malformed> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    if reader.is_empty() { Ok(value) } else { Err(Malformed) }
}

fn varint_u32(reader: &mut Reader<'_>) -> Result<u32, Malformed> {
    u32::try_from(reader.varint()?).map_err(|_| Malformed)
}

fn text(bytes: &[u8], max: usize) -> Result<String, Malformed> {
    if bytes.len() > max {
        return Err(Malformed);
    }
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Malformed)
}

fn captions(bytes: &[u8]) -> Result<Vec<String>, Malformed> {
    let mut reader = Reader::new(bytes);
    let mut captions = Vec::new();
    while !reader.is_empty() {
        if captions.len() == MAX_BREADCRUMB {
            return Err(Malformed);
        }
        captions.push(text(reader.bytes()?, MAX_TEXT)?);
    }
    Ok(captions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(mark: &Mark<'_>, seq: u64, at: i64) -> TrailEntry {
        let mut entry = TrailEntry::default();
        entry.begin(&mark.element, mark, seq, Timestamp::from_millis(at));
        entry
    }

    fn bytes_of(entry: &TrailEntry) -> Vec<u8> {
        let mut bytes = Vec::new();
        entry.encode(&mut bytes);
        bytes
    }

    const FULL: Mark<'static> = Mark::new("a/b")
        .action(Action::Edit)
        .phase(Phase::Failed)
        .label("L")
        .detail("D")
        .note("N")
        .breadcrumb(&["P", ""])
        .step(2, 300);

    #[test]
    fn the_bytes_of_a_mark_never_change() {
        let mut full = entry(&FULL, 5, -2);
        full.touch(&FULL, 200, Timestamp::from_millis(1));
        let expected: Vec<u8> = [
            &[1, 3, b'a', b'/', b'b', 2, 2, 0xc8, 1, 3, 1, 5][..],
            &[4, 8, 1, 0, 0, 0, 0, 0, 0, 0, 5, 8, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[6, 1, 2, 7, 1, 1, 8, 1, 2],
            &[10, 1, b'L', 11, 1, b'D', 12, 1, b'N', 13, 3, 1, b'P', 0, 14, 3, 2, 0xac, 2],
        ]
        .concat();
        assert_eq!(bytes_of(&full), expected);
        assert_eq!(TrailEntry::decode(&expected), Ok(full));
        assert_eq!(bytes_of(&entry(&Mark::new("").sensitive(), 0, 0)), [9, 1, 1]);
        assert_eq!(bytes_of(&entry(&Mark::new(""), 0, 0)), [0_u8; 0], "all defaults");
    }

    #[test]
    fn the_example_of_the_format_description_reads_as_described() {
        let hex = "0103612f62 020105 0408e803000000000000 070101 0a014c".replace(' ', "");
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        assert_eq!(TrailEntry::decode(&bytes), Ok(entry(&Mark::new("a/b").action(Action::Edit).label("L"), 5, 1_000)));
    }

    #[test]
    fn what_a_newer_version_wrote_is_written_back_until_the_element_is_touched_again() {
        let stored = [1, 1, b'a', 7, 1, 99, 8, 1, 98, 15, 2, 1, 2, 255, 0];
        let mut read = TrailEntry::decode(&stored).unwrap();
        assert_eq!((read.action(), read.phase()), (Action::Other, Phase::Unknown));
        assert_eq!(bytes_of(&read), stored);
        read.touch(&Mark::new("a").action(Action::Press), 1, Timestamp::default());
        assert_eq!(bytes_of(&read), [1, 1, b'a', 2, 1, 1, 3, 1, 0, 6, 1, 2, 7, 1, 3]);
    }

    #[test]
    fn only_the_one_right_form_is_read() {
        let wrong: [(&str, &[u8]); 17] = [
            ("tag zero", &[0, 0]),
            ("a tag twice", &[10, 1, b'a', 10, 1, b'a']),
            ("tags out of order", &[11, 1, b'a', 10, 1, b'a']),
            ("an unknown tag twice", &[20, 0, 20, 0]),
            ("an empty text", &[10, 0]),
            ("a default kind", &[7, 1, 0]),
            ("a default number", &[2, 1, 0]),
            ("a count of one", &[6, 1, 1]),
            ("a count of none", &[6, 1, 0]),
            ("a long varint", &[2, 2, 0x81, 0]),
            ("more than the number", &[2, 2, 1, 1]),
            ("a first touch after the last", &[2, 1, 5, 3, 1, 6]),
            ("no text but bytes", &[10, 1, 0xff]),
            ("a length beyond the end", &[10, 2, b'a']),
            ("a private element with text", &[9, 1, 1, 10, 1, b'a']),
            ("half private", &[9, 1, 2]),
            ("a place of nothing", &[13, 0]),
        ];
        for (what, bytes) in wrong {
            assert_eq!(TrailEntry::decode(bytes), Err(Malformed), "{what}");
        }
    }

    #[test]
    fn lengths_are_capped_on_the_way_in() {
        let field = |tag: u8, len: usize| {
            let mut bytes = Vec::new();
            put_field(&mut bytes, tag, &vec![b'x'; len]);
            bytes
        };
        for (tag, cap) in [(1, MAX_PATH), (10, MAX_TEXT), (11, MAX_TEXT), (12, MAX_TEXT), (99, MAX_UNKNOWN - 3)] {
            assert!(TrailEntry::decode(&field(tag, cap)).is_ok(), "{tag}");
            assert_eq!(TrailEntry::decode(&field(tag, cap + 1)), Err(Malformed), "{tag}");
        }
        let places = |count: usize| [&[13, u8::try_from(count).unwrap()][..], &vec![0; count]].concat();
        assert!(TrailEntry::decode(&places(MAX_BREADCRUMB)).is_ok());
        assert_eq!(TrailEntry::decode(&places(MAX_BREADCRUMB + 1)), Err(Malformed));
        let seq = |number: u64| {
            let mut bytes = Vec::new();
            put_number(&mut bytes, 2, number);
            bytes
        };
        assert!(TrailEntry::decode(&seq(MAX_SEQ)).is_ok());
        assert_eq!(TrailEntry::decode(&seq(MAX_SEQ + 1)), Err(Malformed));
    }

    #[test]
    fn a_private_element_keeps_no_text_even_if_only_one_mark_says_so() {
        let mut burst = entry(&FULL, 1, 0);
        burst.touch(&FULL.sensitive(), 2, Timestamp::default());
        assert_eq!((burst.label(), burst.detail(), burst.note()), (None, None, None));
        burst.touch(&FULL, 3, Timestamp::default());
        assert_eq!((burst.label(), burst.detail(), burst.note()), (None, None, None));
        assert!(burst.is_sensitive() && burst.breadcrumb().eq(["P", ""]));
        let mut bytes = bytes_of(&burst);
        bytes.retain(|byte| *byte == b'D');
        assert_eq!(bytes, [0_u8; 0], "not in the stored bytes either");
    }

    #[test]
    fn focusing_a_choice_does_not_hide_the_choice() {
        let mut burst = entry(&Mark::new("a").action(Action::Choose), 1, 10);
        burst.touch(&Mark::new("a").action(Action::Focus), 2, Timestamp::from_millis(20));
        assert_eq!((burst.action(), burst.phase()), (Action::Choose, Phase::Unknown));
    }

    #[test]
    fn newest_wins_but_what_describes_the_element_stays() {
        let mut burst = entry(&FULL, 1, 10);
        burst.touch(&Mark::new("a/b").action(Action::Press), 2, Timestamp::from_millis(20));
        assert_eq!((burst.action(), burst.phase(), burst.detail()), (Action::Press, Phase::Unknown, None));
        assert_eq!((burst.label(), burst.note(), burst.step()), (Some("L"), Some("N"), Some((2, 300))));
        assert_eq!((burst.first_at().as_millis(), burst.at().as_millis(), burst.count()), (10, 20, 2));
        burst.touch(&Mark::new("a/b").note("M").label("K").breadcrumb(&["Q"]), 3, Timestamp::from_millis(5));
        assert_eq!((burst.label(), burst.note(), burst.count()), (Some("K"), Some("M"), 3));
        assert!(burst.breadcrumb().eq(["Q"]));
    }

    #[test]
    fn debug_shows_the_path_and_no_content() {
        let mark = Mark::new("a/b").label("secret").detail("secret").note("secret").breadcrumb(&["secret"]);
        let shown = format!("{:?}", entry(&mark, 1, 0));
        assert!(shown.contains("a/b") && !shown.contains("secret"), "{shown}");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic_and_have_one_form(bytes in hostile()) {
            if let Ok(entry) = TrailEntry::decode(&bytes) {
                prop_assert_eq!(bytes_of(&entry), bytes);
            }
        }

        #[test]
        fn any_mark_comes_back_as_it_was_cut(
            path in "\\PC{0,500}", text in "\\PC{0,300}", places in prop::collection::vec("\\PC{0,9}", 0..20),
            kind in 0_u8..9, phase in 0_u8..4, step: Option<(u32, u32)>, sensitive: bool, seq in 0..MAX_SEQ, at: i64,
        ) {
            let places: Vec<&str> = places.iter().map(String::as_str).collect();
            let mut mark = Mark::new(cut(&path, MAX_PATH)).label(&text).note(&text).breadcrumb(&places);
            mark.kind = Action::from_number(kind);
            mark.phase = Phase::from_number(phase);
            mark.step = step;
            mark.sensitive = sensitive;
            let stored = entry(&mark, seq, at);
            prop_assert_eq!(stored.label(), some(cut(&text, MAX_TEXT)).filter(|_| !sensitive));
            prop_assert!(stored.breadcrumb().eq(places.iter().copied().take(MAX_BREADCRUMB)));
            prop_assert_eq!(TrailEntry::decode(&bytes_of(&stored)), Ok(stored));
        }
    }

    /// Generates sequences of well-formed fields, each of which may have invalid content: random bytes rarely get past
    /// the first tag.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let value = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..4),
            prop::collection::vec(any::<u8>(), 8),
            prop::collection::vec(b'a'..=b'z', 0..9),
        ];
        let fields = prop::collection::btree_map(0_u8..20, value, 0..12);
        let noise = prop::collection::vec(any::<u8>(), 0..3);
        (fields, noise, prop::bool::weighted(0.1)).prop_map(|(fields, noise, spoil)| {
            let mut bytes = Vec::new();
            for (tag, value) in &fields {
                put_field(&mut bytes, *tag, value);
            }
            if spoil {
                bytes.extend_from_slice(&noise);
            }
            bytes
        })
    }
}
