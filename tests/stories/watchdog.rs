//! Money that flows out too fast, guardians by hand, and programs that grow old.

use eyre::{Result, eyre};
use ogpu_client::{
    Account, ClientError, Reason, Receipt,
    alloy::{
        primitives::{Address, U256},
        sol_types::SolEvent,
    },
    bindings::{
        ArbWasm, Pausable,
        Watchdog::{KeptAlive, NotKeptAlive, PauseFailed, Tripped},
        arbos::ARB_WASM,
    },
};
use ogpu_tests::{Harness, Stage, ogpu, refusal};

const DAY: u64 = 86_400;

/// How long a balance must be there to count for the watchdog, in seconds.
const HOLD: u64 = 600;

/// A market whose watchdog lets 500 oGPU a day out of each contract and pauses for an hour, and its guardian.
async fn guarded() -> Result<(Harness, Account)> {
    let stage = Stage::new().await?;
    let guardian = stage.account().await?;
    let harness = Harness::on(stage, |settings| {
        settings.guardian = Some(guardian.address());
        settings.outflow_limit = ogpu(500);
        settings.pause_duration = 3_600;
    })
    .await?;
    Ok((harness, guardian))
}

async fn poke(harness: &Harness, account: Address) -> Result<Receipt, ClientError> {
    let watchdog = harness.market.watchdog();
    harness
        .treasury
        .send("poking", watchdog.poke(account))
        .await
}

/// Begins the first window of the escrow.
async fn begin(harness: &Harness) -> Result<()> {
    let escrow = harness.market.addresses().escrow;
    poke(harness, escrow).await?;
    harness.advance(HOLD).await?;
    poke(harness, escrow).await?;
    Ok(())
}

fn events<E: SolEvent>(receipt: &Receipt) -> Vec<E> {
    let logs = receipt.inner.logs().iter();
    logs.filter_map(|log| E::decode_log_validate(&log.inner).ok())
        .map(|log| log.data)
        .collect()
}

/// When the pauses of escrow, vault and task manager end.
async fn pauses(harness: &Harness) -> Result<[u64; 3]> {
    let addresses = harness.market.addresses();
    let mut ends = [0; 3];
    for (end, address) in
        ends.iter_mut()
            .zip([addresses.escrow, addresses.vault, addresses.task_manager])
    {
        let pausable = Pausable::new(address, harness.chain().provider());
        *end = harness
            .chain()
            .read("reading", pausable.pausedUntil())
            .await?;
    }
    Ok(ends)
}

#[tokio::test]
async fn an_outflow_above_the_limit_stops_entries_and_no_exit() -> Result<()> {
    let (harness, guardian) = guarded().await?;
    let (early, late) = (harness.client().await?, harness.client().await?);
    let provider = harness.provider().await?;
    let open = harness.open(&late).await?;
    let (escrow, vault) = (harness.market.escrow(), harness.market.vault());
    let watchdog = harness.market.watchdog();
    let watched = harness.market.addresses().escrow;
    begin(&harness).await?;

    early
        .send("withdrawing", escrow.withdraw(ogpu(500)))
        .await?;
    let receipt = poke(&harness, watched).await?;
    assert!(events::<Tripped>(&receipt).is_empty(), "exactly the limit");
    let status = harness
        .chain()
        .read("reading", watchdog.statusOf(watched))
        .await?;
    assert_eq!(
        (status.start, status.fall, status.limit, status.tripped),
        (ogpu(2_000), ogpu(500), ogpu(500), false)
    );

    early
        .send("withdrawing", escrow.withdraw(U256::ONE))
        .await?;
    let receipt = poke(&harness, watched).await?;
    let tripped = events::<Tripped>(&receipt);
    assert_eq!(tripped.len(), 1);
    assert_eq!(tripped[0].account, watched);
    assert_eq!(tripped[0].peak, ogpu(2_000));
    assert_eq!(tripped[0].balance, ogpu(1_500) - U256::ONE);
    assert_eq!(tripped[0].paused, 3);
    // The watchdog asks for 500,000 gas for each contract to be left.
    assert!(receipt.gas_used < 300_000, "{} gas", receipt.gas_used);
    assert_eq!(pauses(&harness).await?, [tripped[0].until; 3]);

    // Nothing new comes in.
    let newcomer = harness.actor(10).await?;
    let deposit = harness.market.deposit(&newcomer, ogpu(10)).await;
    assert_eq!(refusal(deposit), "EnforcedPause");
    let stake = harness.market.stake(&newcomer, ogpu(10)).await;
    assert_eq!(refusal(stake), "EnforcedPause");
    let submit = harness
        .market
        .submit_task(&late, "ipfs://job", ogpu(1), 60)
        .await;
    assert_eq!(refusal(submit), "EnforcedPause");

    // Everything goes out.
    let tasks = harness.market.tasks();
    late.send("cancelling", tasks.cancelTask(open)).await?;
    late.send("withdrawing", escrow.withdraw(ogpu(1_000)))
        .await?;
    assert_eq!(harness.tokens(&late).await?, ogpu(1_000));
    provider
        .account
        .send("unbonding", vault.requestUnbond(ogpu(900)))
        .await?;

    // Once a window, and once in thirty days by anybody.
    let receipt = poke(&harness, watched).await?;
    assert!(events::<Tripped>(&receipt).is_empty());
    let until = harness.chain().now().await? + DAY;
    assert_eq!(
        refusal(guardian.send("pausing", watchdog.pause(until)).await),
        "NothingPaused"
    );
    harness.advance(3_600).await?;
    harness.market.deposit(&newcomer, ogpu(10)).await?;
    harness.check_books().await
}

#[tokio::test]
async fn a_pause_by_hand_uses_up_that_of_the_breakers_until_the_owner_gives_it_back() -> Result<()>
{
    let (harness, guardian) = guarded().await?;
    let client = harness.client().await?;
    let watchdog = harness.market.watchdog();
    let watched = harness.market.addresses().escrow;
    let until = harness.chain().now().await? + 300;
    assert_eq!(
        refusal(client.send("pausing", watchdog.pause(until)).await),
        "NotGuardian"
    );
    guardian.send("pausing", watchdog.pause(until)).await?;
    assert_eq!(pauses(&harness).await?, [until; 3]);
    begin(&harness).await?;

    let escrow = harness.market.escrow();
    client
        .send("withdrawing", escrow.withdraw(ogpu(600)))
        .await?;
    let receipt = poke(&harness, watched).await?;
    assert_eq!(events::<Tripped>(&receipt)[0].paused, 0);
    let failed = events::<PauseFailed>(&receipt);
    assert_eq!(failed.len(), 3);
    for failure in failed {
        assert_eq!(
            Reason::decode(&failure.reason).name(),
            Some("GuardianMustWait")
        );
    }
    assert_eq!(pauses(&harness).await?, [until; 3]);

    let vault = harness.market.addresses().vault;
    let pausable = Pausable::new(vault, harness.chain().provider());
    let again = pausable.setGuardian(harness.market.addresses().watchdog);
    harness.owner.send("arming", again).await?;
    let receipt = poke(&harness, watched).await?;
    let tripped = &events::<Tripped>(&receipt)[0];
    assert_eq!(tripped.paused, 1);
    assert_eq!(pauses(&harness).await?, [until, tripped.until, until]);
    Ok(())
}

#[tokio::test]
async fn a_longer_pause_of_the_owner_is_not_shortened() -> Result<()> {
    let (harness, guardian) = guarded().await?;
    let (now, vault) = (
        harness.chain().now().await?,
        harness.market.addresses().vault,
    );
    let (soon, late) = (now + 300, now + 6 * DAY);
    let pausable = Pausable::new(vault, harness.chain().provider());
    harness.owner.send("pausing", pausable.pause(late)).await?;
    let watchdog = harness.market.watchdog();
    let receipt = guardian.send("pausing", watchdog.pause(soon)).await?;
    assert!(events::<PauseFailed>(&receipt).is_empty());
    assert_eq!(pauses(&harness).await?, [soon, late, soon]);
    Ok(())
}

#[tokio::test]
async fn programs_are_kept_alive_and_expired_ones_brought_back() -> Result<()> {
    let stage = Stage::new().await?;
    if !stage.may_wait(366 * DAY, "the expiry of programs") {
        return Ok(());
    }
    let harness = Harness::on(stage, |_| ()).await?;
    let watchdog = harness.market.watchdog();
    let purse = U256::from(10).pow(U256::from(17));
    let payer = harness.stage().account_with(10_u64.pow(18)).await?;
    let programs: Vec<Address> = harness
        .deployment
        .contracts
        .values()
        .map(|contract| contract.implementation)
        .collect();
    let escrow = harness.deployment.contracts["payment-escrow"].implementation;
    let left = async |program| harness.chain().read("", watchdog.timeLeftOf(program)).await;

    let soon = payer
        .send("extending", watchdog.keepAlive(escrow).value(purse))
        .await;
    assert_eq!(refusal(soon), "ProgramKeepaliveTooSoon");
    harness.advance(40 * DAY).await?;
    assert!(left(escrow).await? <= 325 * DAY);

    // What is left of the ether goes back.
    let before = harness.chain().ether(payer.address()).await?;
    let receipt = payer
        .send("extending", watchdog.keepAlive(escrow).value(purse))
        .await?;
    let kept = &events::<KeptAlive>(&receipt)[0];
    assert_eq!(kept.program, escrow);
    assert!(!kept.fee.is_zero() && kept.fee < purse, "{}", kept.fee);
    let gas = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    assert_eq!(
        before - harness.chain().ether(payer.address()).await?,
        kept.fee + gas
    );
    assert!((364 * DAY..=365 * DAY).contains(&left(escrow).await?));

    // All others, and a proxy for the program of all proxies, which is there twice then.
    let mut all = programs.clone();
    all.push(harness.market.addresses().token);
    let receipt = payer
        .send("extending", watchdog.keepAliveAll(all).value(purse))
        .await?;
    assert_eq!(
        events::<KeptAlive>(&receipt).len(),
        programs.len() - 1,
        "of {programs:?}"
    );
    let left_out = events::<NotKeptAlive>(&receipt);
    assert_eq!(
        left_out
            .iter()
            .map(|event| event.program)
            .collect::<Vec<_>>(),
        [escrow, harness.market.addresses().token]
    );
    for event in &left_out {
        assert_eq!(
            Reason::decode(&event.reason).name(),
            Some("ProgramKeepaliveTooSoon")
        );
    }
    let address = harness.market.addresses().watchdog;
    assert_eq!(harness.chain().ether(address).await?, U256::ZERO);
    for &program in &programs {
        assert!((364 * DAY..=365 * DAY).contains(&left(program).await?));
    }

    // Too late for all of them: nothing can be called, until anybody activates the programs again.
    harness.advance(366 * DAY).await?;
    assert!(left(escrow).await.is_err());
    let wasm = ArbWasm::new(ARB_WASM, harness.chain().provider());
    for name in ["proxy-uups", "watchdog", "payment-escrow"] {
        let program = harness.deployment.contracts[name].implementation;
        payer
            .send("activating", wasm.activateProgram(program).value(purse))
            .await?;
    }
    assert!((364 * DAY..=365 * DAY).contains(&left(escrow).await?));
    let vault = harness.deployment.contracts["staking-vault"].implementation;
    let expired = left(vault).await;
    assert_eq!(refusal(expired), "ProgramExpired");
    let owner = harness.owner.address();
    let balance = harness.market.escrow();
    let balance = harness
        .chain()
        .read("reading", balance.balanceOf(owner))
        .await
        .map_err(|error| eyre!("the escrow did not come back: {error}"))?;
    assert_eq!(balance, U256::ZERO);
    Ok(())
}
