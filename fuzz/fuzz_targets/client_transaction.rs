#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    mrms_fuzz::client_transaction(bytes);
});
