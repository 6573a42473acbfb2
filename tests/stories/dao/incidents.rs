//! What has cost other DAOs dearly, tried here.

use eyre::Result;
use ogpu_client::{
    DaoAddresses,
    alloy::{
        primitives::{Address, B256, Bytes, U256, hex, keccak256},
        providers::Provider as _,
        sol_types::SolCall,
    },
    bindings::{GovernanceDao, PaymentEscrow, Timelock},
    governance::{Action, Proposal, ProposalState, Support},
    programs::creation_code,
};
use ogpu_tests::{ogpu, refusal};

use super::{Assembly, TERMS, call, upgrade};
use crate::verifiers::create;

/// Code that makes a call the first time it is called, and fails as that fails.
fn calls_once(target: Address, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    [
        // if sload(0): stop; sstore(0, 1); codecopy(0, 0x3b, length)
        hex!("5f 54 6039 57 6001 5f 55 61").as_slice(),
        &length,
        // call(gas, target, 0, 0, length, 0, 0)
        &hex!("61003b 5f 39 5f 5f 61"),
        &length,
        &hex!("5f 5f 73"),
        target.as_slice(),
        // or returndatacopy(0, 0, returndatasize); revert(0, returndatasize)
        &hex!("5a f1 6039 57 3d 5f 5f 3e 3d 5f fd 5b 00"),
        data,
    ]
    .concat()
}

/// A call without data.
fn poke(target: Address) -> Action {
    Action {
        target,
        value: U256::ZERO,
        data: Bytes::new(),
    }
}

/// What the timelock is told of these calls, but for the delay.
fn batch(actions: &[Action], salt: B256) -> Timelock::executeBatchCall {
    let actions = actions.iter();
    Timelock::executeBatchCall {
        targets: actions.clone().map(|action| action.target).collect(),
        values: actions.clone().map(|action| action.value).collect(),
        payloads: actions.map(|action| action.data.clone()).collect(),
        predecessor: B256::ZERO,
        salt,
    }
}

fn scheduled(batch: Timelock::executeBatchCall, delay: u64) -> Timelock::scheduleBatchCall {
    Timelock::scheduleBatchCall {
        targets: batch.targets,
        values: batch.values,
        payloads: batch.payloads,
        predecessor: batch.predecessor,
        salt: batch.salt,
        delay: U256::from(delay),
    }
}

/// The salt of a proposal in the timelock.
fn salt(governor: Address, description: &str) -> B256 {
    let mut own = B256::ZERO;
    own[..20].copy_from_slice(governor.as_slice());
    own ^ keccak256(description)
}

impl Assembly {
    /// Where the next contract of the deployer will be.
    async fn next_contract(&self) -> Result<Address> {
        let owner = self.harness.owner.address();
        let provider = self.harness.chain().provider();
        Ok(owner.create(provider.get_transaction_count(owner).await?))
    }

    /// Creates a contract that [`calls_once`], where it is expected.
    async fn caller(&self, expected: Address, target: Address, call: impl SolCall) -> Result<()> {
        let code = creation_code(&calls_once(target, &call.abi_encode()));
        assert_eq!(create(&self.harness.owner, code).await?, expected);
        Ok(())
    }
}

#[tokio::test]
async fn borrowed_tokens_have_no_votes_and_proposals_have_a_price() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let token = harness.market.token();
    let borrower = harness.actor(0).await?;
    borrower
        .send("delegating", token.delegate(borrower.address()))
        .await?;
    let proposal = Proposal {
        actions: vec![upgrade(
            harness.market.addresses().escrow,
            borrower.address(),
        )],
        description: "# Mine".to_owned(),
    };
    let poor = dao.propose(&borrower, &proposal).await;
    assert_eq!(refusal(poor), "GovernorInsufficientProposerVotes");

    let (id, _) = dao.propose(&harness.owner, &proposal).await?;
    assembly.pass(dao.proposal(id).await?.snapshot).await?;
    // The whole supply, a moment after the snapshot.
    let all = harness.tokens(&harness.owner).await?;
    let lend = token.transfer(borrower.address(), all);
    harness.owner.send("lending", lend).await?;
    dao.vote(&borrower, id, Support::For, "").await?;
    let view = dao.proposal(id).await?;
    assert_eq!(view.for_votes, U256::ZERO);
    // Who held it then still has its votes.
    dao.vote(&harness.owner, id, Support::Against, "").await?;
    assert_eq!(dao.proposal(id).await?.against_votes, all);
    assembly.pass(dao.proposal(id).await?.deadline).await?;
    assert_eq!(dao.state(id).await?, ProposalState::Defeated);
    Ok(())
}

#[tokio::test]
async fn a_proposal_does_not_run_inside_itself() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let DaoAddresses { governor, timelock } = assembly.dao.addresses();
    let called = async |caller: Address| {
        let provider = harness.chain().provider();
        provider.get_storage_at(caller, U256::ZERO).await
    };

    // Through the timelock, which anybody may tell to execute.
    let description = "# Twice, by the timelock";
    let caller = assembly.next_contract().await?;
    let actions = vec![poke(caller)];
    let again = batch(&actions, salt(governor, description));
    assembly.caller(caller, timelock, again).await?;
    let reason = assembly.decide_in_vain(actions, description).await?;
    assert_eq!(reason, "TimelockUnexpectedOperationState");
    assert_eq!(called(caller).await?, U256::ZERO);

    // Through the governor.
    let description = "# Twice, by the governor";
    let caller = assembly.next_contract().await?;
    let actions = vec![poke(caller)];
    let proposal = Proposal {
        actions: actions.clone(),
        description: description.to_owned(),
    };
    let again = GovernanceDao::execute_1Call {
        proposalId: proposal.id(),
    };
    assembly.caller(caller, governor, again).await?;
    let reason = assembly.decide_in_vain(actions, description).await?;
    assert_eq!(reason, "GovernorUnexpectedProposalState");
    assert_eq!(called(caller).await?, U256::ZERO);
    Ok(())
}

#[tokio::test]
async fn what_runs_was_scheduled_before() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let DaoAddresses { governor, timelock } = assembly.dao.addresses();
    let promote = |account| {
        let role = keccak256("PROPOSER_ROLE");
        call(timelock, Timelock::grantRoleCall { role, account })
    };
    let state = async |id: B256| {
        let view = assembly.dao.timelock();
        harness.chain().read("", view.getOperationState(id)).await
    };
    let (unset, waiting) = (0, 1);

    // A stranger's batch that takes the delay away, takes a role, and then schedules itself.
    let caller = assembly.next_contract().await?;
    let hurry = Timelock::updateDelayCall {
        newDelay: U256::ZERO,
    };
    let actions = [call(timelock, hurry), promote(caller), poke(caller)];
    let itself = batch(&actions, B256::ZERO);
    assembly
        .caller(caller, timelock, scheduled(itself.clone(), 0))
        .await?;
    let view = assembly.dao.timelock();
    let execute = view.executeBatch(
        itself.targets,
        itself.values,
        itself.payloads,
        itself.predecessor,
        itself.salt,
    );
    let stranger = harness.actor(0).await?;
    let refused = stranger.send("executing", execute).await;
    assert_eq!(refusal(refused), "TimelockUnexpectedOperationState");
    let delay = harness.chain().read("", view.getMinDelay()).await?;
    assert_eq!(delay, U256::from(TERMS[3]));

    // A proposal that schedules itself again while it runs.
    let description = "# Again and again";
    let caller = assembly.next_contract().await?;
    let actions = vec![promote(caller), poke(caller)];
    let again = batch(&actions, salt(governor, description));
    assembly
        .caller(caller, timelock, scheduled(again, TERMS[3]))
        .await?;
    let reason = assembly.decide_in_vain(actions, description).await?;
    assert_eq!(reason, "TimelockUnexpectedOperationState");

    // Another operation it may schedule, which waits as any other.
    let caller = assembly.next_contract().await?;
    let other = batch(&[poke(stranger.address())], B256::ZERO);
    let id = view.hashOperationBatch(
        other.targets.clone(),
        other.values.clone(),
        other.payloads.clone(),
        other.predecessor,
        other.salt,
    );
    let id = harness.chain().read("", id).await?;
    assembly
        .caller(caller, timelock, scheduled(other, TERMS[3]))
        .await?;
    assert_eq!(state(id).await?, unset);
    let actions = vec![promote(caller), poke(caller)];
    assembly.decide(actions, "# Something else").await?;
    assert_eq!(state(id).await?, waiting);
    Ok(())
}

#[tokio::test]
async fn a_lower_quorum_revives_nothing() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let governor = dao.addresses().governor;
    // A hundredth of the supply, where four are a quorum.
    let voter = assembly.voter(10_000_000).await?;
    let lost = async |description: &str| -> Result<U256> {
        let treasury = voter.address();
        let set = PaymentEscrow::setTreasuryCall { treasury };
        let proposal = Proposal {
            actions: vec![call(harness.market.addresses().escrow, set)],
            description: description.to_owned(),
        };
        let (id, _) = dao.propose(&voter, &proposal).await?;
        assembly.pass(dao.proposal(id).await?.snapshot).await?;
        dao.vote(&voter, id, Support::For, "").await?;
        assembly.pass(dao.proposal(id).await?.deadline).await?;
        Ok(id)
    };
    let id = lost("# Before").await?;
    assert_eq!(dao.state(id).await?, ProposalState::Defeated);

    let lower = GovernanceDao::updateQuorumNumeratorCall {
        newQuorumNumerator: U256::ONE,
    };
    let lower = vec![call(governor, lower)];
    assembly.decide(lower, "# One in a hundred").await?;
    assert_eq!(dao.state(id).await?, ProposalState::Defeated);
    let refused = dao.queue(&voter, id).await;
    assert_eq!(refusal(refused), "GovernorUnexpectedProposalState");
    let view = dao.governor();
    let snapshot = dao.proposal(id).await?.snapshot;
    let quorum = harness.chain().read("", view.quorum(snapshot)).await?;
    assert_eq!(quorum, ogpu(40_000_000));

    let id = lost("# After").await?;
    assert_eq!(dao.state(id).await?, ProposalState::Succeeded);
    Ok(())
}

#[tokio::test]
async fn a_proposal_that_names_its_proposer_is_nobody_elses() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let (proposer, stranger) = (&harness.owner, assembly.voter(200_000).await?);
    let propose = |description: String| {
        let treasury = proposer.address();
        let set = PaymentEscrow::setTreasuryCall { treasury };
        let actions = vec![call(harness.market.addresses().escrow, set)];
        Proposal {
            actions,
            description,
        }
    };
    // Who copies what is about to be proposed becomes its proposer, and can take it back for good.
    let plain = propose("# Anybody's".to_owned());
    let (id, _) = dao.propose(&stranger, &plain).await?;
    dao.cancel(&stranger, id).await?;
    let refused = dao.propose(proposer, &plain).await;
    assert_eq!(refusal(refused), "GovernorUnexpectedProposalState");

    let address = proposer.address();
    for named in [
        propose(format!("# Mine\n\n#proposer={address}")),
        propose("# Mine".to_owned()).reserved_for(address),
    ] {
        let refused = dao.propose(&stranger, &named).await;
        assert_eq!(refusal(refused), "GovernorRestrictedProposer");
        let (id, _) = dao.propose(proposer, &named).await?;
        let refused = dao.cancel(&stranger, id).await;
        assert_eq!(refusal(refused), "GovernorUnableToCancel");
        assert_eq!(dao.state(id).await?, ProposalState::Pending);
        dao.cancel(proposer, id).await?;
        assert_eq!(dao.state(id).await?, ProposalState::Canceled);
    }
    Ok(())
}
