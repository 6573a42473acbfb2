//! Machines rented by the second: every way a lease can end, and where the money is then.

use eyre::{ContextCompat, Result};
use ogpu_client::{
    Account,
    alloy::primitives::U256,
    bindings::task_manager::TaskManager::{LeaseClosed, LeaseSettled, LeaseView, VerifierAdded},
};
use ogpu_tests::{Harness, Provider, ogpu, refusal};

/// Seconds of a lease in these stories: two hours.
const DURATION: u64 = 7_200;
/// Seconds that a heartbeat is good for.
const INTERVAL: u64 = 600;
/// Seconds without a heartbeat after which a lease is dead: the longest wait.
const DEAD_AFTER: u64 = 7_200;

/// A hundredth of a token a second.
fn rate() -> U256 {
    ogpu(1) / U256::from(100)
}

fn price(seconds: u64) -> U256 {
    rate() * U256::from(seconds)
}

/// A client with a started lease of [`DURATION`], watched by the owner; 86.4 oGPU of the provider's collateral are held.
struct Rental {
    harness: Harness,
    client: Account,
    provider: Provider,
    lease: U256,
}

impl Rental {
    /// Nothing if the chain's clock is too slow for `what`.
    async fn begin(what: &str) -> Result<Option<Self>> {
        let harness = Harness::new().await?;
        if !harness.stage().may_wait(DEAD_AFTER, what) {
            return Ok(None);
        }
        let (client, provider) = (harness.client().await?, harness.provider().await?);
        let tasks = harness.market.tasks();
        let call = tasks.addVerifier(harness.owner.address());
        let receipt = harness.owner.send("approving a verifier", call).await?;
        let verifier = receipt
            .decoded_log::<VerifierAdded>()
            .wrap_err("no VerifierAdded")?
            .number;
        let call = tasks.publishPrice(provider.id, rate(), DURATION);
        provider.account.send("publishing a price", call).await?;
        let call = tasks.rent(
            "ipfs://machine".into(),
            provider.id,
            rate(),
            DURATION,
            verifier,
        );
        client.send("renting", call).await?;
        let lease = U256::ONE;
        provider
            .account
            .send("starting", tasks.startLease(lease))
            .await?;
        Ok(Some(Self {
            harness,
            client,
            provider,
            lease,
        }))
    }

    async fn view(&self) -> Result<LeaseView> {
        let call = self.harness.market.tasks();
        let call = call.leaseOf(self.lease);
        Ok(self.harness.chain().read("reading a lease", call).await?)
    }

    async fn beat(&self) -> Result<()> {
        let tasks = self.harness.market.tasks();
        let call = tasks.heartbeat(self.lease);
        self.provider.account.send("a heartbeat", call).await?;
        Ok(())
    }

    /// Heartbeats until the lease has ended.
    async fn serve(&self) -> Result<()> {
        loop {
            let (end, now) = (self.view().await?.endsAt, self.harness.chain().now().await?);
            // Transactions take a second or two of the chain's time each.
            if now + INTERVAL > end {
                return self.harness.reach(end).await;
            }
            self.harness.advance(INTERVAL - 20).await?;
            self.beat().await?;
        }
    }

    /// A stranger closes the lease; what it was closed with, and the books balance.
    async fn close(&self) -> Result<LeaseClosed> {
        let (harness, tasks) = (&self.harness, self.harness.market.tasks());
        let call = tasks.closeLease(self.lease);
        let receipt = harness.treasury.send("closing", call).await?;
        harness.check_books().await?;
        let closed = receipt
            .decoded_log::<LeaseClosed>()
            .wrap_err("no LeaseClosed")?;
        let again = tasks.closeLease(self.lease);
        let again = harness.treasury.send("closing", again).await;
        assert_eq!(refusal(again), "WrongLeaseStatus");
        let call = harness.market.escrow();
        let call = call.lockedOf(self.client.address());
        let locked = harness.chain().read("reading a lock", call).await?;
        assert_eq!(locked, U256::ZERO);
        Ok(closed.data)
    }

    /// Client, provider and fees hold what was agreed for `seconds` of the lease.
    async fn paid(&self, seconds: u64) -> Result<()> {
        let harness = &self.harness;
        let fee = price(seconds) / U256::from(40);
        let spent = ogpu(1_000) - harness.in_escrow(&self.client).await?;
        let earned = harness.in_escrow(&self.provider.account).await?;
        assert_eq!((spent, earned), (price(seconds), price(seconds) - fee));
        let call = harness.market.escrow();
        let fees = harness
            .chain()
            .read("reading fees", call.accruedFees())
            .await?;
        assert_eq!(fees, fee);
        Ok(())
    }
}

#[tokio::test]
async fn a_lease_is_paid_by_the_second_until_a_notice_ends_it() -> Result<()> {
    let Some(rental) = Rental::begin("a lease that ends by a notice").await? else {
        return Ok(());
    };
    let (harness, tasks) = (&rental.harness, rental.harness.market.tasks());
    let provider = &rental.provider;
    assert_eq!(
        harness.collateral(provider).await?,
        ogpu(100) - ogpu(864) / U256::from(10)
    );
    harness.advance(100).await?;
    rental.beat().await?;
    let call = tasks.settleLeases(vec![rental.lease]);
    let receipt = harness.treasury.send("settling", call).await?;
    let settled = receipt
        .decoded_log::<LeaseSettled>()
        .wrap_err("no LeaseSettled")?;
    assert!((100..200).contains(&settled.duration));
    let fee = price(settled.duration) / U256::from(40);
    assert_eq!(
        (settled.payment, settled.fee),
        (price(settled.duration) - fee, fee)
    );
    assert_eq!(harness.in_escrow(&provider.account).await?, settled.payment);

    let call = tasks.topUpLease(rental.lease, 600);
    rental.client.send("topping up", call).await?;
    let call = tasks.shortenLease(rental.lease, 900);
    rental.client.send("shortening", call).await?;
    let call = tasks.giveNotice(rental.lease);
    rental.client.send("giving notice", call).await?;
    let early = harness
        .treasury
        .send("closing", tasks.closeLease(rental.lease))
        .await;
    assert_eq!(refusal(early), "LeaseTooEarly");
    let end = rental.view().await?.endsAt;
    rental.serve().await?;
    let before = rental.view().await?;
    let closed = rental.close().await?;
    assert_eq!((closed.duration, closed.slashed), (before.due, U256::ZERO));
    assert!(harness.chain().now().await? >= end);
    let call = harness.market.escrow();
    let call = call.balanceOf(rental.client.address());
    let spent = ogpu(1_000) - harness.chain().read("reading a balance", call).await?;
    assert_eq!(spent % rate(), U256::ZERO);
    rental.paid((spent / rate()).to::<u64>()).await?;
    assert!(spent > price(3_600) && spent < price(4_200));
    assert_eq!(harness.collateral(provider).await?, ogpu(100));
    Ok(())
}

#[tokio::test]
async fn a_lease_that_is_used_up_is_closed() -> Result<()> {
    let Some(rental) = Rental::begin("a lease that is used up").await? else {
        return Ok(());
    };
    rental.serve().await?;
    let tasks = rental.harness.market.tasks();
    let late = tasks.heartbeat(rental.lease);
    let late = rental.provider.account.send("a heartbeat", late).await;
    assert_eq!(refusal(late), "LeaseTooLate");
    let closed = rental.close().await?;
    assert_eq!(closed.slashed, U256::ZERO);
    rental.paid(closed.duration).await?;
    assert!(closed.duration > DURATION - INTERVAL && closed.duration <= DURATION);
    Ok(())
}

#[tokio::test]
async fn a_provider_that_vanishes_is_paid_for_one_heartbeat_and_slashed() -> Result<()> {
    let Some(rental) = Rental::begin("a provider that vanishes").await? else {
        return Ok(());
    };
    let (harness, tasks) = (&rental.harness, rental.harness.market.tasks());
    let call = tasks.topUpLease(rental.lease, 3_600);
    rental.client.send("topping up", call).await?;
    harness.reach(rental.view().await?.endsAt).await?;
    let closed = rental.close().await?;
    assert_eq!(closed.duration, INTERVAL);
    // Half of the collateral; half of that is the client's.
    let slashed = ogpu(432) / U256::from(10);
    assert_eq!(closed.slashed, slashed);
    rental.paid(INTERVAL).await?;
    let provider = &rental.provider;
    assert_eq!(harness.collateral(provider).await?, ogpu(100) - slashed);
    assert!(harness.score(provider).await? < U256::from(5_000));
    let call = harness.market.vault();
    let call = call.accountOf(rental.client.address());
    let injured = harness.chain().read("reading", call).await?;
    assert_eq!(injured.compensation, slashed / U256::from(2));
    Ok(())
}

#[tokio::test]
async fn a_verifier_ends_a_lease_at_once() -> Result<()> {
    let Some(rental) = Rental::begin("a lease with a verifier").await? else {
        return Ok(());
    };
    let (harness, tasks) = (&rental.harness, rental.harness.market.tasks());
    harness.advance(60).await?;
    let other = tasks.reportLatency(rental.lease, false);
    let other = rental.client.send("reporting", other).await;
    assert_eq!(refusal(other), "NotLeaseParty");
    for acceptable in [true, false] {
        let call = tasks.reportLatency(rental.lease, acceptable);
        harness.owner.send("reporting", call).await?;
    }
    harness.advance(INTERVAL).await?;
    let closed = rental.close().await?;
    assert!((60..120).contains(&closed.duration));
    assert_eq!(closed.slashed, U256::ZERO);
    rental.paid(closed.duration).await?;
    assert_eq!(harness.collateral(&rental.provider).await?, ogpu(100));
    Ok(())
}

#[tokio::test]
async fn a_lease_that_is_not_started_goes_back() -> Result<()> {
    let Some(rental) = Rental::begin("a lease that nobody starts").await? else {
        return Ok(());
    };
    let (harness, tasks) = (&rental.harness, rental.harness.market.tasks());
    harness.advance(60).await?;
    let call = tasks.reportLatency(rental.lease, false);
    harness.owner.send("reporting", call).await?;
    let paid = rental.close().await?.duration;
    let second = tasks.rent("".into(), rental.provider.id, rate(), 3_600, 0);
    rental.client.send("renting", second).await?;
    let early = tasks.cancelLease(U256::from(2));
    let early = harness.treasury.send("cancelling", early).await;
    assert_eq!(refusal(early), "LeaseTooEarly");
    harness.advance(1_800).await?;
    let call = tasks.cancelLease(U256::from(2));
    harness.treasury.send("cancelling", call).await?;
    harness.check_books().await?;
    rental.paid(paid).await
}
