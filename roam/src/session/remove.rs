//! Removing devices, and forgetting everywhere.

use std::time::Duration;

use leftoff::{Error, Section, Session};

use super::{Roaming, flush};
use crate::join::SectionId;
use crate::shared::Command;
use crate::words::Other;

impl Roaming {
    /// Removes a device that its user does not have any more from the list, and a day later ([`Cadence`](crate::Cadence)'s
    /// `grace`) its objects from the store, after its state was joined here and published as part of this device's.
    ///
    /// Nothing of its work is lost. A device that still runs comes back with its next publication. A device that was stolen can
    /// still read the store as long as it has access to it and the key: take its access away, and rotate the key.
    pub fn remove_device(&mut self, other: &Other) {
        self.shared.send(Command::RemoveDevice(other.id));
    }

    /// Removes a section here, and asks the other devices to remove it. All objects that contain it are removed from the
    /// store: those of this device as soon as its state without the section was published and read back, those of another
    /// device when it runs next.
    ///
    /// Not removed are: earlier values in the history of each device (for this one, call [`Session::forget`]); old versions
    /// that the store keeps, such as those of a versioned bucket or a sync program's bin; and backups. A value that another
    /// device wrote without knowing of this is kept and offered. Another device removes its present value when its user takes
    /// the news over.
    ///
    /// # Errors
    /// As for [`Session::autosave`] and [`Session::flush`]: it waits for an fsync. Nothing was asked of the other devices then.
    pub fn forget<T>(&mut self, session: &mut Session, section: Section<T>) -> Result<(), Error> {
        let id = SectionId::new("", section.name());
        self.unmerge(&id);
        session.mark_dirty();
        session.autosave(|capture| capture.remove(section))?;
        // Otherwise a power cut could bring the value back, and the next launch would publish it.
        flush(session)?;
        self.shared.send(Command::Forget(id));
        Ok(())
    }

    /// Erases everything: what this session has stored, what this device keeps of the others, and all objects of the person in
    /// the store, those of the other devices and the key slots included. Waits for at most this time; returns whether the store
    /// listed nothing in the end. If not, call [`Roam::start`](crate::Roam::start) and this again.
    ///
    /// The other devices keep what they have stored themselves, and send nothing into the empty store
    /// ([`RoamStatus::StoreGone`](crate::RoamStatus::StoreGone)): forget there, too. Copies that the store or its backups keep
    /// are out of reach. With the key destroyed everywhere, nobody can read them.
    ///
    /// # Errors
    /// As for [`Session::forget`]. Nothing was removed from the store then.
    pub fn forget_everything(mut self, session: &mut Session, within: Duration) -> Result<bool, Error> {
        session.forget()?;
        self.shared.send(Command::ForgetAll);
        let is_forgotten = self.shared.wait(within, |view| view.is_forgotten);
        self.shared.stop();
        if let Some(thread) = self.thread.take().filter(|_| is_forgotten) {
            // It has ended. A panic in it has lost nothing that was to be kept.
            let _ = thread.join();
        }
        Ok(is_forgotten)
    }
}
