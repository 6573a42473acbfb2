//! Prints the interface of the market's bids.

#[cfg(feature = "export-abi")]
fn main() {
    market_bids::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
