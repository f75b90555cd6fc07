//! The state of the crash guard across launches.

/// Consecutive launches that ended inside the restore: after a section was restored, and before the next sign of life.
///
/// A short look that Ctrl-C ends leaves the same frames as an abort, so an end of unknown kind is weak evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strikes {
    /// The number of ends.
    pub(crate) ends: u8,
    /// The number of ends with a recorded crash.
    pub(crate) crashes: u8,
}

/// What the crash guard makes of a launch: the ends it counted, and whether it hides the markers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Caution {
    /// The consecutive launches before this one that ended inside the restore.
    pub(crate) strikes: Strikes,
    pub(crate) unmarked: bool,
}

/// The guard acts after this many consecutive ends of any kind,
const ENDS: u8 = 5;
/// or after this many ends with a recorded crash.
const CRASHES: u8 = 3;
/// After the guard has acted and a launch survived, everything is offered again, and this many more ends are enough.
const RELAPSE: u8 = 2;

impl Strikes {
    /// Returns whether the guard withholds something from the launch that counts these ends.
    pub(crate) fn act(self) -> bool {
        self.ends >= ENDS || self.crashes >= CRASHES
    }

    /// Returns whether each section is recorded before it is restored, so that the section that ended the launch is
    /// known.
    pub(crate) fn any(self) -> bool {
        self.ends > 0
    }

    pub(crate) fn one_more(self, crashed: bool) -> Self {
        Self { ends: self.ends.saturating_add(1), crashes: self.crashes.saturating_add(u8::from(crashed)) }
    }

    /// Returns the state after the launch that counted these ends survived.
    pub(crate) fn survived(self) -> Self {
        if self.act() { Self { ends: ENDS - RELAPSE, crashes: CRASHES - RELAPSE } } else { Self::default() }
    }
}
