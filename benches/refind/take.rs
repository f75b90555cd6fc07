//! How long the user's thread is busy with taking an anchor.

use std::time::{Duration, Instant};

use leftoff::marker::anchor::{Anchor, Element, Elements};

const ROUNDS: usize = 500;

pub(crate) fn print() {
    println!("\ntaking an anchor from `Elements`: groups of ten fields, with roles and names; and from one flat list");
    for count in [200, 5_000] {
        for is_flat in [false, true] {
            let paths: Vec<String> =
                (0..count)
                    .map(|n| {
                        if is_flat {
                            format!("list/row{n}")
                        } else {
                            format!("page{}/group{}/field{n}", n / 100, n / 10)
                        }
                    })
                    .collect();
            let mut elements = Elements::new();
            for (number, path) in paths.iter().enumerate() {
                let name = format!("Field {number}");
                elements.add(Element::new(path).role("text field").name(&name));
            }
            let mut times: Vec<Duration> = Vec::new();
            let mut bytes = 0;
            for round in 0..ROUNDS {
                let Some(path) = paths.get(round * 37 % count) else { continue };
                let start = Instant::now();
                let anchor = Anchor::take(&elements, path);
                times.push(start.elapsed());
                bytes = bytes.max(anchor.map_or(0, |anchor| anchor.to_bytes().len()));
            }
            times.sort_unstable();
            let at = |percent: usize| times.get((times.len() - 1) * percent / 100).copied().unwrap_or_default();
            let shape = if is_flat { "flat" } else { "groups" };
            println!("  {count} elements, {shape:<6}  median {:?}, p99 {:?}, at most {bytes} bytes", at(50), at(99));
        }
    }
}
