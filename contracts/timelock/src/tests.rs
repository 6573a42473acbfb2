//! Everything through the proxy and by its calldata, as others call it. What is expected is encoded by another library.
#![allow(non_snake_case)] // names of the interface

use std::{cell::RefCell, rc::Rc};

use alloy_primitives::{Address, B256, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue, sol};

use super::{errors::*, events::*, operation::State, roles::*};
use world::{Answer, Code, Message, now, pass, send};

mod attacks;
mod interface;
mod model;
mod operations;
mod roles;
mod world;

const TIMELOCK: Address = address!("7171717171717171717171717171717171717171");
const IMPLEMENTATION: Address = address!("1111111111111111111111111111111111111111");
const PROPOSER: Address = address!("00000000000000000000000000000000000000a1");
const EXECUTOR: Address = address!("00000000000000000000000000000000000000a2");
const ADMIN: Address = address!("00000000000000000000000000000000000000a3");
const STRANGER: Address = address!("00000000000000000000000000000000000000a4");
const DEPLOYER: Address = address!("00000000000000000000000000000000000000a5");
const TARGET: Address = address!("00000000000000000000000000000000000000c1");
const OTHER: Address = address!("00000000000000000000000000000000000000c2");

const DAY: u64 = 86_400;
const DELAY: U256 = U256::from_limbs([DAY, 0, 0, 0]);
const SALT: B256 = B256::repeat_byte(0x5a);

sol! {
    /// The whole interface, as callers know it.
    interface Api {
        function initialize(uint256 minDelay, address[] proposers, address[] executors, address admin) external;
        function getRoleAdmin(bytes32 role) external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
        function hasRole(bytes32 role, address account) external view returns (bool);
        function renounceRole(bytes32 role, address callerConfirmation) external;
        function revokeRole(bytes32 role, address account) external;
        function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
        function CANCELLER_ROLE() external view returns (bytes32);
        function EXECUTOR_ROLE() external view returns (bytes32);
        function PROPOSER_ROLE() external view returns (bytes32);
        function cancel(bytes32 id) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external payable;
        function getMinDelay() external view returns (uint256);
        function getOperationState(bytes32 id) external view returns (uint8);
        function getTimestamp(bytes32 id) external view returns (uint256);
        function hashOperation(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt) external pure returns (bytes32);
        function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external pure returns (bytes32);
        function isOperation(bytes32 id) external view returns (bool);
        function isOperationDone(bytes32 id) external view returns (bool);
        function isOperationPending(bytes32 id) external view returns (bool);
        function isOperationReady(bytes32 id) external view returns (bool);
        function onERC1155BatchReceived(address operator, address from, uint256[] ids, uint256[] values, bytes data) external returns (bytes4);
        function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes data) external returns (bytes4);
        function onERC721Received(address operator, address from, uint256 tokenId, bytes data) external returns (bytes4);
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function updateDelay(uint256 newDelay) external;
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function renounceOwnership() external;
        function upgradeToAndCall(address newImplementation, bytes data) external payable;
        function proxiableUUID() external view returns (bytes32);
    }
}

use Api::*;

/// An operation.
#[derive(Clone, Debug)]
struct Op {
    calls: Vec<(Address, U256, Vec<u8>)>,
    predecessor: B256,
    salt: B256,
    /// Scheduled and executed with the functions for batches.
    batch: bool,
}

type Lists = (Vec<Address>, Vec<U256>, Vec<Bytes>);

impl Op {
    /// One call.
    fn single(target: Address, value: u64, data: Vec<u8>) -> Self {
        Self {
            calls: vec![(target, U256::from(value), data)],
            predecessor: B256::ZERO,
            salt: SALT,
            batch: false,
        }
    }

    /// Several calls, without value.
    fn batch(calls: &[(Address, Vec<u8>)]) -> Self {
        let calls = calls.iter().cloned();
        Self {
            calls: calls.map(|(to, data)| (to, U256::ZERO, data)).collect(),
            batch: true,
            ..Self::single(TARGET, 0, Vec::new())
        }
    }

    /// The timelock calls itself.
    fn own(call: impl SolCall) -> Self {
        Self::single(TIMELOCK, 0, call.abi_encode())
    }

    fn after(self, predecessor: B256) -> Self {
        Self {
            predecessor,
            ..self
        }
    }

    fn lists(&self) -> Lists {
        let calls = self.calls.iter().cloned();
        let lists = calls.map(|(to, value, data)| (to, (value, Bytes::from(data))));
        let (targets, (values, payloads)): (_, (_, _)) = lists.unzip();
        (targets, values, payloads)
    }

    fn one(&self) -> (Address, U256, Bytes) {
        let (target, value, data) = self.calls[0].clone();
        (target, value, data.into())
    }

    /// Its id, as `abi.encode` makes it.
    fn id(&self) -> B256 {
        let Self {
            predecessor, salt, ..
        } = *self;
        keccak256(if self.batch {
            let (targets, values, payloads) = self.lists();
            (targets, values, payloads, predecessor, salt).abi_encode_params()
        } else {
            let (target, value, data) = self.one();
            (target, value, data, predecessor, salt).abi_encode_params()
        })
    }

    fn schedule_data(&self, delay: U256) -> Vec<u8> {
        let Self {
            predecessor, salt, ..
        } = *self;
        if self.batch {
            let (targets, values, payloads) = self.lists();
            scheduleBatchCall {
                targets,
                values,
                payloads,
                predecessor,
                salt,
                delay,
            }
            .abi_encode()
        } else {
            let (target, value, data) = self.one();
            scheduleCall {
                target,
                value,
                data,
                predecessor,
                salt,
                delay,
            }
            .abi_encode()
        }
    }

    fn execute_data(&self) -> Vec<u8> {
        let Self {
            predecessor, salt, ..
        } = *self;
        if self.batch {
            let (targets, values, payloads) = self.lists();
            executeBatchCall {
                targets,
                values,
                payloads,
                predecessor,
                salt,
            }
            .abi_encode()
        } else {
            let (target, value, payload) = self.one();
            executeCall {
                target,
                value,
                payload,
                predecessor,
                salt,
            }
            .abi_encode()
        }
    }

    fn schedule(&self, from: Address, delay: U256) -> Answer {
        send(from, TIMELOCK, U256::ZERO, &self.schedule_data(delay))
    }

    fn execute(&self, from: Address) -> Answer {
        send(from, TIMELOCK, U256::ZERO, &self.execute_data())
    }

    /// Schedules it, and waits until it is ready.
    fn ready(self) -> Self {
        self.schedule(PROPOSER, DELAY).unwrap();
        pass(DAY);
        assert_eq!(self.state(), State::Ready);
        self
    }

    /// Schedules it, waits, and executes it.
    fn done(self) -> Self {
        let op = self.ready();
        op.execute(EXECUTOR).unwrap();
        assert_eq!(op.state(), State::Done);
        op
    }

    fn state(&self) -> State {
        state(self.id())
    }
}

/// A chain with a timelock: one proposer, one executor, no administrator, a day of delay. The target remembers how it is called.
fn setup() -> Rc<RefCell<Vec<Message>>> {
    setup_with(&[EXECUTOR], Address::ZERO)
}

fn setup_with(executors: &[Address], admin: Address) -> Rc<RefCell<Vec<Message>>> {
    world::reset();
    world::install(IMPLEMENTATION, Code::Timelock);
    world::install_proxy(TIMELOCK, IMPLEMENTATION);
    let initialize = initializeCall {
        minDelay: DELAY,
        proposers: vec![PROPOSER],
        executors: executors.to_vec(),
        admin,
    };
    by(DEPLOYER, initialize).unwrap();
    world::logs();
    let seen = Rc::<RefCell<Vec<Message>>>::default();
    let record = seen.clone();
    world::script(TARGET, move |message| {
        record.borrow_mut().push(message.clone());
        Ok(vec![0xaa; 40])
    });
    seen
}

/// Calls the timelock.
fn by<C: SolCall>(from: Address, call: C) -> Result<C::Return, Vec<u8>> {
    let answer = send(from, TIMELOCK, U256::ZERO, &call.abi_encode())?;
    Ok(C::abi_decode_returns_validate(&answer).unwrap())
}

/// Asks the timelock, by a call that can change nothing.
fn view<C: SolCall>(call: C) -> C::Return {
    let answer = world::query(TIMELOCK, &call.abi_encode()).unwrap();
    C::abi_decode_returns_validate(&answer).unwrap()
}

fn state(id: B256) -> State {
    let states = [State::Unset, State::Waiting, State::Ready, State::Done];
    states[usize::from(view(getOperationStateCall { id }))]
}

fn has(role: B256, account: Address) -> bool {
    view(hasRoleCall { role, account })
}

/// A call that fails, and why.
#[track_caller]
fn refused<T>(answer: Result<T, Vec<u8>>, error: impl SolError) {
    assert_eq!(answer.err(), Some(error.abi_encode()));
}

fn unauthorized(account: Address, role: B256) -> AccessControlUnauthorizedAccount {
    AccessControlUnauthorizedAccount {
        account,
        neededRole: role,
    }
}

/// The operation should be in one of the states of these bits.
fn unexpected(id: B256, states: u8) -> TimelockUnexpectedOperationState {
    TimelockUnexpectedOperationState {
        operationId: id,
        expectedStates: B256::with_last_byte(states),
    }
}

const UNSET: u8 = 1;
const PENDING: u8 = 2 | 4;
const READY: u8 = 4;

/// An event of the timelock, as a log.
fn event(event: impl SolEvent) -> world::Log {
    let log = event.encode_log_data();
    (TIMELOCK, log.topics().to_vec(), log.data.to_vec())
}
