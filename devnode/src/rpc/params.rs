//! Reading the parameters of a request.

use alloy_primitives::{B256, U256};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::error::RpcError;

/// The parameters of a request, read one after the other.
#[derive(Debug)]
pub struct Params {
    values: std::vec::IntoIter<Value>,
    index: usize,
}

impl Params {
    /// Takes the request's `params`: an array, or nothing.
    ///
    /// # Errors
    /// -32602 for anything else; parameters by name are not supported.
    pub fn new(params: Option<Value>) -> Result<Self, RpcError> {
        let values = match params {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                let kind = if other.is_object() {
                    "an object"
                } else {
                    "a single value"
                };
                return Err(RpcError::invalid_params(format!(
                    "params must be an array, not {kind}"
                )));
            }
        };
        Ok(Self {
            values: values.into_iter(),
            index: 0,
        })
    }

    /// The next parameter.
    ///
    /// # Errors
    /// -32602 if it is missing or is no `T`.
    pub fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RpcError> {
        let index = self.index;
        self.optional(name)?.ok_or_else(|| {
            RpcError::invalid_params(format!(
                "missing value for required argument {index} ({name})"
            ))
        })
    }

    /// The next parameter, if there is one that is not null.
    ///
    /// # Errors
    /// -32602 if it is no `T`.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, RpcError> {
        let index = self.index;
        self.index += 1;
        match self.values.next() {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|error| {
                RpcError::invalid_params(format!("invalid argument {index} ({name}): {error}"))
            }),
        }
    }
}

/// A number as clients write it: `"0x10"`, `"16"` or `16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity(pub u64);

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = U256::deserialize(deserializer)?;
        u64::try_from(value)
            .map(Self)
            .map_err(|_| serde::de::Error::custom(format!("{value} does not fit 64 bits")))
    }
}

/// A storage key or value: 32 bytes, or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub U256);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        U256::deserialize(deserializer).map(Self)
    }
}

impl From<Word> for B256 {
    fn from(word: Word) -> Self {
        Self::from(word.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_in_every_spelling() {
        for value in [json!("0x10"), json!("16"), json!(16), json!("0x0010")] {
            assert_eq!(
                serde_json::from_value::<Quantity>(value).unwrap(),
                Quantity(16)
            );
        }
        for value in [
            json!("0x10000000000000000"),
            json!(-1),
            json!("ten"),
            json!(null),
            json!(1.5),
        ] {
            assert!(serde_json::from_value::<Quantity>(value).is_err());
        }
    }

    #[test]
    fn a_missing_parameter_is_named() {
        let mut params = Params::new(Some(json!([1, null]))).unwrap();
        assert_eq!(params.required::<u64>("first").unwrap(), 1);
        assert_eq!(params.optional::<u64>("second").unwrap(), None);
        let error = params.required::<u64>("third").unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (-32602, "missing value for required argument 2 (third)")
        );
        assert_eq!(Params::new(Some(json!({"a": 1}))).unwrap_err().code, -32602);
    }
}
