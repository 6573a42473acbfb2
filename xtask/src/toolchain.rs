//! What the WASM build needs beyond the pinned compiler: the source of its standard library.
//!
//! Contracts are built with their own `std` (`-Zbuild-std`), so that panics abort at once and carry no messages: that halves
//! the size of a program. The source comes, in this order, from
//!
//! 1. the toolchain itself, where `rust-src` is installed;
//! 2. `rustup component add rust-src`, where rustup's servers answer;
//! 3. Debian's package `rust-src` of exactly the compiler's version, downloaded with an apt configuration of its own and
//!    unpacked under `target/`, where only the package mirror can be reached.
//!
//! Nothing outside `target/` changes but by rustup, and apt's own settings stay as they are.

use crate::run::{capture, run};
use eyre::{ContextCompat, Result, WrapErr, bail};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// Debian suites that may carry the compiler's version, the smallest index first.
const SUITES: [&str; 4] = ["trixie-backports", "trixie", "forky", "sid"];

/// A compiler whose sysroot holds the source of the standard library.
pub struct Toolchain {
    /// What to run as `rustc`.
    pub rustc: PathBuf,
    /// Its sysroot.
    pub sysroot: PathBuf,
}

/// Finds or fetches what the WASM build needs.
pub fn ready(target: &Path) -> Result<Toolchain> {
    let sysroot =
        PathBuf::from(capture(Command::new("rustc").args(["--print", "sysroot"]))?.trim());
    if has_source(&sysroot) {
        return Ok(Toolchain {
            rustc: "rustc".into(),
            sysroot,
        });
    }
    let ours = target.join("toolchain");
    let own = Toolchain {
        rustc: ours.join("rustc"),
        sysroot: ours.join("sysroot"),
    };
    let version = compiler_version()?;
    if has_source(&own.sysroot)
        && fs::read_to_string(ours.join("version")).is_ok_and(|made_for| made_for == version)
        && capture(Command::new(&own.rustc).arg("-V")).is_ok()
    {
        return Ok(own);
    }
    eprintln!(
        "The source of rustc {version}'s standard library is missing: asking rustup for it …"
    );
    match capture(Command::new("timeout").args(["120", "rustup", "component", "add", "rust-src"])) {
        Ok(_) if has_source(&sysroot) => {
            return Ok(Toolchain {
                rustc: "rustc".into(),
                sysroot,
            });
        }
        Ok(_) => eprintln!("  rustup has it, but not for this toolchain"),
        Err(error) => eprintln!("  not from there: {}", last_line(&error.to_string())),
    }
    eprintln!("  taking Debian's package rust-src instead …");
    let source = from_debian(&ours, &version).wrap_err_with(|| {
        format!(
            "the source of rustc {version}'s standard library is needed to build contracts; \
             install it with `rustup component add rust-src`"
        )
    })?;
    mirror_sysroot(&sysroot, &own, &source)?;
    fs::write(ours.join("version"), version)?;
    Ok(own)
}

fn has_source(sysroot: &Path) -> bool {
    sysroot
        .join("lib/rustlib/src/rust/library/std/Cargo.toml")
        .exists()
}

/// `1.95.0`
fn compiler_version() -> Result<String> {
    let text = capture(Command::new("rustc").arg("-V"))?;
    text.split_whitespace()
        .nth(1)
        .map(str::to_owned)
        .wrap_err("rustc -V names no version")
}

/// Downloads and unpacks Debian's `rust-src` of that version; returns the folder that holds `library/`.
fn from_debian(ours: &Path, version: &str) -> Result<PathBuf> {
    let apt = ours.join("apt");
    for folder in ["lists/partial", "cache/archives/partial", "download"] {
        fs::create_dir_all(apt.join(folder))?;
    }
    let mirror = debian_mirror()?;
    for suite in SUITES {
        fs::write(
            apt.join("sources.list"),
            format!(
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {suite} main\n"
            ),
        )?;
        let found = capture(apt_command("apt-get", &apt).args(["update", "-qq"]))
            .and_then(|_| capture(apt_command("apt-cache", &apt).args(["madison", "rust-src"])));
        let Ok(listing) = found else { continue };
        let exact = listing
            .lines()
            .filter_map(|line| line.split('|').nth(1).map(str::trim))
            .find(|candidate| candidate.starts_with(&format!("{version}+")));
        let Some(exact) = exact else { continue };
        eprintln!("  rust-src {exact} from {suite}");
        run(apt_command("apt-get", &apt)
            .args([
                "download",
                "-qq",
                "-o",
                "APT::Sandbox::User=root",
                &format!("rust-src={exact}"),
            ])
            .current_dir(apt.join("download")))?;
        let package = fs::read_dir(apt.join("download"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|end| end == "deb"))
            .wrap_err("apt-get download left no package")?;
        let unpacked = ours.join("rust-src");
        if unpacked.exists() {
            fs::remove_dir_all(&unpacked)?;
        }
        run(Command::new("dpkg").arg("-x").args([&package, &unpacked]))?;
        fs::remove_dir_all(&apt)?;
        return Ok(unpacked.join(format!("usr/src/rustc-{version}")));
    }
    bail!("no Debian suite of {SUITES:?} has rust-src {version}")
}

/// The mirror that apt itself uses.
fn debian_mirror() -> Result<String> {
    let targets = capture(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(ORIGIN) $(REPO_URI)",
        "Created-By: Packages",
    ]))?;
    let of_debian = targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian "));
    Ok(of_debian
        .wrap_err("apt knows no Debian mirror; run apt-get update")?
        .trim_end_matches('/')
        .to_owned())
}

/// An apt command that reads and writes nothing of the machine's apt but its keys.
fn apt_command(program: &str, apt: &Path) -> Command {
    let mut command = Command::new(program);
    for setting in [
        format!(
            "Dir::Etc::sourcelist={}",
            apt.join("sources.list").display()
        ),
        "Dir::Etc::sourceparts=-".to_owned(),
        format!("Dir::State::lists={}", apt.join("lists").display()),
        format!("Dir::Cache={}", apt.join("cache").display()),
        "APT::Get::List-Cleanup=0".to_owned(),
    ] {
        command.args(["-o", &setting]);
    }
    command
}

/// A sysroot of links to the toolchain's own, plus the source; and a `rustc` that uses it.
fn mirror_sysroot(toolchain: &Path, own: &Toolchain, source: &Path) -> Result<()> {
    if own.sysroot.exists() {
        fs::remove_dir_all(&own.sysroot)?;
    }
    let mut from = toolchain.to_path_buf();
    let mut to = own.sysroot.clone();
    for inner in ["lib", "rustlib", "src"] {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            if entry.file_name() != inner {
                symlink(entry.path(), to.join(entry.file_name()))?;
            }
        }
        from = from.join(inner);
        to = to.join(inner);
    }
    fs::create_dir_all(&to)?;
    symlink(source, to.join("rust"))?;
    let script = format!(
        "#!/bin/sh\nexec '{}' --sysroot '{}' \"$@\"\n",
        toolchain.join("bin/rustc").display(),
        own.sysroot.display()
    );
    fs::write(&own.rustc, script)?;
    fs::set_permissions(&own.rustc, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn last_line(text: &str) -> &str {
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or(text)
        .trim()
}
