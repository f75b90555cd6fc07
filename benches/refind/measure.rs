//! Takes an anchor in the earlier version, stores it, reads it again, and looks for the element in the later one.

use std::collections::BTreeMap;
use std::time::Duration;

use leftoff::marker::anchor::Anchor;
use leftoff::marker::resolve::{Match, Resolution, Resolver};

use super::corpus::{Hide, Record, Shown};

/// What was measured of one file.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) trials: Vec<Trial>,
    /// Of elements that are gone: how many, and how many arrows were drawn all the same.
    pub(crate) gone: usize,
    pub(crate) gone_drawn: usize,
    pub(crate) times: Vec<Duration>,
    pub(crate) sizes: Vec<usize>,
}

/// One element that is in both versions.
#[allow(clippy::struct_excessive_bools, reason = "each is counted by itself")]
pub(crate) struct Trial {
    /// Numbers the distinct elements.
    pub(crate) element: usize,
    pub(crate) change: Change,
    /// The likeliest candidate, accepted or not, is the right one.
    pub(crate) is_first: bool,
    /// Score and lead of the likeliest candidate.
    pub(crate) score: f32,
    pub(crate) lead: f32,
    /// An arrow was drawn.
    pub(crate) is_drawn: bool,
    /// At the right element.
    pub(crate) is_right: bool,
    /// At the right element, its container or one of its children: the id of an element may go to a wrapper.
    pub(crate) is_near: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Change {
    None,
    /// Only places among siblings, of the element or of what it is in.
    Places,
    /// Its role, its label, or the keys and roles of its path.
    More,
}

pub(crate) fn measure(records: &[Record], hide: Hide, show_misses: bool) -> Figures {
    let mut figures = Figures::default();
    let mut elements = BTreeMap::new();
    for record in records {
        for (a, b) in &record.pairs {
            let id = record.a.nodes.get(*a).and_then(|node| node.key.clone()).unwrap_or_default();
            let next = elements.len();
            let element = *elements.entry((record.file.clone(), id)).or_insert(next);
            let resolution = resolve(record, hide, *a, Some(*b), &mut figures);
            let drawn = drawn(&resolution);
            let best = match drawn {
                Some(node) => resolution.best().map(|best| (best.node, best.score, best.lead)).or(Some((
                    node,
                    resolution.score(),
                    1.0,
                ))),
                None => resolution.best().map(|best| (best.node, best.score, best.lead)),
            };
            let (first, score, lead) = best.map_or((None, 0.0, 0.0), |(node, score, lead)| (Some(node), score, lead));
            let change = change(record, *a, *b);
            let trial = Trial {
                element,
                change,
                is_first: first == Some(*b + 1),
                score,
                lead,
                is_drawn: drawn.is_some(),
                is_right: drawn == Some(*b + 1),
                is_near: drawn.is_some_and(|node| record.b.is_one_level(node.saturating_sub(1), *b)),
            };
            if show_misses && change != Change::None && !(trial.is_right || (!trial.is_drawn && trial.is_first)) {
                let told = |tree: &super::corpus::Interface, node: usize| {
                    let label = tree.nodes.get(node).and_then(|node| node.label.as_deref()).unwrap_or("");
                    format!("{node} {:?} \"{}\"", tree.path(node), label.chars().take(30).collect::<String>())
                };
                println!("miss: {} {change:?} score {score:.2} lead {lead:.2} drawn {}", record.file, trial.is_drawn);
                println!("  was   {}", told(&record.a, *a));
                println!("  is    {}", told(&record.b, *b));
                println!("  found {}", first.map_or_else(String::new, |node| told(&record.b, node.saturating_sub(1))));
            }
            figures.trials.push(trial);
        }
        for gone in &record.gone {
            let resolution = resolve(record, hide, *gone, None, &mut figures);
            figures.gone += 1;
            figures.gone_drawn += usize::from(drawn(&resolution).is_some());
        }
    }
    figures.times.sort_unstable();
    figures.sizes.sort_unstable();
    figures
}

fn resolve(record: &Record, hide: Hide, a: usize, b: Option<usize>, figures: &mut Figures) -> Resolution<usize> {
    let fresh = fresh_key(a, hide);
    let after = Shown { interface: &record.b, hide, element: b, fresh: fresh.as_deref(), removed: None };
    let bytes = captured(record, hide, a).to_bytes();
    figures.sizes.push(bytes.len());
    let anchor = Anchor::from_bytes(&bytes).unwrap_or_else(|| Anchor::from_path(""));
    let start = cpu_time();
    let resolution = Resolver::new().resolve(&anchor, &after);
    figures.times.push(cpu_time().saturating_sub(start));
    resolution
}

/// Takes the anchor of an element of the earlier version. With another key later, the element still has its own.
pub(crate) fn captured(record: &Record, hide: Hide, a: usize) -> Anchor {
    let hide = if hide == Hide::Fresh { Hide::None } else { hide };
    let before = Shown { interface: &record.a, hide, element: Some(a), fresh: None, removed: None };
    Anchor::of_node(&before, a + 1)
}

/// The key of the element in the later version, if it is another one: no word of any interface, and no two of them alike.
pub(crate) fn fresh_key(a: usize, hide: Hide) -> Option<String> {
    (hide == Hide::Fresh).then(|| format!("zzq{}", a.wrapping_mul(2_654_435_761) % 99_991))
}

/// The time that this thread was computing, so that other programs on the machine do not count.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(not(unix))]
fn cpu_time() -> Duration {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

pub(crate) fn drawn(resolution: &Resolution<usize>) -> Option<usize> {
    match resolution.outcome() {
        Match::Exact(node) | Match::Moved(node) => Some(node),
        _ => None,
    }
}

pub(crate) fn change(record: &Record, a: usize, b: usize) -> Change {
    let (before, after) = (record.a.path(a), record.b.path(b));
    let bare = |path: &[(Option<&str>, &str, u64)]| -> Vec<(Option<String>, String)> {
        path.iter().map(|(key, role, _)| (key.map(str::to_owned), (*role).to_owned())).collect()
    };
    let label = |nodes: &[super::corpus::Node], node: usize| nodes.get(node).and_then(|node| node.label.clone());
    if label(&record.a.nodes, a) != label(&record.b.nodes, b) || bare(&before) != bare(&after) {
        Change::More
    } else if before == after {
        Change::None
    } else {
        Change::Places
    }
}
