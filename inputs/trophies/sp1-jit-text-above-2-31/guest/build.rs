//! Puts every segment where the program expects it.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rustc-link-arg=-T{folder}/program.ld");
    println!("cargo:rerun-if-changed=program.ld");
}
