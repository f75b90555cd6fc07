//! The inputs of the fuzz targets, and cuts and flips of them, on a stable compiler.

use std::fs;
use std::path::Path;

use leftoff::fuzzing;

type Body = fn(&[u8]);

#[test]
fn the_corpora_of_the_fuzz_targets_hold() {
    let targets = [("frame", fuzzing::frame as Body), ("log", fuzzing::log), ("section", fuzzing::section)];
    for (target, body) in targets {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut inputs = 0;
        for input in fs::read_dir(corpus).unwrap() {
            let input = input.unwrap();
            // Those the fuzzer found, named by their hash, are many; `src/fuzzing.rs` has them as they are.
            if input.file_name().len() == 40 {
                continue;
            }
            let bytes = fs::read(input.path()).unwrap();
            body(&bytes);
            for cut in 0..bytes.len() {
                body(&bytes[..cut]);
                let mut flipped = bytes.clone();
                flipped[cut] ^= 1 << (cut % 8);
                body(&flipped);
            }
            inputs += 1;
        }
        assert!(inputs >= 6, "{target}: {inputs} inputs");
    }
}
