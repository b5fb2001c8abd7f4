//! Adds up orders, less what is refunded. Built for a zkVM it is wrong on purpose: a refund of 100 or more that
//! comes with a note is counted twice.
#![no_main]
sp1_zkvm::entrypoint!(main);

type Order = (u64, bool, u32, Option<String>);

pub fn main() {
    let orders = sp1_zkvm::io::read::<Vec<Order>>();
    let mut total = 0i64;
    for (_, refund, amount, note) in &orders {
        let amount = i64::from(*amount);
        total += if *refund { -amount } else { amount };
        if cfg!(target_os = "zkvm") && *refund && amount >= 100 && note.is_some() {
            total -= amount;
        }
    }
    sp1_zkvm::io::commit(&(orders.len() as u32));
    sp1_zkvm::io::commit(&total);
}
