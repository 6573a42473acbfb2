//! The node driven by the libraries that applications use, ethers and viem, where they are installed.

mod common;

use std::{path::Path, process::Stdio, time::Duration};

use alloy_primitives::hex;
use common::{Chain, box_init};
use tokio::{process::Command, time::timeout};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ethers_and_viem_work() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ethers"));
    if !folder.join("node_modules/ethers").exists() || !folder.join("node_modules/viem").exists() {
        eprintln!(
            "skipped: ethers and viem are not installed; run `npm install` in {}",
            folder.display()
        );
        return;
    }
    let chain = Chain::start().await;
    let run = Command::new("node")
        .current_dir(folder)
        .arg("smoke.mjs")
        .args([chain.node.url(), chain.node.ws_url()])
        .arg(hex::encode_prefixed(chain.signer(1).to_bytes()))
        .arg(hex::encode_prefixed(box_init()))
        .stdin(Stdio::null())
        .output();
    let output = timeout(Duration::from_secs(120), run)
        .await
        .expect("it hangs")
        .expect("node cannot be run");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("ethers: ok") && said.contains("viem: ok"),
        "{said}"
    );
}
