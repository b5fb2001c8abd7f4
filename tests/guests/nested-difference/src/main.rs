//! Orders of an account, settled. Behind six conditions, each inside the one before, the guest is wrong by one.
//!
//! Each condition holds for a small part of all inputs and has code of its own behind it: a search that is led
//! by what runs cover and compare climbs them one by one; one that is not has to meet all of them at once.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    account: Account,
    fee: u64,
    orders: Vec<Order>,
}

#[derive(Deserialize)]
struct Account {
    tier: Tier,
    limit: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    Basic,
    Prime,
    Partner { code: String, share: u32 },
}

#[derive(Deserialize)]
struct Order {
    amount: u64,
    price: u64,
}

fn main() {
    let input = sp1_zkvm::io::read_vec();
    let total = serde_json::from_slice(&input).map_or(u64::MAX, |document| settle(&document));
    sp1_zkvm::io::commit(&total);
}

/// What an account owes.
fn settle(document: &Document) -> u64 {
    let orders = &document.orders;
    let owed = orders.iter().fold(document.fee, |sum, order| sum.wrapping_add(order.amount.wrapping_mul(order.price)));
    match &document.account.tier {
        Tier::Basic => owed.min(document.account.limit),
        Tier::Prime => owed - owed / 10,
        Tier::Partner { code, share } => partner(document, code, owed ^ u64::from(*share)),
    }
}

#[inline(never)]
fn partner(document: &Document, code: &str, owed: u64) -> u64 {
    if code != "north-7" {
        return owed / 2;
    }
    bundled(document, owed.rotate_left(7))
}

#[inline(never)]
fn bundled(document: &Document, owed: u64) -> u64 {
    if document.orders.len() != 5 {
        return owed / 3;
    }
    limited(document, owed ^ 0x5eed)
}

#[inline(never)]
fn limited(document: &Document, owed: u64) -> u64 {
    if !(70_000..70_016).contains(&document.account.limit) {
        return owed / 5;
    }
    netted(document, owed.rotate_left(3))
}

#[inline(never)]
fn netted(document: &Document, owed: u64) -> u64 {
    let amounts = document.orders.iter().fold(0u64, |sum, order| sum.wrapping_add(order.amount));
    if amounts != document.account.limit {
        return owed / 7;
    }
    charged(document, owed ^ amounts)
}

#[inline(never)]
fn charged(document: &Document, owed: u64) -> u64 {
    if document.orders[2].price != document.fee {
        return owed / 11;
    }
    owed.wrapping_add(u64::from(cfg!(target_os = "zkvm")))
}
