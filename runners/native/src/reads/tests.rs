//! What is told of the reads of types of every shape.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::Deserialize;

use super::tracer::trace;

/// The form of a type, then those of the named types in it, as JSON of a kind.
fn form<T: DeserializeOwned>() -> String {
    match trace::<T>() {
        Ok(traced) => format!("{:?} {:?}", traced.format, traced.registry),
        Err(why) => format!("opaque: {why}"),
    }
}

/// The variants of a named type in `T`, with what they hold.
fn variants<T: DeserializeOwned>(name: &str) -> Vec<(u32, String)> {
    match &trace::<T>().unwrap().registry[name] {
        super::forms::Form::Enum(variants) => {
            variants.iter().map(|(index, one)| (*index, format!("{} {:?}", one.name, one.value))).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Kind {
    Plain,
    Marked(u8),
    Pair(bool, i128),
    Full { at: Option<char>, notes: BTreeMap<String, Kind2> },
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Kind2 {
    One,
    Two(String),
    Three,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Order {
    id: [u8; 32],
    kinds: Vec<Kind>,
    rest: Option<Vec<Option<Kind2>>>,
}

#[test]
fn simple_types() {
    assert_eq!(form::<u32>(), "U32 {}");
    assert_eq!(form::<u128>(), "U128 {}");
    assert_eq!(form::<(bool, char, f64)>(), "Tuple([Bool, Char, F64]) {}");
    assert_eq!(form::<[u8; 32]>(), "TupleArray { content: U8, size: 32 } {}");
    assert_eq!(form::<Option<Vec<String>>>(), "Option(Seq(Str)) {}");
    assert_eq!(form::<BTreeMap<String, HashSet<i8>>>(), "Map { key: Str, value: Seq(I8) } {}");
    assert_eq!(form::<()>(), "Unit {}");
    assert_eq!(form::<Vec<u8>>(), "Seq(U8) {}");
}

#[test]
fn a_trace_that_panics_or_has_no_end_costs_its_form_only() {
    assert!(super::in_a_process_of_its_own(|| true));
    assert!(!super::in_a_process_of_its_own(|| false));
    assert!(!super::in_a_process_of_its_own(|| panic!("in a deserialization")));
    assert!(!super::in_a_process_of_its_own(|| loop {
        std::hint::spin_loop();
    }));
}

#[test]
fn enums_are_seen_whole_wherever_they_are() {
    let kinds = variants::<Order>("Kind");
    assert_eq!(kinds.len(), 4);
    assert_eq!(kinds[1], (1, "Marked NewType(U8)".to_owned()));
    assert_eq!(kinds[2], (2, "Pair Tuple([Bool, I128])".to_owned()));
    let second: Vec<_> = variants::<Order>("Kind2").into_iter().map(|(_, text)| text).collect();
    assert_eq!(second, ["One Unit", "Two NewType(Str)", "Three Unit"]);
}

#[test]
fn an_enum_behind_a_late_variant_is_seen_whole() {
    assert_eq!(variants::<Kind>("Kind2").len(), 3);
    assert_eq!(variants::<Vec<(u8, Vec<Kind>)>>("Kind2").len(), 3);
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Tree {
    value: u16,
    children: Vec<Tree>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Expr {
    Add(Box<Expr>, Box<Expr>),
    Call { name: String, arguments: Vec<Expr> },
    Number(i64),
    Block(Scope),
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Scope {
    parent: Option<Box<Scope>>,
    body: Vec<Expr>,
    mode: Kind2,
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Only {
    Nested(Vec<Only>),
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Endless(Box<Endless>, u8);

#[test]
fn recursive_types() {
    assert!(form::<Tree>().contains("Seq(TypeName(\"Tree\"))"), "{}", form::<Tree>());
    let expressions = variants::<Expr>("Expr");
    assert_eq!(expressions.len(), 4, "{expressions:?}");
    let twice = "TupleArray"; // written as a plain tuple: variants are not shortened
    assert!(!expressions[0].1.contains(twice) && expressions[0].1.starts_with("Add Tuple"));
    assert_eq!(variants::<Expr>("Kind2").len(), 3);
    assert_eq!(variants::<Only>("Only"), [(0, "Nested NewType(Seq(TypeName(\"Only\")))".to_owned())]);
    assert!(form::<Endless>().starts_with("opaque: values of `Endless` have no end"));
}

mod other {
    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    pub struct Order(pub u8, pub u16);
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Wrapper<T> {
    held: T,
}

#[test]
fn types_of_one_name_are_kept_apart() {
    let traced = trace::<(Order, other::Order, Wrapper<u8>, Wrapper<String>)>().unwrap();
    let named: Vec<_> = traced.registry.keys().filter(|name| name.starts_with("Order")).collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert_eq!(traced.registry.keys().filter(|name| name.starts_with("Wrapper")).count(), 2);
}

/// Written as a text, and only some texts are taken.
struct Hex(#[allow(dead_code)] u64);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix("0x").ok_or_else(|| D::Error::custom("no 0x"))?;
        u64::from_str_radix(digits, 16).map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Guarded {
    Fine(u8),
    Any(Anything),
    Address(Hex),
    Also(NonZeroU32),
}

struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(serde::de::IgnoredAny).map(|_| Self)
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Flattened {
    #[serde(flatten)]
    inner: Tree,
}

#[derive(Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Untagged {
    A(u8),
    B(String),
}

#[test]
fn types_with_rules_of_their_own() {
    assert_eq!(form::<NonZeroU32>(), "U32 {}");
    assert_eq!(form::<Hex>(), "Str {}");
    assert_eq!(form::<Vec<Hex>>(), "Seq(Str) {}");
    assert!(form::<Duration>().contains("Struct"), "{}", form::<Duration>());
    assert_eq!(variants::<Result<u8, String>>("Result").len(), 2);
    assert_eq!(variants::<std::net::IpAddr>("IpAddr").len(), 2);
}

#[test]
fn what_bincode_does_not_have_is_opaque_or_left_out() {
    assert!(form::<Anything>().starts_with("opaque: it takes values of any form"));
    assert!(form::<Untagged>().starts_with("opaque"));
    assert!(form::<Flattened>().starts_with("opaque"));
    let known: Vec<_> = variants::<Vec<Guarded>>("Guarded").into_iter().map(|(index, _)| index).collect();
    assert_eq!(known, [0, 2, 3]);
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Aliased {
    #[serde(alias = "uno")]
    One(u8),
    #[serde(skip_deserializing)]
    Skipped,
    Two,
    #[serde(rename = "III")]
    Three(Vec<u8>),
}

#[derive(Deserialize)]
#[allow(dead_code)]
enum Open {
    Known(u8),
    #[serde(other)]
    Other,
}

#[test]
fn indexes_are_those_that_bincode_takes() {
    let seen: Vec<_> = variants::<Aliased>("Aliased").into_iter().map(|(index, _)| index).collect();
    assert_eq!(seen, [0, 1, 2]);
    assert_eq!(variants::<Open>("Open").len(), 2);
}

/// A length, then as many values as it says: each value has another form.
struct Shifty;

impl<'de> Deserialize<'de> for Shifty {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use std::cell::Cell;
        thread_local!(static TIMES: Cell<u32> = const { Cell::new(0) });
        let times = TIMES.with(|times| times.replace(times.get() + 1));
        match times % 2 {
            0 => u8::deserialize(from).map(|_| Self),
            _ => u16::deserialize(from).map(|_| Self),
        }
    }
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct HasShifty {
    one: Shifty,
    kind: Kind2,
}

#[test]
fn a_form_that_changes_is_none() {
    assert!(form::<HasShifty>().contains("depends on its values"), "{}", form::<HasShifty>());
}

#[test]
fn wide_types_are_traced_in_no_time() {
    macro_rules! nested {
        ($($name:ident $inner:ty),*) => {$(
            #[derive(Deserialize)]
            #[allow(dead_code)]
            struct $name { a: Option<Box<$inner>>, b: Vec<$inner>, c: Box<$inner>, d: (Box<$inner>, Box<$inner>) }
        )*};
    }
    nested!(A Kind, B A, C B, D C, E D, F E, G F, H G);
    let begun = std::time::Instant::now();
    assert_eq!(variants::<H>("Kind2").len(), 3);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
