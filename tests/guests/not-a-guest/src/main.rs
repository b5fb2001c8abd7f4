//! An ordinary program: it has no SP1 in it.
fn main() {
    println!("hello");
}
