//! The prominence of the marker: how it fades, when to announce it, and where to put the focus.
//!
//! There is no clock: the caller passes the elapsed time.

use std::time::Duration;

use super::Marker;
use super::resolve::Certainty;
use crate::mark::{Action, Phase};
use crate::time::plausible;

/// The prominence with which the marker is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Salience {
    /// Not drawn; "take me back" shows it again.
    Hidden,
    /// Small, without a label.
    Quiet,
    /// Prominent: full size, with a label.
    Prominent,
}

/// The size of the resume card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardSize {
    /// No card.
    None,
    /// One line.
    Line,
    /// The whole card, with the trail and the note.
    Open,
}

/// An event that changes the prominence of the cue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CueEvent {
    /// The user is present: the window has the focus, or the pointer moved. Starts the clock. Every other event that
    /// only a user can cause also counts as presence.
    UserPresent,
    /// The user touched an element other than the previous one. Send it once per element, not per keystroke, because a
    /// burst is one entry of the trail: ten letters typed into one field are one interaction.
    Touched {
        /// Whether the touched element is the marked element.
        on_target: bool,
    },
    /// Time has passed since the last tick. Counts only while the user is present.
    Elapsed(Duration),
    /// The user dismissed the cue: Esc, or a click on the card's close button. The cue stays hidden until the user
    /// recalls it, and does not [rest](Cue::is_resting). After an absence, the session has a new marker, which needs a new
    /// cue.
    Dismissed,
    /// "Not now": the cue stays hidden until the user returns from the next absence, or recalls it.
    Postponed,
    /// "Take me back": shows the cue again at full prominence, whether it faded or was dismissed. It is not announced
    /// again, because the user asked for it.
    Recalled,
    /// The user is away again: the clock stops. At the next presence, the cue has its initial prominence again, unless
    /// it was dismissed. If the session has a new marker, create a new cue instead.
    UserAway,
}

/// The policy for fading and for the size of the cue after an absence.
///
/// | Away | Marker | Card |
/// |---|---|---|
/// | less than 30 s | quiet | none |
/// | less than 10 min | prominent | none |
/// | less than 1 day, or unknown | prominent | one line |
/// | longer | prominent | open |
///
/// With [`Certainty::Card`], there is no element to point at, so the card has at least one line.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::marker::cue::CuePolicy;
///
/// let mut policy = CuePolicy::default();
/// policy.hidden_after_active = Duration::from_secs(60);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CuePolicy {
    /// Number of touches of other elements until the cue is quiet: 3.
    pub quiet_after: u32,
    /// Number of touches until the cue is hidden: 10.
    pub hidden_after: u32,
    /// Time of active use until the cue is hidden: 15 s.
    pub hidden_after_active: Duration,
    /// Minimum absence for a prominent cue: 30 s.
    pub quiet_below: Duration,
    /// Minimum absence for a card of one line: 10 minutes.
    pub line_from: Duration,
    /// Minimum absence for an open card: 1 day.
    pub card_from: Duration,
}

impl Default for CuePolicy {
    fn default() -> Self {
        Self {
            quiet_after: 3,
            hidden_after: 10,
            hidden_after_active: Duration::from_secs(15),
            quiet_below: Duration::from_secs(30),
            line_from: Duration::from_secs(600),
            card_from: Duration::from_secs(86_400),
        }
    }
}

impl CuePolicy {
    /// Returns the policy for the first look after a start: always prominent, with a card of at least one line.
    ///
    /// A user who waits two seconds for a restart has lost the whole screen meanwhile, so the absence says little about
    /// what is remembered.
    #[must_use]
    pub fn at_start(mut self) -> Self {
        (self.quiet_below, self.line_from) = (Duration::ZERO, Duration::ZERO);
        self
    }
}

/// The recommended keyboard focus after a resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FocusAdvice {
    /// On the element, to continue the edit.
    OnTarget,
    /// Beside the element, so that no key repeats a finished action.
    BesideTarget,
    /// Unchanged: the user is already working elsewhere, or the element was not found.
    LeaveAlone,
}

/// The current state of the cue: prominent at first, quiet once the user works, then hidden.
///
/// The cue is quiet after the first interaction on the marked element or the third elsewhere. It is hidden after the
/// tenth interaction or after 15 seconds of active use, whichever comes first. Counting starts when the user is
/// present.
///
/// ```
/// use std::time::Duration;
///
/// use leftoff::marker::cue::{CardSize, Cue, CueEvent, CuePolicy, FocusAdvice, Salience};
/// use leftoff::marker::resolve::Certainty;
/// use leftoff::time::Timestamp;
/// use leftoff::{Action, Mark, Marker};
///
/// let marks = [(Mark::new("invoice/42/amount").action(Action::Edit), Timestamp::default())];
/// let marker = Marker::from_marks("main", marks, Some(Duration::from_secs(42 * 60)), None).unwrap();
/// let mut cue = Cue::new(&marker, Certainty::Point, CuePolicy::default());
/// assert_eq!((cue.salience(), cue.card()), (Salience::Prominent, CardSize::Line));
/// assert_eq!(cue.focus_advice(), FocusAdvice::OnTarget);
///
/// assert!(!cue.handle(CueEvent::Elapsed(Duration::from_secs(3600))), "the user is absent");
/// assert!(!cue.announce(), "the user is absent");
/// cue.handle(CueEvent::UserPresent);
/// assert!(cue.announce() && !cue.announce(), "once");
///
/// assert!(cue.handle(CueEvent::Touched { on_target: true }), "redraw");
/// assert_eq!((cue.salience(), cue.card()), (Salience::Quiet, CardSize::None));
/// cue.handle(CueEvent::Elapsed(Duration::from_secs(15)));
/// assert_eq!(cue.salience(), Salience::Hidden);
///
/// cue.handle(CueEvent::Recalled);
/// assert_eq!(cue.salience(), Salience::Prominent);
/// ```
#[derive(Debug, Clone)]
pub struct Cue {
    policy: CuePolicy,
    certainty: Certainty,
    act: (Action, Phase),
    away: Option<Duration>,
    shown: Shown,
    is_present: bool,
    is_announced: bool,
    /// Whether the user touched another element since the cue was first shown.
    is_elsewhere: bool,
    /// Since the cue was armed: touches of other elements, all touches, time.
    others: u32,
    touches: u32,
    active: Duration,
}

/// Whether the cue is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    As(Salience),
    /// Hidden until it is recalled.
    Dismissed,
}

impl Cue {
    /// Creates the cue for a marker that was located with this certainty.
    pub fn new(marker: &Marker, certainty: Certainty, policy: CuePolicy) -> Self {
        let mut cue = Self {
            policy,
            certainty,
            act: (marker.action(), marker.phase()),
            away: plausible(marker.away()),
            shown: Shown::As(Salience::Hidden),
            is_present: false,
            is_announced: false,
            is_elsewhere: false,
            others: 0,
            touches: 0,
            active: Duration::ZERO,
        };
        cue.arm();
        cue
    }

    /// Handles an event. Returns whether the cue must be redrawn.
    pub fn handle(&mut self, event: CueEvent) -> bool {
        let before = (self.salience(), self.card());
        if !matches!(event, CueEvent::Elapsed(_) | CueEvent::UserAway) {
            self.arrive();
        }
        match event {
            CueEvent::UserPresent => {}
            CueEvent::Touched { on_target } => self.touched(on_target),
            CueEvent::Elapsed(passed) => self.passed(passed),
            CueEvent::Dismissed => self.shown = Shown::Dismissed,
            CueEvent::Postponed => self.fade(Salience::Hidden),
            CueEvent::Recalled => self.take_back(),
            CueEvent::UserAway => self.is_present = false,
        }
        before != (self.salience(), self.card())
    }

    /// Returns the prominence with which to draw.
    pub fn salience(&self) -> Salience {
        match self.shown {
            Shown::As(salience) => salience,
            Shown::Dismissed => Salience::Hidden,
        }
    }

    /// Returns the size of the card.
    ///
    /// While the cue is prominent, the size follows the absence; while it is quiet, the card is one size smaller. If
    /// the card is the only cue, it is never absent while the cue is shown.
    pub fn card(&self) -> CardSize {
        let size = match self.away {
            Some(away) if away < self.policy.line_from => CardSize::None,
            Some(away) if away >= self.policy.card_from => CardSize::Open,
            _ => CardSize::Line,
        };
        let size = match (self.salience(), size) {
            (Salience::Prominent, size) => size,
            (Salience::Quiet, CardSize::Open) => CardSize::Line,
            (Salience::Quiet, _) => CardSize::None,
            (Salience::Hidden, _) => return CardSize::None,
        };
        if self.certainty == Certainty::Card { size.max(CardSize::Line) } else { size }
    }

    /// Returns the certainty, which determines what may be drawn.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Sets the certainty after the interface was resolved again, for example after a row was built or a page was
    /// opened. Redraw after this call.
    pub fn set_certainty(&mut self, certainty: Certainty) {
        self.certainty = certainty;
    }

    /// Returns whether to announce the marker to screen readers now.
    ///
    /// Returns `true` once per resume, when the user is present. Returns `false` after an absence too short for a
    /// prominent cue, and once the cue is hidden.
    pub fn announce(&mut self) -> bool {
        let is_due = self.is_present && self.salience() != Salience::Hidden && self.loudest() == Salience::Prominent;
        is_due && !std::mem::replace(&mut self.is_announced, true)
    }

    /// Returns the recommended keyboard focus.
    ///
    /// Advises the element, to continue an edit unless it is finished, or an unfinished choice; otherwise a position
    /// beside it, because a key may repeat a finished action. Advises no change if the element was not found, if the cue
    /// is hidden, or once the user touched another element.
    pub fn focus_advice(&self) -> FocusAdvice {
        let is_found = matches!(self.certainty, Certainty::Point | Certainty::Moved);
        if !is_found || self.is_elsewhere || self.salience() == Salience::Hidden {
            return FocusAdvice::LeaveAlone;
        }
        match self.act {
            (Action::Edit, Phase::Unknown | Phase::InProgress | Phase::Failed)
            | (Action::Choose, Phase::InProgress) => FocusAdvice::OnTarget,
            _ => FocusAdvice::BesideTarget,
        }
    }

    /// Returns whether the user has been there since the cue was created or the user left: before that, nothing is
    /// announced, and motion would be seen by nobody.
    pub fn is_present(&self) -> bool {
        self.is_present
    }

    /// Returns whether the marker rests: it has faded and the user has not been back at the element, so a small bookmark
    /// offers to [recall](CueEvent::Recalled) it.
    pub fn is_resting(&self) -> bool {
        self.shown == Shown::As(Salience::Hidden) && self.touches == self.others
    }

    /// Returns the initial prominence.
    fn loudest(&self) -> Salience {
        let is_short = self.away.is_some_and(|away| away < self.policy.quiet_below);
        if is_short { Salience::Quiet } else { Salience::Prominent }
    }

    fn arm(&mut self) {
        self.shown = Shown::As(self.loudest());
        (self.others, self.touches, self.active) = (0, 0, Duration::ZERO);
    }

    fn arrive(&mut self) {
        if std::mem::replace(&mut self.is_present, true) || self.shown == Shown::Dismissed {
            return;
        }
        self.arm();
        self.is_announced = false;
    }

    fn touched(&mut self, on_target: bool) {
        self.touches = self.touches.saturating_add(1);
        self.others = self.others.saturating_add(u32::from(!on_target));
        self.is_elsewhere |= !on_target;
        if on_target || self.others >= self.policy.quiet_after {
            self.fade(Salience::Quiet);
        }
        if self.touches >= self.policy.hidden_after {
            self.fade(Salience::Hidden);
        }
    }

    fn passed(&mut self, passed: Duration) {
        if !self.is_present {
            return;
        }
        self.active = self.active.saturating_add(passed);
        if self.active >= self.policy.hidden_after_active {
            self.fade(Salience::Hidden);
        }
    }

    fn fade(&mut self, to: Salience) {
        if let Shown::As(salience) = &mut self.shown {
            *salience = (*salience).min(to);
        }
    }

    fn take_back(&mut self) {
        self.arm();
        self.shown = Shown::As(Salience::Prominent);
        self.is_elsewhere = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::Mark;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    const ON: CueEvent = CueEvent::Touched { on_target: true };
    const OFF: CueEvent = CueEvent::Touched { on_target: false };

    fn seconds(seconds: u64) -> CueEvent {
        CueEvent::Elapsed(Duration::from_secs(seconds))
    }

    fn cue_of(mark: Mark<'_>, away: Option<u64>, certainty: Certainty) -> Cue {
        let away = away.map(Duration::from_secs);
        let marker = Marker::from_marks("main", [(mark, Timestamp::default())], away, None).unwrap();
        Cue::new(&marker, certainty, CuePolicy::default())
    }

    fn cue(away: Option<u64>) -> Cue {
        cue_of(Mark::new("a").action(Action::Edit), away, Certainty::Point)
    }

    fn shown(cue: &Cue) -> (Salience, CardSize) {
        (cue.salience(), cue.card())
    }

    #[test]
    fn the_first_look_after_a_start_is_never_quiet() {
        let marker = |away| Marker::from_marks("", [(Mark::new("a"), Timestamp::default())], Some(away), None).unwrap();
        for seconds in [0, 5, 60] {
            let cue =
                Cue::new(&marker(Duration::from_secs(seconds)), Certainty::Point, CuePolicy::default().at_start());
            assert_eq!((cue.salience(), cue.card()), (Salience::Prominent, CardSize::Line), "{seconds}");
        }
    }

    #[test]
    fn the_longer_the_absence_the_more_is_shown() {
        let bands = [
            (Some(0), Salience::Quiet, CardSize::None),
            (Some(29), Salience::Quiet, CardSize::None),
            (Some(30), Salience::Prominent, CardSize::None),
            (Some(599), Salience::Prominent, CardSize::None),
            (Some(600), Salience::Prominent, CardSize::Line),
            (Some(86_399), Salience::Prominent, CardSize::Line),
            (Some(86_400), Salience::Prominent, CardSize::Open),
            (None, Salience::Prominent, CardSize::Line),
            (Some(u64::MAX), Salience::Prominent, CardSize::Line),
        ];
        for (away, salience, card) in bands {
            assert_eq!(shown(&cue(away)), (salience, card), "{away:?}");
            let lost = cue_of(Mark::new("a"), away, Certainty::Card);
            assert_eq!(shown(&lost), (salience, card.max(CardSize::Line)), "{away:?}");
        }
    }

    #[test]
    fn it_is_quiet_after_one_touch_of_the_target_or_three_of_others() {
        let mut here = cue(Some(86_400));
        assert!(here.handle(ON));
        assert_eq!(shown(&here), (Salience::Quiet, CardSize::Line), "the card folds");
        let mut there = cue(Some(600));
        assert_eq!([OFF, OFF, OFF].map(|event| there.handle(event)), [false, false, true]);
        assert_eq!(shown(&there), (Salience::Quiet, CardSize::None));
        let mut lost = cue_of(Mark::new("a"), None, Certainty::Card);
        (0..3).for_each(|_| _ = lost.handle(OFF));
        assert_eq!(shown(&lost), (Salience::Quiet, CardSize::Line), "else there were nothing to see");
    }

    #[test]
    fn it_is_hidden_after_ten_touches_or_fifteen_seconds() {
        let mut busy = cue(None);
        assert_eq!((0..10).map(|_| busy.handle(ON)).filter(|changed| *changed).count(), 2);
        assert_eq!(shown(&busy), (Salience::Hidden, CardSize::None));
        let mut slow = cue(None);
        slow.handle(CueEvent::UserPresent);
        assert!(!slow.handle(seconds(14)) && slow.handle(seconds(1)));
        assert_eq!(slow.salience(), Salience::Hidden);
    }

    #[test]
    fn after_an_absence_it_is_as_loud_as_at_first_and_announced_again() {
        let mut cue = cue(None);
        (0..10).for_each(|_| _ = cue.handle(ON));
        assert!(!cue.announce(), "hidden before it was due");
        assert!(!cue.handle(CueEvent::UserAway) && cue.handle(CueEvent::UserPresent));
        assert_eq!(cue.salience(), Salience::Prominent);
        assert!(cue.announce() && !cue.announce());
        assert!(!cue.handle(CueEvent::UserAway) && !cue.announce());
        assert!(!cue.handle(CueEvent::UserPresent) && cue.announce());
        cue.handle(seconds(14));
        cue.handle(CueEvent::UserAway);
        cue.handle(CueEvent::UserPresent);
        assert!(!cue.handle(seconds(14)), "the clock began anew");
    }

    #[test]
    fn what_was_dismissed_stays_away_until_it_is_wanted() {
        let mut cue = cue(None);
        assert!(cue.handle(CueEvent::Dismissed) && !cue.handle(CueEvent::Dismissed));
        cue.handle(CueEvent::UserAway);
        assert!(!cue.handle(CueEvent::UserPresent) && !cue.announce());
        assert_eq!((cue.salience(), cue.focus_advice()), (Salience::Hidden, FocusAdvice::LeaveAlone));
        assert!(cue.handle(CueEvent::Recalled));
        assert_eq!((cue.salience(), cue.focus_advice()), (Salience::Prominent, FocusAdvice::OnTarget));
        cue.handle(ON);
        cue.handle(CueEvent::UserAway);
        assert!(cue.handle(CueEvent::UserPresent), "no longer dismissed");
    }

    #[test]
    fn a_short_absence_is_not_announced() {
        let mut short = cue(Some(5));
        assert!(!short.handle(CueEvent::UserPresent) && !short.announce());
        short.handle(CueEvent::Recalled);
        assert_eq!(short.salience(), Salience::Prominent, "asked for");
    }

    #[test]
    fn the_focus_goes_where_no_key_repeats_what_was_done() {
        let advice =
            |kind, phase, certainty| cue_of(Mark::new("a").action(kind).phase(phase), None, certainty).focus_advice();
        assert_eq!(advice(Action::Edit, Phase::Unknown, Certainty::Point), FocusAdvice::OnTarget);
        assert_eq!(advice(Action::Choose, Phase::Unknown, Certainty::Point), FocusAdvice::BesideTarget);
        for kind in [Action::Edit, Action::Choose] {
            assert_eq!(advice(kind, Phase::InProgress, Certainty::Point), FocusAdvice::OnTarget);
            assert_eq!(advice(kind, Phase::InProgress, Certainty::Moved), FocusAdvice::OnTarget);
            assert_eq!(advice(kind, Phase::InProgress, Certainty::Region), FocusAdvice::LeaveAlone);
            assert_eq!(advice(kind, Phase::InProgress, Certainty::Card), FocusAdvice::LeaveAlone);
            assert_eq!(advice(kind, Phase::Committed, Certainty::Point), FocusAdvice::BesideTarget);
        }
        for phase in [Phase::Unknown, Phase::InProgress, Phase::Committed, Phase::Failed] {
            for kind in [Action::Press, Action::Tick, Action::Focus, Action::Open, Action::Scroll, Action::Other] {
                assert_eq!(advice(kind, phase, Certainty::Point), FocusAdvice::BesideTarget);
            }
        }
        assert_eq!(advice(Action::Edit, Phase::Failed, Certainty::Point), FocusAdvice::OnTarget, "to be corrected");
        assert_eq!(advice(Action::Choose, Phase::Failed, Certainty::Point), FocusAdvice::BesideTarget);
    }

    #[test]
    fn the_focus_of_who_works_elsewhere_is_left_alone() {
        let mut cue = cue(None);
        cue.handle(ON);
        assert_eq!(cue.focus_advice(), FocusAdvice::OnTarget);
        cue.handle(OFF);
        assert_eq!(cue.focus_advice(), FocusAdvice::LeaveAlone);
        cue.handle(CueEvent::UserAway);
        cue.handle(CueEvent::UserPresent);
        assert_eq!(cue.focus_advice(), FocusAdvice::LeaveAlone, "that work is newer than the mark");
        cue.handle(CueEvent::Recalled);
        assert_eq!(cue.focus_advice(), FocusAdvice::OnTarget);
    }

    #[test]
    fn what_is_found_later_can_be_pointed_at() {
        let mut cue = cue_of(Mark::new("a").action(Action::Edit), Some(60), Certainty::Card);
        assert_eq!((cue.card(), cue.certainty()), (CardSize::Line, Certainty::Card));
        cue.set_certainty(Certainty::Point);
        assert_eq!((cue.card(), cue.certainty()), (CardSize::None, Certainty::Point));
        assert_eq!(cue.focus_advice(), FocusAdvice::OnTarget);
    }

    fn events() -> impl Strategy<Value = Vec<CueEvent>> {
        let event = prop_oneof![
            2 => Just(CueEvent::UserPresent),
            3 => Just(ON),
            3 => Just(OFF),
            3 => (0_u64..9).prop_map(seconds),
            1 => Just(CueEvent::Elapsed(Duration::MAX)),
            1 => Just(CueEvent::Dismissed),
            1 => Just(CueEvent::Recalled),
            2 => Just(CueEvent::UserAway),
        ];
        prop::collection::vec(event, 0..60)
    }

    fn any_cue() -> impl Strategy<Value = Cue> {
        let away = prop::sample::select(&[None, Some(3), Some(60), Some(3_600), Some(1 << 20)][..]);
        let certainties = [Certainty::Point, Certainty::Moved, Certainty::Region, Certainty::Card];
        let kind = prop::sample::select(&[Action::Edit, Action::Press][..]);
        (away, prop::sample::select(certainties.to_vec()), kind)
            .prop_map(|(away, certainty, kind)| cue_of(Mark::new("a").action(kind), away, certainty))
    }

    proptest! {
        #[test]
        fn it_grows_louder_only_when_the_user_is_back_or_wants_it(mut cue in any_cue(), events in events()) {
            let (mut is_away, mut is_dismissed) = (false, false);
            for event in events {
                let before = shown(&cue);
                let changed = cue.handle(event);
                prop_assert_eq!(changed, shown(&cue) != before, "{:?}", event);
                let is_back = is_away && !is_dismissed && !matches!(event, CueEvent::Elapsed(_) | CueEvent::UserAway);
                let may_rise = is_back || event == CueEvent::Recalled;
                let rose = cue.salience() > before.0 || cue.card() > before.1;
                prop_assert!(may_rise || !rose, "{:?}", event);
                match event {
                    CueEvent::UserAway => is_away = true,
                    CueEvent::Elapsed(_) => {}
                    _ => is_away = false,
                }
                is_dismissed = match event {
                    CueEvent::Dismissed => true,
                    CueEvent::Recalled => false,
                    _ => is_dismissed,
                };
            }
        }

        #[test]
        fn one_resume_is_announced_once_and_only_to_somebody(mut cue in any_cue(), events in events()) {
            // Away from the start, so that the first presence is a resume as well.
            let (mut is_away, mut said) = (true, false);
            for event in events {
                prop_assert!(!is_away || !cue.announce(), "nobody there");
                cue.handle(event);
                match event {
                    CueEvent::UserAway => is_away = true,
                    CueEvent::Elapsed(_) => {}
                    _ if is_away => (is_away, said) = (false, false),
                    _ => {}
                }
                let says = cue.announce();
                prop_assert!(!says || (!said && cue.salience() != Salience::Hidden));
                said |= says;
            }
        }

        #[test]
        fn time_that_passes_while_nobody_is_there_changes_nothing(mut cue in any_cue(), events in events()) {
            let mut without = cue.clone();
            let mut is_present = false;
            for event in events {
                let is_tick = matches!(event, CueEvent::Elapsed(_));
                let changed = cue.handle(event);
                if is_tick && !is_present {
                    prop_assert!(!changed);
                } else {
                    prop_assert_eq!(changed, without.handle(event));
                }
                is_present = if is_tick { is_present } else { event != CueEvent::UserAway };
                prop_assert_eq!(shown(&cue), shown(&without));
                prop_assert_eq!(cue.focus_advice(), without.focus_advice());
                prop_assert_eq!(cue.announce(), without.announce());
            }
        }
    }
}
