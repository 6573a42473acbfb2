//! Nodes of the verification committee, by commands: one by hand, and three that work by themselves.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use eyre::{Result, eyre};
use ogpu_client::{
    Account,
    alloy::primitives::{Address, B256, U256, keccak256},
    amount,
    committee::CommitteeParameters,
    signer,
};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout},
    time::timeout,
};

use super::{User, ether};

/// A market with short windows, and a task of it that was delivered for the committee.
struct Scene {
    stage: Stage,
    folder: PathBuf,
    file: PathBuf,
    keys: Vec<(String, Address)>,
    result: B256,
}

impl Scene {
    /// With three nodes, in the accounts 0 to 2; 3 is the client, 4 the provider.
    async fn new(beacon_window: u32, commit_window: u32) -> Result<Self> {
        let stage = Stage::embedded().await?;
        let folder = temporary("node");
        fs::create_dir_all(&folder)?;
        let key = |_| {
            let key = stage.key();
            (key.to_bytes().to_string(), key.address())
        };
        let scene = Self {
            file: folder.join("deployment.json"),
            folder,
            keys: (0..5).map(key).collect(),
            result: keccak256("the result"),
            stage,
        };
        let parameters = CommitteeParameters {
            beacon_window,
            commit_window,
            reveal_window: commit_window,
            ..CommitteeParameters::default()
        };
        let committee = scene.folder.join("committee.json");
        fs::write(&committee, serde_json::to_vec(&parameters)?)?;
        let owner = scene.user(DEVELOPMENT_KEY);
        let line = format!("deploy --committee {}", committee.display());
        owner.run(&line).await?;
        let key = signer::parse(DEVELOPMENT_KEY)?;
        let bank = Account::new(scene.stage.chain().clone(), key);
        for (_, address) in &scene.keys {
            bank.send_ether(*address, ether()).await?;
            owner.run(&format!("token transfer {address} 1000")).await?;
        }
        for node in 0..3 {
            let registered = scene.account(node).run("node register 1000").await?;
            assert_eq!(registered["bond"], amount::parse("1000")?.to_string());
        }
        // Nodes are drawn for beacons that open later than they joined, which the next commands may be too quick for.
        scene.stage.chain().jump(1).await?;
        Ok(scene)
    }

    fn user<'a>(&'a self, key: &'a str) -> User<'a> {
        User {
            url: self.stage.chain().url(),
            file: &self.file,
            key,
        }
    }

    fn account(&self, index: usize) -> User<'_> {
        self.user(&self.keys[index].0)
    }

    /// Task 1, delivered.
    async fn deliver(&self) -> Result<()> {
        let (client, provider) = (self.account(3), self.account(4));
        client.run("client deposit 100").await?;
        let line = "provider register --gpu H100 --count 8 --region eu-west --endpoint https://gpu.example";
        provider.run(line).await?;
        provider.run("provider stake 500").await?;
        provider.run("provider collateral deposit 200").await?;
        let line = "client submit ipfs://job 30 --duration 3600 --verifier 3 --verifier-fee 3";
        client.run(line).await?;
        provider.run("provider bid 1 20").await?;
        client.run("client assign 1 1").await?;
        let line = format!("provider submit-result 1 --hash {}", self.result);
        provider.run(&line).await?;
        Ok(())
    }

    async fn status(&self) -> Result<Value> {
        Ok(self.account(3).run("task show 1").await?["status"].clone())
    }

    /// A node that works by itself.
    fn start(&self, index: usize) -> Result<Agent> {
        // It finds the result where it is told of the right task, and not of the key.
        let check = self.folder.join("check.sh");
        let script = format!(
            "test \"$OGPU_TASK $OGPU_METADATA\" = '1 ipfs://job' || exit 1\ntest -z \"$OGPU_PRIVATE_KEY\" || exit 2\necho checking\necho {}\n",
            self.result
        );
        fs::write(&check, script)?;
        let mut command = self
            .account(index)
            .command("node run --json --every 1 --collect 0.5");
        command
            .arg("--check")
            .arg(format!("sh {}", check.display()))
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or_else(|| eyre!("no output"))?;
        Ok(Agent {
            child,
            lines: BufReader::new(output).lines(),
            told: Vec::new(),
        })
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // What is left in the system's folder for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A running `ogpu node run`.
struct Agent {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// What it has told so far.
    told: Vec<Value>,
}

impl Agent {
    /// The first such event; waits for it where it has not been told yet.
    async fn until(&mut self, event: &str) -> Result<Value> {
        let found = timeout(Duration::from_secs(120), async {
            loop {
                if let Some(value) = self.told.iter().find(|value| value["event"] == event) {
                    return Ok::<_, eyre::Report>(value.clone());
                }
                let line = self.lines.next_line().await?;
                let line = line.ok_or_else(|| eyre!("it has ended"))?;
                self.told.push(serde_json::from_str(&line)?);
            }
        });
        match found.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(eyre!("no '{event}': {error}; it told {:#?}", self.told)),
            Err(_) => Err(eyre!("no '{event}' yet; it told {:#?}", self.told)),
        }
    }
}

#[tokio::test]
async fn three_nodes_verify_a_task_by_themselves_though_one_is_killed() -> Result<()> {
    let scene = Scene::new(10, 60).await?;
    let mut nodes = Vec::new();
    for index in 0..3 {
        nodes.push(scene.start(index)?);
    }
    for node in &mut nodes {
        node.until("started").await?;
    }
    let text = scene.account(0).refused("node beacon").await?;
    assert!(text.contains("another process uses"), "{text}");
    scene.deliver().await?;

    // One is killed as it commits; the next process has its vote.
    nodes[0].until("vote-committed").await?;
    nodes[0].child.kill().await?;
    nodes[0] = scene.start(0)?;
    for node in &mut nodes {
        let closed = node.until("closed").await?;
        assert_eq!(closed["task"], "1");
        assert_eq!(closed["result"], scene.result.to_string());
        assert_eq!(closed["votes"], 3);
        assert_eq!(
            (&closed["agreed"], &closed["latencyOk"]),
            (&true.into(), &true.into())
        );
    }
    assert_eq!(scene.status().await?, "Verified");
    for (node, (_, address)) in nodes.iter_mut().zip(&scene.keys) {
        let collected = node.until("collected").await?;
        assert_eq!(
            collected["amount"],
            ether().to_string(),
            "a third of the fee"
        );
        let held = scene
            .account(3)
            .run(&format!("token balance {address}"))
            .await?;
        assert_eq!(held["balance"], ether().to_string());
        node.child.kill().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_committee_votes_by_hand() -> Result<()> {
    let scene = Scene::new(300, 600).await?;
    let text = scene.account(0).refused("node beacon").await?;
    assert!(text.contains("there is no beacon yet"), "{text}");
    let text = scene.account(3).refused("node register 999").await?;
    assert!(
        text.contains("999 oGPU is out of range: choose 1000 oGPU"),
        "{text}"
    );
    let text = scene.account(3).refused("node run --check true").await?;
    assert!(text.contains("ogpu node register"), "{text}");
    scene.deliver().await?;
    let anyone = scene.account(4);
    assert_eq!(anyone.run("node push 1").await?["step"], "request");
    let text = anyone.refused("node push 1").await?;
    assert!(text.contains("too early"), "{text}");
    for node in 0..3 {
        let done = scene.account(node).run("node beacon").await?;
        assert_eq!(done["step"], "commit");
    }
    scene.stage.chain().jump(300).await?;
    for node in 0..3 {
        let done = scene.account(node).run("node beacon").await?;
        assert_eq!(done["step"], "reveal");
    }
    assert_eq!(anyone.run("node push 1").await?["step"], "draw");
    let file = scene.folder.join("result.bin");
    fs::write(&file, "the result")?;
    let vote = format!("node vote 1 --file {}", file.display());
    for node in 0..2 {
        scene.account(node).run(&vote).await?;
    }
    scene.account(2).run("node vote 1 --none --slow").await?;
    let text = scene.account(2).refused(&vote).await?;
    assert!(text.contains("has a vote on task 1 already"), "{text}");
    let text = scene.account(0).refused("node reveal 2").await?;
    assert!(text.contains("has no vote on task 2"), "{text}");
    for node in 0..3 {
        scene.account(node).run("node reveal 1").await?;
    }
    assert_eq!(anyone.run("node push 1").await?["step"], "tally");
    assert_eq!(scene.status().await?, "Verified");
    let round = anyone.run("node round 1").await?;
    assert_eq!(round["phase"], "closed");
    let results = round["members"].as_array().ok_or_else(|| eyre!("nobody"))?;
    let right = scene.result.to_string();
    let agreed = results.iter().filter(|member| member["result"] == right);
    assert_eq!((agreed.count(), results.len()), (2, 3));

    let loser = scene.account(2).run("node status").await?;
    assert_eq!(loser["bond"], amount::parse("950")?.to_string());
    assert_eq!(
        (&loser["canBeDrawn"], &loser["owed"]),
        (&false.into(), &"0".into())
    );
    let winner = scene.account(0);
    let owed = (amount::parse("53")?) / U256::from(2);
    assert_eq!(winner.run("node status").await?["owed"], owed.to_string());
    winner.run("node withdraw").await?;
    winner.run("node exit").await?;
    let text = winner.refused("node withdraw").await?;
    assert!(text.contains("its bond is unbonding until"), "{text}");
    scene.stage.chain().jump(14 * 86_400).await?;
    winner.run("node withdraw").await?;
    let held = winner.run("token balance").await?;
    let all = amount::parse("1000")? + owed;
    assert_eq!(held["balance"], all.to_string());
    Ok(())
}
