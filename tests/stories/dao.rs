//! The DAO at work: holders vote, the timelock owns everything and does what they decide, and nobody else does anything.

mod ballots;
mod decisions;
mod incidents;
mod index;
mod indexer;
mod upgrades;

use std::collections::BTreeSet;

use eyre::Result;
use ogpu_client::{
    Account, Chain, DaoAddresses,
    alloy::{
        dyn_abi::{DynSolValue, FunctionExt as _},
        json_abi::JsonAbi,
        network::TransactionBuilder as _,
        primitives::{Address, B256, Bytes, U256, keccak256},
        providers::Provider as _,
        rpc::types::{Filter, TransactionRequest},
        sol_types::SolCall,
    },
    bindings::{
        GovernanceDao, Owned,
        Timelock::{RoleGranted, RoleRevoked},
    },
    deploy::{GovernanceSettings, Settings},
    governance::{Action, Dao, Proposal, ProposalState, Support},
    proxy_init::proxy_creation_code,
};
use ogpu_tests::{Harness, programs, refusal};

use super::{figures, verifiers::create};

/// The DAO of the stories, in seconds: voting begins after 10, and takes 40, or 10 more after a late quorum; the timelock takes 20.
const TERMS: [u64; 4] = [10, 40, 10, 20];

/// A market that its holders govern. The account that deployed it holds the supply, and its votes.
struct Assembly {
    harness: Harness,
    dao: Dao,
}

impl Assembly {
    async fn new() -> Result<Self> {
        Self::with(|_| ()).await
    }

    /// One whose settings `change` has changed.
    async fn with(change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let [voting_delay, voting_period, vote_extension, timelock_delay] = TERMS;
        let harness = Harness::with(|settings| {
            change(settings);
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

    /// An account with so many votes.
    async fn voter(&self, whole: u64) -> Result<Account> {
        let voter = self.harness.actor(whole).await?;
        let call = self.harness.market.token();
        let call = call.delegate(voter.address());
        voter.send("delegating", call).await?;
        self.harness.advance(1).await?;
        Ok(voter)
    }

    /// Another governor of the same token, for the same timelock, in which it has no role.
    async fn another_governor(&self) -> Result<Dao> {
        let contracts = &self.harness.deployment.contracts;
        let timelock = self.dao.addresses().timelock;
        let initialize = GovernanceDao::initializeCall {
            token: self.harness.market.addresses().token,
            timelock,
            extension: contracts["governor-admin"].implementation,
            votingDelay: "5".parse()?,
            votingPeriod: 30,
            proposalThreshold: U256::ZERO,
            quorumNumerator: U256::from(10),
            voteExtension: "5".parse()?,
            guardian: Address::ZERO,
        };
        let governor = self.proxy("governance-dao", initialize).await?;
        let addresses = DaoAddresses { governor, timelock };
        Ok(Dao::new(self.harness.chain().clone(), addresses))
    }

    /// A new proxy before a contract of the deployment.
    async fn proxy(&self, name: &str, initialize: impl SolCall) -> Result<Address> {
        let code = proxy_creation_code(
            programs()?.proxy.code(),
            self.harness.deployment.contracts[name].implementation,
            &initialize.abi_encode(),
        );
        create(&self.harness.owner, code.into()).await
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

/// The accounts that a contract names: every function of its interface that takes nothing and gives addresses, with what it gives.
async fn accounts_of(
    chain: &Chain,
    name: &str,
    proxy: Address,
) -> Result<Vec<(String, Vec<Address>)>> {
    let file = figures::root().join(format!("abi/{name}.json"));
    let abi: JsonAbi = serde_json::from_slice(&std::fs::read(file)?)?;
    let mut found = vec![];
    for function in abi.functions().filter(|each| each.inputs.is_empty()) {
        let gives = |kind: &str| function.outputs.iter().any(|output| output.ty == kind);
        // what describes the contract itself, and no role
        if !gives("address") || function.name == "eip712Domain" {
            continue;
        }
        let request = TransactionRequest::default()
            .with_to(proxy)
            .with_input(function.selector().to_vec());
        let answer = chain.simulate(&function.name, request).await?;
        let values = function.abi_decode_output(&answer)?;
        let accounts = values.iter().filter_map(DynSolValue::as_address);
        found.push((function.name.clone(), accounts.collect()));
    }
    Ok(found)
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

    // Every account that a contract names, by every function that gives one without being asked for another.
    let market = harness.market.addresses();
    let treasury = harness.settings.treasury.unwrap_or_default();
    let ours: Vec<_> = assembly.proxies().map(|(_, proxy)| proxy).collect();
    let mut read = BTreeSet::new();
    for (name, proxy) in assembly.proxies() {
        for (function, accounts) in accounts_of(chain, name, proxy).await? {
            for account in accounts {
                let by_function = match function.as_str() {
                    "owner" => account == addresses.timelock,
                    "guardian" if name == "watchdog" => account.is_zero(),
                    "guardian" if name == "verification-committee" => account.is_zero(),
                    "guardian" => account == market.watchdog,
                    "proposalGuardian" | "planter" => account.is_zero(),
                    "treasury" => account == treasury,
                    _ => ours.contains(&account),
                };
                assert!(by_function, "{name}.{function} is {account}");
            }
            read.insert(format!("{name}.{function}"));
        }
    }
    for role in [
        "governance-dao.proposalGuardian",
        "governance-dao.timelock",
        "payment-escrow.treasury",
        "staking-vault.guardian",
        "task-manager.siblings",
        "verification-committee.planter",
        "watchdog.guardian",
    ] {
        assert!(read.contains(role), "{role} among {read:?}");
    }
    // Who judges, and who reports latencies, is on the list of verifiers.
    let tasks = harness.market.tasks();
    let mut verifiers = 0;
    for number in 1..=u8::MAX {
        let verifier = chain.read("", tasks.verifierAt(number)).await?.verifier;
        if verifier.is_zero() {
            break;
        }
        assert!(ours.contains(&verifier), "verifier {number} is {verifier}");
        verifiers += 1;
    }
    assert_eq!(verifiers, 4);
    Ok(())
}
