use alloy_primitives::{Address, B256, U256, address};
use ogpu_common::{
    AmountTooLarge, EnforcedPause, InvalidInitialization, OwnableInvalidOwner,
    OwnableUnauthorizedAccount, TokenTookFee, UUPSUnauthorizedCallContext, ZeroAddress, ZeroAmount,
    amount::MAX_AMOUNT,
    testing::{Chain, TOKEN},
};
use proptest::prelude::*;

use crate::*;

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const TREASURY: Address = address!("00000000000000000000000000000000000000bb");
const MANAGER: Address = address!("00000000000000000000000000000000000000cc");
const CLIENT: Address = address!("0000000000000000000000000000000000000001");
const PROVIDER: Address = address!("0000000000000000000000000000000000000002");
const STRANGER: Address = address!("0000000000000000000000000000000000000003");

fn shared<T>(error: impl Into<ogpu_common::Error>) -> Result<T, Error> {
    Err(Error::Shared(error.into()))
}

/// An escrow whose client has 1,000 wei, all allowed to it.
fn setup() -> (Chain, PaymentEscrow) {
    let chain = Chain::new();
    let mut escrow = PaymentEscrow::from(&chain);
    chain
        .call(STRANGER, || escrow.initialize(OWNER, TOKEN, TREASURY))
        .unwrap();
    chain
        .call(OWNER, || escrow.set_task_manager(MANAGER))
        .unwrap();
    chain
        .token
        .borrow_mut()
        .fund(CLIENT, chain.contract(), 1_000);
    (chain, escrow)
}

fn task(id: u64) -> U256 {
    U256::from(id)
}

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let (chain, mut escrow) = setup();
    assert_eq!(
        (escrow.owner(), escrow.token(), escrow.treasury()),
        (OWNER, TOKEN, TREASURY)
    );
    assert_eq!(escrow.task_manager(), MANAGER);
    let again = chain.call(OWNER, || escrow.initialize(OWNER, TOKEN, TREASURY));
    assert_eq!(again, shared(InvalidInitialization {}));

    let direct = Chain::direct();
    let result = direct.call(OWNER, || {
        PaymentEscrow::from(&direct).initialize(OWNER, TOKEN, TREASURY)
    });
    assert_eq!(result, shared(UUPSUnauthorizedCallContext {}));

    for (owner, token, treasury) in [
        (Address::ZERO, TOKEN, TREASURY),
        (OWNER, Address::ZERO, TREASURY),
        (OWNER, TOKEN, Address::ZERO),
    ] {
        let chain = Chain::new();
        let result = chain.call(OWNER, || {
            PaymentEscrow::from(&chain).initialize(owner, token, treasury)
        });
        if owner.is_zero() {
            assert_eq!(result, shared(OwnableInvalidOwner { owner }));
        } else {
            assert_eq!(result, shared(ZeroAddress {}));
        }
    }
}

#[test]
fn the_owner_wires_it() {
    let (chain, mut escrow) = setup();
    let stranger = OwnableUnauthorizedAccount { account: STRANGER };
    assert_eq!(
        chain.call(STRANGER, || escrow.set_task_manager(STRANGER)),
        shared(stranger.clone())
    );
    assert_eq!(
        chain.call(STRANGER, || escrow.set_treasury(STRANGER)),
        shared(stranger)
    );
    assert_eq!(
        chain.call(OWNER, || escrow.set_task_manager(Address::ZERO)),
        shared(ZeroAddress {})
    );
    assert_eq!(
        chain.call(OWNER, || escrow.set_treasury(Address::ZERO)),
        shared(ZeroAddress {})
    );
    chain.call(OWNER, || escrow.set_treasury(PROVIDER)).unwrap();
    let event = TreasuryChanged {
        previousTreasury: TREASURY,
        newTreasury: PROVIDER,
    };
    assert_eq!(
        (escrow.treasury(), chain.last_event::<TreasuryChanged>()),
        (PROVIDER, event)
    );
}

#[test]
fn deposits_stand_on_the_named_balance() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(300)))
        .unwrap();
    assert_eq!(
        chain.last_event::<Deposited>(),
        Deposited {
            account: CLIENT,
            from: CLIENT,
            amount: U256::from(300)
        }
    );
    chain
        .call(CLIENT, || escrow.deposit_for(PROVIDER, U256::from(50)))
        .unwrap();
    assert_eq!(
        (escrow.balance_of(CLIENT), escrow.balance_of(PROVIDER)),
        (U256::from(300), U256::from(50))
    );
    assert_eq!(chain.token.borrow().balance(chain.contract()), 350);

    assert_eq!(
        chain.call(CLIENT, || escrow.deposit(U256::ZERO)),
        shared(ZeroAmount {})
    );
    let huge = U256::from(MAX_AMOUNT) + U256::ONE;
    let too_large = AmountTooLarge {
        amount: huge,
        maximum: U256::from(MAX_AMOUNT),
    };
    assert_eq!(
        chain.call(CLIENT, || escrow.deposit(huge)),
        shared(too_large)
    );
    assert_eq!(
        chain.call(CLIENT, || escrow.deposit_for(Address::ZERO, U256::ONE)),
        shared(ZeroAddress {})
    );
    assert!(
        chain
            .call(CLIENT, || escrow.deposit(U256::from(651)))
            .is_err(),
        "more than there is"
    );
    assert_eq!(
        escrow.balance_of(CLIENT),
        U256::from(300),
        "a failed deposit credits nothing"
    );
}

#[test]
fn permits_may_be_handed_in_by_anyone_before() {
    let (chain, mut escrow) = setup();
    chain.token.borrow_mut().allowances.clear();
    let mut deposit = |amount: u64, v| {
        chain.call(CLIENT, || {
            escrow.deposit_with_permit(U256::from(amount), U256::MAX, v, B256::ZERO, B256::ZERO)
        })
    };
    assert!(deposit(10, 0).is_err(), "a bad permit allows nothing");
    assert_eq!(deposit(10, 27), Ok(()));
    chain
        .token
        .borrow_mut()
        .allowances
        .insert((CLIENT, chain.contract()), 5);
    assert_eq!(deposit(5, 0), Ok(()), "allowed already");
    assert_eq!(escrow.balance_of(CLIENT), U256::from(15));
}

#[test]
fn balances_are_withdrawn_by_their_owners() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(300)))
        .unwrap();
    chain
        .call(CLIENT, || escrow.withdraw(U256::from(100)))
        .unwrap();
    chain
        .call(CLIENT, || escrow.withdraw_to(STRANGER, U256::from(200)))
        .unwrap();
    assert_eq!(
        chain.last_event::<Withdrawn>(),
        Withdrawn {
            account: CLIENT,
            to: STRANGER,
            amount: U256::from(200)
        }
    );
    assert_eq!(
        (
            chain.token.borrow().balance(CLIENT),
            chain.token.borrow().balance(STRANGER)
        ),
        (800, 200)
    );
    let error = InsufficientBalance {
        account: CLIENT,
        available: U256::ZERO,
        requested: U256::ONE,
    };
    assert_eq!(
        chain.call(CLIENT, || escrow.withdraw(U256::ONE)),
        Err(error.into())
    );
    assert_eq!(
        chain.call(CLIENT, || escrow.withdraw(U256::ZERO)),
        shared(ZeroAmount {})
    );
    assert_eq!(
        chain.call(CLIENT, || escrow.withdraw_to(Address::ZERO, U256::ONE)),
        shared(ZeroAddress {})
    );
}

#[test]
fn a_lock_takes_the_balance_first_and_the_rest_by_allowance() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(300)))
        .unwrap();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(100)))
        .unwrap();
    assert_eq!(
        (
            escrow.balance_of(CLIENT),
            chain.token.borrow().balance(CLIENT)
        ),
        (U256::from(200), 700)
    );
    chain
        .call(MANAGER, || escrow.lock(task(2), CLIENT, U256::from(500)))
        .unwrap();
    let event = Locked {
        taskId: task(2),
        payer: CLIENT,
        amount: U256::from(500),
        fromBalance: U256::from(200),
    };
    assert_eq!(chain.last_event::<Locked>(), event);
    assert_eq!(
        (
            escrow.balance_of(CLIENT),
            chain.token.borrow().balance(CLIENT)
        ),
        (U256::ZERO, 400)
    );
    assert_eq!(escrow.lock_of(task(2)), (CLIENT, U256::from(500)));

    let again = chain.call(MANAGER, || escrow.lock(task(2), CLIENT, U256::ONE));
    assert_eq!(again, Err(AlreadyLocked { taskId: task(2) }.into()));
    let stranger = chain.call(CLIENT, || escrow.lock(task(3), CLIENT, U256::ONE));
    assert_eq!(stranger, Err(NotTaskManager { caller: CLIENT }.into()));
    assert_eq!(
        chain.call(MANAGER, || escrow.lock(task(3), CLIENT, U256::ZERO)),
        shared(ZeroAmount {})
    );
    let nobody = chain.call(MANAGER, || escrow.lock(task(3), Address::ZERO, U256::ONE));
    assert_eq!(nobody, shared(ZeroAddress {}));
    assert!(
        chain
            .call(MANAGER, || escrow.lock(task(3), CLIENT, U256::from(401)))
            .is_err()
    );
    assert_eq!(escrow.lock_of(task(3)), (Address::ZERO, U256::ZERO));
}

#[test]
fn a_lock_is_settled_once_and_whole() {
    let (chain, mut escrow) = setup();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(1_000)))
        .unwrap();
    let mut settle = |caller, id, provider, payment: u64, fee: u64| {
        chain.call(caller, || {
            escrow.settle(task(id), provider, U256::from(payment), U256::from(fee))
        })
    };
    let refused = Err(NotTaskManager { caller: CLIENT }.into());
    assert_eq!(settle(CLIENT, 1, PROVIDER, 1, 0), refused);
    let exceeds = |payment: u64, fee: u64| SettlementExceedsLock {
        taskId: task(1),
        locked: U256::from(1_000),
        payment: U256::from(payment),
        fee: U256::from(fee),
    };
    assert_eq!(
        settle(MANAGER, 1, PROVIDER, 1_000, 1),
        Err(exceeds(1_000, 1).into())
    );
    assert_eq!(
        settle(MANAGER, 1, PROVIDER, 1_001, 0),
        Err(exceeds(1_001, 0).into())
    );
    assert_eq!(
        settle(MANAGER, 1, Address::ZERO, 1, 0),
        shared(ZeroAddress {})
    );
    assert_eq!(
        settle(MANAGER, 2, PROVIDER, 0, 0),
        Err(NotLocked { taskId: task(2) }.into())
    );

    assert_eq!(settle(MANAGER, 1, PROVIDER, 700, 20), Ok(()));
    assert_eq!(
        settle(MANAGER, 1, PROVIDER, 0, 0),
        Err(NotLocked { taskId: task(1) }.into())
    );
    let event = Settled {
        taskId: task(1),
        provider: PROVIDER,
        payment: U256::from(700),
        fee: U256::from(20),
        refund: U256::from(280),
    };
    assert_eq!(chain.last_event::<Settled>(), event);
    assert_eq!(escrow.balance_of(PROVIDER), U256::from(700));
    assert_eq!(escrow.balance_of(CLIENT), U256::from(280));
    assert_eq!(escrow.accrued_fees(), U256::from(20));
    assert_eq!(escrow.lock_of(task(1)), (Address::ZERO, U256::ZERO));
}

#[test]
fn a_refund_needs_no_provider() {
    let (chain, mut escrow) = setup();
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(10)))
        .unwrap();
    chain
        .call(MANAGER, || {
            escrow.settle(task(1), Address::ZERO, U256::ZERO, U256::ZERO)
        })
        .unwrap();
    assert_eq!(
        (escrow.balance_of(CLIENT), escrow.accrued_fees()),
        (U256::from(10), U256::ZERO)
    );
}

#[test]
fn anyone_sends_the_fees_to_the_treasury() {
    let (chain, mut escrow) = setup();
    assert_eq!(
        chain.call(STRANGER, || escrow.collect_fees()),
        shared(ZeroAmount {})
    );
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(100)))
        .unwrap();
    chain
        .call(MANAGER, || {
            escrow.settle(task(1), PROVIDER, U256::from(90), U256::from(10))
        })
        .unwrap();
    assert_eq!(
        chain.call(STRANGER, || escrow.collect_fees()),
        Ok(U256::from(10))
    );
    assert_eq!(
        chain.last_event::<FeesCollected>(),
        FeesCollected {
            treasury: TREASURY,
            amount: U256::from(10)
        }
    );
    assert_eq!(
        (
            chain.token.borrow().balance(TREASURY),
            escrow.accrued_fees()
        ),
        (10, U256::ZERO)
    );
    assert_eq!(escrow.task_manager(), MANAGER, "its neighbour in the slot");
}

#[test]
fn a_pause_stops_what_comes_in_and_nothing_else() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(100)))
        .unwrap();
    let until = chain.vm.block_timestamp() + 60;
    chain.call(OWNER, || escrow.pause(until)).unwrap();
    let paused = || shared(EnforcedPause { until });
    assert_eq!(chain.call(CLIENT, || escrow.deposit(U256::ONE)), paused());
    assert_eq!(
        chain.call(CLIENT, || escrow.deposit_for(PROVIDER, U256::ONE)),
        paused()
    );
    assert_eq!(
        chain.call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(101))),
        paused()
    );
    assert_eq!(
        chain.call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(60))),
        Ok(())
    );
    let settled = chain.call(MANAGER, || {
        escrow.settle(task(1), PROVIDER, U256::from(50), U256::from(10))
    });
    assert_eq!(settled, Ok(()));
    assert_eq!(
        chain.call(PROVIDER, || escrow.withdraw(U256::from(50))),
        Ok(())
    );
    assert_eq!(
        chain.call(STRANGER, || escrow.collect_fees()),
        Ok(U256::from(10))
    );
    chain.pass(60);
    assert_eq!(chain.call(CLIENT, || escrow.deposit(U256::ONE)), Ok(()));
}

#[test]
fn a_token_that_takes_a_fee_is_refused() {
    let (chain, mut escrow) = setup();
    chain.token.borrow_mut().fee = 3;
    let error = TokenTookFee {
        token: TOKEN,
        sent: U256::from(10),
        received: U256::from(7),
    };
    assert_eq!(
        chain.call(CLIENT, || escrow.deposit(U256::from(10))),
        shared(error.clone())
    );
    assert_eq!(
        chain.call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(10))),
        shared(error)
    );
    assert_eq!(chain.token.borrow().balance(CLIENT), 1_000);
}

#[test]
fn an_opened_account_keeps_its_slot() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(5)))
        .unwrap();
    let slots = |chain: &Chain| {
        chain
            .vm
            .snapshot()
            .storage
            .values()
            .filter(|word| !word.is_zero())
            .count()
    };
    let before = slots(&chain);
    chain
        .call(CLIENT, || escrow.withdraw(U256::from(5)))
        .unwrap();
    assert_eq!(
        (escrow.balance_of(CLIENT), slots(&chain)),
        (U256::ZERO, before)
    );
}

#[derive(Clone, Debug)]
enum Step {
    Deposit(usize, usize, u64),
    Withdraw(usize, usize, u64),
    Lock(u64, usize, u64),
    Settle(u64, usize, u64, u64),
    Collect,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..3_usize;
    let amount = || 0..400_u64;
    let step = prop_oneof![
        (who.clone(), who.clone(), amount()).prop_map(|(a, b, c)| Step::Deposit(a, b, c)),
        (who.clone(), who.clone(), amount()).prop_map(|(a, b, c)| Step::Withdraw(a, b, c)),
        (0..4_u64, who.clone(), amount()).prop_map(|(a, b, c)| Step::Lock(a, b, c)),
        (0..4_u64, who, amount(), amount()).prop_map(|(a, b, c, d)| Step::Settle(a, b, c, d)),
        Just(Step::Collect),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The escrow has exactly what it owes, whatever is done in whatever order.
    #[test]
    fn it_has_what_it_owes(steps in steps()) {
        let (chain, mut escrow) = setup();
        let people = [CLIENT, PROVIDER, STRANGER];
        for person in people {
            chain.token.borrow_mut().fund(person, chain.contract(), 1_000);
        }
        for step in steps {
            let _ = match step {
                Step::Deposit(from, to, amount) => {
                    chain.call(people[from], || escrow.deposit_for(people[to], U256::from(amount)))
                }
                Step::Withdraw(from, to, amount) => {
                    chain.call(people[from], || escrow.withdraw_to(people[to], U256::from(amount)))
                }
                Step::Lock(id, payer, amount) => {
                    chain.call(MANAGER, || escrow.lock(task(id), people[payer], U256::from(amount)))
                }
                Step::Settle(id, provider, payment, fee) => chain.call(MANAGER, || {
                    escrow.settle(task(id), people[provider], U256::from(payment), U256::from(fee))
                }),
                Step::Collect => chain.call(STRANGER, || escrow.collect_fees()).map(|_| ()),
            };
            let balances: U256 = people.into_iter().map(|person| escrow.balance_of(person)).sum();
            let locks: U256 = (0..4).map(|id| escrow.lock_of(task(id)).1).sum();
            let held = U256::from(chain.token.borrow().balance(chain.contract()));
            prop_assert_eq!(held, balances + locks + escrow.accrued_fees());
        }
    }
}
