#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leftoff_fuzz::bounded(data, 16 << 10, 64, leftoff::fuzzing::trail));
