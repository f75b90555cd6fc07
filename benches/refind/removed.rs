//! Wrong arrows of elements that are certainly gone: each element of a known pair is removed from the interface.

use std::path::Path;

use leftoff::marker::resolve::Resolver;

use super::corpus::{Hide, Interface, Record, Shown};
use super::measure::{captured, drawn};
use super::report::{name, share};

/// Removes each element from the same version and from the later one, and prints how many arrows are drawn all the same.
pub(crate) fn print(file: &Path, records: &[Record], hide: Hide, show_misses: bool) {
    println!("\n{}, hidden: {hide:?}", name(file));
    let (mut alone, mut later, mut all) = (0, 0, 0);
    for record in records {
        for (a, b) in &record.pairs {
            all += 1;
            alone += usize::from(is_drawn(record, &record.a, *a, *a, hide, show_misses));
            later += usize::from(is_drawn(record, &record.b, *a, *b, hide, show_misses));
        }
    }
    println!("  removed, nothing else changed   {alone} arrows of {all}, {}", share(alone, all));
    println!("  removed from the later version  {later} arrows of {all}, {}", share(later, all));
}

/// Returns whether an arrow is drawn for the element `a`, after `gone`, which is this element, was removed from `after`.
fn is_drawn(record: &Record, after: &Interface, a: usize, gone: usize, hide: Hide, show_misses: bool) -> bool {
    let now = Shown { interface: after, hide, element: Some(gone), fresh: None, removed: Some(gone) };
    let resolution = Resolver::new().resolve(&captured(record, hide, a), &now);
    let Some(node) = drawn(&resolution) else { return false };
    if show_misses {
        let told = |tree: &Interface, node: usize| {
            let label = tree.nodes.get(node).and_then(|node| node.label.as_deref()).unwrap_or("");
            format!("{node} {:?} \"{}\"", tree.path(node), label.chars().take(30).collect::<String>())
        };
        let score = resolution.best().map(|best| (best.score, best.lead));
        println!("wrong: {} {score:?} {:?}", record.file, resolution.evidence());
        println!("  was   {}", told(&record.a, a));
        println!("  found {}", told(after, node.saturating_sub(1)));
    }
    true
}
