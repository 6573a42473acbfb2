//! Every way to trade beyond the plain order and the plain bid, by commands.

use std::{
    fs,
    path::{Path, PathBuf},
};

use eyre::{Result, eyre};
use ogpu_client::{
    Account, Chain, Deployment, Market,
    alloy::primitives::{Address, U256},
    signer,
};
use ogpu_tests::{DEVELOPMENT_KEY, Stage, temporary};
use serde_json::Value;

use super::{User, ether};

/// A market with a client and a provider, in a folder of its own.
struct Scene {
    stage: Stage,
    folder: PathBuf,
    file: PathBuf,
    client_key: String,
    client_address: Address,
    provider_key: String,
}

impl Scene {
    async fn new() -> Result<Self> {
        let stage = Stage::embedded().await?;
        let folder = temporary("offers");
        fs::create_dir_all(&folder)?;
        let file = folder.join("deployment.json");
        let (client, provider) = (stage.key(), stage.key());
        let scene = Self {
            file,
            folder,
            client_key: client.to_bytes().to_string(),
            client_address: client.address(),
            provider_key: provider.to_bytes().to_string(),
            stage,
        };
        let owner = scene.user(DEVELOPMENT_KEY);
        owner.run("deploy").await?;
        for address in [client.address(), provider.address()] {
            scene.bank()?.send_ether(address, ether()).await?;
            owner.run(&format!("token transfer {address} 1000")).await?;
        }
        let line = "provider register --gpu H100 --count 8 --region eu-west --endpoint https://gpu.example";
        scene.provider().run(line).await?;
        scene.provider().run("provider stake 500").await?;
        scene
            .provider()
            .run("provider collateral deposit 200")
            .await?;
        scene.client().run("client deposit 500").await?;
        Ok(scene)
    }

    fn user<'a>(&'a self, key: &'a str) -> User<'a> {
        User {
            url: self.chain().url(),
            file: &self.file,
            key,
        }
    }

    fn client(&self) -> User<'_> {
        self.user(&self.client_key)
    }

    fn provider(&self) -> User<'_> {
        self.user(&self.provider_key)
    }

    fn chain(&self) -> &Chain {
        self.stage.chain()
    }

    fn bank(&self) -> Result<Account> {
        let key = signer::parse(DEVELOPMENT_KEY)?;
        Ok(Account::new(self.chain().clone(), key))
    }

    async fn task(&self, task: u64) -> Result<Value> {
        self.client().run(&format!("task show {task}")).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Changes a field of a JSON file, into another file.
fn forge(from: &Path, to: &Path, field: &str, value: Value) -> Result<()> {
    let mut offer: Value = serde_json::from_slice(&fs::read(from)?)?;
    offer[field] = value;
    Ok(fs::write(to, offer.to_string())?)
}

#[tokio::test]
async fn signed_bids_are_handed_in_and_providers_hired() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, provider) = (scene.client(), scene.provider());
    client
        .run("client submit ipfs://job 25 --duration 3600")
        .await?;
    let (bid, forged) = (scene.path("bid.json"), scene.path("forged.json"));
    let sign = format!("provider sign-bid 1 20 --out {}", bid.display());
    let signed = provider.run(&sign).await?;
    assert_eq!(signed["price"], "20000000000000000000");
    let printed = provider.read("provider sign-bid 1 20").await?;
    let printed: Value = serde_json::from_str(&printed)?;
    assert_eq!(printed["providerId"], "1");

    let hand_in = |file: &Path| format!("client assign --signed-bid {}", file.display());
    for (field, value, words) in [
        ("price", "1".into(), "has not signed this bid"),
        ("chainId", 1.into(), "is signed for the market"),
        ("signature", "none".into(), "is no signed bid"),
    ] {
        forge(&bid, &forged, field, value)?;
        let text = client.refused(&hand_in(&forged)).await?;
        assert!(text.contains(words), "{field}: {text}");
    }
    provider.run("provider revoke-signed-bids").await?;
    let text = client.refused(&hand_in(&bid)).await?;
    assert!(text.contains("has taken its signed bids back"), "{text}");
    provider.run(&sign).await?;
    client.run(&hand_in(&bid)).await?;
    let task = scene.task(1).await?;
    assert_eq!(
        (&task["status"], &task["providerId"], &task["price"]),
        (
            &"Assigned".into(),
            &"1".into(),
            &"20000000000000000000".into()
        )
    );

    let hire = "client hire 1 ipfs://job --duration 1800 --max-price";
    let text = client.refused(&format!("{hire} 2")).await?;
    assert!(text.contains("cannot be hired"), "{text}");
    provider
        .run("provider publish-price 3.6 --max-duration 3600")
        .await?;
    let shown = client.run("provider show 1").await?;
    assert_eq!(shown["hire"]["pricePerSecond"], "1000000000000000");
    let text = client.read("provider show 1").await?;
    assert!(text.contains("for hire, an hour"), "{text}");
    let text = client.refused(&format!("{hire} 1.7")).await?;
    assert!(text.contains("1.8 oGPU"), "{text}");
    let hired = client.run(&format!("{hire} 2")).await?;
    assert_eq!(
        (&hired["taskId"], &hired["price"]),
        (&"2".into(), &"1800000000000000000".into())
    );
    assert_eq!(scene.task(2).await?["status"], "Assigned");
    fs::remove_dir_all(&scene.folder)?;
    Ok(())
}

#[tokio::test]
async fn sealed_bids_are_opened_from_their_file() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, provider) = (scene.client(), scene.provider());
    let list = scene.path("providers.txt");
    fs::write(&list, "# ours\n7\n1\n\n9\n")?;
    let list = list.display();
    let submit = "client submit ipfs://job 25 --duration 3600 --bidding-window 120";
    let text = client.refused(&format!("{submit} --sealed 2")).await?;
    assert!(text.contains("does not fit bidding of 120 s"), "{text}");
    let line = format!("{submit} --sealed 1 --allow-list {list}");
    assert_eq!(client.run(&line).await?["taskId"], "1");

    let text = provider.refused("provider seal-bid 1 20").await?;
    assert!(text.contains("has not listed provider 1"), "{text}");
    let line = format!("provider seal-bid 1 20 --allow-list {list}");
    let sealed = provider.run(&line).await?;
    let file = sealed["file"].as_str().ok_or_else(|| eyre!("no file"))?;
    assert!(file.starts_with(&scene.folder.display().to_string()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(file)?.permissions().mode() & 0o777, 0o600);
    }
    let text = provider.refused("provider reveal-bid 1").await?;
    assert!(text.contains("too early for task 1"), "{text}");
    let end = scene.task(1).await?["deadline"].as_u64();
    let end = end.ok_or_else(|| eyre!("no deadline"))?;
    scene.stage.reach(&scene.bank()?, end - 60).await?;
    // A bid that never reached the chain does not stand in the way of the one that did.
    let line = format!("provider seal-bid 1 19 --allow-list {list}");
    let text = provider.refused(&line).await?;
    assert!(text.contains("too late for task 1"), "{text}");
    let opened = provider.run("provider reveal-bid 1").await?;
    assert_eq!(opened["price"], "20000000000000000000");
    let bids = client.run("client bids 1").await?;
    assert_eq!(bids["bids"][0]["price"], "20000000000000000000");
    let text = provider.refused("provider reveal-bid 1").await?;
    assert!(text.contains("ogpu provider seal-bid"), "{text}");
    fs::remove_dir_all(&scene.folder)?;
    Ok(())
}

#[tokio::test]
async fn orders_have_lists_sponsors_rising_prices_and_verifiers() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, provider) = (scene.client(), scene.provider());
    let (list, other) = (scene.path("providers.txt"), scene.path("other.txt"));
    fs::write(&list, "1\n2\n3\n")?;
    fs::write(&other, "2\n3\n")?;
    let submit = "client submit ipfs://job 25 --duration 3600";

    let line = format!("{submit} --allow-list {}", list.display());
    client.run(&line).await?;
    let bid = |list: &Path| format!("provider bid 1 20 --allow-list {}", list.display());
    let text = provider.refused(&bid(&other)).await?;
    assert!(text.contains("provider 1 is not on this list"), "{text}");
    provider.run(&bid(&list)).await?;

    let line = "client reopen 1 ipfs://job --duration 3600 --rising 10";
    assert_eq!(client.run(line).await?["taskId"], "2");
    assert_eq!(scene.task(1).await?["status"], "Cancelled");
    let taken = provider.run("provider take 2").await?;
    let price: U256 = serde_json::from_value(taken["price"].clone())?;
    let ogpu = |whole: u64| U256::from(whole) * ether();
    assert!((ogpu(10)..ogpu(11)).contains(&price), "{price}");

    // The provider pays, and the client decides.
    provider.run("client deposit 25").await?;
    let line = format!("{submit} --for {}", scene.client_address);
    assert_eq!(provider.run(&line).await?["taskId"], "3");
    let text = provider.refused("client cancel 3").await?;
    assert!(text.contains("only the client may do this"), "{text}");
    client.run("client cancel 3").await?;
    let balance = provider.run("provider earnings show").await?;
    assert_eq!(balance["balance"], ogpu(25).to_string());

    let listed = client.run("verifier list").await?;
    let deployed = listed["verifiers"].as_array().map_or(0, Vec::len);
    assert!(deployed >= 2, "the deployment approves its own: {listed}");
    let next = deployed + 1;
    let judged = format!("{submit} --verifier {next} --verifier-fee 2");
    let text = client.refused(&judged).await?;
    assert!(
        text.contains(&format!("there is no verifier number {next}")),
        "{text}"
    );
    let deployment = Deployment::load(&scene.file, scene.chain()).await?;
    let market = Market::new(scene.chain().clone(), deployment.addresses()?);
    let verifier = Address::repeat_byte(0x77);
    let tasks = market.tasks();
    let approve = tasks.addVerifier(verifier);
    scene.bank()?.send("approving", approve).await?;
    let listed = client.run("verifier list").await?;
    assert_eq!(listed["verifiers"][deployed]["number"], next);
    assert_eq!(listed["verifiers"][deployed]["approved"], true);
    assert_eq!(client.run(&judged).await?["taskId"], "4");
    let seen = tasks.verificationOf(U256::from(4));
    let seen = scene.chain().read("reading", seen).await?;
    assert_eq!((seen.verifier, seen.fee), (verifier, ogpu(2)));
    fs::remove_dir_all(&scene.folder)?;
    Ok(())
}

#[tokio::test]
async fn a_machine_is_rented_by_the_second() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, provider) = (scene.client(), scene.provider());
    provider
        .run("provider publish-price 3.6 --max-duration 86400")
        .await?;
    let rented = client
        .run("lease rent 1 ipfs://machine --max-price 3.6 --duration 7200")
        .await?;
    assert_eq!(
        (&rented["leaseId"], &rented["status"]),
        (&"1".into(), &"Pending".into())
    );
    assert_eq!(provider.run("lease start 1").await?["status"], "Active");
    scene.chain().jump(600).await?;
    provider.run("lease heartbeat 1").await?;
    let shown = client.run("lease show 1").await?;
    assert_eq!(shown["rate"], "1000000000000000");
    let (due, left) = (&shown["due"], &shown["left"]);
    assert_eq!(due.as_u64().unwrap() + left.as_u64().unwrap(), 7_200);
    assert!(due.as_u64().unwrap() >= 600);
    provider.run("lease settle 1").await?;
    client.run("lease top-up 1 --duration 100").await?;
    client.run("lease shorten 1 --duration 200").await?;
    assert_eq!(client.run("lease notice 1").await?["status"], "Ending");
    scene.chain().jump(3_600).await?;
    assert_eq!(provider.run("lease close 1").await?["status"], "Closed");
    client
        .run("lease rent 1 ipfs://machine --max-price 3.6 --duration 3600")
        .await?;
    assert_eq!(provider.run("lease cancel 2").await?["status"], "Cancelled");
    Ok(())
}

#[tokio::test]
async fn replicas_do_a_task_again() -> Result<()> {
    let scene = Scene::new().await?;
    let (client, replica) = (scene.client(), scene.provider());
    let provider = scene.user(DEVELOPMENT_KEY);
    let line =
        "provider register --gpu H100 --count 1 --region eu-west --endpoint https://gpu.example";
    provider.run(line).await?;
    provider.run("provider stake 50").await?;
    provider.run("provider collateral deposit 50").await?;

    let line = "verifier replica plan --replicas 9 --minutes 10 --bond 50";
    let text = client.refused(line).await?;
    assert!(text.contains("2 to 8 replicas"), "{text}");
    let line = "verifier replica plan --replicas 2 --minutes 10 --bond 50";
    let plan = client.run(line).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (data, secret) = (text(&plan["verifierData"]), text(&plan["secret"]));
    assert_eq!(plan["secondsNeeded"], 900 + 600 + 1_800 + 900);
    let line = format!(
        "client submit ipfs://job 30 --duration 3600 --verifier 4 --verifier-fee 5 --verifier-data {data}"
    );
    assert_eq!(client.run(&line).await?["taskId"], "1");

    let refusal = replica.refused("verifier replica enrol 1").await?;
    assert!(refusal.contains("needs 50"), "{refusal}");
    replica.run("verifier replica deposit 60").await?;
    replica.run("verifier replica enrol 1").await?;
    replica.run("verifier replica leave 1").await?;
    replica.run("verifier replica enrol 1").await?;
    replica.run("verifier replica withdraw 10").await?;
    let purse = replica.run("verifier replica purse").await?;
    let bond = (U256::from(50) * ether()).to_string();
    assert_eq!(
        (&purse["free"], text(&purse["locked"])),
        (&"0".into(), bond)
    );

    provider.run("provider bid 1 20").await?;
    client.run("client assign 1 2").await?;
    let result = scene.path("result.bin");
    fs::write(&result, "a result")?;
    let deliver = format!("provider submit-result 1 --file {}", result.display());
    provider.run(&deliver).await?;
    let draw = format!("verifier replica draw 1 {secret}");
    client.run(&draw).await?;
    replica.run("verifier replica claim 1").await?;
    let early = format!("verifier replica commit 1 --file {}", result.display());
    let refusal = replica.refused(&early).await?;
    assert!(refusal.contains("too early for task 1"), "{refusal}");
    scene.chain().jump(900).await?;
    replica.run(&early).await?;
    let reveal = format!("verifier replica reveal 1 --file {}", result.display());
    replica.run(&reveal).await?;
    let shown = client.run("verifier replica show 1").await?;
    assert_eq!(
        (&shown["seated"], &shown["revealed"]),
        (&1.into(), &1.into())
    );
    assert_eq!(shown["replicas"][0]["state"], "revealed");
    // One of two is no quorum, whatever it found.
    let concluded = client.run("verifier replica conclude 1").await?;
    assert_eq!(
        (&concluded["replicas"], &concluded["told"]),
        (&0.into(), &true.into())
    );
    assert_eq!(scene.task(1).await?["status"], "Disputed");
    replica.run("verifier replica withdraw 50").await?;
    fs::remove_dir_all(&scene.folder)?;
    Ok(())
}
