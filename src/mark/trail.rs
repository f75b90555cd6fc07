//! The user's last actions, oldest first.

use std::collections::VecDeque;
use std::fmt;

use super::cut;
use super::entry::{MAX_SEQ, TrailEntry};
use super::mark::{MAX_PATH, Mark, Phase};
use crate::time::Timestamp;
use crate::wire::{Malformed, Reader, put_bytes};

/// The maximum number of entries in a trail; the oldest entries are dropped first.
pub(crate) const TRAIL_LEN: usize = 32;

/// The last entries in chronological order. The ranges of their sequence numbers ascend and never overlap.
#[derive(Clone, Default)]
pub(crate) struct Trail {
    slots: VecDeque<Slot>,
    /// Whether any entry is not yet written to the log.
    is_changed: bool,
}

#[derive(Clone, Default)]
struct Slot {
    entry: TrailEntry,
    /// Whether the log contains the entry in its present state.
    written: bool,
}

impl Trail {
    /// Records a touch. `seq` must increase with every call; otherwise the next free number is used.
    ///
    /// Called on every keystroke: it allocates nothing after the buffers have grown.
    pub(crate) fn record(&mut self, mark: &Mark<'_>, seq: u64, at: Timestamp) {
        let element = cut(&mark.element, MAX_PATH);
        let seq = self.free_seq(seq);
        self.is_changed = true;
        if let Some(last) = self.slots.back_mut().filter(|last| last.entry.element() == element) {
            last.written = false;
            last.entry.touch(mark, seq, at);
            return;
        }
        let mut slot = if self.slots.len() < TRAIL_LEN { None } else { self.slots.pop_front() }.unwrap_or_default();
        slot.written = false;
        slot.entry.begin(element, mark, seq, at);
        self.slots.push_back(slot);
    }

    /// Adds a note to the last touch; without one, to the window itself.
    pub(crate) fn note_down(&mut self, note: &str, seq: u64, at: Timestamp) {
        if self.is_empty() {
            return self.record(&Mark::new("").note(note), seq, at);
        }
        let seq = self.free_seq(seq);
        self.is_changed = true;
        if let Some(last) = self.slots.back_mut() {
            last.written = false;
            last.entry.note_down(note, seq);
        }
    }

    /// Marks the newest entry of this element as finished. Returns whether there is one that was not.
    pub(crate) fn finish(&mut self, element: &str) -> bool {
        let newest = self.slots.iter_mut().rev().find(|slot| slot.entry.element() == element);
        let Some(slot) = newest.filter(|slot| slot.entry.phase() != Phase::Committed) else { return false };
        slot.entry.finish();
        slot.written = false;
        self.is_changed = true;
        true
    }

    /// Replays a stored entry. Replaying it again, or an entry of a burst that is already present, changes nothing: the
    /// newest sequence number wins, and what is finished stays finished.
    pub(crate) fn absorb(&mut self, entry: TrailEntry) {
        if self.last().is_some_and(|last| entry.seq() <= last.seq()) {
            let known = self.slots.iter_mut().find(|slot| slot.entry.seq() == entry.seq());
            if let Some(known) = known.filter(|_| entry.phase() == Phase::Committed) {
                known.entry = entry;
            }
            return;
        }
        // An earlier state of the same burst.
        while self.last().is_some_and(|last| entry.first_seq() <= last.seq()) {
            self.slots.pop_back();
        }
        if self.slots.len() >= TRAIL_LEN {
            self.slots.pop_front();
        }
        self.slots.push_back(Slot { entry, written: true });
    }

    /// Drops label, detail and note of every entry, as of sensitive ones.
    pub(crate) fn drop_texts(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.entry.drop_texts());
    }

    /// Renumbers all touches to start at a later number.
    pub(crate) fn shift(&mut self, by: u64) {
        self.slots.iter_mut().for_each(|slot| slot.entry.shift(by));
    }

    /// Returns, in order, the entries that [`absorb`](Self::absorb) needs to bring the trail from its state at the last
    /// [`mark_written`](Self::mark_written) to the present state.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = &TrailEntry> {
        self.slots.iter().filter(|slot| !slot.written).map(|slot| &slot.entry)
    }

    pub(crate) fn has_unwritten(&self) -> bool {
        self.is_changed
    }

    pub(crate) fn mark_written(&mut self) {
        self.is_changed = false;
        self.slots.iter_mut().for_each(|slot| slot.written = true);
    }

    pub(crate) fn last(&self) -> Option<&TrailEntry> {
        self.slots.back().map(|slot| &slot.entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TrailEntry> {
        self.slots.iter().map(|slot| &slot.entry)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns the sequence number of the newest touch; zero for an empty trail.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last().map_or(0, TrailEntry::seq)
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let mut bytes = Vec::new();
        for entry in self.iter() {
            bytes.clear();
            entry.encode(&mut bytes);
            put_bytes(out, &bytes);
        }
    }

    /// Decodes the output of [`encode`](Self::encode) and accepts nothing else. All entries count as written.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut trail = Self::default();
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let entry = TrailEntry::decode(reader.bytes()?)?;
            let follows = trail.last().is_none_or(|last| last.seq() < entry.first_seq());
            if !follows || trail.slots.len() == TRAIL_LEN {
                return Err(Malformed);
            }
            trail.slots.push_back(Slot { entry, written: true });
        }
        Ok(trail)
    }

    fn free_seq(&mut self, wanted: u64) -> u64 {
        let free = self.last().map_or(0, |last| last.seq() + 1);
        let seq = wanted.max(free);
        if seq <= MAX_SEQ {
            return seq;
        }
        // Counting never reaches this number, but a forged file can. Restart the numbers with a new trail.
        self.slots.clear();
        0
    }
}

impl PartialEq for Trail {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Trail {}

impl fmt::Debug for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::time::Instant;

    use super::*;
    use crate::marker::{Action, Phase};
    use proptest::prelude::*;

    const PATHS: [&str; 3] = ["a", "a/b", ""];

    /// An owned mark that proptest can generate and a `Mark` can borrow from.
    #[derive(Debug, Clone)]
    struct Touch {
        path: usize,
        phase: u8,
        note: &'static str,
        sensitive: bool,
        at: i64,
        write: bool,
        /// The element that is finished after the touch.
        finishes: Option<usize>,
    }

    impl Touch {
        fn mark(&self) -> Mark<'_> {
            let mark = Mark::new(PATHS[self.path]).note(self.note).phase(Phase::from_number(self.phase));
            if self.sensitive { mark.sensitive() } else { mark }
        }
    }

    fn touches() -> impl Strategy<Value = Vec<Touch>> {
        let touch = (
            0_usize..3,
            0_u8..4,
            prop::sample::select(&["", "n", "m"][..]),
            prop::bool::weighted(0.1),
            any::<i64>(),
            prop::bool::weighted(0.2),
            prop::option::weighted(0.1, 0_usize..3),
        );
        let touch = touch.prop_map(|(path, phase, note, sensitive, at, write, finishes)| Touch {
            path,
            phase,
            note,
            sensitive,
            at,
            write,
            finishes,
        });
        prop::collection::vec(touch, 0..150)
    }

    fn stored(entry: &TrailEntry) -> TrailEntry {
        let mut bytes = Vec::new();
        entry.encode(&mut bytes);
        TrailEntry::decode(&bytes).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_written_brings_the_trail_back(touches in touches(), lead in 0_u64..3) {
            let (mut trail, mut replica) = (Trail::default(), Trail::default());
            let mut seq = lead;
            for touch in &touches {
                trail.record(&touch.mark(), seq, Timestamp::from_millis(touch.at));
                prop_assert_eq!(trail.last_seq(), seq);
                seq += lead.max(1);
                touch.finishes.map(|path| trail.finish(PATHS[path]));
                if touch.write {
                    trail.unwritten().for_each(|entry| replica.absorb(stored(entry)));
                    trail.mark_written();
                    prop_assert_eq!(&replica, &trail);
                    prop_assert_eq!(trail.unwritten().count(), 0);
                }
            }
        }

        #[test]
        fn replaying_all_of_a_log_again_changes_nothing(touches in touches()) {
            let (mut trail, mut log) = (Trail::default(), Vec::new());
            for (seq, touch) in (0..).zip(&touches) {
                trail.record(&touch.mark(), seq, Timestamp::from_millis(touch.at));
                touch.finishes.map(|path| trail.finish(PATHS[path]));
                if touch.write {
                    log.extend(trail.unwritten().map(stored));
                    trail.mark_written();
                }
            }
            log.extend(trail.unwritten().map(stored));
            let mut replica = trail.clone();
            for entry in &log {
                replica.absorb(entry.clone());
                prop_assert_eq!(&replica, &trail);
            }
            let mut fresh = Trail::default();
            log.iter().chain(&log).cloned().for_each(|entry| fresh.absorb(entry));
            prop_assert_eq!(&fresh, &trail);
        }

        #[test]
        fn a_trail_is_the_last_runs_of_equal_elements(touches in touches()) {
            let mut trail = Trail::default();
            for (seq, touch) in (0..).zip(&touches) {
                trail.record(&touch.mark(), seq, Timestamp::from_millis(touch.at));
            }
            let runs: Vec<&[Touch]> = touches.chunk_by(|one, next| one.path == next.path).collect();
            let runs = &runs[runs.len().saturating_sub(TRAIL_LEN)..];
            prop_assert_eq!(trail.iter().count(), runs.len());
            for (entry, run) in trail.iter().zip(runs) {
                let (first, last) = (run.first().unwrap(), run.last().unwrap());
                prop_assert_eq!(entry.element(), PATHS[first.path]);
                prop_assert_eq!(entry.count() as usize, run.len());
                prop_assert_eq!((entry.first_at().as_millis(), entry.at().as_millis()), (first.at, last.at));
                prop_assert_eq!(entry.phase(), Phase::from_number(last.phase));
                let private = run.iter().any(|touch| touch.sensitive);
                let note = run.iter().rev().map(|touch| touch.note).find(|note| !note.is_empty());
                prop_assert_eq!(entry.note(), note.filter(|_| !private));
            }
        }

        #[test]
        fn a_trail_round_trips_and_has_one_form(touches in touches(), flip in any::<(prop::sample::Index, u8)>()) {
            let mut trail = Trail::default();
            for (seq, touch) in (0..).zip(&touches) {
                trail.record(&touch.mark(), seq, Timestamp::from_millis(touch.at));
            }
            let mut bytes = Vec::new();
            trail.encode(&mut bytes);
            prop_assert_eq!(&Trail::decode(&bytes).unwrap(), &trail);
            if !bytes.is_empty() {
                let at = flip.0.index(bytes.len());
                bytes[at] = flip.1;
                if let Ok(other) = Trail::decode(&bytes) {
                    let mut again = Vec::new();
                    other.encode(&mut again);
                    prop_assert_eq!(again, bytes);
                }
            }
        }

        #[test]
        fn hostile_bytes_never_panic_and_nothing_can_stop_the_next_mark(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            marks in prop::collection::vec((0_usize..3, prop_oneof![0_u64..3, any::<u64>()]), 0..9),
        ) {
            let mut trail = Trail::decode(&bytes).unwrap_or_default();
            for (path, seq) in marks {
                trail.record(&Mark::new(PATHS[path]), seq, Timestamp::default());
                prop_assert_eq!(trail.last().unwrap().element(), PATHS[path]);
            }
            let mut again = Vec::new();
            trail.encode(&mut again);
            prop_assert_eq!(Trail::decode(&again), Ok(trail));
        }
    }

    #[test]
    fn more_entries_than_a_trail_keeps_or_overlapping_ones_are_malformed() {
        let entry = |seq: u8| [3, 2, 1, seq];
        let many = |count: u8| (1..=count).flat_map(entry).collect::<Vec<u8>>();
        assert_eq!(Trail::decode(&many(32)).unwrap().iter().count(), TRAIL_LEN);
        assert_eq!(Trail::decode(&many(33)), Err(Malformed));
        assert_eq!(Trail::decode(&[entry(2), entry(2)].concat()), Err(Malformed));
        assert_eq!(Trail::decode(&[entry(2), entry(1)].concat()), Err(Malformed));
    }

    #[test]
    fn a_path_is_cut_before_it_is_compared() {
        let long = "ä".repeat(MAX_PATH);
        let mut trail = Trail::default();
        trail.record(&Mark::new(&long), 1, Timestamp::default());
        trail.record(&Mark::new(&long), 2, Timestamp::default());
        let [entry] = trail.iter().collect::<Vec<_>>()[..] else { panic!("one burst") };
        assert_eq!((entry.element().len(), entry.count()), (MAX_PATH, 2));
    }

    #[test]
    fn a_burst_reuses_its_buffers() {
        let mut trail = Trail::default();
        let mark = Mark::new("a").label("Amount").detail("1 200 EUR").breadcrumb(&["Invoices"]);
        trail.record(&mark, 1, Timestamp::default());
        let buffers = |trail: &Trail| {
            let last = trail.last().unwrap();
            (
                last.label().unwrap().as_ptr(),
                last.detail().unwrap().as_ptr(),
                last.breadcrumb().next().unwrap().as_ptr(),
            )
        };
        let before = buffers(&trail);
        trail.record(&mark.detail("1 300 EUR"), 2, Timestamp::default());
        assert_eq!(buffers(&trail), before);
    }

    /// `cargo test --release --lib -- --ignored --nocapture nanoseconds`
    #[test]
    fn a_look_at_an_unfinished_edit_leaves_it_unfinished() {
        let mut trail = Trail::default();
        trail.record(&Mark::new("a").action(Action::Edit).detail("1 200"), 1, Timestamp::default());
        trail.record(&Mark::new("a").action(Action::Focus), 2, Timestamp::default());
        let last = trail.last().unwrap();
        assert_eq!((last.action(), last.detail(), last.count()), (Action::Edit, Some("1 200"), 2));
        // A finished element is focused again, and a new edit is an edit.
        trail.record(&Mark::new("a").phase(Phase::Committed), 3, Timestamp::default());
        trail.record(&Mark::new("a").action(Action::Focus), 4, Timestamp::default());
        assert_eq!(trail.last().unwrap().action(), Action::Focus);
    }

    #[test]
    #[ignore = "a measurement: of use only in a release build on a quiet machine"]
    fn nanoseconds_of_a_mark() {
        const ROUNDS: u64 = 1_000_000;
        let full = |path| {
            Mark::new(path)
                .action(Action::Edit)
                .label("Amount")
                .detail("1 200 EUR")
                .breadcrumb(&["Invoices", "Invoice 42"])
        };
        let measure = |what: &str, marks: &[Mark<'_>]| {
            let mut trail = Trail::default();
            let mut best = f64::MAX;
            for round in 0..7 {
                let start = Instant::now();
                for (seq, mark) in (round * ROUNDS..(round + 1) * ROUNDS).zip(marks.iter().cycle()) {
                    trail.record(black_box(mark), seq, Timestamp::from_millis(7));
                }
                best = best.min(start.elapsed().as_secs_f64() * 1e9 / 1e6);
            }
            println!("{what}: {best:.1} ns");
            black_box(trail);
        };
        let (one, two) = ("invoice/42/amount", "invoice/42/customer");
        measure("coalesced, path only", &[Mark::new(one)]);
        measure("coalesced, all texts", &[full(one)]);
        measure("next element, path only", &[Mark::new(one), Mark::new(two)]);
        measure("next element, all texts", &[full(one), full(two)]);
    }
}
