//! The command line as its users meet it: the built binary, its output, its exit code.

mod dao;
mod node;
mod offers;
mod verify;
mod watchdog;

use std::{path::Path, process::Stdio};

use eyre::{Result, ensure, eyre};
use ogpu_client::{Account, alloy::signers::local::LocalSigner, signer};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

/// The binary, away from the variables and files of whoever runs the tests.
fn ogpu() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ogpu"));
    for variable in ["OGPU_RPC_URL", "OGPU_PRIVATE_KEY", "OGPU_KEYSTORE_PASSWORD"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command that should fail, and gives what it says.
async fn failure(command: &mut Command) -> Result<String> {
    let output = command.output().await?;
    let text = String::from_utf8(output.stderr)?;
    ensure!(!output.status.success(), "it succeeded: {text}");
    Ok(text)
}

/// Somebody with a key, at a market.
struct User<'a> {
    url: &'a str,
    file: &'a Path,
    key: &'a str,
}

impl User<'_> {
    fn command(&self, line: &str) -> Command {
        let mut command = ogpu();
        command
            .env("OGPU_PRIVATE_KEY", self.key)
            .args(["--rpc", self.url, "--deployment"])
            .arg(self.file);
        command.args(line.split_whitespace());
        command
    }

    /// Runs a command and gives its JSON.
    async fn run(&self, line: &str) -> Result<Value> {
        let output = self.command(line).arg("--json").output().await?;
        ensure!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Runs a command and gives what people read.
    async fn read(&self, line: &str) -> Result<String> {
        let output = self.command(line).output().await?;
        ensure!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    async fn refused(&self, line: &str) -> Result<String> {
        failure(&mut self.command(line)).await
    }
}

#[tokio::test]
async fn help_teaches_with_examples() -> Result<()> {
    for (arguments, example) in [
        (
            vec!["--help"],
            "ogpu client submit ipfs://job 25 --duration 3600",
        ),
        (vec!["provider", "--help"], "ogpu provider bid 1 20"),
        (
            vec!["client", "--help"],
            "ogpu client accept 1 --file result.bin",
        ),
        (
            vec!["client", "submit", "--help"],
            "ogpu client submit ipfs://job 25 --duration 3600 --sealed 10",
        ),
        (
            vec!["provider", "sign-bid", "--help"],
            "ogpu client assign --signed-bid bid.json",
        ),
        (vec!["node", "--help"], "ogpu node register 1000"),
        (
            vec!["node", "run", "--help"],
            "ogpu node run --check ./check.sh",
        ),
        (vec!["verifier", "--help"], "ogpu verifier list"),
        (
            vec!["verifier", "replica", "--help"],
            "ogpu verifier replica draw 1",
        ),
        (
            vec!["reputation", "--help"],
            "ogpu reputation feedback 1 87.5 --tag fast",
        ),
        (
            vec!["watchdog", "--help"],
            "ogpu watchdog keep-alive --below 180",
        ),
        (vec!["devnode", "--help"], "ogpu devnode run < request.json"),
        (vec!["deploy", "--help"], "--owner"),
        (vec!["demo", "--help"], "ogpu demo --json"),
    ] {
        let output = ogpu().args(&arguments).output().await?;
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout)?;
        assert!(
            text.contains(example),
            "{arguments:?} does not show '{example}':\n{text}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn failures_say_what_to_do() -> Result<()> {
    let text = failure(ogpu().args(["--rpc", "http://127.0.0.1:1", "task", "list"])).await?;
    assert!(
        text.contains("cannot reach http://127.0.0.1:1") && text.contains("cargo ogpu devnode"),
        "{text}"
    );

    let stage = Stage::new().await?;
    let url = stage.chain().url();
    let text = failure(ogpu().args([
        "--rpc",
        url,
        "--deployment",
        "/nonexistent/file.json",
        "task",
        "list",
    ]))
    .await?;
    assert!(
        text.contains("/nonexistent/file.json is missing") && text.contains("cargo ogpu deploy"),
        "{text}"
    );
    let text = failure(ogpu().args(["--rpc", url, "deploy", "--programs", "/nonexistent"])).await?;
    assert!(
        text.contains("/nonexistent/proxy-uups.code is missing")
            && text.contains("cargo xtask build"),
        "{text}"
    );
    let text = failure(ogpu().args(["--rpc", url, "deploy"])).await?;
    assert!(
        text.contains("no key to sign with") && text.contains("OGPU_PRIVATE_KEY"),
        "{text}"
    );
    let text = failure(
        ogpu()
            .env("OGPU_PRIVATE_KEY", "0x12secret")
            .args(["--rpc", url, "deploy"]),
    )
    .await?;
    assert!(
        text.contains("is not a private key") && !text.contains("secret"),
        "{text}"
    );
    let poor = "0x4242424242424242424242424242424242424242424242424242424242424242";
    let file = temporary("poor.json");
    let mut deploy = ogpu();
    deploy
        .env("OGPU_PRIVATE_KEY", poor)
        .args(["--rpc", url, "deploy", "--deployment"])
        .arg(&file);
    let text = failure(&mut deploy).await?;
    assert!(text.contains("too little for gas"), "{text}");
    let text = failure(ogpu().args(["client", "deposit", "-1"])).await?;
    assert!(text.contains("-1"), "{text}");
    let text = failure(ogpu().args(["client", "deposit", "1.0000000000000000001"])).await?;
    assert!(text.contains("oGPU has 18 decimals"), "{text}");
    Ok(())
}

#[tokio::test]
async fn keys_come_from_keystores_too() -> Result<()> {
    let folder = temporary("keystore");
    std::fs::create_dir_all(&folder)?;
    let key = signer::parse(DEVELOPMENT_KEY)?;
    let (_, name) = LocalSigner::encrypt_keystore(
        &folder,
        &mut rand::thread_rng(),
        key.to_bytes(),
        "correct",
        None,
    )?;
    let path = folder.join(name);
    assert_eq!(
        signer::from_keystore(&path, "correct")?.address(),
        key.address()
    );

    let stage = Stage::new().await?;
    let file = temporary("keystore-deployment.json");
    let mut wrong = ogpu();
    wrong
        .env("OGPU_KEYSTORE_PASSWORD", "wrong")
        .args(["--rpc", stage.chain().url(), "deploy", "--deployment"])
        .arg(&file);
    let text = failure(wrong.arg("--keystore").arg(&path)).await?;
    assert!(
        text.contains("cannot open the keystore") && !text.contains("wrong"),
        "{text}"
    );
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

#[tokio::test]
async fn a_job_is_ordered_done_and_paid_by_commands() -> Result<()> {
    let stage = Stage::new().await?;
    // The time to dispute, by default.
    let window = 86_400;
    if !stage.may_wait(window, "a payment after the default window") {
        return Ok(());
    }
    let url = stage.chain().url();
    let file = temporary("commands.json");
    let owner = User {
        url,
        file: &file,
        key: DEVELOPMENT_KEY,
    };
    let deployed = owner.run("deploy").await?;
    assert_eq!(deployed["chainId"], stage.chain().id());
    assert!(file.exists());

    let (client_key, provider_key) = (stage.key(), stage.key());
    let (client_hex, provider_hex) = (
        client_key.to_bytes().to_string(),
        provider_key.to_bytes().to_string(),
    );
    let client = User {
        url,
        file: &file,
        key: &client_hex,
    };
    let provider = User {
        url,
        file: &file,
        key: &provider_hex,
    };
    let bank = Account::new(stage.chain().clone(), signer::parse(DEVELOPMENT_KEY)?);
    for address in [client_key.address(), provider_key.address()] {
        bank.send_ether(address, ether()).await?;
        owner.run(&format!("token transfer {address} 1000")).await?;
    }
    let balance = client.run("token balance").await?;
    assert_eq!(balance["balance"], "1000000000000000000000");

    let text = provider.refused("provider bid 1 20").await?;
    assert!(text.contains("is no registered provider"), "{text}");
    let line =
        "provider register --gpu H100 --count 8 --region eu-west --endpoint https://gpu.example";
    assert_eq!(provider.run(line).await?["providerId"], "1");
    provider.run("provider stake 500").await?;
    provider.run("provider collateral deposit 200").await?;
    let text = client
        .refused("client submit ipfs://job 25 --duration 3600")
        .await?;
    assert!(text.contains("approve it first"), "{text}");
    client.run("client deposit 100").await?;
    assert_eq!(
        client
            .run("client submit ipfs://job 25 --duration 3600")
            .await?["taskId"],
        "1"
    );
    let text = provider.refused("provider bid 1 26").await?;
    assert!(
        text.contains("26 oGPU is above the task's budget; bid at most 25 oGPU"),
        "{text}"
    );
    provider.run("provider bid 1 20").await?;
    let bids = client.run("client bids 1").await?;
    assert_eq!(bids["bids"][0]["price"], "20000000000000000000");
    assert_eq!(bids["bids"][0]["collateral"], "199000000000000000000");
    client.run("client assign 1 1").await?;

    let result = temporary("result.bin");
    std::fs::write(&result, "done")?;
    let hash = provider
        .run(&format!(
            "provider submit-result 1 --file {}",
            result.display()
        ))
        .await?["resultHash"]
        .clone();
    let wrong = format!("client accept 1 --hash 0x{}", "11".repeat(32));
    let text = client.refused(&wrong).await?;
    assert!(
        text.contains("is not the result delivered") && text.contains("ogpu client reject 1"),
        "{text}"
    );
    let hash = hash.as_str().ok_or_else(|| eyre!("no hash"))?;
    client
        .run(&format!("client accept 1 --hash {hash}"))
        .await?;
    let text = client.refused("task finalize 1").await?;
    assert!(text.contains("too early for task 1"), "{text}");
    let accepted = stage.chain().now().await?;
    stage.reach(&bank, accepted + window).await?;
    assert_eq!(owner.run("task finalize 1").await?["status"], "Finalized");

    let shown = client.run("task show 1").await?;
    assert_eq!(
        (&shown["status"], &shown["providerId"]),
        (&"Finalized".into(), &"1".into())
    );
    assert!(client.read("task list").await?.contains("Finalized"));
    assert!(
        client
            .read("provider show 1")
            .await?
            .contains("tasks completed")
    );
    let recorded = provider.run("reputation record 1").await?;
    assert_eq!(recorded["recorded"][0]["taskId"], "1");
    let text = owner.refused("reputation record 1").await?;
    assert!(text.contains("already"), "{text}");
    client.run("reputation feedback 1 87.5 --tag fast").await?;
    let shown = client.run("reputation show 1").await?;
    assert_eq!(
        (&shown["score"], &shown["feedbackAverage"]),
        (&recorded["recorded"][0]["score"], &"87.50".into())
    );
    assert_eq!(
        provider.run("provider earnings show").await?["balance"],
        "19500000000000000000"
    );
    provider.run("provider earnings withdraw").await?;
    provider.run("provider collateral withdraw 200").await?;
    provider.run("provider unbond request 500").await?;
    let text = provider.refused("provider unbond withdraw").await?;
    assert!(text.contains("unbonding until"), "{text}");
    let text = client.refused("client show 2").await?;
    assert!(text.contains("there is no task 2"), "{text}");

    // The same file at another chain of the same id.
    let restarted = Stage::embedded().await?;
    let elsewhere = User {
        url: restarted.chain().url(),
        ..client
    };
    let text = elsewhere.refused("task list").await?;
    assert!(text.contains("was written for another chain"), "{text}");
    std::fs::remove_file(&file)?;
    std::fs::remove_file(&result)?;
    Ok(())
}

#[tokio::test]
async fn the_demo_adds_up_and_stays_below_its_gas() -> Result<()> {
    let output = ogpu().args(["demo", "--json"]).output().await?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let demo: Value = serde_json::from_slice(&output.stdout)?;
    let tasks = demo["tasks"].as_array().ok_or_else(|| eyre!("no tasks"))?;
    let statuses: Vec<_> = tasks
        .iter()
        .map(|task| task["status"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(statuses, ["Finalized", "Failed", "Cancelled"]);
    for task in tasks {
        let gas = task["gas"].as_object().ok_or_else(|| eyre!("no gas"))?;
        let sum: u64 = gas.values().filter_map(Value::as_u64).sum();
        assert_eq!(task["total_gas"].as_u64(), Some(sum));
    }
    let paid: Vec<_> = tasks[0]["gas"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(operation, _)| operation.as_str())
        .collect();
    for operation in ["submit", "bid", "assign", "deliver", "accept", "pay"] {
        assert!(
            paid.contains(&operation),
            "the paid task's gas has no {operation}"
        );
    }
    let total = tasks[0]["total_gas"].as_u64().unwrap_or(u64::MAX);
    assert!(
        total <= 420_000,
        "the paid task costs {total} gas, more than 420000"
    );
    assert_eq!(demo["books"]["adds_up"], true);
    Ok(())
}

#[tokio::test]
async fn the_development_chain_starts_and_stops() -> Result<()> {
    let mut node = ogpu()
        .args([
            "devnode",
            "--port",
            "0",
            "--chain-id",
            "4711",
            "--arbos",
            "60",
            "--json",
        ])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = node.stdout.take().ok_or_else(|| eyre!("no output"))?;
    let line = BufReader::new(output)
        .lines()
        .next_line()
        .await?
        .ok_or_else(|| eyre!("it printed nothing"))?;
    let started: Value = serde_json::from_str(&line)?;
    let url = started["http"]
        .as_str()
        .ok_or_else(|| eyre!("no address"))?;
    let chain = ogpu_client::Chain::connect(url).await?;
    assert_eq!(chain.id(), 4711);
    assert_eq!(started["accounts"].as_array().map(Vec::len), Some(11));
    let port = url.rsplit(':').next().unwrap_or_default();
    let text = failure(ogpu().args(["devnode", "--port", port])).await?;
    assert!(
        text.contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{text}"
    );
    node.kill().await?;
    assert!(
        ogpu_client::Chain::connect(url).await.is_err(),
        "it still answers"
    );
    Ok(())
}

#[tokio::test]
async fn a_module_runs_by_itself() -> Result<()> {
    let mut run = ogpu();
    run.args(["devnode", "run"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../devnode/evm/golden");
    let entries: Vec<Value> = serde_json::from_slice(&std::fs::read(golden.join("golden.json"))?)?;
    let entry = entries
        .iter()
        .find(|entry| {
            entry["calls"]
                .as_array()
                .is_some_and(|calls| !calls.is_empty())
                && entry["programs"].is_null()
        })
        .ok_or_else(|| eyre!("no golden call"))?;
    let name = entry["module"].as_str().unwrap_or_default();
    let module = golden.join("modules").join(name.replace(".wat", ".wasm"));
    let request = serde_json::json!({
        "module": module,
        "arbos": entry["arbos"],
        "stylus_version": entry["stylus_version"],
        "max_depth": entry["max_depth"],
        "context": entry.get("context").cloned().unwrap_or_else(|| serde_json::json!({})),
        "programs": {},
        "calls": entry["calls"],
    });
    let mut child = run.spawn()?;
    let mut input = child.stdin.take().ok_or_else(|| eyre!("no input"))?;
    input.write_all(request.to_string().as_bytes()).await?;
    drop(input);
    let output = child.wait_with_output().await?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(
        answer["calls"][0]["gas_used"], entry["calls"][0]["gas_used"],
        "{name}"
    );
    assert_eq!(
        answer["calls"][0]["ink_used"], entry["calls"][0]["ink_used"],
        "{name}"
    );
    Ok(())
}

fn ether() -> ogpu_client::alloy::primitives::U256 {
    ogpu_client::alloy::primitives::U256::from(1_000_000_000_000_000_000_u64)
}
