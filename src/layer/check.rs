//! Which orders of layers make sense.

use crate::backend::LayerKind::{self, Compress, Mirror, MirrorOpen, Quota, Seal};

/// Checks the kinds of the layers, the outermost first. Returns why the order makes no sense.
pub(crate) fn check(layers: &[LayerKind]) -> Result<(), &'static str> {
    let is_before = |outer: LayerKind, inner: LayerKind| {
        let first = layers.iter().position(|kind| *kind == outer);
        first.is_some_and(|at| layers.iter().skip(at + 1).any(|kind| *kind == inner))
    };
    let is_repeated = |kind: LayerKind| layers.iter().filter(|other| **other == kind).count() > 1;
    let rules = [
        (
            is_before(Seal, Compress),
            "the compression is inside the encryption, and encrypted bytes do not become smaller",
        ),
        (is_before(Seal, Quota), "the quota is inside the encryption, so it cannot name what it refuses"),
        (is_before(Compress, Quota), "the quota is inside the compression, so it cannot name what it refuses"),
        (is_before(Mirror, Quota), "the quota is inside the mirror, so it counts one copy only"),
        (is_repeated(Compress), "the state is compressed twice"),
        (is_repeated(Seal), "the state is encrypted twice"),
        (is_repeated(Quota), "there are two quotas"),
        (layers.contains(&MirrorOpen), "only one copy of the mirror is encrypted"),
    ];
    rules.into_iter().find_map(|(is_wrong, why)| is_wrong.then_some(why)).map_or(Ok(()), Err)
}
