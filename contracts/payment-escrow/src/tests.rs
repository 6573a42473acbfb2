use alloy_primitives::{Address, B256, U256, address};
use ogpu_common::{
    AmountTooLarge, EnforcedPause, InvalidInitialization, OwnableInvalidOwner,
    OwnableUnauthorizedAccount, TokenCallFailed, TokenTookFee, UUPSUnauthorizedCallContext,
    ZeroAddress, ZeroAmount,
    amount::MAX_AMOUNT,
    testing::{Chain, TOKEN},
};

use crate::*;

mod books;
mod settling;

use settling::{Terms, settle};

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
    let event = TaskManagerChanged {
        previousTaskManager: Address::ZERO,
        newTaskManager: MANAGER,
    };
    assert_eq!(chain.last_event::<TaskManagerChanged>(), event);
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
    assert_eq!(escrow.locked_of(CLIENT), U256::from(600), "both tasks");

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
    let too_large = AmountTooLarge {
        amount: U256::from(1) << 96,
        maximum: U256::from(MAX_AMOUNT),
    };
    assert_eq!(
        chain.call(MANAGER, || {
            escrow.lock(task(3), CLIENT, U256::from(MAX_AMOUNT - 599))
        }),
        shared(too_large)
    );
    assert_eq!(
        (
            escrow.locked_of(CLIENT),
            chain.token.borrow().balance(CLIENT)
        ),
        (U256::from(600), 400),
        "failed locks lock nothing"
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
    let terms = Terms {
        amount: 100,
        provider: PROVIDER,
        payment: 90,
        fee: 10,
    };
    settle(&chain, &mut escrow, MANAGER, 1, terms).unwrap();
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
    let terms = Terms {
        amount: 60,
        provider: PROVIDER,
        payment: 50,
        fee: 10,
    };
    assert_eq!(settle(&chain, &mut escrow, MANAGER, 1, terms), Ok(()));
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

/// How many slots are not empty.
fn slots(chain: &Chain) -> usize {
    let storage = chain.vm.snapshot().storage;
    storage.values().filter(|word| !word.is_zero()).count()
}

#[test]
fn a_slot_once_written_is_never_empty_again() {
    let (chain, mut escrow) = setup();
    chain
        .call(CLIENT, || escrow.deposit(U256::from(5)))
        .unwrap();
    let before = slots(&chain);
    chain
        .call(CLIENT, || escrow.withdraw(U256::from(5)))
        .unwrap();
    assert_eq!(
        (escrow.balance_of(CLIENT), slots(&chain)),
        (U256::ZERO, before)
    );
    chain
        .call(MANAGER, || escrow.lock(task(1), CLIENT, U256::from(7)))
        .unwrap();
    let terms = Terms {
        amount: 7,
        provider: CLIENT,
        payment: 0,
        fee: 7,
    };
    settle(&chain, &mut escrow, MANAGER, 1, terms).unwrap();
    assert_eq!(
        (escrow.locked_of(CLIENT), slots(&chain)),
        (U256::ZERO, before)
    );
}

/// Opens an account, and returns how many events there have been.
fn open(chain: &Chain, escrow: &mut PaymentEscrow, account: Address) -> usize {
    let opened = chain.call(account, || {
        escrow.open_account();
        Ok::<_, Error>(())
    });
    assert_eq!(opened, Ok(()));
    chain.vm.get_emitted_logs().len()
}

#[test]
fn an_account_is_opened_once() {
    let (chain, mut escrow) = setup();
    let before = slots(&chain);
    let logs = open(&chain, &mut escrow, PROVIDER);
    assert_eq!(
        chain.last_event::<AccountOpened>(),
        AccountOpened { account: PROVIDER }
    );
    assert_eq!(slots(&chain), before + 1);
    assert_eq!(open(&chain, &mut escrow, PROVIDER), logs, "nothing happens");
    assert_eq!(slots(&chain), before + 1);

    chain
        .call(CLIENT, || escrow.deposit_for(PROVIDER, U256::from(9)))
        .unwrap();
    assert_eq!(slots(&chain), before + 1, "a credit makes no slot");
    let logs = chain.vm.get_emitted_logs().len();
    assert_eq!(open(&chain, &mut escrow, PROVIDER), logs);
    assert_eq!(
        escrow.balance_of(PROVIDER),
        U256::from(9),
        "what is there stays"
    );
}

#[test]
fn nothing_leaves_while_the_token_refuses() {
    let (chain, mut escrow) = setup();
    let ten = U256::from(10);
    chain.call(CLIENT, || escrow.deposit(ten)).unwrap();
    chain.token.borrow_mut().refuses = true;
    let error = TokenCallFailed { token: TOKEN };
    assert_eq!(
        chain.call(CLIENT, || escrow.deposit(ten)),
        shared(error.clone())
    );
    assert_eq!(chain.call(CLIENT, || escrow.withdraw(ten)), shared(error));
    assert_eq!(escrow.balance_of(CLIENT), ten);
}
