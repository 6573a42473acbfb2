//! Activated programs.

use super::{ArbosState, DbError, Space};
use ogpu_stylus::{Activation, Params};
use revm::{
    context::JournalTr,
    primitives::{B256, U256},
};

const DAY: u64 = 24 * 60 * 60;

/// What is kept of an activation, by code hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Stylus version it was activated under.
    pub(crate) version: u16,
    /// Its costs. The metered gas of the activation itself is not kept.
    pub(crate) activation: Activation,
    /// Seconds since 1970 of its activation or last extension.
    pub(crate) activated_at: u64,
    /// Whether a cache manager keeps it in the cache.
    pub(crate) cached: bool,
}

/// Why a program cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Inactive {
    #[error("it is not activated: call activateProgram of ArbWasm (0x71)")]
    NotActivated,
    #[error(
        "it was activated under Stylus version {program}, the chain is at {chain}: call activateProgram of ArbWasm (0x71) again"
    )]
    NeedsUpgrade { program: u16, chain: u16 },
    #[error(
        "its activation is {age} seconds old and has expired: call activateProgram of ArbWasm (0x71) again"
    )]
    Expired { age: u64 },
}

impl Program {
    /// Seconds since the activation.
    pub(crate) const fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.activated_at)
    }

    /// Seconds until the activation lapses.
    pub(crate) fn time_left(&self, params: &Params, now: u64) -> u64 {
        (u64::from(params.expiry_days) * DAY).saturating_sub(self.age(now))
    }

    /// Whether the activation is old enough to be extended.
    pub(crate) fn may_be_extended(&self, params: &Params, now: u64) -> bool {
        self.age(now) >= u64::from(params.keepalive_days) * DAY
    }

    fn check(&self, params: &Params, now: u64) -> Result<(), Inactive> {
        if self.version == 0 {
            return Err(Inactive::NotActivated);
        }
        if self.version != params.version {
            return Err(Inactive::NeedsUpgrade {
                program: self.version,
                chain: params.version,
            });
        }
        let age = self.age(now);
        if age > u64::from(params.expiry_days) * DAY {
            return Err(Inactive::Expired { age });
        }
        Ok(())
    }

    /// Two limbs: costs, version and the cached mark, then the time.
    pub(crate) fn pack(&self) -> U256 {
        let costs = &self.activation;
        let low = u64::from(costs.init_cost)
            | u64::from(costs.cached_init_cost) << 16
            | u64::from(costs.footprint) << 32
            | u64::from(self.version) << 48;
        let high = u64::from(costs.asm_estimate) | u64::from(self.cached) << 32;
        U256::from_limbs([low, high, self.activated_at, 0])
    }

    fn unpack(word: U256) -> Self {
        let [low, high, activated_at, _] = *word.as_limbs();
        Self {
            version: (low >> 48) as u16,
            activation: Activation {
                init_cost: low as u16,
                cached_init_cost: (low >> 16) as u16,
                footprint: (low >> 32) as u16,
                asm_estimate: high as u32,
                activation_gas: 0,
            },
            activated_at,
            cached: (high >> 32) & 1 == 1,
        }
    }
}

impl<J: JournalTr> ArbosState<'_, J> {
    /// The entry of a code hash; its version is 0 if there is none.
    pub(crate) fn program(&mut self, code_hash: B256) -> Result<Program, DbError<J>> {
        Ok(Program::unpack(self.get(Space::Programs.slot(code_hash))?))
    }

    /// The entry of a program that can run now.
    pub(crate) fn active_program(
        &mut self,
        code_hash: B256,
        params: &Params,
        now: u64,
    ) -> Result<Result<Program, Inactive>, DbError<J>> {
        let program = self.program(code_hash)?;
        Ok(program.check(params, now).map(|()| program))
    }

    pub(crate) fn set_program(
        &mut self,
        code_hash: B256,
        program: &Program,
    ) -> Result<(), DbError<J>> {
        self.set(Space::Programs.slot(code_hash), program.pack())
    }

    pub(crate) fn set_module_hash(
        &mut self,
        code_hash: B256,
        module_hash: B256,
    ) -> Result<(), DbError<J>> {
        self.set(Space::Modules.slot(code_hash), module_hash.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        Program {
            version: 2,
            activation: Activation {
                init_cost: 3535,
                cached_init_cost: 1318,
                footprint: 17,
                asm_estimate: 762_776,
                activation_gas: 0,
            },
            activated_at: 1_800_000_000,
            cached: true,
        }
    }

    #[test]
    fn an_entry_survives_packing() {
        assert_eq!(Program::unpack(program().pack()), program());
        let other = Program {
            cached: false,
            ..program()
        };
        assert_eq!(Program::unpack(other.pack()), other);
    }

    #[test]
    fn a_program_runs_until_it_expires_or_the_chain_moves_on() {
        let params = Params::at(51);
        let year = 365 * DAY;
        let start = program().activated_at;
        assert_eq!(program().check(&params, start + year), Ok(()));
        assert_eq!(
            program().check(&params, start + year + 1),
            Err(Inactive::Expired { age: year + 1 })
        );
        assert_eq!(
            Program {
                version: 1,
                ..program()
            }
            .check(&params, start),
            Err(Inactive::NeedsUpgrade {
                program: 1,
                chain: 2
            })
        );
        assert_eq!(
            Program::unpack(U256::ZERO).check(&params, 0),
            Err(Inactive::NotActivated)
        );
        assert_eq!(program().time_left(&params, start + DAY), 364 * DAY);
        assert!(!program().may_be_extended(&params, start + 31 * DAY - 1));
        assert!(program().may_be_extended(&params, start + 31 * DAY));
    }
}
