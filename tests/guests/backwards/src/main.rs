//! Prints its input backwards: what it prints stands neither in its source nor in its input.
#![no_main]
sp1_zkvm::entrypoint!(main);

pub fn main() {
    let mut text = sp1_zkvm::io::read_vec();
    text.reverse();
    println!("out {}", String::from_utf8_lossy(&text));
    eprintln!("err {}", String::from_utf8_lossy(&text));
    sp1_zkvm::io::commit(&(text.len() as u32));
}
