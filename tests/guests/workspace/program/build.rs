//! Uses a crate of the workspace while building.
fn main() {
    println!("cargo:rustc-env=TWICE={}", shared::twice(21));
}
