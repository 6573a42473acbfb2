//! How the governor comes into being, and where it hands on what its first program does not know.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ogpu_common::{amount::nonzero, initializable, ownable, words};
use stylus_sdk::{call::delegate_call, prelude::*};

use crate::{Governor, errors::*, events::ExtensionSet, governance::is_governed, settings::Terms};

/// What a governor starts with. Delay, period and extension are in the units of the token's clock.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The token whose holders vote.
    pub token: Address,
    /// Who carries proposals out, and owns the governor.
    pub timelock: Address,
    /// The program with the rest of the functions; zero for none.
    pub extension: Address,
    /// How long after a proposal its snapshot is; 48 bits.
    pub voting_delay: u64,
    /// How long ballots are taken.
    pub voting_period: u32,
    /// How many votes a proposer needs, in wei.
    pub proposal_threshold: U256,
    /// How many hundredths of the supply are a quorum.
    pub quorum_numerator: U256,
    /// For how long ballots are taken at least once the quorum is reached; 48 bits.
    pub vote_extension: u64,
    /// Who can cancel any proposal; zero for nobody.
    pub guardian: Address,
}

impl Governor {
    /// Makes the governor, once, through a new proxy. Emits an event for each setting.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`, [`InvalidExtension`], and those of
    /// the settings.
    pub fn set_up(&mut self, setup: &Setup) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), setup.timelock)?;
        let terms = Terms {
            token: nonzero(setup.token)?,
            ..Terms::default()
        };
        self.terms.set(terms.pack());
        self.put_extension(setup.extension)?;
        self.change_voting_delay(setup.voting_delay);
        self.change_voting_period(setup.voting_period)?;
        self.change_threshold(setup.proposal_threshold);
        self.change_quorum(setup.quorum_numerator)?;
        self.change_timelock(setup.timelock);
        self.change_vote_extension(setup.vote_extension)?;
        self.change_guardian(setup.guardian);
        Ok(())
    }

    /// Names the program to which the first hands on what it does not know; zero for none. Emits `ExtensionSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount` but for the owner, [`InvalidExtension`] if there is no code.
    pub fn change_extension(&mut self, extension: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.put_extension(extension)
    }

    fn put_extension(&mut self, extension: Address) -> Result<(), Error> {
        let word = words::address(extension);
        if !extension.is_zero() && self.vm().code_size(extension) == 0 {
            return Err(Error::of::<InvalidExtension>(&[&word]));
        }
        self.extension.set(extension);
        self.emit::<ExtensionSet>(&[&word], &[]);
        Ok(())
    }

    /// Delegates a call to the extension. What only governance may call, passes only if the running proposal has announced it.
    ///
    /// # Errors
    /// [`UnknownFunction`] without an extension, [`GovernorOnlyExecutor`], [`Panic`], and what that program reverts with.
    pub fn hand_on(&mut self, calldata: &[u8]) -> Result<Vec<u8>, Error> {
        let extension = self.extension.get();
        if extension.is_zero() {
            return Err(Error::of::<UnknownFunction>(&[]));
        }
        if is_governed(calldata) {
            self.only_governance(calldata)?;
        }
        let call = Call::new_mutating(self);
        #[allow(unsafe_code)] // the owner chose this code, as it chose the code that runs here
        Ok(unsafe { delegate_call(self.vm(), call, extension, calldata) }?)
    }
}
