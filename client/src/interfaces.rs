//! The committed interfaces of the contracts, for reading and writing calls by name.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, JsonAbiExt as _, Specifier as _},
    json_abi::{Function, JsonAbi, Param},
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

/// A text in one line, so that nobody takes its next for another call.
fn quoted(text: &str) -> String {
    let mut shown = String::from("'");
    for sign in text.chars() {
        if sign.is_control() {
            shown.extend(sign.escape_default());
        } else {
            shown.push(sign);
        }
    }
    shown + "'"
}

/// A call in words: `payment-escrow.setTreasury(treasury: 0x…)`, with the calls that it carries; as bytes where nobody knows it.
pub fn describe(deployment: &Deployment, target: Address, data: &[u8]) -> String {
    let mut contracts = deployment.contracts.iter();
    let name = contracts.find(|(_, contract)| contract.proxy == Some(target));
    let name = name.map(|(name, _)| name.as_str());
    let shown = name.map_or_else(|| target.to_string(), str::to_owned);
    if data.is_empty() {
        return format!("{shown}, with no call");
    }
    let bytes = Bytes::copy_from_slice(data);
    let Some(name) = name else {
        return format!("{shown} with {bytes}");
    };
    let function = data.first_chunk::<4>().and_then(|selector| {
        let mut known = functions(name).into_iter();
        known.find(|function| function.selector() == *selector)
    });
    let Some(function) = function else {
        return format!("{shown} with {bytes}, a function that it does not have here");
    };
    let Ok(values) = function.abi_decode_input(&data[4..]) else {
        return format!("{shown}.{} with damaged arguments: {bytes}", function.name);
    };
    // Bytes that are a call go to the target named beside them, or to the contract itself.
    let named = function.inputs.iter().zip(&values);
    let targets: Vec<_> = named
        .clone()
        .filter(|(input, _)| input.name.starts_with("target"))
        .flat_map(|(_, value)| addresses(value))
        .collect();
    let inner = |position: usize, data: &[u8]| {
        let to = targets.get(position).copied().unwrap_or(target);
        let known = deployment.contracts.iter().any(|(name, contract)| {
            let selector = data.first_chunk::<4>();
            contract.proxy == Some(to) && selector.is_some_and(|selector| knows(name, *selector))
        });
        known.then(|| describe(deployment, to, data))
    };
    let each =
        named.map(|(input, value)| labelled(&input.name, worded(&input.components, value, &inner)));
    let each: Vec<_> = each.collect();
    format!("{shown}.{}({})", function.name, each.join(", "))
}

fn addresses(value: &DynSolValue) -> Vec<Address> {
    let list = value.as_array().unwrap_or(std::slice::from_ref(value));
    list.iter().filter_map(DynSolValue::as_address).collect()
}

fn labelled(name: &str, text: String) -> String {
    match name {
        "" => text,
        name => format!("{name}: {text}"),
    }
}

/// A value with the names of its fields, and with the calls in it, which `inner` puts in words by their position.
fn worded(
    fields: &[Param],
    value: &DynSolValue,
    inner: &dyn Fn(usize, &[u8]) -> Option<String>,
) -> String {
    let call = |position: usize, value: &DynSolValue| {
        let call = value.as_bytes().and_then(|data| inner(position, data));
        call.map_or_else(|| written(value), |call| format!("{{ {call} }}"))
    };
    match value {
        DynSolValue::Bytes(_) => call(0, value),
        DynSolValue::Array(values) => {
            let each = values.iter().enumerate();
            let each: Vec<_> = each
                .map(|(position, value)| call(position, value))
                .collect();
            format!("[{}]", each.join(","))
        }
        DynSolValue::Tuple(values) if values.len() == fields.len() => {
            let each = fields.iter().zip(values);
            let each: Vec<_> = each
                .map(|(field, value)| {
                    labelled(&field.name, worded(&field.components, value, &|_, _| None))
                })
                .collect();
            format!("({})", each.join(", "))
        }
        _ => written(value),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_line() {
        assert_eq!(quoted("a\n  b.c()"), "'a\\n  b.c()'");
    }
}
