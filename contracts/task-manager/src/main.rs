//! Prints the task manager's interface.

#[cfg(feature = "export-abi")]
fn main() {
    task_manager::print_from_args();
}

#[cfg(not(feature = "export-abi"))]
fn main() {
    eprintln!("build with `--features export-abi` to print the interface");
}
