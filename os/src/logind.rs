//! Sleep, shutdown and screen lock of a Linux desktop, as logind announces them on the system bus.

use std::collections::HashMap;
use std::env;
use std::process;
use std::thread;
use std::time::Duration;

use leftoff::Reason;
use zbus::MatchRule;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Message, Type};
use zbus::zvariant::{DynamicType, OwnedFd, OwnedObjectPath, OwnedValue, Value};

use crate::Source;
use crate::hub::{Hub, State};

const SERVICE: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
/// Whether a desktop that locks the screen itself has locked it.
const LOCKED: &str = "LockedHint";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// What logind allows by default.
const USUAL_DELAY: Duration = Duration::from_secs(5);

pub(crate) fn watch(hub: &'static Hub) {
    let set = move |state: State| hub.set(&Source::DESKTOP, &state);
    set(State::Starting);
    let act = move || {
        let why = match Logind::connect(hub).and_then(Logind::listen) {
            Ok(()) => "the system bus has closed the connection".to_owned(),
            Err(error) => error.to_string(),
        };
        set(State::Off(why));
    };
    if let Err(error) = thread::Builder::new().name("leftoff-logind".to_owned()).spawn(act) {
        set(State::Off(error.to_string()));
    }
}

struct Logind {
    hub: &'static Hub,
    connection: Connection,
    messages: MessageIterator,
    /// How long the machine waits for us.
    delay: Duration,
    /// While it is open, the machine waits before it sleeps or goes down.
    inhibitor: Option<OwnedFd>,
    /// The desktop session of this process.
    session: Option<OwnedObjectPath>,
}

impl Logind {
    fn connect(hub: &'static Hub) -> zbus::Result<Self> {
        let connection = Connection::system()?;
        // Before the inhibitor, so that no announcement is missed.
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(SERVICE)?.build();
        let messages = MessageIterator::for_match_rule(rule, &connection, None)?;
        let mut logind = Self { hub, connection, messages, delay: USUAL_DELAY, inhibitor: None, session: None };
        logind.inhibitor = Some(logind.inhibit()?);
        hub.set(&[Source::Power], &State::On);
        if let Ok(delay) = logind.delay() {
            logind.delay = delay;
        }
        let session = logind.session().map(|session| logind.session = Some(session));
        hub.set(&[Source::Lock, Source::Idle], &State::of(&session));
        Ok(logind)
    }

    fn listen(mut self) -> zbus::Result<()> {
        while let Some(message) = self.messages.next() {
            // A message that cannot be read is not about us.
            let _ = self.hear(&message?);
        }
        Ok(())
    }

    fn hear(&mut self, message: &Message) -> zbus::Result<()> {
        let header = message.header();
        let path = header.path().map_or("", |path| path);
        let of_our_session = || self.session.as_ref().is_some_and(|ours| ours.as_str() == path);
        let interface = header.interface().map_or("", |name| name);
        let member = header.member().map_or("", |name| name);
        match (interface, member) {
            (MANAGER, "PrepareForSleep") => self.prepare(&Reason::Sleep, message.body().deserialize()?),
            (MANAGER, "PrepareForShutdown") => {
                self.prepare(&Reason::SessionEnd, message.body().deserialize()?);
            }
            (SESSION, "Lock") if of_our_session() => self.lock(true),
            (SESSION, "Unlock") if of_our_session() => self.lock(false),
            (PROPERTIES, "PropertiesChanged") if of_our_session() => {
                let body = message.body();
                let (_, changed, _): (String, HashMap<String, OwnedValue>, Vec<String>) = body.deserialize()?;
                // Set by a desktop that locks the screen itself.
                let flag = |name: &str| changed.get(name).and_then(|value| value.downcast_ref::<bool>().ok());
                if let Some(is_locked) = flag(LOCKED) {
                    self.lock(is_locked);
                }
                if let Some(is_idle) = flag("IdleHint") {
                    self.idle(is_idle);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn prepare(&mut self, reason: &Reason, is_beginning: bool) {
        if is_beginning {
            // A margin, because the machine does not wait longer.
            self.hub.interrupted(reason, self.delay.mul_f32(0.8));
            self.inhibitor = None;
        } else {
            self.inhibitor = self.inhibit().ok();
            self.resume_unless_locked();
        }
    }

    fn idle(&self, is_idle: bool) {
        if is_idle {
            self.hub.interrupted(&Reason::Absence, self.delay);
        } else {
            self.resume_unless_locked();
        }
    }

    /// Somebody who looks at a locked screen is not back yet: unlocking it follows.
    fn resume_unless_locked(&self) {
        if !self.is_locked() {
            self.hub.resumed();
        }
    }

    /// Returns false also if nobody knows.
    fn is_locked(&self) -> bool {
        let Some(session) = &self.session else { return false };
        let ask = self.connection.call_method(Some(SERVICE), session, Some(PROPERTIES), "Get", &(SESSION, LOCKED));
        let Ok(answer) = ask else { return false };
        let body = answer.body();
        let value: zbus::Result<Value<'_>> = body.deserialize();
        value.is_ok_and(|value| value.downcast_ref::<bool>().unwrap_or(false))
    }

    fn lock(&self, is_locked: bool) {
        if is_locked {
            self.hub.interrupted(&Reason::Lock, self.delay);
        } else {
            self.hub.resumed();
        }
    }

    fn inhibit(&self) -> zbus::Result<OwnedFd> {
        let name = env::current_exe().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let name = name.unwrap_or_else(|| "leftoff".to_owned());
        let answer = self.ask("Inhibit", &("sleep:shutdown", name.as_str(), "Saving what you were doing", "delay"))?;
        answer.body().deserialize()
    }

    fn delay(&self) -> zbus::Result<Duration> {
        let to = (Some(SERVICE), PATH, Some(PROPERTIES));
        let answer = self.connection.call_method(to.0, to.1, to.2, "Get", &(MANAGER, "InhibitDelayMaxUSec"))?;
        let body = answer.body();
        let value: Value<'_> = body.deserialize()?;
        Ok(Duration::from_micros(value.downcast_ref::<u64>()?))
    }

    fn session(&self) -> zbus::Result<OwnedObjectPath> {
        let answer = match env::var("XDG_SESSION_ID") {
            Ok(id) => self.ask("GetSession", &(id.as_str(),))?,
            Err(_) => self.ask("GetSessionByPID", &(process::id(),))?,
        };
        answer.body().deserialize()
    }

    fn ask<B: serde::Serialize + DynamicType>(&self, method: &str, body: &B) -> zbus::Result<Message> {
        self.connection.call_method(Some(SERVICE), PATH, Some(MANAGER), method, body)
    }
}
