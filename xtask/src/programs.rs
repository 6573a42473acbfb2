//! From contract crates to Stylus programs that a chain accepts.
//!
//! 1. cargo compiles the crates for `wasm32-unknown-unknown` with a `std` of their own (see [`crate::toolchain`]);
//! 2. [`crate::module`] takes away what costs and serves nothing;
//! 3. brotli (level 11, window 22) with the prefix `EF F0 00` and the dictionary byte 00 makes the code that a deployment returns.
//!
//! Results stand in `target/programs`: `NAME.wasm` (for `cargo stylus deploy --wasm-file`), `NAME.code` and `manifest.json`.

use crate::{
    module,
    run::{Output, cargo, run},
    toolchain::{self, Toolchain},
};
use eyre::{Result, WrapErr, ensure};
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One crate that becomes a program.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// The crate, which is also its folder under `contracts/`.
    pub name: &'static str,
    /// How it is reached.
    pub kind: Kind,
    /// The library under `contracts/` that has its storage, errors and events, where they do not stand in the crate itself.
    pub library: Option<&'static str>,
}

/// How a program is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only forwards, and has no interface and no storage of its own.
    Proxy,
    /// A proxy delegates to it.
    BehindProxy,
    /// The contract of this name delegates to it what it does not know itself, in the storage of its own proxy.
    ExtensionOf(&'static str),
}

/// The programs of the system.
pub const CONTRACTS: [Contract; 20] = [
    contract(
        "committee-nodes",
        Kind::ExtensionOf("verification-committee"),
        Some("committee"),
    ),
    contract("governance-dao", Kind::BehindProxy, Some("governor")),
    contract(
        "governor-admin",
        Kind::ExtensionOf("governance-dao"),
        Some("governor"),
    ),
    contract(
        "market-admin",
        Kind::ExtensionOf("task-manager"),
        Some("market"),
    ),
    contract(
        "market-bids",
        Kind::ExtensionOf("task-manager"),
        Some("market"),
    ),
    contract(
        "market-disputes",
        Kind::ExtensionOf("task-manager"),
        Some("market"),
    ),
    contract(
        "market-leases",
        Kind::ExtensionOf("task-manager"),
        Some("market"),
    ),
    contract(
        "market-orders",
        Kind::ExtensionOf("task-manager"),
        Some("market"),
    ),
    contract("ogpu-token", Kind::BehindProxy, None),
    contract("optimistic-verifier", Kind::BehindProxy, None),
    contract("payment-escrow", Kind::BehindProxy, None),
    contract("proxy-uups", Kind::Proxy, None),
    contract("replication-verifier", Kind::BehindProxy, None),
    contract("reputation-registry", Kind::BehindProxy, None),
    contract("staking-vault", Kind::BehindProxy, None),
    contract("task-manager", Kind::BehindProxy, Some("market")),
    contract("timelock", Kind::BehindProxy, None),
    contract(
        "verification-committee",
        Kind::BehindProxy,
        Some("committee"),
    ),
    contract("watchdog", Kind::BehindProxy, None),
    contract("zk-verifier", Kind::BehindProxy, None),
];

const fn contract(name: &'static str, kind: Kind, library: Option<&'static str>) -> Contract {
    Contract {
        name,
        kind,
        library,
    }
}

/// The contracts with an interface and a storage: all but the proxy.
pub fn with_interface() -> impl Iterator<Item = Contract> {
    CONTRACTS
        .into_iter()
        .filter(|contract| contract.kind != Kind::Proxy)
}

impl Contract {
    /// The folders of its sources below `contracts/`.
    pub fn source_folders(&self, root: &Path) -> Vec<PathBuf> {
        [Some(self.name), self.library]
            .into_iter()
            .flatten()
            .map(|name| root.join("contracts").join(name).join("src"))
            .collect()
    }
}

/// The most bytes of code an account can have (EIP-170).
pub const CODE_LIMIT: usize = 24_576;

/// Bytes of the shadow stack: half of the one page that a program starts with, well above what the deepest path of any contract
/// needs. A program that ran out of it would trap.
const STACK_BYTES: usize = 32_768;

/// Code of a Stylus program: discriminant, version and the byte for "no dictionary".
const CODE_PREFIX: [u8; 4] = [0xef, 0xf0, 0x00, 0x00];

/// One built program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Bytes of the module.
    pub wasm_bytes: usize,
    /// Bytes of the code on chain.
    pub code_bytes: usize,
    /// Keccak-256 of the code on chain.
    pub code_hash: String,
    /// Keccak-256 of the module as the compiler wrote it, and of what finishes it: unchanged means nothing to pack.
    pub compiled_hash: String,
}

/// Crate name → program.
pub type Manifest = BTreeMap<String, Program>;

/// Compiles, packs and prints every program of this workspace.
pub fn build(output: Output) -> Result<Manifest> {
    let root = crate::run::workspace_root();
    let manifest = build_in(&root, &root.join("target"))?;
    match output {
        Output::Quiet => {}
        Output::Json => println!("{}", serde_json::to_string_pretty(&manifest)?),
        Output::Table => print_table(&manifest),
    }
    Ok(manifest)
}

/// Compiles and packs the programs of the workspace at `root` into `target`.
pub fn build_in(root: &Path, target: &Path) -> Result<Manifest> {
    let folder = target.join("programs");
    fs::create_dir_all(&folder).wrap_err_with(|| format!("cannot create {}", folder.display()))?;
    let manifest_path = folder.join("manifest.json");
    let before: Manifest = fs::read(&manifest_path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let inputs = inputs(root)?;
    let inputs_path = folder.join("inputs");
    let built = |contract: Contract| {
        before.contains_key(contract.name)
            && folder.join(format!("{}.code", contract.name)).exists()
    };
    if fs::read_to_string(&inputs_path).is_ok_and(|known| known == inputs)
        && CONTRACTS.into_iter().all(built)
    {
        return Ok(before);
    }
    let toolchain = toolchain::ready(&crate::run::workspace_root().join("target"))?;
    compile(root, target, &toolchain)?;
    let mut manifest = Manifest::new();
    for Contract { name, .. } in CONTRACTS {
        let compiled = compiled_path(&target.join("wasm"), name);
        let module =
            fs::read(&compiled).wrap_err_with(|| format!("cannot read {}", compiled.display()))?;
        let compiled_hash = keccak(&[&module, &include_bytes!("module.rs")[..]].concat());
        let code_path = folder.join(format!("{name}.code"));
        let program = match before.get(name) {
            Some(known) if known.compiled_hash == compiled_hash && code_path.exists() => {
                known.clone()
            }
            _ => {
                let wasm =
                    module::finish(&module).wrap_err_with(|| format!("{name}: not a module"))?;
                let code = pack(&wasm)?;
                replace(&folder.join(format!("{name}.wasm")), &wasm)?;
                replace(&code_path, &code)?;
                Program {
                    wasm_bytes: wasm.len(),
                    code_bytes: code.len(),
                    code_hash: keccak(&code),
                    compiled_hash,
                }
            }
        };
        ensure!(
            program.code_bytes <= CODE_LIMIT,
            "{name} has {} bytes compressed; the chain takes at most {CODE_LIMIT}",
            program.code_bytes
        );
        manifest.insert(name.to_owned(), program);
    }
    if manifest != before {
        replace(
            &manifest_path,
            serde_json::to_string_pretty(&manifest)?.as_bytes(),
        )?;
    }
    replace(&inputs_path, inputs.as_bytes())?;
    Ok(manifest)
}

/// A digest of everything that the programs are made of: while it is the same, there is nothing to build.
fn inputs(root: &Path) -> Result<String> {
    let mut digest = Keccak256::new();
    digest.update(include_bytes!("programs.rs"));
    digest.update(include_bytes!("module.rs"));
    let mut open = [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "contracts",
        "rules",
    ]
    .map(|name| root.join(name))
    .to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path)?.map(|entry| Ok(entry?.path()));
            let mut entries = entries.collect::<Result<Vec<_>>>()?;
            entries.sort();
            open.extend(entries);
        } else {
            let name = path.strip_prefix(root)?.display().to_string();
            let text = fs::read(&path)?;
            digest.update(format!("{name} {} ", text.len()));
            digest.update(text);
        }
    }
    Ok(hex(&digest.finalize()))
}

fn compile(root: &Path, target: &Path, toolchain: &Toolchain) -> Result<()> {
    if !target.join("programs/manifest.json").exists() {
        eprintln!(
            "Compiling the contracts to WASM, with a standard library of their own: some minutes the first time …"
        );
    }
    for Contract { name, .. } in CONTRACTS {
        run(compiler(root, &target.join("wasm"), toolchain).args(["--package", name]))
            .wrap_err_with(|| format!("{name} does not compile"))?;
    }
    Ok(())
}

/// The command that compiles a package of the workspace at `root` to a module.
pub fn compiler(root: &Path, target: &Path, toolchain: &Toolchain) -> Command {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut flags = vec![
        "-Zunstable-options".to_owned(),
        "-Cpanic=immediate-abort".to_owned(),
        "-Zlocation-detail=none".to_owned(),
        "-Zfmt-debug=none".to_owned(),
        "-Ctarget-feature=-reference-types,-multivalue".to_owned(),
        format!("-Clink-arg=-zstack-size={STACK_BYTES}"),
        format!("--remap-path-prefix={}=/source", root.display()),
        format!(
            "--remap-path-prefix={}=/sysroot",
            toolchain.sysroot.display()
        ),
    ];
    if let Some(home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    // One crate type at a time: with a library beside it, cargo leaves out link-time optimisation.
    let mut command = cargo();
    command
        .current_dir(root)
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .args(["rustc", "--quiet", "--locked", "--lib"])
        .args(["--crate-type", "cdylib", "--profile", "contract"])
        .args(["--target", "wasm32-unknown-unknown"])
        .arg("-Zbuild-std=std,panic_abort")
        .arg("--target-dir")
        .arg(target);
    command
}

/// Where it puts the module.
pub fn compiled_path(target: &Path, name: &str) -> PathBuf {
    target
        .join("wasm32-unknown-unknown/contract")
        .join(format!("{}.wasm", name.replace('-', "_")))
}

/// The code that stands on chain.
pub fn pack(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut code = CODE_PREFIX.to_vec();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &params)?;
    Ok(code)
}

/// Keccak-256 in hex.
pub fn keccak(bytes: &[u8]) -> String {
    hex(&Keccak256::digest(bytes))
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("draft");
    fs::write(&draft, bytes)
        .and_then(|()| fs::rename(&draft, path))
        .wrap_err_with(|| format!("cannot write {}; is the disk full?", path.display()))
}

fn print_table(manifest: &Manifest) {
    println!(
        "{:<24} {:>10} {:>12} {:>14}",
        "program", "wasm", "compressed", "of the limit"
    );
    for (name, program) in manifest {
        println!(
            "{name:<24} {:>10} {:>12} {:>12.1} %",
            program.wasm_bytes,
            program.code_bytes,
            program.code_bytes as f64 * 100.0 / CODE_LIMIT as f64
        );
    }
    println!("The limit is {CODE_LIMIT} bytes. Programs stand in target/programs.");
}
