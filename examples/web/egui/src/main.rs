//! The invoice of leftoff-egui in a page: its fields, and the arrow at the last of them, come back after a kill.
#![allow(dead_code, reason = "a page needs less of the form than a window")]

#[path = "../../../../adapters/leftoff-egui/examples/invoice/app.rs"]
mod app;

use app::{App, Options};
use eframe::egui::{Panel, Ui};
use leftoff::{AppId, Session};
use leftoff_web::{Access, Opened, Page};
use wasm_bindgen::{JsCast, JsValue};

/// The window of a desktop has an `App` only.
struct Tab {
    app: App,
    page: Page,
}

impl eframe::App for Tab {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        if self.page.access() != Access::Writes {
            Panel::bottom("access")
                .show(ui, |ui| ui.label("Nothing is saved here. Is the invoice open in another tab?"));
        }
        self.app.show(ui);
    }
}

async fn run() -> Result<(), JsValue> {
    let builder = Session::builder(AppId::new("org.example.leftoff-invoice"));
    let Opened { session, page } = leftoff_web::open(builder).await;
    let tab = Tab { app: App::new(session, Options::default()), page };
    let document = web_sys::window().and_then(|window| window.document());
    let canvas = document.and_then(|document| document.get_element_by_id("invoice")).ok_or("no canvas")?;
    let create = move |creation: &eframe::CreationContext<'_>| {
        let context = creation.egui_ctx.clone();
        tab.page.on_change(move || context.request_repaint());
        Ok(Box::new(tab) as Box<dyn eframe::App>)
    };
    eframe::WebRunner::new().start(canvas.dyn_into()?, eframe::WebOptions::default(), Box::new(create)).await
}

fn main() {
    wasm_bindgen_futures::spawn_local(async {
        if let Err(error) = run().await {
            wasm_bindgen::throw_val(error);
        }
    });
}
