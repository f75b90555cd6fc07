//! One search: the steps in order, from the certain to the vague.

use super::compare::{Sides, Texts, telling};
use super::matching::{Best, Matching};
use super::numbers::Numbered;
use super::rename::renamed;
use super::side::Side;
use super::turn::{Order, order};
use super::view::View;
use super::weights::{BARE_LEAD, BARE_SCORE, KEY_ELSEWHERE, PATH_ELSEWHERE, RIVAL};
use super::{Candidate, Evidence, Match, Relation, Resolution, Resolver};
use crate::marker::anchor::{Anchor, End, KeyOrigin, Segment, UiTree, WINDOW, Walked, hash, names, path_key, walk};

pub(super) struct Search<'s, T: UiTree> {
    resolver: &'s Resolver<'s>,
    anchor: &'s Anchor,
    tree: &'s T,
    /// The path of the element after renames.
    path: String,
    evidence: Vec<Evidence>,
    best: Option<Candidate<T::Node>>,
    /// If the element is in a row that is gone: the row beside it, and its relation.
    beside: Option<(T::Node, Relation)>,
    /// If a candidate is likely and not certain: the container that it shares with the element, and its relation.
    around: Option<(T::Node, Relation)>,
}

impl<'s, T: UiTree> Search<'s, T> {
    pub(super) fn new(resolver: &'s Resolver<'s>, anchor: &'s Anchor, tree: &'s T) -> Self {
        let path = renamed(anchor.path(), resolver.renames, |path| anchor.outline().knew(path));
        let evidence = if path == anchor.path() { Vec::new() } else { vec![Evidence::Renamed] };
        Self { resolver, anchor, tree, path, evidence, best: None, beside: None, around: None }
    }

    pub(super) fn run(self) -> Resolution<T::Node> {
        match Numbered::new(self.anchor).filter(|numbered| !numbered.holds(self.anchor, self.tree)) {
            // The keys count rows, and another row has this number: they are no keys.
            Some(numbered) => {
                let (anchor, tree) = (numbered.anchor(self.anchor), numbered.tree(self.tree));
                let mut search = Search::new(self.resolver, &anchor, &tree);
                search.evidence.push(Evidence::RowNumber);
                search.by_keys()
            }
            None => self.by_keys(),
        }
    }

    fn by_keys(mut self) -> Resolution<T::Node> {
        let window = match self.window() {
            Ok(window) => window,
            Err(closed) => return self.answer(Match::Gone, 0.0, closed),
        };
        let path = std::mem::take(&mut self.path);
        let walked = walk(self.tree, &path);
        // Several elements had the same path, so the remaining one need not be the right one.
        let was_ambiguous = self.anchor.outline().count(self.anchor.path()) > 1;
        match walked.end {
            End::Held if self.anchor.path_is_whole() && !was_ambiguous => {
                return self.answer(Match::Exact(walked.reached), 1.0, Evidence::PathHolds);
            }
            End::Unrealized(index) => {
                let row = Match::Unrealized { container: walked.reached, index };
                return self.answer(row, 0.0, Evidence::NotBuilt);
            }
            End::Ambiguous => self.evidence.push(Evidence::DuplicateKey),
            End::Held if was_ambiguous => self.evidence.push(Evidence::DuplicateKey),
            End::Held | End::Absent => {}
        }
        let view = View::new(self.tree);
        let elsewhere = if was_ambiguous { None } else { self.key_elsewhere(&view, &path, window) };
        if let Some((node, score)) = elsewhere {
            if score >= self.resolver.accept {
                return self.answer(Match::Moved(node), score, Evidence::KeyElsewhere);
            }
        }
        if let Some((outcome, score)) = self.by_likeness(&view, &path, window) {
            return Resolution { outcome, score, evidence: self.evidence, best: self.best };
        }
        let (outcome, why) = self.nearest(&path, walked);
        match why {
            Some(why) => self.answer(outcome, 0.0, why),
            None => Resolution { outcome, score: 0.0, evidence: self.evidence, best: self.best },
        }
    }

    fn answer(mut self, outcome: Match<T::Node>, score: f32, why: Evidence) -> Resolution<T::Node> {
        self.evidence.push(why);
        Resolution { outcome, score, evidence: self.evidence, best: self.best }
    }

    /// Returns the window of the element, if it has a key. An error if that window is closed.
    fn window(&self) -> Result<Option<T::Node>, Evidence> {
        let segments = self.anchor.segments();
        let is_window = |segment: &Segment| segment.role == WINDOW && segment.path_key().is_some();
        let Some(window) = segments.iter().rposition(is_window) else { return Ok(None) };
        let inside = segments.iter().skip(window + 1).filter_map(Segment::path_key).flat_map(names).count();
        let path =
            renamed(outer(self.anchor.path(), inside), self.resolver.renames, |path| self.anchor.outline().knew(path));
        let walked = walk(self.tree, &path);
        match walked.end {
            End::Held => Ok(Some(walked.reached)),
            End::Absent => Err(Evidence::WindowClosed),
            End::Ambiguous | End::Unrealized(_) => Ok(None),
        }
    }

    /// Returns the only element that has the key, in another position.
    fn key_elsewhere(&self, view: &View<T::Node>, path: &str, window: Option<T::Node>) -> Option<(T::Node, f32)> {
        let key = self.leaf_key(path)?;
        // One of several elements with this key: which of them is left is unknown.
        if self.anchor.outline().having(hash(key)) > 1 {
            return None;
        }
        let window = window.and_then(|window| view.place_of(window)).unwrap_or_default();
        let end = view.nodes.get(window).map_or(0, |window| window.end);
        let is_it = |place: &usize| {
            let has_key = view.nodes.get(*place).and_then(|seen| seen.path_key()) == Some(key);
            has_key && !self.was_another(&view.path(*place))
        };
        let mut places = (window + 1..end).filter(is_it);
        let (place, None) = (places.next()?, places.next()) else { return None };
        let container = outer(path, names(key).count());
        let share = self.container_share(view, place, container)?;
        let share = if self.anchor.segments().is_empty() { share } else { 1.0 };
        let score = (KEY_ELSEWHERE - PATH_ELSEWHERE).mul_add(share, PATH_ELSEWHERE);
        view.nodes.get(place).map(|seen| (seen.node, score))
    }

    /// Returns whether an element with this path existed at capture and was another element.
    fn was_another(&self, path: &str) -> bool {
        path != self.anchor.path() && self.anchor.outline().knew(path)
    }

    /// Returns the most similar element, if it is similar enough.
    fn by_likeness(
        &mut self,
        view: &View<T::Node>,
        path: &str,
        window: Option<T::Node>,
    ) -> Option<(Match<T::Node>, f32)> {
        let own = Texts::of(self.anchor.segments().last()?);
        let outline = self.anchor.outline();
        let text = |node| Texts {
            key: path_key(self.tree, node).unwrap_or_default(),
            name: telling(self.tree.name(node).as_deref()),
        };
        let (old, mut new) = (Side::of_capture(outline), Side::of_now(self.tree, view));
        let order = order(&old, &new);
        let reversed = (order == Order::Reversed).then(|| view.reversed());
        if let Some(reversed) = &reversed {
            new = Side::of_now(self.tree, reversed);
        }
        let view = reversed.as_ref().unwrap_or(view);
        let texts: Vec<Texts> = view.nodes.iter().map(|seen| text(seen.node)).collect();
        let around = self.anchor.before().iter().chain(self.anchor.after()).chain(self.anchor.segments());
        let around: Vec<Texts> = around.map(Texts::of).collect();
        let role = self.anchor.segments().last().map(|own| own.role.as_str());
        // The siblings are the first of those around it.
        let siblings = self.anchor.before().iter().chain(self.anchor.after()).zip(&around);
        let siblings = siblings.filter(|(sibling, _)| Some(sibling.role.as_str()) == role);
        let siblings: Vec<&Texts> = siblings.map(|(_, texts)| texts).collect();
        let mut sides = Sides::new(old, new, outline.target, &own, &around, &siblings, &texts);
        sides.records = self.records();
        let matching = Matching::new(&sides);
        let target = outline.target;
        let (mut best, scores) = self.rank(view, path, window, &sides, &matching);
        self.beside = matching.rows.beside.and_then(|(place, is_before)| {
            let relation = if is_before { Relation::PreviousSibling } else { Relation::NextSibling };
            Some((view.nodes.get(place)?.node, relation))
        });
        let place = best.place?;
        let node = view.nodes.get(place)?.node;
        let is_tied = best.lead() <= 0.0;
        for other in matching.unmatched_old().filter(|other| *other != target) {
            best.second = best.second.max(sides.compare(&matching, other, place));
        }
        if sides.is_lost_among_its_like(&matching, target, place) {
            best.second = best.second.max(best.score);
        }
        self.best = Some(Candidate { node, score: best.score, lead: best.lead() }).filter(|_| !is_tied);
        if best.score < self.resolver.accept {
            return None;
        }
        // In another language, no name can agree.
        let is_placed = order != Order::Unclear;
        let has_own = (sides.is_translated && is_placed) || sides.has_own_evidence(&matching, target, place);
        let (score, lead) = if has_own { (0.0, 0.0) } else { (BARE_SCORE, BARE_LEAD) };
        let may_be = has_own || (is_placed && !sides.has_other_name(target, place));
        let (score, lead) = (self.resolver.accept + score, self.resolver.lead + lead);
        if may_be && best.score >= score && best.lead() >= lead {
            self.evidence.extend(sides.evidence(&matching, target, place));
            return Some((Match::Moved(node), best.score));
        }
        self.around = around_both(&sides, &matching, place)
            .and_then(|(image, levels)| Some((view.nodes.get(image)?.node, Relation::Ancestor { levels })));
        self.tied(view, &scores, best.score)
    }

    /// Returns the score of each element that may be the sought one, and the best of them.
    fn rank(
        &self,
        view: &View<T::Node>,
        path: &str,
        window: Option<T::Node>,
        sides: &Sides,
        matching: &Matching,
    ) -> (Best, Vec<(usize, f32)>) {
        let container = match self.leaf_key(path) {
            Some(key) => outer(path, names(key).count()),
            None => path,
        };
        let window = window.and_then(|window| view.place_of(window)).unwrap_or_default();
        let end = view.nodes.get(window).map_or(0, |window| window.end);
        let target = self.anchor.outline().target;
        let mut best = Best::default();
        let mut scores = Vec::new();
        for place in window + 1..end {
            if !matching.rows.admit(sides, place) {
                continue;
            }
            if matching.is_known_other(target, place) || self.container_share(view, place, container).is_none() {
                continue;
            }
            let mut score = sides.compare(matching, target, place);
            if let Some(other) = matching.old_of(place).filter(|other| *other != target) {
                score = score.min(2.0f32.mul_add(score, -sides.compare(matching, other, place)) - RIVAL);
            }
            best.offer(place, score);
            scores.push((place, score));
        }
        (best, scores)
    }

    /// Returns the common container of the candidates that are about as likely as the best one.
    fn tied(&mut self, view: &View<T::Node>, scores: &[(usize, f32)], best: f32) -> Option<(Match<T::Node>, f32)> {
        let tied = |(_, score): &&(usize, f32)| *score > best - self.resolver.lead;
        let tied: Vec<usize> = scores.iter().filter(tied).map(|(place, _)| *place).collect();
        let common = view.common(&tied);
        if common == 0 || tied.len() < 2 {
            return None;
        }
        self.evidence.push(Evidence::Tied);
        let candidates = u16::try_from(tied.len()).unwrap_or(u16::MAX);
        let node = view.nodes.get(common)?.node;
        Some((Match::Nearest { node, relation: Relation::CommonAncestor { candidates } }, 0.0))
    }

    /// Returns the indexes in the outline of the containers of the element, and of the element, whose keys are ids of records.
    fn records(&self) -> Vec<usize> {
        let nodes = &self.anchor.outline().nodes;
        let up = |place: &usize| nodes.get(*place).map(|node| node.parent).filter(|parent| parent < place);
        let places = std::iter::successors(Some(self.anchor.outline().target), up);
        let is_record = |segment: &Segment| segment.origin == KeyOrigin::Data && segment.path_key().is_some();
        let records = places.zip(self.anchor.segments().iter().rev()).filter(|(_, segment)| is_record(segment));
        records.map(|(place, _)| place).collect()
    }

    /// Returns the key of the element itself, after renames.
    fn leaf_key<'p>(&self, path: &'p str) -> Option<&'p str> {
        if !self.anchor.path_is_whole() || path.is_empty() {
            return None;
        }
        let names_in_key =
            self.anchor.segments().last().and_then(Segment::path_key).map_or(1, |key| names(key).count());
        let container = outer(path, names_in_key);
        path.get(container.len()..).map(|key| key.trim_start_matches('/'))
    }

    /// Returns the common share of the path to it, from 0 to 1. `None` if it is in another record.
    fn container_share(&self, view: &View<T::Node>, place: usize, container: &str) -> Option<f32> {
        let seen = view.nodes.get(place)?;
        let old: Vec<&str> = names(container).collect();
        let mut new: Vec<(&str, bool)> = Vec::new();
        for around in view.containers(place) {
            let Some(key) = around.path_key() else { continue };
            let is_record = around.origin == KeyOrigin::Data;
            new.extend(names(key).collect::<Vec<_>>().into_iter().rev().map(|name| (name, is_record)));
        }
        new.reverse();
        let is_record = |name: &&&str| self.is_record_id(name);
        let leaves_record = old.iter().filter(is_record).any(|name| new.iter().all(|(new, _)| new != name));
        let enters_record = new.iter().any(|(name, is_record)| *is_record && !old.contains(name));
        // The same number in another list is another record.
        let is_row = seen.origin == KeyOrigin::Data || self.is_record_id(&seen.key);
        let other_list = is_row && old.last() != new.last().map(|(name, _)| name);
        if leaves_record || enters_record || other_list {
            return None;
        }
        let new: Vec<&str> = new.into_iter().map(|(name, _)| name).collect();
        Some(shared(&old, &new))
    }

    /// Returns whether this name of the path identifies a record. Without a captured tree: whether it contains no
    /// letter.
    fn is_record_id(&self, name: &str) -> bool {
        let mut segments = self.anchor.segments().iter();
        if self.anchor.segments().is_empty() {
            return !name.chars().any(char::is_alphabetic);
        }
        segments.any(|segment| segment.origin == KeyOrigin::Data && segment.path_key() == Some(name))
    }

    /// Returns the nearest remaining element. The root contains everything and is no answer.
    fn nearest(&self, path: &str, walked: Walked<'_, T::Node>) -> (Match<T::Node>, Option<Evidence>) {
        if let Some((node, relation)) = self.beside {
            return (Match::Nearest { node, relation }, Some(Evidence::SiblingHolds));
        }
        let container = match self.leaf_key(path) {
            Some(key) => outer(path, names(key).count()),
            None => path,
        };
        // At most the element's own name is missing, or none, if it had no name.
        if names(walked.rest).count() <= names(path).count() - names(container).count() {
            if let Some((node, relation)) = self.sibling(container) {
                return (Match::Nearest { node, relation }, Some(Evidence::SiblingHolds));
            }
        }
        if walked.reached == self.tree.root() {
            return match self.around {
                Some((node, relation)) => (Match::Nearest { node, relation }, Some(Evidence::ContainerHolds)),
                None => (Match::Gone, None),
            };
        }
        let levels = names(walked.rest).count() + usize::from(!self.anchor.has_own_key());
        let levels = u16::try_from(levels.max(1)).unwrap_or(u16::MAX);
        let relation = Relation::Ancestor { levels };
        (Match::Nearest { node: walked.reached, relation }, Some(Evidence::ContainerHolds))
    }

    /// Returns the nearest remaining sibling; of two at the same distance, the one before.
    fn sibling(&self, container: &str) -> Option<(T::Node, Relation)> {
        let (before, after) = (self.anchor.before(), self.anchor.after());
        (0..before.len().max(after.len()))
            .flat_map(|far| [(before.get(far), Relation::PreviousSibling), (after.get(far), Relation::NextSibling)])
            .find_map(|(sibling, relation)| {
                let walked_path = format!("{container}/{}", sibling?.path_key()?);
                let walked = walk(self.tree, &walked_path);
                (walked.end == End::Held).then_some((walked.reached, relation))
            })
    }
}

/// Returns the innermost container of the anchored element whose partner contains the candidate, without the root, and by
/// how many levels that container was around the element.
fn around_both(sides: &Sides, matching: &Matching, place: usize) -> Option<(usize, u16)> {
    let up = |place: &usize| sides.old.parent(*place);
    let around = std::iter::successors(up(&sides.target), up).take_while(|place| *place > 0);
    around.zip(1..).find_map(|(container, levels)| {
        let image = matching.new_of(container).filter(|image| *image > 0 && *image < place)?;
        sides.new.is_in(place, image).then_some((image, levels))
    })
}

/// The path without its last `count` names.
fn outer(path: &str, count: usize) -> &str {
    let mut path = path.trim_end_matches('/');
    for _ in 0..count {
        path = path.rsplit_once('/').map_or("", |(container, _)| container.trim_end_matches('/'));
    }
    path
}

/// The longest common subsequence, as a share of the shorter one: containers may come and go between others.
fn shared(one: &[&str], other: &[&str]) -> f32 {
    let shorter = one.len().min(other.len());
    if shorter == 0 {
        return 1.0;
    }
    let mut best = vec![0_u16; other.len() + 1];
    for name in one {
        let mut diagonal = 0;
        for (place, candidate) in (1..).zip(other) {
            let left = best.get(place - 1).copied().unwrap_or_default();
            let Some(cell) = best.get_mut(place) else { break };
            let above = *cell;
            *cell = if name == candidate { diagonal + 1 } else { above.max(left) };
            diagonal = above;
        }
    }
    f32::from(best.last().copied().unwrap_or_default()) / f32::from(u16::try_from(shorter).unwrap_or(u16::MAX))
}
