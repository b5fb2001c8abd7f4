//! Tells the runner which release of SP1 it is built on, from the lock file that decides it.

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").expect("the lock file is part of the crate");
    let version = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"sp1-core-executor\""))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .expect("the lock file names sp1-core-executor");
    println!("cargo:rustc-env=SP1_VERSION={version}");
}
