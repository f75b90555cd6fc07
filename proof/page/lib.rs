//! `#[test]` in WebAssembly, where the standard library's harness does not run.
//!
//! A test binary says `#[macro_use(test)] extern crate leftoff_page_test;`, and all its tests stay as they are.

pub use wasm_bindgen_test::wasm_bindgen_test as test;
