//! Runs the tests of a package in WebAssembly, where the usual harness can neither print nor survive a failed test.
//!
//! `.ci/web` builds the tests with [`collect`] in the place of that harness; `run.mjs` beside this package calls them.

#![feature(test)]

extern crate test;

use std::cell::RefCell;
use std::panic;

use test::{ShouldPanic, TestDescAndFn, TestFn};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

struct Test {
    /// The name, then `ignored` or `panics` if the test is so marked, separated by tabs.
    line: String,
    run: fn() -> Result<(), String>,
}

thread_local! {
    static TESTS: RefCell<Vec<Test>> = const { RefCell::new(Vec::new()) };
}

/// Stands in for the main function of the harness.
pub fn collect(tests: &[&TestDescAndFn]) {
    // Without this, a panic ends the module without a message.
    panic::set_hook(Box::new(|info| error(&info.to_string())));
    TESTS.set(tests.iter().filter_map(|test| described(test)).collect());
}

fn described(test: &TestDescAndFn) -> Option<Test> {
    let TestFn::StaticTestFn(run) = test.testfn else { return None };
    let mut line = test.desc.name.to_string();
    if test.desc.ignore {
        line.push_str("\tignored");
    }
    if test.desc.should_panic != ShouldPanic::No {
        line.push_str("\tpanics");
    }
    Some(Test { line, run })
}

#[wasm_bindgen]
pub fn list() -> Vec<String> {
    TESTS.with_borrow(|tests| tests.iter().map(|test| test.line.clone()).collect())
}

/// Runs a test of [`list`]. A test that panics ends the module.
#[wasm_bindgen]
pub fn run(index: usize) -> Result<(), String> {
    let run = TESTS.with_borrow(|tests| tests.get(index).map(|test| test.run));
    run.ok_or("no such test")?()
}
