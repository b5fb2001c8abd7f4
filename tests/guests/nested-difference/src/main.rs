//! Orders of an account, settled. Behind six conditions, each inside the one before, the guest is wrong by one.
//!
//! Each condition holds for a small part of all inputs, and has code of its own behind it: a search that is led
//! by coverage climbs them one by one, and one that is not has to meet all of them at once.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde_json::Value;

struct Order {
    amount: u64,
    price: u64,
}

fn main() {
    let input = sp1_zkvm::io::read_vec();
    let total = match serde_json::from_slice::<Value>(&input) {
        Ok(document) => settle(&document).unwrap_or(u64::MAX),
        Err(_) => u64::MAX - 1,
    };
    sp1_zkvm::io::commit(&total);
}

/// What an account owes; `None` for a document that is not one of an account and its orders.
fn settle(document: &Value) -> Option<u64> {
    let account = document.get("account")?;
    let limit = account.get("limit")?.as_u64()?;
    let fee = document.get("fee")?.as_u64()?;
    let orders = document.get("orders")?.as_array()?.iter().map(order).collect::<Option<Vec<_>>>()?;
    let owed = orders.iter().fold(fee, |sum, order| sum.wrapping_add(order.amount.wrapping_mul(order.price)));
    Some(match account.get("tier")?.as_str()? {
        "prime" => prime(&orders, limit, fee, owed),
        "basic" => owed.min(limit),
        _ => owed,
    })
}

fn order(value: &Value) -> Option<Order> {
    Some(Order { amount: value.get("amount")?.as_u64()?, price: value.get("price")?.as_u64()? })
}

#[inline(never)]
fn prime(orders: &[Order], limit: u64, fee: u64, owed: u64) -> u64 {
    if orders.len() != 5 {
        return owed / 2;
    }
    netted(orders, limit, fee, owed)
}

#[inline(never)]
fn netted(orders: &[Order], limit: u64, fee: u64, owed: u64) -> u64 {
    let amounts = orders.iter().fold(0u64, |sum, order| sum.wrapping_add(order.amount));
    if amounts % 8 != 3 {
        return owed / 3;
    }
    rounded(orders, limit, fee, owed ^ amounts)
}

#[inline(never)]
fn rounded(orders: &[Order], limit: u64, fee: u64, owed: u64) -> u64 {
    let prices = orders.iter().fold(0u64, |sum, order| sum.wrapping_mul(3).wrapping_add(order.price));
    if prices % 8 != 5 {
        return owed / 5;
    }
    charged(limit, fee, owed ^ prices)
}

#[inline(never)]
fn charged(limit: u64, fee: u64, owed: u64) -> u64 {
    if limit.wrapping_mul(7) % 8 != 3 {
        return owed / 7;
    }
    taxed(fee, owed ^ limit)
}

#[inline(never)]
fn taxed(fee: u64, owed: u64) -> u64 {
    if fee % 16 != 13 {
        return owed / 11;
    }
    owed.wrapping_add(u64::from(cfg!(target_os = "zkvm")))
}
