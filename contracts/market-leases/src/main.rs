//! Prints the interface of the market's leases.

#[cfg(feature = "export-abi")]
fn main() {
    market_leases::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
