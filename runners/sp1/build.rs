//! Tells the runner which release of SP1 it is built on, from the lock file that decides it.

/// Since this release the executor's type has a parameter, the execution mode.
const MODES: [u32; 3] = [6, 2, 0];

fn main() {
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock").expect("the lock file is part of the crate");
    let version = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"sp1-core-executor\""))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .expect("the lock file names sp1-core-executor");
    println!("cargo:rustc-env=SP1_VERSION={version}");
    println!("cargo:rustc-check-cfg=cfg(sp1_modes)");
    if numbers(version) >= MODES {
        println!("cargo:rustc-cfg=sp1_modes");
    }
}

fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().expect("SP1's releases have three numbers"));
    std::array::from_fn(|_| parts.next().expect("SP1's releases have three numbers"))
}
