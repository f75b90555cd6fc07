//! What stricter thresholds cost: right arrows of elements that changed, against wrong arrows of elements that were removed.

use std::collections::BTreeMap;
use std::path::Path;

use leftoff::marker::resolve::{Evidence, Resolution, Resolver};

use super::corpus::{Hide, Record, Shown};
use super::measure::{Change, captured, change, drawn, fresh_key};
use super::report::{name, share};

const ACCEPTS: [f32; 6] = [0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

/// Arrows that were drawn.
#[derive(Default, Clone, Copy)]
struct Arrows {
    right: usize,
    wrong: usize,
    /// Of elements that were removed from the later version.
    removed: usize,
}

/// Prints precision, recall and arrows of removed elements for each minimum score; for the default one, also by the kind of
/// evidence that belongs to the element alone.
pub(crate) fn print(file: &Path, records: &[Record], hide: Hide) {
    println!("\n{}, hidden: {hide:?}: minimum score -> precision, recall; arrows of removed elements", name(file));
    for accept in ACCEPTS {
        let resolver = Resolver::new().accept(accept);
        let (mut all, mut changed) = (0, 0);
        let mut kinds: BTreeMap<&str, Arrows> = BTreeMap::new();
        for record in records {
            for (a, b) in &record.pairs {
                all += 1;
                let there = resolve(resolver, record, hide, *a, *b, false);
                if change(record, *a, *b) != Change::None {
                    changed += 1;
                    if let Some(node) = drawn(&there) {
                        let arrows = kinds.entry(own_evidence(&there)).or_default();
                        *(if node == *b + 1 { &mut arrows.right } else { &mut arrows.wrong }) += 1;
                    }
                }
                let gone = resolve(resolver, record, hide, *a, *b, true);
                if drawn(&gone).is_some() {
                    kinds.entry(own_evidence(&gone)).or_default().removed += 1;
                }
            }
        }
        let sum = kinds.values().fold(Arrows::default(), |sum, one| Arrows {
            right: sum.right + one.right,
            wrong: sum.wrong + one.wrong,
            removed: sum.removed + one.removed,
        });
        let (precision, recall) = (share(sum.right, sum.right + sum.wrong), share(sum.right, changed));
        println!("  {accept:.2} -> {precision}, {recall}; {} of {all}, {}", sum.removed, share(sum.removed, all));
        if (accept - Resolver::DEFAULT_ACCEPT).abs() < f32::EPSILON {
            for (kind, arrows) in kinds {
                let Arrows { right, wrong, removed } = arrows;
                println!("    {kind:<14} right {right:>5}, wrong {wrong:>3}, removed {removed:>4}");
            }
        }
    }
}

fn resolve(
    resolver: Resolver<'_>,
    record: &Record,
    hide: Hide,
    a: usize,
    b: usize,
    is_removed: bool,
) -> Resolution<usize> {
    let fresh = fresh_key(a, hide).filter(|_| !is_removed);
    let removed = is_removed.then_some(b);
    let now = Shown { interface: &record.b, hide, element: Some(b), fresh: fresh.as_deref(), removed };
    resolver.resolve(&captured(record, hide, a), &now)
}

/// The strongest evidence of an arrow that belongs to the element alone.
fn own_evidence(resolution: &Resolution<usize>) -> &'static str {
    let kinds = [
        (Evidence::PathHolds, "key"),
        (Evidence::KeyElsewhere, "key"),
        (Evidence::SameName, "name"),
        (Evidence::SimilarKey, "similar key"),
        (Evidence::SameContents, "contents"),
        (Evidence::SameLabel, "label"),
        (Evidence::SimilarName, "similar name"),
        (Evidence::RareRole, "rare role"),
    ];
    let known = kinds.into_iter().find(|(evidence, _)| resolution.evidence().contains(evidence));
    known.map_or("position only", |(_, kind)| kind)
}
