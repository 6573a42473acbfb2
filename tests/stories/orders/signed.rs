//! Bids that providers sign off the chain: by a key, or by a wallet that is a contract (EIP-1271).

use eyre::{Result, eyre};
use ogpu_client::{
    Account, Offer, Status,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, Bytes, U256, hex},
        rpc::types::TransactionRequest,
        sol_types::SolCall,
    },
    bindings::{ReputationRegistry, TaskManager, task_manager::SignedBid},
};
use ogpu_tests::{Harness, Provider, ogpu, profile, refusal, result_hash};

use super::{finish, order, plain};

/// Seconds for which bids are signed here, from now.
const GOOD_FOR: u64 = 30;

async fn sign(
    harness: &Harness,
    owner: &Account,
    provider: U256,
    task: U256,
    price: u64,
) -> Result<Offer> {
    let expiry = harness.chain().now().await? + GOOD_FOR;
    let market = &harness.market;
    Ok(market
        .sign_bid(owner, provider, task, ogpu(price), expiry)
        .await?)
}

#[tokio::test]
async fn a_signed_bid_is_handed_in_delivered_and_paid() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let market = &harness.market;
    let task = harness.open(&client).await?;
    let offer = sign(&harness, &provider.account, provider.id, task, 80).await?;
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));

    // Whoever is not the client cannot use it.
    let stranger = market.assign_signed_bid(&provider.account, &offer).await;
    assert_eq!(refusal(stranger), "NotClient");
    market.assign_signed_bid(&client, &offer).await?;
    let view = market.task(task).await?.view;
    assert_eq!((view.providerId, view.price), (provider.id, ogpu(80)));
    assert_eq!(harness.collateral(&provider).await?, ogpu(100 - 1 - 8));
    // Nor can the client, again.
    let again = market.assign_signed_bid(&client, &offer).await;
    assert_eq!(refusal(again), "WrongStatus");
    finish(&harness, &client, &provider, task, ogpu(80)).await?;
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 80));
    Ok(())
}

#[tokio::test]
async fn what_the_provider_did_not_sign_assigns_nothing() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let market = &harness.market;
    let task = harness.open_for(&client, 3_600).await?;
    let other = harness.open_for(&client, 3_600).await?;
    let good = sign(&harness, &provider.account, provider.id, task, 80).await?;

    let by_client = sign(&harness, &client, provider.id, task, 1).await?;
    let cheaper = Offer {
        price: ogpu(79),
        ..good.clone()
    };
    let elsewhere = Offer {
        task_id: other,
        ..good.clone()
    };
    let longer = Offer {
        expiry: good.expiry + 1,
        ..good.clone()
    };
    let unsigned = Offer {
        signature: Bytes::new(),
        ..good.clone()
    };
    // The same bid, signed for a market at another address.
    let domain = Offer {
        signature: Offer::sign(&provider.account, Address::ZERO, &good.bid())?.signature,
        ..good.clone()
    };
    // The other s that goes with the same digest and signer.
    let mut signature = good.signature.to_vec();
    let order = U256::from_be_bytes(hex!(
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
    ));
    let s = U256::from_be_slice(&signature[32..64]);
    signature[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    signature[64] = 55 - signature[64];
    let mirrored = Offer {
        signature: signature.into(),
        ..good.clone()
    };
    for (what, offer) in [
        ("signed by the client", by_client),
        ("another price", cheaper),
        ("another task", elsewhere),
        ("another expiry", longer),
        ("no signature", unsigned),
        ("another market", domain),
        ("the other s", mirrored),
    ] {
        let refused = market.assign_signed_bid(&client, &offer).await;
        assert_eq!(refusal(refused), "InvalidSignature", "{what}");
    }
    assert_eq!(harness.status(task).await?, Status::Open);
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));

    let tasks = market.tasks();
    provider
        .account
        .send("revoking", tasks.revokeSignedBids(provider.id))
        .await?;
    let revoked = market.assign_signed_bid(&client, &good).await;
    assert_eq!(refusal(revoked), "BidRevoked");
    let renewed = sign(&harness, &provider.account, provider.id, task, 80).await?;
    assert_eq!(renewed.nonce, U256::ONE);
    harness.reach(renewed.expiry).await?;
    let expired = market.assign_signed_bid(&client, &renewed).await;
    assert_eq!(refusal(expired), "BidExpired");
    let renewed = sign(&harness, &provider.account, provider.id, task, 80).await?;
    market.assign_signed_bid(&client, &renewed).await?;
    finish(&harness, &client, &provider, task, ogpu(80)).await
}

#[tokio::test]
async fn the_client_signs_the_digest_that_the_contract_recovers() -> Result<()> {
    let harness = Harness::new().await?;
    let bid = SignedBid {
        taskId: U256::from(1),
        providerId: U256::from(2),
        price: ogpu(3),
        expiry: 4,
        nonce: U256::from(5),
    };
    let tasks = harness.market.tasks();
    let call = tasks.signedBidDigest(bid.clone());
    let digest = harness.chain().read("reading the digest", call).await?;
    let offer = Offer::sign(&harness.owner, *tasks.address(), &bid)?;
    assert_eq!(offer.signature, harness.owner.sign_digest(digest)?);
    Ok(())
}

/// A wallet of one owner, in EVM code: it passes the owner's calls on, and approves what the owner has signed.
struct Wallet<'a> {
    owner: &'a Account,
    address: Address,
}

impl<'a> Wallet<'a> {
    async fn create(owner: &'a Account) -> Result<Self> {
        // A call with the selector of `isValidSignature(bytes32,bytes)` goes to the third part; others must come from the owner.
        let mut code = hex!("5f3560e01c631626ba7e14604a573373").to_vec();
        code.extend(owner.address());
        // The first word of the calldata says who is called, the rest with what; the call's revert is the wallet's.
        code.extend(hex!(
            "14602b575f5ffd5b602036038060205f375f5f825f5f5f355af16048573d5f5f3e3d5ffd5b00"
        ));
        // Recovers the signer of the hash, and answers with the selector if it is the owner, else with zeros.
        code.extend(hex!(
            "5b6004355f5260a43560f81c602052604060646040376020608060805f60015afa5060805173"
        ));
        code.extend(owner.address());
        code.extend(hex!("14631626ba7e0260e01b5f5260205ff3"));
        // Copies the 148 bytes after itself into memory and returns them.
        assert_eq!(code.len(), 148);
        let mut init = hex!("6094600a5f3960945ff3").to_vec();
        init.extend(code);
        let request = TransactionRequest::default().with_deploy_code(init);
        let receipt = owner.send_request("creating the wallet", request).await?;
        let address = receipt.contract_address;
        let address = address.ok_or_else(|| eyre!("nothing was created"))?;
        Ok(Self { owner, address })
    }

    async fn call(&self, to: Address, call: impl SolCall) -> Result<()> {
        let input = [to.into_word().to_vec(), call.abi_encode()].concat();
        let request = TransactionRequest::default()
            .with_to(self.address)
            .with_input(input);
        self.owner
            .send_request("through the wallet", request)
            .await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_wallet_contract_signs_by_its_owner() -> Result<()> {
    let harness = Harness::new().await?;
    let market = &harness.market;
    let (client, owner) = (harness.client().await?, harness.actor(1_000).await?);
    let wallet = Wallet::create(&owner).await?;
    harness.watch(wallet.address);
    let (tasks, addresses) = (market.tasks(), *market.addresses());
    let profile = profile();
    let register = ReputationRegistry::registerCall {
        gpuModel: profile.gpu_model,
        gpuCount: profile.gpu_count,
        region: profile.region,
        endpoint: profile.endpoint,
        priceListUri: profile.price_list_uri,
    };
    wallet.call(addresses.registry, register).await?;
    let id = market.provider_of(wallet.address).await?;
    assert_ne!(id, U256::ZERO);
    market.allow(&owner, addresses.vault, ogpu(100)).await?;
    let stake = market.vault();
    let stake = stake.stakeFor(wallet.address, ogpu(100));
    owner.send("staking for the wallet", stake).await?;
    let commit = TaskManager::depositCollateralCall {
        providerId: id,
        amount: ogpu(100),
    };
    wallet.call(addresses.task_manager, commit).await?;

    let task = order(&harness, &client, plain(&harness)).await?;
    let forged = sign(&harness, &client, id, task, 80).await?;
    let refused = market.assign_signed_bid(&client, &forged).await;
    assert_eq!(refusal(refused), "InvalidSignature");
    let offer = sign(&harness, &owner, id, task, 80).await?;
    market.assign_signed_bid(&client, &offer).await?;

    let seal = tasks.sealOf(task, id, result_hash());
    let deliver = TaskManager::submitResultCall {
        taskId: task,
        resultSeal: harness.chain().read("reading the seal", seal).await?,
    };
    wallet.call(addresses.task_manager, deliver).await?;
    harness.accept(&client, task).await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    let earned = market.escrow();
    let earned = earned.balanceOf(wallet.address);
    assert_eq!(harness.chain().read("reading", earned).await?, ogpu(78));
    let provider = Provider { account: owner, id };
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    harness.check_books().await
}
