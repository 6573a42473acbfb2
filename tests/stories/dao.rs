//! The DAO at work: holders vote, the timelock owns everything and does what they decide, and nobody else does anything.

use std::collections::BTreeSet;

use eyre::Result;
use ogpu_client::{
    Account, ClientError, DaoAddresses, Status,
    alloy::{
        primitives::{Address, B256, Bytes, U256, keccak256},
        providers::Provider as _,
        rpc::types::Filter,
        sol_types::SolCall,
    },
    bindings::{
        ArbWasm, GovernanceDao, Owned, Pausable, PaymentEscrow, TaskManager,
        Timelock::{self, RoleGranted, RoleRevoked},
        VerificationCommittee, Watchdog,
        arbos::ARB_WASM,
    },
    deploy::GovernanceSettings,
    governance::{Action, Dao, Proposal, ProposalState, Support, votes_in},
    programs::creation_code,
    proxy_init::{IMPLEMENTATION_SLOT, proxy_creation_code},
};
use ogpu_tests::{Harness, ogpu, programs, refusal};

use super::verifiers::{create, program};

/// The DAO of the stories, in seconds: voting begins after 10, and takes 40, or 10 more after a late quorum; the timelock takes 20.
const TERMS: [u64; 4] = [10, 40, 10, 20];

/// A market that its holders govern. The account that deployed it holds the supply, and its votes.
struct Assembly {
    harness: Harness,
    dao: Dao,
}

impl Assembly {
    async fn new() -> Result<Self> {
        let [voting_delay, voting_period, vote_extension, timelock_delay] = TERMS;
        let harness = Harness::with(|settings| {
            settings.governance = Some(GovernanceSettings {
                voting_delay,
                voting_period: voting_period as u32,
                vote_extension,
                timelock_delay,
                ..GovernanceSettings::default()
            });
        })
        .await?;
        let dao = harness.market.dao(&harness.deployment)?;
        let holder = &harness.owner;
        let call = harness.market.token();
        let call = call.delegate(holder.address());
        holder.send("delegating", call).await?;
        harness.watch(dao.addresses().timelock);
        harness.advance(1).await?;
        Ok(Self { harness, dao })
    }

    fn proxies(&self) -> impl Iterator<Item = (&String, Address)> {
        let contracts = self.harness.deployment.contracts.iter();
        contracts.filter_map(|(name, contract)| Some((name, contract.proxy?)))
    }

    async fn clock(&self) -> Result<u64> {
        let call = self.dao.governor();
        let clock = self.harness.chain().read("", call.clock()).await?;
        Ok(clock.to())
    }

    /// Waits until the clock has passed `reading`.
    async fn pass(&self, reading: U256) -> Result<()> {
        let reading: u64 = reading.saturating_to();
        let now = self.clock().await?;
        self.harness
            .advance((reading + 1).saturating_sub(now))
            .await
    }

    /// Has the holders decide for calls, up to where they can be executed.
    async fn queued(&self, actions: Vec<Action>, why: &str) -> Result<U256> {
        let (harness, holder) = (&self.harness, &self.harness.owner);
        let description = why.to_owned();
        let proposal = Proposal {
            actions,
            description,
        };
        let proposal = proposal.reserved_for(holder.address());
        let stolen = self.dao.propose(&harness.treasury, &proposal).await;
        assert_eq!(refusal(stolen), "GovernorRestrictedProposer");
        let (id, _) = self.dao.propose(holder, &proposal).await?;
        let view = self.dao.proposal(id).await?;
        assert_eq!(view.state, ProposalState::Pending);
        assert_eq!(view.actions, proposal.actions);
        self.pass(view.snapshot).await?;
        self.dao.vote(holder, id, Support::For, "").await?;
        self.pass(self.dao.proposal(id).await?.deadline).await?;
        assert_eq!(self.dao.state(id).await?, ProposalState::Succeeded);
        // Whoever happens to be there does the rest.
        let anyone = &harness.treasury;
        self.dao.queue(anyone, id).await?;
        let timelock = self.dao.timelock();
        let operation = proposal.operation(self.dao.addresses().governor);
        let state = timelock.getOperationState(operation);
        assert_eq!(harness.chain().read("", state).await?, 1, "it waits");
        let early = self.dao.execute(anyone, id).await;
        assert_eq!(refusal(early), "TimelockUnexpectedOperationState");
        harness.reach(self.dao.proposal(id).await?.eta.to()).await?;
        Ok(id)
    }

    /// Has the holders decide for calls, and the timelock make them.
    async fn decide(&self, actions: Vec<Action>, why: &str) -> Result<()> {
        let id = self.queued(actions, why).await?;
        self.dao.execute(&self.harness.treasury, id).await?;
        assert_eq!(self.dao.state(id).await?, ProposalState::Executed);
        Ok(())
    }

    /// Has the holders decide for calls that cannot be made: nothing happens.
    async fn decide_in_vain(&self, actions: Vec<Action>, why: &str) -> Result<&'static str> {
        let id = self.queued(actions, why).await?;
        let result = self.dao.execute(&self.harness.treasury, id).await;
        let reason = refusal(result);
        assert_eq!(self.dao.state(id).await?, ProposalState::Queued);
        Ok(reason)
    }
}

fn call(target: Address, call: impl SolCall) -> Action {
    Action {
        target,
        value: U256::ZERO,
        data: call.abi_encode().into(),
    }
}

fn upgrade(target: Address, to: Address) -> Action {
    let data = Bytes::new();
    let call = Owned::upgradeToAndCallCall {
        newImplementation: to,
        data,
    };
    self::call(target, call)
}

#[tokio::test]
async fn the_timelock_owns_everything_and_the_deployer_nothing() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, addresses) = (&assembly.harness, assembly.dao.addresses());
    let (chain, deployer) = (harness.chain(), &harness.owner);
    let mut owned = 0;
    for (name, proxy) in assembly.proxies() {
        let contract = Owned::new(proxy, chain.provider());
        let owner = chain.read("", contract.owner()).await?;
        assert_eq!(owner, addresses.timelock, "{name}");
        let call = contract.upgradeToAndCall(proxy, Bytes::new());
        let refused = deployer.send("upgrading", call).await;
        assert_eq!(refusal(refused), "OwnableUnauthorizedAccount", "{name}");
        let call = contract.transferOwnership(deployer.address());
        let refused = deployer.send("taking", call).await;
        assert_eq!(refusal(refused), "OwnableUnauthorizedAccount", "{name}");
        owned += 1;
    }
    assert_eq!(owned, 12, "contracts with an owner");

    // Exactly these roles, as the timelock's own log tells them.
    let filter = Filter::new().address(addresses.timelock).from_block(0);
    let logs = chain.provider().get_logs(&filter).await?;
    let mut roles = BTreeSet::new();
    for log in &logs {
        if let Ok(granted) = log.log_decode::<RoleGranted>() {
            roles.insert((granted.inner.role, granted.inner.account));
        }
        if let Ok(revoked) = log.log_decode::<RoleRevoked>() {
            roles.remove(&(revoked.inner.role, revoked.inner.account));
        }
    }
    let expected = [
        (B256::ZERO, addresses.timelock),
        (keccak256("PROPOSER_ROLE"), addresses.governor),
        (keccak256("CANCELLER_ROLE"), addresses.governor),
        (keccak256("EXECUTOR_ROLE"), Address::ZERO),
    ];
    assert_eq!(roles, BTreeSet::from(expected));
    for (role, account) in expected {
        let call = assembly.dao.timelock();
        assert!(chain.read("", call.hasRole(role, account)).await?);
        let call = call.hasRole(role, deployer.address());
        assert!(!chain.read("", call).await?);
    }

    // Guardians and treasuries are nobody's but who was named.
    let read = |proxy| Pausable::new(proxy, chain.provider());
    let market = harness.market.addresses();
    for target in [market.escrow, market.vault, market.task_manager] {
        let guardian = chain.read("", read(target).guardian()).await?;
        assert_eq!(guardian, market.watchdog);
    }
    let call = harness.market.committee();
    assert_eq!(chain.read("", call.planter()).await?, Address::ZERO);
    Ok(())
}

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
async fn a_proposal_upgrades_every_contract_with_live_tasks_in_flight() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let mut tasks = vec![];
    for status in [Status::Open, Status::Finalized, Status::Failed] {
        tasks.push((harness.task_in(status, &client, &provider).await?, status));
    }
    let (token, escrow) = (harness.market.token(), harness.market.escrow());
    let supply = harness.chain().read("", token.totalSupply()).await?;
    let earned = harness.in_escrow(&provider.account).await?;
    let score = harness.score(&provider).await?;

    // The same code at another address is the next version that changes nothing: it is active already.
    let mut upgrades = vec![];
    for (name, proxy) in assembly.proxies() {
        let code = creation_code(&program(name)?);
        let next = create(&harness.owner, code).await?;
        upgrades.push((proxy, next));
    }
    let actions = upgrades.iter().map(|(proxy, next)| upgrade(*proxy, *next));
    assembly
        .decide(actions.collect(), "# The next version")
        .await?;
    for (proxy, next) in upgrades {
        let slot = IMPLEMENTATION_SLOT.into();
        let provider = harness.chain().provider();
        let word = provider.get_storage_at(proxy, slot).await?;
        assert_eq!(Address::from_word(word.into()), next);
    }

    for (task, status) in tasks {
        assert_eq!(harness.status(task).await?, status);
    }
    assert_eq!(harness.chain().read("", token.totalSupply()).await?, supply);
    assert_eq!(harness.in_escrow(&provider.account).await?, earned);
    assert_eq!(harness.score(&provider).await?, score);
    let call = escrow.withdraw(earned);
    provider.account.send("withdrawing", call).await?;
    harness
        .task_in(Status::Finalized, &client, &provider)
        .await?;
    harness.check_books().await?;
    // The new governor counts, the new timelock waits.
    let delay = Timelock::updateDelayCall {
        newDelay: U256::from(TERMS[3] + 1),
    };
    let timelock = assembly.dao.addresses().timelock;
    let slower = self::call(timelock, delay);
    assembly.decide(vec![slower], "# Slower").await
}

#[tokio::test]
async fn a_bad_upgrade_is_refused_and_the_dao_goes_on() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let escrow = harness.market.addresses().escrow;
    let nobody = harness.actor(0).await?.address();
    // An account without code; a contract behind a proxy; a program that is no UUPS implementation; one that is not active: the code
    // of one, changed by one byte that brotli does not care for.
    let mut code = program("payment-escrow")?;
    code.push(0);
    let sleeping = create(&harness.owner, creation_code(&code)).await?;
    let contracts = &harness.deployment.contracts;
    for (to, why) in [
        (nobody, "# No code"),
        (harness.market.addresses().vault, "# A proxy"),
        (contracts["proxy-uups"].implementation, "# No UUPS"),
        (sleeping, "# Not active"),
    ] {
        let reason = assembly
            .decide_in_vain(vec![upgrade(escrow, to)], why)
            .await?;
        assert_eq!(reason, "ERC1967InvalidImplementation", "{why}");
    }
    // A sound implementation, of a contract that lays its storage out in another way.
    let vault = contracts["staking-vault"].implementation;
    let reason = assembly.decide_in_vain(vec![upgrade(escrow, vault)], "# Another's");
    assert_eq!(reason.await?, "UnsupportedStorageLayout");
    // An initialiser does not run twice, whoever asks.
    let again = PaymentEscrow::initializeCall {
        owner: nobody,
        token: nobody,
        treasury: nobody,
    };
    let present = harness.deployment.contracts["payment-escrow"].implementation;
    let upgraded = Owned::upgradeToAndCallCall {
        newImplementation: present,
        data: again.abi_encode().into(),
    };
    let reason = assembly.decide_in_vain(vec![call(escrow, upgraded)], "# Again");
    assert_eq!(reason.await?, "InvalidInitialization");

    let treasury = PaymentEscrow::setTreasuryCall { treasury: nobody };
    assembly
        .decide(vec![call(escrow, treasury)], "# It works")
        .await
}

/// A program's code, changed by a byte that changes nothing but its hash, at a new address; activated.
async fn variant(creator: &Account, name: &str) -> Result<Address> {
    let mut code = program(name)?;
    code.push(0);
    let address = create(creator, creation_code(&code)).await?;
    activate(creator, address).await?;
    Ok(address)
}

async fn activate(account: &Account, program: Address) -> Result<()> {
    let wasm = ArbWasm::new(ARB_WASM, account.chain().provider());
    let call = wasm.activateProgram(program);
    let fee = U256::from(10u64.pow(16)); // what is too much comes back
    account.send("activating", call.value(fee)).await?;
    Ok(())
}

#[tokio::test]
async fn code_that_was_not_voted_on_is_not_upgraded_to() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let escrow = harness.market.addresses().escrow;
    let watchdog = harness.market.addresses().watchdog;
    let pinned = |account, code_hash| {
        let pin = Watchdog::requireCodeCall {
            account,
            codeHash: code_hash,
        };
        vec![call(watchdog, pin), upgrade(escrow, account)]
    };
    let creator = harness
        .stage()
        .account_with(100_000_000_000_000_000)
        .await?;
    let nonce = creator.chain().provider();
    let nonce = nonce.get_transaction_count(creator.address()).await?;
    let later = creator.address().create(nonce);
    let published = keccak256(program("payment-escrow")?);
    let id = assembly.queued(pinned(later, published), "# A new escrow");
    let id = id.await?;
    assert_eq!(variant(&creator, "payment-escrow").await?, later);
    let executed = assembly.dao.execute(&harness.treasury, id).await;
    assert_eq!(refusal(executed), "CodeDiffers");

    // What was published, at the next address.
    let id = assembly.queued(
        pinned(creator.address().create(nonce + 2), published),
        "# The same",
    );
    let id = id.await?;
    let sound = create(&creator, creation_code(&program("payment-escrow")?)).await?;
    assembly.dao.execute(&harness.treasury, id).await?;
    let slot = IMPLEMENTATION_SLOT.into();
    let now = harness.chain().storage(escrow, slot).await?;
    assert_eq!(Address::from_word(now.into()), sound);
    Ok(())
}

#[tokio::test]
async fn an_expired_program_is_not_upgraded_to() -> Result<()> {
    const A_YEAR_AND_A_DAY: u64 = 366 * 86_400;
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let wait = "the expiry of programs after a year";
    if !harness.stage().may_wait(A_YEAR_AND_A_DAY, wait) {
        return Ok(());
    }
    let old = variant(&harness.owner, "payment-escrow").await?;
    harness.advance(A_YEAR_AND_A_DAY).await?;
    for contract in harness.deployment.contracts.values() {
        activate(&harness.owner, contract.implementation).await?;
    }
    let escrow = harness.market.addresses().escrow;
    let reason = assembly.decide_in_vain(vec![upgrade(escrow, old)], "# Expired");
    assert_eq!(reason.await?, "ERC1967InvalidImplementation");
    activate(&harness.owner, old).await?;
    assembly.decide(vec![upgrade(escrow, old)], "# Awake").await
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

#[tokio::test]
async fn signed_ballots_are_posted_together_and_a_bad_one_costs_the_others_nothing() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let token = harness.market.token();
    let mut voters: Vec<Account> = vec![];
    for whole in [1_000, 2_000, 3_000, 4_000] {
        let voter = harness.actor(whole).await?;
        voter
            .send("delegating", token.delegate(voter.address()))
            .await?;
        voters.push(voter);
    }
    harness.advance(1).await?;
    let nothing = call(
        harness.market.addresses().escrow,
        PaymentEscrow::setTreasuryCall {
            treasury: harness.treasury.address(),
        },
    );
    let proposal = Proposal {
        actions: vec![nothing],
        description: "# Ballots".to_owned(),
    };
    let (id, _) = dao.propose(&harness.owner, &proposal).await?;
    assembly.pass(dao.proposal(id).await?.snapshot).await?;
    let mut ballots = vec![];
    for (voter, support) in voters.iter().zip([
        Support::For,
        Support::Against,
        Support::Abstain,
        Support::For,
    ]) {
        let ballot = dao.sign(voter, id, support).await?;
        assert_eq!(dao.check(&ballot).await?, None);
        ballots.push(ballot);
    }
    // The last says another thing than was signed.
    ballots[3].support = Support::Against;
    assert!(dao.check(&ballots[3]).await?.is_some());
    let receipt = dao.post(&harness.treasury, id, &ballots).await?;
    let counted: Vec<_> = votes_in(&receipt).iter().map(|vote| vote.voter).collect();
    assert_eq!(
        counted,
        voters[..3].iter().map(Account::address).collect::<Vec<_>>()
    );
    let view = dao.proposal(id).await?;
    assert_eq!(
        [view.for_votes, view.against_votes, view.abstain_votes],
        [1_000, 2_000, 3_000].map(ogpu)
    );
    // What was counted is not counted again; who was not can still vote.
    let again = dao.post(&harness.treasury, id, &ballots[..3]).await?;
    assert!(votes_in(&again).is_empty());
    dao.vote(&voters[3], id, Support::For, "late").await?;
    assert_eq!(dao.proposal(id).await?.for_votes, ogpu(5_000));
    let twice: Result<_, ClientError> = dao.vote(&voters[0], id, Support::For, "").await;
    assert_eq!(refusal(twice), "GovernorAlreadyCastVote");
    Ok(())
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
async fn the_dao_replaces_its_own_governor() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let addresses = assembly.dao.addresses();
    let deployment = &harness.deployment;
    let initialize = GovernanceDao::initializeCall {
        token: harness.market.addresses().token,
        timelock: addresses.timelock,
        extension: deployment.contracts["governor-admin"].implementation,
        votingDelay: "5".parse()?,
        votingPeriod: 30,
        proposalThreshold: U256::ZERO,
        quorumNumerator: U256::from(10),
        voteExtension: "5".parse()?,
        guardian: Address::ZERO,
    };
    let implementation = deployment.contracts["governance-dao"].implementation;
    let code = proxy_creation_code(
        programs()?.proxy.code(),
        implementation,
        &initialize.abi_encode(),
    );
    let next = create(&harness.owner, code.into()).await?;
    let role = |name: &str| keccak256(name);
    let grant = |name, account| Timelock::grantRoleCall {
        role: role(name),
        account,
    };
    let revoke = |name| Timelock::revokeRoleCall {
        role: role(name),
        account: addresses.governor,
    };
    let timelock = addresses.timelock;
    let delay = Timelock::updateDelayCall {
        newDelay: U256::from(5),
    };
    let actions = vec![
        call(timelock, grant("PROPOSER_ROLE", next)),
        call(timelock, grant("CANCELLER_ROLE", next)),
        call(timelock, revoke("PROPOSER_ROLE")),
        call(timelock, revoke("CANCELLER_ROLE")),
        call(timelock, delay),
    ];
    assembly.decide(actions, "# Another governor").await?;

    // The old one can decide nothing any more; the new one does.
    let (harness, old) = (assembly.harness, assembly.dao);
    let useless = Proposal {
        actions: vec![call(
            timelock,
            Timelock::updateDelayCall {
                newDelay: U256::ZERO,
            },
        )],
        description: "# Too late".to_owned(),
    };
    let (id, _) = old.propose(&harness.owner, &useless).await?;
    let new = Dao::new(
        harness.chain().clone(),
        DaoAddresses {
            governor: next,
            timelock,
        },
    );
    let assembly = Assembly { harness, dao: old };
    assembly
        .pass(assembly.dao.proposal(id).await?.snapshot)
        .await?;
    assembly
        .dao
        .vote(&assembly.harness.owner, id, Support::For, "")
        .await?;
    assembly
        .pass(assembly.dao.proposal(id).await?.deadline)
        .await?;
    let refused = assembly.dao.queue(&assembly.harness.owner, id).await;
    assert_eq!(refusal(refused), "AccessControlUnauthorizedAccount");

    let assembly = Assembly {
        harness: assembly.harness,
        dao: new,
    };
    let treasury = assembly.harness.treasury.address();
    let escrow = assembly.harness.market.addresses().escrow;
    let set = PaymentEscrow::setTreasuryCall { treasury };
    assembly
        .decide(vec![call(escrow, set)], "# The new one")
        .await
}
