//! What somebody might try.

use ogpu_common::{
    ERC1967InvalidImplementation, OwnableUnauthorizedAccount, UUPSUnauthorizedCallContext,
};

use super::*;

const NEW: Address = address!("2222222222222222222222222222222222222222");

/// Makes the target do something in the middle of an operation, once.
fn once(action: impl Fn() + 'static) {
    let done = RefCell::new(false);
    world::script(TARGET, move |_| {
        if !done.replace(true) {
            action();
        }
        Ok(vec![])
    });
}

/// The same operation with one call, and with two of which the first is the hostile one.
fn both() -> [Op; 2] {
    let batch = Op::batch(&[(TARGET, vec![1]), (OTHER, vec![2])]);
    [Op::single(TARGET, 0, vec![1]), batch]
}

#[test]
fn an_operation_executed_again_inside_itself_undoes_both() {
    for op in both() {
        setup_with(&[Address::ZERO], Address::ZERO);
        let op = op.ready();
        let inner = op.clone();
        once(move || {
            inner.execute(TARGET).unwrap();
            assert_eq!(inner.state(), State::Done);
        });
        world::logs();
        refused(op.execute(STRANGER), unexpected(op.id(), READY));
        assert_eq!(world::logs(), []);
        assert_eq!(op.state(), State::Ready);
    }
}

#[test]
fn an_operation_cancelled_inside_itself_is_undone() {
    for op in both() {
        setup_with(&[EXECUTOR], ADMIN);
        let (role, account) = (CANCELLER_ROLE, TARGET);
        by(ADMIN, grantRoleCall { role, account }).unwrap();
        let op = op.ready();
        let id = op.id();
        once(move || {
            by(TARGET, cancelCall { id }).unwrap();
        });
        refused(op.execute(EXECUTOR), unexpected(id, READY));
        assert_eq!(op.state(), State::Ready);
    }
}

#[test]
fn an_operation_rescheduled_inside_itself_is_undone() {
    for op in both() {
        setup_with(&[EXECUTOR], ADMIN);
        for role in [CANCELLER_ROLE, PROPOSER_ROLE] {
            let account = TARGET;
            by(ADMIN, grantRoleCall { role, account }).unwrap();
        }
        let op = op.ready();
        let inner = op.clone();
        once(move || {
            by(TARGET, cancelCall { id: inner.id() }).unwrap();
            inner.schedule(TARGET, DELAY).unwrap();
        });
        refused(op.execute(EXECUTOR), unexpected(op.id(), READY));
        assert_eq!(op.state(), State::Ready);
    }
}

/// The incident of 2021: a batch that was never scheduled makes its caller a proposer, drops the delay, and has itself scheduled.
#[test]
fn a_batch_cannot_schedule_itself() {
    let seen = setup_with(&[Address::ZERO], Address::ZERO);
    let (role, account) = (PROPOSER_ROLE, TARGET);
    let grant = grantRoleCall { role, account };
    let newDelay = U256::ZERO;
    let op = Op::batch(&[
        (TIMELOCK, updateDelayCall { newDelay }.abi_encode()),
        (TIMELOCK, grant.abi_encode()),
        (TARGET, vec![1]),
    ]);
    refused(op.execute(STRANGER), unexpected(op.id(), READY));
    assert!(seen.borrow().is_empty());
    assert!(!has(PROPOSER_ROLE, TARGET));
    assert_eq!(view(getMinDelayCall {}), DELAY);
}

/// Even if the first check were missing: an operation that schedules itself is undone by the second.
#[test]
fn a_batch_cannot_shorten_its_own_wait() {
    setup_with(&[Address::ZERO], Address::ZERO);
    let (role, account) = (PROPOSER_ROLE, TARGET);
    let newDelay = U256::ZERO;
    let outer = Op::batch(&[
        (TIMELOCK, updateDelayCall { newDelay }.abi_encode()),
        (TIMELOCK, grantRoleCall { role, account }.abi_encode()),
        (TARGET, vec![1]),
    ])
    .ready();
    // by then the target is a proposer and there is no delay, so its own operation goes through; the one that runs cannot be scheduled anew
    let (inner, running) = (Op::single(OTHER, 0, vec![9]), outer.clone());
    let mirror = inner.clone();
    once(move || {
        refused(
            running.schedule(TARGET, U256::ZERO),
            unexpected(running.id(), UNSET),
        );
        mirror.schedule(TARGET, U256::ZERO).unwrap();
        mirror.execute(TARGET).unwrap();
    });
    outer.execute(STRANGER).unwrap();
    assert_eq!(outer.state(), State::Done);
    assert_eq!(inner.state(), State::Done);
}

#[test]
fn another_operation_may_run_inside() {
    setup_with(&[Address::ZERO], Address::ZERO);
    let inner = Op::single(OTHER, 0, vec![5]).ready();
    let op = Op::single(TARGET, 0, vec![1]).ready();
    let mirror = inner.clone();
    once(move || {
        mirror.execute(TARGET).unwrap();
    });
    op.execute(STRANGER).unwrap();
    assert_eq!(op.state(), State::Done);
    assert_eq!(inner.state(), State::Done);
}

#[test]
fn a_predecessor_has_to_be_done() {
    setup();
    let first = Op::single(OTHER, 0, vec![1]);
    let id = first.id();
    let batch = Op::batch(&[(TARGET, vec![2])]);
    for second in [Op::single(TARGET, 0, vec![2]), batch] {
        let second = second.after(id);
        let missing = || TimelockUnexecutedPredecessor { predecessorId: id };
        let second = second.ready();
        if first.state() == State::Done {
            second.execute(EXECUTOR).unwrap();
            continue;
        }
        refused(second.execute(EXECUTOR), missing());
        first.schedule(PROPOSER, DELAY).unwrap();
        refused(second.execute(EXECUTOR), missing());
        pass(DAY);
        refused(second.execute(EXECUTOR), missing());
        by(PROPOSER, cancelCall { id }).unwrap();
        refused(second.execute(EXECUTOR), missing());
        first.clone().done();
        second.execute(EXECUTOR).unwrap();
    }
    let never = Op::batch(&[(TARGET, vec![3])]).after(B256::with_last_byte(1));
    let never = never.ready();
    refused(
        never.execute(EXECUTOR),
        TimelockUnexecutedPredecessor {
            predecessorId: B256::with_last_byte(1),
        },
    );
}

#[test]
fn an_operation_cannot_drop_or_exchange_its_predecessor() {
    setup();
    let first = Op::single(OTHER, 0, vec![1]).done();
    let second = Op::single(TARGET, 0, vec![2])
        .after(B256::repeat_byte(7))
        .ready();
    for predecessor in [B256::ZERO, first.id()] {
        let other = second.clone().after(predecessor);
        refused(other.execute(EXECUTOR), unexpected(other.id(), READY));
    }
}

#[test]
fn a_predecessor_cannot_be_done_in_the_same_operation() {
    setup_with(&[Address::ZERO], Address::ZERO);
    let first = Op::single(OTHER, 0, vec![1]).ready();
    let second = Op::batch(&[(TIMELOCK, first.execute_data()), (TARGET, vec![2])]);
    let second = second.after(first.id()).ready();
    let predecessorId = first.id();
    refused(
        second.execute(STRANGER),
        TimelockUnexecutedPredecessor { predecessorId },
    );
    assert_eq!(first.state(), State::Ready);
}

#[test]
fn what_is_executed_is_what_was_scheduled() {
    setup();
    let op = Op::single(TARGET, 0, vec![1]).ready();
    let batched = Op {
        batch: true,
        ..op.clone()
    };
    let mut longer = batched.clone();
    longer.calls.push((OTHER, U256::ZERO, vec![]));
    let others = [
        Op::single(OTHER, 0, vec![1]),
        Op::single(TARGET, 1, vec![1]),
        Op::single(TARGET, 0, vec![2]),
        Op::single(TARGET, 0, vec![1, 0]),
        Op {
            salt: B256::ZERO,
            ..op.clone()
        },
        batched,
        longer,
    ];
    for other in others {
        assert_ne!(other.id(), op.id());
        refused(other.execute(EXECUTOR), unexpected(other.id(), READY));
    }
    op.execute(EXECUTOR).unwrap();
}

#[test]
fn an_operation_is_executed_once() {
    let seen = setup();
    for op in both() {
        let op = op.done();
        refused(op.execute(EXECUTOR), unexpected(op.id(), READY));
    }
    assert_eq!(seen.borrow().len(), 2);
}

/// What the timelock reads after a call to itself is what that call left.
#[test]
fn a_batch_sees_what_its_calls_to_the_timelock_did() {
    setup();
    let update = |seconds| {
        let newDelay = U256::from(seconds);
        (TIMELOCK, updateDelayCall { newDelay }.abi_encode())
    };
    let role = EXECUTOR_ROLE;
    let revoke = revokeRoleCall {
        role,
        account: EXECUTOR,
    };
    let op = Op::batch(&[
        update(5),
        update(6),
        (TIMELOCK, revoke.abi_encode()),
        update(7),
    ])
    .ready();
    world::logs();
    op.execute(EXECUTOR).unwrap();
    let changes = world::logs()
        .into_iter()
        .filter_map(|(_, topics, data)| MinDelayChange::decode_raw_log_validate(topics, &data).ok())
        .map(|change| (change.oldDuration, change.newDuration))
        .collect::<Vec<_>>();
    let pair = |old: u64, new: u64| (U256::from(old), U256::from(new));
    assert_eq!(changes, [pair(DAY, 5), pair(5, 6), pair(6, 7)]);
    assert_eq!(op.state(), State::Done);
    assert!(!has(role, EXECUTOR));
}

#[test]
fn only_the_timelock_upgrades_itself() {
    setup_with(&[EXECUTOR], ADMIN);
    world::install(NEW, Code::Timelock);
    let upgrade = |newImplementation| upgradeToAndCallCall {
        newImplementation,
        data: Bytes::new(),
    };
    for account in [PROPOSER, EXECUTOR, ADMIN, STRANGER, DEPLOYER] {
        refused(
            by(account, upgrade(NEW)),
            OwnableUnauthorizedAccount { account },
        );
    }
    refused(
        send(
            TIMELOCK,
            IMPLEMENTATION,
            U256::ZERO,
            &upgrade(NEW).abi_encode(),
        ),
        UUPSUnauthorizedCallContext {},
    );
    let wrong = Op::own(upgrade(TARGET)).ready();
    refused(
        wrong.execute(EXECUTOR),
        ERC1967InvalidImplementation {
            implementation: TARGET,
        },
    );
    assert_eq!(world::implementation(TIMELOCK), IMPLEMENTATION);

    let before = Op::single(TARGET, 0, vec![1]).done();
    Op::own(upgrade(NEW)).done();
    assert_eq!(world::implementation(TIMELOCK), NEW);
    assert_eq!(before.state(), State::Done, "nothing is lost");
    assert_eq!(view(getMinDelayCall {}), DELAY);
    Op::single(TARGET, 0, vec![2]).done();
}

#[test]
fn only_the_timelock_gives_itself_away() {
    setup_with(&[EXECUTOR], ADMIN);
    let transfer = transferOwnershipCall { newOwner: OTHER };
    for account in [PROPOSER, EXECUTOR, ADMIN, STRANGER, DEPLOYER] {
        let error = OwnableUnauthorizedAccount { account };
        refused(by(account, transfer.clone()), error.clone());
        refused(by(account, renounceOwnershipCall {}), error);
    }
    assert_eq!(view(ownerCall {}), TIMELOCK);
    Op::own(transfer).done();
    assert_eq!(view(ownerCall {}), OTHER);
}

/// A target that never comes back cannot make an operation done, nor one that fails undone what others did.
#[test]
fn endless_recursion_ends_in_nothing() {
    setup_with(&[Address::ZERO], Address::ZERO);
    let op = Op::single(TARGET, 0, vec![1]).ready();
    let again = op.clone();
    world::script(TARGET, move |_| again.execute(TARGET));
    assert!(op.execute(STRANGER).is_err());
    assert_eq!(op.state(), State::Ready);
}

#[test]
fn what_a_static_call_may_not_do_is_not_done() {
    setup_with(&[Address::ZERO], Address::ZERO);
    let op = Op::single(TARGET, 0, vec![1]).ready();
    assert!(world::query(TIMELOCK, &op.execute_data()).is_err());
    assert_eq!(op.state(), State::Ready);
}
