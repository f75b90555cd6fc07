//! The weights of the evidence: how much each kind counts if it is asked for. Only kinds that exist on both sides are asked
//! for, so the score is a share of what could be known.
//!
//! The order of the weights has reasons; the numbers were chosen on two projects.

/// Equal or similar keys. A developer chose the key for this element, and no other element has it.
pub(super) const KEY: f32 = 3.0;
/// The role. It seldom changes, but many elements share it.
pub(super) const ROLE: f32 = 2.5;
/// The visible name. Fewer elements share it, but texts are edited and translated.
pub(super) const NAME: f32 = 2.0;
/// The container. Most elements stay in it; siblings share it.
pub(super) const CONTAINER: f32 = 1.5;
/// The contents. They move with the element.
pub(super) const CONTENTS: f32 = 1.5;
/// The same label beside two elements without names: half a name, because one label can belong to several elements.
pub(super) const LABEL: f32 = 1.0;
/// The number of children.
pub(super) const SHAPE: f32 = 0.8;
/// The candidate has the element's position in the alignment of the two interfaces.
pub(super) const READING: f32 = 0.8;
/// The neighbour on each side.
pub(super) const NEIGHBOUR: f32 = 0.6;
/// The previous and the next element in reading order, each: mostly the neighbours again.
pub(super) const ORDER: f32 = 0.3;
/// The index among the siblings. Each added sibling changes it.
pub(super) const INDEX: f32 = 0.3;
/// Weak evidence against: another key, a name on one side only, or a position in the alignment that another element has.
/// Keys are renamed, names are added, and elements move.
pub(super) const AGAINST: f32 = 0.5;

/// Some doubt remains even if all evidence matches; the more evidence was asked for, the less doubt.
pub(super) const DOUBT: f32 = 0.3;
/// The factor for a candidate that matches in its position only, and for one that is another element by its words.
pub(super) const DOUBTFUL: f32 = 0.6;

// The decrease of the likeness of containers, neighbours and contents.
/// Subtracted for each container that is elsewhere now.
pub(super) const ELSEWHERE: f32 = 0.4;
/// Subtracted for each container without a partner, and for each new level in between.
pub(super) const LEVEL: f32 = 0.15;
/// The factor for each container that was put around one of two neighbours.
pub(super) const WRAPPED: f32 = 0.8;
/// The decrease for each element between two neighbours that is new or missing.
pub(super) const GAP: f32 = 0.3;
/// The factor for contents that are nested deeper or less deep than before.
pub(super) const NOT_DIRECTLY: f32 = 0.6;
