//! What everything costs: compared with a committed snapshot, and independent of how many others there are.

mod growth;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use eyre::{Result, WrapErr, ensure};
use ogpu_client::{
    Account, Receipt, SealedBid, Status,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, B256, U256},
        rpc::types::TransactionRequest,
        sol_types::SolCall,
    },
    bindings::{ArbWasm, Owned, PaymentEscrow, arbos::ARB_WASM, task_manager::Terms},
};
use ogpu_rules::entry::PLACES;
use ogpu_tests::{Harness, Provider, ogpu, profile, say};

/// Set to 1 to write the snapshot instead of comparing with it.
const UPDATE: &str = "OGPU_UPDATE_SNAPSHOTS";

/// How much the address in an operation's calldata can change its gas: 12 for each of its bytes that is zero. The embedded
/// chain's actors have the same addresses in every run, those of other chains have random ones.
const ADDRESS: u64 = 20 * 12;

/// The most that the six transactions of a paid task may cost together.
const PAID_TASK: u64 = 420_000;

/// The most that single operations may cost.
const BOUNDS: [(&str, u64); 7] = [
    ("submitTask", 150_000),
    ("placeBid", 60_000),
    ("placeBid, place taken", 80_000),
    ("assignSignedBid", 110_000),
    ("assignProvider", 80_000),
    ("finalizePayment", 90_000),
    ("slashProvider", 81_000),
];

fn snapshot_path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../snapshots");
    folder.join(name)
}

#[tokio::test]
async fn every_operation_costs_what_the_snapshot_says() -> Result<()> {
    let harness = Harness::new().await?;
    let gas = measure(&harness).await?;
    if !harness.is_cached().await? {
        say(&format!(
            "all {} operations were done; their gas is not compared, since the snapshot is of cached programs and this \
             chain has no cache manager",
            gas.len()
        ));
        return Ok(());
    }
    let embedded = harness.stage().is_embedded();
    let path = snapshot_path("gas.json");
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        ensure!(
            embedded,
            "the snapshot is written on the embedded chain: unset OGPU_RPC_URL"
        );
        std::fs::write(&path, serde_json::to_string_pretty(&gas)? + "\n")?;
    }
    let paid: u64 = [
        "submitTask",
        "placeBid",
        "assignProvider",
        "submitResult",
        "verifyCompletion",
        "finalizePayment",
    ]
    .iter()
    .map(|operation| gas[*operation])
    .sum();
    assert!(
        paid <= PAID_TASK,
        "a paid task costs {paid} gas, more than {PAID_TASK}"
    );
    for (operation, bound) in BOUNDS {
        let gas = gas[operation];
        assert!(
            gas <= bound,
            "{operation} costs {gas} gas, more than {bound}"
        );
    }

    let text = std::fs::read_to_string(&path)
        .wrap_err_with(|| format!("{} is missing; write it with {UPDATE}=1", path.display()))?;
    let snapshot: BTreeMap<String, u64> = serde_json::from_str(&text)?;
    let tolerance = if embedded { 0 } else { ADDRESS };
    let alike = |operation: &String| match (gas.get(operation), snapshot.get(operation)) {
        (Some(now), Some(then)) => now.abs_diff(*then) <= tolerance,
        _ => false,
    };
    let operations: BTreeSet<&String> = gas.keys().chain(snapshot.keys()).collect();
    let differences: Vec<_> = operations
        .into_iter()
        .filter(|operation| !alike(operation))
        .map(|operation| {
            format!(
                "{operation}: {:?} in the snapshot, {:?} now",
                snapshot.get(operation),
                gas.get(operation)
            )
        })
        .collect();
    assert!(
        differences.is_empty(),
        "gas has changed; if that is meant, write the snapshot with {UPDATE}=1\n{}",
        differences.join("\n")
    );
    Ok(())
}

/// Gas of every operation, each in the state in which it usually happens: accounts exist, tokens are approved.
async fn measure(harness: &Harness) -> Result<BTreeMap<String, u64>> {
    let mut receipts = Vec::new();
    let mut note = |operation: &'static str, receipt: &Receipt| {
        receipts.push((operation, receipt.clone()));
    };
    let market = &harness.market;
    let (token, escrow, vault, tasks) = (
        market.token(),
        market.escrow(),
        market.vault(),
        market.tasks(),
    );
    let addresses = *market.addresses();

    let client = harness.actor(1_000).await?;
    let other = harness.actor(10).await?;
    note(
        "approve",
        &client
            .send("", token.approve(addresses.escrow, ogpu(600)))
            .await?,
    );
    note(
        "transfer",
        &client
            .send("", token.transfer(other.address(), ogpu(1)))
            .await?,
    );
    note(
        "delegate",
        &client.send("", token.delegate(client.address())).await?,
    );
    // Votes are noted once a second.
    harness.advance(5).await?;
    note(
        "transfer, delegated",
        &client
            .send("", token.transfer(other.address(), ogpu(1)))
            .await?,
    );
    note(
        "deposit, first",
        &client.send("", escrow.deposit(ogpu(400))).await?,
    );
    note(
        "deposit",
        &client.send("", escrow.deposit(ogpu(200))).await?,
    );

    let account = harness.actor(1_000).await?;
    let (id, receipt) = market.register(&account, &profile()).await?;
    note("register", &receipt);
    account
        .send("", token.approve(addresses.vault, ogpu(1_000)))
        .await?;
    note(
        "stake, first",
        &account.send("", vault.stake(ogpu(400))).await?,
    );
    note("stake", &account.send("", vault.stake(ogpu(300))).await?);
    account
        .send("", token.approve(addresses.vault, U256::MAX))
        .await?;
    let call = vault.stake(ogpu(100));
    note("stake, unlimited allowance", &account.send("", call).await?);
    note(
        "depositCollateral, first",
        &account
            .send("", tasks.depositCollateral(id, ogpu(100)))
            .await?,
    );
    note(
        "depositCollateral",
        &account
            .send("", tasks.depositCollateral(id, ogpu(100)))
            .await?,
    );
    note(
        "withdrawCollateral",
        &account
            .send("", tasks.withdrawCollateral(id, ogpu(10)))
            .await?,
    );
    note(
        "refreshProvider",
        &other.send("", tasks.refreshProvider(id)).await?,
    );
    note(
        "requestUnbond",
        &account.send("", vault.requestUnbond(ogpu(100))).await?,
    );
    note(
        "cancelUnbond",
        &account.send("", vault.cancelUnbond(ogpu(50))).await?,
    );
    let provider = Provider {
        account: account.clone(),
        id,
    };

    let (task, receipt) = market
        .submit_task(&client, "ipfs://job", ogpu(100), 1_000)
        .await?;
    note("submitTask", &receipt);
    note("placeBid, first", &harness.bid(&provider, task, 80).await?);
    note("placeBid, lower", &harness.bid(&provider, task, 79).await?);
    note(
        "assignProvider",
        &harness.assign(&client, task, &provider).await?,
    );
    note("submitResult", &harness.deliver(&provider, task).await?);
    note("verifyCompletion", &harness.accept(&client, task).await?);
    harness.outlast(task).await?;
    // The first payment opens the provider's account in the escrow, where the provider has not done so itself.
    note("finalizePayment, first", &harness.finalize(task).await?);
    let call = tasks.recordOutcomes(vec![task]);
    note("recordOutcomes, one", &other.send("", call).await?);
    // A provider's next bid in the place of one that is settled.
    let sharing = task + U256::from(PLACES);
    harness.submit_many(&client, PLACES as usize - 1).await?;
    let next = harness.open(&client).await?;
    assert_eq!(next, sharing);
    note("placeBid", &harness.bid(&provider, next, 80).await?);
    let skipped = PLACES as usize - 1;
    harness.submit_many(&client, skipped).await?;
    let next = harness.open(&client).await?;
    let receipt = harness.bid(&provider, next, 80).await?;
    note("placeBid, place taken", &receipt);
    note("openAccount", &other.send("", escrow.openAccount()).await?);
    let task = harness
        .task_in(Status::Verified, &client, &provider)
        .await?;
    harness.outlast(task).await?;
    note("finalizePayment", &harness.finalize(task).await?);
    note(
        "withdraw",
        &account.send("", escrow.withdraw(ogpu(10))).await?,
    );
    note("collectFees", &other.send("", escrow.collectFees()).await?);

    let task = harness.task_in(Status::Open, &client, &provider).await?;
    note(
        "cancelTask",
        &client.send("", tasks.cancelTask(task)).await?,
    );
    note(
        "withdrawBid",
        &account.send("", tasks.withdrawBid(task, id)).await?,
    );
    let task = harness.open(&client).await?;
    harness.outlast(task).await?;
    note("expireTask", &other.send("", tasks.expireTask(task)).await?);
    let task = harness
        .task_in(Status::Assigned, &client, &provider)
        .await?;
    harness.outlast(task).await?;
    note("failTask", &other.send("", tasks.failTask(task)).await?);
    note(
        "collectSlashes",
        &other.send("", vault.collectSlashes()).await?,
    );
    let call = tasks.slashProvider(id, ogpu(1), client.address());
    note("slashProvider", &harness.owner.send("", call).await?);
    note(
        "withdrawCompensation",
        &client.send("", vault.withdrawCompensation()).await?,
    );
    let task = harness
        .task_in(Status::Submitted, &client, &provider)
        .await?;
    note(
        "verifyCompletion, reject",
        &harness.reject(&client, task).await?,
    );
    note(
        "openDispute",
        &account.send("", tasks.openDispute(task)).await?,
    );
    note(
        "resolveDispute",
        &harness
            .owner
            .send("", tasks.resolveDispute(task, 5_000, U256::ZERO))
            .await?,
    );
    for (operation, receipt) in ways_to_trade(harness, &client, &provider).await? {
        note(operation, &receipt);
    }
    let mut gas = BTreeMap::new();
    for (operation, receipt) in receipts {
        gas.insert(operation.to_owned(), harness.execution_gas(&receipt).await?);
    }
    Ok(gas)
}

/// Receipts of the ways to trade beyond the plain bid.
async fn ways_to_trade(
    harness: &Harness,
    client: &Account,
    provider: &Provider,
) -> Result<Vec<(&'static str, Receipt)>> {
    let (market, tasks) = (&harness.market, harness.market.tasks());
    let Provider { account, id } = provider;
    let order = async |bidding| {
        let terms = Terms {
            biddingWindow: 120,
            trustWeight: harness.settings.parameters.trustWeight,
            bidding,
            revealMinutes: u16::from(bidding == 1),
            startPrice: if bidding == 2 { ogpu(20) } else { U256::ZERO },
            ..Terms::default()
        };
        market
            .submit_task_with_terms(client, "ipfs://job", ogpu(50), 1_000, terms)
            .await
    };
    let (task, submitted) = order(0).await?;
    // The same bid in every run, so that its signature is the same: it expires in 2100.
    let offer = market
        .sign_bid(account, *id, task, ogpu(40), 4_102_444_800)
        .await?;
    let signed = market.assign_signed_bid(client, &offer).await?;

    let call = tasks.publishPrice(*id, U256::from(1_000_000_000_000_u64), 86_400);
    let published = account.send("", call).await?;
    let terms = Terms::default();
    let (_, hired) = market
        .hire(client, "ipfs://job", *id, 1_000, ogpu(1), terms)
        .await?;

    let (task, _) = order(1).await?;
    let bid = SealedBid {
        task_id: task,
        provider_id: *id,
        price: ogpu(40),
        salt: B256::repeat_byte(0x5a),
    };
    let call = tasks.commitBid(task, *id, bid.commitment(), Vec::new());
    let committed = account.send("", call).await?;
    harness.advance(70).await?;
    let call = tasks.revealBid(task, *id, bid.price, bid.salt);
    let revealed = account.send("", call).await?;

    let (task, _) = order(2).await?;
    let call = tasks.takeTask(task, *id, Vec::new());
    let taken = account.send("", call).await?;
    Ok(vec![
        ("submitTaskWithTerms", submitted),
        ("assignSignedBid", signed),
        ("publishPrice, first", published),
        ("hire", hired),
        ("commitBid", committed),
        ("revealBid", revealed),
        ("takeTask", taken),
    ])
}

#[tokio::test]
async fn bidding_and_assigning_cost_the_same_among_a_thousand_bids() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let (quiet, busy) = (
        harness.open_for(&client, 86_400).await?,
        harness.open_for(&client, 86_400).await?,
    );
    let crowd = harness.crowd(1_000).await?;
    // One bid stands on the quiet task, a thousand on the busy one, prices falling and rising.
    harness.bid(&crowd[0], quiet, 80).await?;
    for (index, provider) in crowd.iter().enumerate() {
        let call = harness.market.tasks();
        let call = call
            .placeBid(busy, provider.id, ogpu(40 + (index as u64 * 7) % 50))
            .gas(1_000_000);
        provider.account.send("bidding", call).await?;
    }
    // Newcomers in the same situation on both: the lead is taken, the lead is not taken, a bid in the lead is lowered.
    let [first, second] = [harness.provider().await?, harness.provider().await?];
    for (what, price) in [("takes the lead", 30_u64), ("trails", 95)] {
        let provider = if price == 30 { &first } else { &second };
        let one = harness.bid(provider, quiet, price).await?;
        let thousand = harness.bid(provider, busy, price).await?;
        assert_eq!(
            harness.execution_gas(&one).await?,
            harness.execution_gas(&thousand).await?,
            "a bid that {what}"
        );
    }
    let one = harness.assign(&client, quiet, &first).await?;
    let thousand = harness.assign(&client, busy, &first).await?;
    assert_eq!(
        harness.execution_gas(&one).await?,
        harness.execution_gas(&thousand).await?,
        "assigning"
    );
    Ok(())
}

#[tokio::test]
async fn a_proxy_adds_at_most_5300_gas() -> Result<()> {
    let harness = Harness::new().await?;
    // Where the chain has no program cache, starting the proxy's program comes to it.
    let start = if harness.is_cached().await? {
        0
    } else {
        let wasm = ArbWasm::new(ARB_WASM, harness.chain().provider());
        let call = wasm.programInitGas(harness.market.addresses().escrow);
        harness.chain().read("reading", call).await?.gas
    };
    let implementation = harness.deployment.contracts["payment-escrow"].implementation;
    // Functions that read nothing of the caller's, so that both run alike: the proxy's share is what is more.
    for input in [
        Owned::UPGRADE_INTERFACE_VERSIONCall {}.abi_encode(),
        PaymentEscrow::balanceOfCall {
            account: Address::ZERO,
        }
        .abi_encode(),
    ] {
        let direct = cost(&harness, implementation, input.clone()).await?;
        let proxied = cost(&harness, harness.market.addresses().escrow, input).await?;
        ensure!(
            proxied > direct,
            "a call through the proxy costs {proxied} gas, directly {direct}"
        );
        assert!(
            proxied - direct <= 5_300 + start,
            "the proxy adds {} gas, {start} of it for an uncached start",
            proxied - direct
        );
        println!("the proxy adds {} gas", proxied - direct);
    }
    Ok(())
}

async fn cost(harness: &Harness, to: Address, input: Vec<u8>) -> Result<u64> {
    let request = TransactionRequest::default().with_to(to).with_input(input);
    let receipt = harness.owner.send_request("measuring", request).await?;
    harness.execution_gas(&receipt).await
}
