//! All weights and thresholds of the comparison of two elements, in one table.
//!
//! A weight says how much a kind of evidence counts if it is asked for. Only kinds that exist on both sides are asked for,
//! so the score is a share of what could be known. The order of the weights has reasons; the numbers were chosen on
//! measured histories, and `marker.md` in the documentation says what other numbers cost on those not chosen on.

/// Equal or similar keys. A developer chose the key for this element, and no other element has it.
pub(super) const KEY: f32 = 3.0;
/// The role. It seldom changes, but many elements share it.
pub(super) const ROLE: f32 = 2.5;
/// The visible name. Fewer elements share it, but texts are edited and translated.
pub(super) const NAME: f32 = 2.0;
/// The container, in which most elements stay and which siblings share; and the contents, which move with the element.
pub(super) const CONTAINER: f32 = 1.5;
/// The same label beside two elements without names: half a name, because one label can belong to several elements.
pub(super) const LABEL: f32 = 1.0;
/// What is about the position or the shape, each: the neighbour on either side, the position in the alignment of the two
/// interfaces, and the number of children. Neighbours come and go, and many elements have no children.
pub(super) const NEARBY: f32 = 0.6;
/// The previous and the next element in reading order, each: mostly the neighbours again.
pub(super) const ORDER: f32 = 0.3;
/// Weak evidence against: another key, a name on one side only, or a position in the alignment that another element has.
/// Keys are renamed, names are added, and elements move.
pub(super) const AGAINST: f32 = 0.5;
/// Some doubt remains even if all evidence matches; the more evidence was asked for, the less doubt.
pub(super) const DOUBT: f32 = 0.3;

/// The factor for a candidate that matches in its position only, for one that is another element by its words, and for
/// contents that are nested deeper or less deep than before.
pub(super) const DOUBTFUL: f32 = 0.5;
/// The likeness from which two names, keys or roles count as alike.
pub(super) const ALIKE: f32 = 0.5;
/// The same for a name or a key that is to identify one of three or more siblings with a role: the texts of records of a
/// kind, and of controls of a kind, begin or end alike.
pub(super) const ALIKE_AMONG_LIKE: f32 = 0.75;

// The decrease of the likeness of containers and neighbours.
/// Subtracted for each container that is elsewhere now.
pub(super) const ELSEWHERE: f32 = 0.4;
/// Subtracted for each container without a partner, and for each new level in between or around a neighbour.
pub(super) const LEVEL: f32 = 0.15;
/// The decrease for each element between two neighbours that is new or missing.
pub(super) const GAP: f32 = 0.2;

// What an arrow needs.
/// The score beyond [`Resolver::accept`](super::Resolver::accept) of an element that nothing of its own identifies: without
/// a name, a key, a label, contents or a rare role in common, a new element in its position looks the same.
pub(super) const BARE_SCORE: f32 = 0.1;
/// The lead beyond [`Resolver::lead`](super::Resolver::lead) of such an element.
pub(super) const BARE_LEAD: f32 = 0.15;
/// Subtracted from the score of a candidate that has another partner, besides the score of that pair.
pub(super) const RIVAL: f32 = 0.1;
/// The score of the only element with the key, if the anchor was taken from an interface.
pub(super) const KEY_ELSEWHERE: f32 = 0.95;
/// The score of the only element with the key, if the anchor has only a path and nothing else of the path agrees. If
/// everything agrees, it is [`KEY_ELSEWHERE`].
pub(super) const PATH_ELSEWHERE: f32 = 0.75;
