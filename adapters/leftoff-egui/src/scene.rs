//! The widgets and layers of the elements of a pass.

use egui::{Context, Id, LayerId, ViewportId};
use leftoff::marker::anchor::ElementId;

/// What egui knows of the elements of a pass.
#[derive(Default)]
pub(crate) struct Scene {
    /// The egui pass of these elements; each viewport counts its own.
    pass: Option<(ViewportId, u64)>,
    widgets: Vec<(ElementId, Id)>,
    /// By the number of the layer in [`Resume::set_layer`](leftoff::resume::Resume::set_layer).
    layers: Vec<LayerId>,
}

impl Scene {
    /// Clears the scene for a new pass; returns whether it is one. egui may run several passes for one frame.
    pub(crate) fn begins(&mut self, ctx: &Context) -> bool {
        let pass = Some((ctx.viewport_id(), ctx.cumulative_pass_nr()));
        let is_new = self.pass != pass;
        if is_new {
            *self = Self { pass, ..Self::default() };
        }
        is_new
    }

    pub(crate) fn add(&mut self, element: ElementId, widget: Id) {
        self.widgets.push((element, widget));
    }

    pub(crate) fn widget(&self, element: ElementId) -> Option<Id> {
        self.widgets.iter().find(|(of, _)| *of == element).map(|(_, widget)| *widget)
    }

    /// Returns the number of this layer.
    pub(crate) fn number(&mut self, layer: LayerId) -> usize {
        self.layers.iter().position(|known| *known == layer).unwrap_or_else(|| {
            self.layers.push(layer);
            self.layers.len() - 1
        })
    }

    pub(crate) fn layer(&self, number: usize) -> Option<LayerId> {
        self.layers.get(number).copied()
    }
}
