//! Errors as JSON-RPC says them.

use serde::Serialize;
use serde_json::Value;

use crate::chain::ChainError;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RpcError {
    /// JSON-RPC's code, or 3 for a revert and -32000 for what the chain refuses.
    pub code: i64,
    /// What is wrong.
    pub message: String,
    /// The revert data, in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The body is no JSON.
    pub fn parse(error: &serde_json::Error) -> Self {
        Self::new(-32700, format!("parse error: {error}"))
    }

    /// The JSON is no request.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(-32600, message)
    }

    /// The method does not exist.
    pub fn method_not_found(method: &str) -> Self {
        Self::new(
            -32601,
            format!("the method {method} does not exist/is not available"),
        )
    }

    /// The parameters do not fit the method.
    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    /// The node itself failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(-32603, message)
    }

    /// Something else went wrong, as geth codes it.
    pub fn server(message: impl Into<String>) -> Self {
        Self::new(-32000, message)
    }
}

impl From<ChainError> for RpcError {
    fn from(error: ChainError) -> Self {
        let message = error.to_string();
        match error {
            ChainError::Reverted(data) => Self {
                code: 3,
                message,
                data: Some(Value::String(data.to_string())),
            },
            ChainError::AmbiguousOverride(_)
            | ChainError::BadCode(_)
            | ChainError::TimestampTooLow { .. }
            | ChainError::TooMany { .. } => Self::invalid_params(message),
            _ => Self::server(message),
        }
    }
}
