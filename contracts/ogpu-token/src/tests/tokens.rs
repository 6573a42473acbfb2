//! Balances and allowances.

use super::*;

#[test]
fn transfers() {
    let (vm, mut token) = token();
    assert_eq!(token.transfer(BOB, wei(30)), Ok(true));
    assert_eq!(token.balance_of(ALICE), wei(SUPPLY - 30));
    assert_eq!(token.balance_of(BOB), wei(30));
    assert_eq!(
        events::<Transfer>(&vm),
        [Transfer {
            from: ALICE,
            to: BOB,
            value: wei(30)
        }]
    );
    assert_eq!(events::<DelegateVotesChanged>(&vm), []);
}

#[test]
fn a_transfer_writes_one_slot_a_side() {
    let (vm, mut token) = token();
    token.transfer(BOB, wei(30)).unwrap();
    let before = vm.snapshot().storage;
    token.transfer(BOB, wei(12)).unwrap();
    let after = vm.snapshot().storage;
    let written = after
        .iter()
        .filter(|(slot, word)| before.get(slot) != Some(word))
        .count();
    assert_eq!((written, after.len()), (2, before.len()));
}

#[test]
fn a_transfer_of_nothing_or_to_oneself_moves_nothing() {
    let (vm, mut token) = token();
    let before = vm.snapshot().storage;
    assert_eq!(token.transfer(BOB, U256::ZERO), Ok(true));
    assert_eq!(token.transfer(ALICE, wei(SUPPLY)), Ok(true));
    assert_eq!(vm.snapshot().storage, before);
    assert_eq!(
        events::<Transfer>(&vm),
        [
            Transfer {
                from: ALICE,
                to: BOB,
                value: U256::ZERO
            },
            Transfer {
                from: ALICE,
                to: ALICE,
                value: wei(SUPPLY)
            },
        ]
    );
}

#[test]
fn refuses_to_transfer_more_than_there_is() {
    let (vm, mut token) = token();
    let before = vm.snapshot().storage;
    for needed in [
        wei(SUPPLY + 1),
        wei(1 << 96),
        U256::from(1) << 128,
        U256::MAX,
    ] {
        for to in [ALICE, BOB] {
            assert_eq!(
                token.transfer(to, needed),
                Err(ERC20InsufficientBalance {
                    sender: ALICE,
                    balance: wei(SUPPLY),
                    needed
                }
                .into())
            );
        }
    }
    assert_eq!(vm.snapshot().storage, before);
}

#[test]
fn refuses_nobody_as_sender_or_receiver() {
    let (vm, mut token) = token();
    assert_eq!(
        token.transfer(Address::ZERO, wei(SUPPLY + 1)),
        Err(ERC20InvalidReceiver {
            receiver: Address::ZERO
        }
        .into())
    );
    vm.set_sender(Address::ZERO);
    let sender = Address::ZERO;
    assert_eq!(
        token.transfer(sender, U256::ZERO),
        Err(ERC20InvalidSender { sender }.into())
    );
    assert_eq!(
        token.burn(U256::ZERO),
        Err(ERC20InvalidSender { sender }.into())
    );
    assert_eq!(
        token.approve(BOB, U256::ZERO),
        Err(ERC20InvalidApprover {
            approver: Address::ZERO
        }
        .into())
    );
}

#[test]
fn approves() {
    let (vm, mut token) = token();
    assert_eq!(token.approve(BOB, U256::MAX - U256::ONE), Ok(true));
    assert_eq!(token.allowance(ALICE, BOB), U256::MAX - U256::ONE);
    assert_eq!(token.approve(BOB, wei(5)), Ok(true));
    assert_eq!(token.allowance(ALICE, BOB), wei(5));
    assert_eq!(token.allowance(BOB, ALICE), U256::ZERO);
    assert_eq!(
        events::<Approval>(&vm),
        [
            Approval {
                owner: ALICE,
                spender: BOB,
                value: U256::MAX - U256::ONE
            },
            Approval {
                owner: ALICE,
                spender: BOB,
                value: wei(5)
            },
        ]
    );
    assert_eq!(
        token.approve(Address::ZERO, wei(5)),
        Err(ERC20InvalidSpender {
            spender: Address::ZERO
        }
        .into())
    );
}

#[test]
fn transfers_what_is_allowed() {
    let (vm, mut token) = token();
    token.approve(BOB, wei(50)).unwrap();
    vm.clear_mocks();
    vm.set_sender(BOB);
    assert_eq!(token.transfer_from(ALICE, CAROL, wei(20)), Ok(true));
    assert_eq!(token.balance_of(CAROL), wei(20));
    assert_eq!(token.allowance(ALICE, BOB), wei(30));
    assert_eq!(
        events::<Transfer>(&vm),
        [Transfer {
            from: ALICE,
            to: CAROL,
            value: wei(20)
        }]
    );
    assert_eq!(events::<Approval>(&vm), []);
    assert_eq!(
        token.transfer_from(ALICE, CAROL, wei(31)),
        Err(ERC20InsufficientAllowance {
            spender: BOB,
            allowance: wei(30),
            needed: wei(31)
        }
        .into())
    );
    vm.set_sender(CAROL);
    assert_eq!(
        token.transfer_from(ALICE, CAROL, wei(1)),
        Err(ERC20InsufficientAllowance {
            spender: CAROL,
            allowance: wei(0),
            needed: wei(1)
        }
        .into())
    );
}

#[test]
fn an_unlimited_allowance_is_not_written() {
    let (vm, mut token) = token();
    token.approve(BOB, U256::MAX).unwrap();
    token.transfer(BOB, wei(1)).unwrap();
    vm.set_sender(BOB);
    let before = vm.snapshot().storage;
    token.transfer_from(ALICE, BOB, wei(SUPPLY - 1)).unwrap();
    assert_eq!(token.allowance(ALICE, BOB), U256::MAX);
    assert_eq!(vm.snapshot().storage.len(), before.len());
    assert_eq!(
        token.transfer_from(ALICE, BOB, wei(1)),
        Err(ERC20InsufficientBalance {
            sender: ALICE,
            balance: wei(0),
            needed: wei(1)
        }
        .into())
    );
}

#[test]
fn nobody_can_have_allowed_anything() {
    let (_, mut token) = token();
    assert_eq!(
        token.transfer_from(Address::ZERO, BOB, U256::ZERO),
        Err(ERC20InvalidApprover {
            approver: Address::ZERO
        }
        .into())
    );
    assert_eq!(
        token.transfer_from(ALICE, Address::ZERO, U256::ZERO),
        Err(ERC20InvalidReceiver {
            receiver: Address::ZERO
        }
        .into())
    );
}

#[test]
fn burns() {
    let (vm, mut token) = token();
    token.burn(wei(400)).unwrap();
    assert_eq!(token.balance_of(ALICE), wei(SUPPLY - 400));
    assert_eq!(token.total_supply(), wei(SUPPLY - 400));
    let burnt = Transfer {
        from: ALICE,
        to: Address::ZERO,
        value: wei(400),
    };
    assert_eq!(events::<Transfer>(&vm), [burnt]);
    let needed = wei(SUPPLY);
    assert_eq!(
        token.burn(needed),
        Err(ERC20InsufficientBalance {
            sender: ALICE,
            balance: wei(SUPPLY - 400),
            needed
        }
        .into())
    );
    token.burn(wei(SUPPLY - 400)).unwrap();
    assert_eq!(token.total_supply(), U256::ZERO);
}
