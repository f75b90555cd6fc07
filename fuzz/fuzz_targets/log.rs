#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leftoff_fuzz::bounded(data, 512 << 10, 1024, leftoff::fuzzing::log));
