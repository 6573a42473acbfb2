//! The reputation registry: who the providers are, what they offer, and how well they have done.
//!
//! Anyone registers once and gets an identity, counted from 1. Its score, `0..=10_000`, starts at 5,000 and moves with every
//! settled task by the rules of [`ogpu_rules::score`]; only the task manager reports those, each once, and in a month the tasks of one
//! client with one provider count only up to a cap ([`ogpu_rules::pair`]). A task that an account did for itself moves nothing.
//!
//! The client of a task that is recorded gives [feedback](ReputationRegistry::give_feedback) on it, once. That never moves the score;
//! counts and sums of it are kept for each provider and each client. Client and provider can
//! [contest](ReputationRegistry::contest) what an outcome has moved, against a bond (see [`contests`]); the owner confirms or reverses it.
//! The owner can also set a score in arbitration. Nothing else moves one, and no function loops over a history.
//!
//! Some functions and one event are those of ERC-8004's registries: `ownerOf`, `getIdentityRegistry`, `getSummary`, `getLastIndex`,
//! `getValidationStatus`, `NewFeedback`.
//!
//! | slot of | holds |
//! |---|---|
//! | a provider | account, counts, score and its time: [`record`] |
//! | a task | client, provider, what it moved, feedback and contest: [`ogpu_rules::outcome`] |
//! | a client and a provider | what has counted in the window, count and sum of feedback: [`ogpu_rules::pair`] |
//! | a provider that has feedback | count 64, sum in hundredths 64 |
//! | an open contest | bond u96, contestant 160 |
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod contests;
mod encode;
pub mod errors;
pub mod events;
mod outcomes;
pub mod profile;
pub mod record;
mod views;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, aliases::U32, keccak256};
use alloy_sol_types::SolEvent;
use contests::Ruling;
use ogpu_common::{
    Ownable, Text, Upgradeable,
    amount::{self, widen},
    initializable,
    key::Number,
    ownable, words,
};
use ogpu_rules::score;
use outcomes::{FEEDBACK_DECIMALS, Feedback};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU32, StorageU96, StorageU256},
};

use errors::*;
use events::*;
use profile::Profile;
use record::Record;
use views::{OutcomeView, PairView, ProviderView};

/// The registry.
#[storage]
#[entrypoint]
pub struct ReputationRegistry {
    /// Who records outcomes.
    task_manager: StorageAddress,
    /// How many providers there are, and so the last one's id.
    provider_count: StorageU32,
    /// [`Record`] slots by provider id.
    records: StorageMap<u32, StorageB256>,
    /// The provider id of each account; 0 for none.
    provider_ids: StorageMap<Address, StorageU32>,
    /// The digest of each provider's profile.
    profile_digests: StorageMap<u32, StorageB256>,
    /// [`ogpu_rules::OutcomeSlot`]s by task id.
    outcomes: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Pair`]s by provider id and client.
    pairs: StorageMap<Number, StorageB256>,
    /// Count and sum of the feedback on each provider.
    feedback: StorageMap<u32, StorageU256>,
    /// Bond and contestant of each open contest by task id.
    contests: StorageMap<Number, StorageB256>,
    /// The oGPU token, in which bonds are held; zero until it is set.
    token: StorageAddress,
    /// What a contest costs, in wei.
    bond: StorageU96,
}

ogpu_common::proxied!(ReputationRegistry);

#[public]
#[implements(Ownable, Upgradeable)]
impl ReputationRegistry {
    /// Makes the registry, once, through a new proxy.
    ///
    /// # Events
    /// `Initialized`, `OwnershipTransferred`.
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`.
    pub fn initialize(&mut self, owner: Address) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        Ok(ownable::set_first_owner(self.vm(), owner)?)
    }

    /// Sets who records outcomes. Owner only.
    ///
    /// # Events
    /// [`TaskManagerSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_task_manager(&mut self, task_manager: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let previous = self.task_manager.get();
        self.task_manager.set(amount::nonzero(task_manager)?);
        self.emit::<TaskManagerSet>(
            &[&words::address(previous), &words::address(task_manager)],
            &[],
        );
        Ok(())
    }

    /// Sets what a contest costs from now on: this bond, 1 wei to 1,000 oGPU, in this token, which is set once. Owner only.
    ///
    /// # Events
    /// [`ContestTermsSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`, `AmountTooLarge`, [`BondOutOfRange`], [`TokenIsFixed`].
    pub fn set_contest_terms(&mut self, token: Address, bond: U256) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_terms(token, &bond)
    }

    /// Makes the caller a provider with this profile (see [`ProfileUpdated`]); returns its id. Once an account.
    ///
    /// # Events
    /// [`ProviderRegistered`], [`ProfileUpdated`].
    ///
    /// # Errors
    /// [`ZeroGpuCount`], [`TextLengthOutOfRange`], [`AlreadyRegistered`], [`RegistryFull`].
    pub fn register(
        &mut self,
        gpu_model: Text,
        gpu_count: u32,
        region: Text,
        endpoint: Text,
        price_list_uri: Text,
    ) -> Result<U256, Error> {
        let owner = self.vm().msg_sender();
        let provider_id = self.id_of(owner);
        if provider_id != 0 {
            return Err(Error::of::<AlreadyRegistered>(&[
                &words::address(owner),
                &widen(provider_id.into()),
            ]));
        }
        let Some(provider_id) = self.count().checked_add(1) else {
            return Err(Error::of::<RegistryFull>(&[&widen(u32::MAX.into())]));
        };
        let profile = Profile {
            gpu_model,
            gpu_count,
            region,
            endpoint,
            price_list_uri,
        };
        profile.check()?;
        self.provider_count.set(U32::from(provider_id));
        self.provider_ids.insert(owner, U32::from(provider_id));
        let record = Record::new(owner, self.vm().block_timestamp());
        self.records.insert(provider_id, record.pack());
        self.emit::<ProviderRegistered>(&[&widen(provider_id.into()), &words::address(owner)], &[]);
        self.save_profile(provider_id, &profile);
        Ok(widen(provider_id.into()))
    }

    /// Replaces the caller's profile.
    ///
    /// # Events
    /// [`ProfileUpdated`].
    ///
    /// # Errors
    /// [`NotRegistered`], [`ZeroGpuCount`], [`TextLengthOutOfRange`].
    pub fn update_profile(
        &mut self,
        gpu_model: Text,
        gpu_count: u32,
        region: Text,
        endpoint: Text,
        price_list_uri: Text,
    ) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let provider_id = self.id_of(account);
        if provider_id == 0 {
            return Err(Error::of::<NotRegistered>(&[&words::address(account)]));
        }
        let profile = Profile {
            gpu_model,
            gpu_count,
            region,
            endpoint,
            price_list_uri,
        };
        profile.check()?;
        self.save_profile(provider_id, &profile);
        Ok(())
    }

    /// Records how a task of `value` wei ended at `settled_at` (seconds since 1970): `provider_bps` of the price, in basis points, are the
    /// provider's. More than 5,000 is a success, less a failure; just that moves nothing, nor does a task whose client is the provider's
    /// own account. What counts is what [`ogpu_rules::pair`] leaves of the weight, and the later the less. Returns the provider's score.
    /// Once a task; task manager only. Values above 2^96 − 1 weigh as much as that.
    ///
    /// # Events
    /// [`OutcomeRecorded`].
    ///
    /// # Errors
    /// [`NotTaskManager`], [`UnknownProvider`], [`AlreadyRecorded`].
    pub fn record_outcome(
        &mut self,
        task_id: U256,
        provider_id: U256,
        client: Address,
        value: U256,
        provider_bps: u16,
        settled_at: u64,
    ) -> Result<U256, Error> {
        self.record_task(
            &task_id,
            &provider_id,
            client,
            &value,
            provider_bps,
            settled_at,
        )
    }

    /// Says how content a client was with a task: `value` / 10^`value_decimals` from 0 to 100, with at most 2 decimals; two tags of up to
    /// 32 bytes, and where more is written (up to 256 bytes) with the Keccak-256 of that, all of which may be empty. It moves no score.
    /// Once a task; its client only, as soon as the outcome is recorded.
    ///
    /// # Events
    /// [`NewFeedback`], [`TaskRated`].
    ///
    /// # Errors
    /// [`UnknownOutcome`], [`NotClient`], [`SelfDealing`], [`AlreadyRated`], [`FeedbackOutOfRange`], [`TextLengthOutOfRange`].
    #[allow(clippy::too_many_arguments)] // as ERC-8004 has them
    pub fn give_feedback(
        &mut self,
        task_id: U256,
        value: i128,
        value_decimals: u8,
        tag1: Text,
        tag2: Text,
        feedback_uri: Text,
        feedback_hash: B256,
    ) -> Result<(), Error> {
        let feedback = Feedback {
            value,
            value_decimals,
            tag1,
            tag2,
            uri: feedback_uri,
            hash: feedback_hash,
        };
        self.rate_task(&task_id, feedback)
    }

    /// Puts a bond, which the caller has allowed the registry to take, against what the outcome of a task has moved. Once a task, up to 7
    /// days after the record; its client or the owner of its provider.
    ///
    /// # Events
    /// [`ChangeContested`].
    ///
    /// # Errors
    /// [`UnknownOutcome`], [`NotParty`], [`NothingMoved`], [`AlreadyContested`], [`TooLate`], [`ContestTermsNotSet`], `TokenTookFee`, and
    /// what the token reverts with.
    pub fn contest(&mut self, task_id: U256) -> Result<(), Error> {
        self.open_contest(&task_id)
    }

    /// Decides a contest: `reverse` undoes what is left of the change and returns the bond; otherwise the change stands and the bond burns.
    /// Owner only, up to 37 days after the record.
    ///
    /// # Events
    /// [`ContestClosed`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`UnknownOutcome`], [`NotContested`], [`TooLate`], and what the token reverts with.
    pub fn resolve_contest(&mut self, task_id: U256, reverse: bool) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let ruling = if reverse {
            Ruling::Reverse
        } else {
            Ruling::Confirm
        };
        self.end_contest(&task_id, ruling)
    }

    /// Closes a contest on which the owner has said nothing: the change stands and the bond goes back. Anyone, from 37 days after the
    /// record on.
    ///
    /// # Events
    /// [`ContestClosed`].
    ///
    /// # Errors
    /// [`UnknownOutcome`], [`NotContested`], [`TooEarly`], and what the token reverts with.
    pub fn close_contest(&mut self, task_id: U256) -> Result<(), Error> {
        self.end_contest(&task_id, Ruling::Lapse)
    }

    /// Sets a provider's score, in arbitration. Owner only. From then on it moves and drifts as any other.
    ///
    /// # Events
    /// [`ScoreSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`ScoreOutOfRange`], [`UnknownProvider`].
    pub fn set_score(&mut self, provider_id: U256, score: U256) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let maximum = small(score::MAX);
        if score > maximum {
            return Err(Error::of::<ScoreOutOfRange>(&[&score, &maximum]));
        }
        let (id, record) = self.record(&provider_id)?;
        let now = self.vm().block_timestamp();
        let previous = record.score_at(now);
        let record = record.with_score(score.as_limbs()[0] as u16, now);
        self.records.insert(id, record.pack());
        self.emit::<ScoreSet>(&[&provider_id], &[&small(previous), &score]);
        Ok(())
    }

    /// The account that registered as a provider.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn owner_of(&self, provider_id: U256) -> Result<Address, Error> {
        Ok(self.record(&provider_id)?.1.owner)
    }

    /// The provider an account is; 0 if it is none.
    pub fn provider_of(&self, account: Address) -> U256 {
        widen(self.id_of(account).into())
    }

    /// A provider's score now.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn score_of(&self, provider_id: U256) -> Result<U256, Error> {
        Ok(self.standing_of(provider_id)?.1)
    }

    /// A provider's account and its score now.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn standing_of(&self, provider_id: U256) -> Result<(Address, U256), Error> {
        let (_, record) = self.record(&provider_id)?;
        let score = record.score_at(self.vm().block_timestamp());
        Ok((record.owner, small(score)))
    }

    /// A provider's score now, how many of its tasks were settled well (counted up to 2^24 − 1) and badly (up to 2^16 − 1), and when
    /// the score last changed (seconds since 1970).
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn record_of(&self, provider_id: U256) -> Result<(U256, U256, U256, u64), Error> {
        let (_, record) = self.record(&provider_id)?;
        Ok((
            small(record.score_at(self.vm().block_timestamp())),
            widen(record.completed.into()),
            small(record.failed),
            record.updated_at,
        ))
    }

    /// The digest of a provider's profile: the Keccak-256 of [`Profile::encoded`].
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn profile_digest_of(&self, provider_id: U256) -> Result<B256, Error> {
        let (id, _) = self.record(&provider_id)?;
        Ok(self.profile_digests.get(id))
    }

    /// How many providers there are; their ids are 1 to this.
    pub fn provider_count(&self) -> U256 {
        widen(self.count().into())
    }

    /// Who records outcomes; zero until it is set.
    pub fn task_manager(&self) -> Address {
        self.task_manager.get()
    }

    /// The token and the bond of a contest, in wei; zero until they are set.
    pub fn contest_terms(&self) -> (Address, U256) {
        (self.token.get(), widen(amount::load(&self.bond)))
    }

    /// Up to `count` providers from the id `first` on, and no more than there are.
    pub fn providers_from(&self, first: U256, count: U256) -> Vec<ProviderView> {
        self.page(first, count)
    }

    /// How a task ended for its provider, and what became of that.
    ///
    /// # Errors
    /// [`UnknownOutcome`].
    pub fn outcome_of(&self, task_id: U256) -> Result<OutcomeView, Error> {
        self.view_outcome(&task_id)
    }

    /// What a client and a provider have done with each other.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn pair_of(&self, client: Address, provider_id: U256) -> Result<PairView, Error> {
        self.view_pair(client, &provider_id)
    }

    /// ERC-8004: the contract whose ids are rated: this one.
    pub fn get_identity_registry(&self) -> Address {
        self.vm().contract_address()
    }

    /// ERC-8004: how many feedbacks these clients gave on a provider, and their average with its decimals, which are 2; all clients, if none
    /// is named. A client that is named twice counts twice. Tags must be empty.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`TagsNotSummed`].
    pub fn get_summary(
        &self,
        agent_id: U256,
        client_addresses: Vec<Address>,
        tag1: Text,
        tag2: Text,
    ) -> Result<(u64, i128, u8), Error> {
        let (id, _) = self.record(&agent_id)?;
        if !tag1.0.is_empty() || !tag2.0.is_empty() {
            return Err(Error::of::<TagsNotSummed>(&[]));
        }
        let (count, sum) = self.feedback_of(id, &client_addresses);
        let average = sum.checked_div(count).unwrap_or(0);
        Ok((count, average.into(), FEEDBACK_DECIMALS))
    }

    /// ERC-8004: how many feedbacks a client gave on a provider; the last one has this index.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn get_last_index(&self, agent_id: U256, client_address: Address) -> Result<u64, Error> {
        let (id, _) = self.record(&agent_id)?;
        Ok(self.pair(client_address, id).feedback_count.into())
    }

    /// ERC-8004: the outcome of a task as a validation, where `request_hash` is the task's id as a word: the task manager validated a
    /// provider's work with 0 (failure), 50 or 100 (success), at this time. There is no hash of a response; the tag says where a contest
    /// stands: `settled` (none), `contested`, `confirmed` or `reversed`.
    ///
    /// # Errors
    /// [`UnknownOutcome`].
    pub fn get_validation_status(
        &self,
        request_hash: B256,
    ) -> Result<(Address, U256, u8, B256, Text, U256), Error> {
        self.view_validation(&words::number(&request_hash))
    }
}

impl ReputationRegistry {
    fn count(&self) -> u32 {
        self.provider_count.get().as_limbs()[0] as u32
    }

    fn id_of(&self, account: Address) -> u32 {
        self.provider_ids.get(account).as_limbs()[0] as u32
    }

    /// The record of a provider, and its id as storage has it.
    fn record(&self, provider_id: &U256) -> Result<(u32, Record), Error> {
        if let [id @ 0..=0xffff_ffff, 0, 0, 0] = *provider_id.as_limbs() {
            let record = Record::unpack(self.records.get(id as u32));
            if !record.owner.is_zero() {
                return Ok((id as u32, record));
            }
        }
        Err(Error::of::<UnknownProvider>(&[provider_id]))
    }

    fn save_profile(&mut self, provider_id: u32, profile: &Profile) {
        let data = profile.encoded();
        self.profile_digests.insert(provider_id, keccak256(&data));
        let id = widen(provider_id.into());
        words::emit(
            self.vm(),
            &ProfileUpdated::SIGNATURE_HASH,
            &[&id],
            &[],
            &data,
        );
    }
}

/// A small number as a word.
pub(crate) const fn small(number: u16) -> U256 {
    widen(number as u128)
}
