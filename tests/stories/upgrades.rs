//! Upgrades over live state, and everything that must not pass for one.

use eyre::{Result, eyre};
use ogpu_client::{
    Account, Status,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, Bytes, U256, address},
        rpc::types::TransactionRequest,
        sol_types::SolCall,
    },
    bindings::{
        ArbWasm, OgpuToken, Owned, PaymentEscrow, ReputationRegistry, StakingVault, TaskManager,
        Watchdog, arbos::ARB_WASM,
    },
    programs::selectors,
};
use ogpu_tests::{Harness, ogpu, programs, refusal};

/// ERC-1967's implementation slot.
const IMPLEMENTATION: U256 = U256::from_be_bytes(ogpu_client::proxy_init::IMPLEMENTATION_SLOT.0);

#[tokio::test]
async fn an_upgrade_keeps_every_value() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    for status in [
        Status::Open,
        Status::Assigned,
        Status::Disputed,
        Status::Finalized,
        Status::Failed,
    ] {
        harness.task_in(status, &client, &provider).await?;
    }
    let before = every_view(&harness, &client, &provider.account).await?;
    assert!(
        before.len() > 60,
        "only {} views were compared",
        before.len()
    );

    let programs = programs()?;
    let addresses = *harness.market.addresses();
    for (proxy, program) in [
        (addresses.token, &programs.token),
        (addresses.escrow, &programs.escrow),
        (addresses.vault, &programs.vault),
        (addresses.registry, &programs.registry),
        (addresses.task_manager, &programs.task_manager),
        (addresses.watchdog, &programs.watchdog),
    ] {
        // The same code at another address is the next version that changes nothing: it is active already.
        let next = create(&harness.owner, program.creation_code()).await?;
        let owned = Owned::new(proxy, harness.chain().provider());
        harness
            .owner
            .send("upgrading", owned.upgradeToAndCall(next, Bytes::new()))
            .await?;
        assert_eq!(implementation(&harness, proxy).await?, next);
    }
    // The task manager takes its extensions along in the same transaction.
    for program in &programs.extensions {
        let next = create(&harness.owner, program.creation_code()).await?;
        let call = TaskManager::setExtensionCall {
            extension: next,
            selectors: selectors(program.name()),
        };
        let owned = Owned::new(addresses.task_manager, harness.chain().provider());
        let present = implementation(&harness, addresses.task_manager).await?;
        let call = owned.upgradeToAndCall(present, call.abi_encode().into());
        harness.owner.send("upgrading", call).await?;
        let selector = selectors(program.name())[..4].try_into()?;
        let call = harness.market.tasks();
        let call = call.extensionOf(selector);
        assert_eq!(harness.chain().read("reading", call).await?, next);
    }
    assert_eq!(
        every_view(&harness, &client, &provider.account).await?,
        before
    );

    // The market goes on.
    harness
        .task_in(Status::Finalized, &client, &provider)
        .await?;
    harness.check_books().await
}

#[tokio::test]
async fn a_lost_extension_can_be_named_again() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let task = harness.open(&client).await?;
    let tasks = harness.market.tasks();
    let nobody = address!("00000000000000000000000000000000000000aa");
    let admin = || selectors("market-admin");
    let refused = harness
        .owner
        .send("", tasks.setExtension(nobody, admin()))
        .await;
    assert_eq!(refusal(refused), "InvalidExtension");
    harness
        .owner
        .send("removing", tasks.setExtension(Address::ZERO, admin()))
        .await?;
    let read = harness.chain().read("", tasks.taskOf(task)).await;
    assert_eq!(refusal(read), "UnknownSelector");
    // What task and money need most does not depend on it.
    client.send("cancelling", tasks.cancelTask(task)).await?;
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    let extension = harness.deployment.contracts["market-admin"].implementation;
    harness
        .owner
        .send("naming", tasks.setExtension(extension, admin()))
        .await?;
    assert_eq!(harness.status(task).await?, Status::Cancelled);
    Ok(())
}

#[tokio::test]
async fn what_is_no_implementation_is_refused() -> Result<()> {
    let harness = Harness::new().await?;
    let programs = programs()?;
    let stranger = harness.actor(0).await?;
    let addresses = *harness.market.addresses();
    for proxy in [
        addresses.token,
        addresses.escrow,
        addresses.vault,
        addresses.registry,
        addresses.task_manager,
        addresses.watchdog,
    ] {
        let owned = Owned::new(proxy, harness.chain().provider());
        let present = implementation(&harness, proxy).await?;
        let upgrade = |to: Address, by: Account| {
            let call = owned.upgradeToAndCall(to, Bytes::new());
            async move { by.send("upgrading", call).await }
        };
        assert_eq!(
            refusal(upgrade(present, stranger.clone()).await),
            "OwnableUnauthorizedAccount"
        );
        let nobody = address!("00000000000000000000000000000000000000aa");
        assert_eq!(
            refusal(upgrade(nobody, harness.owner.clone()).await),
            "ERC1967InvalidImplementation"
        );
        // A proxy is a program with no implementation of its own.
        let bare = harness.deployment.contracts["proxy-uups"].implementation;
        assert!(
            upgrade(bare, harness.owner.clone()).await.is_err(),
            "a bare proxy was taken"
        );
        // Another proxy answers proxiableUUID only through a delegated call, which that function refuses.
        assert!(
            upgrade(other_proxy(&harness, proxy), harness.owner.clone())
                .await
                .is_err(),
            "a proxy was taken"
        );
        // A program that is not activated: the code of one, changed by one byte that brotli does not care for.
        let mut code = programs.escrow.code().to_vec();
        code.push(0);
        let inactive = create(&harness.owner, ogpu_client::programs::creation_code(&code)).await?;
        assert_eq!(
            refusal(upgrade(inactive, harness.owner.clone()).await),
            "ERC1967InvalidImplementation"
        );
        // An upgrade whose call fails.
        let call = owned.upgradeToAndCall(present, Bytes::from_static(&[1, 2, 3, 4]));
        assert!(
            harness.owner.send("upgrading", call).await.is_err(),
            "an unknown function was called"
        );
        assert_eq!(implementation(&harness, proxy).await?, present);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_initialised_twice_and_no_implementation_ever() -> Result<()> {
    let harness = Harness::new().await?;
    let stranger = harness.actor(0).await?;
    let thief = stranger.address();
    let calls = [
        (
            "ogpu-token",
            OgpuToken::initializeCall {
                owner: thief,
                holder: thief,
                supply: ogpu(1),
                clockMode: 0,
            }
            .abi_encode(),
        ),
        (
            "payment-escrow",
            PaymentEscrow::initializeCall {
                owner: thief,
                token: thief,
                treasury: thief,
            }
            .abi_encode(),
        ),
        (
            "staking-vault",
            StakingVault::initializeCall {
                owner: thief,
                token: thief,
                treasury: thief,
                unbondingPeriod: 86_400,
            }
            .abi_encode(),
        ),
        (
            "reputation-registry",
            ReputationRegistry::initializeCall { owner: thief }.abi_encode(),
        ),
        (
            "task-manager",
            TaskManager::initializeCall { owner: thief }.abi_encode(),
        ),
        (
            "watchdog",
            Watchdog::initializeCall {
                owner: thief,
                token: thief,
                guardian: thief,
                pauseDuration: 3_600,
                targets: Vec::new(),
            }
            .abi_encode(),
        ),
    ];
    for (name, input) in calls {
        let contract = &harness.deployment.contracts[name];
        let proxy = contract.proxy.ok_or_else(|| eyre!("{name} has no proxy"))?;
        let request = TransactionRequest::default().with_input(input);
        let again = stranger
            .send_request("initialising", request.clone().with_to(proxy))
            .await;
        assert_eq!(
            refusal(again),
            "InvalidInitialization",
            "{name} behind its proxy"
        );
        let direct = stranger
            .send_request("initialising", request.with_to(contract.implementation))
            .await;
        assert_eq!(
            refusal(direct),
            "UUPSUnauthorizedCallContext",
            "{name} itself"
        );
        let owned = Owned::new(contract.implementation, harness.chain().provider());
        let upgrade = stranger
            .send("upgrading", owned.upgradeToAndCall(thief, Bytes::new()))
            .await;
        assert!(
            upgrade.is_err(),
            "{name}: an implementation was upgraded directly"
        );
        let owned = Owned::new(proxy, harness.chain().provider());
        assert_eq!(
            harness
                .chain()
                .read("reading the owner", owned.owner())
                .await?,
            harness.owner.address()
        );
        let version = harness
            .chain()
            .read("reading the version", owned.UPGRADE_INTERFACE_VERSION())
            .await?;
        assert_eq!(version, "5.0.0");
    }
    Ok(())
}

/// Every view of every contract, as the bytes it returns.
async fn every_view(
    harness: &Harness,
    client: &Account,
    provider: &Account,
) -> Result<Vec<(String, Bytes)>> {
    let addresses = *harness.market.addresses();
    let people = [
        client.address(),
        provider.address(),
        harness.owner.address(),
        harness.treasury.address(),
    ];
    let mut calls: Vec<(String, Address, Vec<u8>)> = Vec::new();
    let mut add = |name: String, to: Address, input: Vec<u8>| calls.push((name, to, input));
    for (name, to) in [
        ("token", addresses.token),
        ("escrow", addresses.escrow),
        ("vault", addresses.vault),
        ("registry", addresses.registry),
        ("task manager", addresses.task_manager),
        ("watchdog", addresses.watchdog),
    ] {
        add(
            format!("owner of the {name}"),
            to,
            Owned::ownerCall {}.abi_encode(),
        );
    }
    let to = addresses.token;
    add(
        "supply".to_owned(),
        to,
        OgpuToken::totalSupplyCall {}.abi_encode(),
    );
    add("name".to_owned(), to, OgpuToken::nameCall {}.abi_encode());
    add(
        "symbol".to_owned(),
        to,
        OgpuToken::symbolCall {}.abi_encode(),
    );
    add(
        "domain".to_owned(),
        to,
        OgpuToken::eip712DomainCall {}.abi_encode(),
    );
    for account in people {
        add(
            format!("tokens of {account}"),
            to,
            OgpuToken::balanceOfCall { account }.abi_encode(),
        );
        add(
            format!("votes of {account}"),
            to,
            OgpuToken::getVotesCall { account }.abi_encode(),
        );
        add(
            format!("nonce of {account}"),
            to,
            OgpuToken::noncesCall { owner: account }.abi_encode(),
        );
        let call = OgpuToken::allowanceCall {
            owner: account,
            spender: addresses.escrow,
        };
        add(format!("allowance of {account}"), to, call.abi_encode());
    }
    let to = addresses.escrow;
    add(
        "fees".to_owned(),
        to,
        PaymentEscrow::accruedFeesCall {}.abi_encode(),
    );
    add(
        "escrow's token".to_owned(),
        to,
        PaymentEscrow::tokenCall {}.abi_encode(),
    );
    add(
        "escrow's manager".to_owned(),
        to,
        PaymentEscrow::taskManagerCall {}.abi_encode(),
    );
    add(
        "escrow's treasury".to_owned(),
        to,
        PaymentEscrow::treasuryCall {}.abi_encode(),
    );
    let to = addresses.vault;
    add(
        "vault's split".to_owned(),
        to,
        StakingVault::slashSplitCall {}.abi_encode(),
    );
    add(
        "vault's period".to_owned(),
        to,
        StakingVault::unbondingPeriodCall {}.abi_encode(),
    );
    add(
        "vault's manager".to_owned(),
        to,
        StakingVault::taskManagerCall {}.abi_encode(),
    );
    for account in people {
        let call = PaymentEscrow::balanceOfCall { account };
        add(
            format!("escrow of {account}"),
            addresses.escrow,
            call.abi_encode(),
        );
        let call = PaymentEscrow::lockedOfCall { account };
        add(
            format!("locked of {account}"),
            addresses.escrow,
            call.abi_encode(),
        );
        add(
            format!("stake of {account}"),
            to,
            StakingVault::accountOfCall { account }.abi_encode(),
        );
        add(
            format!("tier of {account}"),
            to,
            StakingVault::tierOfCall { account }.abi_encode(),
        );
    }
    let to = addresses.registry;
    let id = U256::ONE;
    add(
        "record".to_owned(),
        to,
        ReputationRegistry::recordOfCall { providerId: id }.abi_encode(),
    );
    add(
        "standing".to_owned(),
        to,
        ReputationRegistry::standingOfCall { providerId: id }.abi_encode(),
    );
    add(
        "digest".to_owned(),
        to,
        ReputationRegistry::profileDigestOfCall { providerId: id }.abi_encode(),
    );
    add(
        "count".to_owned(),
        to,
        ReputationRegistry::providerCountCall {}.abi_encode(),
    );
    let to = addresses.task_manager;
    add(
        "card".to_owned(),
        to,
        TaskManager::cardOfCall { providerId: id }.abi_encode(),
    );
    add(
        "siblings".to_owned(),
        to,
        TaskManager::siblingsCall {}.abi_encode(),
    );
    add(
        "version".to_owned(),
        to,
        TaskManager::currentVersionCall {}.abi_encode(),
    );
    add(
        "parameters".to_owned(),
        to,
        TaskManager::parametersCall { version: 1 }.abi_encode(),
    );
    let account = addresses.escrow;
    let to = addresses.watchdog;
    add(
        "breaker of the escrow".to_owned(),
        to,
        Watchdog::statusOfCall { account }.abi_encode(),
    );
    add(
        "targets".to_owned(),
        to,
        Watchdog::targetsCall {}.abi_encode(),
    );
    let to = addresses.task_manager;
    let count = harness
        .chain()
        .read("counting tasks", harness.market.tasks().taskCount())
        .await?;
    add(
        "tasks".to_owned(),
        to,
        TaskManager::taskCountCall {}.abi_encode(),
    );
    for task in (1..=count.to::<u64>()).map(U256::from) {
        add(
            format!("task {task}"),
            to,
            TaskManager::taskOfCall { taskId: task }.abi_encode(),
        );
        add(
            format!("bid on {task}"),
            to,
            TaskManager::bidOfCall {
                taskId: task,
                providerId: id,
            }
            .abi_encode(),
        );
    }
    let mut views = Vec::new();
    for (name, to, input) in calls {
        let request = TransactionRequest::default().with_to(to).with_input(input);
        views.push((
            name.clone(),
            harness.chain().simulate(&name, request).await?,
        ));
    }
    Ok(views)
}

async fn implementation(harness: &Harness, proxy: Address) -> Result<Address> {
    Ok(Address::from_word(
        harness.chain().storage(proxy, IMPLEMENTATION).await?,
    ))
}

async fn create(account: &Account, init: Bytes) -> Result<Address> {
    let request = TransactionRequest::default().with_deploy_code(init);
    let receipt = account
        .send_request("creating an implementation", request)
        .await?;
    receipt
        .contract_address
        .ok_or_else(|| eyre!("nothing was created"))
}

fn other_proxy(harness: &Harness, proxy: Address) -> Address {
    let addresses = harness.market.addresses();
    if proxy == addresses.escrow {
        addresses.vault
    } else {
        addresses.escrow
    }
}

#[tokio::test]
async fn implementations_are_activated() -> Result<()> {
    let harness = Harness::new().await?;
    let wasm = ArbWasm::new(ARB_WASM, harness.chain().provider());
    let newest = harness
        .chain()
        .read("reading", wasm.stylusVersion())
        .await?;
    for (name, contract) in &harness.deployment.contracts {
        let version = harness
            .chain()
            .read(name, wasm.codehashVersion(contract.code_hash))
            .await?;
        assert_eq!(version, newest, "{name}");
        let left = harness
            .chain()
            .read(name, wasm.programTimeLeft(contract.implementation))
            .await?;
        // A chain that is older than this market may have had the program before.
        assert!(
            (1..=365 * 86_400).contains(&left),
            "{name} has {left} s left"
        );
    }
    Ok(())
}
