//! Our engines, on signatures alone and on whole tokens: `cargo bench --bench engines`.

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate_benches::{ours, workloads};

mod common;

fn engines(criterion: &mut Criterion) {
    for issuer in workloads::of_signatures() {
        common::bench(criterion, workloads::signature(&issuer, ours::engines(&issuer), vec![]));
    }
    for issuer in workloads::of_tokens() {
        common::bench(criterion, workloads::token(&issuer, ours::engines(&issuer), vec![]));
    }
}

criterion_group!(benches, engines);
criterion_main!(benches);
