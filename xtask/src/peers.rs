//! Compiles the contracts in `bench/openzeppelin-stylus`, a package of its own, in the way that ours are, into artifacts
//! that are committed: nothing but the comparison with ours needs them.

use crate::{
    module, programs, run,
    toolchain::{self, Toolchain},
};
use eyre::{ContextCompat, Result, WrapErr};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// The programs, each a feature of the package.
const PROGRAMS: [&str; 2] = ["proxy", "token"];

/// The packages whose versions an artifact tells.
const PACKAGES: [&str; 2] = ["openzeppelin-stylus", "stylus-sdk"];

/// What every program is made of, beside its own source.
const SHARED: [&str; 3] = ["Cargo.lock", "Cargo.toml", "src/lib.rs"];

/// Writes `bench/artifacts/openzeppelin-stylus`.
pub fn compile() -> Result<()> {
    let root = run::workspace_root();
    let package = root.join("bench/openzeppelin-stylus");
    let artifacts = root.join("bench/artifacts/openzeppelin-stylus");
    let toolchain = toolchain::ready(&root.join("target"))?;
    let rustc = run::capture(Command::new(&toolchain.rustc).arg("-V"))?;
    let packages = versions(&package)?;
    fs::create_dir_all(&artifacts)?;
    for name in PROGRAMS {
        let wasm = module::finish(&compile_one(&root, &package, name, &toolchain)?)?;
        let code = programs::pack(&wasm)?;
        let artifact = json!({
            "contract": name,
            "compiler": rustc.trim(),
            "packages": packages,
            "sources": digests(&package, name)?,
            "wasmBytes": wasm.len(),
            "codeBytes": code.len(),
            "code": programs::hex(&code),
        });
        let text = serde_json::to_string_pretty(&artifact)? + "\n";
        fs::write(artifacts.join(format!("{name}.json")), text)?;
        println!(
            "{name}: {} bytes, {} compressed, {:.1} % of the limit",
            wasm.len(),
            code.len(),
            code.len() as f64 * 100.0 / programs::CODE_LIMIT as f64
        );
    }
    Ok(())
}

fn compile_one(root: &Path, package: &Path, name: &str, toolchain: &Toolchain) -> Result<Vec<u8>> {
    let target = root.join("target/openzeppelin-stylus");
    run::run(programs::compiler(package, &target, toolchain).args(["--features", name]))
        .wrap_err_with(|| format!("{name} does not compile"))?;
    let path = programs::compiled_path(&target, "openzeppelin-stylus-peers");
    fs::read(&path).wrap_err_with(|| format!("cannot read {}", path.display()))
}

/// The digests of what a program is made of.
fn digests(package: &Path, name: &str) -> Result<BTreeMap<String, String>> {
    let own = format!("src/{name}.rs");
    let files = SHARED.map(str::to_owned).into_iter().chain([own]);
    files
        .map(|file| {
            let text = fs::read(package.join(&file))?;
            Ok((file, programs::keccak(&text)))
        })
        .collect()
}

/// The versions of [`PACKAGES`].
fn versions(package: &Path) -> Result<Map<String, Value>> {
    let lock = fs::read_to_string(package.join("Cargo.lock"))?;
    let version = |name: &str| {
        let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
        let version = entry.and_then(|(_, rest)| rest.split_once('"'));
        let (version, _) = version.wrap_err_with(|| format!("{name} is not in Cargo.lock"))?;
        Ok((name.to_owned(), version.into()))
    };
    PACKAGES.into_iter().map(version).collect()
}
