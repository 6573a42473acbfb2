//! The interfaces in `abi`, as data: what can be called, with what, and which errors there are.
//!
//! The generator knows functions from here, so a function that is new is called from the day its interface is committed.

use alloy_primitives::{B256, keccak256};
use rustc_hash::FxHashMap;
use serde_json::Value as Json;

use crate::chain::Program;

/// The type of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An unsigned number of so many bits.
    Uint(u32),
    /// An address.
    Address,
    /// True or false.
    Bool,
    /// A number of so many bits with a sign.
    Int(usize),
    /// So many bytes, at the left of a word.
    FixedBytes(usize),
    /// Any number of bytes.
    Bytes,
    /// A text.
    Text,
    /// A struct.
    Tuple(Vec<Parameter>),
    /// Any number of the same.
    Array(Box<Kind>),
}

/// An argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its selector.
    pub selector: [u8; 4],
    /// Its arguments.
    pub inputs: Vec<Parameter>,
    /// Whether it changes nothing.
    pub is_view: bool,
    /// Whether it takes ether.
    pub is_payable: bool,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One word.
    Word(B256),
    /// Bytes or a text.
    Bytes(Vec<u8>),
    /// The fields of a struct.
    Tuple(Vec<Value>),
    /// The elements of an array.
    Array(Vec<Value>),
}

/// Something in an interface that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AbiError {
    /// Not JSON.
    #[error("the interface of {contract} is not JSON: {source}; run `cargo xtask abi`")]
    Json {
        /// Whose it is.
        contract: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A type that nothing here knows.
    #[error(
        "the interface of {contract} has the type `{kind}`, which simulation/src/abi.rs does not know"
    )]
    UnknownType {
        /// Whose it is.
        contract: &'static str,
        /// The type.
        kind: String,
    },
}

/// All interfaces.
#[derive(Clone, Debug, Default)]
pub struct Abi {
    functions: FxHashMap<Program, Vec<Function>>,
    errors: FxHashMap<[u8; 4], String>,
}

impl Abi {
    /// Reads the committed interfaces.
    ///
    /// # Errors
    /// [`AbiError`].
    pub fn committed() -> Result<Self, AbiError> {
        let mut abi = Self::default();
        for &program in Program::ALL {
            let contract = program.name();
            let items: Vec<Json> = serde_json::from_str(program.interface())
                .map_err(|source| AbiError::Json { contract, source })?;
            let functions = abi.functions.entry(program).or_default();
            for item in &items {
                let inputs = parameters(contract, &item["inputs"])?;
                let name = item["name"].as_str().unwrap_or_default().to_owned();
                let selector = selector(&name, &inputs);
                let mutability = item["stateMutability"].as_str().unwrap_or_default();
                match item["type"].as_str() {
                    Some("function") => functions.push(Function {
                        name,
                        selector,
                        inputs,
                        is_view: matches!(mutability, "view" | "pure"),
                        is_payable: mutability == "payable",
                    }),
                    Some("error") => {
                        abi.errors.insert(selector, name);
                    }
                    _ => {}
                }
            }
        }
        Ok(abi)
    }

    /// The functions of a program; those of the task manager with those of its extensions.
    pub fn functions(&self, program: Program) -> &[Function] {
        self.functions.get(&program).map_or(&[], Vec::as_slice)
    }

    /// A function of a program.
    pub fn function(&self, program: Program, name: &str) -> Option<&Function> {
        let mut functions = self.functions(program).iter();
        functions.find(|function| function.name == name)
    }

    /// The selectors of all functions of a program, one after the other.
    pub fn selectors(&self, program: Program) -> Vec<u8> {
        let functions = self.functions(program).iter();
        functions.flat_map(|function| function.selector).collect()
    }

    /// The error that revert data begins with, if an interface has it.
    pub fn error(&self, reason: &[u8]) -> Option<&str> {
        self.errors.get(reason.first_chunk()?).map(String::as_str)
    }
}

impl Kind {
    fn is_dynamic(&self) -> bool {
        match self {
            Self::Bytes | Self::Text | Self::Array(_) => true,
            Self::Tuple(fields) => fields.iter().any(|field| field.kind.is_dynamic()),
            _ => false,
        }
    }

    /// As signatures write it.
    fn signature(&self) -> String {
        match self {
            Self::Uint(bits) => format!("uint{bits}"),
            Self::Int(bits) => format!("int{bits}"),
            Self::Address => "address".into(),
            Self::Bool => "bool".into(),
            Self::FixedBytes(length) => format!("bytes{length}"),
            Self::Bytes => "bytes".into(),
            Self::Text => "string".into(),
            Self::Tuple(fields) => list(fields),
            Self::Array(element) => format!("{}[]", element.signature()),
        }
    }
}

/// A call of a function with these arguments.
pub fn encode(function: &Function, arguments: &[Value]) -> Vec<u8> {
    let mut data = function.selector.to_vec();
    let kinds = function.inputs.iter().map(|input| &input.kind);
    encode_sequence(kinds.zip(arguments), &mut data);
    data
}

fn encode_sequence<'a>(
    values: impl Iterator<Item = (&'a Kind, &'a Value)> + Clone,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    // heads first, with room for offsets; then the tails that they point to
    let mut offsets = Vec::new();
    for (kind, value) in values.clone() {
        if kind.is_dynamic() {
            offsets.push(out.len());
            out.extend_from_slice(&[0; 32]);
        } else {
            encode_value(kind, value, out);
        }
    }
    let dynamic = values.filter(|(kind, _)| kind.is_dynamic());
    for (at, (kind, value)) in offsets.into_iter().zip(dynamic) {
        let offset = word((out.len() - start) as u128);
        out[at..at + 32].copy_from_slice(offset.as_slice());
        encode_value(kind, value, out);
    }
}

fn encode_value(kind: &Kind, value: &Value, out: &mut Vec<u8>) {
    match (kind, value) {
        (_, Value::Word(word)) => out.extend_from_slice(word.as_slice()),
        (_, Value::Bytes(bytes)) => {
            out.extend_from_slice(word(bytes.len() as u128).as_slice());
            out.extend_from_slice(bytes);
            out.resize(
                out.len() + bytes.len().next_multiple_of(32) - bytes.len(),
                0,
            );
        }
        (Kind::Tuple(fields), Value::Tuple(values)) => {
            encode_sequence(fields.iter().map(|field| &field.kind).zip(values), out);
        }
        (Kind::Array(element), Value::Array(values)) => {
            out.extend_from_slice(word(values.len() as u128).as_slice());
            encode_sequence(values.iter().map(|value| (&**element, value)), out);
        }
        (kind, value) => unreachable!("{value:?} is no {}", kind.signature()),
    }
}

/// A number as a word.
pub fn word(number: u128) -> B256 {
    let mut word = B256::ZERO;
    word[16..].copy_from_slice(&number.to_be_bytes());
    word
}

fn selector(name: &str, inputs: &[Parameter]) -> [u8; 4] {
    let hash = keccak256(format!("{name}{}", list(inputs)));
    [hash[0], hash[1], hash[2], hash[3]]
}

fn list(parameters: &[Parameter]) -> String {
    let kinds: Vec<_> = parameters.iter().map(|p| p.kind.signature()).collect();
    format!("({})", kinds.join(","))
}

fn parameters(contract: &'static str, inputs: &Json) -> Result<Vec<Parameter>, AbiError> {
    let inputs = inputs.as_array().map_or(&[][..], Vec::as_slice);
    let each = inputs.iter().map(|input| {
        let name = input["name"].as_str().unwrap_or_default().to_owned();
        let kind = input["type"].as_str().unwrap_or_default();
        let fields = parameters(contract, &input["components"])?;
        let kind = parse(kind, fields).ok_or(AbiError::UnknownType {
            contract,
            kind: kind.into(),
        })?;
        Ok(Parameter { name, kind })
    });
    each.collect()
}

fn parse(kind: &str, fields: Vec<Parameter>) -> Option<Kind> {
    if let Some(element) = kind.strip_suffix("[]") {
        return Some(Kind::Array(Box::new(parse(element, fields)?)));
    }
    Some(match kind {
        "address" => Kind::Address,
        "bool" => Kind::Bool,
        "bytes" => Kind::Bytes,
        "string" => Kind::Text,
        "tuple" => Kind::Tuple(fields),
        _ => match (kind.strip_prefix("uint"), kind.strip_prefix("bytes")) {
            (Some(bits), _) => Kind::Uint(bits.parse().ok()?),
            (_, Some(length)) => Kind::FixedBytes(length.parse().ok()?),
            _ => Kind::Int(kind.strip_prefix("int")?.parse().ok()?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;
    use alloy_sol_types::{SolCall, sol};

    sol! {
        struct Pair { uint256 a; string b; }
        function mixed(uint64 a, string b, Pair c, uint256[] d, bytes4 e, Pair[] f);
    }

    fn parameter(name: &str, kind: Kind) -> Parameter {
        Parameter {
            name: name.into(),
            kind,
        }
    }

    #[test]
    fn encodes_as_everyone_does() {
        let pair = Kind::Tuple(vec![
            parameter("a", Kind::Uint(256)),
            parameter("b", Kind::Text),
        ]);
        let kinds = [
            Kind::Uint(64),
            Kind::Text,
            pair.clone(),
            Kind::Array(Box::new(Kind::Uint(256))),
            Kind::FixedBytes(4),
            Kind::Array(Box::new(pair)),
        ];
        let inputs: Vec<_> = kinds.map(|kind| parameter("", kind)).into();
        let function = Function {
            selector: selector("mixed", &inputs),
            name: "mixed".into(),
            inputs,
            is_view: false,
            is_payable: false,
        };
        let pair = |a: u8, b: &str| Value::Tuple(vec![Value::Word(word(a.into())), text(b)]);
        fn text(text: &str) -> Value {
            Value::Bytes(text.as_bytes().to_vec())
        }
        let long = "a text that is longer than one word of thirty-two bytes";
        let mut selector = B256::ZERO;
        selector[..4].copy_from_slice(&[1, 2, 3, 4]);
        let ours = encode(
            &function,
            &[
                Value::Word(word(7)),
                text(long),
                pair(8, "x"),
                Value::Array(vec![Value::Word(word(9)), Value::Word(word(10))]),
                Value::Word(selector),
                Value::Array(vec![pair(11, ""), pair(12, long)]),
            ],
        );
        let sol_pair = |a: u8, b: &str| Pair {
            a: U256::from(a),
            b: b.into(),
        };
        let theirs = mixedCall {
            a: 7,
            b: long.into(),
            c: sol_pair(8, "x"),
            d: vec![U256::from(9), U256::from(10)],
            e: [1, 2, 3, 4].into(),
            f: vec![sol_pair(11, ""), sol_pair(12, long)],
        };
        assert_eq!(ours, theirs.abi_encode());
    }

    #[test]
    fn the_committed_interfaces_can_be_read() {
        let abi = Abi::committed().unwrap();
        let tasks = abi.functions(Program::TaskManager);
        let place_bid = tasks.iter().find(|f| f.name == "placeBid").unwrap();
        assert_eq!(
            place_bid.selector,
            keccak256("placeBid(uint256,uint256,uint256)")[..4]
        );
        let unknown = keccak256("UnknownTask(uint256)");
        assert_eq!(abi.error(&unknown[..4]), Some("UnknownTask"));
        assert_eq!(abi.error(&unknown[..3]), None);
        assert_eq!(abi.error(&keccak256("Nothing()")[..4]), None);
    }
}
