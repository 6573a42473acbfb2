//! Random sequences of calls, against a model of a few lines.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const HOUR: u64 = 3_600;

/// Somebody who does something.
#[derive(Clone, Debug)]
enum Step {
    Schedule {
        from: Address,
        op: usize,
        delay: u64,
    },
    Cancel {
        from: Address,
        op: usize,
    },
    Execute {
        from: Address,
        op: usize,
    },
    UpdateDelay {
        from: Address,
        delay: u64,
    },
    Wait {
        seconds: u64,
    },
}

/// What the operations do besides being scheduled and executed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Effect {
    Nothing,
    Fails,
    Delay(u64),
    /// Cancels the operation of this number, as the timelock may.
    Cancels(usize),
}

/// The operations: some wait for others, change the delay, fail, or cancel others.
fn operations() -> Vec<(Op, Effect)> {
    let update = |seconds| updateDelayCall {
        newDelay: U256::from(seconds),
    };
    let first = Op::single(TARGET, 0, vec![1]);
    let second = Op::batch(&[(TARGET, vec![2]), (OTHER, vec![3])]).after(first.id());
    let third = Op::own(update(2 * HOUR)).after(second.id());
    let fourth = Op::own(update(0));
    let fifth = Op::batch(&[(TARGET, vec![4]), (OTHER, vec![0xff])]);
    let sixth = Op::own(cancelCall { id: second.id() });
    vec![
        (first, Effect::Nothing),
        (second, Effect::Nothing),
        (third, Effect::Delay(2 * HOUR)),
        (fourth, Effect::Delay(0)),
        (fifth, Effect::Fails),
        (sixth, Effect::Cancels(1)),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let someone = || prop::sample::select(vec![PROPOSER, PROPOSER, EXECUTOR, EXECUTOR, STRANGER]);
    let proposer = prop::sample::select(vec![PROPOSER, PROPOSER, PROPOSER, STRANGER]);
    let executor = prop::sample::select(vec![EXECUTOR, EXECUTOR, EXECUTOR, STRANGER]);
    let step = prop_oneof![
        4 => (proposer, 0..6usize, 0..4 * HOUR)
            .prop_map(|(from, op, delay)| Step::Schedule { from, op, delay }),
        1 => (someone(), 0..6usize).prop_map(|(from, op)| Step::Cancel { from, op }),
        5 => (executor, 0..6usize).prop_map(|(from, op)| Step::Execute { from, op }),
        1 => (someone(), 0..HOUR).prop_map(|(from, delay)| Step::UpdateDelay { from, delay }),
        3 => (0..3 * HOUR).prop_map(|seconds| Step::Wait { seconds }),
    ];
    prop::collection::vec(step, 1..80)
}

/// What should be so.
struct Model {
    times: BTreeMap<usize, u64>,
    min_delay: u64,
    now: u64,
}

impl Model {
    fn state(&self, op: usize) -> State {
        match self.times.get(&op) {
            None => State::Unset,
            Some(1) => State::Done,
            Some(time) if *time > self.now => State::Waiting,
            Some(_) => State::Ready,
        }
    }

    /// What a step should be answered with; `None` if it succeeds, which it then has.
    fn apply(&mut self, step: &Step, ops: &[(Op, Effect)]) -> Option<Vec<u8>> {
        let id = |op: usize| ops[op].0.id();
        match *step {
            Step::Wait { seconds } => self.now += seconds,
            Step::UpdateDelay { from: caller, .. } => {
                return Some(TimelockUnauthorizedCaller { caller }.abi_encode());
            }
            Step::Schedule { from, op, delay } => {
                if from != PROPOSER {
                    return Some(unauthorized(from, PROPOSER_ROLE).abi_encode());
                }
                if self.state(op) != State::Unset {
                    return Some(unexpected(id(op), UNSET).abi_encode());
                }
                if delay < self.min_delay {
                    let (delay, minDelay) = (U256::from(delay), U256::from(self.min_delay));
                    return Some(TimelockInsufficientDelay { delay, minDelay }.abi_encode());
                }
                self.times.insert(op, self.now + delay);
            }
            Step::Cancel { from, op } => {
                if from != PROPOSER {
                    return Some(unauthorized(from, CANCELLER_ROLE).abi_encode());
                }
                if !matches!(self.state(op), State::Waiting | State::Ready) {
                    return Some(unexpected(id(op), PENDING).abi_encode());
                }
                self.times.remove(&op);
            }
            Step::Execute { from, op } => {
                if from != EXECUTOR {
                    return Some(unauthorized(from, EXECUTOR_ROLE).abi_encode());
                }
                if self.state(op) != State::Ready {
                    return Some(unexpected(id(op), READY).abi_encode());
                }
                let predecessorId = ops[op].0.predecessor;
                let before = ops.iter().position(|(op, _)| op.id() == predecessorId);
                if before.is_some_and(|before| self.state(before) != State::Done) {
                    return Some(TimelockUnexecutedPredecessor { predecessorId }.abi_encode());
                }
                match ops[op].1 {
                    Effect::Nothing => {}
                    Effect::Fails => return Some(vec![0xfa]),
                    Effect::Delay(delay) => self.min_delay = delay,
                    Effect::Cancels(other) => {
                        if !matches!(self.state(other), State::Waiting | State::Ready) {
                            return Some(unexpected(id(other), PENDING).abi_encode());
                        }
                        self.times.remove(&other);
                    }
                }
                self.times.insert(op, 1);
            }
        }
        None
    }
}

fn take(step: &Step, ops: &[(Op, Effect)]) -> Answer {
    let ask = |from, data: Vec<u8>| send(from, TIMELOCK, U256::ZERO, &data);
    match *step {
        Step::Schedule { from, op, delay } => ops[op].0.schedule(from, U256::from(delay)),
        Step::Execute { from, op } => ops[op].0.execute(from),
        Step::Cancel { from, op } => ask(from, cancelCall { id: ops[op].0.id() }.abi_encode()),
        Step::UpdateDelay { from, delay } => {
            let newDelay = U256::from(delay);
            ask(from, updateDelayCall { newDelay }.abi_encode())
        }
        Step::Wait { seconds } => {
            pass(seconds);
            Ok(vec![])
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn sequences_go_as_the_model_says(steps in steps()) {
        setup_with(&[EXECUTOR], ADMIN);
        let (role, account) = (CANCELLER_ROLE, TIMELOCK);
        by(ADMIN, grantRoleCall { role, account }).unwrap();
        world::script(OTHER, |message| match message.data.as_slice() {
            [0xff] => Err(vec![0xfa]),
            _ => Ok(vec![]),
        });
        let ops = operations();
        let mut model = Model { times: BTreeMap::new(), min_delay: DAY, now: now() };
        let shorter = Op { salt: B256::ZERO, ..Op::own(updateDelayCall { newDelay: U256::from(HOUR) }) };
        shorter.done();
        (model.min_delay, model.now) = (HOUR, now());

        for step in steps {
            let before: Vec<_> = ops.iter().map(|(op, _)| op.state()).collect();
            let delay = view(getMinDelayCall {});
            let expected = model.apply(&step, &ops);
            prop_assert_eq!(take(&step, &ops).err(), expected.clone(), "{:?}", step);

            for (index, (op, _)) in ops.iter().enumerate() {
                prop_assert_eq!(op.state(), model.state(index), "{:?}", step);
                let time = model.times.get(&index).copied().unwrap_or(0);
                prop_assert_eq!(view(getTimestampCall { id: op.id() }), U256::from(time));
                let scheduled = matches!(step, Step::Schedule { .. });
                let waited = matches!(step, Step::Wait { .. });
                let executed = matches!(step, Step::Execute { .. });
                let cancelled = executed || matches!(step, Step::Cancel { .. });
                match (before[index], op.state()) {
                    (from, to) if from == to => {}
                    (State::Unset, State::Waiting | State::Ready) => {
                        prop_assert!(scheduled)
                    }
                    (State::Waiting | State::Ready, State::Unset) => prop_assert!(cancelled),
                    (State::Waiting, State::Ready) => {
                        prop_assert!(waited)
                    }
                    (State::Ready, State::Done) => prop_assert!(executed),
                    (from, to) => prop_assert!(false, "{:?} became {:?} by {:?}", from, to, step),
                }
            }
            let changed = view(getMinDelayCall {});
            prop_assert_eq!(changed, U256::from(model.min_delay));
            let by_itself = matches!(step, Step::Execute { .. });
            prop_assert!(changed == delay || by_itself);
        }
    }

    #[test]
    fn ids_are_hashes_of_any_encoding(
        calls in prop::collection::vec(
            (any::<[u8; 20]>(), any::<[u64; 4]>(), prop::collection::vec(any::<u8>(), 0..100)),
            0..5,
        ),
        predecessor: [u8; 32],
        salt: [u8; 32],
    ) {
        setup();
        let call = |(to, value, data)| (Address::from(to), U256::from_limbs(value), data);
        let op = Op {
            calls: calls.into_iter().map(call).collect(),
            predecessor: predecessor.into(),
            salt: salt.into(),
            batch: true,
        };
        let (targets, values, payloads) = op.lists();
        let (predecessor, salt) = (op.predecessor, op.salt);
        let id = view(hashOperationBatchCall { targets, values, payloads, predecessor, salt });
        prop_assert_eq!(id, op.id());
        if op.calls.len() == 1 {
            let op = Op { batch: false, ..op };
            let (target, value, data) = op.one();
            let id = view(hashOperationCall { target, value, data, predecessor, salt });
            prop_assert_eq!(id, op.id());
        }
    }
}
