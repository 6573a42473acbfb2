//! Operations: what they call, and how they are scheduled, executed and cancelled.

use eyre::{Result, ensure};
use ogpu_client::alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::{SolCall, SolInterface},
};

use super::{SPOILT, Timelocks};
use crate::openzeppelin::{
    Order, World,
    contracts::{Box, Timelock::*},
};

/// An operation of theirs.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Whether it is called by the functions for batches; if not, there is one call.
    batch: bool,
    targets: Vec<Address>,
    values: Vec<U256>,
    payloads: Vec<Bytes>,
    predecessor: B256,
    salt: B256,
}

impl Operation {
    /// Its id: the hash of what its functions are called with.
    pub fn id(&self) -> B256 {
        keccak256(&self.hash(Address::ZERO).theirs[4..])
    }

    /// The ether that it sends.
    fn value(&self) -> U256 {
        self.values
            .iter()
            .fold(U256::ZERO, |sum, value| sum.saturating_add(*value))
    }

    /// Asks for its id.
    pub fn hash(&self, timelock: Address) -> Order {
        let Self {
            predecessor, salt, ..
        } = self.clone();
        if self.batch {
            return Order::call(
                timelock,
                &hashOperationBatchCall {
                    targets: self.targets.clone(),
                    values: self.values.clone(),
                    payloads: self.payloads.clone(),
                    predecessor,
                    salt,
                },
            );
        }
        Order::call(
            timelock,
            &hashOperationCall {
                target: self.targets[0],
                value: self.values[0],
                data: self.payloads[0].clone(),
                predecessor,
                salt,
            },
        )
    }

    fn schedule(&self, timelock: Address, delay: U256) -> Order {
        let Self {
            predecessor, salt, ..
        } = self.clone();
        if self.batch {
            return Order::call(
                timelock,
                &scheduleBatchCall {
                    targets: self.targets.clone(),
                    values: self.values.clone(),
                    payloads: self.payloads.clone(),
                    predecessor,
                    salt,
                    delay,
                },
            );
        }
        Order::call(
            timelock,
            &scheduleCall {
                target: self.targets[0],
                value: self.values[0],
                data: self.payloads[0].clone(),
                predecessor,
                salt,
                delay,
            },
        )
    }

    fn execute(&self, timelock: Address) -> Order {
        let Self {
            predecessor, salt, ..
        } = self.clone();
        if self.batch {
            return Order::call(
                timelock,
                &executeBatchCall {
                    targets: self.targets.clone(),
                    values: self.values.clone(),
                    payloads: self.payloads.clone(),
                    predecessor,
                    salt,
                },
            );
        }
        Order::call(
            timelock,
            &executeCall {
                target: self.targets[0],
                value: self.values[0],
                payload: self.payloads[0].clone(),
                predecessor,
                salt,
            },
        )
    }
}

/// The operation that calldata is about, whatever became of it: of the timelock itself, or what its target is to pass on.
fn operation_in(data: &[u8]) -> Option<Operation> {
    let single = |target, value, payload, predecessor, salt| Operation {
        batch: false,
        targets: vec![target],
        values: vec![value],
        payloads: vec![payload],
        predecessor,
        salt,
    };
    let batch = |targets, values, payloads, predecessor, salt| Operation {
        batch: true,
        targets,
        values,
        payloads,
        predecessor,
        salt,
    };
    use TimelockCalls as Calls;
    match Calls::abi_decode(data) {
        Ok(Calls::schedule(c)) => Some(single(c.target, c.value, c.data, c.predecessor, c.salt)),
        Ok(Calls::execute(c)) => Some(single(c.target, c.value, c.payload, c.predecessor, c.salt)),
        Ok(Calls::hashOperation(c)) => {
            Some(single(c.target, c.value, c.data, c.predecessor, c.salt))
        }
        Ok(Calls::scheduleBatch(c)) => Some(batch(
            c.targets,
            c.values,
            c.payloads,
            c.predecessor,
            c.salt,
        )),
        Ok(Calls::executeBatch(c)) => Some(batch(
            c.targets,
            c.values,
            c.payloads,
            c.predecessor,
            c.salt,
        )),
        Ok(Calls::hashOperationBatch(c)) => Some(batch(
            c.targets,
            c.values,
            c.payloads,
            c.predecessor,
            c.salt,
        )),
        _ => {
            let call = Box::rememberCall::abi_decode(data).ok()?;
            operation_in(&call.data)
        }
    }
}

impl Timelocks {
    /// From now on the id of ours stands for that of theirs, in the operation that `calldata` are about.
    pub fn know(&self, world: &mut World, calldata: &[u8]) {
        let ours = world.translate(calldata);
        if let (Some(theirs), Some(ours)) = (operation_in(calldata), operation_in(&ours)) {
            world.same(theirs.id(), ours.id());
        }
    }

    /// One of the latest operations, if there are any.
    fn recent(&self, world: &mut World) -> Option<Operation> {
        let count = self.operations.len().min(6);
        let back = if count == 0 {
            0
        } else {
            world.random.below(count)
        };
        self.operations.iter().nth_back(back).cloned()
    }

    /// A call that an operation makes.
    fn call(&self, world: &mut World) -> (Address, U256, Bytes) {
        let number = U256::from(world.random.below(1_000));
        let account = world.anybody(self.timelock);
        let role = world.random.of(&self.roles[1..]);
        let to = |target: Address, data: Vec<u8>| (target, U256::ZERO, Bytes::from(data));
        let (target, value, data) = match world.random.below(16) {
            0..4 => to(self.target, Box::keepCall { number_: number }.abi_encode()),
            4 => to(
                self.target,
                Box::refuseCall { number_: number }.abi_encode(),
            ),
            5 => to(self.target, Box::failCall {}.abi_encode()),
            6 => to(
                self.timelock,
                updateDelayCall { newDelay: number }.abi_encode(),
            ),
            7 => to(self.timelock, grantRoleCall { role, account }.abi_encode()),
            8 => to(self.timelock, revokeRoleCall { role, account }.abi_encode()),
            9 => to(account, Vec::new()),
            10 => to(account, vec![1, 2, 3, 4]),
            11 => {
                let order = self.upgrades.next(world, self.timelock);
                (order.target, order.value, order.theirs)
            }
            12 => to(self.target, Box::recallCall {}.abi_encode()),
            13 => {
                let order = match self.recent(world) {
                    Some(operation) => operation.execute(self.timelock),
                    None => self.order(&getMinDelayCall {}),
                };
                let call = Box::relayCall {
                    target: self.timelock,
                    data: order.theirs,
                };
                to(self.target, call.abi_encode())
            }
            14 => to(Address::with_last_byte(2), vec![9; 40]),
            _ => to(self.target, Box::recallCall {}.abi_encode()),
        };
        match world.random.below(5) {
            0 => (target, value + U256::from(3), data),
            _ => (target, value, data),
        }
    }

    /// A new operation, which is remembered.
    fn operation(&mut self, world: &mut World) -> Operation {
        let batch = world.random.once_in(2);
        let count = if batch { world.random.below(4) } else { 1 };
        let predecessor = match world.random.below(8) {
            0 | 1 => self
                .recent(world)
                .map(|operation| operation.id())
                .unwrap_or_default(),
            2 => world.random.word().into(),
            _ => B256::ZERO,
        };
        let salt = match world.random.below(3) {
            0 => B256::ZERO,
            _ => world.random.word().into(),
        };
        let mut operation = Operation {
            batch,
            targets: Vec::new(),
            values: Vec::new(),
            payloads: Vec::new(),
            predecessor,
            salt,
        };
        for _ in 0..count {
            let (target, value, data) = self.call(world);
            operation.targets.push(target);
            operation.values.push(value);
            operation.payloads.push(data);
        }
        self.know(world, &operation.hash(self.timelock).theirs);
        self.operations.push(operation.clone());
        operation
    }

    /// A delay: mostly one that will do.
    fn delay(&self, world: &mut World) -> U256 {
        match world.random.below(16) {
            0 => U256::ZERO,
            1 => self.min_delay.saturating_sub(U256::ONE),
            2 => U256::MAX,
            3 => U256::MAX - U256::from(world.now),
            4 => self.min_delay + U256::from(world.random.below(5_000)),
            _ => self.min_delay,
        }
    }

    /// Schedules a new operation.
    pub fn schedule_new(&mut self, world: &mut World) -> Order {
        let operation = self.operation(world);
        operation.schedule(self.timelock, self.delay(world))
    }

    /// Schedules one that was scheduled, and may be done.
    pub fn schedule_again(&mut self, world: &mut World) -> Order {
        let operation = match self.recent(world) {
            Some(operation) => operation,
            None => self.operation(world),
        };
        operation.schedule(self.timelock, self.delay(world))
    }

    /// Executes one, with its ether or without.
    pub fn execute(&mut self, world: &mut World) -> Order {
        let operation = match self.recent(world) {
            Some(operation) => operation,
            None => self.operation(world),
        };
        let order = operation.execute(self.timelock);
        match world.random.below(3) {
            0 => order,
            _ => order.value(operation.value()),
        }
    }

    /// Cancels one, or what is none.
    pub fn cancel(&self, world: &mut World) -> Order {
        let id = match self.recent(world) {
            Some(operation) if !world.random.once_in(8) => operation.id(),
            _ => world.random.word().into(),
        };
        self.order(&cancelCall { id })
    }

    /// Has the target call back from the next operation that calls it: the operation itself perhaps.
    pub fn remember(&self, world: &mut World) -> Order {
        let order = match self.recent(world) {
            Some(operation) => match world.random.below(3) {
                0 => operation.execute(self.timelock),
                1 => self.order(&cancelCall { id: operation.id() }),
                _ => operation.schedule(self.timelock, self.min_delay),
            },
            None => self.order(&getMinDelayCall {}),
        };
        let call = Box::rememberCall {
            target: self.timelock,
            data: order.theirs,
        };
        Order::call(self.target, &call)
    }

    /// A batch of which something is missing.
    pub fn uneven(&mut self, world: &mut World) -> Order {
        let mut operation = self.operation(world);
        self.operations.pop();
        operation.batch = true;
        match world.random.below(3) {
            0 => operation.targets.push(self.target),
            1 => operation.values.push(U256::ONE),
            _ => operation.payloads.push(Bytes::new()),
        }
        match world.random.below(3) {
            0 => operation.execute(self.timelock),
            1 => operation.schedule(self.timelock, self.min_delay),
            _ => operation.hash(self.timelock),
        }
    }

    /// Gives `account` every role but the administrator's.
    pub fn grants(&self, account: Address) -> Vec<Order> {
        let roles = self.roles[1..].iter();
        roles
            .map(|&role| self.order(&grantRoleCall { role, account }))
            .collect()
    }

    /// How an operation of one call, or of so many, is scheduled, executed, cancelled.
    pub fn simple(&self, world: &mut World, calls: Option<usize>, salt: u8) -> [Order; 3] {
        let count = calls.unwrap_or(1);
        let number_ = U256::from(1_000 + u64::from(salt));
        let payload = Bytes::from(Box::keepCall { number_ }.abi_encode());
        let operation = Operation {
            batch: calls.is_some(),
            targets: vec![self.target; count],
            values: vec![U256::ZERO; count],
            payloads: vec![payload; count],
            predecessor: B256::ZERO,
            salt: B256::repeat_byte(salt),
        };
        self.know(world, &operation.hash(self.timelock).theirs);
        let id = operation.id();
        [
            operation.schedule(self.timelock, self.min_delay),
            operation.execute(self.timelock),
            self.order(&cancelCall { id }),
        ]
    }

    /// Schedules a batch whose first target has more bytes than an address.
    pub fn malformed(&self, world: &mut World) -> Order {
        let [order, ..] = self.simple(world, Some(1), 0);
        let mut data = order.theirs.to_vec();
        data[4 + 7 * 32] = 1; // behind the six arguments and the length of the array
        Order::new(SPOILT, order.target, data)
    }

    /// Calls that chance may make too seldom, by somebody without rights or by the administrator.
    pub fn corners(&self, world: &mut World) -> Vec<Order> {
        let [mut schedule, execute, cancel] = self.simple(world, None, 9);
        let [mut batch, ..] = self.simple(world, Some(2), 9);
        let stranger = Address::repeat_byte(0xaa);
        let mut orders = vec![
            execute,
            cancel,
            self.order(&renounceRoleCall {
                role: self.roles[1],
                callerConfirmation: stranger,
            }),
            self.order(&updateDelayCall {
                newDelay: U256::ZERO,
            }),
        ];
        if let Ok(mut call) = scheduleCall::abi_decode(&schedule.theirs) {
            for delay in [self.min_delay - U256::ONE, U256::MAX] {
                call.delay = delay;
                schedule = self.order(&call);
                orders.push(schedule.clone());
            }
        }
        if let Ok(mut call) = scheduleBatchCall::abi_decode(&batch.theirs) {
            call.values.pop();
            batch = self.order(&call);
            orders.push(batch);
        }
        orders
    }

    /// Has operations fail in every way, and do every upgrade, one after the other.
    pub async fn in_operations(&mut self, world: &mut World) -> Result<()> {
        let admin = world.actors[0];
        for order in self.grants(admin) {
            world.send(admin, &order).await?;
        }
        let mut done = 0;
        let number_ = U256::ONE;
        let mut orders = self.upgrades.all(self.timelock);
        orders.push(Order::call(self.target, &Box::refuseCall { number_ }));
        orders.push(Order::call(self.target, &Box::failCall {}));
        orders.push(Order::call(self.target, &Box::keepCall { number_ }));
        let last = orders.len() - 1;
        for (index, order) in orders.into_iter().enumerate() {
            let operation = Operation {
                batch: false,
                targets: vec![order.target],
                values: vec![order.value],
                payloads: vec![order.theirs],
                // of the last one it is not done
                predecessor: B256::with_last_byte(u8::from(index == last)),
                salt: B256::with_last_byte(index as u8 + 1),
            };
            self.know(world, &operation.hash(self.timelock).theirs);
            let delay = self.min_delay;
            world
                .send(admin, &operation.schedule(self.timelock, delay))
                .await?;
            world.wait(delay.to(), 1).await?;
            let order = operation.execute(self.timelock).value(operation.value());
            done += usize::from(world.send(admin, &order).await?.success);
            self.upgrades.look(world, self.timelock).await?;
        }
        ensure!(done > 3, "{done} upgrades were done");
        Ok(())
    }
}
