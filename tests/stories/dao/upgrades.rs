//! Holders replace programs, and the governor itself.

use eyre::Result;
use ogpu_client::{
    Account, Status,
    alloy::{
        primitives::{Address, U256, keccak256},
        providers::Provider as _,
        sol_types::SolCall,
    },
    bindings::{ArbWasm, Owned, PaymentEscrow, Timelock, Watchdog, arbos::ARB_WASM},
    governance::{Proposal, Support},
    programs::creation_code,
    proxy_init::IMPLEMENTATION_SLOT,
};
use ogpu_tests::refusal;

use super::{Assembly, TERMS, call, upgrade};
use crate::verifiers::{create, program};

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
