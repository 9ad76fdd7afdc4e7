#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| changebook::fuzzing::commit(data));
