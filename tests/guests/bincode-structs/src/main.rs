//! An account, a batch of transactions in; the account afterwards out, as one struct.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
struct Account {
    owner: [u8; 4],
    balance: u128,
    nonce: u32,
    label: Option<String>,
}

#[derive(Deserialize)]
enum Transaction {
    Deposit(u64),
    Withdraw { amount: u64, fee: u16 },
    Rename(Option<String>),
    Close,
}

#[derive(Serialize)]
struct Receipt {
    account: Account,
    accepted: u32,
    refused: Vec<u32>,
    closed: bool,
}

impl Receipt {
    fn new(account: Account) -> Self {
        Self {
            account,
            accepted: 0,
            refused: Vec::new(),
            closed: false,
        }
    }

    /// Whether the transaction could be done.
    fn apply(&mut self, transaction: Transaction) -> bool {
        match transaction {
            _ if self.closed => return false,
            Transaction::Deposit(amount) => self.account.balance += u128::from(amount),
            Transaction::Withdraw { amount, fee } => {
                let cost = u128::from(amount) + u128::from(fee);
                let Some(rest) = self.account.balance.checked_sub(cost) else {
                    return false;
                };
                self.account.balance = rest;
            }
            Transaction::Rename(label) => self.account.label = label,
            Transaction::Close => self.closed = true,
        }
        self.account.nonce += 1;
        true
    }
}

pub fn main() {
    let account = sp1_zkvm::io::read::<Account>();
    let transactions = sp1_zkvm::io::read::<Vec<Transaction>>();

    let mut receipt = Receipt::new(account);
    for (place, transaction) in (0..).zip(transactions) {
        if receipt.apply(transaction) {
            receipt.accepted += 1;
        } else {
            receipt.refused.push(place);
        }
    }
    sp1_zkvm::io::commit(&receipt);
}
