//! README is read as plain Markdown: on crates.io and in the repository.

use std::path::Path;

use crate::Test;

const README: &str = include_str!("../../README.md");

pub const TESTS: &[Test] = &[("readme_has_no_hidden_lines_and_no_links_that_only_rustdoc_follows", plain)];

fn plain() {
    let mut is_code = false;
    for line in README.lines() {
        if line.starts_with("```") {
            is_code = !is_code && line.starts_with("```rust");
        }
        assert!(!is_code || !line.trim_start().starts_with("# "), "hidden in rustdoc only: {line}");
        assert!(!line.contains("[`"), "a link of rustdoc: {line}");
    }
    for target in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let is_there = Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists();
        assert!(target.starts_with("https://") || is_there, "{target}");
    }
}
