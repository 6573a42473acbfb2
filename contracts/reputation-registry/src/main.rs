//! Prints the registry's interface.

#[cfg(feature = "export-abi")]
fn main() {
    reputation_registry::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
