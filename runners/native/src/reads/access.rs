//! A serde format that makes its values up and writes down what it was asked for.

use std::fmt;

use serde::de::value::U32Deserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::forms::{Form, Format, Named, VariantForm};
use super::tracer::{placeholder, Flavour, Key, Tracer};

/// Why a value could not be made.
#[derive(Debug)]
pub(super) struct Trouble(pub String);

impl fmt::Display for Trouble {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl de::Error for Trouble {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// One value to be made; its form goes to `out`.
pub(super) struct Made<'a> {
    pub tracer: &'a mut Tracer,
    pub out: &'a mut Format,
}

fn key_of<'de, V: Visitor<'de>>(name: &'static str) -> Key {
    (name, std::any::type_name::<V::Value>())
}

fn of_any_form<T>() -> Result<T, Trouble> {
    Err(Trouble("it takes values of any form, which bincode does not have".to_owned()))
}

macro_rules! simple {
    ($($method:ident $format:ident $visit:ident $value:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
            *self.out = Format::$format;
            let make = $value;
            visitor.$visit(make(self.tracer.flavour))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Made<'_> {
    type Error = Trouble;

    simple! {
        deserialize_bool Bool visit_bool |_: Flavour| false;
        deserialize_i8 I8 visit_i8 |made: Flavour| made.number as i8;
        deserialize_i16 I16 visit_i16 |made: Flavour| made.number.into();
        deserialize_i32 I32 visit_i32 |made: Flavour| made.number.into();
        deserialize_i64 I64 visit_i64 |made: Flavour| made.number.into();
        deserialize_i128 I128 visit_i128 |made: Flavour| made.number.into();
        deserialize_u8 U8 visit_u8 |made: Flavour| made.number;
        deserialize_u16 U16 visit_u16 |made: Flavour| made.number.into();
        deserialize_u32 U32 visit_u32 |made: Flavour| made.number.into();
        deserialize_u64 U64 visit_u64 |made: Flavour| made.number.into();
        deserialize_u128 U128 visit_u128 |made: Flavour| made.number.into();
        deserialize_f32 F32 visit_f32 |made: Flavour| made.number.into();
        deserialize_f64 F64 visit_f64 |made: Flavour| made.number.into();
        deserialize_char Char visit_char |made: Flavour| made.text.chars().next().unwrap_or('\0');
        deserialize_str Str visit_str |made: Flavour| made.text;
        deserialize_string Str visit_string |made: Flavour| made.text.to_owned();
        deserialize_bytes Bytes visit_bytes |made: Flavour| made.text.as_bytes();
        deserialize_byte_buf Bytes visit_byte_buf |made: Flavour| made.text.as_bytes().to_vec();
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Trouble> {
        of_any_form()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Trouble> {
        of_any_form()
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Trouble> {
        of_any_form()
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        *self.out = Format::Unit;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let mut of = Format::Unknown;
        let value = match self.tracer.shallow {
            0 => visitor.visit_some(Made { tracer: self.tracer, out: &mut of }),
            _ => visitor.visit_none(),
        };
        *self.out = Format::Option(Box::new(of));
        value
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let mut items = Items::of(self.tracer, |flavour| flavour.items);
        let value = visitor.visit_seq(&mut items)?;
        *self.out = Format::Seq(Box::new(items.one_format()?));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Trouble> {
        let mut items = Items::of(self.tracer, |flavour| 2 * flavour.items);
        let value = visitor.visit_map(&mut items)?;
        let mut parts = items.formats.into_iter();
        let mut next = || Box::new(parts.next().unwrap_or(Format::Unknown));
        *self.out = Format::Map { key: next(), value: next() };
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, size: usize, visitor: V) -> Result<V::Value, Trouble> {
        let mut items = Items::exactly(self.tracer, size);
        let value = visitor.visit_seq(&mut items)?;
        *self.out = Format::tuple(items.formats);
        Ok(value)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        self.named::<V>(name, |_| Ok((visitor.visit_unit()?, Form::UnitStruct)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        self.named::<V>(name, |tracer| {
            let mut of = Format::Unknown;
            let value = visitor.visit_newtype_struct(Made { tracer, out: &mut of })?;
            Ok((value, Form::NewTypeStruct(of)))
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        size: usize,
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        self.named::<V>(name, |tracer| {
            let mut items = Items::exactly(tracer, size);
            let value = visitor.visit_seq(&mut items)?;
            Ok((value, Form::TupleStruct(items.formats)))
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        self.named::<V>(name, |tracer| {
            let mut items = Items::exactly(tracer, fields.len());
            let value = visitor.visit_seq(&mut items)?;
            Ok((value, Form::Struct(items.named(fields))))
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let (tracer, key) = (self.tracer, key_of::<V>(name));
        *self.out = Format::TypeName(placeholder(key));
        let entered = tracer.enter(key)?;
        let pick = tracer.pick(key, variants)?;
        tracer.shallow = pick.shallow;
        let (mut known, mut form) = (false, VariantForm::Unit);
        let one = OneVariant { tracer, index: pick.index, known: &mut known, form: &mut form };
        match visitor.visit_enum(one) {
            Ok(value) => {
                tracer.leave_variant(entered, &pick, form);
                Ok(value)
            }
            Err(error) => {
                match known {
                    true => tracer.fail(key, &pick),
                    false => tracer.close(key, &pick),
                }
                Err(error)
            }
        }
    }
}

impl Made<'_> {
    /// A value of a named type.
    fn named<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        make: impl FnOnce(&mut Tracer) -> Result<(V::Value, Form), Trouble>,
    ) -> Result<V::Value, Trouble> {
        let key = key_of::<V>(name);
        *self.out = Format::TypeName(placeholder(key));
        let entered = self.tracer.enter(key)?;
        let (value, form) = make(self.tracer)?;
        self.tracer.leave(entered, form);
        Ok(value)
    }
}

/// Some values one after the other.
struct Items<'a> {
    tracer: &'a mut Tracer,
    left: usize,
    formats: Vec<Format>,
}

impl<'a> Items<'a> {
    fn exactly(tracer: &'a mut Tracer, left: usize) -> Self {
        Self { tracer, left, formats: Vec::new() }
    }

    fn of(tracer: &'a mut Tracer, number: impl FnOnce(Flavour) -> usize) -> Self {
        let left = if tracer.shallow > 0 { 0 } else { number(tracer.flavour) };
        Self::exactly(tracer, left)
    }

    fn next<'de, S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut out = Format::Unknown;
        let value = seed.deserialize(Made { tracer: self.tracer, out: &mut out })?;
        self.formats.push(out);
        Ok(Some(value))
    }

    /// The format of all items.
    fn one_format(self) -> Result<Format, Trouble> {
        let mut formats = self.formats.into_iter();
        let first = formats.next().unwrap_or(Format::Unknown);
        match formats.all(|format| format == first) {
            true => Ok(first),
            false => Err(Trouble("items of one sequence differ in form".to_owned())),
        }
    }

    fn named(self, names: &[&str]) -> Vec<Named<Format>> {
        // Aliases are among the names too, and then it is not known which is which.
        let known = names.len() == self.formats.len();
        let name = |index: usize| if known { names[index].to_owned() } else { format!("field{index}") };
        (0..).zip(self.formats).map(|(index, value)| Named { name: name(index), value }).collect()
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_> {
    type Error = Trouble;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        self.next(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_> {
    type Error = Trouble;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Trouble> {
        self.next(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Trouble> {
        self.next(seed)?.ok_or_else(|| Trouble("a map's value was asked for without its key".to_owned()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left / 2)
    }
}

/// A variant by its index, as bincode has it.
struct OneVariant<'a> {
    tracer: &'a mut Tracer,
    index: u32,
    /// Whether the enum has taken the index.
    known: &'a mut bool,
    form: &'a mut VariantForm,
}

impl<'de> de::EnumAccess<'de> for OneVariant<'_> {
    type Error = Trouble;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Trouble> {
        let index: U32Deserializer<Trouble> = self.index.into_deserializer();
        let value = seed.deserialize(index)?;
        *self.known = true;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for OneVariant<'_> {
    type Error = Trouble;

    fn unit_variant(self) -> Result<(), Trouble> {
        *self.form = VariantForm::Unit;
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Trouble> {
        let mut of = Format::Unknown;
        let value = seed.deserialize(Made { tracer: self.tracer, out: &mut of })?;
        *self.form = VariantForm::NewType(of);
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, size: usize, visitor: V) -> Result<V::Value, Trouble> {
        let mut items = Items::exactly(self.tracer, size);
        let value = visitor.visit_seq(&mut items)?;
        *self.form = VariantForm::Tuple(items.formats);
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Trouble> {
        let mut items = Items::exactly(self.tracer, fields.len());
        let value = visitor.visit_seq(&mut items)?;
        *self.form = VariantForm::Struct(items.named(fields));
        Ok(value)
    }
}
