//! The offsets of scroll areas, as a section.

use std::collections::{BTreeMap, BTreeSet};

use egui::scroll_area::ScrollAreaOutput;
use egui::{ScrollArea, Ui, Vec2};
use leftoff::Section;
use serde::{Deserialize, Serialize};

use crate::compat;

/// The section of [`Scrolls`].
pub const SCROLLS: Section<Scrolls> = Section::new("scroll offsets", 1);

/// The offsets of scroll areas, by names that the program chooses: a ready-made section.
///
/// Names stay the same in all versions of the program, unlike egui's ids. An offset of contents that are now smaller is
/// corrected by egui.
///
/// ```
/// use egui::{ScrollArea, Ui};
/// use leftoff::Session;
/// use leftoff_egui::{SCROLLS, Scrolls};
///
/// struct App {
///     session: Session,
///     scrolls: Scrolls,
/// }
///
/// impl App {
///     fn new(mut session: Session) -> Self {
///         let scrolls = session.get_or_default(SCROLLS);
///         Self { session, scrolls }
///     }
///
///     fn ui(&mut self, ui: &mut Ui) -> Result<(), leftoff::Error> {
///         self.scrolls.show(ui, "lines", ScrollArea::vertical(), |ui| {
///             ui.label("line 1");
///         });
///         self.session.autosave(|capture| capture.set(SCROLLS, &self.scrolls))?;
///         Ok(())
///     }
/// }
/// # let mut app = App::new(Session::in_memory());
/// # let mut run = egui::Context::default().run_ui(egui::RawInput::default(), |ui| app.ui(ui).unwrap());
/// # run.textures_delta.clear();
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Scrolls {
    /// In points, from the start of the contents.
    offsets: BTreeMap<String, [f32; 2]>,
    /// The areas that were shown since the restore: egui keeps their offsets.
    #[serde(skip)]
    shown: BTreeSet<String>,
}

impl Scrolls {
    /// Shows a scroll area, which has the restored offset when it is shown for the first time.
    ///
    /// Each area has its own name.
    pub fn show<R>(
        &mut self,
        ui: &mut Ui,
        name: &str,
        mut area: ScrollArea,
        contents: impl FnOnce(&mut Ui) -> R,
    ) -> ScrollAreaOutput<R> {
        if self.shown.insert(name.to_owned()) {
            if let Some([x, y]) = self.offset(name) {
                area = area.scroll_offset(Vec2::new(x, y));
            }
        }
        let output = area.show(ui, contents);
        let Vec2 { x, y } = compat::scroll_offset(&output.state);
        if let Some(offset) = self.offsets.get_mut(name) {
            *offset = [x, y];
        } else {
            self.offsets.insert(name.to_owned(), [x, y]);
        }
        output
    }

    /// Returns the offset of the area with this name, right and down, in points.
    pub fn offset(&self, name: &str) -> Option<[f32; 2]> {
        self.offsets.get(name).copied().filter(|offset| offset.iter().all(|part| part.is_finite() && *part >= 0.0))
    }

    /// Forgets the area with this name, such as that of a document that the user has closed.
    pub fn remove(&mut self, name: &str) {
        self.offsets.remove(name);
        self.shown.remove(name);
    }
}
