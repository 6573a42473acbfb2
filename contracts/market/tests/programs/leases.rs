//! Machines rented by the second.

use market_admin::MarketAdmin;
use ogpu_common::{EnforcedPause, Pausable as _};
use proptest::prelude::*;

use super::*;

const VERIFIER: Address = address!("00000000000000000000000000000000000000ee");
/// Wei a second.
const RATE: u128 = 40;
/// A tenth of a day's rent.
const COLLATERAL: u128 = 345_600;
/// What the provider has.
const FREE: u128 = 1_000_000;
const HOUR: u64 = 3_600;
/// The first lease.
const L: U256 = U256::ONE;
/// ... as the escrow knows it.
const E: U256 = U256::from_limbs([1, 1, 0, 0]);

impl Stage {
    /// A market in which the first provider has published [`RATE`] and has [`FREE`] wei of collateral, with a verifier.
    fn renting() -> Self {
        let mut market = Self::new();
        market
            .by(ALICE, |m| m.admin.deposit_collateral(A, n(FREE - 2_000)))
            .unwrap();
        market
            .by(ALICE, |m| m.orders.publish_price(A, n(RATE), 8 * HOUR))
            .unwrap();
        market
            .by(OWNER, |m| m.admin.add_verifier(VERIFIER))
            .unwrap();
        market
    }

    /// A lease of two hours that waits to be started.
    fn rented() -> Self {
        let mut market = Self::renting();
        assert_eq!(market.rent(2 * HOUR, 1), Ok(L));
        market
    }

    /// ... and is started.
    fn leased() -> Self {
        let mut market = Self::rented();
        market.by(ALICE, |m| m.leases.start_lease(L)).unwrap();
        market
    }

    fn rent(&mut self, duration: u64, verifier: u8) -> Result<U256, Error> {
        self.by(CLIENT, |m| {
            m.leases
                .rent("ipfs://machine".into(), A, n(RATE), duration, verifier)
        })
    }

    /// Heartbeats every ten minutes, for so many seconds.
    fn beats(&mut self, seconds: u64) {
        for _ in 0..seconds / 600 {
            self.chain.pass(600);
            self.by(ALICE, |m| m.leases.heartbeat(L)).unwrap();
        }
    }

    fn lease(&self) -> LeaseView {
        self.programs.leases.lease_of(L).unwrap()
    }

    /// The registry records that the provider vanished.
    fn vanishing(&self) {
        let outcome = Siblings::recordOutcomeCall {
            taskId: E,
            providerId: A,
            client: CLIENT,
            value: n(86_400 * RATE),
            providerBps: 0,
            settledAt: self.chain.now(),
        };
        let score = Ok(n(4_321).abi_encode());
        self.chain.answer(REGISTRY, outcome.abi_encode(), score);
    }

    /// What the escrow pays when `left` seconds end, `paid` of which were delivered: 39 wei of 40 each.
    fn payout(&self, paid: u128, left: u128) -> Siblings::settleCall {
        Siblings::settleCall {
            taskId: E,
            payer: CLIENT,
            amount: n(left * RATE),
            provider: ALICE,
            payment: n(paid * 39),
            fee: n(paid),
        }
    }
}

#[test]
fn renting_locks_the_price_and_holds_collateral() {
    let mut market = Stage::renting();
    let lock = Siblings::lockCall {
        taskId: E,
        payer: CLIENT,
        amount: n(7_200 * RATE),
    };
    market.calling(CLIENT, ESCROW, lock, Vec::new(), |m| {
        m.leases
            .rent("ipfs://machine".into(), A, n(RATE), 2 * HOUR, 1)
            .map(drop)
    });
    let event = LeaseRented {
        leaseId: L,
        client: CLIENT,
        providerId: A,
        rate: n(RATE),
        duration: 7_200,
        collateral: n(COLLATERAL),
        verifier: 1,
        version: 1,
        metadata: "ipfs://machine".into(),
    };
    assert_eq!(market.last::<LeaseRented>(), event);
    let view = LeaseView {
        client: CLIENT,
        providerId: A,
        status: 1,
        version: 1,
        verifier: 1,
        feeBps: 250,
        rate: n(RATE),
        due: 0,
        left: 7_200,
        heartbeat: 0,
        endsAt: START + 1_800,
        collateral: n(COLLATERAL),
    };
    assert_eq!(market.lease(), view);
    assert_eq!(market.collateral(A), n(FREE - COLLATERAL));
    assert_eq!(market.programs.leases.lease_count(), L);
    assert_eq!(market.programs.admin.task_count(), U256::ZERO);
}

#[test]
fn renting_is_refused() {
    let mut market = Stage::renting();
    let hire = |duration| NotForHire {
        providerId: A,
        duration,
        maxDuration: 8 * HOUR,
    };
    refused(market.rent(8 * HOUR + 1, 0), hire(8 * HOUR + 1));
    let range = |field, value: u128, minimum: u128, maximum: u128| OutOfRange {
        field,
        value: n(value),
        minimum: n(minimum),
        maximum: n(maximum),
    };
    refused(
        market.rent(HOUR - 1, 0),
        range(3, 3_599, 3_600, 180 * 86_400),
    );
    refused(market.rent(HOUR, 2), UnknownVerifier { verifier: 2 });
    refused(
        market.by(CLIENT, |m| {
            m.leases.rent("".into(), A, n(RATE - 1), HOUR, 0)
        }),
        RateAboveMaximum {
            rate: n(RATE),
            maximum: n(RATE - 1),
        },
    );
    refused(
        market.by(ALICE, |m| m.leases.rent("".into(), A, n(RATE), HOUR, 0)),
        SelfDealing { account: ALICE },
    );
    refused(
        market.by(CLIENT, |m| m.leases.rent("".into(), n(9), n(RATE), HOUR, 0)),
        UnknownProvider { providerId: n(9) },
    );
    for _ in 0..2 {
        market.rent(HOUR, 0).unwrap();
    }
    refused(
        market.rent(HOUR, 0),
        CollateralTooLow {
            free: n(FREE - 2 * COLLATERAL),
            required: n(COLLATERAL),
        },
    );
    let most = (1 << 72) - 1;
    market
        .by(ALICE, |m| m.orders.publish_price(A, n(most + 1), HOUR))
        .unwrap();
    refused(
        market.by(CLIENT, |m| m.leases.rent("".into(), A, U256::MAX, HOUR, 0)),
        range(1, most + 1, 1, most),
    );
    let mut bare = Stage::bare();
    refused(bare.rent(HOUR, 0), SiblingsNotSet {});
}

#[test]
fn it_is_paid_by_the_second() {
    let mut market = Stage::leased();
    assert_eq!(market.last::<LeaseStarted>(), LeaseStarted { leaseId: L });
    let nothing = market.by(STRANGER, |m| m.leases.settle_lease(L));
    assert_eq!(nothing, Ok(U256::ZERO));
    market.beats(600);
    let event = LeaseHeartbeat { leaseId: L };
    assert_eq!(market.last::<LeaseHeartbeat>(), event);
    market.chain.pass(100);
    assert_eq!((market.lease().due, market.lease().left), (700, 6_500));
    let payout = market.payout(700, 700);
    market.calling(STRANGER, ESCROW, payout, Vec::new(), |m| {
        m.leases.settle_lease(L).map(drop)
    });
    let event = LeaseSettled {
        leaseId: L,
        duration: 700,
        payment: n(27_300),
        fee: n(700),
    };
    assert_eq!(market.last::<LeaseSettled>(), event);
    assert_eq!((market.lease().due, market.lease().left), (0, 6_500));
    // The last heartbeat is good for 500 seconds more.
    market.chain.pass(3_000);
    let payout = market.payout(500, 500);
    market.calling(STRANGER, ESCROW, payout, Vec::new(), |m| {
        m.leases.settle_leases(vec![L, L])
    });
    refused(
        market.by(STRANGER, |m| m.leases.settle_leases(vec![L, n(2)])),
        UnknownLease { leaseId: n(2) },
    );
}

#[test]
fn steps_belong_to_somebody() {
    let mut market = Stage::rented();
    let other = |caller| NotProvider {
        providerId: A,
        caller,
    };
    refused(
        market.by(CLIENT, |m| m.leases.start_lease(L)),
        other(CLIENT),
    );
    market.by(ALICE, |m| m.leases.start_lease(L)).unwrap();
    refused(market.by(BOB, |m| m.leases.heartbeat(L)), other(BOB));
    let party = |caller| NotLeaseParty { leaseId: L, caller };
    refused(
        market.by(ALICE, |m| m.leases.top_up_lease(L, 1)),
        party(ALICE),
    );
    refused(
        market.by(ALICE, |m| m.leases.shorten_lease(L, 1)),
        party(ALICE),
    );
    refused(market.by(BOB, |m| m.leases.give_notice(L)), party(BOB));
    refused(
        market.by(CLIENT, |m| m.leases.report_latency(L, false)),
        party(CLIENT),
    );
    let wrong = |status| WrongLeaseStatus { leaseId: L, status };
    refused(market.by(ALICE, |m| m.leases.start_lease(L)), wrong(2));
    refused(market.by(ALICE, |m| m.leases.cancel_lease(L)), wrong(2));
    let unknown = UnknownLease { leaseId: n(2) };
    refused(market.by(ALICE, |m| m.leases.heartbeat(n(2))), unknown);
    assert!(market.programs.leases.lease_of(n(2)).is_err());
}

#[test]
fn what_is_not_started_goes_back() {
    for (caller, wait) in [(ALICE, 0), (STRANGER, 1_800), (CLIENT, 1_800)] {
        let mut market = Stage::rented();
        if caller != ALICE {
            market.chain.pass(1_799);
            let from = START + 1_800;
            let early = LeaseTooEarly { leaseId: L, from };
            refused(market.by(caller, |m| m.leases.cancel_lease(L)), early);
            market.chain.pass(wait - 1_799);
            let late = LeaseTooLate {
                leaseId: L,
                until: from,
            };
            refused(market.by(ALICE, |m| m.leases.start_lease(L)), late);
        }
        let payout = market.payout(0, 7_200);
        market.calling(caller, ESCROW, payout, Vec::new(), |m| {
            m.leases.cancel_lease(L)
        });
        let event = LeaseCancelled { leaseId: L };
        assert_eq!(market.last::<LeaseCancelled>(), event);
        assert_eq!(market.collateral(A), n(FREE));
        let view = market.lease();
        assert_eq!(
            (view.status, view.left, view.collateral),
            (5, 0, U256::ZERO)
        );
    }
}

#[test]
fn it_is_made_longer_and_shorter() {
    let mut market = Stage::leased();
    let lock = Siblings::lockCall {
        taskId: E,
        payer: CLIENT,
        amount: n(1_000 * RATE),
    };
    market.calling(CLIENT, ESCROW, lock, Vec::new(), |m| {
        m.leases.top_up_lease(L, 1_000)
    });
    let event = LeaseToppedUp {
        leaseId: L,
        duration: 1_000,
    };
    assert_eq!(market.last::<LeaseToppedUp>(), event);
    market.chain.pass(200);
    let range = OutOfRange {
        field: 1,
        value: n(4_401),
        minimum: n(1),
        maximum: n(4_400),
    };
    refused(
        market.by(CLIENT, |m| m.leases.shorten_lease(L, 4_401)),
        range,
    );
    let payout = market.payout(200, 4_600);
    market.calling(CLIENT, ESCROW, payout, Vec::new(), |m| {
        m.leases.shorten_lease(L, 4_400)
    });
    let event = LeaseShortened {
        leaseId: L,
        duration: 4_400,
    };
    assert_eq!(market.last::<LeaseShortened>(), event);
    assert_eq!((market.lease().due, market.lease().left), (0, 3_600));
    market.chain.pass(400);
    let late = LeaseTooLate {
        leaseId: L,
        until: START + 600,
    };
    refused(market.by(CLIENT, |m| m.leases.top_up_lease(L, 1)), late);
}

#[test]
fn either_side_gives_notice() {
    for by in [CLIENT, ALICE] {
        let mut market = Stage::leased();
        market.by(by, |m| m.leases.give_notice(L)).unwrap();
        let end = START + HOUR;
        let event = NoticeGiven {
            leaseId: L,
            by,
            endsAt: end,
        };
        assert_eq!(market.last::<NoticeGiven>(), event);
        refused(
            market.by(ALICE, |m| m.leases.give_notice(L)),
            WrongLeaseStatus {
                leaseId: L,
                status: 3,
            },
        );
        market.beats(HOUR - 600);
        market.chain.pass(599);
        let early = LeaseTooEarly {
            leaseId: L,
            from: end,
        };
        refused(market.by(STRANGER, |m| m.leases.close_lease(L)), early);
        market.chain.pass(5_000);
        let payout = market.payout(3_600, 7_200);
        market.calling(STRANGER, ESCROW, payout, Vec::new(), |m| {
            m.leases.close_lease(L)
        });
        let event = LeaseClosed {
            leaseId: L,
            duration: 3_600,
            payment: n(3_600 * 39),
            fee: n(3_600),
            slashed: U256::ZERO,
        };
        assert_eq!(market.last::<LeaseClosed>(), event);
        assert_eq!(market.collateral(A), n(FREE));
        assert_eq!((market.lease().status, market.lease().endsAt), (4, 0));
        refused(
            market.by(STRANGER, |m| m.leases.close_lease(L)),
            WrongLeaseStatus {
                leaseId: L,
                status: 4,
            },
        );
    }
}

#[test]
fn what_is_used_up_and_settled_is_closed_without_the_escrow() {
    let mut market = Stage::leased();
    market.beats(2 * HOUR - 600);
    market.chain.pass(600);
    market.by(STRANGER, |m| m.leases.settle_lease(L)).unwrap();
    let late = LeaseTooLate {
        leaseId: L,
        until: START + 2 * HOUR,
    };
    refused(market.by(ALICE, |m| m.leases.heartbeat(L)), late);
    for nothing in [market.payout(0, 0), market.payout(7_200, 7_200)] {
        let refusal = Err(b"called all the same".to_vec());
        market.chain.answer(ESCROW, nothing.abi_encode(), refusal);
    }
    market.by(STRANGER, |m| m.leases.close_lease(L)).unwrap();
    assert_eq!(market.collateral(A), n(FREE));
}

#[test]
fn a_provider_that_vanishes_is_slashed() {
    let mut market = Stage::leased();
    market
        .by(CLIENT, |m| m.leases.top_up_lease(L, HOUR))
        .unwrap();
    market.beats(600);
    market.chain.pass(7_200);
    market.vanishing();
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(COLLATERAL / 2),
        injured: CLIENT,
    };
    let payout = market.payout(1_200, 10_800).abi_encode();
    market
        .chain
        .answer(ESCROW, payout.clone(), Err(b"not paid".to_vec()));
    let slashed = Ok(n(COLLATERAL / 2).abi_encode());
    market.chain.answer(VAULT, slash.abi_encode(), slashed);
    let error = market.by(STRANGER, |m| m.leases.close_lease(L));
    assert_eq!(Vec::from(error.unwrap_err()), b"not paid");
    market.chain.answer(ESCROW, payout, Ok(Vec::new()));
    let answer = n(COLLATERAL / 2).abi_encode();
    market.calling(STRANGER, VAULT, slash, answer, |m| m.leases.close_lease(L));
    assert_eq!(market.last::<LeaseClosed>().slashed, n(COLLATERAL / 2));
    assert_eq!(
        market.programs.admin.card_of(A),
        (ALICE, n(4_321), n(FREE - COLLATERAL / 2))
    );
}

#[test]
fn a_verifier_ends_it_without_a_slash() {
    let mut market = Stage::leased();
    market.chain.pass(300);
    let report = |acceptable| LatencyReported {
        leaseId: L,
        verifier: VERIFIER,
        acceptable,
    };
    for acceptable in [true, false] {
        market
            .by(VERIFIER, |m| m.leases.report_latency(L, acceptable))
            .unwrap();
        assert_eq!(market.last::<LatencyReported>(), report(acceptable));
        let status = if acceptable { 2 } else { 3 };
        assert_eq!(market.lease().status, status);
    }
    let late = LeaseTooLate {
        leaseId: L,
        until: START + 300,
    };
    refused(
        market.by(VERIFIER, |m| m.leases.report_latency(L, true)),
        late,
    );
    market.chain.pass(9_000);
    let payout = market.payout(300, 7_200);
    market.calling(STRANGER, ESCROW, payout, Vec::new(), |m| {
        m.leases.close_lease(L)
    });
    assert_eq!(market.collateral(A), n(FREE));
}

#[test]
fn a_pause_stops_what_brings_money_in() {
    let mut market = Stage::leased();
    let until = START + 1_000;
    market
        .by(OWNER, |m| {
            let admin: &mut MarketAdmin = &mut m.admin;
            admin.pause(until).map_err(Error::from)
        })
        .unwrap();
    refused(market.rent(HOUR, 0), EnforcedPause { until });
    refused(
        market.by(CLIENT, |m| m.leases.top_up_lease(L, 1)),
        EnforcedPause { until },
    );
    market.chain.pass(10);
    market.by(ALICE, |m| m.leases.heartbeat(L)).unwrap();
    market.by(STRANGER, |m| m.leases.settle_lease(L)).unwrap();
    market.by(CLIENT, |m| m.leases.shorten_lease(L, 9)).unwrap();
    market.by(CLIENT, |m| m.leases.give_notice(L)).unwrap();
    market
        .by(VERIFIER, |m| m.leases.report_latency(L, false))
        .unwrap();
    market.chain.pass(2 * HOUR);
    market.by(STRANGER, |m| m.leases.close_lease(L)).unwrap();
}

proptest! {
    /// Whatever happens when, a lease can be closed at the time it said, and money and collateral add up to the wei.
    #[test]
    fn books_balance(steps in proptest::collection::vec((0..7u8, 0..1_500u64), 1..25)) {
        let mut market = Stage::leased();
        let slash = Siblings::slashCall { account: ALICE, amount: n(COLLATERAL / 2), injured: CLIENT };
        market.chain.answer(VAULT, slash.abi_encode(), Ok(n(COLLATERAL / 2).abi_encode()));
        let (mut bought, mut refunded, mut paid) = (7_200, 0, U256::ZERO);
        for (step, wait) in steps {
            market.chain.pass(wait);
            let settled = market.lease().due;
            let done = match step {
                0..=2 => market.by(ALICE, |m| m.leases.heartbeat(L)),
                3 => {
                    let payment = market.by(STRANGER, |m| m.leases.settle_lease(L)).unwrap();
                    prop_assert_eq!(payment, n(u128::from(settled) * 39));
                    paid += payment;
                    Ok(())
                }
                4 => {
                    let more = market.by(CLIENT, |m| m.leases.top_up_lease(L, wait));
                    bought += if more.is_ok() { wait } else { 0 };
                    more
                }
                5 => {
                    let less = market.by(CLIENT, |m| m.leases.shorten_lease(L, wait));
                    if less.is_ok() {
                        refunded += wait;
                        paid += n(u128::from(settled) * 39);
                    }
                    less
                }
                _ => market.by(CLIENT, |m| m.leases.give_notice(L)),
            };
            let lease = market.lease();
            if done.is_ok() {
                let seconds = paid / n(39) + n((refunded + lease.due + lease.left).into());
                prop_assert_eq!(seconds, n(bought.into()));
            }
            prop_assert_eq!(market.collateral(A), n(FREE - COLLATERAL));
        }
        let end = market.lease().endsAt;
        market.chain.pass(end.saturating_sub(market.programs.leases.now()));
        let (due, left) = (market.lease().due, market.lease().left);
        prop_assert_eq!(paid / n(39) + n((refunded + due + left).into()), n(bought.into()));
        market.vanishing();
        market.by(STRANGER, |m| m.leases.close_lease(L)).unwrap();
        let closed = market.last::<LeaseClosed>();
        prop_assert_eq!((closed.duration, closed.payment), (due, n(u128::from(due) * 39)));
        prop_assert_eq!(market.collateral(A) + closed.slashed, n(FREE));
    }
}
