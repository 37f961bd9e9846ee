//! Objects that are read strictly: an array is no object, and a key that comes twice is refused.
//! Never guesses which of two values was meant: the last one could take a protection away.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

/// An object or null as `T`; an array, which derived readers take for the fields in order, is refused.
pub(super) fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let Some(fields) = Option::<Map<String, Value>>::deserialize(from)? else { return Ok(None) };
    serde_json::from_value(Value::Object(fields)).map(Some).map_err(D::Error::custom)
}

/// An object whose keys are all different.
pub(super) fn distinct<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    from: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    from.deserialize_map(Distinct(PhantomData))
}

struct Distinct<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Distinct<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some((key, value)) = map.next_entry::<String, T>()? {
            if found.contains_key(&key) {
                return Err(de::Error::custom(format!("{key:?} comes twice")));
            }
            found.insert(key, value);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    struct Line {
        #[serde(default, deserialize_with = "object")]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "distinct")]
        names: BTreeMap<String, u8>,
    }

    #[derive(Debug, Default, Deserialize)]
    struct Inner {
        #[serde(default)]
        a: u8,
    }

    #[test]
    fn an_array_is_no_object_and_a_key_counts_once() {
        let read = |text: &str| serde_json::from_str::<Line>(text);
        assert_eq!(read(r#"{"inner": {"a": 1}}"#).unwrap().inner.unwrap().a, 1);
        assert!(read(r#"{"inner": null}"#).unwrap().inner.is_none());
        assert!(read(r#"{"inner": []}"#).is_err());
        assert_eq!(read(r#"{"names": {"x": 1, "y": 2}}"#).unwrap().names.len(), 2);
        assert!(read(r#"{"names": {"x": 1, "x": 2}}"#).is_err());
        assert!(read(r#"{"names": []}"#).is_err());
    }
}
