//! Our engines, on signatures alone and on whole tokens: `cargo bench --bench engines`.

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate_benches::fixtures::Issuer;
use tollgate_benches::{ours, workloads};
use tollgate_core::Algorithm;

mod common;

fn engines(criterion: &mut Criterion) {
    for algorithm in [Algorithm::Es256, Algorithm::Es384] {
        let issuer = Issuer::new(algorithm, "issuer");
        common::bench(criterion, workloads::signature(&issuer, ours::engines(&issuer), vec![]));
        common::bench(criterion, workloads::token(&issuer, ours::engines(&issuer), vec![]));
    }
}

criterion_group!(benches, engines);
criterion_main!(benches);
