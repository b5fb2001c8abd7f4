//! Reads values of types of every shape, also of such as cannot be found out, and raw buffers between them.
#![no_main]
sp1_zkvm::entrypoint!(main);

use std::collections::BTreeMap;

use serde::de::{Deserializer, IgnoredAny};
use serde::Deserialize;
use sp1_zkvm::io::{commit, read, read_vec};

#[derive(Deserialize)]
struct Order {
    id: u128,
    note: Option<String>,
    payload: Vec<u8>,
    prices: BTreeMap<u16, Vec<Kind>>,
    tree: Tree,
}

#[derive(Deserialize)]
struct Tree {
    value: i8,
    children: Vec<Tree>,
    twin: Option<Box<Tree>>,
}

macro_rules! kind {
    ($($variant:ident),*) => {
        #[derive(Deserialize)]
        enum Kind { $($variant,)* Priced(u64), Nested { inner: Box<Kind> } }
    };
}
kind!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T, U, V, W, X, Y, Z);

/// A value whose deserialization has an end only where it is given one.
struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(from)?;
        assert!(number > 100, "{number} is not enough");
        Ok(Self)
    }
}

/// A value of any form.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IgnoredAny).map(|_| Self)
    }
}

impl Tree {
    fn sum(&self) -> i64 {
        let below: i64 = self.children.iter().map(Self::sum).sum();
        i64::from(self.value) + below + self.twin.as_ref().map_or(0, |twin| twin.sum())
    }
}

impl Kind {
    fn price(&self) -> u64 {
        match self {
            Self::Priced(price) => *price,
            Self::Nested { inner } => inner.price(),
            _ => 1,
        }
    }
}

fn main() {
    let order = read::<Order>();
    let raw = read_vec();
    let count = read::<u32>();
    let again = read::<Order>();
    for order in [order, again] {
        let prices = order.prices.values().flatten().fold(0, |sum: u64, kind| sum.wrapping_add(kind.price()));
        commit(&(order.id, order.note.map(|note| note.len() as u64), order.payload.len() as u64));
        commit(&(prices, order.tree.sum()));
    }
    commit(&(raw.len() as u64, count));
    read::<Panics>();
    read::<Anything>();
}
