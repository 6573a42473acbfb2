//! Delegation, its history, and the clock.

use super::*;
use crate::{Checkpoint208, errors::Error};
use alloy_primitives::aliases::U208;

#[test]
fn votes_count_once_delegated() {
    let (vm, mut token) = token();
    assert_eq!(token.get_votes(ALICE), U256::ZERO);
    assert_eq!(token.delegates(ALICE), Address::ZERO);
    token.delegate(ALICE).unwrap();
    assert_eq!(token.get_votes(ALICE), wei(SUPPLY));
    assert_eq!(token.delegates(ALICE), ALICE);
    let changed = DelegateChanged {
        delegator: ALICE,
        fromDelegate: Address::ZERO,
        toDelegate: ALICE,
    };
    assert_eq!(events::<DelegateChanged>(&vm), [changed]);
    let votes = DelegateVotesChanged {
        delegate: ALICE,
        previousVotes: wei(0),
        newVotes: wei(SUPPLY),
    };
    assert_eq!(events::<DelegateVotesChanged>(&vm), [votes]);
    assert_eq!(token.balance_of(ALICE), wei(SUPPLY));
}

#[test]
fn votes_follow_the_delegate_and_the_balance() {
    let (vm, mut token) = token();
    token.delegate(BOB).unwrap();
    vm.set_block_timestamp(START + 10);
    token.transfer(CAROL, wei(100)).unwrap();
    assert_eq!(token.get_votes(BOB), wei(SUPPLY - 100));
    vm.set_sender(CAROL);
    vm.set_block_timestamp(START + 20);
    vm.clear_mocks();
    token.delegate(CAROL).unwrap();
    token.delegate(BOB).unwrap();
    assert_eq!(
        (token.get_votes(CAROL), token.get_votes(BOB)),
        (wei(0), wei(SUPPLY))
    );
    assert_eq!(
        events::<DelegateVotesChanged>(&vm),
        [
            DelegateVotesChanged {
                delegate: CAROL,
                previousVotes: wei(0),
                newVotes: wei(100)
            },
            DelegateVotesChanged {
                delegate: CAROL,
                previousVotes: wei(100),
                newVotes: wei(0)
            },
            DelegateVotesChanged {
                delegate: BOB,
                previousVotes: wei(SUPPLY - 100),
                newVotes: wei(SUPPLY),
            },
        ]
    );
    token.delegate(Address::ZERO).unwrap();
    assert_eq!(token.get_votes(BOB), wei(SUPPLY - 100));
    assert_eq!(token.delegates(CAROL), Address::ZERO);
}

#[test]
fn between_holders_of_one_delegate_no_votes_move() {
    let (vm, mut token) = token();
    token.delegate(BOB).unwrap();
    vm.set_sender(CAROL);
    token.delegate(BOB).unwrap();
    vm.set_sender(ALICE);
    vm.set_block_timestamp(START + 1);
    vm.clear_mocks();
    token.transfer(CAROL, wei(7)).unwrap();
    assert_eq!(events::<DelegateVotesChanged>(&vm), []);
    assert_eq!(token.num_checkpoints(BOB), 1);
}

#[test]
fn keeps_the_history_of_votes_and_supply() {
    let (vm, mut token) = token();
    token.delegate(ALICE).unwrap();
    vm.set_block_timestamp(START + 10);
    token.burn(wei(1)).unwrap();
    token.burn(wei(2)).unwrap();
    vm.set_block_timestamp(START + 20);
    token.transfer(BOB, wei(5)).unwrap();
    vm.set_block_timestamp(START + 30);
    let at = |seconds| U256::from(START + seconds);
    let before = U256::from(START - 1);
    for (timepoint, votes, supply) in [
        (before, 0, 0),
        (at(0), SUPPLY, SUPPLY),
        (at(9), SUPPLY, SUPPLY),
        (at(10), SUPPLY - 3, SUPPLY - 3),
        (at(19), SUPPLY - 3, SUPPLY - 3),
        (at(20), SUPPLY - 8, SUPPLY - 3),
        (at(29), SUPPLY - 8, SUPPLY - 3),
    ] {
        assert_eq!(
            token.get_past_votes(ALICE, timepoint),
            Ok(wei(votes)),
            "{timepoint}"
        );
        assert_eq!(
            token.get_past_total_supply(timepoint),
            Ok(wei(supply)),
            "{timepoint}"
        );
        assert_eq!(token.get_past_votes(BOB, timepoint), Ok(wei(0)));
    }
    assert_eq!(token.num_checkpoints(ALICE), 3);
    let checkpoint = Checkpoint208 {
        _key: U48::from(START + 10),
        _value: U208::from(SUPPLY - 3),
    };
    assert_eq!(token.checkpoints(ALICE, 1), Ok(checkpoint));
    for pos in [3, u32::MAX] {
        assert_eq!(
            token.checkpoints(ALICE, pos),
            Err(Panic {
                code: U256::from(0x32)
            }
            .into())
        );
    }
}

#[test]
fn what_is_not_over_has_no_votes() {
    let (_, token) = token();
    for timepoint in [
        U256::from(START),
        U256::from(START) + (U256::ONE << 64),
        U256::MAX,
    ] {
        let refused: Error = ERC5805FutureLookup {
            timepoint,
            clock: U48::from(START),
        }
        .into();
        assert_eq!(token.get_past_votes(ALICE, timepoint), Err(refused));
        let refused: Error = ERC5805FutureLookup {
            timepoint,
            clock: U48::from(START),
        }
        .into();
        assert_eq!(token.get_past_total_supply(timepoint), Err(refused));
    }
}

#[test]
fn votes_borrowed_for_a_moment_never_were() {
    let (vm, mut token) = token();
    vm.set_sender(BOB);
    token.delegate(BOB).unwrap();
    vm.set_block_timestamp(START + 5);
    vm.set_sender(ALICE);
    token.transfer(BOB, wei(SUPPLY)).unwrap();
    vm.set_sender(BOB);
    token.transfer(ALICE, wei(SUPPLY)).unwrap();
    vm.set_block_timestamp(START + 6);
    assert_eq!(token.get_past_votes(BOB, U256::from(START + 5)), Ok(wei(0)));
}

#[test]
fn can_count_blocks() {
    let vm = proxy();
    vm.set_block_number(900);
    let mut token = OgpuToken::from(&vm);
    token.initialize(OWNER, ALICE, wei(SUPPLY), 1).unwrap();
    vm.set_sender(ALICE);
    assert_eq!(token.clock_mode(), "mode=blocknumber&from=default");
    assert_eq!(token.clock(), Ok(U48::from(900)));
    token.delegate(ALICE).unwrap();
    vm.set_block_number(901);
    assert_eq!(
        token.get_past_votes(ALICE, U256::from(900)),
        Ok(wei(SUPPLY))
    );
    assert_eq!(token.get_past_total_supply(U256::from(899)), Ok(wei(0)));
}

#[test]
fn a_clock_neither_overflows_nor_runs_backwards() {
    let (vm, mut token) = token();
    token.delegate(ALICE).unwrap();
    vm.set_block_timestamp(START - 1);
    assert_eq!(
        token.transfer(BOB, wei(1)),
        Err(CheckpointUnorderedInsertion {}.into())
    );
    vm.set_block_timestamp((1 << 48) - 1);
    assert_eq!(token.clock(), Ok(U48::MAX));
    vm.set_block_timestamp(1 << 48);
    let value = U256::from(1u64 << 48);
    let over = || SafeCastOverflowedUintDowncast { bits: 48, value };
    assert_eq!(token.clock(), Err(over().into()));
    let vote = token.get_past_votes(ALICE, wei(1));
    assert_eq!(vote, Err(over().into()));
    assert_eq!(token.transfer(BOB, wei(1)), Err(over().into()));
    assert_eq!(token.burn(wei(1)), Err(over().into()));
    let vm = proxy();
    vm.set_block_timestamp(1 << 48);
    let made = OgpuToken::from(&vm).initialize(OWNER, ALICE, wei(SUPPLY), 0);
    assert_eq!(made, Err(over().into()));
}
