//! Holders replace programs, and the governor itself.

use eyre::{ContextCompat, Result};
use ogpu_client::{
    Account, Status,
    alloy::{
        primitives::{Address, U256, keccak256},
        providers::Provider as _,
        sol_types::SolCall,
    },
    bindings::{
        ArbWasm, GovernanceDao, Owned, PaymentEscrow, TaskManager, Timelock, Watchdog,
        arbos::ARB_WASM,
    },
    governance::{Action, Proposal, Support},
    programs::{EXTENSIONS, creation_code, selectors},
    proxy_init::IMPLEMENTATION_SLOT,
};
use ogpu_tests::{Harness, Provider, ogpu, refusal};

use super::{Assembly, TERMS, call, upgrade};
use crate::verifiers::{create, program};

/// Seconds of a rented machine: the least.
const RENTAL: u64 = 3_600;

/// Who trades while the holders decide, and what they have begun.
struct Trade {
    client: Account,
    provider: Provider,
    tasks: Vec<(U256, Status)>,
    lease: U256,
}

impl Trade {
    /// A task in every state that has an end before it, and a lease that runs.
    async fn begin(harness: &Harness) -> Result<Self> {
        let (client, provider) = (harness.client().await?, harness.provider().await?);
        let rate = U256::from(10u64.pow(15));
        let market = harness.market.tasks();
        let call = market.publishPrice(provider.id, rate, RENTAL);
        provider.account.send("publishing a price", call).await?;
        let call = market.rent("ipfs://machine".into(), provider.id, rate, RENTAL, 0);
        client.send("renting", call).await?;
        let lease = U256::ONE;
        let call = market.startLease(lease);
        provider.account.send("starting", call).await?;
        let mut tasks = vec![];
        for status in [
            Status::Finalized,
            Status::Failed,
            Status::Open,
            Status::Submitted,
            Status::Verified,
            Status::Disputed,
        ] {
            let task = harness.task_in(status, &client, &provider).await?;
            tasks.push((task, status));
        }
        // with time to deliver after what is decided
        let budget = ogpu(100);
        let opened = harness
            .market
            .submit_task(&client, "ipfs://job", budget, 900);
        let (task, _) = opened.await?;
        harness.bid(&provider, task, 80).await?;
        harness.assign(&client, task, &provider).await?;
        tasks.push((task, Status::Assigned));
        Ok(Self {
            client,
            provider,
            tasks,
            lease,
        })
    }

    /// Brings every task to its end, step by step from where it is, and the lease if the chain's clock allows.
    async fn end(&self, harness: &Harness) -> Result<()> {
        let (client, provider) = (&self.client, &self.provider);
        for (task, status) in &self.tasks {
            let (task, status) = (*task, *status);
            assert_eq!(harness.status(task).await?, status);
            if status == Status::Open {
                harness.assign(client, task, provider).await?;
            }
            if matches!(status, Status::Open | Status::Assigned) {
                harness.deliver(provider, task).await?;
            }
            if matches!(status, Status::Open | Status::Assigned | Status::Submitted) {
                harness.accept(client, task).await?;
            }
            if !matches!(status, Status::Finalized | Status::Failed) {
                harness.outlast(task).await?;
                harness.finalize(task).await?;
            }
            let end = match status {
                Status::Failed => Status::Failed,
                Status::Disputed => Status::Resolved,
                _ => Status::Finalized,
            };
            assert_eq!(harness.status(task).await?, end, "from {status:?}");
        }
        let market = harness.market.tasks();
        let before = harness.in_escrow(&provider.account).await?;
        let call = market.heartbeat(self.lease);
        provider.account.send("a heartbeat", call).await?;
        let call = market.settleLease(self.lease);
        harness.treasury.send("settling", call).await?;
        assert!(harness.in_escrow(&provider.account).await? > before);
        if harness.stage().may_wait(2 * RENTAL, "the end of a lease") {
            harness.advance(2 * RENTAL).await?;
            let call = market.closeLease(self.lease);
            harness.treasury.send("closing", call).await?;
        }
        Ok(())
    }
}

/// The calls that put every program, at a new address, in the place of the present one, and how many there are. The same code at
/// another address is the next version that changes nothing: it is active already.
async fn everything_anew(assembly: &Assembly) -> Result<(Vec<Action>, Vec<(Address, Address)>)> {
    let creator = &assembly.harness.owner;
    let (mut actions, mut implementations) = (vec![], vec![]);
    for (name, proxy) in assembly.proxies() {
        let next = create(creator, creation_code(&program(name)?)).await?;
        actions.push(upgrade(proxy, next));
        implementations.push((proxy, next));
    }
    for (name, host) in EXTENSIONS {
        let extension = create(creator, creation_code(&program(name)?)).await?;
        let contract = &assembly.harness.deployment.contracts[host];
        let proxy = contract.proxy.wrap_err("a contract without a proxy")?;
        actions.push(match host {
            "task-manager" => {
                let selectors = selectors(name);
                let set = TaskManager::setExtensionCall {
                    extension,
                    selectors,
                };
                call(proxy, set)
            }
            _ => call(proxy, GovernanceDao::setExtensionCall { extension }),
        });
    }
    assert_eq!(actions.len(), 12 + 7);
    Ok((actions, implementations))
}

#[tokio::test]
async fn a_proposal_replaces_every_program_with_live_tasks_in_flight() -> Result<()> {
    // What was bid on, or delivered, before the proposal can be assigned, or judged, after it.
    let assembly = Assembly::with(|settings| {
        settings.parameters.biddingWindow = 900;
        settings.parameters.reviewWindow = 900;
    })
    .await?;
    let harness = &assembly.harness;
    let trade = Trade::begin(harness).await?;
    let (token, escrow) = (harness.market.token(), harness.market.escrow());
    let supply = harness.chain().read("", token.totalSupply()).await?;
    let earned = harness.in_escrow(&trade.provider.account).await?;
    let score = harness.score(&trade.provider).await?;

    let (actions, implementations) = everything_anew(&assembly).await?;
    assembly.decide(actions, "# The next version").await?;
    for (proxy, next) in implementations {
        let slot = IMPLEMENTATION_SLOT.into();
        let word = harness.chain().storage(proxy, slot).await?;
        assert_eq!(Address::from_word(word), next);
    }

    assert_eq!(harness.chain().read("", token.totalSupply()).await?, supply);
    assert_eq!(harness.in_escrow(&trade.provider.account).await?, earned);
    assert_eq!(harness.score(&trade.provider).await?, score);
    trade.end(harness).await?;
    let withdraw = escrow.withdraw(earned);
    trade.provider.account.send("withdrawing", withdraw).await?;
    harness.check_books().await?;
    // The new governor counts, with what it hands on to its extension; the new timelock waits; the committee takes nodes.
    let (dao, bond) = (
        assembly.dao.addresses(),
        harness.settings.committee.min_bond,
    );
    let delay = Timelock::updateDelayCall {
        newDelay: U256::from(TERMS[3] + 1),
    };
    let sooner = GovernanceDao::setVotingDelayCall {
        newVotingDelay: "5".parse()?,
    };
    let actions = vec![call(dao.timelock, delay), call(dao.governor, sooner)];
    assembly.decide(actions, "# Slower, sooner").await?;
    let node = harness.actor(100).await?;
    harness.market.join_committee(&node, bond).await?;
    harness.check_books().await
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
    assert_eq!(Address::from_word(now), sound);
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
async fn the_dao_replaces_its_own_governor() -> Result<()> {
    let assembly = Assembly::new().await?;
    let addresses = assembly.dao.addresses();
    let next = assembly.another_governor().await?;
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
        call(timelock, grant("PROPOSER_ROLE", next.addresses().governor)),
        call(timelock, grant("CANCELLER_ROLE", next.addresses().governor)),
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
        dao: next,
    };
    let treasury = assembly.harness.treasury.address();
    let escrow = assembly.harness.market.addresses().escrow;
    let set = PaymentEscrow::setTreasuryCall { treasury };
    assembly
        .decide(vec![call(escrow, set)], "# The new one")
        .await
}
