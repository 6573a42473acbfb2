//! Amounts above the largest, amounts of nothing, and addresses that are zero.

use market::abi::Terms;
use ogpu_common::{AmountTooLarge, OwnableInvalidOwner, ZeroAddress, ZeroAmount};

use super::{orders::plain, *};

/// One wei more than an amount can be.
const TOO_MUCH: U256 = U256::from_limbs([0, 1 << 32, 0, 0]);

type Step = fn(&mut Programs) -> Result<(), Error>;

fn too_large() -> AmountTooLarge {
    AmountTooLarge {
        amount: TOO_MUCH,
        maximum: TOO_MUCH - U256::ONE,
    }
}

#[test]
fn no_amount_is_above_the_largest() {
    let steps: [(Address, Step); 6] = [
        (ALICE, |m| m.tasks.place_bid(T, A, TOO_MUCH)),
        (ALICE, |m| m.orders.publish_price(A, TOO_MUCH, 1)),
        (ALICE, |m| m.admin.deposit_collateral(A, TOO_MUCH)),
        (ALICE, |m| m.admin.withdraw_collateral(A, TOO_MUCH)),
        (OWNER, |m| m.admin.slash_provider(A, TOO_MUCH, CLIENT)),
        (OWNER, |m| m.disputes.resolve_dispute(T, 0, TOO_MUCH)),
    ];
    for (caller, step) in steps {
        let mut market = if caller == ALICE {
            Stage::open()
        } else {
            Stage::disputed()
        };
        refused(market.by(caller, step), too_large());
    }
}

#[test]
fn no_amount_of_an_order_is_above_the_largest() {
    let mut market = Stage::new();
    let collateral = Terms {
        minCollateral: TOO_MUCH,
        ..plain()
    };
    let fee = Terms {
        verifierFee: TOO_MUCH,
        ..plain()
    };
    let start = Terms {
        bidding: 2,
        startPrice: TOO_MUCH,
        ..plain()
    };
    for terms in [collateral, fee, start] {
        refused(market.order(terms), too_large());
    }
    let budget = market.by(CLIENT, |m| {
        m.orders
            .submit_task_with_terms("".into(), TOO_MUCH, 400, plain())
    });
    refused(budget, too_large());

    // The largest price and a fee of one wei are more than a budget can be.
    let largest = TOO_MUCH - U256::ONE;
    market
        .by(ALICE, |m| m.orders.publish_price(A, largest, 1))
        .unwrap();
    let fee = Terms {
        verifierFee: U256::ONE,
        ..plain()
    };
    let hired = market.by(CLIENT, |m| m.orders.hire("".into(), A, 1, largest, fee));
    refused(hired, too_large());
}

#[test]
fn nothing_is_neither_deposited_nor_slashed() {
    let mut market = Stage::new();
    let deposited = market.by(ALICE, |m| m.admin.deposit_collateral(A, U256::ZERO));
    refused(deposited, ZeroAmount {});
    let slashed = market.by(OWNER, |m| m.admin.slash_provider(A, U256::ZERO, CLIENT));
    refused(slashed, ZeroAmount {});
}

#[test]
fn a_price_is_published_for_136_years_at_most() {
    let mut market = Stage::new();
    let most = u64::from(u32::MAX);
    let error = OutOfRange {
        field: 2,
        value: n(1 << 32),
        minimum: U256::ZERO,
        maximum: U256::from(most),
    };
    refused(
        market.by(ALICE, |m| m.orders.publish_price(A, n(1), most + 1)),
        error,
    );
    market
        .by(ALICE, |m| m.orders.publish_price(A, n(1), most))
        .unwrap();
    assert_eq!(market.programs.orders.price_of(A), (n(1), most));
}

#[test]
fn nobody_is_no_sibling_no_verifier_and_no_owner() {
    let mut market = Stage::new();
    let steps: [Step; 4] = [
        |m| m.admin.set_siblings(Address::ZERO, VAULT, REGISTRY),
        |m| m.admin.set_siblings(ESCROW, Address::ZERO, REGISTRY),
        |m| m.admin.set_siblings(ESCROW, VAULT, Address::ZERO),
        |m| m.admin.add_verifier(Address::ZERO).map(drop),
    ];
    for step in steps {
        refused(market.by(OWNER, step), ZeroAddress {});
    }
    let chain = Chain::new();
    let mut tasks = TaskManager::from(&chain);
    let ownerless = chain.call(STRANGER, || tasks.initialize(Address::ZERO));
    let owner = Address::ZERO;
    refused(ownerless, OwnableInvalidOwner { owner });
}
