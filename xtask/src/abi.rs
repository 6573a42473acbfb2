//! `abi/CONTRACT.json`, as Solidity tools write it.
//!
//! It says what can be called at the contract's address: where an extension stands behind a contract, the contract's own functions and
//! then the extension's. The extension has a file of its own besides, with what it adds.
//!
//! Functions and the list of errors come from the contract itself (the SDK's interface export, compiled from the very `#[public]`
//! functions). That export names no events, no structs and no parameters of errors, so these come from the `sol!` blocks of the
//! contract's sources and of the shared crates.

use crate::programs::{CONTRACTS, Contract, Kind, with_interface};
use crate::run::{capture, cargo, run, workspace_root};
use eyre::{ContextCompat, Result, WrapErr, bail, ensure};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use syn_solidity::{File, Item, ItemStruct, Type};

/// Shared sources and the function whose presence says that a contract uses them.
const SHARED: [(&str, &str); 4] = [
    ("ownable.rs", "owner"),
    ("initializable.rs", "initialize"),
    ("uups.rs", "upgradeToAndCall"),
    ("pausable.rs", "pausedUntil"),
];

/// Contract → its ABI, as the code says now.
pub fn all() -> Result<BTreeMap<String, Value>> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--locked"]);
    for Contract { name, .. } in with_interface() {
        build.args([
            "--package",
            name,
            "--features",
            &format!("{name}/export-abi"),
        ]);
    }
    run(&mut build).wrap_err("the contracts do not compile with `export-abi`")?;
    let mut abis = BTreeMap::new();
    for contract in CONTRACTS {
        let name = contract.name;
        let entries = match contract.kind {
            Kind::Proxy => proxy(),
            Kind::BehindProxy | Kind::ExtensionOf(_) => {
                let program = workspace_root().join("target/debug").join(name);
                abi(contract, &capture(&mut Command::new(program))?)
            }
        };
        let entries = entries.wrap_err_with(|| format!("interface of {name}"))?;
        abis.insert(name, entries);
    }
    for Contract { name, kind, .. } in CONTRACTS {
        if let Kind::ExtensionOf(extended) = kind {
            let whole = extended_by(&abis[extended], &abis[name])
                .wrap_err_with(|| format!("{extended} with {name}"))?;
            abis.insert(extended, whole);
        }
    }
    Ok(abis
        .into_iter()
        .map(|(name, entries)| (name.to_owned(), Value::Array(entries)))
        .collect())
}

/// What callers of an extended contract see: errors and events of both, the contract's functions, then the extension's.
fn extended_by(contract: &[Value], extension: &[Value]) -> Result<Vec<Value>> {
    let is_function = |entry: &Value| entry["type"] == "function";
    let (own, others): (Vec<_>, Vec<_>) = contract.iter().cloned().partition(is_function);
    let (added, more): (Vec<_>, Vec<_>) = extension.iter().cloned().partition(is_function);
    for function in &added {
        ensure!(
            !own.iter()
                .any(|known| called_as(known) == called_as(function)),
            "both have {}: the extension's would never be called; leave it in one of them",
            called_as(function)
        );
    }
    let mut entries = [others, more].concat();
    entries.sort_by_key(sort_key);
    entries.dedup();
    entries.extend(own);
    entries.extend(added);
    Ok(entries)
}

/// A function's name and the types of its parameters.
fn called_as(function: &Value) -> String {
    let inputs = function["inputs"].as_array().into_iter().flatten();
    let types: Vec<_> = inputs
        .filter_map(|input| input["internalType"].as_str())
        .collect();
    format!(
        "{}({})",
        function["name"].as_str().unwrap_or_default(),
        types.join(",")
    )
}

/// The proxy has no function of its own: it forwards every call, and fails without an implementation.
fn proxy() -> Result<Vec<Value>> {
    let declared = sol_items(&[workspace_root().join("contracts/common/src/uups.rs")])?;
    let upgraded = declared
        .iter()
        .find(|item| matches!(item, Item::Event(event) if event.name == "Upgraded"));
    let upgraded = upgraded.wrap_err("no event Upgraded in the shared sources")?;
    let mut entries = vec![
        entry(upgraded, &Structs::new())?.wrap_err("an event has an entry")?,
        json!({ "type": "fallback", "stateMutability": "payable" }),
    ];
    // The rest of what ERC-1967 and OpenZeppelin's proxies name, for tools that look for it; this proxy ends with the first alone.
    let file: File = syn::parse_str(
        "error ERC1967ProxyUninitialized();
        error ERC1967InvalidImplementation(address implementation);
        error ERC1967InvalidAdmin(address admin);
        error ERC1967InvalidBeacon(address beacon);
        error ERC1967NonPayable();
        error AddressEmptyCode(address target);
        error FailedCall();
        event AdminChanged(address previousAdmin, address newAdmin);
        event BeaconUpgraded(address indexed beacon);",
    )?;
    for item in &file.items {
        entries.extend(entry(item, &Structs::new())?);
    }
    entries.sort_by_key(sort_key);
    Ok(entries)
}

type Structs = BTreeMap<String, ItemStruct>;

/// The entries of one program, from what its interface export printed.
fn abi(contract: Contract, text: &str) -> Result<Vec<Value>> {
    let file: File = syn::parse_str(text)?;
    let mut exported = Vec::new();
    for item in file.items {
        match item {
            Item::Contract(contract) => exported.extend(contract.body),
            other => exported.push(other),
        }
    }
    let has_function = |wanted: &str| {
        exported
            .iter()
            .any(|item| matches!(item, Item::Function(function) if *function.name() == wanted))
    };

    let root = workspace_root();
    let mut sources = Vec::new();
    for folder in contract.source_folders(&root) {
        sources.extend(rust_files(&folder)?);
    }
    let shared = root.join("contracts/common/src");
    sources.extend(
        SHARED
            .iter()
            .filter(|(_, marker)| has_function(marker))
            .map(|(file, _)| shared.join(file)),
    );
    let events = sol_items(&sources)?;
    sources.extend(rust_files(&shared)?);
    let declared = sol_items(&sources)?;

    let structs: Structs = exported
        .iter()
        .chain(&declared)
        .filter_map(|item| match item {
            Item::Struct(definition) => Some((definition.name.to_string(), definition.clone())),
            _ => None,
        })
        .collect();

    let mut entries = Vec::new();
    for item in &exported {
        match item {
            Item::Function(_) => entries.extend(entry(item, &structs)?),
            Item::Error(error) => {
                let signature = signature(&error.name.to_string(), error.parameters.types());
                let named = declared.iter().find(|item| {
                    matches!(item, Item::Error(e) if self::signature(&e.name.to_string(), e.parameters.types()) == signature)
                });
                let named = named
                    .wrap_err_with(|| format!("no `sol!` declaration of error {signature}"))?;
                entries.extend(entry(named, &structs)?);
            }
            _ => {}
        }
    }
    for item in events.iter().filter(|item| matches!(item, Item::Event(_))) {
        entries.extend(entry(item, &structs)?);
    }
    entries.sort_by_key(sort_key);
    entries.dedup();
    Ok(entries)
}

fn sort_key(entry: &Value) -> (String, String, String) {
    (
        entry["type"].to_string(),
        entry["name"].to_string(),
        entry["inputs"].to_string(),
    )
}

fn signature<'a>(name: &str, types: impl Iterator<Item = &'a Type>) -> String {
    let types: Vec<String> = types.map(ToString::to_string).collect();
    format!("{name}({})", types.join(","))
}

/// The ABI entry of a function, error or event.
fn entry(item: &Item, structs: &Structs) -> Result<Option<Value>> {
    let value = match item {
        Item::Function(function) => {
            let mutability = function
                .attributes
                .mutability()
                .map_or("nonpayable", |m| m.as_str());
            let outputs = function.returns.as_ref().map(|returns| &returns.returns);
            json!({
                "type": "function",
                "name": function.name().to_string(),
                "inputs": parameters(function.parameters.types_and_names(), structs)?,
                "outputs": match outputs {
                    Some(list) => parameters(list.types_and_names(), structs)?,
                    None => Vec::new(),
                },
                "stateMutability": mutability,
            })
        }
        Item::Error(error) => json!({
            "type": "error",
            "name": error.name.to_string(),
            "inputs": parameters(error.parameters.types_and_names(), structs)?,
        }),
        Item::Event(event) => {
            let mut inputs = Vec::new();
            for input in &event.parameters {
                let name = input
                    .name
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let mut value = parameter(&input.ty, &name, structs)?;
                value.insert("indexed".into(), input.is_indexed().into());
                inputs.push(Value::Object(value));
            }
            json!({ "type": "event", "name": event.name.to_string(), "inputs": inputs, "anonymous": false })
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn parameters<'a>(
    list: impl Iterator<Item = (&'a Type, Option<&'a syn_solidity::SolIdent>)>,
    structs: &Structs,
) -> Result<Vec<Value>> {
    list.map(|(ty, name)| {
        let name = name.map(ToString::to_string).unwrap_or_default();
        Ok(Value::Object(parameter(ty, &name, structs)?))
    })
    .collect()
}

fn parameter(ty: &Type, name: &str, structs: &Structs) -> Result<Map<String, Value>> {
    let written = ty.to_string();
    let (base, array) = written.split_at(written.find('[').unwrap_or(written.len()));
    let mut value = Map::new();
    value.insert("name".into(), camel_case(name).into());
    if let Some(definition) = structs.get(base) {
        value.insert("type".into(), format!("tuple{array}").into());
        value.insert(
            "internalType".into(),
            format!("struct {base}{array}").into(),
        );
        value.insert(
            "components".into(),
            parameters(definition.fields.types_and_names(), structs)?.into(),
        );
    } else if base.starts_with(char::is_uppercase) {
        bail!("type {base} is not declared in the interface");
    } else {
        value.insert("type".into(), written.clone().into());
        value.insert("internalType".into(), written.into());
    }
    Ok(value)
}

/// The Rust name of a parameter as Solidity writes it: `task_id` → `taskId`.
fn camel_case(name: &str) -> String {
    let mut words = name.trim_start_matches('_').split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        joined + &initial.to_uppercase() + rest
    })
}

/// Everything declared in the `sol!` blocks of these sources.
fn sol_items(sources: &[PathBuf]) -> Result<Vec<Item>> {
    let mut found = Vec::new();
    for path in sources {
        let file = syn::parse_file(&fs::read_to_string(path)?)
            .wrap_err_with(|| path.display().to_string())?;
        for item in file.items {
            if let syn::Item::Macro(call) = item
                && call
                    .mac
                    .path
                    .segments
                    .last()
                    .is_some_and(|segment| segment.ident == "sol")
            {
                let declared: File =
                    syn::parse2(call.mac.tokens).wrap_err_with(|| path.display().to_string())?;
                found.extend(declared.items);
            }
        }
    }
    Ok(found)
}

/// Every source of a crate but its tests.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .wrap_err_with(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .filter(|path| path.file_stem().is_some_and(|stem| stem != "tests"))
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str, ty: &str) -> Value {
        json!({ "type": "function", "name": name, "inputs": [{ "type": ty, "internalType": ty }] })
    }

    fn plain(kind: &str, name: &str) -> Value {
        json!({ "type": kind, "name": name, "inputs": [] })
    }

    #[test]
    fn an_extended_contract_has_the_functions_of_both_in_order_and_the_rest_once() {
        let contract = [
            plain("error", "ZeroAmount"),
            plain("event", "Upgraded"),
            function("submit", "uint256"),
        ];
        let extension = [
            plain("error", "NoBid"),
            plain("error", "ZeroAmount"),
            plain("event", "Paused"),
            plain("event", "Upgraded"),
            function("pause", "uint64"),
            function("submit", "string"),
        ];
        let whole = extended_by(&contract, &extension).expect("a union");
        let expected = [
            plain("error", "NoBid"),
            plain("error", "ZeroAmount"),
            plain("event", "Paused"),
            plain("event", "Upgraded"),
            function("submit", "uint256"),
            function("pause", "uint64"),
            function("submit", "string"),
        ];
        assert_eq!(whole, expected);
    }

    #[test]
    fn a_function_that_stands_in_both_is_refused_by_name() {
        let error = extended_by(
            &[function("pause", "uint64")],
            &[function("pause", "uint64")],
        )
        .expect_err("it stands in both");
        assert!(error.to_string().contains("pause(uint64)"), "{error}");
    }
}
