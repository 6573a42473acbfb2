//! The reputation registry: who the providers are, what they offer, and how well they have done.
//!
//! Anyone registers once and gets an identity, counted from 1. Its score, `0..=10_000`, starts at 5,000 and moves with every
//! settled task by the rules of [`ogpu_rules::score`]; only the task manager reports those. The owner can change a score in
//! arbitration, and nothing else moves one. No function loops over anything.
//!
//! A provider is one slot: see [`record`].
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod errors;
pub mod events;
pub mod profile;
pub mod record;

#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};
use alloy_primitives::{Address, B256, U256, aliases::U32};
use ogpu_common::{Ownable, Upgradeable, amount, initializable, ownable};
use ogpu_rules::score;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU32},
};

use errors::*;
use events::*;
use record::Record;

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
        self.vm().log(TaskManagerSet {
            previousTaskManager: previous,
            taskManager: task_manager,
        });
        Ok(())
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
        gpu_model: String,
        gpu_count: u32,
        region: String,
        endpoint: String,
        price_list_uri: String,
    ) -> Result<U256, Error> {
        let owner = self.vm().msg_sender();
        let provider_id = self.id_of(owner);
        if provider_id != 0 {
            return Err(AlreadyRegistered {
                account: owner,
                providerId: U256::from(provider_id),
            }
            .into());
        }
        let Some(provider_id) = self.count().checked_add(1) else {
            return Err(RegistryFull {
                maximum: U256::from(u32::MAX),
            }
            .into());
        };
        let profile = ProfileUpdated {
            providerId: U256::from(provider_id),
            gpuModel: gpu_model,
            gpuCount: gpu_count,
            region,
            endpoint,
            priceListUri: price_list_uri,
        };
        profile::check(&profile)?;
        self.provider_count.set(U32::from(provider_id));
        self.provider_ids.insert(owner, U32::from(provider_id));
        let record = Record::new(owner, self.vm().block_timestamp());
        self.records.insert(provider_id, record.pack());
        self.vm().log(ProviderRegistered {
            providerId: U256::from(provider_id),
            owner,
        });
        self.save_profile(provider_id, profile);
        Ok(U256::from(provider_id))
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
        gpu_model: String,
        gpu_count: u32,
        region: String,
        endpoint: String,
        price_list_uri: String,
    ) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let provider_id = self.id_of(account);
        if provider_id == 0 {
            return Err(NotRegistered { account }.into());
        }
        let profile = ProfileUpdated {
            providerId: U256::from(provider_id),
            gpuModel: gpu_model,
            gpuCount: gpu_count,
            region,
            endpoint,
            priceListUri: price_list_uri,
        };
        profile::check(&profile)?;
        self.save_profile(provider_id, profile);
        Ok(())
    }

    /// Moves a provider's score for a task of `value` wei that was settled, well (`success`) or not; returns the new score. Task
    /// manager only. Values above 2^96 − 1 weigh as much as that.
    ///
    /// # Events
    /// [`OutcomeRecorded`].
    ///
    /// # Errors
    /// [`NotTaskManager`], [`UnknownProvider`].
    pub fn record_outcome(
        &mut self,
        provider_id: U256,
        value: U256,
        success: bool,
    ) -> Result<U256, Error> {
        let account = self.vm().msg_sender();
        let task_manager = self.task_manager.get();
        if account != task_manager {
            return Err(NotTaskManager {
                account,
                taskManager: task_manager,
            }
            .into());
        }
        let (id, record) = self.record(provider_id)?;
        let weighed = amount::checked(value).unwrap_or(amount::MAX_AMOUNT);
        let record = record.with_outcome(weighed, success, self.vm().block_timestamp());
        self.records.insert(id, record.pack());
        let score = U256::from(record.score);
        self.vm().log(OutcomeRecorded {
            providerId: provider_id,
            value,
            success,
            score,
        });
        Ok(score)
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
        let maximum = U256::from(score::MAX);
        if score > maximum {
            return Err(ScoreOutOfRange { score, maximum }.into());
        }
        let (id, record) = self.record(provider_id)?;
        let now = self.vm().block_timestamp();
        let previous = record.score_at(now);
        let record = record.with_score(score.as_limbs()[0] as u16, now);
        self.records.insert(id, record.pack());
        self.vm().log(ScoreSet {
            providerId: provider_id,
            previousScore: U256::from(previous),
            score,
        });
        Ok(())
    }

    /// The account that registered as a provider.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn owner_of(&self, provider_id: U256) -> Result<Address, Error> {
        Ok(self.record(provider_id)?.1.owner)
    }

    /// The provider an account is; 0 if it is none.
    pub fn provider_of(&self, account: Address) -> U256 {
        U256::from(self.id_of(account))
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
        let (_, record) = self.record(provider_id)?;
        let score = record.score_at(self.vm().block_timestamp());
        Ok((record.owner, U256::from(score)))
    }

    /// A provider's score now, how many of its tasks were settled well (counted up to 2^24 − 1) and badly (up to 2^16 − 1), and when
    /// the score last changed (seconds since 1970).
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn record_of(&self, provider_id: U256) -> Result<(U256, U256, U256, u64), Error> {
        let (_, record) = self.record(provider_id)?;
        Ok((
            U256::from(record.score_at(self.vm().block_timestamp())),
            U256::from(record.completed),
            U256::from(record.failed),
            record.updated_at,
        ))
    }

    /// The [digest](profile::digest) of a provider's profile.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn profile_digest_of(&self, provider_id: U256) -> Result<B256, Error> {
        let (id, _) = self.record(provider_id)?;
        Ok(self.profile_digests.get(id))
    }

    /// How many providers there are; their ids are 1 to this.
    pub fn provider_count(&self) -> U256 {
        U256::from(self.count())
    }

    /// Who records outcomes; zero until it is set.
    pub fn task_manager(&self) -> Address {
        self.task_manager.get()
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
    fn record(&self, provider_id: U256) -> Result<(u32, Record), Error> {
        if let [id @ 0..=0xffff_ffff, 0, 0, 0] = *provider_id.as_limbs() {
            let record = Record::unpack(self.records.get(id as u32));
            if !record.owner.is_zero() {
                return Ok((id as u32, record));
            }
        }
        Err(UnknownProvider {
            providerId: provider_id,
        }
        .into())
    }

    fn save_profile(&mut self, provider_id: u32, profile: ProfileUpdated) {
        self.profile_digests
            .insert(provider_id, profile::digest(&profile));
        self.vm().log(profile);
    }
}
