//! Choosing which restorable states are points of the history, by a schedule that thins with age.

use std::time::Duration;

use super::history::{Sort, State};
use crate::frame::When;
use crate::sorted::{SortedMap, SortedSet, sort_by_key};

/// The last hour has at most one point per minute.
const DENSE: (Duration, Duration) = (Duration::from_secs(3600), Duration::from_secs(60));
/// The last day has at most one point per ten minutes.
const SPARSE: (Duration, Duration) = (Duration::from_secs(86_400), Duration::from_secs(600));
/// The time before has at most one point per day.
const DAY: Duration = Duration::from_secs(86_400);
/// The maximum number of those days. Not an age, because a clock that was set ahead must not empty the history.
const MAX_DAYS: usize = 30;
/// The number of states replaced by going back that are kept whatever their time.
const MAX_REPLACED: usize = 16;

/// Returns the points of the history among `states`. Both are sorted newest first.
///
/// Equal states count as one, represented by the newest of them; a state equal to the present one is left out. The
/// ends of the newest `launches` launches are points whatever their age, and so are the newest states that were
/// replaced by going back. All others share the intervals of the schedule. An interval of wall-clock time begins at a
/// multiple of its length, so each longer interval is a union of shorter ones, and a state that is not chosen now
/// would not be chosen later either. Within an interval, a state right before a loss takes precedence, then the
/// newest.
pub(crate) fn choose(states: Vec<State>, present: Option<u64>, now: When, launches: usize) -> Vec<State> {
    if launches == 0 {
        return Vec::new();
    }
    let states = distinct(states, present);
    let mut chosen = SortedSet::new();
    let mut places: SortedMap<Place, usize> = SortedMap::new();
    let (mut ends, mut replaced) = (0, 0);
    for (position, state) in states.iter().enumerate() {
        let (count, most) = match state.sort {
            Sort::End => (&mut ends, launches),
            Sort::Replaced => (&mut replaced, MAX_REPLACED),
            Sort::Within | Sort::BeforeLoss => (&mut 0, 0),
        };
        *count += 1;
        if *count <= most {
            chosen.insert(position);
        }
        let best = places.get_or_insert(place(state.at, now), || position);
        let is_better = states.get(*best).is_some_and(|best| best.sort == Sort::Within && state.sort != Sort::Within);
        if is_better {
            *best = position;
        }
    }
    let days = places.keys().filter(|place| place.0 == DAY.as_millis()).count();
    let too_old = days.saturating_sub(MAX_DAYS);
    // The intervals of days come first, the oldest day before the others.
    let days_first = |place: &Place| (std::cmp::Reverse(place.0), place.1);
    let mut in_order: Vec<_> = places.into_iter().collect();
    sort_by_key(&mut in_order, |(place, _)| days_first(place));
    chosen.extend(in_order.into_iter().skip(too_old).map(|(_, position)| position));
    let picked = |(position, state)| chosen.contains(&position).then_some(state);
    states.into_iter().enumerate().filter_map(picked).collect()
}

/// An interval: its length in milliseconds, and its index in intervals of that length since the epoch.
type Place = (u128, i128);

fn place(at: When, now: When) -> Place {
    // Within a boot, the uptime bounds the age, so a clock that was set ahead does not thin the last hour. A state that
    // lies in the future, because the clock was set back, was made just now.
    let age = now.since(at).unwrap_or_default();
    let length = [DENSE, SPARSE].into_iter().find(|(until, _)| age < *until).map_or(DAY, |(_, length)| length);
    let millis = length.as_millis();
    (millis, i128::from(at.wall.as_millis()).div_euclid(i128::try_from(millis).unwrap_or(i128::MAX)))
}

/// Returns each content once, as its newest state, with the highest sort of all of them.
fn distinct(states: Vec<State>, present: Option<u64>) -> Vec<State> {
    let mut known: SortedMap<u64, usize> = SortedMap::new();
    let mut distinct: Vec<State> = Vec::new();
    for state in states.into_iter().filter(|state| Some(state.print) != present) {
        match known.get(&state.print).and_then(|position| distinct.get_mut(*position)) {
            Some(newer) => newer.sort = newer.sort.max(state.sort),
            None => {
                known.insert(state.print, distinct.len());
                distinct.push(state);
            }
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Generation;
    use crate::frame::{Machine, Point};
    use crate::time::Timestamp;

    const NOW: i64 = 40 * 86_400_000;

    fn wall(millis: i64) -> When {
        When { wall: Timestamp::from_millis(millis), machine: None }
    }

    /// Returns a state of this age in seconds.
    fn aged(seconds: i64, print: u64, sort: Sort) -> State {
        let index = u32::try_from(1_000_000_000 - seconds).unwrap();
        let place = Point { generation: Generation { number: 1, writer: 1 }, index };
        State { point: place, at: wall(NOW - seconds * 1000), print, sort, touched: None, exit: None }
    }

    fn ages(all: Vec<State>, launches: usize) -> Vec<i64> {
        let points = choose(all, Some(0), wall(NOW), launches);
        points.iter().map(|point| (NOW - point.at.wall.as_millis()) / 1000).collect()
    }

    /// One state per second for an hour and a half, all different.
    #[test]
    fn the_last_hour_has_a_point_per_minute_and_the_time_before_one_per_ten() {
        let states = (1..=5400).map(|age| aged(age, age.unsigned_abs(), Sort::Within)).collect();
        let ages = ages(states, 5);
        assert_eq!(ages[..3], [1, 61, 121]);
        assert_eq!(ages.iter().filter(|age| **age < 3600).count(), 60);
        assert_eq!(ages.iter().filter(|age| **age >= 3600).copied().collect::<Vec<_>>(), [3600, 3601, 4201, 4801]);
    }

    #[test]
    fn days_before_yesterday_have_a_point_each_and_no_more_than_thirty() {
        let states = (0..39).map(|day| aged(day * 86_400 + 90_000, 1 + day.unsigned_abs(), Sort::Within)).collect();
        let ages = ages(states, 5);
        assert_eq!(ages.len(), MAX_DAYS);
        assert_eq!((ages[0], ages[29]), (90_000, 29 * 86_400 + 90_000));
    }

    #[test]
    fn a_state_that_lost_something_goes_before_a_newer_one_of_its_minute() {
        let states = vec![aged(10, 1, Sort::Within), aged(20, 2, Sort::BeforeLoss), aged(30, 3, Sort::Within)];
        assert_eq!(ages(states, 5), [20]);
    }

    #[test]
    fn equal_states_take_one_place_and_the_present_one_takes_none() {
        let states =
            vec![aged(10, 0, Sort::End), aged(100, 7, Sort::End), aged(200, 7, Sort::End), aged(9000, 8, Sort::End)];
        assert_eq!(ages(states, 2), [100, 9000]);
    }

    #[test]
    fn ends_of_launches_and_replaced_states_need_no_place() {
        let all = |sort| (1..=40).map(|age| aged(age, age.unsigned_abs(), sort)).collect::<Vec<_>>();
        assert_eq!(ages(all(Sort::End), 3), [1, 2, 3]);
        assert_eq!(ages(all(Sort::Replaced), 3).len(), MAX_REPLACED);
        assert_eq!(ages(all(Sort::End), 0), [] as [i64; 0], "no history is kept");
    }

    #[test]
    fn a_clock_set_far_ahead_keeps_a_point_of_each_day_and_all_ends() {
        let old = 30 * 365 * 86_400;
        let states = (0..5).map(|day| aged(old + day * 86_400, 1 + day.unsigned_abs(), Sort::Within)).collect();
        assert_eq!(ages(states, 1).len(), 5);
    }

    #[test]
    fn clock_set_ahead_within_a_boot_thins_no_minute_of_the_last_hour() {
        let day = 86_400_000;
        let booted = |run, minutes: i64| Some(Machine { run, uptime: (100 - minutes).unsigned_abs() * 60_000 });
        let states = |run| -> Vec<State> {
            let at = |age: i64| When { machine: booted(run, age), ..aged(age * 60, 0, Sort::Within).at };
            (1..=50).map(|age| State { at: at(age), ..aged(age * 60, age.unsigned_abs(), Sort::Within) }).collect()
        };
        let now = When { machine: booted(1, 0), ..wall(NOW + 60 * day) };
        assert_eq!(choose(states(1), Some(0), now, 1).len(), 50);
        assert_eq!(choose(states(2), Some(0), now, 1).len(), 1, "after a reboot, only the wall clock is known");
    }
}
