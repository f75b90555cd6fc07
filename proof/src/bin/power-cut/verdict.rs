//! What may come back after a cut, from what the wizard had said before it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use leftoff_proof::wizard::Moment;

/// One folder's history, as it was seen from outside of the disk.
#[derive(Debug, Default)]
pub struct Folder {
    /// What the last launch that looked found: it was on the disk then.
    found: Option<Moment>,
    /// Captured by a launch since, up to this step; and the last of them that was called synced.
    captured: Option<Moment>,
    synced: Option<Moment>,
    /// The newest that was called synced after the cut had begun, and whether it was after its end.
    late: Option<(Moment, bool)>,
    /// At these moments the wizard was being closed, or suspended.
    closes: BTreeSet<Moment>,
    suspends: BTreeSet<Moment>,
}

/// What happened in a whole run.
#[derive(Debug, Default)]
pub struct Tally {
    pub cuts: u64,
    pub looks: u64,
    /// Cut before the wizard had told what it found.
    pub early: u64,
    /// Cuts after which the newest capture was gone, as it may be that was not synced.
    pub taken_back: u64,
    /// Cuts after which more came back than the last sync promised.
    pub beyond: u64,
    /// Looks that stepped over frames the cut had torn.
    pub torn: u64,
    pub syncs: u64,
    pub captures: u64,
    pub clean: u64,
    pub interrupted: u64,
    /// Deaths in a folder of which nothing had reached the disk.
    pub fresh: u64,
    /// Called synced while the disk was being cut, or after that, and not there.
    pub void_during: u64,
    pub void_after: u64,
}

impl Folder {
    /// Takes in what one launch said. The first line tells what it found, and is judged.
    ///
    /// What was called synced after the cut had begun, in the time `cut`, binds nobody: a real cut would have taken
    /// the program with it, and the kernel can answer a sync that is under way with yes while it drops the journal.
    pub fn hear(&mut self, launch: u64, cut: Range<u128>, said: &[String], tally: &mut Tally) -> Result<(), String> {
        for line in said {
            let words: Vec<&str> = line.split(' ').collect();
            let moment = |word: &str| Moment { step: word.parse().unwrap_or(0), launch };
            match words.as_slice() {
                ["found", step, by, outcome, exit, unreadable] => {
                    let found = Moment { step: step.parse().unwrap_or(0), launch: by.parse().unwrap_or(0) };
                    tally.torn += u64::from(*unreadable != "0");
                    self.judge(Some(found).filter(|found| found.step > 0), outcome, exit, tally)?;
                }
                ["captures", step] => {
                    self.captured = Some(moment(step));
                    tally.captures += 1;
                }
                ["synced", step, at] if at.parse().unwrap_or(0) >= cut.start => {
                    self.late = Some((moment(step), at.parse().unwrap_or(0) >= cut.end));
                }
                ["synced", step, _] => {
                    tally.syncs += u64::from(self.synced != Some(moment(step)));
                    self.synced = Some(moment(step));
                }
                ["closes", step] => drop(self.closes.insert(moment(step))),
                ["suspends", step] => drop(self.suspends.insert(moment(step))),
                ["nothing"] => {
                    tally.torn += 1;
                    self.judge(None, "Damaged", "unknown", tally)?;
                }
                ["unavailable"] => {}
                _ => return Err(line.clone()),
            }
        }
        Ok(())
    }

    fn judge(&mut self, found: Option<Moment>, outcome: &str, exit: &str, tally: &mut Tally) -> Result<(), String> {
        let wrong = |what: &str, folder: &Self| Err(format!("{what}: {found:?} {outcome} {exit}, but {folder:?}"));
        tally.looks += 1;
        // A launch that captured nothing that survived leaves what it had found.
        let is_of_last_launch = found.zip(self.captured).is_some_and(|(found, last)| found.launch == last.launch);
        if is_of_last_launch {
            if found > self.captured {
                return wrong("a state that was never captured", self);
            }
            if found < self.synced {
                return wrong("older than the last sync", self);
            }
            tally.beyond += u64::from(found > self.synced);
            if let Some((_, is_over)) = self.late.filter(|(late, _)| found < Some(*late)) {
                *(if is_over { &mut tally.void_after } else { &mut tally.void_during }) += 1;
            }
        } else if self.synced.is_some() || found != self.found {
            return wrong("neither the last launch's nor what it had found", self);
        }
        tally.taken_back += u64::from(self.captured.is_some() && found != self.captured);
        let is_told = match (exit, found) {
            ("first", found) => found.is_none() && outcome == "Fresh",
            ("clean", Some(found)) => self.closes.contains(&found),
            ("interrupted", Some(found)) => self.suspends.contains(&found),
            ("rebooted", _) => outcome == "Recovered",
            // The launch frame did not reach the disk, a later one did; or nothing did.
            ("unknown", Some(_)) => outcome == "Recovered",
            ("unknown", None) => true,
            _ => false,
        };
        if !is_told {
            return wrong("another end than the launch had", self);
        }
        tally.clean += u64::from(exit == "clean");
        tally.interrupted += u64::from(exit == "interrupted");
        tally.fresh += u64::from(found.is_none());
        (self.found, self.captured, self.synced, self.late) = (found, None, None, None);
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cuts,
            looks,
            early,
            taken_back,
            beyond,
            torn,
            syncs,
            captures,
            clean,
            interrupted,
            fresh,
            void_during,
            void_after,
        } = self;
        write!(
            f,
            "{cuts} cuts ({early} before the start was over), {captures} captures, {syncs} syncs; {looks} looks: none older \
             than the last sync, none mixed, none wrong; {beyond} newer than the last sync, {taken_back} without the \
             newest capture, {torn} over torn frames, {clean} clean, {interrupted} interrupted, {fresh} empty; \
             called synced by the dying kernel and gone: {void_during} in the cut itself, {void_after} after it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(lines: &[(u64, &str)]) -> Result<(), String> {
        let (mut folder, mut tally) = (Folder::default(), Tally::default());
        lines.iter().try_for_each(|(launch, line)| folder.hear(*launch, 5..6, &[(*line).to_owned()], &mut tally))
    }

    const START: [(u64, &str); 5] =
        [(1, "found 0 0 Fresh first 0"), (1, "captures 1"), (1, "synced 1 4"), (1, "synced 2 5"), (1, "captures 2")];

    #[test]
    fn at_or_after_the_last_sync_is_right_and_nothing_else() {
        for (next, is_right) in [
            ("found 1 1 Recovered rebooted 0", true),
            ("found 2 1 Recovered rebooted 3", true),
            ("found 3 1 Recovered rebooted 0", false),
            ("found 0 0 Fresh first 0", false),
            ("found 1 9 Recovered rebooted 0", false),
            ("found 2 1 Resumed clean 0", false),
            ("wrong table", false),
        ] {
            let lines: Vec<_> = START.into_iter().chain([(2, next)]).collect();
            assert_eq!(hear(&lines).is_ok(), is_right, "{next}");
        }
    }

    #[test]
    fn what_was_found_once_stays() {
        let again = |next| {
            let lines = [(2, "found 1 1 Recovered rebooted 0"), (2, "captures 2"), (3, next)];
            hear(&START.into_iter().chain(lines).collect::<Vec<_>>())
        };
        assert!(again("found 1 1 Recovered rebooted 0").is_ok(), "the capture did not reach the disk");
        assert!(again("found 2 2 Recovered rebooted 0").is_ok());
        assert!(again("found 2 1 Recovered rebooted 0").is_err(), "of a timeline that the cut took back");
        assert!(again("found 0 0 Fresh first 0").is_err());
    }
}
