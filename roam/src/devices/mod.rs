//! What a user sees of their other devices and does about it, without a toolkit.

mod list;
mod notice;
mod section;
mod text;

use std::fmt;
use std::time::Duration;

use leftoff::time::Timestamp;
use leftoff::{Action, Error, ResumePoint, Section, Session};
use serde::de::DeserializeOwned;

pub use list::{DeviceRow, Waiting, WaitingId};
pub use notice::{DeviceAction, DeviceNotice};
pub use text::DeviceText;

use crate::clock::Instant;
use crate::session::newer::{News, OfferKey, Pending};
use crate::session::{Arrival, Roam, Roaming};
use crate::words::Other;
use section::{Typed, Watch};

/// What a user sees of their other devices, and what they can do about it: a card, a list and a status line.
///
/// The adapters of toolkits draw it; a program calls [`update`](Self::update) where it calls
/// [`Session::autosave`].
///
/// ```
/// use leftoff::{AppId, Section, Session};
/// use leftoff_roam::{Devices, Key, KeyRing, Roam, store::FolderStore};
///
/// const FORM: Section<String> = Section::new("form", 1);
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let home = tempfile::tempdir()?;
/// # let keys = KeyRing::new(Key::random()?);
/// let mut session = Session::builder(AppId::new("com.example.desk")).dir(home.path().join("desk")).open();
/// let store = FolderStore::new(home.path().join("shared"));
/// let roaming = Roam::new("com.example.desk", "ana", store, keys).device_name("desk").start(&session)?;
/// let mut devices = Devices::new(roaming).section(FORM, "Form", |_, theirs| vec![theirs.clone()]);
/// let mut form = session.get_or_default(FORM);
/// // In the event loop:
/// if devices.update(&mut session) {
///     form = session.get_or_default(FORM);
/// }
/// # drop(form);
/// # Ok(())
/// # }
/// ```
pub struct Devices {
    roaming: Roaming,
    watched: Vec<Box<dyn Watch>>,
    /// Not answered yet; the first is shown.
    notices: Vec<DeviceNotice>,
    waiting: Vec<Waiting>,
    /// What was known when `waiting` was made.
    listed: Option<(Pending, News, Touched)>,
    /// Whether the program can read what is newer, which is this.
    readable: Option<(News, bool)>,
    /// What was taken over, until the replicator has heard of it.
    taken: News,
    /// Until when a take-over brings along what is quiet.
    follows_until: Option<Instant>,
    undo: Option<Undo>,
    /// The last mark when the first notice came.
    touched: Touched,
    wants_list: bool,
}

/// The time and element of the last mark that is not only a focus.
type Touched = Option<(Timestamp, String)>;

/// What [`DeviceAction::Undo`] does.
#[derive(Debug, Clone)]
enum Undo {
    TakeOver,
    Taken(ResumePoint, OfferKey),
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Devices").field("roaming", &self.roaming).field("waiting", &self.waiting.len()).finish()
    }
}

impl Devices {
    /// Shows what comes through `roaming`. Name each section that users know with [`section`](Self::section).
    pub fn new(roaming: Roaming) -> Self {
        Self {
            roaming,
            watched: Vec::new(),
            notices: Vec::new(),
            waiting: Vec::new(),
            listed: None,
            readable: None,
            taken: News::new(),
            follows_until: None,
            undo: None,
            touched: None,
            wants_list: false,
        }
    }

    /// Shows the conflicts and the newer values of a section. `label` is what users call it, and `differences` returns a
    /// line for each thing in which the second value, from elsewhere, differs from the first, which is here.
    ///
    /// A conflict in a section that was not passed here is kept, and not shown.
    #[must_use]
    pub fn section<T>(
        mut self,
        section: Section<T>,
        label: &str,
        differences: impl Fn(&T, &T) -> Vec<String> + Send + 'static,
    ) -> Self
    where
        T: DeserializeOwned + Default + 'static,
    {
        let (label, differences) = (label.to_owned(), Box::new(differences));
        self.watched.push(Box::new(Typed { section, label, differences, is_quiet: false }));
        self
    }

    /// Takes over newer values of a section together with others, and does not show them on their own: a selected row, a
    /// page, a scroll position.
    ///
    /// A conflict in it is not shown; a take-over settles it for the other device.
    #[must_use]
    pub fn quiet<T: DeserializeOwned + Default + 'static>(mut self, section: Section<T>) -> Self {
        let (label, differences) = (String::new(), Box::new(|_: &T, _: &T| Vec::new()));
        self.watched.push(Box::new(Typed { section, label, differences, is_quiet: true }));
        self
    }

    /// Takes in what has arrived. Call it in the event loop, before the next [`Session::autosave`]; it never waits for the
    /// store. [`Roaming::on_change`] tells when an idle program needs to.
    ///
    /// Returns `true` if values of the session changed: read all sections again, or the older values are saved over them.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn update(&mut self, session: &mut Session) -> bool {
        let mut must_reread = false;
        let can_read = self.can_read();
        if !can_read {
            // A value of a newer version would be taken over, and shown as if there were none.
            self.roaming.ask_first();
        }
        let (news, _) = self.roaming.pending();
        self.taken.retain(|taken| news.contains(taken));
        match self.roaming.arrived(session) {
            Ok(Some(Arrival::TakenOver(other))) => {
                self.taken = news;
                self.continued(session, name(other.as_ref()));
                must_reread = true;
            }
            Ok(Some(Arrival::Offered(other))) if self.is_newer() => {
                let from = name(other.as_ref());
                self.notify(session, if can_read { DeviceNotice::Newer(from) } else { DeviceNotice::Unread(from) });
            }
            Ok(Some(Arrival::Conflict(_))) => {
                // Which one, the list says below.
                let (device, label) = Default::default();
                self.notify(session, DeviceNotice::Conflict { device, label, more: 0 });
            }
            Ok(_) => {}
            Err(error) => {
                self.notify(session, DeviceNotice::Failed(error));
                must_reread = true;
            }
        }
        must_reread |= self.follow(session);
        self.look(session);
        self.drop_stale(session);
        must_reread
    }

    /// Returns the notice to show as a card, until the user has [answered](Self::act) it.
    pub fn notice(&self) -> Option<&DeviceNotice> {
        self.notices.first()
    }

    /// Returns what the user can do about the [notice](Self::notice), the most useful first.
    pub fn actions(&self) -> Vec<DeviceAction> {
        use DeviceAction::{NotNow, Show, TakeOver, Understood, Undo};
        match self.notice() {
            Some(DeviceNotice::Continued(_) | DeviceNotice::Taken { .. }) if self.undo.is_some() => {
                vec![Undo, Understood]
            }
            Some(DeviceNotice::Newer(_)) => vec![Show, TakeOver, NotNow],
            Some(DeviceNotice::Conflict { .. }) => vec![Show, NotNow],
            Some(_) => vec![Understood],
            None => Vec::new(),
        }
    }

    /// Does what the user chose on the card. An action that is not among the [actions](Self::actions) does nothing.
    ///
    /// Returns `true` if values of the session changed, or may have changed before something failed: read all sections again,
    /// before the next autosave.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn act(&mut self, session: &mut Session, action: DeviceAction) -> bool {
        if !self.actions().contains(&action) {
            return false;
        }
        self.notices.remove(0);
        self.follows_until = None;
        match action {
            DeviceAction::Undo => self.undo(session),
            DeviceAction::TakeOver => self.take_over(session),
            DeviceAction::Show => {
                self.wants_list = true;
                false
            }
            _ => false,
        }
    }

    /// Returns, once, whether the user wants to see the [list](Self::rows).
    pub fn wants_list(&mut self) -> bool {
        std::mem::take(&mut self.wants_list)
    }

    /// Returns what waits for the user's decision, as of the last [`update`](Self::update).
    pub fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    /// Does what the user chose in the list. Does nothing if it does not wait any more.
    ///
    /// Returns `true` if values of the session changed, or may have changed before something failed: read all sections again,
    /// before the next autosave.
    #[must_use = "if `true`, read the sections again, or newer values are overwritten"]
    pub fn decide(&mut self, session: &mut Session, waiting: &WaitingId, action: DeviceAction) -> bool {
        let Some(waiting) = self.waiting.iter().find(|known| known.id == *waiting).cloned() else { return false };
        if !waiting.actions().contains(&action) {
            return false;
        }
        let Some(key) = &waiting.id.0 else { return self.take_over(session) };
        let Some(watched) = self.watched.iter().find(|watched| watched.name() == &*key.0.name) else { return false };
        let changed = if action == DeviceAction::TakeTheirs {
            watched.take(&mut self.roaming, session, key)
        } else {
            watched.keep(&mut self.roaming, key).map(|()| false)
        };
        let (changed, must_reread) = match changed {
            Ok(changed) => (changed, changed),
            Err(error) => {
                self.notify(session, DeviceNotice::Failed(error));
                (false, true)
            }
        };
        if changed {
            let before = session.history().ok().and_then(|points| points.into_iter().next());
            self.undo = before.map(|before| Undo::Taken(before, key.clone()));
            self.notify(session, DeviceNotice::Taken { device: waiting.device, label: waiting.label });
        }
        self.look(session);
        self.drop_stale(session);
        must_reread
    }

    /// Returns the connection to the other devices.
    pub fn roaming(&self) -> &Roaming {
        &self.roaming
    }

    /// The same, to report the [focus](Roaming::focus) or to [publish](Roaming::publish).
    pub fn roaming_mut(&mut self) -> &mut Roaming {
        &mut self.roaming
    }

    /// Sends what is not sent yet and ends the connection: see [`Roaming::close`].
    ///
    /// # Errors
    /// As for [`Roaming::close`].
    pub fn close(self, session: &mut Session, within: Duration) -> Result<bool, Error> {
        self.roaming.close(session, within)
    }

    fn continued(&mut self, session: &Session, from: String) {
        self.undo = self.roaming.can_undo().then_some(Undo::TakeOver);
        self.follows_until = Some(Instant::now() + Roam::TAKE_OVER_WITHIN);
        self.notify(session, DeviceNotice::Continued(from));
    }

    fn take_over(&mut self, session: &mut Session) -> bool {
        let from = name(self.roaming.others().first());
        let (news, _) = self.roaming.pending();
        match self.roaming.take_over(session) {
            Ok(true) => {
                self.taken = news;
                self.continued(session, from);
                self.follow(session);
                self.look(session);
                self.drop_stale(session);
                true
            }
            Ok(false) => false,
            Err(error) => {
                self.notify(session, DeviceNotice::Failed(error));
                true
            }
        }
    }

    /// Brings the page along, also where this device has been on another one. Returns whether it did.
    ///
    /// A page that this device has just stored is in conflict only when the replicator has heard of it, so this is tried
    /// for a while.
    fn follow(&mut self, session: &mut Session) -> bool {
        self.follows_until = self.follows_until.filter(|until| Instant::now() < *until && !self.is_touched(session));
        if self.follows_until.is_none() {
            return false;
        }
        let mut has_followed = false;
        for watched in self.watched.iter().filter(|watched| watched.is_quiet()) {
            // If it fails, the user is on the page of this device.
            has_followed |= watched.follow(&mut self.roaming, session).unwrap_or_default();
        }
        has_followed
    }

    fn is_touched(&self, session: &Session) -> bool {
        touched(session).is_some_and(|touched| Some(touched) != self.touched)
    }

    fn undo(&mut self, session: &mut Session) -> bool {
        self.follows_until = None;
        let (undone, notice) = match self.undo.take() {
            Some(Undo::TakeOver) => (self.roaming.undo(session), DeviceNotice::Returned),
            Some(Undo::Taken(point, offer)) => {
                self.roaming.offer_again(&offer);
                (session.resume_at(&point).map(|()| true), DeviceNotice::Undone)
            }
            None => return false,
        };
        match undone {
            Ok(is_undone) => {
                if is_undone {
                    self.notify(session, notice);
                }
                is_undone
            }
            Err(error) => {
                self.notify(session, DeviceNotice::Failed(error));
                true
            }
        }
    }

    /// Replaces a notice of the same kind. What the user has just done is shown before what has come.
    fn notify(&mut self, session: &Session, notice: DeviceNotice) {
        self.notices.retain(|other| std::mem::discriminant(other) != std::mem::discriminant(&notice));
        if notice.is_of_the_present() {
            self.touched = touched(session);
            self.notices.retain(|other| !other.is_of_the_present());
            self.notices.insert(0, notice);
        } else {
            self.notices.push(notice);
        }
    }

    /// Whether anything is newer elsewhere that users know.
    fn is_newer(&self) -> bool {
        let is_quiet = |name: &str| self.watched.iter().any(|watched| watched.is_quiet() && watched.name() == name);
        let (news, _) = self.roaming.pending();
        let mut news = news.difference(&self.taken);
        news.any(|(section, _)| !section.scope.is_empty() || !is_quiet(&section.name))
    }

    /// Whether this program can read what is newer. Decodes it once.
    fn can_read(&mut self) -> bool {
        let (news, _) = self.roaming.pending();
        let known = self.readable.as_ref().filter(|(of, _)| *of == news).map(|(_, is_readable)| *is_readable);
        known.unwrap_or_else(|| {
            let is_readable = self.watched.iter().all(|watched| watched.is_readable(&self.roaming));
            self.readable = Some((news, is_readable));
            is_readable
        })
    }

    /// Lists what waits, if that or the user's values changed.
    fn look(&mut self, session: &mut Session) {
        let now = (self.roaming.pending(), self.taken.clone(), touched(session));
        if self.listed.as_ref() == Some(&now) {
            return;
        }
        self.waiting.clear();
        if self.is_newer() {
            let from = self.roaming.others().into_iter().next();
            let mut newer = Waiting::newer(from.as_ref(), self.can_read());
            for watched in &self.watched {
                newer.differences.extend(watched.newer(&self.roaming, session).unwrap_or_default());
            }
            self.waiting.push(newer);
        }
        for watched in self.watched.iter().filter(|watched| !watched.is_quiet()) {
            // What cannot be read here, a value of a newer version or a damaged one, waits until it can.
            self.waiting.extend(watched.offers(&self.roaming, session).unwrap_or_default());
        }
        self.listed = Some(now);
    }

    /// Drops the notices about which nothing can be done any more, so that no button is in vain.
    fn drop_stale(&mut self, session: &Session) {
        let is_newer = self.waiting.iter().any(Waiting::is_newer);
        let mut conflicts = self.waiting.iter().filter(|waiting| !waiting.is_newer());
        let first = conflicts.next();
        let others = conflicts.count();
        let is_touched = self.is_touched(session);
        self.notices.retain_mut(|notice| match notice {
            DeviceNotice::Newer(_) | DeviceNotice::Unread(_) => is_newer,
            DeviceNotice::Conflict { device, label, more } => {
                let Some(first) = first else { return false };
                device.clone_from(&first.device);
                label.clone_from(&first.label);
                *more = others;
                true
            }
            // To undo would now drop what the user did since. The earlier states still have it.
            DeviceNotice::Continued(_) | DeviceNotice::Taken { .. } | DeviceNotice::Returned | DeviceNotice::Undone => {
                !is_touched
            }
            DeviceNotice::Failed(_) => true,
        });
        if is_touched {
            self.undo = None;
        }
    }
}

fn touched(session: &Session) -> Touched {
    let mark = session.last_mark().filter(|mark| mark.action() != Action::Focus)?;
    Some((mark.at(), mark.element().to_owned()))
}

fn name(other: Option<&Other>) -> String {
    other.map(|other| other.device.clone()).unwrap_or_default()
}
