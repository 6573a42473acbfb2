//! Prints the interface of the market's disputes.

#[cfg(feature = "export-abi")]
fn main() {
    market_disputes::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
