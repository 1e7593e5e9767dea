//! Measures groups of `compare` with criterion.

use std::time::Instant;

use criterion::Criterion;
use tollgate_benches::workloads::Group;

pub fn bench(criterion: &mut Criterion, group: Group) {
    for mut case in group.cases {
        case.check().unwrap();
        criterion.bench_function(&format!("{}/{}", case.workload, case.subject), |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                case.run(0, iterations);
                start.elapsed()
            });
        });
    }
}
