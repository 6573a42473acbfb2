//! What the same work costs elsewhere: two markets in Solidity (`bench/`) beside ours, on the same chain in the same run.

mod flows;

use std::{collections::BTreeMap, fs};

use eyre::{ContextCompat, Result, WrapErr, ensure};
use flows::{Peers, measure};
use ogpu_client::{
    ClientError, Reason,
    alloy::primitives::{B256, Bytes, U256, keccak256},
};
use ogpu_tests::{Harness, ogpu, say};
use serde_json::{Value, json};

use crate::figures::{self, grouped, root};

/// Names a file to which the comparison is written, and nothing is compared: `cargo xtask bench` shows it.
const REPORT: &str = "OGPU_PEERS_REPORT";

/// One line of the comparison: what has to be called for the same purpose, there and here.
struct Row {
    group: &'static str,
    purpose: &'static str,
    theirs: &'static [&'static str],
    /// Empty where we have nothing of the kind.
    ours: &'static [&'static str],
    /// What theirs includes that ours does not, or the other way round.
    includes: [&'static str; 2],
}

const JOB: &str = "a job, against ERC-8183";
const LEASE: &str = "a lease, against Marlin's";
const BASICS: &str = "basics, against plain Solidity";

/// Operations are those that [`measure`] notes.
const ROWS: &[Row] = &[
    Row {
        group: JOB,
        purpose: "post, lock the money",
        theirs: &["createJob", "fund"],
        ours: &["submitTask"],
        includes: [
            "description in storage; a token a job, from a list; pulls from the wallet",
            "metadata in the event; budget locked before anybody works, from the escrow balance; terms versioned",
        ],
    },
    Row {
        group: JOB,
        purpose: "name a price",
        theirs: &["setBudget"],
        ours: &["placeBid"],
        includes: [
            "one price of the one provider",
            "any number of bids, ranked by trust and price; a bond held from staked collateral",
        ],
    },
    Row {
        group: JOB,
        purpose: "choose the provider",
        theirs: &["setProvider"],
        ours: &["assignProvider"],
        includes: [
            "an address, chosen before there is a price",
            "a share of the price reserved as collateral; deadline begins",
        ],
    },
    Row {
        group: JOB,
        purpose: "deliver",
        theirs: &["submit"],
        ours: &["submitResult"],
        includes: [
            "a hash in the event",
            "a seal that nobody can copy, stored and compared on acceptance",
        ],
    },
    Row {
        group: JOB,
        purpose: "accept and pay",
        theirs: &["complete"],
        ours: &["verifyCompletion", "finalizePayment"],
        includes: [
            "fee and payment at once, to wallets; final",
            "result compared with the seal; a window for a dispute; score recorded; bond and collateral released; paid to the escrow balance",
        ],
    },
    Row {
        group: JOB,
        purpose: "a paid job in all",
        theirs: &[
            "createJob",
            "setProvider",
            "setBudget",
            "fund",
            "submit",
            "complete",
        ],
        ours: &[
            "submitTask",
            "placeBid",
            "assignProvider",
            "submitResult",
            "verifyCompletion",
            "finalizePayment",
        ],
        includes: [
            "no bids, stakes, scores, disputes",
            "all of these; balances stay in the escrow",
        ],
    },
    Row {
        group: JOB,
        purpose: "a paid job, wallet to wallet",
        theirs: &[
            "createJob",
            "setProvider",
            "setBudget",
            "fund",
            "submit",
            "complete",
        ],
        ours: &[
            "submitTask, by allowance",
            "placeBid",
            "assignProvider",
            "submitResult",
            "verifyCompletion",
            "finalizePayment",
            "withdraw, payment",
        ],
        includes: [
            "as above",
            "as above; budget pulled from the wallet, payment withdrawn after this one job",
        ],
    },
    Row {
        group: JOB,
        purpose: "take back before anybody is chosen",
        theirs: &["reject, open"],
        ours: &["cancelTask"],
        includes: ["nothing to give back", "unlocks the budget"],
    },
    Row {
        group: JOB,
        purpose: "reject what was delivered",
        theirs: &["reject"],
        ours: &["verifyCompletion, reject", "finalizePayment, rejected"],
        includes: [
            "refund at once, to the wallet",
            "a window for the provider's dispute, then refund, collateral slashed, client compensated, score lowered",
        ],
    },
    Row {
        group: JOB,
        purpose: "deadline missed",
        theirs: &["claimRefund"],
        ours: &["failTask"],
        includes: [
            "refund to the wallet",
            "refund, collateral slashed, client compensated, score lowered",
        ],
    },
    Row {
        group: LEASE,
        purpose: "open",
        theirs: &["open"],
        ours: &["rent", "startLease"],
        includes: [
            "metadata in storage; deposit pulled from the wallet; no bids, stakes, scores, fee",
            "metadata in the event; deposit locked in the escrow balance; the provider's own price, its consent, and collateral of its stake",
        ],
    },
    Row {
        group: LEASE,
        purpose: "settle",
        theirs: &["settle"],
        ours: &["settleLease"],
        includes: [
            "by anybody, paid to the wallet",
            "by anybody, paid to the escrow balance; a fee; only time that a heartbeat covers",
        ],
    },
    Row {
        group: LEASE,
        purpose: "settle four",
        theirs: &["settle", "settle", "settle", "settle"],
        ours: &["settleLeases, four"],
        includes: ["one by one", "at once"],
    },
    Row {
        group: LEASE,
        purpose: "deposit more",
        theirs: &["deposit"],
        ours: &["topUpLease"],
        includes: ["by anybody", "by the client, from the escrow balance"],
    },
    Row {
        group: LEASE,
        purpose: "withdraw what the notice does not need",
        theirs: &["withdraw"],
        ours: &["shortenLease"],
        includes: ["settles as well", "settles as well"],
    },
    Row {
        group: LEASE,
        purpose: "announce and begin another rate",
        theirs: &["announceRate", "reviseRate"],
        ours: &[],
        includes: [
            "a notice between; settles at the old rate",
            "a rate is fixed: notice, and a lease at another",
        ],
    },
    Row {
        group: LEASE,
        purpose: "announce the end and close",
        theirs: &["announceRate, zero", "close"],
        ours: &["giveNotice", "closeLease"],
        includes: [
            "a notice between; settles, refunds the rest",
            "the same; a fee; releases collateral",
        ],
    },
    Row {
        group: LEASE,
        purpose: "a lease in all, settled once between",
        theirs: &["open", "settle", "announceRate, zero", "close"],
        ours: &[
            "rent",
            "startLease",
            "heartbeat",
            "settleLease",
            "giveNotice",
            "closeLease",
        ],
        includes: ["as above", "as above, and a heartbeat"],
    },
    Row {
        group: BASICS,
        purpose: "transfer a token",
        theirs: &["transfer"],
        ours: &["transfer, oGPU"],
        includes: [
            "ERC-20 only, without a proxy",
            "behind a proxy; permits and votes, with nobody delegated",
        ],
    },
    Row {
        group: BASICS,
        purpose: "what a proxy adds to a call",
        theirs: &["proxy"],
        ours: &["proxy, Stylus"],
        includes: ["ERC-1967, in Solidity", "ERC-1967, in WASM"],
    },
];

/// The comparison, from the gas of every operation.
fn report(gas: &BTreeMap<&'static str, u64>) -> Result<Value> {
    let side = |operations: &[&'static str]| -> Result<Value> {
        let mut sum = 0;
        for operation in operations {
            sum += gas
                .get(operation)
                .wrap_err_with(|| format!("'{operation}' was not measured"))?;
        }
        Ok(json!({ "calls": operations, "gas": sum }))
    };
    let rows = ROWS.iter().map(|row| {
        let theirs = side(row.theirs)?;
        let ours = match row.ours {
            [] => Value::Null,
            operations => side(operations)?,
        };
        let ratio = ours["gas"]
            .as_f64()
            .zip(theirs["gas"].as_f64())
            .map(|(ours, theirs)| (ours / theirs * 100.0).round() / 100.0);
        Ok(json!({
            "group": row.group,
            "purpose": row.purpose,
            "theirs": theirs,
            "ours": ours,
            "ratio": ratio,
            "theyInclude": row.includes[0],
            "weInclude": row.includes[1],
        }))
    });
    Ok(Value::Array(rows.collect::<Result<_>>()?))
}

/// The comparison as the documentation shows it.
fn table(report: &Value) -> Result<String> {
    let mut text = String::new();
    let mut group = "";
    for row in report.as_array().wrap_err("the comparison is no list")? {
        let of = |key: &str| row[key].as_str().unwrap_or_default();
        let calls = |side: &str| -> String {
            let calls = row[side]["calls"].as_array().into_iter().flatten();
            let calls: Vec<_> = calls.filter_map(Value::as_str).collect();
            calls.join(" + ")
        };
        if of("group") != group {
            group = of("group");
            text += &format!(
                "\n### {}\n\n| purpose | theirs | gas | ours | gas | ours ÷ theirs | they include | we include |\n|---|---|--:|---|--:|--:|---|---|\n",
                capitalised(group)
            );
        }
        let number = |side: &str| row[side]["gas"].as_u64().map_or(String::new(), grouped);
        let ratio = row["ratio"]
            .as_f64()
            .map_or(String::new(), |ratio| format!("{ratio:.2}"));
        text += &format!(
            "| {} | {} | {} | {} | {} | {ratio} | {} | {} |\n",
            of("purpose"),
            calls("theirs"),
            number("theirs"),
            calls("ours"),
            number("ours"),
            of("theyInclude"),
            of("weInclude"),
        );
    }
    Ok(text + "\n")
}

fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}

#[tokio::test]
async fn gas_beside_the_peers_is_what_the_snapshot_says() -> Result<()> {
    let harness = Harness::new().await?;
    if !harness
        .stage()
        .may_wait(flows::LEASE_NOTICE, "a lease that ends by a notice")
    {
        return Ok(());
    }
    let report = report(&measure(&harness).await?)?;
    let text = serde_json::to_string_pretty(&report)? + "\n";
    if let Some(path) = std::env::var_os(REPORT) {
        fs::write(&path, text).wrap_err_with(|| format!("cannot write {}", path.display()))?;
        return Ok(());
    }
    if !harness.stage().is_embedded() {
        say(
            "the peers were measured; only on the embedded chain is their gas compared, where it is the same in every run",
        );
        return Ok(());
    }
    figures::hold(&report, &table(&report)?, "peers")
}

#[test]
fn artifacts_are_of_the_committed_sources() -> Result<()> {
    for (sources, artifacts) in [
        ("solidity", "artifacts"),
        ("openzeppelin", "artifacts/openzeppelin"),
    ] {
        for artifact in compiled(sources, artifacts, "bench/compile.sh")? {
            assert_eq!(
                artifact["optimizer"],
                json!({ "enabled": true, "runs": 200 })
            );
            let packages = artifact["packages"].as_object().into_iter().flatten();
            for (package, version) in packages {
                assert_eq!(version, "5.7.0", "{package} in {artifacts}");
            }
        }
    }
    let name = "openzeppelin-stylus";
    for artifact in compiled(
        name,
        "artifacts/openzeppelin-stylus",
        "cargo xtask bench --compile",
    )? {
        assert_eq!(artifact["packages"][name], "0.3.0");
    }
    Ok(())
}

/// The artifacts in a folder, which are of the sources in another, and of all of them.
fn compiled(sources: &str, artifacts: &str, command: &str) -> Result<Vec<Value>> {
    let sources = root().join("bench").join(sources);
    let (mut compiled, mut found) = (Vec::new(), Vec::new());
    for file in fs::read_dir(root().join("bench").join(artifacts))? {
        let path = file?.path();
        if path.is_dir() {
            continue;
        }
        let artifact: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
        let digests = artifact["sources"]
            .as_object()
            .wrap_err_with(|| format!("{} names no sources", path.display()))?;
        for (file, digest) in digests {
            let digest: B256 = digest.as_str().unwrap_or_default().parse()?;
            let source = fs::read(sources.join(file))?;
            ensure!(
                keccak256(source) == digest,
                "{file} has changed since {} was compiled from it: run {command}",
                path.display()
            );
            compiled.push(sources.join(file));
        }
        found.push(artifact);
    }
    let mut open = vec![sources];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for file in fs::read_dir(&path)? {
                open.push(file?.path());
            }
        } else {
            assert!(
                compiled.contains(&path),
                "nothing is compiled from {}",
                path.display()
            );
        }
    }
    Ok(found)
}

/// The name of the error with which a peer refused.
#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, ClientError>) -> &'static str {
    let error = result.expect_err("the peer should have refused");
    let name = match error.reason() {
        Some(Reason::Unknown(data)) => flows::error_name(data),
        Some(reason) => reason.name(),
        None => None,
    };
    name.unwrap_or_else(|| panic!("not one of the peers' errors: {error}"))
}

#[tokio::test]
async fn a_peer_refunds_only_what_was_paid_in() -> Result<()> {
    let harness = Harness::new().await?;
    if !harness
        .stage()
        .may_wait(flows::LONGEST_WAIT, "a job of a peer that expires")
    {
        return Ok(());
    }
    let peers = Peers::deploy(&harness).await?;
    let [client, provider, stranger] = [
        peers.actor().await?,
        peers.actor().await?,
        peers.actor().await?,
    ];
    let jobs = &peers.jobs;
    // One job is funded; a second has a price and no money.
    let funded = peers.funded_job(&client, &provider).await?;
    let priced = peers.priced_job(&stranger, &provider).await?;
    let escrowed = peers.balance(*jobs.address()).await?;
    assert_eq!(escrowed, ogpu(80));

    let call = jobs.claimRefund(priced);
    assert_eq!(refused(stranger.send("", call).await), "NotExpired");
    let call = jobs.complete(funded, B256::ZERO);
    assert_eq!(refused(client.send("", call).await), "WrongStatus");
    let call = jobs.submit(funded, B256::ZERO);
    assert_eq!(refused(stranger.send("", call).await), "NotAllowed");
    let call = jobs.fund(priced, peers.token(), ogpu(81));
    assert_eq!(refused(stranger.send("", call).await), "UnexpectedTerms");

    harness.advance(flows::LONGEST_WAIT).await?;
    let before = peers.balance(stranger.address()).await?;
    stranger.send("refunding", jobs.claimRefund(priced)).await?;
    assert_eq!(peers.balance(stranger.address()).await?, before);
    assert_eq!(peers.balance(*jobs.address()).await?, escrowed);

    let before = peers.balance(client.address()).await?;
    stranger.send("refunding", jobs.claimRefund(funded)).await?;
    assert_eq!(peers.balance(client.address()).await?, before + ogpu(80));
    assert_eq!(peers.balance(*jobs.address()).await?, U256::ZERO);
    let call = jobs.claimRefund(funded);
    assert_eq!(refused(stranger.send("", call).await), "WrongStatus");

    // Behind their proxies both are initialised, and are upgraded by their owner only.
    let call = jobs.initialize(stranger.address(), stranger.address(), U256::ZERO);
    assert_eq!(
        refused(stranger.send("", call).await),
        "InvalidInitialization"
    );
    let call = jobs.upgradeToAndCall(peers.implementation, Bytes::new());
    assert_eq!(
        refused(stranger.send("", call).await),
        "OwnableUnauthorizedAccount"
    );
    let call = peers.leases.close(U256::from(1));
    assert_eq!(refused(stranger.send("", call).await), "UnknownLease");
    let call = peers.leases.open(
        "machine".to_owned(),
        provider.address(),
        flows::rate(),
        ogpu(1),
    );
    assert_eq!(refused(client.send("", call).await), "NoticeNotCovered");
    Ok(())
}
