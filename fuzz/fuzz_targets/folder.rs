#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leftoff_fuzz::bounded(data, 1 << 20, 1024, leftoff::fuzzing::folder));
