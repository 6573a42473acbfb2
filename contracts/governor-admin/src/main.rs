//! Prints the contract's interface.

#[cfg(feature = "export-abi")]
fn main() {
    governor_admin::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
