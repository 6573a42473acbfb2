//! The timelock: owner of every contract of OGPU. What the governance decides has to wait here before it happens.
//!
//! An operation is one call or a batch of calls, named by the hash of what it does. A proposer schedules it; from its delay on an
//! executor executes it, once; until then a canceller may cancel it. Behaves as OpenZeppelin Contracts 5.7's `TimelockController`:
//! functions, events, errors, ids, the order of checks. Besides, it stands behind a proxy whose owner is the timelock itself, so that only
//! an operation of its own upgrades it.
//!
//! Whom an operation calls may call back. So an operation must be ready before its calls, and still after them: what executed, cancelled
//! or rescheduled it in between undoes all of it.
//!
//! Role changes, the delay and ether that is kept here are the timelock's own affair: they take an operation that calls the timelock, or
//! the optional administrator, who should renounce that role once roles are set up.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod errors;
pub mod events;
pub mod operation;
pub mod roles;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::slice;

use alloy_primitives::{Address, B256, FixedBytes, U256, hex};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    Calldata, FailedCall, Ownable, Upgradeable, amount::time, initializable, key::Number, ownable,
    words,
};
use stylus_sdk::{
    call::call,
    prelude::*,
    storage::{StorageBool, StorageMap, StorageU256},
};

pub use errors::Error;
use errors::*;
use events::*;
use operation::{Calls, DONE, State, size};
use roles::*;

/// The code of the panic with which arithmetic overflows.
const OVERFLOW: U256 = U256::from_limbs([0x11, 0, 0, 0]);

/// ERC-165, access control, and the receiver of ERC-1155 tokens.
const INTERFACES: [[u8; 4]; 3] = [hex!("01ffc9a7"), hex!("7965db0b"), hex!("4e2312e0")];

/// The timelock.
#[storage]
#[entrypoint]
pub struct Timelock {
    /// From when on an operation is ready, in seconds since 1970; 0 unset, 1 done.
    timestamps: StorageMap<Number, StorageU256>,
    /// The least delay, in seconds.
    min_delay: StorageU256,
    /// Who has which role.
    members: StorageMap<Member, StorageBool>,
}

ogpu_common::proxied!(Timelock);

#[public]
#[implements(Ownable, Upgradeable)]
impl Timelock {
    /// Makes the timelock, once, through a new proxy. Operations take at least `min_delay` seconds; `proposers` schedule and cancel;
    /// `executors` execute, and everybody does if the zero address is one of them. The timelock administers itself; so does `admin`,
    /// unless it is zero.
    ///
    /// # Events
    /// `Initialized`, `OwnershipTransferred`, [`RoleGranted`] for each role, [`MinDelayChange`].
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`.
    pub fn initialize(
        &mut self,
        min_delay: U256,
        proposers: Vec<Address>,
        executors: Vec<Address>,
        admin: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        let this = self.vm().contract_address();
        ownable::set_first_owner(self.vm(), this)?;
        self.set_role(&DEFAULT_ADMIN_ROLE, this, true);
        if !admin.is_zero() {
            self.set_role(&DEFAULT_ADMIN_ROLE, admin, true);
        }
        for proposer in proposers {
            self.set_role(&PROPOSER_ROLE, proposer, true);
            self.set_role(&CANCELLER_ROLE, proposer, true);
        }
        for executor in executors {
            self.set_role(&EXECUTOR_ROLE, executor, true);
        }
        self.set_min_delay(min_delay);
        Ok(())
    }

    /// Schedules a call: `value` wei of ether and `data` to `target`, from `delay` seconds after now on, and not before the operation
    /// `predecessor` is done, unless that is zero. The same call with another `salt` is another operation. Proposers only.
    ///
    /// # Events
    /// [`CallScheduled`]; [`CallSalt`] if the salt is not zero.
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`], [`TimelockUnexpectedOperationState`], [`TimelockInsufficientDelay`], [`Panic`]`(0x11)`.
    pub fn schedule(
        &mut self,
        target: Address,
        value: U256,
        data: Calldata,
        predecessor: B256,
        salt: B256,
        delay: U256,
    ) -> Result<(), Error> {
        self.only_role(&PROPOSER_ROLE)?;
        let id = operation::hash(target, &value, &data.0, &predecessor, &salt);
        let calls = Calls {
            targets: slice::from_ref(&target),
            values: slice::from_ref(&value),
            payloads: slice::from_ref(&data),
        };
        self.register(&id, &calls, &predecessor, &salt, &delay)
    }

    /// [`schedule`](Self::schedule) for several calls, which are made in their order, all or none. Proposers only.
    ///
    /// # Events
    /// [`CallScheduled`] for each call; [`CallSalt`] if the salt is not zero.
    ///
    /// # Errors
    /// [`TimelockInvalidOperationLength`], and those of [`schedule`](Self::schedule).
    pub fn schedule_batch(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        payloads: Vec<Calldata>,
        predecessor: B256,
        salt: B256,
        delay: U256,
    ) -> Result<(), Error> {
        self.only_role(&PROPOSER_ROLE)?;
        let calls = even(&targets, &values, &payloads)?;
        let id = operation::hash_batch(&calls, &predecessor, &salt);
        self.register(&id, &calls, &predecessor, &salt, &delay)
    }

    /// Cancels an operation that is not done; it may be scheduled again. Cancellers only. Emits [`Cancelled`].
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`], [`TimelockUnexpectedOperationState`].
    pub fn cancel(&mut self, id: B256) -> Result<(), Error> {
        self.only_role(&CANCELLER_ROLE)?;
        let id = words::number(&id);
        if !self.state(&id).is_pending() {
            return Err(Error::state(&id, &[State::Waiting, State::Ready]));
        }
        self.timestamps.insert(Number(id), U256::ZERO);
        self.log(&Cancelled::SIGNATURE_HASH, &[&id], &[], &[]);
        Ok(())
    }

    /// Makes the call of an operation that is ready, with ether that is sent along or was here before. Executors only, or everybody
    /// if the zero address is one. Emits [`CallExecuted`].
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`], [`TimelockUnexpectedOperationState`], [`TimelockUnexecutedPredecessor`], what the call
    /// reverts with, and `FailedCall` if that is nothing.
    #[payable]
    pub fn execute(
        &mut self,
        target: Address,
        value: U256,
        payload: Calldata,
        predecessor: B256,
        salt: B256,
    ) -> Result<(), Error> {
        self.only_executor()?;
        let id = operation::hash(target, &value, &payload.0, &predecessor, &salt);
        let calls = Calls {
            targets: slice::from_ref(&target),
            values: slice::from_ref(&value),
            payloads: slice::from_ref(&payload),
        };
        self.perform(&id, &calls, &predecessor)
    }

    /// [`execute`](Self::execute) for an operation of several calls: all, or none if one fails. Emits [`CallExecuted`] for each.
    ///
    /// # Errors
    /// [`TimelockInvalidOperationLength`], and those of [`execute`](Self::execute).
    #[payable]
    pub fn execute_batch(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        payloads: Vec<Calldata>,
        predecessor: B256,
        salt: B256,
    ) -> Result<(), Error> {
        self.only_executor()?;
        let calls = even(&targets, &values, &payloads)?;
        let id = operation::hash_batch(&calls, &predecessor, &salt);
        self.perform(&id, &calls, &predecessor)
    }

    /// Changes the least delay of operations that are scheduled from now on, in seconds. The timelock only, by an operation of its own.
    /// Emits [`MinDelayChange`].
    ///
    /// # Errors
    /// [`TimelockUnauthorizedCaller`].
    pub fn update_delay(&mut self, new_delay: U256) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.vm().contract_address() {
            let caller = words::address(caller);
            return Err(Error::of::<TimelockUnauthorizedCaller>(&[&caller]));
        }
        self.set_min_delay(new_delay);
        Ok(())
    }

    /// Gives `account` a role. Administrators only. Emits [`RoleGranted`] unless it has it.
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`].
    pub fn grant_role(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.only_role(&DEFAULT_ADMIN_ROLE)?;
        self.set_role(&role, account, true);
        Ok(())
    }

    /// Takes a role from `account`. Administrators only. Emits [`RoleRevoked`] if it has it.
    ///
    /// # Errors
    /// [`AccessControlUnauthorizedAccount`].
    pub fn revoke_role(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.only_role(&DEFAULT_ADMIN_ROLE)?;
        self.set_role(&role, account, false);
        Ok(())
    }

    /// Gives up a role of the caller, who has to be `caller_confirmation`. Anyone. Emits [`RoleRevoked`] if it has it.
    ///
    /// # Errors
    /// [`AccessControlBadConfirmation`].
    pub fn renounce_role(&mut self, role: B256, caller_confirmation: Address) -> Result<(), Error> {
        if caller_confirmation != self.vm().msg_sender() {
            return Err(Error::of::<AccessControlBadConfirmation>(&[]));
        }
        self.set_role(&role, caller_confirmation, false);
        Ok(())
    }

    /// Takes ether, from anyone.
    #[receive]
    #[payable]
    pub fn receive(&mut self) -> Result<(), Vec<u8>> {
        Ok(())
    }

    /// Takes an ERC-721 token, from anyone.
    #[selector(name = "onERC721Received")]
    pub fn on_erc721_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _token_id: U256,
        _data: Calldata,
    ) -> FixedBytes<4> {
        FixedBytes(hex!("150b7a02"))
    }

    /// Takes ERC-1155 tokens of one kind, from anyone.
    #[selector(name = "onERC1155Received")]
    pub fn on_erc1155_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _id: U256,
        _value: U256,
        _data: Calldata,
    ) -> FixedBytes<4> {
        FixedBytes(hex!("f23a6e61"))
    }

    /// Takes ERC-1155 tokens of several kinds, from anyone.
    #[selector(name = "onERC1155BatchReceived")]
    pub fn on_erc1155_batch_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _ids: Vec<U256>,
        _values: Vec<U256>,
        _data: Calldata,
    ) -> FixedBytes<4> {
        FixedBytes(hex!("bc197c81"))
    }

    /// Whether this is one of the interfaces (ERC-165) that the timelock has: ERC-165 itself, access control, the receiver of ERC-1155.
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        INTERFACES.contains(&interface_id.0)
    }

    /// The role that administers every role.
    #[selector(name = "DEFAULT_ADMIN_ROLE")]
    pub fn default_admin_role(&self) -> B256 {
        DEFAULT_ADMIN_ROLE
    }

    /// The role of those who schedule.
    #[selector(name = "PROPOSER_ROLE")]
    pub fn proposer_role(&self) -> B256 {
        PROPOSER_ROLE
    }

    /// The role of those who execute.
    #[selector(name = "EXECUTOR_ROLE")]
    pub fn executor_role(&self) -> B256 {
        EXECUTOR_ROLE
    }

    /// The role of those who cancel.
    #[selector(name = "CANCELLER_ROLE")]
    pub fn canceller_role(&self) -> B256 {
        CANCELLER_ROLE
    }

    /// Whether `account` has a role. That everybody executes if the zero address does is not counted in.
    pub fn has_role(&self, role: B256, account: Address) -> bool {
        self.members.get(Member(role, account))
    }

    /// The role that administers `role`: always [`DEFAULT_ADMIN_ROLE`].
    pub fn get_role_admin(&self, _role: B256) -> B256 {
        DEFAULT_ADMIN_ROLE
    }

    /// Whether the operation is scheduled or done.
    pub fn is_operation(&self, id: B256) -> bool {
        self.state(&words::number(&id)) != State::Unset
    }

    /// Whether the operation is scheduled and not done; it may be ready.
    pub fn is_operation_pending(&self, id: B256) -> bool {
        self.state(&words::number(&id)).is_pending()
    }

    /// Whether the operation can be executed now, but for its predecessor.
    pub fn is_operation_ready(&self, id: B256) -> bool {
        self.state(&words::number(&id)) == State::Ready
    }

    /// Whether the operation is done.
    pub fn is_operation_done(&self, id: B256) -> bool {
        self.state(&words::number(&id)) == State::Done
    }

    /// From when on the operation is ready, in seconds since 1970; 0 if it is not scheduled, 1 if it is done.
    pub fn get_timestamp(&self, id: B256) -> U256 {
        self.timestamps.get(Number(words::number(&id)))
    }

    /// How the operation stands: 0 unset, 1 waiting, 2 ready, 3 done.
    pub fn get_operation_state(&self, id: B256) -> u8 {
        self.state(&words::number(&id)) as u8
    }

    /// The least delay, in seconds.
    pub fn get_min_delay(&self) -> U256 {
        self.min_delay.get()
    }

    /// What identifies an operation of one call: see [`operation::hash`].
    pub fn hash_operation(
        target: Address,
        value: U256,
        data: Calldata,
        predecessor: B256,
        salt: B256,
    ) -> B256 {
        operation::hash(target, &value, &data.0, &predecessor, &salt)
    }

    /// What identifies an operation of several calls: see [`operation::hash_batch`].
    pub fn hash_operation_batch(
        targets: Vec<Address>,
        values: Vec<U256>,
        payloads: Vec<Calldata>,
        predecessor: B256,
        salt: B256,
    ) -> B256 {
        let calls = Calls {
            targets: &targets,
            values: &values,
            payloads: &payloads,
        };
        operation::hash_batch(&calls, &predecessor, &salt)
    }
}

/// The calls of a batch.
fn even<'a>(
    targets: &'a [Address],
    values: &'a [U256],
    payloads: &'a [Calldata],
) -> Result<Calls<'a>, Error> {
    let calls = Calls {
        targets,
        values,
        payloads,
    };
    if calls.is_even() {
        return Ok(calls);
    }
    let lengths = [targets.len(), payloads.len(), values.len()].map(size);
    Err(Error::of::<TimelockInvalidOperationLength>(
        &lengths.each_ref(),
    ))
}

impl Timelock {
    fn state(&self, id: &U256) -> State {
        State::of(
            self.timestamps.get(Number(*id)),
            self.vm().block_timestamp(),
        )
    }

    fn log(&self, event: &B256, indexed: &[&U256], others: &[&U256], tail: &[u8]) {
        words::emit(self.vm(), event, indexed, others, tail);
    }

    #[inline(never)]
    fn only_role(&self, role: &B256) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if self.has_role(*role, caller) {
            Ok(())
        } else {
            Err(Error::unauthorized(caller, role))
        }
    }

    fn only_executor(&self) -> Result<(), Error> {
        if self.has_role(EXECUTOR_ROLE, Address::ZERO) {
            Ok(())
        } else {
            self.only_role(&EXECUTOR_ROLE)
        }
    }

    #[inline(never)]
    fn set_role(&mut self, role: &B256, account: Address, granted: bool) {
        let mut member = self.members.setter(Member(*role, account));
        if member.get() == granted {
            return;
        }
        member.set(granted);
        let event = if granted {
            RoleGranted::SIGNATURE_HASH
        } else {
            RoleRevoked::SIGNATURE_HASH
        };
        let sender = words::address(self.vm().msg_sender());
        let fields = [words::number(role), words::address(account), sender];
        self.log(&event, &fields.each_ref(), &[], &[]);
    }

    fn set_min_delay(&mut self, delay: U256) {
        let previous = self.min_delay.get();
        self.min_delay.set(delay);
        let event = MinDelayChange::SIGNATURE_HASH;
        self.log(&event, &[], &[&previous, &delay], &[]);
    }

    #[inline(never)]
    fn register(
        &mut self,
        id: &B256,
        calls: &Calls,
        predecessor: &B256,
        salt: &B256,
        delay: &U256,
    ) -> Result<(), Error> {
        let id = words::number(id);
        if self.state(&id) != State::Unset {
            return Err(Error::state(&id, &[State::Unset]));
        }
        let min_delay = self.min_delay.get();
        if *delay < min_delay {
            return Err(Error::of::<TimelockInsufficientDelay>(&[delay, &min_delay]));
        }
        let timestamp = time(self.vm().block_timestamp())
            .checked_add(*delay)
            .ok_or_else(|| Error::of::<Panic>(&[&OVERFLOW]))?;
        self.timestamps.insert(Number(id), timestamp);

        let predecessor = words::number(predecessor);
        for (index, target, value, data) in calls.iter() {
            let (target, data_at) = (words::address(target), size(5 * 32));
            self.log(
                &CallScheduled::SIGNATURE_HASH,
                &[&id, &index],
                &[
                    &target,
                    value,
                    &data_at,
                    &predecessor,
                    delay,
                    &size(data.len()),
                ],
                data,
            );
        }
        if !salt.is_zero() {
            let salt = words::number(salt);
            self.log(&CallSalt::SIGNATURE_HASH, &[&id], &[&salt], &[]);
        }
        Ok(())
    }

    #[inline(never)]
    fn perform(&mut self, id: &B256, calls: &Calls, predecessor: &B256) -> Result<(), Error> {
        let id = words::number(id);
        self.only_ready(&id)?;
        let predecessor = words::number(predecessor);
        if !predecessor.is_zero() && self.state(&predecessor) != State::Done {
            return Err(Error::of::<TimelockUnexecutedPredecessor>(&[&predecessor]));
        }
        for (index, target, value, data) in calls.iter() {
            self.call(target, *value, data)?;
            let (target, data_at) = (words::address(target), size(3 * 32));
            self.log(
                &CallExecuted::SIGNATURE_HASH,
                &[&id, &index],
                &[&target, value, &data_at, &size(data.len())],
                data,
            );
        }
        // whoever was called may have executed or cancelled this operation
        self.only_ready(&id)?;
        self.timestamps.insert(Number(id), DONE);
        Ok(())
    }

    fn only_ready(&self, id: &U256) -> Result<(), Error> {
        if self.state(id) == State::Ready {
            Ok(())
        } else {
            Err(Error::state(id, &[State::Ready]))
        }
    }

    /// Calls somebody. What is in storage is read anew afterwards.
    fn call(&mut self, target: Address, value: U256, data: &[u8]) -> Result<(), Error> {
        let context = Call::new_payable(self, value);
        match call(self.vm(), context, target, data).map_err(ogpu_common::Error::from) {
            Ok(_) => Ok(()),
            Err(ogpu_common::Error(reason)) if reason.is_empty() => {
                Err(ogpu_common::Error::of::<FailedCall>(&[]).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
