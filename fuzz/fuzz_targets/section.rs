#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leftoff_fuzz::bounded(data, 64 << 10, 2048, leftoff::fuzzing::section));
