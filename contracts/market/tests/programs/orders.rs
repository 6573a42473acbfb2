//! Tasks with terms of their own, and every way to offer beyond the plain bid.

use alloy_primitives::{FixedBytes, keccak256};
use market::abi::Terms;
use ogpu_common::{ZeroAddress, ZeroAmount};

use super::*;

const SPONSOR: Address = address!("0000000000000000000000000000000000000055");
const SALT: B256 = B256::repeat_byte(0x5a);

/// Ten minutes for open bids, and nothing else.
pub(super) fn plain() -> Terms {
    Terms {
        biddingWindow: 600,
        minTrust: 0,
        minCollateral: U256::ZERO,
        trustWeight: 0,
        verifier: 0,
        verifierFee: U256::ZERO,
        verifierData: B256::ZERO,
        allowList: B256::ZERO,
        bidding: 0,
        startPrice: U256::ZERO,
        revealMinutes: 0,
    }
}

impl Stage {
    pub(super) fn order(&mut self, terms: Terms) -> Result<U256, Error> {
        self.by(CLIENT, |m| {
            m.orders
                .submit_task_with_terms("ipfs://task".into(), n(10_000), 400, terms)
        })
    }

    /// A market with an open task of 10,000 wei under these terms.
    pub(super) fn with(terms: Terms) -> Self {
        let mut market = Self::new();
        assert_eq!(market.order(terms), Ok(T));
        market
    }
}

pub(super) fn leaf(provider: U256) -> B256 {
    keccak256(keccak256(provider.to_be_bytes::<32>()))
}

fn pair(a: B256, b: B256) -> B256 {
    keccak256([a.min(b), a.max(b)].concat())
}

fn commitment(price: u128) -> B256 {
    keccak256((T, A, n(price), SALT).abi_encode())
}

#[test]
fn a_sponsor_pays_and_is_refunded() {
    let mut market = Stage::new();
    let lock = Siblings::lockCall {
        taskId: T,
        payer: SPONSOR,
        amount: n(10_000),
    };
    market.calling(SPONSOR, ESCROW, lock, Vec::new(), |m| {
        m.orders
            .submit_task_for(CLIENT, "ipfs://task".into(), n(10_000), 400, plain())
            .map(drop)
    });
    assert_eq!(market.last::<TermsSet>().payer, SPONSOR);
    assert_eq!(market.programs.admin.task_of(T).unwrap().client, CLIENT);
    refused(
        market.by(SPONSOR, |m| m.bids.cancel_task(T)),
        NotClient {
            taskId: T,
            caller: SPONSOR,
        },
    );
    let settle = Siblings::settleCall {
        taskId: T,
        payer: SPONSOR,
        amount: n(10_000),
        provider: SPONSOR,
        payment: U256::ZERO,
        fee: U256::ZERO,
    };
    market.calling(CLIENT, ESCROW, settle, Vec::new(), |m| {
        m.bids.cancel_task(T)
    });
    refused(
        market.by(SPONSOR, |m| {
            m.orders
                .submit_task_for(Address::ZERO, "".into(), n(1), 1, plain())
        }),
        ZeroAddress {},
    );
}

#[test]
fn a_sponsored_task_refunds_the_sponsor_when_it_is_paid() {
    let mut market = Stage::new();
    market
        .by(SPONSOR, |m| {
            m.orders
                .submit_task_for(CLIENT, "".into(), n(10_000), 400, plain())
        })
        .unwrap();
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    let seal = market.programs.admin.seal_of(T, A, HASH);
    market
        .by(ALICE, |m| m.tasks.submit_result(T, seal))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
        .unwrap();
    market.chain.pass(500);
    let settle = Siblings::settleCall {
        taskId: T,
        payer: SPONSOR,
        amount: n(10_000),
        provider: ALICE,
        payment: n(7_800),
        fee: n(200),
    };
    market.calling(STRANGER, ESCROW, settle, Vec::new(), |m| {
        m.tasks.finalize_payment(T)
    });
}

#[test]
fn terms_are_checked() {
    let mut market = Stage::new();
    let out = |field, value, minimum, maximum| OutOfRange {
        field,
        value: n(value),
        minimum: n(minimum),
        maximum: n(maximum),
    };
    let bad = [
        (
            Terms {
                bidding: 3,
                ..plain()
            },
            out(11, 3, 0, 2),
        ),
        (
            Terms {
                verifierFee: n(1),
                ..plain()
            },
            out(8, 1, 0, 0),
        ),
        (
            Terms {
                revealMinutes: 1,
                ..plain()
            },
            out(13, 1, 0, 0),
        ),
        (
            Terms {
                bidding: 1,
                ..plain()
            },
            out(13, 0, 1, 9),
        ),
        (
            Terms {
                bidding: 1,
                revealMinutes: 10,
                ..plain()
            },
            out(13, 10, 1, 9),
        ),
        (
            Terms {
                bidding: 2,
                ..plain()
            },
            out(12, 0, 1, 10_000),
        ),
        (
            Terms {
                bidding: 2,
                startPrice: n(10_001),
                ..plain()
            },
            out(12, 10_001, 1, 10_000),
        ),
    ];
    for (terms, error) in bad {
        refused(market.order(terms), error);
    }
    let unknown = Terms {
        verifier: 1,
        ..plain()
    };
    refused(market.order(unknown), UnknownVerifier { verifier: 1 });
    market.by(OWNER, |m| m.admin.add_verifier(VAULT)).unwrap();
    let dear = || Terms {
        verifier: 1,
        verifierFee: n(10_000),
        ..plain()
    };
    let nothing_left = PriceAboveBudget {
        price: n(10_000),
        budget: n(10_000),
    };
    refused(market.order(dear()), nothing_left);
    let fair = || Terms {
        verifierFee: n(9_999),
        ..dear()
    };
    assert_eq!(market.order(fair()), Ok(T));
    market.by(OWNER, |m| m.admin.retire_verifier(1)).unwrap();
    refused(market.order(fair()), UnknownVerifier { verifier: 1 });
}

#[test]
fn a_task_is_reopened_with_other_terms_under_the_same_budget() {
    let mut market = Stage::with_bids();
    let reopen = |m: &mut Programs| {
        let terms = Terms {
            minTrust: 6_000,
            ..plain()
        };
        m.orders.reopen_task(T, "ipfs://again".into(), 300, terms)
    };
    refused(
        market.by(STRANGER, reopen),
        NotClient {
            taskId: T,
            caller: STRANGER,
        },
    );
    assert_eq!(market.by(CLIENT, reopen), Ok(n(2)));
    let event = TaskReopened {
        taskId: T,
        newTaskId: n(2),
    };
    assert_eq!(market.last::<TaskReopened>(), event);
    let view = market.programs.admin.task_of(n(2)).unwrap();
    assert_eq!(
        (view.client, view.budget, view.minTrust),
        (CLIENT, n(10_000), 6_000)
    );
    assert_eq!(market.status(), 10);
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    assert_eq!(market.collateral(A), n(2_000));
    refused(
        market.by(CLIENT, reopen),
        WrongStatus {
            taskId: T,
            status: 10,
        },
    );
}

#[test]
fn only_listed_providers_bid() {
    let root = pair(leaf(A), leaf(n(77)));
    let mut market = Stage::with(Terms {
        allowList: root,
        ..plain()
    });
    let not = |provider| NotListed {
        taskId: T,
        providerId: provider,
    };
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000))),
        not(A),
    );
    let bid = |provider, proof: Vec<FixedBytes<32>>| {
        move |m: &mut Programs| m.bids.place_listed_bid(T, provider, n(8_000), proof)
    };
    refused(market.by(BOB, bid(B, vec![leaf(n(77))])), not(B));
    refused(market.by(ALICE, bid(A, vec![])), not(A));
    refused(market.by(ALICE, bid(A, vec![leaf(B)])), not(A));
    market.by(ALICE, bid(A, vec![leaf(n(77))])).unwrap();
    assert_eq!(market.programs.admin.bid_of(T, A).unwrap().price, n(8_000));
}

#[test]
fn sealed_bids_are_opened_in_the_last_minutes() {
    let mut market = Stage::with(Terms {
        bidding: 1,
        revealMinutes: 2,
        ..plain()
    });
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000))),
        OtherBidding {
            taskId: T,
            bidding: 1,
        },
    );
    let commit = |price| move |m: &mut Programs| m.bids.commit_bid(T, A, commitment(price), vec![]);
    market.by(ALICE, commit(9_000)).unwrap();
    assert_eq!(market.collateral(A), n(1_995));
    market.by(ALICE, commit(8_000)).unwrap();
    assert_eq!(market.collateral(A), n(1_995), "one bond, however often");
    let reveal = |price| move |m: &mut Programs| m.bids.reveal_bid(T, A, n(price), SALT);
    refused(
        market.by(ALICE, reveal(8_000)),
        TooEarly {
            taskId: T,
            from: START + 480,
        },
    );
    market.chain.pass(480);
    refused(
        market.by(ALICE, commit(7_000)),
        TooLate {
            taskId: T,
            until: START + 480,
        },
    );
    let wrong = WrongOpening {
        taskId: T,
        providerId: A,
    };
    refused(market.by(ALICE, reveal(9_000)), wrong);
    refused(
        market.by(STRANGER, reveal(8_000)),
        NotProvider {
            providerId: A,
            caller: STRANGER,
        },
    );
    market.by(ALICE, reveal(8_000)).unwrap();
    assert_eq!(market.collateral(A), n(1_995));
    refused(
        market.by(ALICE, reveal(8_000)),
        WrongOpening {
            taskId: T,
            providerId: A,
        },
    );
    market.chain.pass(120);
    market
        .by(STRANGER, |m| m.tasks.assign_provider(T, U256::ZERO))
        .unwrap();
    assert_eq!(market.programs.admin.task_of(T).unwrap().price, n(8_000));
}

#[test]
fn an_unopened_bid_gives_the_bond_back() {
    let mut market = Stage::with(Terms {
        bidding: 1,
        revealMinutes: 2,
        ..plain()
    });
    let empty = market.by(ALICE, |m| m.bids.commit_bid(T, A, B256::ZERO, vec![]));
    refused(empty, ZeroAmount {});
    market
        .by(ALICE, |m| m.bids.commit_bid(T, A, commitment(1), vec![]))
        .unwrap();
    market.chain.pass(600);
    market.by(STRANGER, |m| m.bids.expire_task(T)).unwrap();
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    assert_eq!(market.collateral(A), n(2_000));
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        NoBid {
            taskId: T,
            providerId: A,
        },
    );
}

#[test]
fn a_rising_price_is_taken_by_the_first() {
    let mut market = Stage::with(Terms {
        bidding: 2,
        startPrice: n(4_000),
        ..plain()
    });
    market.chain.pass(300);
    let take = |provider| move |m: &mut Programs| m.bids.take_task(T, provider, vec![]);
    refused(
        market.by(STRANGER, take(A)),
        NotProvider {
            providerId: A,
            caller: STRANGER,
        },
    );
    market.by(ALICE, take(A)).unwrap();
    let event = ProviderAssigned {
        taskId: T,
        providerId: A,
        price: n(7_000),
        collateral: n(700),
        deadline: START + 700,
    };
    assert_eq!(market.last::<ProviderAssigned>(), event);
    assert_eq!(
        market.collateral(A),
        n(2_000 - 700 - 5),
        "collateral and bond"
    );
    refused(
        market.by(BOB, take(B)),
        WrongStatus {
            taskId: T,
            status: 2,
        },
    );
}

#[test]
fn a_rising_price_ends_with_the_bidding() {
    let mut market = Stage::with(Terms {
        bidding: 2,
        startPrice: n(4_000),
        ..plain()
    });
    market.chain.pass(600);
    refused(
        market.by(ALICE, |m| m.bids.take_task(T, A, vec![])),
        TooLate {
            taskId: T,
            until: START + 600,
        },
    );
    market.by(STRANGER, |m| m.bids.expire_task(T)).unwrap();
}

#[test]
fn a_provider_is_hired_at_its_price() {
    let mut market = Stage::new();
    let hire = |duration, most| {
        move |m: &mut Programs| {
            m.orders
                .hire("ipfs://task".into(), A, duration, n(most), plain())
        }
    };
    let not = |duration, most| NotForHire {
        providerId: A,
        duration,
        maxDuration: most,
    };
    refused(market.by(CLIENT, hire(400, 10_000)), not(400, 0));
    refused(
        market.by(STRANGER, |m| m.orders.publish_price(A, n(20), 400)),
        NotProvider {
            providerId: A,
            caller: STRANGER,
        },
    );
    market
        .by(ALICE, |m| m.orders.publish_price(A, n(20), 400))
        .unwrap();
    assert_eq!(market.programs.orders.price_of(A), (n(20), 400));
    refused(market.by(CLIENT, hire(401, 10_000)), not(401, 400));
    let dear = PriceAboveBudget {
        price: n(8_000),
        budget: n(7_999),
    };
    refused(market.by(CLIENT, hire(400, 7_999)), dear);
    refused(
        market.by(ALICE, hire(400, 8_000)),
        SelfDealing { account: ALICE },
    );
    let lock = Siblings::lockCall {
        taskId: T,
        payer: CLIENT,
        amount: n(8_000),
    };
    market.calling(CLIENT, ESCROW, lock, Vec::new(), move |m| {
        hire(400, 8_000)(m).map(drop)
    });
    let view = market.programs.admin.task_of(T).unwrap();
    assert_eq!(
        (view.status, view.price, view.budget, view.providerId),
        (2, n(8_000), n(8_000), A)
    );
    assert_eq!(view.deadline, START + 400);
    assert_eq!(market.collateral(A), n(2_000 - 800 - 5));
}
