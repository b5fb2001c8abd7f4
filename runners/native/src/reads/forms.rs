//! Forms of types, spelled as the crate serde-reflection spells them.

use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};

/// The form of a value.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE", rename_all_fields = "UPPERCASE")]
pub(crate) enum Format {
    /// Not seen: nothing of this was read.
    Unknown,
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Option(Box<Format>),
    Seq(Box<Format>),
    Map {
        key: Box<Format>,
        value: Box<Format>,
    },
    Tuple(Vec<Format>),
    TupleArray {
        content: Box<Format>,
        size: usize,
    },
    TypeName(String),
}

/// The form of a named type.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Form {
    UnitStruct,
    NewTypeStruct(Format),
    TupleStruct(Vec<Format>),
    Struct(Vec<Named<Format>>),
    Enum(BTreeMap<u32, Named<VariantForm>>),
}

/// The form of what a variant holds.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum VariantForm {
    Unit,
    NewType(Format),
    Tuple(Vec<Format>),
    Struct(Vec<Named<Format>>),
}

/// A part with its name, written as a map of one entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named<T> {
    pub name: String,
    pub value: T,
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(&self.name, &self.value)])
    }
}

impl Format {
    /// Of values one after the other; equal ones are an array.
    pub fn tuple(items: Vec<Format>) -> Self {
        match items.as_slice() {
            [first, .., _] if items.iter().all(|item| item == first) => {
                Self::TupleArray { content: Box::new(first.clone()), size: items.len() }
            }
            _ => Self::Tuple(items),
        }
    }

    /// Visit it and all that it is made of.
    pub fn each(&mut self, visit: &mut dyn FnMut(&mut Format)) {
        visit(self);
        match self {
            Self::Option(of) | Self::Seq(of) | Self::TupleArray { content: of, .. } => of.each(visit),
            Self::Map { key, value } => {
                key.each(visit);
                value.each(visit);
            }
            Self::Tuple(items) => items.iter_mut().for_each(|item| item.each(visit)),
            _ => {}
        }
    }
}

impl Form {
    /// Visit all formats in it.
    pub fn each(&mut self, visit: &mut dyn FnMut(&mut Format)) {
        match self {
            Self::UnitStruct => {}
            Self::NewTypeStruct(of) => of.each(visit),
            Self::TupleStruct(items) => items.iter_mut().for_each(|item| item.each(visit)),
            Self::Struct(fields) => fields.iter_mut().for_each(|field| field.value.each(visit)),
            Self::Enum(variants) => variants.values_mut().for_each(|variant| match &mut variant.value {
                VariantForm::Unit => {}
                VariantForm::NewType(of) => of.each(visit),
                VariantForm::Tuple(items) => items.iter_mut().for_each(|item| item.each(visit)),
                VariantForm::Struct(fields) => fields.iter_mut().for_each(|field| field.value.each(visit)),
            }),
        }
    }
}
