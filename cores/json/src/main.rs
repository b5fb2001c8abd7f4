//! Any JSON in, a transformed one out.
//!
//! Every kind of value is changed (numbers negated, strings reversed, arrays reversed, keys
//! lengthened), written compactly and prettily, and parsed again. Text that is not JSON is an
//! ordinary result here: the place and the class of the error are committed.
#![no_main]
sp1_zkvm::entrypoint!(main);

use serde_json::{error::Category, Error, Map, Number, Value};

/// How many values of each kind a document holds.
#[derive(Default)]
struct Census {
    nulls: u32,
    bools: u32,
    numbers: u32,
    strings: u32,
    arrays: u32,
    objects: u32,
    depth: u32,
}

impl Census {
    fn count(&mut self, value: &Value, depth: u32) {
        self.depth = self.depth.max(depth);
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.bools += 1,
            Value::Number(_) => self.numbers += 1,
            Value::String(_) => self.strings += 1,
            Value::Array(items) => {
                self.arrays += 1;
                items.iter().for_each(|item| self.count(item, depth + 1));
            }
            Value::Object(fields) => {
                self.objects += 1;
                fields
                    .values()
                    .for_each(|field| self.count(field, depth + 1));
            }
        }
    }

    fn commit(&self) {
        for count in [
            self.nulls,
            self.bools,
            self.numbers,
            self.strings,
            self.arrays,
            self.objects,
            self.depth,
        ] {
            sp1_zkvm::io::commit(&count);
        }
    }
}

fn negate(number: &Number) -> Value {
    if let Some(integer) = number.as_i64() {
        return Value::from(integer.wrapping_neg());
    }
    if let Some(natural) = number.as_u64() {
        return Value::from(!natural);
    }
    Value::from(number.as_f64().map(|float| -float))
}

fn reverse(text: &str) -> String {
    text.chars().rev().collect()
}

fn transform(value: &Value) -> Value {
    match value {
        Value::Null => Value::Object(Map::new()),
        Value::Bool(flag) => Value::Bool(!flag),
        Value::Number(number) => negate(number),
        Value::String(text) => Value::String(reverse(text)),
        Value::Array(items) => items.iter().rev().map(transform).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (format!("{key}\u{fc}\n"), transform(field)))
            .collect(),
    }
}

fn commit_error(error: &Error) {
    let category: &[u8] = match error.classify() {
        Category::Io => b"io",
        Category::Syntax => b"syntax",
        Category::Data => b"data",
        Category::Eof => b"eof",
    };
    sp1_zkvm::io::commit_slice(category);
    sp1_zkvm::io::commit(&(error.line() as u64));
    sp1_zkvm::io::commit(&(error.column() as u64));
    sp1_zkvm::io::commit_slice(error.to_string().as_bytes());
}

fn commit_document(value: &Value) {
    let mut census = Census::default();
    census.count(value, 1);
    census.commit();

    let changed = transform(value);
    let compact = serde_json::to_string(&changed).expect("a value can be written");
    sp1_zkvm::io::commit_slice(compact.as_bytes());
    let pretty = serde_json::to_vec_pretty(value).expect("a value can be written");
    sp1_zkvm::io::commit_slice(&pretty);

    let again: Result<Value, Error> = serde_json::from_str(&compact);
    sp1_zkvm::io::commit(&again.is_ok_and(|again| again == changed));
}

pub fn main() {
    let bytes = sp1_zkvm::io::read_vec();
    match serde_json::from_slice(&bytes) {
        Ok(value) => commit_document(&value),
        Err(error) => commit_error(&error),
    }
}
