//! The costs of a token beside its signature: `cargo bench --bench pipeline`.

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate_benches::workloads::series;

mod common;

fn pipeline(criterion: &mut Criterion) {
    for group in [series::keys(), series::payload(), series::reject()] {
        common::bench(criterion, group);
    }
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
