//! What a frame costs.

use std::hint::black_box;
use std::time::Instant;

use leftoff_ratatui::Arrow;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::screens::{NOON, marker};

/// `cargo test --release --test it -- --ignored --nocapture cost`
#[test]
#[ignore = "a measurement: of use only in a release build on a quiet machine"]
fn microseconds_of_a_frame() {
    let paths: Vec<String> = (0..1000).map(|row| format!("mail/{row}/subject")).collect();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    for (what, count, target) in [
        ("form of 20", 20, Some("mail/7/subject")),
        ("list of 1000", 1000, Some("mail/700/subject")),
        ("list of 1000, gone", 1000, Some("mail/x/subject")),
        ("list of 1000, no marker", 1000, None),
    ] {
        let marker = target.map(marker);
        let mut arrow = Arrow::new();
        let mut best = f64::MAX;
        for _ in 0..200 {
            let start = Instant::now();
            arrow.begin(buffer.area);
            for (row, path) in paths.iter().take(count).enumerate() {
                arrow.register_lines(path.as_str(), Rect::new(2, 0, 100, 40), row..row + 1, 0);
            }
            black_box(arrow.draw(&mut buffer, marker.as_ref(), NOON));
            best = best.min(start.elapsed().as_secs_f64() * 1e6);
        }
        println!("{what}: {best:.0} µs");
    }
}
