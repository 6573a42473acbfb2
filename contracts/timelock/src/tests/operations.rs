//! The way of an operation: ids, scheduling, waiting, cancelling, executing.

use ogpu_common::FailedCall;

use super::*;

/// An ordinary call, which the target remembers.
fn plain() -> Op {
    Op::single(TARGET, 0, vec![1, 2, 3])
}

fn several() -> Op {
    Op::batch(&[
        (TARGET, vec![7; 32]),
        (OTHER, vec![]),
        (TARGET, vec![8; 65]),
    ])
}

fn scheduled(op: &Op, index: usize, delay: U256) -> world::Log {
    let (target, value, data) = op.calls[index].clone();
    event(CallScheduled {
        id: op.id(),
        index: U256::from(index),
        target,
        value,
        data: data.into(),
        predecessor: op.predecessor,
        delay,
    })
}

fn executed(op: &Op, index: usize) -> world::Log {
    let (target, value, data) = op.calls[index].clone();
    event(CallExecuted {
        id: op.id(),
        index: U256::from(index),
        target,
        value,
        data: data.into(),
    })
}

fn salted(op: &Op) -> world::Log {
    event(CallSalt {
        id: op.id(),
        salt: op.salt,
    })
}

#[test]
fn ids_are_hashes_of_the_encoding() {
    setup();
    for length in [0, 1, 31, 32, 33, 64, 1_000] {
        let op = Op::single(TARGET, 7, vec![0xab; length]).after(B256::repeat_byte(9));
        let (target, value, data) = op.one();
        let (predecessor, salt) = (op.predecessor, op.salt);
        assert_eq!(
            view(hashOperationCall {
                target,
                value,
                data,
                predecessor,
                salt
            }),
            op.id()
        );
    }
    for calls in 0..5usize {
        let call = |n| (TARGET, vec![0xcd; n * 17]);
        let op = Op::batch(&(0..calls).map(call).collect::<Vec<_>>()).after(B256::repeat_byte(9));
        assert_eq!(batch_id(&op.lists(), &op), op.id());
    }
}

fn batch_id(lists: &Lists, op: &Op) -> B256 {
    let (targets, values, payloads) = lists.clone();
    view(hashOperationBatchCall {
        targets,
        values,
        payloads,
        predecessor: op.predecessor,
        salt: op.salt,
    })
}

#[test]
fn an_uneven_batch_has_an_id_and_nothing_else() {
    let op = several();
    let (targets, values, payloads) = op.lists();
    let uneven = [
        (targets[..2].to_vec(), values.clone(), payloads.clone()),
        (targets.clone(), values[..2].to_vec(), payloads.clone()),
        (targets.clone(), values.clone(), payloads[..2].to_vec()),
        (vec![], values.clone(), payloads.clone()),
        (targets.clone(), vec![], vec![]),
    ];
    for lists in uneven {
        setup();
        let (predecessor, salt) = (op.predecessor, op.salt);
        let encoding = (
            lists.0.clone(),
            lists.1.clone(),
            lists.2.clone(),
            predecessor,
            salt,
        );
        let id = keccak256(encoding.abi_encode_params());
        assert_eq!(batch_id(&lists, &op), id);

        let (targets, values, payloads) = lists;
        let lengths = TimelockInvalidOperationLength {
            targets: U256::from(targets.len()),
            payloads: U256::from(payloads.len()),
            values: U256::from(values.len()),
        };
        let schedule = scheduleBatchCall {
            targets: targets.clone(),
            values: values.clone(),
            payloads: payloads.clone(),
            predecessor,
            salt,
            delay: DELAY,
        };
        let execute = executeBatchCall {
            targets,
            values,
            payloads,
            predecessor,
            salt,
        };
        refused(by(PROPOSER, schedule.clone()), lengths.clone());
        refused(by(EXECUTOR, execute.clone()), lengths);
        refused(
            by(STRANGER, schedule),
            unauthorized(STRANGER, PROPOSER_ROLE),
        );
        refused(by(STRANGER, execute), unauthorized(STRANGER, EXECUTOR_ROLE));
        assert_eq!(state(id), State::Unset);
    }
}

#[test]
fn scheduling_tells_everything() {
    setup();
    let op = plain();
    op.schedule(PROPOSER, DELAY).unwrap();
    assert_eq!(world::logs(), [scheduled(&op, 0, DELAY), salted(&op)]);

    let delay = DELAY + U256::from(5);
    let op = several().after(op.id());
    op.schedule(PROPOSER, delay).unwrap();
    let expected = [
        scheduled(&op, 0, delay),
        scheduled(&op, 1, delay),
        scheduled(&op, 2, delay),
        salted(&op),
    ];
    assert_eq!(world::logs(), expected);

    let unsalted = Op {
        salt: B256::ZERO,
        ..plain()
    };
    unsalted.schedule(PROPOSER, DELAY).unwrap();
    assert_eq!(world::logs(), [scheduled(&unsalted, 0, DELAY)]);

    let empty = Op::batch(&[]);
    empty.schedule(PROPOSER, DELAY).unwrap();
    assert_eq!(world::logs(), [salted(&empty)]);
}

#[test]
fn only_proposers_schedule() {
    setup_with(&[EXECUTOR], ADMIN);
    for op in [plain(), several()] {
        for account in [EXECUTOR, ADMIN, STRANGER, TIMELOCK, Address::ZERO] {
            refused(
                op.schedule(account, DELAY),
                unauthorized(account, PROPOSER_ROLE),
            );
        }
        assert_eq!(op.state(), State::Unset);
        op.schedule(PROPOSER, DELAY).unwrap();
    }
}

#[test]
fn the_open_role_opens_execution_only() {
    setup_with(&[Address::ZERO], ADMIN);
    for role in [PROPOSER_ROLE, CANCELLER_ROLE, DEFAULT_ADMIN_ROLE] {
        let account = Address::ZERO;
        by(ADMIN, grantRoleCall { role, account }).unwrap();
    }
    let op = plain();
    refused(
        op.schedule(STRANGER, DELAY),
        unauthorized(STRANGER, PROPOSER_ROLE),
    );
    let op = op.ready();
    refused(
        by(STRANGER, cancelCall { id: op.id() }),
        unauthorized(STRANGER, CANCELLER_ROLE),
    );
    assert!(!has(EXECUTOR_ROLE, STRANGER));
    op.execute(STRANGER).unwrap();
    several().ready().execute(STRANGER).unwrap();
}

#[test]
fn only_executors_execute() {
    setup_with(&[EXECUTOR], ADMIN);
    for op in [plain(), several()] {
        let op = op.ready();
        for account in [PROPOSER, ADMIN, STRANGER, TIMELOCK, Address::ZERO] {
            refused(op.execute(account), unauthorized(account, EXECUTOR_ROLE));
        }
        assert_eq!(op.state(), State::Ready);
        op.execute(EXECUTOR).unwrap();
    }
}

#[test]
fn only_cancellers_cancel() {
    setup_with(&[EXECUTOR], ADMIN);
    let id = plain().ready().id();
    for account in [EXECUTOR, ADMIN, STRANGER, TIMELOCK] {
        refused(
            by(account, cancelCall { id }),
            unauthorized(account, CANCELLER_ROLE),
        );
    }
    let (role, account) = (CANCELLER_ROLE, STRANGER);
    by(ADMIN, grantRoleCall { role, account }).unwrap();
    by(STRANGER, cancelCall { id }).unwrap();
}

#[test]
fn what_is_scheduled_is_not_scheduled_again() {
    setup();
    let op = plain();
    for wait in [0, DAY] {
        if wait == 0 {
            op.schedule(PROPOSER, DELAY).unwrap();
        }
        pass(wait);
        refused(op.schedule(PROPOSER, DELAY), unexpected(op.id(), UNSET));
        refused(
            op.schedule(PROPOSER, U256::ZERO),
            unexpected(op.id(), UNSET),
        );
    }
    op.execute(EXECUTOR).unwrap();
    refused(op.schedule(PROPOSER, DELAY), unexpected(op.id(), UNSET));
    let other = Op {
        salt: B256::ZERO,
        ..op
    };
    other.schedule(PROPOSER, DELAY).unwrap();
}

#[test]
fn the_delay_is_at_least_the_least() {
    setup();
    let delay = DELAY - U256::ONE;
    for op in [plain(), several()] {
        let minDelay = DELAY;
        refused(
            op.schedule(PROPOSER, delay),
            TimelockInsufficientDelay { delay, minDelay },
        );
        op.schedule(PROPOSER, DELAY).unwrap();
        let id = op.id();
        assert_eq!(view(getTimestampCall { id }), U256::from(now() + DAY));
    }
}

#[test]
fn a_delay_may_be_for_ever_but_no_longer() {
    setup();
    let op = plain();
    let longest = U256::MAX - U256::from(now());
    refused(
        op.schedule(PROPOSER, longest + U256::ONE),
        Panic {
            code: U256::from(0x11),
        },
    );
    refused(
        op.schedule(PROPOSER, U256::MAX),
        Panic {
            code: U256::from(0x11),
        },
    );
    op.schedule(PROPOSER, longest).unwrap();
    assert_eq!(view(getTimestampCall { id: op.id() }), U256::MAX);
    pass(u64::MAX / 2);
    assert_eq!(op.state(), State::Waiting);
}

#[test]
fn an_operation_is_ready_at_its_second() {
    setup();
    for op in [plain(), several()] {
        let id = op.id();
        let seen = |op: &Op| {
            (
                op.state(),
                view(isOperationCall { id }),
                view(isOperationPendingCall { id }),
                view(isOperationReadyCall { id }),
                view(isOperationDoneCall { id }),
                view(getTimestampCall { id }),
            )
        };
        let zero = U256::ZERO;
        assert_eq!(seen(&op), (State::Unset, false, false, false, false, zero));
        refused(op.execute(EXECUTOR), unexpected(id, READY));

        op.schedule(PROPOSER, DELAY).unwrap();
        let at = U256::from(now() + DAY);
        for wait in [0, DAY - 1] {
            pass(wait);
            assert_eq!(seen(&op), (State::Waiting, true, true, false, false, at));
            refused(op.execute(EXECUTOR), unexpected(id, READY));
        }
        pass(1);
        assert_eq!(seen(&op), (State::Ready, true, true, true, false, at));
        pass(1_000 * DAY);
        assert_eq!(seen(&op), (State::Ready, true, true, true, false, at));

        op.execute(EXECUTOR).unwrap();
        let done = (State::Done, true, false, false, true, U256::ONE);
        assert_eq!(seen(&op), done);
        refused(op.execute(EXECUTOR), unexpected(id, READY));
        refused(by(PROPOSER, cancelCall { id }), unexpected(id, PENDING));
        assert_eq!(seen(&op), done);
    }
}

#[test]
fn what_is_cancelled_can_be_scheduled_again() {
    setup();
    let op = plain();
    let id = op.id();
    refused(by(PROPOSER, cancelCall { id }), unexpected(id, PENDING));
    for wait in [0, DAY] {
        op.schedule(PROPOSER, DELAY).unwrap();
        pass(wait);
        world::logs();
        by(PROPOSER, cancelCall { id }).unwrap();
        assert_eq!(world::logs(), [event(Cancelled { id })]);
        assert_eq!(op.state(), State::Unset);
        assert_eq!(view(getTimestampCall { id }), U256::ZERO);
        refused(op.execute(EXECUTOR), unexpected(id, READY));
    }
    op.done();
}

#[test]
fn execution_calls_what_was_scheduled() {
    let seen = setup();
    let op = plain().ready();
    world::logs();
    assert_eq!(op.execute(EXECUTOR), Ok(vec![]), "and returns nothing");
    assert_eq!(world::logs(), [executed(&op, 0)]);
    let message = |data: Vec<u8>| Message {
        from: TIMELOCK,
        to: TARGET,
        value: U256::ZERO,
        data,
    };
    assert_eq!(*seen.borrow(), [message(vec![1, 2, 3])]);

    let op = several().ready();
    world::logs();
    op.execute(EXECUTOR).unwrap();
    assert_eq!(
        world::logs(),
        [executed(&op, 0), executed(&op, 1), executed(&op, 2)]
    );
    assert_eq!(
        seen.borrow()[1..],
        [message(vec![7; 32]), message(vec![8; 65])]
    );

    let empty = Op::batch(&[]).ready();
    world::logs();
    empty.execute(EXECUTOR).unwrap();
    assert_eq!(world::logs(), []);
    assert_eq!(empty.state(), State::Done);
}

#[test]
fn value_is_forwarded() {
    let seen = setup();
    world::fund(EXECUTOR, 100);
    let op = Op::single(TARGET, 30, vec![]).ready();
    refused(op.execute(EXECUTOR), FailedCall {});
    let data = op.execute_data();
    refused(
        send(EXECUTOR, TIMELOCK, U256::from(29), &data),
        FailedCall {},
    );
    assert_eq!(world::balance(EXECUTOR), U256::from(100));
    send(EXECUTOR, TIMELOCK, U256::from(31), &data).unwrap();
    assert_eq!(world::balance(TIMELOCK), U256::ONE, "what is left stays");
    assert_eq!(world::balance(TARGET), U256::from(30));
    assert_eq!(seen.borrow()[0].value, U256::from(30));

    // what stays pays for later calls
    world::fund(TIMELOCK, 7);
    let op = Op {
        calls: vec![
            (TARGET, U256::from(3), vec![]),
            (OTHER, U256::from(4), vec![]),
        ],
        batch: true,
        ..plain()
    };
    op.done();
    assert_eq!(world::balance(TIMELOCK), U256::ZERO);
    assert_eq!(world::balance(TARGET), U256::from(33));
    assert_eq!(world::balance(OTHER), U256::from(4));

    let op = Op {
        calls: vec![(TARGET, U256::from(5), vec![])],
        batch: true,
        ..plain()
    };
    let op = op.ready();
    send(EXECUTOR, TIMELOCK, U256::from(5), &op.execute_data()).unwrap();
    assert_eq!(world::balance(TARGET), U256::from(38));
}

#[test]
fn a_call_that_fails_undoes_everything() {
    let seen = setup();
    world::fund(TIMELOCK, 10);
    world::script(OTHER, |message| match message.data.as_slice() {
        [] => Err(Vec::new()),
        reason => Err(reason.to_vec()),
    });
    for reason in [vec![], vec![0xbb], vec![0xdd; 100]] {
        let expected = match reason.as_slice() {
            [] => FailedCall {}.abi_encode(),
            reason => reason.to_vec(),
        };
        let single = Op::single(OTHER, 1, reason.clone());
        let first = (TARGET, U256::from(2), vec![1]);
        let batch = Op {
            calls: vec![first, (OTHER, U256::ZERO, reason)],
            batch: true,
            ..plain()
        };
        for op in [single, batch] {
            let op = op.ready();
            world::logs();
            assert_eq!(op.execute(EXECUTOR), Err(expected.clone()));
            assert_eq!(world::logs(), []);
            assert_eq!(op.state(), State::Ready, "it can be tried again");
        }
    }
    assert_eq!(world::balance(TIMELOCK), U256::from(10));
    assert_eq!(
        seen.borrow().len(),
        3,
        "the first call of each batch was made"
    );
    let op = Op::single(OTHER, 1, vec![]);
    world::script(OTHER, |_| Ok(vec![]));
    op.execute(EXECUTOR).unwrap();
}

#[test]
fn the_delay_changes_only_through_the_timelock() {
    setup_with(&[EXECUTOR], ADMIN);
    let newDelay = U256::from(5);
    let call = updateDelayCall { newDelay };
    for caller in [PROPOSER, EXECUTOR, ADMIN, STRANGER, IMPLEMENTATION] {
        refused(
            by(caller, call.clone()),
            TimelockUnauthorizedCaller { caller },
        );
    }
    let before = plain();
    before.schedule(PROPOSER, DELAY).unwrap();
    let at = view(getTimestampCall { id: before.id() });
    let op = Op::own(call).ready();
    world::logs();
    op.execute(EXECUTOR).unwrap();
    let changed = MinDelayChange {
        oldDuration: DELAY,
        newDuration: newDelay,
    };
    assert_eq!(world::logs(), [event(changed), executed(&op, 0)]);
    assert_eq!(view(getMinDelayCall {}), newDelay);
    assert_eq!(view(getTimestampCall { id: before.id() }), at);
    several().schedule(PROPOSER, newDelay).unwrap();
}

#[test]
fn without_a_delay_an_operation_is_ready_at_once() {
    setup();
    Op::own(updateDelayCall {
        newDelay: U256::ZERO,
    })
    .done();
    let op = plain();
    op.schedule(PROPOSER, U256::ZERO).unwrap();
    op.execute(EXECUTOR).unwrap();
}
