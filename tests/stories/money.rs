//! Deposits, permits, stakes on their way out, pauses.

use eyre::Result;
use ogpu_client::{
    Account, Status,
    alloy::{
        primitives::{Address, B256, U256, address},
        signers::{SignerSync as _, local::PrivateKeySigner},
        sol_types::{SolStruct as _, eip712_domain},
    },
    bindings::{Pausable, token::Permit},
};
use ogpu_tests::{Harness, Stage, ogpu, refusal};

#[tokio::test]
async fn a_permit_deposits_without_an_approval() -> Result<()> {
    let harness = Harness::new().await?;
    let key = PrivateKeySigner::random();
    let holder = Account::new(harness.chain().clone(), key.clone());
    let sponsor = harness.actor(0).await?;
    sponsor
        .send_ether(holder.address(), U256::from(1_000_000_000_000_000_u64))
        .await?;
    let token = harness.market.token();
    harness
        .owner
        .send("sending", token.transfer(holder.address(), ogpu(50)))
        .await?;

    let deadline = U256::from(harness.chain().now().await? + 3_600);
    let signature = |spender: Address, value: U256, nonce: u64| {
        let domain = eip712_domain! {
            name: "OGPU",
            version: "1",
            chain_id: harness.chain().id(),
            verifying_contract: harness.market.addresses().token,
        };
        let permit = Permit {
            owner: holder.address(),
            spender,
            value,
            nonce: U256::from(nonce),
            deadline,
        };
        let signature = key
            .sign_hash_sync(&permit.eip712_signing_hash(&domain))
            .expect("a local key signs");
        let (r, s) = (B256::from(signature.r()), B256::from(signature.s()));
        (27 + u8::from(signature.v()), r, s)
    };

    let addresses = harness.market.addresses();
    let escrow = harness.market.escrow();
    let (v, r, s) = signature(addresses.escrow, ogpu(30), 0);
    holder
        .send(
            "depositing",
            escrow.depositWithPermit(ogpu(30), deadline, v, r, s),
        )
        .await?;
    assert_eq!(harness.in_escrow(&holder).await?, ogpu(30));
    let again = holder
        .send(
            "depositing",
            escrow.depositWithPermit(ogpu(30), deadline, v, r, s),
        )
        .await;
    assert!(again.is_err(), "a permit is good once");

    let vault = harness.market.vault();
    let (v, r, s) = signature(addresses.vault, ogpu(20), 1);
    holder
        .send(
            "staking",
            vault.stakeWithPermit(ogpu(20), deadline, v, r, s),
        )
        .await?;
    assert_eq!(
        harness
            .chain()
            .read("reading", vault.totalStakeOf(holder.address()))
            .await?,
        ogpu(20)
    );
    assert_eq!(harness.tokens(&holder).await?, U256::ZERO);
    Ok(())
}

#[tokio::test]
async fn a_task_takes_what_is_missing_in_the_escrow_by_allowance() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.actor(100).await?;
    harness.market.deposit(&client, ogpu(30)).await?;
    let without = harness
        .market
        .submit_task(&client, "ipfs://job", ogpu(100), 60)
        .await;
    assert_eq!(refusal(without), "ERC20InsufficientAllowance");
    harness
        .market
        .allow(&client, harness.market.addresses().escrow, ogpu(70))
        .await?;
    let task = harness.open(&client).await?;
    assert_eq!(harness.in_escrow(&client).await?, U256::ZERO);
    assert_eq!(harness.tokens(&client).await?, U256::ZERO);
    let locked = harness
        .market
        .escrow()
        .lockedOf(client.address())
        .call()
        .await?;
    assert_eq!(locked, ogpu(100));
    client
        .send("cancelling", harness.market.tasks().cancelTask(task))
        .await?;
    assert_eq!(harness.in_escrow(&client).await?, ogpu(100));
    harness.check_books().await
}

#[tokio::test]
async fn unbonding_stake_stays_slashable() -> Result<()> {
    let harness = Harness::new().await?;
    let provider = harness.provider().await?;
    let account = &provider.account;
    let vault = harness.market.vault();
    let locked = account
        .send("unbonding", vault.requestUnbond(ogpu(901)))
        .await;
    assert_eq!(refusal(locked), "InsufficientFreeStake");
    account
        .send("unbonding", vault.requestUnbond(ogpu(500)))
        .await?;
    account
        .send("cancelling", vault.cancelUnbond(ogpu(100)))
        .await?;
    let stake = harness
        .chain()
        .read("reading", vault.accountOf(account.address()))
        .await?;
    assert_eq!(
        (stake.free, stake.locked, stake.unbonding),
        (ogpu(500), ogpu(100), ogpu(400))
    );

    // The owner takes what is unbonding, and in the market what is committed there: card and vault stay alike.
    harness
        .owner
        .send(
            "slashing",
            vault.slash(account.address(), ogpu(150), account.address()),
        )
        .await?;
    let tasks = harness.market.tasks();
    harness
        .owner
        .send(
            "slashing",
            tasks.slashProvider(provider.id, ogpu(30), harness.treasury.address()),
        )
        .await?;
    let stake = harness
        .chain()
        .read("reading", vault.accountOf(account.address()))
        .await?;
    assert_eq!(
        (stake.free, stake.locked, stake.unbonding),
        (ogpu(500), ogpu(70), ogpu(250))
    );
    assert_eq!(harness.collateral(&provider).await?, ogpu(70));
    let too_much = harness.owner.send(
        "slashing",
        tasks.slashProvider(provider.id, ogpu(71), harness.treasury.address()),
    );
    assert_eq!(refusal(too_much.await), "CollateralTooLow");
    harness.check_books().await
}

#[tokio::test]
async fn stake_leaves_only_after_unbonding() -> Result<()> {
    let stage = Stage::new().await?;
    let period = Harness::settings_for_tests().unbonding_period;
    if !stage.may_wait(period, "stake that unbonds") {
        return Ok(());
    }
    let harness = Harness::on(stage, |_| ()).await?;
    let provider = harness.provider().await?;
    let account = &provider.account;
    let vault = harness.market.vault();
    account
        .send("unbonding", vault.requestUnbond(ogpu(350)))
        .await?;
    assert_eq!(
        refusal(account.send("withdrawing", vault.withdrawUnbonded()).await),
        "StillUnbonding"
    );
    let matures_at = harness
        .chain()
        .read("reading", vault.accountOf(account.address()))
        .await?
        .maturesAt;
    // Near the end: a real clock does not stand still while the refusal is tried.
    harness.reach(matures_at - 60).await?;
    assert_eq!(
        refusal(account.send("withdrawing", vault.withdrawUnbonded()).await),
        "StillUnbonding"
    );
    harness.reach(matures_at).await?;
    account
        .send("withdrawing", vault.withdrawUnbonded())
        .await?;
    assert_eq!(harness.tokens(account).await?, ogpu(350));
    assert_eq!(
        refusal(account.send("withdrawing", vault.withdrawUnbonded()).await),
        "NothingUnbonding"
    );
    harness.check_books().await
}

#[tokio::test]
async fn losers_get_their_bonds_back_and_winners_at_settlement() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let (winner, loser) = (harness.provider().await?, harness.provider().await?);
    let tasks = harness.market.tasks();
    let task = harness.open(&client).await?;
    harness.bid(&winner, task, 80).await?;
    harness.bid(&loser, task, 90).await?;
    assert_eq!(harness.collateral(&loser).await?, ogpu(99));
    harness.assign(&client, task, &winner).await?;
    loser
        .account
        .send("withdrawing", tasks.withdrawBid(task, loser.id))
        .await?;
    assert_eq!(harness.collateral(&loser).await?, ogpu(100));
    assert_eq!(harness.collateral(&winner).await?, ogpu(100 - 1 - 8));
    harness.deliver(&winner, task).await?;
    harness.accept(&client, task).await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.collateral(&winner).await?, ogpu(100));
    let again = winner
        .account
        .send("withdrawing", tasks.withdrawBid(task, winner.id))
        .await;
    assert!(again.is_err(), "the bond is back already");
    harness.check_books().await
}

#[tokio::test]
async fn a_pause_stops_entries_and_no_exit() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let guardian = harness.actor(0).await?;
    let tasks = harness.market.tasks();
    let addresses = *harness.market.addresses();
    let pausable = Pausable::new(addresses.task_manager, harness.chain().provider());
    let delivered = harness
        .task_in(Status::Submitted, &client, &provider)
        .await?;
    let open = harness.open(&client).await?;

    let until = harness.chain().now().await? + 600;
    assert_eq!(
        refusal(guardian.send("pausing", pausable.pause(until)).await),
        "PausableUnauthorizedAccount"
    );
    harness
        .owner
        .send(
            "naming the guardian",
            pausable.setGuardian(guardian.address()),
        )
        .await?;
    let week = harness.chain().now().await? + 8 * 86_400;
    assert_eq!(
        refusal(guardian.send("pausing", pausable.pause(week)).await),
        "PauseOutOfRange"
    );
    guardian.send("pausing", pausable.pause(until)).await?;

    assert_eq!(
        refusal(harness.bid(&provider, open, 80).await),
        "EnforcedPause"
    );
    let submit = harness
        .market
        .submit_task(&client, "ipfs://job", ogpu(1), 60)
        .await;
    assert_eq!(refusal(submit), "EnforcedPause");
    let deposit = provider
        .account
        .send("depositing", tasks.depositCollateral(provider.id, ogpu(1)))
        .await;
    assert_eq!(refusal(deposit), "EnforcedPause");

    // Everything that lets money and stake out goes on.
    client.send("cancelling", tasks.cancelTask(open)).await?;
    harness.accept(&client, delivered).await?;
    harness.outlast(delivered).await?;
    harness.finalize(delivered).await?;
    provider
        .account
        .send(
            "withdrawing",
            tasks.withdrawCollateral(provider.id, ogpu(100)),
        )
        .await?;
    provider
        .account
        .send("withdrawing", harness.market.escrow().withdraw(ogpu(78)))
        .await?;

    assert!(
        guardian.send("lifting", pausable.unpause()).await.is_err(),
        "only the owner lifts a pause"
    );
    harness.owner.send("lifting", pausable.unpause()).await?;
    harness.open(&client).await?;
    harness.check_books().await
}

#[tokio::test]
async fn strangers_set_nothing_and_move_nothing() -> Result<()> {
    let harness = Harness::new().await?;
    let stranger = harness.actor(0).await?;
    let someone = address!("00000000000000000000000000000000000000aa");
    let (escrow, vault, registry) = (
        harness.market.escrow(),
        harness.market.vault(),
        harness.market.registry(),
    );
    let tasks = harness.market.tasks();
    let not_owner = [
        refusal(stranger.send("", escrow.setTaskManager(someone)).await),
        refusal(stranger.send("", escrow.setTreasury(someone)).await),
        refusal(stranger.send("", vault.setTaskManager(someone)).await),
        refusal(stranger.send("", vault.setTreasury(someone)).await),
        refusal(stranger.send("", vault.setSlashSplit(0, 0)).await),
        refusal(stranger.send("", vault.setUnbondingPeriod(86_400)).await),
        refusal(stranger.send("", registry.setTaskManager(someone)).await),
        refusal(
            stranger
                .send("", registry.setScore(U256::ONE, U256::ONE))
                .await,
        ),
        refusal(
            stranger
                .send("", tasks.setSiblings(someone, someone, someone))
                .await,
        ),
        refusal(
            stranger
                .send("", tasks.setParameters(harness.settings.parameters.clone()))
                .await,
        ),
    ];
    let not_owner = not_owner.into_iter().chain([
        refusal(
            stranger
                .send("", tasks.setExtension(someone, [0; 4].into()))
                .await,
        ),
        refusal(
            stranger
                .send("", tasks.slashProvider(U256::ONE, ogpu(1), someone))
                .await,
        ),
        refusal(
            stranger
                .send("", tasks.resolveDispute(U256::ONE, 0, U256::ZERO))
                .await,
        ),
    ]);
    for error in not_owner {
        assert_eq!(error, "OwnableUnauthorizedAccount");
    }
    let not_manager = [
        refusal(
            stranger
                .send("", escrow.lock(U256::ONE, someone, ogpu(1)))
                .await,
        ),
        refusal(
            stranger
                .send(
                    "",
                    escrow.settle(U256::ONE, someone, ogpu(1), someone, ogpu(1), U256::ZERO),
                )
                .await,
        ),
        refusal(stranger.send("", vault.lock(someone, ogpu(1))).await),
        refusal(stranger.send("", vault.unlock(someone, ogpu(1))).await),
        refusal(
            stranger
                .send(
                    "",
                    registry.recordOutcome(U256::ONE, U256::ONE, someone, ogpu(1), 10_000, 0),
                )
                .await,
        ),
    ];
    assert_eq!(not_manager, ["NotTaskManager"; 5]);
    assert_eq!(
        refusal(
            stranger
                .send("", vault.slash(someone, ogpu(1), someone))
                .await
        ),
        "NotSlasher"
    );
    Ok(())
}
