//! What holders decide of the market: its fee, its disputes, its oracles, its guardian.

use eyre::Result;
use ogpu_client::{
    Status,
    alloy::primitives::U256,
    bindings::{GovernanceDao, Owned, Pausable, TaskManager, VerificationCommittee, Watchdog},
    governance::ProposalState,
};
use ogpu_tests::{ogpu, refusal};

use super::{Assembly, call};

#[tokio::test]
async fn a_proposal_changes_the_fee_and_running_tasks_keep_theirs() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let running = harness.open_for(&client, 3_600).await?;
    harness.bid(&provider, running, 80).await?;

    let mut parameters = harness.settings.parameters.clone();
    assert_eq!(parameters.feeBps, 250);
    parameters.feeBps = 500;
    let market = harness.market.addresses().task_manager;
    let set = call(market, TaskManager::setParametersCall { parameters });
    assembly.decide(vec![set], "# Twice the fee").await?;

    // 80 oGPU less 2.5 %, then 80 less 5 %.
    for (task, paid) in [(Some(running), 78), (None, 78 + 76)] {
        let task = match task {
            Some(task) => task,
            None => {
                let task = harness.open(&client).await?;
                harness.bid(&provider, task, 80).await?;
                task
            }
        };
        harness.assign(&client, task, &provider).await?;
        harness.deliver(&provider, task).await?;
        harness.accept(&client, task).await?;
        harness.outlast(task).await?;
        harness.finalize(task).await?;
        assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(paid));
    }
    harness.check_books().await
}

#[tokio::test]
async fn a_dispute_is_arbitrated_by_vote() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let task = harness
        .task_in(Status::Disputed, &client, &provider)
        .await?;
    let resolve = TaskManager::resolveDisputeCall {
        taskId: task,
        providerBps: 2_500,
        slashAmount: U256::ZERO,
    };
    let tasks = harness.market.tasks();
    let own = tasks.resolveDispute(task, 2_500, U256::ZERO);
    let refused = harness.owner.send("resolving", own);
    assert_eq!(refusal(refused.await), "OwnableUnauthorizedAccount");
    let market = harness.market.addresses().task_manager;
    assembly
        .decide(vec![call(market, resolve)], "# A quarter")
        .await?;
    assert_eq!(harness.status(task).await?, Status::Resolved);
    // A quarter of 80 less the fee of 2.5 %.
    let earned = harness.in_escrow(&provider.account).await?;
    assert_eq!(earned * U256::from(10), ogpu(195));
    harness.check_books().await
}

#[tokio::test]
async fn an_oracle_is_removed() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let bond = harness.settings.committee.min_bond;
    let node = harness.actor(100).await?;
    harness.market.join_committee(&node, bond).await?;
    let committee = harness.market.addresses().committee;
    let tasks = harness.market.addresses().task_manager;
    let remove = VerificationCommittee::removeNodeCall {
        node: node.address(),
        slash: bond,
    };
    let retire = TaskManager::retireVerifierCall { number: 2 };
    let actions = vec![call(committee, remove), call(tasks, retire)];
    assembly.decide(actions, "# Out").await?;
    let member = harness.market.node_of(node.address()).await?;
    assert_eq!(member.bond, U256::ZERO);
    let view = harness.market.tasks();
    let entry = harness.chain().read("", view.verifierAt(2)).await?;
    assert!(!entry.approved);
    let again = node
        .send("joining", harness.market.committee().join(bond))
        .await;
    assert_eq!(refusal(again), "NotAllowed");
    Ok(())
}

#[tokio::test]
async fn the_guardian_pauses_and_cancels_and_the_dao_lifts() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    // The DAO names its guardian itself.
    let guardian = harness.actor(0).await?;
    let addresses = *harness.market.addresses();
    let governor = assembly.dao.addresses().governor;
    let actions = vec![
        call(
            addresses.watchdog,
            Watchdog::setGuardianCall {
                guardian: guardian.address(),
            },
        ),
        call(
            governor,
            GovernanceDao::setProposalGuardianCall {
                newProposalGuardian: guardian.address(),
            },
        ),
    ];
    assembly.decide(actions, "# A guardian").await?;

    let watchdog = harness.market.watchdog();
    let until = harness.chain().now().await? + 3_600;
    guardian.send("pausing", watchdog.pause(until)).await?;
    let client = harness.actor(100).await?;
    let refused = harness.market.deposit(&client, ogpu(10)).await;
    assert_eq!(refusal(refused), "EnforcedPause");
    let lift = call(addresses.escrow, Pausable::unpauseCall {});
    assembly.decide(vec![lift.clone()], "# Go on").await?;
    harness.market.deposit(&client, ogpu(10)).await?;

    // It cancels what is queued, and can do nothing else.
    let id = assembly.queued(vec![lift], "# Never").await?;
    assembly.dao.cancel(&guardian, id).await?;
    assert_eq!(assembly.dao.state(id).await?, ProposalState::Canceled);
    let refused = assembly.dao.execute(&guardian, id).await;
    assert_eq!(refusal(refused), "GovernorUnexpectedProposalState");
    let owned = Owned::new(addresses.escrow, harness.chain().provider());
    let call = owned.transferOwnership(guardian.address());
    let refused = guardian.send("taking", call).await;
    assert_eq!(refusal(refused), "OwnableUnauthorizedAccount");
    Ok(())
}
