//! Boots of the machine, identified by the name of a generation alone: after a power cut that took a log's first
//! frames, nothing else may be left that shows whether the log was on its way to the disk when the power failed.

use crate::backend::Generation;
use crate::frame::checksum;

/// One boot of the machine, from start to shutdown, identified by 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run(u32);

impl Run {
    /// Returns the boot in which this generation was begun; a boot of its own if the system does not identify boots.
    pub(crate) fn of(generation: Generation) -> Self {
        let [.., a, b, c, d] = generation.writer.to_be_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }
}

impl From<[u8; 16]> for Run {
    fn from(boot: [u8; 16]) -> Self {
        let [.., a, b, c, d] = checksum(&boot).to_be_bytes();
        Self(u32::from_be_bytes([a, b, c, d]))
    }
}

impl From<Run> for u32 {
    fn from(Run(run): Run) -> Self {
        run
    }
}

/// Returns the name under which a launch writes: half of it random, half of it the boot.
pub(crate) fn writer_id(random: u64, boot: Option<[u8; 16]>) -> u64 {
    boot.map(Run::from).map_or(random, |Run(run)| (random << 32) | u64::from(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writers_name_tells_its_run_and_nothing_else() {
        let (boot, next) = ([7; 16], [8; 16]);
        let names = [writer_id(1, Some(boot)), writer_id(2, Some(boot)), writer_id(1, Some(next)), writer_id(1, None)];
        let runs = names.map(|writer| Run::of(Generation { number: 1, writer }));
        assert_eq!([runs[0], runs[1]], [Run::from(boot); 2]);
        assert_eq!(runs[2], Run::from(next));
        assert!(runs[3] != Run::from(boot) && runs[3] != Run::from(next));
        assert_ne!(names[0], names[1]);
    }
}
