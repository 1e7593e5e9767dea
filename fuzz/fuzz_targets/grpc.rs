//! Checks over gRPC: whatever the bytes, they are attributes that HTTP can carry or an error, and a check that Envoy
//! could send is read as it was sent.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tollgate_fuzz::grpc::read(bytes));
