//! The laws of the join, over states that devices can reach by writing, removing and receiving.

use leftoff_roam::join::{Content, DeviceId, Dot, Lane, SectionId, Stamp, State, Value};
use proptest::prelude::*;
use proptest::sample::Index;

/// What one device does.
#[derive(Debug, Clone)]
enum Act {
    /// Replaces the value shown.
    Write {
        section: u8,
        stamp: i64,
        nonce: u64,
    },
    /// Replaces everything that is held.
    Settle {
        section: u8,
        stamp: i64,
        nonce: u64,
    },
    Remove {
        section: u8,
        which: Index,
    },
    Receive {
        from: Index,
    },
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..3u8, 0..6i64, any::<u64>()).prop_map(|(section, stamp, nonce)| Act::Write { section, stamp, nonce }),
        1 => (0..3u8, 0..6i64, any::<u64>()).prop_map(|(section, stamp, nonce)| Act::Settle { section, stamp, nonce }),
        1 => (0..3u8, any::<Index>()).prop_map(|(section, which)| Act::Remove { section, which }),
        3 => any::<Index>().prop_map(|from| Act::Receive { from }),
    ]
}

fn id(section: u8) -> SectionId {
    SectionId::new("", &section.to_string())
}

/// Three devices, of which the last two are copies of each other and write to one lane.
fn states(acts: &[(usize, Act)]) -> Vec<State> {
    let mut states = vec![State::default(); 3];
    let mut written = [0u32; 3];
    for (who, act) in acts {
        let who = who % 3;
        let lane = Lane([1, 2, 2][who]);
        match act {
            Act::Write { section, stamp, nonce } | Act::Settle { section, stamp, nonce } => {
                let dot = Dot { lane, index: written[who], nonce: *nonce };
                written[who] += 1;
                let section = id(*section);
                let state = &mut states[who];
                let replaced: Vec<Dot> = match act {
                    Act::Settle { .. } => state.values(&section).map(|(dot, _)| dot).collect(),
                    _ => state.winner(&section).map(|(dot, _)| dot).into_iter().collect(),
                };
                let content =
                    Content { version: 1, codec: 0, bytes: nonce.to_le_bytes()[..1].into(), needs_seal: false };
                let value = Value {
                    stamp: Stamp(*stamp),
                    device: DeviceId(who as u64),
                    content: Some(content),
                    from: Vec::new(),
                };
                state.write(&section, dot, value, &replaced);
            }
            Act::Remove { section, which } => {
                let section = id(*section);
                let dots: Vec<Dot> = states[who].values(&section).map(|(dot, _)| dot).collect();
                if !dots.is_empty() {
                    states[who].remove(&section, &[*which.get(&dots)]);
                }
            }
            Act::Receive { from } => {
                let other = from.get(&states).clone();
                states[who].join(&other);
            }
        }
    }
    states
}

fn joined(a: &State, b: &State) -> State {
    let mut a = a.clone();
    a.join(b);
    a
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn join_is_commutative_associative_and_idempotent(acts in prop::collection::vec((0..3usize, act()), 0..40)) {
        let states = states(&acts);
        let [a, b, c] = [&states[0], &states[1], &states[2]];
        prop_assert_eq!(joined(a, b), joined(b, a));
        prop_assert_eq!(joined(&joined(a, b), c), joined(a, &joined(b, c)));
        prop_assert_eq!(&joined(a, a), a);
        prop_assert_eq!(joined(&joined(a, b), b), joined(a, b));
    }

    #[test]
    fn small_states_joined_in_any_order_equal_the_whole(
        acts in prop::collection::vec((0..3usize, act()), 0..40),
        order in any::<[Index; 8]>(),
    ) {
        // What each write adds, on its own: what a publication contains.
        let mut whole = State::default();
        let mut parts = Vec::new();
        for (who, act) in &acts {
            let (Act::Write { section, stamp, nonce } | Act::Settle { section, stamp, nonce }) = act else { continue };
            let section = id(*section);
            let dot = Dot { lane: Lane(*who as u128), index: 0, nonce: *nonce };
            let replaced: Vec<Dot> = whole.winner(&section).map(|(dot, _)| dot).into_iter().collect();
            let value = Value { stamp: Stamp(*stamp), device: DeviceId(0), content: None, from: Vec::new() };
            let mut part = State::default();
            part.write(&section, dot, value.clone(), &replaced);
            whole.write(&section, dot, value, &replaced);
            parts.push(part);
        }
        let mut received = State::default();
        for place in order {
            if !parts.is_empty() {
                received.join(place.get(&parts));
            }
        }
        for part in parts.iter().rev() {
            received.join(part);
        }
        prop_assert_eq!(received, whole);
    }
}

#[test]
fn write_replaces_only_the_value_its_user_saw() {
    let section = id(0);
    let dot = |lane, index| Dot { lane: Lane(lane), index, nonce: 1 };
    let value = |stamp| Value { stamp: Stamp(stamp), device: DeviceId(1), content: None, from: Vec::new() };
    let mut state = State::default();
    state.write(&section, dot(1, 0), value(5), &[]);
    let mut other = State::default();
    other.write(&section, dot(2, 0), value(9), &[]);
    state.join(&other);
    state.write(&section, dot(1, 1), value(10), &[dot(1, 0)]);
    let held: Vec<Dot> = state.values(&section).map(|(dot, _)| dot).collect();
    assert_eq!(held, [dot(1, 1), dot(2, 0)]);
}

#[test]
fn folded_write_that_comes_back_is_kept() {
    let section = id(0);
    let dot = |index| Dot { lane: Lane(1), index, nonce: 1 };
    let value = |stamp| Value { stamp: Stamp(stamp), device: DeviceId(1), content: None, from: Vec::new() };
    let mut old = State::default();
    old.write(&section, dot(0), value(1), &[]);
    let mut state = old.clone();
    state.write(&section, dot(1), value(2), &[dot(0)]);
    state.fold([dot(0), dot(1)]);
    assert!(!state.seen().contains(dot(0)));
    assert!(state.seen().contains(dot(1)), "its value is held");
    state.join(&old);
    assert!(state.holds(&section, dot(0)));
}

#[test]
fn stamps_grow_within_a_section_up_to_the_limit() {
    assert_eq!(Stamp::next(Stamp(5), Some(Stamp(9)), Stamp(100)), Stamp(10));
    assert_eq!(Stamp::next(Stamp(50), Some(Stamp(9)), Stamp(100)), Stamp(50));
    assert_eq!(Stamp::next(Stamp(50), Some(Stamp(i64::MAX)), Stamp(100)), Stamp(100));
}

#[test]
fn debug_output_has_no_contents() {
    let content = Content { version: 1, codec: 0, bytes: b"canary"[..].into(), needs_seal: false };
    let shown =
        format!("{:?}", Value { stamp: Stamp(1), device: DeviceId(1), content: Some(content), from: Vec::new() });
    assert!(!shown.contains("99, 97") && !shown.contains("canary"), "{shown}");
}
