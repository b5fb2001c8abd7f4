//! A transfer, read as a typed value. Behind six conditions, each inside the one before, the guest is wrong by one:
//! a variant, a number of hops, a range, a sum of two fields, a text, and two fields that differ in some bits only.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;

#[derive(Deserialize)]
struct Transfer {
    amount: u64,
    fee: u32,
    memo: String,
    route: Route,
}

#[derive(Deserialize)]
enum Route {
    Direct,
    Via { hops: Vec<u16>, limit: u32 },
}

fn main() {
    let transfer = sp1_zkvm::io::read::<Transfer>();
    sp1_zkvm::io::commit(&cost(&transfer));
}

fn cost(transfer: &Transfer) -> u64 {
    let cost = transfer.amount.wrapping_mul(3) ^ u64::from(transfer.fee) ^ transfer.memo.len() as u64;
    match &transfer.route {
        Route::Direct => cost,
        Route::Via { hops, limit } => routed(transfer, hops, *limit, cost / 3),
    }
}

#[inline(never)]
fn routed(transfer: &Transfer, hops: &[u16], limit: u32, cost: u64) -> u64 {
    if hops.len() != 4 {
        return cost / 2;
    }
    ranged(transfer, hops, limit, cost.rotate_left(9))
}

#[inline(never)]
fn ranged(transfer: &Transfer, hops: &[u16], limit: u32, cost: u64) -> u64 {
    if !(7_000_000..7_000_050).contains(&transfer.amount) {
        return cost / 3;
    }
    charged(transfer, hops, limit, cost ^ 0x5eed)
}

#[inline(never)]
fn charged(transfer: &Transfer, hops: &[u16], limit: u32, cost: u64) -> u64 {
    if transfer.fee != u32::from(hops[1]) + 7_700 {
        return cost / 5;
    }
    noted(transfer, limit, cost ^ u64::from(transfer.fee))
}

#[inline(never)]
fn noted(transfer: &Transfer, limit: u32, cost: u64) -> u64 {
    if transfer.memo != "settled" {
        return cost / 7;
    }
    limited(transfer.fee, limit, cost / 11)
}

#[inline(never)]
fn limited(fee: u32, limit: u32, cost: u64) -> u64 {
    if limit ^ fee != 0x0005_a5a0 {
        return cost / 13;
    }
    cost.wrapping_add(u64::from(cfg!(target_os = "zkvm")))
}
