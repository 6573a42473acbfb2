//! What the vault owes, as its events tell.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use rustc_hash::FxHashMap;
use staking_vault::{
    CompensationWithdrawn, Locked, SlashSplitChanged, Slashed, SlashesCollected, Staked,
    UnbondCancelled, UnbondRequested, UnbondingPeriodChanged, Unlocked, Withdrawn,
};

use super::{Violation, balance, less, share};
use crate::{
    chain::{Chain, Log},
    world::{MARKET, System, VAULT, ask},
};

/// What somebody has in the vault, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Theirs to unbond.
    pub free: u128,
    /// Committed to the market.
    pub locked: u128,
    /// On its way out.
    pub unbonding: u128,
    /// When that may leave.
    pub matures_at: u64,
    /// Owed for having been injured.
    pub compensation: u128,
}

/// The vault's books.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    accounts: FxHashMap<Address, Account>,
    owed: u128,
    /// What of slashes waits to be collected.
    accrued: u128,
    injured_bps: u16,
    treasury_bps: u16,
    unbonding_period: u64,
    /// What came in without being staked.
    pub surplus: u128,
    touched: Vec<Address>,
    /// Whom the market slashed in the last transaction, and by how much.
    pub slashed: Vec<(Address, u128)>,
}

impl Vault {
    /// What somebody has.
    pub fn account(&self, account: Address) -> Account {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// Everybody who has ever had something.
    pub fn holders(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.keys().copied()
    }

    /// How long stake unbonds, in seconds.
    pub fn unbonding_period(&self) -> u64 {
        self.unbonding_period
    }

    /// Enters an event of the vault.
    pub fn observe(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        match log.signature() {
            Staked::SIGNATURE_HASH => {
                let Staked {
                    account, amount, ..
                } = log.read()?;
                self.owed += number(amount);
                self.touch(account).free += number(amount);
            }
            UnbondRequested::SIGNATURE_HASH => {
                let UnbondRequested {
                    account,
                    amount,
                    maturesAt,
                } = log.read()?;
                super::only(log, account)?;
                let (amount, expected) = (number(amount), now + self.unbonding_period);
                equal(account, "time to mature", maturesAt.into(), expected.into())?;
                let slot = self.touch(account);
                slot.free = less(account, "free stake", slot.free, amount)?;
                slot.unbonding += amount;
                slot.matures_at = maturesAt;
            }
            UnbondCancelled::SIGNATURE_HASH => {
                let UnbondCancelled { account, amount } = log.read()?;
                super::only(log, account)?;
                let slot = self.touch(account);
                slot.leave_unbonding(account, number(amount))?;
                slot.free += number(amount);
            }
            Withdrawn::SIGNATURE_HASH => {
                let Withdrawn { account, amount } = log.read()?;
                super::only(log, account)?;
                let amount = number(amount);
                let slot = self.touch(account);
                let matures_at = slot.matures_at;
                if now < matures_at {
                    return Err(Violation::TooEarly {
                        account,
                        amount,
                        time: now,
                        matures_at,
                    });
                }
                slot.leave_unbonding(account, amount)?;
                self.pay(amount)?;
            }
            Locked::SIGNATURE_HASH => {
                let Locked { account, amount } = log.read()?;
                let slot = self.touch(account);
                slot.free = less(account, "free stake", slot.free, number(amount))?;
                slot.locked += number(amount);
            }
            Unlocked::SIGNATURE_HASH => {
                let Unlocked { account, amount } = log.read()?;
                let slot = self.touch(account);
                slot.locked = less(account, "locked stake", slot.locked, number(amount))?;
                slot.free += number(amount);
            }
            CompensationWithdrawn::SIGNATURE_HASH => {
                let CompensationWithdrawn { account, amount } = log.read()?;
                super::only(log, account)?;
                let slot = self.touch(account);
                let amount = number(amount);
                slot.compensation = less(account, "compensation", slot.compensation, amount)?;
                self.pay(amount)?;
            }
            Slashed::SIGNATURE_HASH => {
                let event = log.read()?;
                self.slash(event, log.caller == Some(MARKET))?;
            }
            SlashesCollected::SIGNATURE_HASH => {
                let event = log.read::<SlashesCollected>()?;
                let amount = number(event.toTreasury) + number(event.burned);
                equal(VAULT, "collected slashes", amount, self.accrued)?;
                self.accrued = 0;
                self.pay(amount)?;
            }
            SlashSplitChanged::SIGNATURE_HASH => {
                let event = log.read::<SlashSplitChanged>()?;
                (self.injured_bps, self.treasury_bps) = (event.injuredBps, event.treasuryBps);
            }
            UnbondingPeriodChanged::SIGNATURE_HASH => {
                let event = log.read::<UnbondingPeriodChanged>()?;
                self.unbonding_period = event.period;
            }
            _ => {}
        }
        Ok(())
    }

    fn slash(&mut self, event: Slashed, by_market: bool) -> Result<(), Violation> {
        let Slashed {
            account, injured, ..
        } = event;
        let taken = number(event.taken);
        let (injured_bps, treasury_bps) = (self.injured_bps, self.treasury_bps);
        let slot = self.touch(account);
        let locked = if by_market { taken.min(slot.locked) } else { 0 };
        let unbonding = (taken - locked).min(slot.unbonding);
        slot.locked -= locked;
        slot.leave_unbonding(account, unbonding)?;
        slot.free = less(account, "free stake", slot.free, taken - locked - unbonding)?;

        let nobody = injured.is_zero() || injured == account;
        let to_injured = share(taken, if nobody { 0 } else { injured_bps });
        let to_treasury = share(taken, treasury_bps);
        let burned = taken - to_injured - to_treasury;
        equal(
            account,
            "injured's share",
            number(event.toInjured),
            to_injured,
        )?;
        equal(
            account,
            "treasury's share",
            number(event.toTreasury),
            to_treasury,
        )?;
        equal(account, "burned share", number(event.burned), burned)?;
        if to_injured > 0 {
            self.touch(injured).compensation += to_injured;
        }
        if by_market {
            self.slashed.push((account, taken));
        }
        self.accrued += to_treasury + burned;
        Ok(())
    }

    fn pay(&mut self, amount: u128) -> Result<(), Violation> {
        self.owed = less(VAULT, "all that is owed", self.owed, amount)?;
        Ok(())
    }

    fn touch(&mut self, account: Address) -> &mut Account {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
        self.accounts.entry(account).or_default()
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
        self.slashed.clear();
    }

    /// What this holds beyond what it owes was given to it.
    pub fn absorb(&mut self, held: u128) {
        self.surplus = held.saturating_sub(self.owed);
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut touched = std::mem::take(&mut self.touched);
        for account in touched.drain(..) {
            self.verify_account(chain, account)?;
        }
        self.touched = touched;
        balance(chain, VAULT, self.owed, self.surplus)
    }

    /// Compares everything, and every sum with its parts.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let waiting = ask(chain, VAULT, System::accruedSlashesCall {})?;
        let waiting = number(waiting.toTreasury) + number(waiting.toBurn);
        equal(VAULT, "accrued slashes", waiting, self.accrued)?;
        let mut owed = self.accrued;
        for (&account, slot) in &self.accounts {
            self.verify_account(chain, account)?;
            owed += slot.free + slot.locked + slot.unbonding + slot.compensation;
        }
        equal(VAULT, "all that is owed", owed, self.owed)?;
        self.verify(chain)
    }

    fn verify_account(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let slot = self.account(account);
        let found = ask(chain, VAULT, System::accountOfCall { account })?;
        equal(account, "free stake", number(found.free), slot.free)?;
        equal(account, "locked stake", number(found.locked), slot.locked)?;
        equal(
            account,
            "unbonding stake",
            number(found.unbonding),
            slot.unbonding,
        )?;
        let (matures_at, expected) = (found.maturesAt.into(), slot.matures_at.into());
        equal(account, "time to mature", matures_at, expected)?;
        let compensation = number(found.compensation);
        equal(account, "compensation", compensation, slot.compensation)
    }
}

impl Account {
    fn leave_unbonding(&mut self, account: Address, amount: u128) -> Result<(), Violation> {
        self.unbonding = less(account, "unbonding stake", self.unbonding, amount)?;
        if self.unbonding == 0 {
            self.matures_at = 0;
        }
        Ok(())
    }
}

fn equal(
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    super::equal(VAULT, account, what, found, expected)
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
