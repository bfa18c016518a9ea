//! The crash matrix on a toy cloud, whose CPI is not crash-safe: see
//! `test_support::environment::crashes`.

use test_support::environment::crashes::Matrix;

fn crashes(names: &[&str]) {
    Matrix::new("worker", &crate::toy::stage).play(names);
}

#[test]
#[ignore = "minutes: cargo test -p create-env --test environment -- --ignored"]
fn creating_survives_every_death() {
    crashes(&["create"]);
}

#[test]
#[ignore = "a quarter of an hour: cargo test -p create-env --test environment -- --ignored"]
fn recreating_survives_every_death() {
    crashes(&["recreate", "another stemcell"]);
}

#[test]
#[ignore = "a quarter of an hour: cargo test -p create-env --test environment -- --ignored"]
fn disks_survive_every_death() {
    crashes(&["move the disk", "grow the disk"]);
}

#[test]
#[ignore = "a quarter of an hour: cargo test -p create-env --test environment -- --ignored"]
fn jobs_and_deletion_survive_every_death() {
    crashes(&["apply in place", "delete"]);
}
