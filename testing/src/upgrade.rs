//! Checks before an update: whether the states of earlier versions of the program come back in this one.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use leftoff::marker::anchor::UiTree;
use leftoff::marker::resolve::Certainty;
use leftoff::time::{Clock, Now, Timestamp};
use leftoff::{AppId, Error, Marker, Section, SectionFate, Session};
use serde::de::DeserializeOwned;

/// Opens recorded states of earlier versions with the sections and the interface of the present version, and lists the
/// sections that will not come back, and the markers whose arrow will be lost.
///
/// A recorded state is a copy of the directory that [`Session::dir`] returns, made while the program does not run, or right
/// after [`Session::flush`]. Record one for each release, from a state as users have it:
///
/// ```sh
/// cp -r ~/.local/state/com.example.desk/leftoff tests/states/1.4
/// ```
///
/// Then one test of the program checks all of them:
///
/// ```
/// use leftoff::marker::anchor::Elements;
/// use leftoff::{AppId, Section, Session};
/// use leftoff_testing::Upgrade;
///
/// # let states = tempfile::tempdir()?;
/// # const OLD_FORM: Section<(String, u32)> = Section::new("form", 1);
/// # let mut session = Session::builder(AppId::new("com.example.desk")).dir(states.path().join("1.4")).open();
/// # session.mark("form/street");
/// # session.autosave(|capture| capture.set(OLD_FORM, &("Ana".into(), 7)))?;
/// # session.close()?;
/// # drop(session);
/// // As it will be released: with another type than version 1.4 had, and no migration.
/// const FORM: Section<Vec<String>> = Section::new("form", 1);
/// let mut elements = Elements::new();
/// elements.add("form/name");
/// elements.add("form/road");
///
/// let report = Upgrade::new().section(FORM).elements(&elements).check(states.path())?;
/// // In the test of a program: assert!(report.is_empty(), "{report}");
/// let report = report.to_string();
/// assert!(report.contains("1.4: section \"form\" does not come back: "));
/// assert!(report.contains("1.4: no arrow at \"form/street\", only a region: "));
///
/// // With a rename, the arrow comes back.
/// let renamed = Upgrade::new().section(FORM).elements(&elements).renames(&[("form/street", "form/road")]);
/// assert!(renamed.check(states.path())?.arrows.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Upgrade<'a> {
    sections: Vec<Declared<'a>>,
    /// The interfaces, by scope; `None` is for all other scopes.
    interfaces: Vec<(Option<String>, Locate<'a>)>,
    renames: &'static [(&'static str, &'static str)],
}

/// Locates the element of a marker in an interface of any type.
type Locate<'a> = Box<dyn Fn(&Marker) -> Certainty + 'a>;

/// Reads a section of any type: the name of its scope, and its name.
type Read<'a> = Box<dyn Fn(&mut Session, &str, &str) -> Result<Option<()>, Error> + 'a>;

/// A section of the present version.
struct Declared<'a> {
    name: String,
    is_prefix: bool,
    read: Read<'a>,
}

impl Declared<'_> {
    fn is(&self, name: &str) -> bool {
        if self.is_prefix { name.starts_with(&self.name) } else { name == self.name }
    }
}

impl fmt::Debug for Upgrade<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("sections", &self.sections.len())
            .field("interfaces", &self.interfaces.len())
            .field("renames", &self.renames)
            .finish()
    }
}

impl<'a> Upgrade<'a> {
    /// Creates a check without sections and without an interface.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a section of the present version, of the application or of any scope.
    ///
    /// Add all of them: a stored section that is not added is reported as [`Loss::NotDeclared`].
    #[must_use]
    pub fn section<T: DeserializeOwned>(self, section: Section<T>) -> Self {
        self.declare(section.name(), false, move |session, scope, _| Ok(session.scope(scope).get(section)?.map(|_| ())))
    }

    /// Adds a section for all names with this prefix, for sections that are [named](Section::named) at run time.
    #[must_use]
    pub fn sections_named<T: DeserializeOwned>(self, prefix: &str, section: Section<T>) -> Self {
        self.declare(prefix, true, move |session, scope, name| {
            Ok(session.scope(scope).get(section.named(name)?)?.map(|_| ()))
        })
    }

    fn declare(
        mut self,
        name: &str,
        is_prefix: bool,
        read: impl Fn(&mut Session, &str, &str) -> Result<Option<()>, Error> + 'a,
    ) -> Self {
        self.sections.push(Declared { name: name.to_owned(), is_prefix, read: Box::new(read) });
        self
    }

    /// Sets the interface of the present version, for the markers of all scopes without one of their own.
    ///
    /// Without an interface, arrows are not checked.
    #[must_use]
    pub fn elements<T: UiTree>(self, tree: &'a T) -> Self {
        self.interface(None, tree)
    }

    /// Sets the interface of one scope.
    #[must_use]
    pub fn elements_of<T: UiTree>(self, scope: &str, tree: &'a T) -> Self {
        self.interface(Some(scope.to_owned()), tree)
    }

    fn interface<T: UiTree>(mut self, scope: Option<String>, tree: &'a T) -> Self {
        self.interfaces.push((scope, Box::new(|marker| marker.resolve(tree).certainty())));
        self
    }

    /// Sets the renames, as in [`Builder::renames`](leftoff::Builder::renames).
    #[must_use]
    pub fn renames(mut self, renames: &'static [(&'static str, &'static str)]) -> Self {
        self.renames = renames;
        self
    }

    /// Opens a copy of each state in `states`: a directory of recorded states, or one recorded state.
    ///
    /// The recorded states are not changed. The clock stands still, so that no section expires.
    ///
    /// # Errors
    /// An I/O error while a state is copied; [`io::ErrorKind::NotFound`] also if there is no state in the directory.
    pub fn check(&self, states: impl AsRef<Path>) -> io::Result<UpgradeReport> {
        let states = recorded(states.as_ref())?;
        let mut report = UpgradeReport { states: states.len(), sections: Vec::new(), arrows: Vec::new() };
        for state in states {
            let copy = copy(&state)?;
            let name = state.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let app = Session::builder(AppId::new("upgrade-check")).dir(copy.path()).renames(self.renames);
            let mut session = app.clock(Still).without_thread().open();
            self.check_state(&name, &mut session, &mut report);
        }
        Ok(report)
    }

    fn check_state(&self, state: &str, session: &mut Session, report: &mut UpgradeReport) {
        let mut scopes = session.scopes();
        scopes.insert(0, String::new());
        for scope in scopes {
            for name in session.scope(&scope).sections() {
                if let Some(why) = self.loss(session, &scope, &name) {
                    report.sections.push(LostSection { state: state.into(), scope: scope.clone(), name, why });
                }
            }
            let Some(marker) = session.scope(&scope).marker().cloned() else { continue };
            let certainty = self.certainty(&marker);
            if certainty.is_some_and(|certainty| certainty >= Certainty::Region) {
                let element = marker.element().to_owned();
                let certainty = certainty.unwrap_or(Certainty::Card);
                report.arrows.push(LostArrow { state: state.into(), scope, element, certainty });
            }
        }
        // Unreadable sections that are in no list.
        for lost in session.report().left_out() {
            let is_known =
                |known: &LostSection| (&*known.state, &known.scope, &known.name) == (state, &lost.scope, &lost.name);
            if !report.sections.iter().any(is_known) {
                let (scope, name, why) = (lost.scope.clone(), lost.name.clone(), Loss::NotRestored(lost.fate));
                report.sections.push(LostSection { state: state.into(), scope, name, why });
            }
        }
    }

    fn loss(&self, session: &mut Session, scope: &str, name: &str) -> Option<Loss> {
        let Some(declared) = self.sections.iter().find(|declared| declared.is(name)) else {
            return Some(Loss::NotDeclared);
        };
        match (declared.read)(session, scope, name) {
            Ok(Some(())) => None,
            Ok(None) => {
                let report = session.report();
                let fate = report.sections.iter().find(|line| line.scope == scope && line.name == name);
                Some(Loss::NotRestored(fate.map_or(SectionFate::NeverSaved, |line| line.fate)))
            }
            Err(error) => Some(Loss::Unread(error)),
        }
    }

    /// Returns how certainly the marker is located in the interface of its scope; `None` if that interface is unknown.
    fn certainty(&self, marker: &Marker) -> Option<Certainty> {
        let of = |scope: Option<&str>| self.interfaces.iter().find(|(of, _)| of.as_deref() == scope);
        of(Some(marker.scope())).or_else(|| of(None)).map(|(_, certainty)| certainty(marker))
    }
}

/// A clock at the epoch, before every recorded state.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        Now { wall: Timestamp::from_millis(0), monotonic: Duration::ZERO }
    }
}

fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "log")
}

/// Returns the files and directories in this one, sorted.
fn listed(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn recorded(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let inside = listed(dir)?;
    if inside.iter().any(|path| is_log(path)) {
        return Ok(vec![dir.to_owned()]);
    }
    let mut states = Vec::new();
    for path in inside.into_iter().filter(|path| path.is_dir()) {
        if listed(&path)?.iter().any(|path| is_log(path)) {
            states.push(path);
        }
    }
    if states.is_empty() {
        let message = format!("there is no recorded state in {}", dir.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    Ok(states)
}

/// Copies the files of a state. A copy of the lock file locks nothing.
fn copy(state: &Path) -> io::Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    for path in listed(state)?.into_iter().filter(|path| path.is_file()) {
        if let Some(name) = path.file_name() {
            fs::copy(&path, copy.path().join(name))?;
        }
    }
    Ok(copy)
}

/// What users of earlier versions will miss: see [`Upgrade::check`].
///
/// `Display` writes one line for each, with the name of the recorded state first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpgradeReport {
    /// The number of recorded states that were checked.
    pub states: usize,
    /// The sections that do not come back.
    pub sections: Vec<LostSection>,
    /// The markers without an arrow.
    pub arrows: Vec<LostArrow>,
}

impl UpgradeReport {
    /// Returns whether every section and every arrow comes back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty() && self.arrows.is_empty()
    }
}

/// A stored section that does not come back.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LostSection {
    /// The name of the directory of the recorded state.
    pub state: String,
    /// The scope of the section; empty for the application itself.
    pub scope: String,
    /// Its name.
    pub name: String,
    /// Why it does not come back.
    pub why: Loss,
}

/// Why a section does not come back.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Loss {
    /// The check has no section of this name: it was renamed or is no longer used.
    NotDeclared,
    /// It is preserved, and this version cannot read it: no migration, or a value that does not fit.
    Unread(Error),
    /// It is not returned, with this fate. The recorded state may be damaged.
    NotRestored(SectionFate),
}

/// A marker without an arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostArrow {
    /// The name of the directory of the recorded state.
    pub state: String,
    /// The scope of the marker; empty for the application itself.
    pub scope: String,
    /// The path of the element, as it was recorded.
    pub element: String,
    /// What can be drawn instead: [`Certainty::Region`] or [`Certainty::Card`].
    pub certainty: Certainty,
}

/// Precedes the name of a section or element.
fn in_scope(scope: &str) -> String {
    if scope.is_empty() { String::new() } else { format!("scope {scope:?}, ") }
}

impl fmt::Display for UpgradeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(f, "everything comes back from {} recorded states", self.states);
        }
        let lines =
            self.sections.iter().map(LostSection::to_string).chain(self.arrows.iter().map(LostArrow::to_string));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

impl fmt::Display for LostSection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, scope, name, why } = self;
        write!(f, "{state}: {}section {name:?} does not come back: ", in_scope(scope))?;
        match why {
            Loss::NotDeclared => f.write_str("the check has no section of this name"),
            Loss::Unread(error) => write!(f, "{error:#}"),
            Loss::NotRestored(fate) => write!(f, "{fate:?}"),
        }
    }
}

impl fmt::Display for LostArrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, scope, element, certainty } = self;
        let left = if *certainty == Certainty::Region { "only a region" } else { "only the card" };
        write!(f, "{state}: {}no arrow at {element:?}, {left}: ", in_scope(scope))?;
        f.write_str("add a rename, or record anchors")
    }
}
