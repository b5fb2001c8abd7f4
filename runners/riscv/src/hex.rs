//! How numbers of 64 bits and bytes are written in JSON: as text in hexadecimal, since not every reader of
//! JSON keeps 64 bits of a number. Numbers are taken, too.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number that is written as `"0x..."`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hex(pub u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:#x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HexVisitor)
    }
}

struct HexVisitor;

impl Visitor<'_> for HexVisitor {
    type Value = Hex;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number of 64 bits, as text \"0x...\" or as a number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Hex, E> {
        let digits = text.strip_prefix("0x");
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.map(Hex).ok_or_else(|| E::custom(format_args!("{text:?} is not a number \"0x...\"")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Hex, E> {
        Ok(Hex(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Hex, E> {
        Ok(Hex(number as u64))
    }
}

/// Bytes, two digits each.
pub mod bytes {
    use super::*;

    /// Write bytes as text.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 * bytes.len());
        bytes.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
        serializer.serialize_str(&text)
    }

    /// Read bytes from text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digit = |byte: &u8| (*byte as char).to_digit(16);
        let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        });
        pairs
            .collect::<Option<_>>()
            .ok_or_else(|| D::Error::custom("bytes are not pairs of hexadecimal digits"))
    }
}
