//! Properties of widgets that are saved and restored without a closure of the program.

use std::rc::Rc;

use gtk::glib::{self, ParamFlags, Type, Value};
use gtk::prelude::*;
use leftoff::{Capture, Error, Section, Session};

use crate::collect;
use crate::heart::Heart;
use crate::target;

/// A property that is saved and restored.
pub(crate) struct Bound {
    /// The widget may go before its window.
    object: glib::WeakRef<glib::Object>,
    property: String,
    kind: Kind,
    /// The value without a stored one.
    first: Value,
}

/// The type of a property, and where its value is stored.
#[derive(Clone, Copy)]
enum Kind {
    Text(Section<String>),
    Switch(Section<bool>),
    Whole(Section<i64>),
    Real(Section<f64>),
}

/// Writes a value that was read before.
pub(crate) type Write = Box<dyn FnOnce(&mut Capture<'_>)>;

impl Bound {
    /// Returns why it cannot be bound, if so.
    pub(crate) fn new(name: &str, object: &glib::Object, property: &str) -> Result<Self, String> {
        let Some(spec) = object.find_property(property) else {
            return Err("there is no such property".to_owned());
        };
        if !spec.flags().contains(ParamFlags::READWRITE) || spec.flags().contains(ParamFlags::CONSTRUCT_ONLY) {
            return Err("the property cannot be read and written".to_owned());
        }
        if is_secret(object) {
            return Err("it is secret, such as a password".to_owned());
        }
        let kind = Kind::of(spec.value_type(), name)?;
        let first = object.property_value(property);
        Ok(Self { object: object.downgrade(), property: property.to_owned(), kind, first })
    }

    /// Reads the present value.
    fn read(&self) -> Option<Write> {
        let object = self.object.upgrade()?;
        // Its text may have been hidden since it was bound.
        if is_secret(&object) {
            return None;
        }
        let value = object.property_value(&self.property);
        Some(match self.kind {
            Kind::Text(section) => {
                let text = text(&value);
                Box::new(move |capture| capture.set(section, &text))
            }
            Kind::Switch(section) => {
                let is_on: bool = value.get().ok()?;
                Box::new(move |capture| capture.set(section, &is_on))
            }
            Kind::Whole(section) => {
                let number = whole(&value)?;
                Box::new(move |capture| capture.set(section, &number))
            }
            Kind::Real(section) => {
                let number = real(&value)?;
                Box::new(move |capture| capture.set(section, &number))
            }
        })
    }

    /// Returns the stored value, or else the first one, if that is not the present one.
    fn stored(&self, session: &mut Session, scope: &str) -> Result<Option<Value>, Error> {
        let Some(object) = self.object.upgrade() else { return Ok(None) };
        let (now, of) = (object.property_value(&self.property), self.first.type_());
        let mut scope = session.scope(scope);
        let stored = match self.kind {
            Kind::Text(section) => scope.get(section)?.map(|text| text.to_value()),
            Kind::Switch(section) => scope.get(section)?.map(|is_on| is_on.to_value()),
            Kind::Whole(section) => scope.get(section)?.and_then(|number| as_whole(number, of)),
            Kind::Real(section) => scope.get(section)?.map(|number| as_real(number, of)),
        };
        let wanted = stored.unwrap_or_else(|| self.first.clone());
        let is_same = match self.kind {
            Kind::Text(_) => text(&now) == text(&wanted),
            Kind::Switch(_) => now.get::<bool>().ok() == wanted.get().ok(),
            Kind::Whole(_) => whole(&now) == whole(&wanted),
            Kind::Real(_) => real(&now) == real(&wanted),
        };
        Ok((!is_same).then_some(wanted))
    }

    fn put(&self, value: &Value) {
        if let Some(object) = self.object.upgrade() {
            object.set_property_from_value(&self.property, value);
        }
    }
}

impl Kind {
    fn of(of: Type, name: &str) -> Result<Self, String> {
        const TEXT: Section<String> = Section::new("text", 1);
        const SWITCH: Section<bool> = Section::new("switch", 1);
        const WHOLE: Section<i64> = Section::new("whole", 1);
        const REAL: Section<f64> = Section::new("real", 1);
        let named = |error: Error| error.to_string();
        match of {
            Type::STRING => TEXT.named(name).map(Self::Text).map_err(named),
            Type::BOOL => SWITCH.named(name).map(Self::Switch).map_err(named),
            Type::I32 | Type::U32 | Type::I64 => WHOLE.named(name).map(Self::Whole).map_err(named),
            Type::F32 | Type::F64 => REAL.named(name).map(Self::Real).map_err(named),
            _ => Err(format!("values of the type {of} are not stored")),
        }
    }
}

fn is_secret(object: &glib::Object) -> bool {
    let is_declared = |widget: &gtk::Widget| target::of(widget).is_some_and(|target| target.is_sensitive);
    object.downcast_ref().is_some_and(|widget| collect::is_secret(widget) || is_declared(widget))
}

/// A text that is not set is stored as the empty one.
fn text(value: &Value) -> String {
    value.get::<Option<String>>().ok().flatten().unwrap_or_default()
}

fn whole(value: &Value) -> Option<i64> {
    match value.type_() {
        Type::I32 => value.get::<i32>().ok().map(i64::from),
        Type::U32 => value.get::<u32>().ok().map(i64::from),
        _ => value.get().ok(),
    }
}

/// `None` if a later version of the program has made the property narrower.
fn as_whole(number: i64, of: Type) -> Option<Value> {
    match of {
        Type::I32 => i32::try_from(number).ok().map(|number| number.to_value()),
        Type::U32 => u32::try_from(number).ok().map(|number| number.to_value()),
        _ => Some(number.to_value()),
    }
}

fn real(value: &Value) -> Option<f64> {
    match value.type_() {
        Type::F32 => value.get::<f32>().ok().map(f64::from),
        _ => value.get().ok(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it was an `f32` when it was stored")]
fn as_real(number: f64, of: Type) -> Value {
    if of == Type::F32 { (number as f32).to_value() } else { number.to_value() }
}

impl Heart {
    /// Restores the property now, and saves it from now on.
    pub(crate) fn bind(&self, name: &str, object: &glib::Object, property: &str) {
        match Bound::new(name, object, property) {
            Ok(bound) => {
                let bound = Rc::new(bound);
                self.restore(&bound);
                self.bound.borrow_mut().push(bound);
            }
            Err(why) => {
                glib::g_warning!("leftoff", "{property} of {} is not bound to {name:?}: {why}", object.type_());
            }
        }
    }

    /// Restores all bound properties, once the stored values changed.
    pub(crate) fn restore_bound(&self) {
        // A change of a widget may bind another one.
        let all = self.bound.borrow().clone();
        for bound in all {
            self.restore(&bound);
        }
    }

    fn restore(&self, bound: &Bound) {
        let stored = self.with(|state, session| bound.stored(session, state.resume.scope()));
        match stored {
            // Outside the borrow: a change of the widget comes back here.
            Some(Ok(Some(value))) => {
                let before = self.is_reading.replace(true);
                bound.put(&value);
                self.is_reading.set(before);
            }
            Some(Err(error)) => {
                let report = Rc::clone(&self.program.borrow().report);
                report(&error);
            }
            Some(Ok(None)) | None => {}
        }
    }

    /// Reads all bound properties. Outside the borrow: a property of a widget of the program may be a function of it.
    pub(crate) fn read_bound(&self) -> Vec<Write> {
        let all = self.bound.borrow().clone();
        all.iter().filter_map(|bound| bound.read()).collect()
    }
}
