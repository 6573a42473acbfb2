//! `snapshots/layout/CONTRACT.json`: where every field stands in storage, derived from the `#[storage]` structs.
//!
//! The rule is the SDK's, which is Solidity's: fields take slots in order, small ones share a slot from its low end, maps and
//! structs start a new one. Types that pack several values into one word document and test their bits beside their code.
//!
//! An extension executes in the storage of the contract it extends, so both must have the same layout, and one file says it.

mod compare;

pub use compare::compare_commits;

use crate::programs::{Contract, Kind, with_interface};
use crate::run::workspace_root;
use eyre::{ContextCompat, Result, WrapErr, bail, ensure};
use quote::ToTokens;
use serde_json::{Value, json};
use sha3::{Digest, Keccak256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use syn::{GenericArgument, Item, PathArguments, Type};

/// The ERC-1967 implementation slot, as documented by the standard.
const IMPLEMENTATION_SLOT: &str =
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/// Contract → its layout, as the sources say now.
pub fn all() -> Result<BTreeMap<String, Value>> {
    all_below(&workspace_root())
}

/// [`all`] of the contracts whose sources are below `root`.
fn all_below(root: &Path) -> Result<BTreeMap<String, Value>> {
    let shared = Sources::read(&root.join("contracts/common/src"))?;
    let mut layouts = BTreeMap::new();
    for contract in with_interface() {
        let mut files = shared.files.clone();
        let folders = contract.source_folders(root);
        if !folders[0].is_dir() {
            continue; // another version had no such contract
        }
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            files.extend(Sources::read(&folder)?.files);
        }
        let layout = Sources { files }
            .layout(contract.name)
            .wrap_err_with(|| format!("storage of {}", contract.name))?;
        layouts.insert(contract.name.to_owned(), layout);
    }
    for Contract { name, kind, .. } in with_interface() {
        if let Kind::ExtensionOf(extended) = kind
            && let Some(own) = layouts.remove(name)
        {
            ensure_same(&layouts[extended], &own)
                .wrap_err_with(|| format!("{name} executes in the storage of {extended}"))?;
        }
    }
    Ok(layouts)
}

/// Refuses an extension that would misread the storage it executes in.
fn ensure_same(extended: &Value, extension: &Value) -> Result<()> {
    let fields = |layout: &Value| layout["fields"].as_array().cloned().unwrap_or_default();
    let (theirs, own) = (fields(extended), fields(extension));
    let place = |fields: &[Value], number| {
        fields
            .get(number)
            .map_or("nothing".into(), Value::to_string)
    };
    for number in 0..theirs.len().max(own.len()) {
        let (there, here) = (place(&theirs, number), place(&own, number));
        ensure!(
            there == here,
            "field {number}, counted from 0, is {there} there and {here} in the extension: give both the same storage struct"
        );
    }
    ensure!(
        extended["namespaces"] == extension["namespaces"],
        "its namespaces are {} there and {} in the extension",
        extended["namespaces"],
        extension["namespaces"]
    );
    Ok(())
}

/// How much of storage a type takes.
#[derive(Clone, Copy)]
struct Size {
    bytes: usize,
    /// Whole slots, for structs and fixed arrays; 0 for what fits into one.
    slots: usize,
}

struct Sources {
    files: Vec<syn::File>,
}

impl Sources {
    fn read(folder: &Path) -> Result<Self> {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .wrap_err_with(|| folder.display().to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "rs"))
            .collect();
        paths.sort();
        let parse = |path: &PathBuf| {
            syn::parse_file(&fs::read_to_string(path)?).wrap_err_with(|| path.display().to_string())
        };
        Ok(Self {
            files: paths.iter().map(parse).collect::<Result<_>>()?,
        })
    }

    fn structs(&self) -> impl Iterator<Item = (&syn::File, &syn::ItemStruct)> {
        self.files.iter().flat_map(|file| {
            file.items.iter().filter_map(move |item| match item {
                Item::Struct(found) if has_attribute(&found.attrs, "storage") => {
                    Some((file, found))
                }
                _ => None,
            })
        })
    }

    fn layout(&self, contract: &str) -> Result<Value> {
        let root_name = contract.replace('-', "");
        let mut root = None;
        let mut namespaces = BTreeMap::new();
        for (file, found) in self.structs() {
            if found.ident.to_string().eq_ignore_ascii_case(&root_name) {
                root = Some(self.fields(self.unwrapped(found))?);
            } else if let Some((id, slot)) = namespace(file) {
                namespaces.insert(id, json!({ "slot": slot, "fields": self.fields(found)? }));
            }
        }
        let fields = root.wrap_err("no #[storage] struct of the contract's name")?;
        let mut structs = BTreeMap::new();
        self.add_structs(&fields, &mut structs)?;
        Ok(json!({ "fields": fields, "namespaces": namespaces, "structs": structs }))
    }

    /// Adds the fields of the structs that `fields` consist of or lead to: name → fields.
    fn add_structs(
        &self,
        fields: &[Value],
        structs: &mut BTreeMap<String, Vec<Value>>,
    ) -> Result<()> {
        for field in fields {
            for name in names(field["type"].as_str().unwrap_or_default()) {
                let Some((_, inner)) = self.structs().find(|(_, found)| found.ident == name) else {
                    continue;
                };
                if structs.contains_key(name) {
                    continue;
                }
                let inner = self.fields(inner)?;
                structs.insert(name.to_owned(), inner.clone());
                self.add_structs(&inner, structs)?;
            }
        }
        Ok(())
    }

    /// A struct whose only field is another `#[storage]` struct lies in storage as that one does.
    fn unwrapped<'a>(&'a self, of: &'a syn::ItemStruct) -> &'a syn::ItemStruct {
        let mut fields = of.fields.iter();
        let (Some(only), None) = (fields.next(), fields.next()) else {
            return of;
        };
        let Ok(name) = last_segment(&only.ty).map(|last| &last.ident) else {
            return of;
        };
        self.structs()
            .find(|(_, candidate)| candidate.ident == *name)
            .map_or(of, |(_, inner)| self.unwrapped(inner))
    }

    fn fields(&self, of: &syn::ItemStruct) -> Result<Vec<Value>> {
        let mut fields = Vec::new();
        self.walk(of, |label, slot, offset, size, ty| {
            let bytes = if size.slots > 0 { size.slots * 32 } else { size.bytes };
            fields.push(json!({ "label": label, "slot": slot, "offset": offset, "bytes": bytes, "type": ty }));
        })?;
        Ok(fields)
    }

    /// Visits each field with its slot and its offset from the low end; returns the slots of the whole.
    fn walk(
        &self,
        of: &syn::ItemStruct,
        mut visit: impl FnMut(&str, usize, usize, Size, String),
    ) -> Result<usize> {
        let (mut slot, mut used) = (0, 0);
        for field in &of.fields {
            let label = field
                .ident
                .as_ref()
                .wrap_err("storage needs named fields")?
                .to_string();
            let size = self
                .size(&field.ty)
                .wrap_err_with(|| format!("field {label}"))?;
            if used + size.bytes > 32 {
                slot += 1;
                used = 0;
            }
            visit(&label, slot, used, size, shown(&field.ty));
            used += size.bytes;
            if size.slots > 0 {
                slot += size.slots;
                used = 0;
            }
        }
        Ok(if used > 0 || slot == 0 {
            slot + 1
        } else {
            slot
        })
    }

    fn size(&self, ty: &Type) -> Result<Size> {
        let last = last_segment(ty)?;
        let name = last.ident.to_string();
        let one = |bytes| Ok(Size { bytes, slots: 0 });
        match name.as_str() {
            "StorageAddress" => one(20),
            "StorageBool" => one(1),
            "StorageMap" | "StorageVec" | "StorageString" | "StorageBytes" | "StorageB256" => {
                one(32)
            }
            "StorageUint" | "StorageSigned" => one(number(&last.arguments)? / 8),
            "StorageFixedBytes" => one(number(&last.arguments)?),
            _ => {
                if let Some(bits) = name
                    .strip_prefix("StorageU")
                    .or_else(|| name.strip_prefix("StorageI"))
                    .and_then(|bits| bits.parse::<usize>().ok())
                {
                    return one(bits / 8);
                }
                if let Some(bits) = name
                    .strip_prefix("StorageB")
                    .and_then(|bits| bits.parse::<usize>().ok())
                {
                    return one(bits / 8);
                }
                if let Some(alias) = self.alias(&name) {
                    return self.size(alias);
                }
                let (_, inner) = self
                    .structs()
                    .find(|(_, candidate)| candidate.ident == name)
                    .wrap_err_with(|| format!("type {} is unknown", shown(ty)))?;
                Ok(Size {
                    bytes: 32,
                    slots: self.walk(inner, |_, _, _, _, _| {})?,
                })
            }
        }
    }

    fn alias(&self, name: &str) -> Option<&Type> {
        self.files
            .iter()
            .flat_map(|file| &file.items)
            .find_map(|item| match item {
                Item::Type(alias) if alias.ident == name => Some(&*alias.ty),
                _ => None,
            })
    }
}

/// The names in a type as it is shown.
fn names(shown: &str) -> impl Iterator<Item = &str> {
    let ends = |sign: char| !sign.is_alphanumeric() && sign != '_';
    shown.split(ends).filter(|name| !name.is_empty())
}

fn last_segment(ty: &Type) -> Result<&syn::PathSegment> {
    let Type::Path(path) = ty else {
        bail!("type {} is unknown", shown(ty))
    };
    path.path.segments.last().wrap_err("empty type")
}

fn has_attribute(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident(name))
}

/// The namespace that a file's `SLOT` or use of the ERC-1967 slot stands for.
fn namespace(file: &syn::File) -> Option<(String, String)> {
    for item in &file.items {
        if let Item::Const(constant) = item
            && constant.ident == "SLOT"
            && let syn::Expr::Call(call) = &*constant.expr
            && let Some(syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(id),
                ..
            })) = call.args.first()
        {
            return Some((format!("erc7201:{}", id.value()), erc7201(&id.value())));
        }
    }
    let uses_implementation_slot = file.items.iter().any(|item| {
        matches!(item, Item::Use(import) if import.to_token_stream().to_string().contains("IMPLEMENTATION_SLOT"))
    });
    uses_implementation_slot.then(|| {
        (
            "erc1967:implementation".to_owned(),
            IMPLEMENTATION_SLOT.to_owned(),
        )
    })
}

fn erc7201(id: &str) -> String {
    let mut digest: [u8; 32] = Keccak256::digest(id.as_bytes()).into();
    for byte in digest.iter_mut().rev() {
        let (value, borrowed) = byte.overflowing_sub(1);
        *byte = value;
        if !borrowed {
            break;
        }
    }
    let slot = crate::programs::keccak(&digest);
    format!("{}00", &slot[..slot.len() - 2])
}

fn number(arguments: &PathArguments) -> Result<usize> {
    let PathArguments::AngleBracketed(list) = arguments else {
        bail!("a size is missing")
    };
    let first = list.args.first().wrap_err("a size is missing")?;
    let text = match first {
        GenericArgument::Const(expression) => expression.to_token_stream().to_string(),
        other => other.to_token_stream().to_string(),
    };
    let value = text.parse()?;
    ensure!(value > 0, "a size of zero");
    Ok(value)
}

fn shown(ty: &Type) -> String {
    ty.to_token_stream()
        .to_string()
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace(" ,", ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKET: &str = "
        #[storage] pub struct Market { escrow: StorageAddress, count: StorageUint<40, 1>, cards: StorageMap<u32, StorageB256> }
        #[storage] pub struct TaskManager { market: Market }
    ";

    fn layout(contract: &str, source: &str) -> Value {
        let files = vec![syn::parse_file(source).expect("Rust")];
        Sources { files }.layout(contract).expect("a layout")
    }

    #[test]
    fn a_struct_around_another_has_the_fields_of_the_other() {
        let fields = &layout("task-manager", MARKET)["fields"];
        let places: Vec<_> = fields
            .as_array()
            .expect("a list")
            .iter()
            .map(|field| {
                (
                    field["label"].as_str().expect("a name"),
                    field["slot"].as_u64().expect("a slot"),
                    field["offset"].as_u64().expect("an offset"),
                )
            })
            .collect();
        assert_eq!(
            places,
            [("escrow", 0, 0), ("count", 0, 20), ("cards", 1, 0)]
        );
    }

    #[test]
    fn an_extension_with_another_storage_is_refused() {
        let market = layout("task-manager", MARKET);
        let same = "#[storage] pub struct Extension { market: Market }";
        let same = layout("extension", &format!("{MARKET}{same}"));
        ensure_same(&market, &same).expect("the same storage");
        let more = "#[storage] pub struct Extension { paused_until: StorageU64, market: Market }";
        let more = layout("extension", &format!("{MARKET}{more}"));
        let error = ensure_same(&market, &more).expect_err("another storage");
        assert!(error.to_string().contains("paused_until"), "{error}");
    }
}
