//! Where the window is, with the monitors that are connected.

use eframe::egui::{Vec2, vec2};
use leftoff::Migration;
use leftoff::Section;
use leftoff::window::{Area, Geometry, Mode, Monitor, Placement};
use serde::{Deserialize, Serialize};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::window::{Fullscreen, Window};

pub(crate) const WINDOW: Section<Geometry> = Section::new("window", 2).migrations(&[Migration::from::<WindowSize>(1)]);

/// The size of a window that was never open.
pub const SIZE: Vec2 = vec2(960.0, 640.0);

/// The value of version 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowSize {
    width: f32,
    height: f32,
}

impl From<WindowSize> for Geometry {
    fn from(WindowSize { width, height }: WindowSize) -> Self {
        let mut geometry = Self::default();
        if let Some(window) = Placement::sized(width, height, Mode::Normal) {
            geometry.observe(&window, &[]);
        }
        geometry
    }
}

/// Where the window is, or is to be, in physical pixels, and the monitors.
pub(crate) type Place = (Placement, Vec<Monitor>);

/// Returns the place of a window; `None` while it is minimised.
pub(crate) fn of(window: &Window) -> Option<Place> {
    if window.is_minimized() == Some(true) {
        return None;
    }
    let mode = match (window.fullscreen(), window.is_maximized()) {
        (Some(_), _) => Mode::Fullscreen,
        (None, true) => Mode::Maximized,
        (None, false) => Mode::Normal,
    };
    let size = window.inner_size();
    // The position that can be set again. Wayland has none.
    let placement = match window.outer_position() {
        Ok(at) => Placement::new(Area::new(at.x, at.y, size.width, size.height)?, mode),
        Err(_) => Placement::sized(size.width, size.height, mode)?,
    };
    Some((placement, monitors(window)))
}

fn monitors(window: &Window) -> Vec<Monitor> {
    let monitor = |handle: winit::monitor::MonitorHandle| {
        let (at, size) = (handle.position(), handle.size());
        let area = Area::new(at.x, at.y, size.width, size.height)?;
        Some(Monitor::new(&handle.name().unwrap_or_default(), area, handle.scale_factor()))
    };
    window.available_monitors().filter_map(monitor).collect()
}

/// Puts the window where it was, or where it fits on the monitors of today.
pub(crate) fn restore(window: &Window, geometry: &Geometry) {
    let Some(placement) = geometry.fit(&monitors(window)) else { return };
    let (width, height) = placement.size();
    let _ = window.request_inner_size(PhysicalSize::new(width, height));
    if let Some((x, y)) = placement.area().map(|area| area.position()) {
        window.set_outer_position(PhysicalPosition::new(x, y));
    }
    match placement.mode() {
        Mode::Normal => {}
        Mode::Maximized => window.set_maximized(true),
        Mode::Fullscreen => window.set_fullscreen(Some(Fullscreen::Borderless(None))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_of_version_1_is_the_size_of_the_window() {
        let size = Geometry::from(WindowSize { width: 800.0, height: 600.0 }).fit(&[]).map(|window| window.size());
        assert_eq!(size, Some((800, 600)));
    }
}
