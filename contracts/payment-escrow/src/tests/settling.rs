//! Settlements: who gets what, and how much can be moved.

use super::*;

/// How the locks of [`CLIENT`] are settled in these tests.
#[derive(Clone, Copy)]
pub struct Terms {
    pub amount: u64,
    pub provider: Address,
    pub payment: u64,
    pub fee: u64,
}

/// Settles a task of [`CLIENT`]'s.
pub fn settle(
    chain: &Chain,
    escrow: &mut PaymentEscrow,
    caller: Address,
    id: u64,
    terms: Terms,
) -> Result<(), Error> {
    let [amount, payment, fee] = [terms.amount, terms.payment, terms.fee].map(U256::from);
    chain.call(caller, || {
        escrow.settle(task(id), CLIENT, amount, terms.provider, payment, fee)
    })
}

#[test]
fn a_lock_is_settled_whole() {
    let (chain, mut escrow) = setup();
    for (id, amount) in [(1, 600_u64), (2, 400)] {
        chain
            .call(MANAGER, || {
                escrow.lock(task(id), CLIENT, U256::from(amount))
            })
            .unwrap();
    }
    let good = Terms {
        amount: 600,
        provider: PROVIDER,
        payment: 420,
        fee: 20,
    };
    assert_eq!(
        settle(&chain, &mut escrow, CLIENT, 1, good),
        Err(NotTaskManager { caller: CLIENT }.into())
    );
    for (payment, fee) in [(600, 1), (601, 0), (0, 601), (u64::MAX, u64::MAX)] {
        let terms = Terms {
            payment,
            fee,
            ..good
        };
        let error = SettlementExceedsLock {
            taskId: task(1),
            amount: U256::from(600),
            payment: U256::from(payment),
            fee: U256::from(fee),
        };
        assert_eq!(
            settle(&chain, &mut escrow, MANAGER, 1, terms),
            Err(error.into())
        );
    }
    let nobody = Terms {
        provider: Address::ZERO,
        ..good
    };
    assert_eq!(
        settle(&chain, &mut escrow, MANAGER, 1, nobody),
        shared(ZeroAddress {})
    );
    let nothing = Terms {
        amount: 0,
        payment: 0,
        fee: 0,
        ..good
    };
    assert_eq!(
        settle(&chain, &mut escrow, MANAGER, 1, nothing),
        shared(ZeroAmount {})
    );

    assert_eq!(settle(&chain, &mut escrow, MANAGER, 1, good), Ok(()));
    let event = Settled {
        taskId: task(1),
        provider: PROVIDER,
        payer: CLIENT,
        payment: U256::from(420),
        fee: U256::from(20),
        refund: U256::from(160),
    };
    assert_eq!(chain.last_event::<Settled>(), event);
    assert_eq!(escrow.balance_of(PROVIDER), U256::from(420));
    assert_eq!(escrow.balance_of(CLIENT), U256::from(160));
    assert_eq!(escrow.accrued_fees(), U256::from(20));
    assert_eq!(escrow.locked_of(CLIENT), U256::from(400), "the other task");
    assert_eq!(escrow.locked_of(PROVIDER), U256::ZERO);
}

#[test]
fn the_task_manager_moves_no_more_than_the_payer_has_locked() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(300)))
        .unwrap();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(200)))
        .unwrap();
    let terms = Terms {
        amount: 201,
        provider: PROVIDER,
        payment: 1,
        fee: 0,
    };
    let too_low = |locked: u64, amount: u64| {
        let error = LockTooLow {
            payer: CLIENT,
            locked: U256::from(locked),
            amount: U256::from(amount),
        };
        Err(error.into())
    };
    assert_eq!(
        settle(&chain, &mut escrow, MANAGER, 1, terms),
        too_low(200, 201)
    );
    let whole = Terms {
        amount: 200,
        ..terms
    };
    assert_eq!(settle(&chain, &mut escrow, MANAGER, 1, whole), Ok(()));
    assert_eq!(
        settle(&chain, &mut escrow, MANAGER, 1, whole),
        too_low(0, 200),
        "a balance is not locked"
    );
    assert_eq!(escrow.balance_of(CLIENT), U256::from(299));
}

#[test]
fn a_payer_may_be_the_provider() {
    let (chain, mut escrow) = setup();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(1_000)))
        .unwrap();
    let terms = Terms {
        amount: 900,
        provider: CLIENT,
        payment: 700,
        fee: 50,
    };
    assert_eq!(settle(&chain, &mut escrow, MANAGER, 1, terms), Ok(()));
    assert_eq!(
        (escrow.balance_of(CLIENT), escrow.locked_of(CLIENT)),
        (U256::from(850), U256::from(100))
    );
    assert_eq!(escrow.accrued_fees(), U256::from(50));
    let event = chain.last_event::<Settled>();
    assert_eq!(
        (event.payer, event.provider, event.payment, event.refund),
        (CLIENT, CLIENT, U256::from(700), U256::from(150))
    );
}

#[test]
fn a_refund_needs_no_provider() {
    let (chain, mut escrow) = setup();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(10)))
        .unwrap();
    let terms = Terms {
        amount: 10,
        provider: Address::ZERO,
        payment: 0,
        fee: 0,
    };
    assert_eq!(settle(&chain, &mut escrow, MANAGER, 1, terms), Ok(()));
    assert_eq!(
        (escrow.balance_of(CLIENT), escrow.accrued_fees()),
        (U256::from(10), U256::ZERO)
    );
}

fn too_large<T>(amount: U256) -> Result<T, Error> {
    let maximum = U256::from(MAX_AMOUNT);
    shared(AmountTooLarge { amount, maximum })
}

#[test]
fn a_payment_and_a_fee_are_amounts() {
    let (chain, mut escrow) = setup();
    let amount = U256::from(100);
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, amount))
        .unwrap();
    let above = U256::from(MAX_AMOUNT) + U256::ONE;
    for [payment, fee] in [[above, U256::ZERO], [U256::ZERO, above]] {
        let settled = chain.call(MANAGER, || {
            escrow.settle(task(1), CLIENT, amount, PROVIDER, payment, fee)
        });
        assert_eq!(settled, too_large(above));
    }
    assert_eq!(escrow.locked_of(CLIENT), amount);
}

#[test]
fn no_balance_and_no_fees_grow_above_the_largest_amount() {
    let (chain, mut escrow) = setup();
    let max = U256::from(MAX_AMOUNT);
    let spender = chain.contract();
    let fund = |amount| chain.token.borrow_mut().fund(CLIENT, spender, amount);
    let lock = |escrow: &mut PaymentEscrow, id, amount| {
        chain.call(MANAGER, || escrow.lock(task(id), CLIENT, amount))
    };
    let settle = |escrow: &mut PaymentEscrow, id, amount, fee| {
        chain.call(MANAGER, || {
            escrow.settle(task(id), CLIENT, amount, PROVIDER, U256::ZERO, fee)
        })
    };
    // A refund that would not fit on the balance.
    fund(MAX_AMOUNT);
    chain.call(CLIENT, || escrow.deposit(max)).unwrap();
    lock(&mut escrow, 1, U256::from(100)).unwrap();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(100)))
        .unwrap();
    assert_eq!(
        settle(&mut escrow, 1, U256::from(100), U256::ZERO),
        too_large(max + U256::from(100))
    );
    let more = chain.call(CLIENT, || escrow.deposit(U256::ONE));
    assert_eq!(more, too_large(max + U256::ONE));
    assert_eq!(escrow.balance_of(CLIENT), max);
    // Fees that would not fit beside those that are there.
    lock(&mut escrow, 2, max - U256::from(100)).unwrap();
    settle(&mut escrow, 2, max - U256::from(100), max - U256::from(100)).unwrap();
    settle(&mut escrow, 1, U256::from(100), U256::from(100)).unwrap();
    assert_eq!(escrow.accrued_fees(), max);
    lock(&mut escrow, 3, U256::ONE).unwrap();
    assert_eq!(
        settle(&mut escrow, 3, U256::ONE, U256::ONE),
        too_large(max + U256::ONE)
    );
    assert_eq!(escrow.accrued_fees(), max);
}
