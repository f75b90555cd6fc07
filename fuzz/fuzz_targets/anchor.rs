#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leftoff_fuzz::bounded(data, 4 << 20, 4096, leftoff::fuzzing::anchor));
