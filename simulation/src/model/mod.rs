//! What must always hold, checked after every transaction.
//!
//! The books of each contract are kept a second time, from its events alone, and compared with what its views say: of what a
//! transaction touched after each, of everything from time to time. Where events and views agree, and the sums of the books with the
//! balances of the token, nothing has been made, lost or paid twice.

mod committee;
mod escrow;
mod exits;
mod market;
mod optimistic;
mod rebuild;
mod registry;
mod rights;
mod vault;
mod violation;
mod votes;

use alloy_primitives::{Address, hex};
use alloy_sol_types::SolEvent;
use payment_escrow::Withdrawn;

pub use committee::{Committee, Done};
pub use escrow::Escrow;
pub use market::{Lease, Market, Others, Task};
pub use optimistic::Optimistic;
pub use rebuild::Told;
pub use registry::Registry;
pub use rights::Rights;
pub use vault::Vault;
pub use violation::Violation;
pub use votes::Votes;

use crate::{
    abi::Abi,
    chain::{Chain, Log, Outcome},
    world::{COMMITTEE, ESCROW, MARKET, OPTIMISTIC, REGISTRY, System, TOKEN, VAULT, ask},
};

/// What a call may cost, in reads, writes and calls, however much there is in the world. Most is a committee's draw that finds nobody:
/// 96 tries of three words each, and the report to the market.
pub const MAX_ACCESSES: u32 = 384;

/// What is known of a transaction beside its outcome.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The digest of the storage before it.
    pub digest: u64,
    /// Whether its calldata is none that a wallet would make: programs may refuse it without a word.
    pub malformed: bool,
    /// Whether it called a view.
    pub is_view: bool,
    /// Whether it called a function that may note something and say nothing.
    pub is_quiet: bool,
    /// Whether it was undone, whatever it did.
    pub undone: bool,
    /// How many calls were in it.
    pub calls: u32,
}

/// All books.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// The escrow's.
    pub escrow: Escrow,
    /// The vault's.
    pub vault: Vault,
    /// The market's.
    pub market: Market,
    /// The registry's.
    pub registry: Registry,
    /// The optimistic verifier's.
    pub optimistic: Optimistic,
    /// The verification committee's.
    pub committee: Committee,
    /// The token's.
    pub votes: Votes,
    /// Who may do what.
    pub rights: Rights,
    /// Whether the clock of votes counts blocks.
    pub votes_by_block: bool,
}

impl Model {
    /// Enters what a transaction logged.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn observe(&mut self, chain: &Chain) -> Result<(), Violation> {
        self.enter(chain.logs().iter(), chain.time)
    }

    /// Enters logs of one transaction.
    fn enter<'a>(
        &mut self,
        logs: impl Iterator<Item = Log<'a>>,
        time: u64,
    ) -> Result<(), Violation> {
        for log in logs {
            self.rights.observe(log)?;
            match log.emitter {
                TOKEN => {
                    if let Some((from, to, value)) = self.votes.observe(log)? {
                        self.note_surplus(log, from, to, value);
                    }
                }
                ESCROW => {
                    self.escrow.observe(log)?;
                    self.note_gift(log)?;
                }
                VAULT => self.vault.observe(log, time)?,
                REGISTRY => self.registry.observe(log, time)?,
                MARKET => {
                    let (market, others) = self.market_and_others();
                    market.observe(log, time, others)?;
                }
                OPTIMISTIC => {
                    let owner = self.rights.owner(OPTIMISTIC);
                    (self.optimistic).observe(log, time, owner, &self.market)?;
                }
                COMMITTEE => self.committee.observe(log, time)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks a transaction, and everything that it touched.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn check(
        &mut self,
        chain: &mut Chain,
        abi: &Abi,
        outcome: &Outcome,
        circumstances: Circumstances,
    ) -> Result<(), Violation> {
        if let Some(defect) = &outcome.defect {
            return Err(defect.clone().into());
        }
        let changed = chain.storage().digest() != circumstances.digest;
        if let Err(reason) = &outcome.answer {
            if changed || !chain.logs().is_empty() {
                return Err(Violation::RevertChanged);
            }
            let excused = reason.is_empty() && (outcome.excused || circumstances.malformed);
            if !excused && abi.error(reason).is_none() {
                return Err(Violation::UntypedRevert(hex::encode_prefixed(reason)));
            }
            return Ok(());
        }
        if circumstances.undone {
            return Ok(());
        }
        let limit = MAX_ACCESSES * circumstances.calls;
        if outcome.accesses > limit {
            let accesses = outcome.accesses;
            return Err(Violation::Costly { accesses, limit });
        }
        if !changed && chain.logs().is_empty() {
            return Ok(());
        }
        if circumstances.is_view {
            return Err(Violation::ViewChanged);
        }
        if chain.logs().is_empty() && !circumstances.is_quiet {
            return Err(Violation::Silent);
        }
        self.observe(chain)?;
        self.votes.verify(chain)?;
        self.escrow.verify(chain)?;
        self.vault.verify(chain)?;
        self.registry.verify(chain)?;
        self.optimistic.verify(chain)?;
        self.committee.verify(chain)?;
        let (market, others) = self.market_and_others();
        market.verify(chain, others)
    }

    /// Compares everything with everything.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        if chain.storage().digest() != chain.storage().full_digest() {
            return Err(Violation::WrongDigest);
        }
        self.votes.scan(chain)?;
        self.escrow.scan(chain)?;
        self.vault.scan(chain)?;
        self.registry.scan(chain)?;
        self.optimistic.scan(chain)?;
        self.committee.scan(chain)?;
        let (market, others) = self.market_and_others();
        market.scan(chain, others)
    }

    fn market_and_others(&mut self) -> (&mut Market, Others<'_>) {
        let others = Others {
            escrow: &mut self.escrow,
            vault: &mut self.vault,
            registry: &mut self.registry,
            owner: self.rights.owner(MARKET),
        };
        (&mut self.market, others)
    }

    /// Tokens that reach the escrow or the vault without being asked for belong to nobody: sent by others, or by themselves to themselves.
    fn note_surplus(&mut self, log: Log<'_>, from: Address, to: Address, value: u128) {
        let Some(caller) = log.caller else {
            return;
        };
        let unasked = caller != to || from == to;
        match to {
            ESCROW if unasked => self.escrow.surplus += value,
            VAULT if unasked => self.vault.surplus += value,
            OPTIMISTIC if unasked && from != ESCROW => self.optimistic.surplus += value,
            COMMITTEE if unasked && from != ESCROW => self.committee.surplus += value,
            _ => {}
        }
    }

    /// What a verifier takes out of the escrow is its fee; what somebody else sends it from there belongs to nobody.
    fn note_gift(&mut self, log: Log<'_>) -> Result<(), Violation> {
        if log.signature() != Withdrawn::SIGNATURE_HASH {
            return Ok(());
        }
        let Withdrawn {
            account,
            to,
            amount,
        } = log.read()?;
        match to {
            OPTIMISTIC if account != to => {
                self.optimistic.surplus += amount.saturating_to::<u128>()
            }
            COMMITTEE if account != to => self.committee.surplus += amount.saturating_to::<u128>(),
            _ => {}
        }
        Ok(())
    }
}

/// Passes if whoever caused an event is this one, or is not known.
fn only(log: Log<'_>, allowed: Address) -> Result<(), Violation> {
    let Some(caller) = log.caller.filter(|caller| *caller != allowed) else {
        return Ok(());
    };
    Err(Violation::Unauthorized {
        contract: log.emitter,
        caller,
        allowed,
        event: log.signature(),
    })
}

/// `available` less `amount`.
fn less(
    account: Address,
    what: &'static str,
    available: u128,
    amount: u128,
) -> Result<u128, Violation> {
    let left = available.checked_sub(amount);
    left.ok_or(Violation::Overdrawn {
        account,
        what,
        available,
        amount,
    })
}

fn equal(
    contract: Address,
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    if found == expected {
        return Ok(());
    }
    Err(Violation::WrongBooks {
        contract,
        account,
        what,
        found,
        expected,
    })
}

/// Passes if somebody holds exactly what it owes, and what it was given.
fn balance(chain: &mut Chain, holder: Address, owed: u128, surplus: u128) -> Result<(), Violation> {
    let held = ask(chain, TOKEN, System::balanceOfCall { account: holder })?;
    let held = held.saturating_to();
    if held == owed + surplus {
        return Ok(());
    }
    Err(Violation::Unbalanced {
        holder,
        held,
        owed,
        surplus,
    })
}

/// So many basis points of an amount, rounded down.
fn share(amount: u128, bps: u16) -> u128 {
    amount * u128::from(bps) / 10_000
}
