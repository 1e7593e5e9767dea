//! Deserializes checked values into the caller's types, with serde.
//!
//! The text is already checked, so only two errors remain: a value does not match its type, or a
//! string with escapes does not fit into the buffer. Claims that the type does not have are skipped.

use core::fmt;

use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;

use super::{Elements, Members, Text, Value};

/// Deserializes one value. Strings with escapes are unescaped into `buffer`, one after the other.
pub(crate) struct Deserializer<'b, 's> {
    value: Value<'b>,
    buffer: &'s mut [u8],
}

/// The reasons why a value does not become the caller's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The value does not match the type.
    Shape,
    /// A string with escapes does not fit into the buffer.
    BufferTooSmall,
}

impl<'b, 's> Deserializer<'b, 's> {
    pub(crate) const fn new(value: Value<'b>, buffer: &'s mut [u8]) -> Self {
        Self { value, buffer }
    }

    fn number<N: core::str::FromStr>(&self) -> Result<N, Mismatch> {
        match self.value {
            Value::Number(number) => number.parse().map_err(|_| Mismatch::Shape),
            _ => Err(Mismatch::Shape),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => { $(
        fn $method<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
            visitor.$visit(self.number()?)
        }
    )* };
}

impl<'b> de::Deserializer<'b> for Deserializer<'b, '_> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.parse(), number.parse()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => self.deserialize_f64(visitor),
            },
            Value::String(text) => visit_text(text, self.buffer, visitor),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    // Separate functions, so that a type without floats does not link their parser.
    numbers! {
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_u128 visit_u128,
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_i128 visit_i128,
    }

    fn deserialize_f32<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_f32(self.number().and_then(|number: f32| finite(number, number.is_finite()))?)
    }

    fn deserialize_f64<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_f64(self.number().and_then(|number: f64| finite(number, number.is_finite()))?)
    }

    fn deserialize_bool<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(Mismatch::Shape),
        }
    }

    fn deserialize_str<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::String(text) => visit_text(text, self.buffer, visitor),
            _ => Err(Mismatch::Shape),
        }
    }

    fn deserialize_string<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'b>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let Value::Array(array) = self.value else { return Err(Mismatch::Shape) };
        let mut sequence = Sequence { elements: array.elements(), buffer: self.buffer };
        let value = visitor.visit_seq(&mut sequence)?;
        // A tuple must take all elements.
        if sequence.elements.next().is_none() { Ok(value) } else { Err(Mismatch::Shape) }
    }

    fn deserialize_tuple<V: Visitor<'b>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let Value::Object(object) = self.value else { return Err(Mismatch::Shape) };
        let (members, buffer) = (object.members(), self.buffer);
        visitor.visit_map(Map { members, value: Value::Null, buffer })
    }

    fn deserialize_struct<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_map(visitor)
    }

    /// Reads a string as a variant without content, and an object of one member as a variant with content.
    fn deserialize_enum<V: Visitor<'b>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let (name, content) = match self.value {
            Value::String(text) => (text, None),
            Value::Object(object) => {
                let mut members = object.members();
                let (name, content) = members.next().ok_or(Mismatch::Shape)?;
                if members.next().is_some() {
                    return Err(Mismatch::Shape);
                }
                (name, Some(content))
            }
            _ => return Err(Mismatch::Shape),
        };
        visitor.visit_enum(Enum { name, content, buffer: self.buffer })
    }

    fn deserialize_unit<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            _ => Err(Mismatch::Shape),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'b>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'b>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { <W: Visitor<'b>> bytes byte_buf }
}

/// Refuses numbers beyond the type's range instead of returning infinity.
fn finite<N>(number: N, is_finite: bool) -> Result<N, Mismatch> {
    if is_finite { Ok(number) } else { Err(Mismatch::Shape) }
}

fn visit_text<'b, V: Visitor<'b>>(
    text: Text<'b>,
    buffer: &mut [u8],
    visitor: V,
) -> Result<V::Value, Mismatch> {
    match text.plain() {
        Some(plain) => visitor.visit_borrowed_str(plain),
        None => visitor.visit_str(text.unescape_into(buffer).ok_or(Mismatch::BufferTooSmall)?),
    }
}

struct Sequence<'b, 's> {
    elements: Elements<'b>,
    buffer: &'s mut [u8],
}

impl<'b> de::SeqAccess<'b> for &mut Sequence<'b, '_> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'b>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let Some(value) = self.elements.next() else { return Ok(None) };
        seed.deserialize(Deserializer { value, buffer: self.buffer }).map(Some)
    }
}

struct Map<'b, 's> {
    members: Members<'b>,
    /// The value of the member whose name was read last.
    value: Value<'b>,
    buffer: &'s mut [u8],
}

impl<'b> de::MapAccess<'b> for Map<'b, '_> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'b>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Deserializer { value: Value::String(name), buffer: self.buffer }).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'b>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(Deserializer { value: self.value, buffer: self.buffer })
    }
}

struct Enum<'b, 's> {
    name: Text<'b>,
    content: Option<Value<'b>>,
    buffer: &'s mut [u8],
}

impl<'b, 's> de::EnumAccess<'b> for Enum<'b, 's> {
    type Error = Mismatch;
    type Variant = Content<'b, 's>;

    fn variant_seed<T: DeserializeSeed<'b>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), Mismatch> {
        let Self { name, content, buffer } = self;
        let variant = seed.deserialize(Deserializer { value: Value::String(name), buffer })?;
        Ok((variant, Content { content, buffer }))
    }
}

struct Content<'b, 's> {
    content: Option<Value<'b>>,
    buffer: &'s mut [u8],
}

impl<'b, 's> Content<'b, 's> {
    fn present(self) -> Result<Deserializer<'b, 's>, Mismatch> {
        let value = self.content.ok_or(Mismatch::Shape)?;
        Ok(Deserializer { value, buffer: self.buffer })
    }
}

impl<'b> de::VariantAccess<'b> for Content<'b, '_> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        match self.content {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(Mismatch::Shape),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'b>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.present()?)
    }

    fn tuple_variant<V: Visitor<'b>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        de::Deserializer::deserialize_seq(self.present()?, visitor)
    }

    fn struct_variant<V: Visitor<'b>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        de::Deserializer::deserialize_map(self.present()?, visitor)
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Shape
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shape => "the value is of another shape",
            Self::BufferTooSmall => "a string does not fit into the buffer",
        })
    }
}

impl core::error::Error for Mismatch {}
