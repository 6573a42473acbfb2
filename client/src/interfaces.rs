//! The committed interfaces of the contracts, for reading and writing calls by name.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt as _, Specifier as _},
    json_abi::{Function, JsonAbi},
    primitives::{Address, Bytes},
};

use crate::{ClientError, Deployment};

/// What can be called at the address of each contract.
const INTERFACES: [(&str, &str); 12] = [
    (
        "governance-dao",
        include_str!("../../abi/governance-dao.json"),
    ),
    ("ogpu-token", include_str!("../../abi/ogpu-token.json")),
    (
        "optimistic-verifier",
        include_str!("../../abi/optimistic-verifier.json"),
    ),
    (
        "payment-escrow",
        include_str!("../../abi/payment-escrow.json"),
    ),
    (
        "replication-verifier",
        include_str!("../../abi/replication-verifier.json"),
    ),
    (
        "reputation-registry",
        include_str!("../../abi/reputation-registry.json"),
    ),
    (
        "staking-vault",
        include_str!("../../abi/staking-vault.json"),
    ),
    ("task-manager", include_str!("../../abi/task-manager.json")),
    ("timelock", include_str!("../../abi/timelock.json")),
    (
        "verification-committee",
        include_str!("../../abi/verification-committee.json"),
    ),
    ("watchdog", include_str!("../../abi/watchdog.json")),
    ("zk-verifier", include_str!("../../abi/zk-verifier.json")),
];

/// The functions of a contract; none if there is no such contract.
fn functions(contract: &str) -> Vec<Function> {
    let found = INTERFACES.iter().find(|(name, _)| *name == contract);
    let text = found.map_or("[]", |(_, text)| text);
    let abi: JsonAbi = serde_json::from_str(text).expect("the committed interfaces are checked");
    abi.functions.into_values().flatten().collect()
}

/// Whether a contract has a function.
pub fn knows(contract: &str, selector: [u8; 4]) -> bool {
    let mut known = functions(contract).into_iter();
    known.any(|function| function.selector() == selector)
}

/// The calldata of a function, named as in `setTreasury` or, for any contract, as in `setTreasury(address)`, with its arguments as
/// people write them: numbers, addresses, `(1,2)` for structs, `[1,2]` for lists, bytes as 0x….
///
/// # Errors
/// [`ClientError::BadCall`].
pub fn encode(contract: &str, function: &str, arguments: &[String]) -> Result<Bytes, ClientError> {
    let refuse = |why: String| ClientError::BadCall {
        call: format!("{contract}.{function}"),
        why,
    };
    let known = functions(contract);
    let found = if function.contains('(') {
        let parsed = Function::parse(function).map_err(|error| refuse(error.to_string()))?;
        let ours = !known.is_empty();
        let same = known
            .into_iter()
            .find(|own| own.selector() == parsed.selector());
        match same {
            Some(own) => own,
            None if ours => return Err(refuse("there is no such function".to_owned())),
            None => parsed,
        }
    } else {
        let mut named = known.into_iter().filter(|own| own.name == function);
        match (named.next(), named.next()) {
            (Some(only), None) => only,
            (None, _) => return Err(refuse("there is no such function".to_owned())),
            _ => {
                return Err(refuse(
                    "there are several; name its types too, like name(uint256)".to_owned(),
                ));
            }
        }
    };
    if found.inputs.len() != arguments.len() {
        return Err(refuse(format!(
            "{} takes {} arguments, not {}",
            found.full_signature(),
            found.inputs.len(),
            arguments.len()
        )));
    }
    let mut values = Vec::with_capacity(arguments.len());
    for (input, text) in found.inputs.iter().zip(arguments) {
        let of_type: DynSolType = input.resolve().map_err(|error| refuse(error.to_string()))?;
        let value = of_type.coerce_str(text);
        values.push(value.map_err(|_| refuse(format!("{} is no {of_type}", quoted(text))))?);
    }
    let data = found.abi_encode_input(&values);
    Ok(data.map_err(|error| refuse(error.to_string()))?.into())
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

/// A call in words: `payment-escrow.setTreasury(treasury: 0x…)`; as bytes where nobody knows it.
pub fn describe(deployment: &Deployment, target: Address, data: &[u8]) -> String {
    let mut contracts = deployment.contracts.iter();
    let name = contracts.find(|(_, contract)| contract.proxy == Some(target));
    let name = name.map(|(name, _)| name.as_str());
    let shown = name.map_or_else(|| target.to_string(), str::to_owned);
    let selector = data.first_chunk::<4>();
    let function = name.zip(selector).and_then(|(name, selector)| {
        let mut known = functions(name).into_iter();
        known.find(|function| function.selector().0 == *selector)
    });
    let values = function
        .as_ref()
        .and_then(|function| function.abi_decode_input(&data[4..]).ok());
    match (function, values) {
        (Some(function), Some(values)) => {
            let each = function.inputs.iter().zip(&values);
            let each = each.map(|(input, value)| match input.name.as_str() {
                "" => written(value),
                name => format!("{name}: {}", written(value)),
            });
            format!(
                "{shown}.{}({})",
                function.name,
                each.collect::<Vec<_>>().join(", ")
            )
        }
        _ if data.is_empty() => format!("{shown}, with no call"),
        _ => format!("{shown} with {}", Bytes::copy_from_slice(data)),
    }
}

/// A value as [`encode`] reads it.
fn written(value: &DynSolValue) -> String {
    let list = |values: &[DynSolValue]| values.iter().map(written).collect::<Vec<_>>().join(",");
    match value {
        DynSolValue::Bool(value) => value.to_string(),
        DynSolValue::Int(value, _) => value.to_string(),
        DynSolValue::Uint(value, _) => value.to_string(),
        DynSolValue::FixedBytes(word, size) => Bytes::copy_from_slice(&word[..*size]).to_string(),
        DynSolValue::Address(address) => address.to_string(),
        DynSolValue::Bytes(bytes) => Bytes::copy_from_slice(bytes).to_string(),
        DynSolValue::String(text) => quoted(text),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => {
            format!("[{}]", list(values))
        }
        DynSolValue::Tuple(values) => format!("({})", list(values)),
        DynSolValue::Function(function) => function.to_string(),
    }
}
