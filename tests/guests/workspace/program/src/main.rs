//! A guest in a workspace, one of whose crates its build script uses, too.
#![no_main]
sp1_zkvm::entrypoint!(main);

fn main() {
    let length = sp1_zkvm::io::read_vec().len() as u32;
    sp1_zkvm::io::commit(&shared::twice(length));
    sp1_zkvm::io::commit(&env!("TWICE").to_owned());
}
