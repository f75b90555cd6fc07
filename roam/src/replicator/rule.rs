//! The rules that keep values from being lost. The simulation leaves out one at a time, and must notice.

/// A rule of the replicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A write replaces only the value that its user saw.
    KeepLoser,
    /// A value keeps its section as long as it keeps its dot.
    LoserStaysInPlace,
    /// Dots have a random part.
    Nonce,
    /// Names contain the hash of their bytes, and a copy of the device is noticed.
    NoticeCopy,
    /// A rule of those who feed the replicator: a merged value replaces what it was made from only once it is saved.
    #[cfg(test)]
    MergeOnSave,
    /// The objects of a removed device are deleted after its state was joined and published.
    JoinBeforeRemoval,
    /// Each listing is compared with the own log.
    ChainCheck,
    /// Superseded objects stay for a day.
    Grace,
    /// Only objects of the own log are deleted.
    OwnObjectsOnly,
    /// Objects are deleted after the base that replaces them was read back.
    BaseBeforeDeletion,
}

/// The rules in force: all of them, except in a test.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    #[cfg(test)]
    pub(crate) without: Option<Rule>,
}

impl Rules {
    #[cfg_attr(not(test), allow(clippy::unused_self, reason = "only a test leaves out a rule"))]
    pub(crate) fn keep(self, rule: Rule) -> bool {
        #[cfg(test)]
        return self.without != Some(rule);
        #[cfg(not(test))]
        {
            let _ = rule;
            true
        }
    }
}
