//! The user's other devices, with the feature `roam`: `--roam DIR --device NAME --key FILE`.

use std::error::Error;
use std::path::PathBuf;

#[cfg(feature = "roam")]
pub(crate) use with::{Choice, Devices, KEYS};
#[cfg(not(feature = "roam"))]
pub(crate) use without::{Choice, Devices};

/// Where the devices meet, and how.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The directory that the devices share.
    pub(crate) shared: Option<PathBuf>,
    /// What the user calls this device.
    pub(crate) device: String,
    pub(crate) key: Option<PathBuf>,
    pub(crate) makes_key: bool,
}

impl Options {
    /// Returns the file of the key, if the devices meet anywhere.
    fn key(&self) -> Result<Option<(&PathBuf, &PathBuf)>, Box<dyn Error>> {
        let Some(shared) = &self.shared else { return Ok(None) };
        let key = self.key.as_ref().ok_or("--roam needs --key FILE or --new-key FILE")?;
        Ok(Some((shared, key)))
    }
}

#[cfg(feature = "roam")]
mod with {
    use std::time::Duration;

    use leftoff::Session;
    use leftoff_ratatui::{Arrow, DeviceLine, StatusLine};
    use leftoff_roam::devices::{DeviceAction, WaitingId};
    use leftoff_roam::store::FolderStore;
    use leftoff_roam::{KeyFile, Roam};
    use ratatui::crossterm::event::KeyCode;

    use super::{Answer, Error, List, Options};
    use crate::app::FORM;
    use crate::form;

    pub(crate) type Choice = (WaitingId, DeviceAction);

    /// The keys, and what they do.
    pub(crate) const KEYS: [(DeviceAction, &str); 5] = [
        (DeviceAction::Undo, "Ctrl-U"),
        (DeviceAction::Show, "F2"),
        (DeviceAction::TakeOver, "F3"),
        (DeviceAction::NotNow, "Esc"),
        (DeviceAction::Understood, "Esc"),
    ];

    /// The other devices, if there are to be any.
    #[derive(Default)]
    pub(crate) struct Devices(Option<leftoff_roam::Devices>);

    impl Devices {
        pub(crate) fn start(options: &Options, session: &Session) -> Result<Self, Box<dyn Error>> {
            let Some((shared, key)) = options.key()? else { return Ok(Self::default()) };
            // The first device sets up the place; every other one waits for it.
            let (keys, store) = if options.makes_key {
                (KeyFile::create(key)?, FolderStore::new(shared))
            } else {
                (KeyFile::open(key)?, FolderStore::existing(shared))
            };
            let roam = Roam::new("com.example.tui-trip", "traveller", store, keys);
            let roaming = roam.device_name(&options.device).start(session)?;
            let devices = leftoff_roam::Devices::new(roaming);
            Ok(Self(Some(devices.section(FORM, "the trip request", form::differences))))
        }

        /// Returns whether the answers changed.
        pub(crate) fn update(&mut self, session: &mut Session) -> bool {
            self.0.as_mut().is_some_and(|devices| devices.update(session))
        }

        /// Handles a key, if it is for the card. Returns whether it was.
        pub(crate) fn press(&mut self, session: &mut Session, key: KeyCode, control: bool) -> Option<Answer> {
            use DeviceAction::{NotNow, Show, TakeOver, Understood, Undo};
            let devices = self.0.as_mut()?;
            let wanted: &[DeviceAction] = match key {
                KeyCode::Char('u') if control => &[Undo],
                // The list is always there, also when the card is gone.
                KeyCode::F(2) if !devices.actions().contains(&Show) => return Some(Answer::Show),
                KeyCode::F(2) => &[Show],
                KeyCode::F(3) => &[TakeOver],
                KeyCode::Esc => &[NotNow, Understood],
                _ => return None,
            };
            let offered = devices.actions();
            let action = *wanted.iter().find(|action| offered.contains(action))?;
            let must_reread = devices.act(session, action);
            Some(if devices.wants_list() {
                Answer::Show
            } else if must_reread {
                Answer::Reread
            } else {
                Answer::Done
            })
        }

        /// Returns whether the answers changed.
        pub(crate) fn decide(&mut self, session: &mut Session, (waiting, action): &Choice) -> bool {
            self.0.as_mut().is_some_and(|devices| devices.decide(session, waiting, *action))
        }

        /// The list of the other devices, with its heading.
        pub(crate) fn lines(&self, arrow: &Arrow) -> Option<List<Choice>> {
            let lines = arrow.devices_lines(self.0.as_ref()?).into_iter();
            Some((arrow.devices_heading(), lines.map(|DeviceLine { text, choice, .. }| (text, choice)).collect()))
        }

        /// The texts of the list as of now.
        pub(crate) fn texts(&self, arrow: &Arrow) -> Vec<String> {
            self.lines(arrow).map_or_else(Vec::new, |(_, lines)| lines.into_iter().map(|(text, _)| text).collect())
        }

        /// Whether there are to be any.
        pub(crate) fn are_there(&self) -> bool {
            self.0.is_some()
        }

        pub(crate) fn card(&self, arrow: &Arrow) -> Option<StatusLine> {
            Some(arrow.devices_card(self.0.as_ref()?)).filter(|card| !card.is_empty())
        }

        pub(crate) fn height(&self, arrow: &Arrow, columns: u16) -> u16 {
            self.0.as_ref().map_or(0, |devices| arrow.devices_height(devices, columns))
        }

        pub(crate) fn status(&self, arrow: &Arrow) -> Option<String> {
            arrow.devices_line(self.0.as_ref()?)
        }

        pub(crate) fn focus(&mut self, has_focus: bool) {
            if let Some(devices) = &mut self.0 {
                devices.roaming_mut().focus(has_focus);
            }
        }

        /// Sends what is not sent yet, for at most two seconds.
        pub(crate) fn close(&mut self, session: &mut Session) {
            if let Some(devices) = self.0.take() {
                // What is not sent, the next start sends.
                let _ = devices.close(session, Duration::from_secs(2));
            }
        }
    }
}

/// A heading, and lines with what a choice of them does.
pub(crate) type List<C> = (String, Vec<(String, Option<C>)>);

/// What a key for the card has led to.
#[cfg_attr(not(feature = "roam"), expect(dead_code, reason = "no key is for the card"))]
pub(crate) enum Answer {
    Done,
    /// The answers changed.
    Reread,
    /// The user wants to see the list.
    Show,
}

#[cfg(not(feature = "roam"))]
mod without {
    use leftoff::Session;
    use leftoff_ratatui::{Arrow, StatusLine};
    use ratatui::crossterm::event::KeyCode;

    use super::{Answer, Error, List, Options};

    /// Nothing can be chosen.
    #[derive(Clone)]
    pub(crate) enum Choice {}

    #[derive(Default)]
    pub(crate) struct Devices;

    #[allow(clippy::unused_self, reason = "the other module needs it")]
    impl Devices {
        pub(crate) fn start(options: &Options, _: &Session) -> Result<Self, Box<dyn Error>> {
            match options.key()? {
                None => Ok(Self),
                Some(_) => Err("built without the feature `roam`".into()),
            }
        }

        pub(crate) fn update(&mut self, _: &mut Session) -> bool {
            false
        }

        pub(crate) fn press(&mut self, _: &mut Session, _: KeyCode, _: bool) -> Option<Answer> {
            None
        }

        pub(crate) fn decide(&mut self, _: &mut Session, choice: &Choice) -> bool {
            match *choice {}
        }

        pub(crate) fn lines(&self, _: &Arrow) -> Option<List<Choice>> {
            None
        }

        pub(crate) fn texts(&self, _: &Arrow) -> Vec<String> {
            Vec::new()
        }

        pub(crate) fn are_there(&self) -> bool {
            false
        }

        pub(crate) fn card(&self, _: &Arrow) -> Option<StatusLine> {
            None
        }

        pub(crate) fn height(&self, _: &Arrow, _: u16) -> u16 {
            0
        }

        pub(crate) fn status(&self, _: &Arrow) -> Option<String> {
            None
        }

        pub(crate) fn focus(&mut self, _: bool) {}

        pub(crate) fn close(&mut self, _: &mut Session) {}
    }
}
