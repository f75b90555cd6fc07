//! A form of Leptos whose values, and the arrow at the last of them, come back after a kill.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;

// leftoff: these lines, and the last one of `main`.
#[wasm_bindgen(inline_js = r#"
    import { open } from "/pkg/leftoff.js";
    export const keep = (app) => void open(app).then((session) => session.bind()).catch(console.error);
"#)]
extern "C" {
    fn keep(app: &str);
}

#[component]
fn Request() -> impl IntoView {
    let (name, set_name) = signal(String::new());
    let (nights, set_nights) = signal(1_u32);
    let (is_by_train, set_by_train) = signal(false);
    let known = move || {
        let by_train = if is_by_train.get() { ", by train" } else { "" };
        format!("{}: {} nights{by_train}", name.get(), nights.get())
    };
    view! {
        <form name="request">
            <label>
                "Name "
                <input name="name" prop:value=name on:input=move |event| set_name.set(event_target_value(&event)) />
            </label>
            <label>
                "Nights "
                <input
                    name="nights"
                    type="number"
                    prop:value=nights
                    on:input=move |event| set_nights.set(event_target_value(&event).parse().unwrap_or(1))
                />
            </label>
            <label>
                <input
                    name="train"
                    type="checkbox"
                    prop:checked=is_by_train
                    on:change=move |event| set_by_train.set(event_target_checked(&event))
                />
                " By train"
            </label>
            // The program's own values, which are not those of the fields.
            <output>{known}</output>
        </form>
    }
}

fn main() {
    mount_to_body(Request);
    keep("com.example.leptos");
}
