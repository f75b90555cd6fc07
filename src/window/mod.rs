//! The geometry of a window, saved with the monitors that were connected, and corrected when they have changed.
//!
//! All types are plain values: no toolkit, no I/O. [`Geometry`] is a serde value for a section of the application, one for
//! each window. The application passes it the rectangle of the window before each save ([`Geometry::observe`]), and asks
//! it for a placement at the start and when the monitors change ([`Geometry::fit`]).
//!
//! ```
//! use leftoff::window::{Area, Geometry, Mode, Monitor, Placement};
//! use leftoff::{Section, Session};
//!
//! const WINDOW: Section<Geometry> = Section::new("window", 1);
//!
//! let area = |x: i32, y: i32, width: u32, height: u32| Area::new(x, y, width, height).unwrap();
//! let laptop = Monitor::new("eDP-1", area(0, 0, 1440, 860), 1.0);
//! let desk = Monitor::new("DP-2", area(1440, 0, 2560, 1400), 1.0);
//!
//! // At work, the window is on the large monitor.
//! let mut session = Session::in_memory();
//! let mut geometry = Geometry::default();
//! let at_work = Placement::new(area(1600, 100, 2000, 1200), Mode::Normal);
//! if geometry.observe(&at_work, &[laptop.clone(), desk.clone()]) {
//!     session.mark_dirty();
//! }
//! session.autosave(|capture| capture.set(WINDOW, &geometry))?;
//!
//! // On the train, that monitor is gone: the window is on the laptop's, and no larger.
//! let mut geometry = session.get_or_default(WINDOW);
//! let on_the_train = geometry.fit(&[laptop.clone()]).unwrap();
//! assert_eq!(on_the_train.area(), Some(area(0, 0, 1440, 860)));
//! // Its user does not move it there, so nothing is recorded.
//! assert!(!geometry.observe(&on_the_train, &[laptop.clone()]));
//!
//! // Back at work, the window is where it was.
//! assert_eq!(geometry.fit(&[desk, laptop]), Some(at_work));
//! # Ok::<(), leftoff::Error>(())
//! ```
//!
//! # Units
//!
//! Positions and sizes are in the units of the toolkit, the same for windows and monitors. If these are physical pixels
//! (winit, tauri), pass each monitor's scale factor: a window that moves to a monitor with another factor keeps its
//! apparent size. If they are logical (Qt, macOS), pass a scale of 1 for all monitors.
//!
//! Pass the rectangle that the toolkit can set again. Where the position of the frame and of the content differ, do not
//! read the one and set the other: the window would move by the height of its title bar with each start.

mod fit;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// A rectangle of the desktop with a position and a size that a window can have.
///
/// `x` increases to the right and `y` downward. Coordinates are whole units; the size is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    x: i32,
    y: i32,
    width: NonZeroU32,
    height: NonZeroU32,
}

impl Area {
    /// The largest coordinate and size, in the toolkit's units.
    pub const MAX: u32 = 1_000_000;

    /// Creates an area, rounded to whole units, from numbers of any type that a toolkit has.
    ///
    /// Returns `None` if no window can have it: a number is NaN, infinite or beyond [`MAX`](Self::MAX), or the width or
    /// height rounds to zero or less.
    ///
    /// ```
    /// use leftoff::window::Area;
    ///
    /// assert_eq!(Area::new(10.4_f32, -20.0_f32, 640_u32, 480_u32), Area::new(10, -20, 640, 480));
    /// assert_eq!(Area::new(0, 0, 0, 480), None);
    /// assert_eq!(Area::new(f64::NAN, 0, 640, 480), None);
    /// ```
    pub fn new(x: impl Into<f64>, y: impl Into<f64>, width: impl Into<f64>, height: impl Into<f64>) -> Option<Self> {
        let (width, height) = (size(width.into())?, size(height.into())?);
        Some(Self { x: whole(x.into())?, y: whole(y.into())?, width, height })
    }

    /// Returns the position of the upper left corner.
    pub fn position(&self) -> (i32, i32) {
        (self.x, self.y)
    }

    /// Returns the width and height.
    pub fn size(&self) -> (u32, u32) {
        (self.width.get(), self.height.get())
    }
}

fn whole(number: f64) -> Option<i32> {
    let number = number.round();
    // NaN fails the comparison, too.
    #[expect(clippy::cast_possible_truncation, reason = "a whole number within the limit")]
    (number.abs() <= f64::from(Area::MAX)).then_some(number as i32)
}

fn size(number: f64) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(whole(number)?).ok()?)
}

/// A connected monitor.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Monitor {
    name: String,
    work_area: Area,
    /// In thousandths, so that equal monitors compare as equal.
    scale: NonZeroU32,
}

impl Monitor {
    /// Creates a monitor from the name that the toolkit has for it, its work area, and its scale factor.
    ///
    /// The name identifies the monitor in another position; it may be empty. The work area is the part that windows may
    /// cover, without task bars and docks. If the toolkit does not have it, pass the whole monitor. A scale factor that is
    /// not a number from 0.1 to 100 counts as 1.
    pub fn new(name: &str, work_area: Area, scale: f64) -> Self {
        let thousandths = size(scale * 1000.0).filter(|scale| (100..=100_000).contains(&scale.get()));
        Self { name: name.to_owned(), work_area, scale: thousandths.unwrap_or(ONE) }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the part that windows may cover.
    pub fn work_area(&self) -> Area {
        self.work_area
    }

    /// Returns the scale factor.
    pub fn scale(&self) -> f64 {
        f64::from(self.scale.get()) / 1000.0
    }
}

/// A scale factor of 1, in thousandths.
const ONE: NonZeroU32 = match NonZeroU32::new(1000) {
    Some(one) => one,
    None => NonZeroU32::MIN,
};

/// How a window is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Mode {
    /// With its own position and size.
    #[default]
    Normal,
    /// Maximised on its monitor.
    Maximized,
    /// On the whole monitor, without a frame.
    Fullscreen,
}

/// Where a window is, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Placement {
    /// `None` where the toolkit has no positions.
    position: Option<(i32, i32)>,
    width: NonZeroU32,
    height: NonZeroU32,
    mode: Mode,
}

impl Placement {
    /// Creates a placement with a position.
    ///
    /// In another mode than [`Mode::Normal`], pass the window's normal area if the toolkit has it, else the current one.
    pub fn new(area: Area, mode: Mode) -> Self {
        Self { position: Some(area.position()), width: area.width, height: area.height, mode }
    }

    /// Creates a placement without a position, for Wayland and GTK, where the system places windows.
    ///
    /// Returns `None` for a size that no window can have; see [`Area::new`].
    pub fn sized(width: impl Into<f64>, height: impl Into<f64>, mode: Mode) -> Option<Self> {
        Some(Self { position: None, width: size(width.into())?, height: size(height.into())?, mode })
    }

    /// Returns the normal area of the window: its area when it is neither maximised nor on the whole monitor.
    ///
    /// `None` without a position; the [`size`](Self::size) is known all the same.
    pub fn area(&self) -> Option<Area> {
        self.position.map(|(x, y)| Area { x, y, width: self.width, height: self.height })
    }

    /// Returns the width and height of the normal area.
    pub fn size(&self) -> (u32, u32) {
        (self.width.get(), self.height.get())
    }

    /// Returns how the window is shown. Set the area before the mode: it selects the monitor, and it is where the window
    /// goes when its user ends the mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

/// The position that Windows reports for a minimised window. It is recognised where no monitors are known, too.
const MINIMIZED: (i32, i32) = (-32_000, -32_000);

/// The placements of one window, by the set of monitors that were connected.
///
/// See the [module](self) for an example. The default has no placement.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Geometry {
    /// The newest first, at most [`Geometry::MAX_SETS`].
    known: Vec<Known>,
}

/// Where the window was with one set of monitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    /// Sorted, so that the order in which a toolkit lists them does not matter.
    monitors: Vec<Monitor>,
    placement: Placement,
}

impl Geometry {
    /// The number of sets of monitors whose placements are kept, the most recently used first.
    pub const MAX_SETS: usize = 8;
    /// The part of a window's upper edge that [`fit`](Self::fit) leaves on a monitor, so that a user can move the window:
    /// width and height, at scale 1. Of a smaller window, it is the whole width or height.
    pub const GRIP: (u32, u32) = (96, 24);

    /// Records where the window is now. Returns whether the geometry changed, so that a save is due.
    ///
    /// Call it before a save, or when the window was moved or resized. A placement that [`fit`](Self::fit) returned for
    /// these monitors is not recorded: the user did not move the window, and the placement for the former monitors stays.
    /// A user who moves the window changes the placement for these monitors only.
    ///
    /// A rectangle outside all monitors is not recorded: toolkits report such a rectangle for a minimised window (−32000 on
    /// Windows). Do not call this while the window is minimised if the toolkit tells. In a mode other than
    /// [`Mode::Normal`], only the mode and the monitor are recorded if the normal area is known.
    pub fn observe(&mut self, window: &Placement, monitors: &[Monitor]) -> bool {
        if window.position == Some(MINIMIZED) || !window.is_on_any(monitors) {
            return false;
        }
        let before = self.fit(monitors);
        let placement = before.as_ref().map_or(*window, |before| window.with_normal_area_of(before, monitors));
        let set = sorted(monitors);
        let is_newest = self.known.first().is_some_and(|known| known.monitors == set);
        if before == Some(placement) && (is_newest || !self.known.iter().any(|known| known.monitors == set)) {
            return false;
        }
        self.known.retain(|known| known.monitors != set);
        self.known.insert(0, Known { monitors: set, placement });
        self.known.truncate(Self::MAX_SETS);
        true
    }

    /// Returns where to place the window on these monitors; `None` if no placement was recorded.
    ///
    /// - With a set of monitors that is known, this is the recorded placement.
    /// - With another set, the window keeps its place on its monitor, found by name, and else goes to the nearest one. If
    ///   that monitor has changed, the window is moved and shrunk until it lies within the work area.
    /// - In each case, at least the [`GRIP`](Self::GRIP) lies within the work area of one monitor.
    /// - Without monitors, the position is left to the system: the placement has only a size.
    pub fn fit(&self, monitors: &[Monitor]) -> Option<Placement> {
        let set = sorted(monitors);
        let same = self.known.iter().find(|known| known.monitors == set);
        let known = same.or(self.known.first())?;
        Some(known.placement.fit(&known.monitors, monitors))
    }
}

fn sorted(monitors: &[Monitor]) -> Vec<Monitor> {
    let mut set = monitors.to_vec();
    set.sort_unstable();
    set
}
