//! How loudly the marker is drawn: loud at first, quiet once the user is at work again, then gone.

/// Without an act at the marked place, so many others make the marker quiet.
const LOST_INTEREST: u32 = 3;
/// After so many acts the marker has done its work.
const DONE: u32 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Salience {
    Loud,
    Quiet,
    Hidden,
}

/// No clock: nothing of it passes while the user is away.
#[derive(Debug)]
pub(crate) struct Cue {
    salience: Salience,
    acts: u32,
    /// A burst in one element is one act.
    last: String,
}

impl Cue {
    pub(crate) fn hidden() -> Self {
        Self { salience: Salience::Hidden, acts: 0, last: String::new() }
    }

    pub(crate) fn loud() -> Self {
        Self { salience: Salience::Loud, ..Self::hidden() }
    }

    pub(crate) fn salience(&self) -> Salience {
        self.salience
    }

    pub(crate) fn act(&mut self, element: &str, marked: &str) {
        if element == self.last || self.salience == Salience::Hidden {
            return;
        }
        element.clone_into(&mut self.last);
        self.acts += 1;
        if self.acts >= DONE {
            self.salience = Salience::Hidden;
        } else if element == marked || self.acts >= LOST_INTEREST {
            self.salience = Salience::Quiet;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_quiet_once_the_user_is_back_at_it() {
        let mut cue = Cue::loud();
        cue.act("b", "a");
        assert_eq!(cue.salience(), Salience::Loud);
        cue.act("a", "a");
        assert_eq!(cue.salience(), Salience::Quiet);
    }

    #[test]
    fn a_burst_is_one_act_and_ten_acts_are_enough() {
        let mut cue = Cue::loud();
        (0..50).for_each(|_| cue.act("b", "a"));
        assert_eq!(cue.salience(), Salience::Loud);
        (0..8).for_each(|n| cue.act(&n.to_string(), "a"));
        assert_eq!(cue.salience(), Salience::Quiet);
        cue.act("c", "a");
        assert_eq!(cue.salience(), Salience::Hidden);
    }
}
