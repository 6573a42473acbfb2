//! Each function allowed and refused, with the other contracts' answers given; the stories of several real contracts are told elsewhere.

mod admin;
mod bidding;
mod bounds;
mod disputes;
mod leases;
mod life;
mod offers;
mod orders;
mod outcomes;
mod places;
mod siblings;
mod signed;
mod unknown;
mod verifiers;

use alloy_primitives::{Address, B256, U256, address, aliases::U96};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue, sol};
use core::fmt::Debug;
use ogpu_common::testing::Chain;

use market::{Error, abi::*, errors::*, events::*};
use market_admin::MarketAdmin;
use market_bids::MarketBids;
use market_disputes::MarketDisputes;
use market_leases::MarketLeases;
use market_orders::MarketOrders;
use task_manager::TaskManager;

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const ESCROW: Address = address!("00000000000000000000000000000000000000e5");
const VAULT: Address = address!("00000000000000000000000000000000000000fa");
const REGISTRY: Address = address!("00000000000000000000000000000000000000de");
const CLIENT: Address = address!("0000000000000000000000000000000000000001");
const ALICE: Address = address!("0000000000000000000000000000000000000007");
const BOB: Address = address!("0000000000000000000000000000000000000008");
const STRANGER: Address = address!("0000000000000000000000000000000000000099");
const START: u64 = 1_000_000;

/// Ids of the providers of [`ALICE`] and [`BOB`].
const A: U256 = U256::from_limbs([7, 0, 0, 0]);
const B: U256 = U256::from_limbs([8, 0, 0, 0]);
/// The first task.
const T: U256 = U256::ONE;
/// What a result hashes to.
const HASH: B256 = B256::repeat_byte(0x55);

sol! {
    /// What the task manager calls.
    interface Siblings {
        function lock(uint256 taskId, address payer, uint256 amount);
        function settle(uint256 taskId, address payer, uint256 amount, address provider, uint256 payment, uint256 fee);
        function unlock(address account, uint256 amount);
        function slash(address account, uint256 amount, address injured) returns (uint256);
        function totalStakeOf(address account) returns (uint256);
        function recordOutcome(uint256 taskId, uint256 providerId, address client, uint256 value, uint16 providerBps, uint64 settledAt) returns (uint256);
        function standingOf(uint256 providerId) returns (address, uint256);
    }
    interface Vault {
        function lock(address account, uint256 amount);
    }
}

fn n(number: u128) -> U256 {
    U256::from(number)
}

fn parameters() -> Parameters {
    Parameters {
        feeBps: 250,
        trustWeight: 3_000,
        collateralBps: 1_000,
        slashBps: 5_000,
        bidBond: U96::from(5),
        minClientStake: U96::ZERO,
        biddingWindow: 600,
        reviewWindow: 1_000,
        challengeWindow: 500,
        arbitrationWindow: 2_000,
        assignmentGrace: 300,
        maxDuration: 10_000,
        lateBidWindow: 60,
        disputeBond: U96::ZERO,
        highValue: U96::from(1_000_000),
    }
}

/// The programs of one proxy, over its storage.
struct Programs {
    tasks: TaskManager,
    orders: MarketOrders,
    bids: MarketBids,
    disputes: MarketDisputes,
    leases: MarketLeases,
    admin: MarketAdmin,
}

impl Programs {
    fn from(chain: &Chain) -> Self {
        Self {
            tasks: TaskManager::from(chain),
            orders: MarketOrders::from(chain),
            bids: MarketBids::from(chain),
            disputes: MarketDisputes::from(chain),
            leases: MarketLeases::from(chain),
            admin: MarketAdmin::from(chain),
        }
    }
}

/// A market, its clock, and what its siblings answer.
struct Stage {
    chain: Chain,
    programs: Programs,
}

impl Stage {
    /// A market with an owner, and nothing else.
    fn bare() -> Self {
        let chain = Chain::new();
        let programs = Programs::from(&chain);
        let mut market = Self { chain, programs };
        market.by(STRANGER, |m| m.tasks.initialize(OWNER)).unwrap();
        market
    }

    /// A market with siblings and nobody in it.
    fn empty() -> Self {
        let mut market = Self::bare();
        market
            .by(OWNER, |m| m.admin.set_parameters(parameters()))
            .unwrap();
        market
            .by(OWNER, |m| m.admin.set_siblings(ESCROW, VAULT, REGISTRY))
            .unwrap();
        market
    }

    /// A market in which two providers have 2,000 wei of collateral each.
    fn new() -> Self {
        let mut market = Self::empty();
        market.standing(A, ALICE, 5_000);
        market.standing(B, BOB, 5_000);
        market
            .by(ALICE, |m| m.admin.deposit_collateral(A, n(2_000)))
            .unwrap();
        market
            .by(BOB, |m| m.admin.deposit_collateral(B, n(2_000)))
            .unwrap();
        market
    }

    /// A market with an open task of 10,000 wei and 400 seconds.
    fn open() -> Self {
        let mut market = Self::new();
        assert_eq!(
            market.by(CLIENT, |m| m.tasks.submit_task(
                "ipfs://task".into(),
                n(10_000),
                400
            )),
            Ok(T)
        );
        market
    }

    /// ... on which both providers have bid, 8,000 and 9,000 wei.
    fn with_bids() -> Self {
        let mut market = Self::open();
        market
            .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
            .unwrap();
        market
            .by(BOB, |m| m.tasks.place_bid(T, B, n(9_000)))
            .unwrap();
        market
    }

    /// ... to which the first is assigned.
    fn assigned() -> Self {
        let mut market = Self::with_bids();
        market
            .by(CLIENT, |m| m.tasks.assign_provider(T, A))
            .unwrap();
        market
    }

    /// ... who has delivered.
    fn submitted() -> Self {
        let mut market = Self::assigned();
        let seal = market.programs.admin.seal_of(T, A, HASH);
        market
            .by(ALICE, |m| m.tasks.submit_result(T, seal))
            .unwrap();
        market
    }

    /// ... what the client accepted.
    fn verified() -> Self {
        let mut market = Self::submitted();
        market
            .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
            .unwrap();
        market
    }

    /// ... or rejected.
    fn rejected() -> Self {
        let mut market = Self::submitted();
        market
            .by(CLIENT, |m| m.tasks.verify_completion(T, B256::ZERO))
            .unwrap();
        market
    }

    /// ... and the provider disputed.
    fn disputed() -> Self {
        let mut market = Self::rejected();
        market.by(ALICE, |m| m.disputes.open_dispute(T)).unwrap();
        market
    }

    /// Calls as somebody; a failed call changes nothing.
    fn by<R>(
        &mut self,
        sender: Address,
        call: impl FnOnce(&mut Programs) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.chain.call(sender, || call(&mut self.programs))
    }

    /// Calls as somebody, and checks that a sibling is called with exactly this: if it reverts there, so does the call.
    fn calling<C: SolCall>(
        &mut self,
        sender: Address,
        to: Address,
        expected: C,
        answer: Vec<u8>,
        call: impl Fn(&mut Programs) -> Result<(), Error>,
    ) {
        self.chain
            .answer(to, expected.abi_encode(), Err(b"refused there".to_vec()));
        let refused = self.by(sender, &call).expect_err("the call is made");
        assert_eq!(Vec::from(refused), b"refused there");
        self.chain.answer(to, expected.abi_encode(), Ok(answer));
        self.by(sender, call).unwrap();
    }

    fn standing(&self, provider_id: U256, owner: Address, score: u64) {
        let call = Siblings::standingOfCall {
            providerId: provider_id,
        }
        .abi_encode();
        self.chain
            .answer(REGISTRY, call, Ok((owner, U256::from(score)).abi_encode()));
    }

    /// What the registry answers when the outcome of the first task, which ends now, is recorded.
    fn outcome(&self, provider_bps: u16, score: u64) -> Siblings::recordOutcomeCall {
        let call = Siblings::recordOutcomeCall {
            taskId: T,
            providerId: A,
            client: CLIENT,
            value: n(8_000),
            providerBps: provider_bps,
            settledAt: self.chain.now(),
        };
        self.chain.answer(
            REGISTRY,
            call.abi_encode(),
            Ok(U256::from(score).abi_encode()),
        );
        call
    }

    fn status(&self) -> u8 {
        self.programs.admin.task_of(T).unwrap().status
    }

    fn collateral(&self, provider_id: U256) -> U256 {
        self.programs.admin.card_of(provider_id).2
    }

    fn last<E: SolEvent>(&self) -> E {
        self.chain.last_event()
    }
}

/// Checks that a call failed with exactly this error.
#[track_caller]
fn refused<R: Debug, E: SolError>(result: Result<R, Error>, error: E) {
    let data: Vec<u8> = result.expect_err("a refusal").into();
    assert_eq!(data, error.abi_encode());
}
