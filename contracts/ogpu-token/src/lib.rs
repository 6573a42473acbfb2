//! The oGPU token: staked, locked, paid and voted with.
//!
//! ERC-20 with metadata, EIP-2612 permits, ERC-5267, ERC-5805 votes and ERC-6372 clocks, with the functions, events and errors of
//! OpenZeppelin Contracts 5.x. The whole supply is minted once; from then on it can only shrink, by [`OgpuToken::burn`].
//!
//! Amounts are wei (10^−18 oGPU), at most 2^96 − 1, so that a holder's balance and delegate share a slot: see [`account`]. Votes are
//! histories whose last entry is read at once: see [`checkpoints`]. The supply is the present value of its own history.
//!
//! The owner may upgrade the token and nothing else.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod account;
pub mod checkpoints;
pub mod eip712;
pub mod errors;
pub mod events;
mod signature;

#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};
use alloy_primitives::{
    Address, B256, FixedBytes, U256,
    aliases::{U48, U208},
};
use alloy_sol_types::sol;
use ogpu_common::{
    Ownable, Upgradeable,
    amount::{MAX_AMOUNT, checked, widen},
    initializable, ownable,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageBool, StorageMap, StorageU256},
};

use account::Account;
use checkpoints::{Checkpoint, Trace};
use errors::*;
use events::*;

sol! {
    /// An entry of an account's votes: `_value` from `_key` on.
    #[derive(Debug, PartialEq, Eq, AbiType)]
    struct Checkpoint208 {
        uint48 _key;
        uint208 _value;
    }
}

/// The token.
#[storage]
#[entrypoint]
pub struct OgpuToken {
    /// [`Account`] slots.
    accounts: StorageMap<Address, StorageB256>,
    /// Allowances by owner and spender; `U256::MAX` never runs out.
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    /// The next nonce of each signer.
    nonces: StorageMap<Address, StorageU256>,
    /// The votes delegated to each account.
    votes: StorageMap<Address, Trace>,
    /// The supply.
    supply: Trace,
    /// Whether the clock counts blocks instead of seconds.
    clock_counts_blocks: StorageBool,
}

ogpu_common::proxied!(OgpuToken);

#[public]
#[implements(Ownable, Upgradeable)]
impl OgpuToken {
    /// Makes the token, once, through a new proxy: mints `supply` wei to `holder` and makes `owner` the owner. The clock of votes
    /// is the time in seconds (`clock_mode` 0) or the block number (1).
    ///
    /// # Events
    /// `Initialized`, `OwnershipTransferred`, [`Transfer`] from zero.
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`, [`UnknownClockMode`], [`ERC20InvalidReceiver`],
    /// [`ERC20ExceededSafeSupply`].
    pub fn initialize(
        &mut self,
        owner: Address,
        holder: Address,
        supply: U256,
        clock_mode: u8,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        match clock_mode {
            0 => {}
            1 => self.clock_counts_blocks.set(true),
            _ => {
                return Err(UnknownClockMode {
                    clockMode: clock_mode,
                }
                .into());
            }
        }
        if holder.is_zero() {
            return Err(ERC20InvalidReceiver { receiver: holder }.into());
        }
        let balance = checked(supply).map_err(|_| ERC20ExceededSafeSupply {
            increasedSupply: supply,
            cap: widen(MAX_AMOUNT),
        })?;
        self.save(
            holder,
            Account {
                delegate: Address::ZERO,
                balance,
            },
        );
        let now = self.now()?;
        self.supply.push(now, balance)?;
        self.vm().log(Transfer {
            from: Address::ZERO,
            to: holder,
            value: supply,
        });
        Ok(())
    }

    /// "OGPU".
    pub fn name(&self) -> String {
        eip712::NAME.into()
    }

    /// "oGPU".
    pub fn symbol(&self) -> String {
        "oGPU".into()
    }

    /// 18.
    pub fn decimals(&self) -> u8 {
        18
    }

    /// All there is, in wei.
    pub fn total_supply(&self) -> U256 {
        widen(self.supply.latest())
    }

    /// What `account` holds, in wei.
    pub fn balance_of(&self, account: Address) -> U256 {
        widen(self.account(account).balance)
    }

    /// How much of `owner`'s tokens `spender` may move, in wei; `U256::MAX` means any amount, for ever.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// Sends `value` wei of the caller's to `to`.
    ///
    /// # Events
    /// [`Transfer`]; [`DelegateVotesChanged`] for each delegate whose votes change.
    ///
    /// # Errors
    /// [`ERC20InvalidSender`], [`ERC20InvalidReceiver`], [`ERC20InsufficientBalance`].
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Error> {
        self.transfer_tokens(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// Sends `value` wei of `from`'s, who has allowed the caller as much, to `to`. A limited allowance shrinks by `value`.
    ///
    /// # Events
    /// As [`transfer`](Self::transfer).
    ///
    /// # Errors
    /// [`ERC20InsufficientAllowance`], [`ERC20InvalidApprover`], and those of [`transfer`](Self::transfer).
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Error> {
        let spender = self.vm().msg_sender();
        let mut allowances = self.allowances.setter(from);
        let mut allowance = allowances.setter(spender);
        let current = allowance.get();
        if current != U256::MAX {
            let Some(left) = current.checked_sub(value) else {
                return Err(ERC20InsufficientAllowance {
                    spender,
                    allowance: current,
                    needed: value,
                }
                .into());
            };
            if from.is_zero() {
                return Err(ERC20InvalidApprover { approver: from }.into());
            }
            allowance.set(left);
        }
        self.transfer_tokens(from, to, value)?;
        Ok(true)
    }

    /// Lets `spender` move `value` wei of the caller's, instead of what it could before; `U256::MAX` for any amount, for ever.
    ///
    /// # Events
    /// [`Approval`].
    ///
    /// # Errors
    /// [`ERC20InvalidApprover`], [`ERC20InvalidSpender`].
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Error> {
        self.allow(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// Destroys `value` wei of the caller's. The supply shrinks.
    ///
    /// # Events
    /// [`Transfer`] to zero; [`DelegateVotesChanged`] if the caller's votes are delegated.
    ///
    /// # Errors
    /// [`ERC20InvalidSender`], [`ERC20InsufficientBalance`].
    pub fn burn(&mut self, value: U256) -> Result<(), Error> {
        let from = self.vm().msg_sender();
        if from.is_zero() {
            return Err(ERC20InvalidSender { sender: from }.into());
        }
        let (account, amount) = self.take(from, value)?;
        self.save(from, account);
        self.vm().log(Transfer {
            from,
            to: Address::ZERO,
            value,
        });
        let now = self.now()?;
        let left = self.supply.latest() - amount;
        self.supply.push(now, left)?;
        self.move_votes(account.delegate, Address::ZERO, amount)
    }

    /// Lets `spender` move `value` wei of `owner`'s, on `owner`'s signature (EIP-2612), which is good until `deadline` (seconds since
    /// 1970, inclusive) and once.
    ///
    /// # Events
    /// [`Approval`].
    ///
    /// # Errors
    /// [`ERC2612ExpiredSignature`], [`ECDSAInvalidSignatureS`], [`ECDSAInvalidSignature`], [`ERC2612InvalidSigner`],
    /// [`ERC20InvalidSpender`].
    #[allow(clippy::too_many_arguments)] // the standard's
    pub fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Error> {
        if self.is_past(deadline) {
            return Err(ERC2612ExpiredSignature { deadline }.into());
        }
        let nonce = self.nonces.get(owner);
        let permit = eip712::permit_hash(owner, spender, value, nonce, deadline);
        let signer = self.signer(permit, v, r, s)?;
        if signer != owner {
            return Err(ERC2612InvalidSigner { signer, owner }.into());
        }
        self.nonces.insert(owner, nonce + U256::ONE);
        self.allow(owner, spender, value)
    }

    /// The nonce of the next permit or delegation that `owner` signs.
    pub fn nonces(&self, owner: Address) -> U256 {
        self.nonces.get(owner)
    }

    /// The hash of the signing domain, for the chain this runs on.
    #[selector(name = "DOMAIN_SEPARATOR")]
    pub fn domain_separator(&self) -> B256 {
        eip712::domain_separator(self.vm().chain_id(), self.vm().contract_address())
    }

    /// The signing domain (ERC-5267): which fields it has (0x0f: the first four), name, version, chain id, verifying contract, salt
    /// and extensions.
    #[allow(clippy::type_complexity)] // the standard's
    pub fn eip712_domain(
        &self,
    ) -> (
        FixedBytes<1>,
        String,
        String,
        U256,
        Address,
        B256,
        Vec<U256>,
    ) {
        (
            FixedBytes([0x0f]),
            eip712::NAME.into(),
            eip712::VERSION.into(),
            U256::from(self.vm().chain_id()),
            self.vm().contract_address(),
            B256::ZERO,
            vec![],
        )
    }

    /// Where the clock of votes stands: seconds since 1970, or the block number.
    ///
    /// # Errors
    /// [`SafeCastOverflowedUintDowncast`] once that takes more than 48 bits.
    pub fn clock(&self) -> Result<U48, Error> {
        Ok(U48::from(self.now()?))
    }

    /// What the clock of votes counts (ERC-6372): `mode=timestamp` or `mode=blocknumber&from=default`.
    #[selector(name = "CLOCK_MODE")]
    pub fn clock_mode(&self) -> String {
        if self.clock_counts_blocks.get() {
            "mode=blocknumber&from=default".into()
        } else {
            "mode=timestamp".into()
        }
    }

    /// Who votes with `account`'s balance; zero for nobody.
    pub fn delegates(&self, account: Address) -> Address {
        self.account(account).delegate
    }

    /// Gives the caller's votes, now and as its balance changes, to `delegatee`; zero for nobody. Whoever wants to vote with their
    /// own balance delegates to themselves.
    ///
    /// # Events
    /// [`DelegateChanged`]; [`DelegateVotesChanged`] for each delegate whose votes change.
    pub fn delegate(&mut self, delegatee: Address) -> Result<(), Error> {
        self.redelegate(self.vm().msg_sender(), delegatee)
    }

    /// Gives the signer's votes to `delegatee`, on a signature good until `expiry` (seconds since 1970, inclusive) and for this
    /// `nonce`.
    ///
    /// # Events
    /// As [`delegate`](Self::delegate).
    ///
    /// # Errors
    /// [`VotesExpiredSignature`], [`ECDSAInvalidSignatureS`], [`ECDSAInvalidSignature`], [`InvalidAccountNonce`].
    pub fn delegate_by_sig(
        &mut self,
        delegatee: Address,
        nonce: U256,
        expiry: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Error> {
        if self.is_past(expiry) {
            return Err(VotesExpiredSignature { expiry }.into());
        }
        let delegation = eip712::delegation_hash(delegatee, nonce, expiry);
        let account = self.signer(delegation, v, r, s)?;
        let current = self.nonces.get(account);
        if nonce != current {
            return Err(InvalidAccountNonce {
                account,
                currentNonce: current,
            }
            .into());
        }
        self.nonces.insert(account, nonce + U256::ONE);
        self.redelegate(account, delegatee)
    }

    /// The votes `account` has now, in wei.
    pub fn get_votes(&self, account: Address) -> U256 {
        widen(self.votes.getter(account).latest())
    }

    /// The votes `account` had at the end of a time that is over, in wei.
    ///
    /// # Errors
    /// [`ERC5805FutureLookup`] if `timepoint` is not over.
    pub fn get_past_votes(&self, account: Address, timepoint: U256) -> Result<U256, Error> {
        let timepoint = self.past(timepoint)?;
        Ok(widen(self.votes.getter(account).at(timepoint)))
    }

    /// The supply at the end of a time that is over, in wei.
    ///
    /// # Errors
    /// [`ERC5805FutureLookup`] if `timepoint` is not over.
    pub fn get_past_total_supply(&self, timepoint: U256) -> Result<U256, Error> {
        let timepoint = self.past(timepoint)?;
        Ok(widen(self.supply.at(timepoint)))
    }

    /// How often `account`'s votes have changed, changes at the same time counted once.
    pub fn num_checkpoints(&self, account: Address) -> u32 {
        self.votes.getter(account).count()
    }

    /// The change of `account`'s votes at a position, counted from 0.
    ///
    /// # Errors
    /// [`Panic`]`(0x32)` if there is none.
    pub fn checkpoints(&self, account: Address, pos: u32) -> Result<Checkpoint208, Error> {
        match self.votes.getter(account).get(pos) {
            Some(Checkpoint { key, value }) => Ok(Checkpoint208 {
                _key: U48::from(key),
                _value: U208::from(value),
            }),
            None => Err(Panic {
                code: U256::from(0x32),
            }
            .into()),
        }
    }
}

impl OgpuToken {
    fn account(&self, account: Address) -> Account {
        Account::unpack(self.accounts.get(account))
    }

    fn save(&mut self, holder: Address, account: Account) {
        self.accounts.insert(holder, account.pack());
    }

    /// The account of `from` after `value` has left it, and `value` as an integer of the size of balances.
    fn take(&self, from: Address, value: U256) -> Result<(Account, u128), Error> {
        let account = self.account(from);
        match checked(value) {
            Ok(amount) if amount <= account.balance => {
                let balance = account.balance - amount;
                Ok((Account { balance, ..account }, amount))
            }
            _ => Err(ERC20InsufficientBalance {
                sender: from,
                balance: widen(account.balance),
                needed: value,
            }
            .into()),
        }
    }

    fn transfer_tokens(&mut self, from: Address, to: Address, value: U256) -> Result<(), Error> {
        if from.is_zero() {
            return Err(ERC20InvalidSender { sender: from }.into());
        }
        if to.is_zero() {
            return Err(ERC20InvalidReceiver { receiver: to }.into());
        }
        let (sender, amount) = self.take(from, value)?;
        self.vm().log(Transfer { from, to, value });
        if from == to || amount == 0 {
            return Ok(());
        }
        let mut receiver = self.account(to);
        receiver.balance += amount;
        self.save(from, sender);
        self.save(to, receiver);
        self.move_votes(sender.delegate, receiver.delegate, amount)
    }

    fn allow(&mut self, owner: Address, spender: Address, value: U256) -> Result<(), Error> {
        if owner.is_zero() {
            return Err(ERC20InvalidApprover { approver: owner }.into());
        }
        if spender.is_zero() {
            return Err(ERC20InvalidSpender { spender }.into());
        }
        self.allowances.setter(owner).insert(spender, value);
        self.vm().log(Approval {
            owner,
            spender,
            value,
        });
        Ok(())
    }

    fn redelegate(&mut self, delegator: Address, delegatee: Address) -> Result<(), Error> {
        let account = self.account(delegator);
        self.save(
            delegator,
            Account {
                delegate: delegatee,
                ..account
            },
        );
        self.vm().log(DelegateChanged {
            delegator,
            fromDelegate: account.delegate,
            toDelegate: delegatee,
        });
        self.move_votes(account.delegate, delegatee, account.balance)
    }

    /// Moves votes between delegates, either of which may be nobody.
    fn move_votes(&mut self, from: Address, to: Address, amount: u128) -> Result<(), Error> {
        if from == to || amount == 0 {
            return Ok(());
        }
        let now = self.now()?;
        self.change_votes(from, now, amount, false)?;
        self.change_votes(to, now, amount, true)
    }

    fn change_votes(
        &mut self,
        delegate: Address,
        now: u64,
        amount: u128,
        gained: bool,
    ) -> Result<(), Error> {
        if delegate.is_zero() {
            return Ok(());
        }
        let mut votes = self.votes.setter(delegate);
        let previous = votes.latest();
        let new = if gained {
            previous + amount
        } else {
            previous - amount
        };
        votes.push(now, new)?;
        self.vm().log(DelegateVotesChanged {
            delegate,
            previousVotes: widen(previous),
            newVotes: widen(new),
        });
        Ok(())
    }

    /// What the clock shows; 48 bits.
    fn now(&self) -> Result<u64, Error> {
        let now = if self.clock_counts_blocks.get() {
            self.vm().block_number()
        } else {
            self.vm().block_timestamp()
        };
        if now >> 48 == 0 {
            Ok(now)
        } else {
            Err(SafeCastOverflowedUintDowncast {
                bits: 48,
                value: U256::from(now),
            }
            .into())
        }
    }

    /// Passes a reading of the clock that is over.
    fn past(&self, timepoint: U256) -> Result<u64, Error> {
        let now = self.now()?;
        match timepoint.into_limbs() {
            [past, 0, 0, 0] if past < now => Ok(past),
            _ => Err(ERC5805FutureLookup {
                timepoint,
                clock: U48::from(now),
            }
            .into()),
        }
    }

    /// Whether a signature good until `deadline` (seconds since 1970) is no longer.
    fn is_past(&self, deadline: U256) -> bool {
        U256::from(self.vm().block_timestamp()) > deadline
    }

    fn signer(&self, struct_hash: B256, v: u8, r: B256, s: B256) -> Result<Address, Error> {
        let digest = eip712::digest(self.domain_separator(), struct_hash);
        signature::signer(self.vm(), digest, v, r, s)
    }
}
