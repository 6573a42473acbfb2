//! Nodes come and go; bonds are slashed, and what is owed is paid out.

use alloy_primitives::{Address, U256};
use ogpu_common::{
    amount::{time, widen},
    key::Number,
    token, words,
};
use ogpu_rules::committee::{Field, Node, Standing};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, events::*, number, small, stored};

/// Why a bond is slashed.
#[derive(Clone, Copy)]
pub enum Cause {
    /// A missing vote.
    MissingVote = 1,
    /// A vote that the majority does not share.
    MinorityVote = 2,
    /// A secret that was committed and not revealed.
    WithheldSecret = 3,
    /// A wrong vote on a planted task.
    WrongOnPlant = 4,
    /// The owner's will.
    Owner = 5,
}

impl Committee {
    /// Makes the caller a node, or adds to its bond, and brings the bond in.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn add_node(&mut self, amount: u128) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let before = self.node(account);
        let id = if before.id == 0 {
            self.take_number(account)
        } else {
            before.id
        };
        let node = before
            .join(
                amount,
                self.current_params().get(Field::MinBond),
                id,
                self.now(),
            )
            .map_err(|error| Error::of_node(account, before.bond, error))?;
        self.put_node(account, node);
        self.emit::<NodeJoined>(
            &[&words::address(account), &small(id)],
            &[&widen(amount), &widen(node.bond)],
        );
        if amount == 0 {
            return Ok(());
        }
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::pull(self.vm(), call, token, account, amount)?)
    }

    /// Sends the caller what it is owed and what has matured.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn pay_out(&mut self) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let before = self.node(account);
        let (node, amount, freed) = before
            .withdraw(self.now())
            .map_err(|error| Error::of_node(account, before.bond, error))?;
        self.put_node(account, node);
        if freed != 0 {
            self.vacate(freed);
        }
        self.emit::<Withdrawn>(&[&words::address(account)], &[&widen(amount)]);
        if amount == 0 {
            return Ok(());
        }
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::push(self.vm(), call, token, account, amount)?)
    }

    /// Shuts an account out for good, and slashes it.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn shut_out(&mut self, account: Address, slash: u128) -> Result<(), Error> {
        let matures_at = self.now() + self.current_params().seconds(Field::Unbonding);
        let node = self.node(account);
        let node = node
            .remove(matures_at)
            .map_err(|error| Error::of_node(account, node.bond, error))?;
        self.put_node(account, node);
        let taken = self.slash(account, &U256::ZERO, Cause::Owner, slash);
        self.credit(self.treasury.get(), &U256::ZERO, taken);
        self.emit::<NodeRemoved>(&[&words::address(account)], &[&time(node.since)]);
        Ok(())
    }

    /// Takes up to `amount` of a bond, which somebody then has to be credited with; `id` is the task's or the beacon's.
    pub fn slash(&mut self, account: Address, id: &U256, cause: Cause, amount: u128) -> u128 {
        let (node, taken) = self.node(account).slash(amount);
        self.put_node(account, node);
        self.emit::<Slashed>(
            &[&words::address(account), id],
            &[&small(cause as u32), &widen(taken)],
        );
        taken
    }

    /// Owes an account `amount` more.
    pub fn credit(&mut self, account: Address, id: &U256, amount: u128) {
        if amount == 0 {
            return;
        }
        self.put_node(account, self.node(account).credit(amount));
        self.emit::<Credited>(&[&words::address(account), id], &[&widen(amount)]);
    }

    /// Passes a node that is active and has the least bond.
    pub fn only_active(&self, account: Address, min_bond: u128) -> Result<(), Error> {
        let node = self.node(account);
        if node.can_be_drawn(min_bond, u64::MAX) {
            Ok(())
        } else {
            let Node { standing, bond, .. } = node;
            Err(Error::of::<NotAllowed>(&[
                &words::address(account),
                &small(standing as u32),
                &widen(bond),
            ]))
        }
    }

    /// A vacant number, or a new one. There cannot be 2^32 nodes: each has paid for three slots.
    fn take_number(&mut self, account: Address) -> u32 {
        let vacant = number(&self.first_vacant);
        let id = if vacant == 0 {
            let id = number(&self.number_count) + 1;
            self.number_count.set(stored(id));
            id
        } else {
            let slot = self.numbers.get(Number(small(vacant)));
            let mut next = [0; 4];
            next.copy_from_slice(&slot[8..12]);
            self.first_vacant.set(stored(u32::from_be_bytes(next)));
            vacant
        };
        self.numbers.insert(Number(small(id)), account.into_word());
        id
    }

    fn vacate(&mut self, id: u32) {
        let mut slot = Address::ZERO.into_word();
        slot[8..12].copy_from_slice(&number(&self.first_vacant).to_be_bytes());
        self.numbers.insert(Number(small(id)), slot);
        self.first_vacant.set(stored(id));
    }
}

const _: () = assert!(Standing::Removed as u8 == 3, "errors and views say so");
