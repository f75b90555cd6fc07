//! The place of the main window, through winit, which has the monitors.

use eframe::egui::{Context, Rect};
use leftoff::Section;
use leftoff::window::{Area, Geometry, Mode, Monitor, Placement};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::window::{Fullscreen, Window};

/// The section of the main window's place, in physical pixels.
pub const WINDOW: Section<Geometry> = Section::new("eframe window", 1);

/// What egui knows of the window. It costs nothing to read, while winit asks the window system.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Outline {
    rects: [Option<Rect>; 2],
    modes: [Option<bool>; 2],
}

impl Outline {
    pub(crate) fn of(ctx: &Context) -> Self {
        ctx.input(|input| {
            let window = input.viewport();
            Self { rects: [window.outer_rect, window.inner_rect], modes: [window.maximized, window.fullscreen] }
        })
    }
}

/// Moves the window to where it was, corrected if the monitors have changed. eframe shows it after its first frame.
///
/// Returns that place, for [`place_again`].
pub(crate) fn place(geometry: &Geometry, window: &Window) -> Option<Placement> {
    let placement = geometry.fit(&monitors(window))?;
    if let Some(area) = placement.area() {
        let (x, y) = area.position();
        window.set_outer_position(PhysicalPosition::new(x, y));
    }
    let (width, height) = placement.size();
    // The answer is the size that the system gave at once; `observe` sees the one it gives in the end.
    let _ = window.request_inner_size(PhysicalSize::new(width, height));
    match placement.mode() {
        Mode::Normal => {}
        Mode::Maximized => window.set_maximized(true),
        Mode::Fullscreen => window.set_fullscreen(Some(Fullscreen::Borderless(None))),
    }
    Some(placement)
}

/// Moves the window once more when it is visible: a window manager of X11 places it where it wants when it shows it.
/// Returns whether it is visible, as far as the system tells.
pub(crate) fn place_again(placement: &Placement, window: &Window) -> bool {
    let is_visible = window.is_visible() != Some(false);
    if let (true, Mode::Normal, Some(area)) = (is_visible, placement.mode(), placement.area()) {
        let (x, y) = area.position();
        if window.outer_position().is_ok_and(|at| (at.x, at.y) != (x, y)) {
            window.set_outer_position(PhysicalPosition::new(x, y));
        }
    }
    is_visible
}

/// Records where the window is. Returns whether that is new.
pub(crate) fn observe(geometry: &mut Geometry, window: &Window) -> bool {
    if window.is_minimized() == Some(true) {
        return false;
    }
    let mode = match (window.fullscreen().is_some(), window.is_maximized()) {
        (true, _) => Mode::Fullscreen,
        (false, true) => Mode::Maximized,
        (false, false) => Mode::Normal,
    };
    let size = window.inner_size();
    let placement = match window.outer_position() {
        Ok(at) => Area::new(at.x, at.y, size.width, size.height).map(|area| Placement::new(area, mode)),
        // Wayland tells no position.
        Err(_) => Placement::sized(size.width, size.height, mode),
    };
    placement.is_some_and(|placement| geometry.observe(&placement, &monitors(window)))
}

/// The connected monitors, whole: winit does not know their task bars.
fn monitors(window: &Window) -> Vec<Monitor> {
    let monitors = window.available_monitors().filter_map(|monitor| {
        let (at, size) = (monitor.position(), monitor.size());
        let area = Area::new(at.x, at.y, size.width, size.height)?;
        Some(Monitor::new(&monitor.name().unwrap_or_default(), area, monitor.scale_factor()))
    });
    monitors.collect()
}
