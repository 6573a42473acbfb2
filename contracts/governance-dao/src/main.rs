//! Prints the contract's interface.

#[cfg(feature = "export-abi")]
fn main() {
    governance_dao::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
