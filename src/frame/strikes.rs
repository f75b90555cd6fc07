//! What the crash guard remembers from launch to launch.

/// Launches in a row that ended inside the restore: after a section was handed out, and before the next sign of life.
///
/// A quick look that Ctrl-C ends leaves the same traces as an abort, so an end of unknown kind is weak evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strikes {
    /// All of them.
    pub(crate) ends: u8,
    /// Those whose process noted that it was crashing.
    pub(crate) crashes: u8,
}

/// The guard acts after this many ends of any kind in a row,
const ENDS: u8 = 5;
/// or after this many that were noted as crashes.
const CRASHES: u8 = 3;
/// Once the guard has acted and a launch lived, everything is offered again, and this many more ends are enough.
const RELAPSE: u8 = 2;

impl Strikes {
    /// Whether the guard withholds something from the launch that counts these.
    pub(crate) fn act(self) -> bool {
        self.ends >= ENDS || self.crashes >= CRASHES
    }

    /// Whether each section is noted before it is handed out, so that the one that ended the launch is known.
    pub(crate) fn any(self) -> bool {
        self.ends > 0
    }

    pub(crate) fn one_more(self, crashed: bool) -> Self {
        Self { ends: self.ends.saturating_add(1), crashes: self.crashes.saturating_add(u8::from(crashed)) }
    }

    /// The launch that counted these lived.
    pub(crate) fn survived(self) -> Self {
        if self.act() { Self { ends: ENDS - RELAPSE, crashes: CRASHES - RELAPSE } } else { Self::default() }
    }
}
