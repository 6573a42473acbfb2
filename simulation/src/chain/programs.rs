//! The code that accounts can have.

use proxy_uups::UNINITIALIZED;
use stylus_sdk::{abi::router_entrypoint, host::VM};

use super::{Answer, Manner, Wallet, faults, host::Handle, tokens, with};

/// What an account does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nothing.
    None,
    /// Delegates to the address in its implementation slot.
    Proxy,
    /// One of ours.
    Program(Program),
    /// The token, but with manners of its own.
    Token(Manner),
    /// Somebody's wallet.
    Wallet(Wallet),
    /// The precompile that says who signed.
    Recover,
}

/// The programs of the system, by the names of their crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // the crates are documented
pub enum Program {
    OgpuToken,
    PaymentEscrow,
    StakingVault,
    ReputationRegistry,
    TaskManager,
    MarketOrders,
    MarketDisputes,
    MarketAdmin,
}

impl Code {
    /// Answers a call, in the frame that was opened for it.
    pub(super) fn execute(self, data: &[u8]) -> Answer {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Proxy => {
                let implementation = with(|chain| chain.own_implementation());
                if implementation.is_zero() {
                    return Err(UNINITIALIZED.to_vec());
                }
                match with(|chain| chain.code(implementation)) {
                    Self::Proxy => Err(Vec::new()), // would delegate to itself until the gas is gone
                    code => code.execute(data),
                }
            }
            Self::Program(_) | Self::Token(_) if with(|chain| self.refuses_reentry(chain)) => {
                Err(Vec::new())
            }
            Self::Program(program) => faults::run(program, data),
            Self::Token(manner) => tokens::transfer(manner, data),
            Self::Wallet(wallet) => tokens::notified(wallet),
            Self::Recover => Ok(tokens::recover(data)),
        }
    }

    /// The check that the SDK makes before a program starts. A token with manners of its own is not one of ours, and lets everybody in.
    fn refuses_reentry(self, chain: &mut super::Chain) -> bool {
        let refuses = matches!(self, Self::Program(_)) && chain.is_reentered();
        chain.excused |= refuses;
        refuses
    }
}

impl Program {
    /// Every program.
    pub const ALL: [Self; 8] = [
        Self::OgpuToken,
        Self::PaymentEscrow,
        Self::StakingVault,
        Self::ReputationRegistry,
        Self::TaskManager,
        Self::MarketOrders,
        Self::MarketDisputes,
        Self::MarketAdmin,
    ];

    /// Runs the program in the frame that is open.
    pub(crate) fn run(self, data: &[u8]) -> Answer {
        let (data, vm) = (
            data.to_vec(),
            VM {
                host: Box::new(Handle),
            },
        );
        match self {
            Self::OgpuToken => {
                router_entrypoint::<ogpu_token::OgpuToken, ogpu_token::OgpuToken>(data, vm)
            }
            Self::PaymentEscrow => router_entrypoint::<
                payment_escrow::PaymentEscrow,
                payment_escrow::PaymentEscrow,
            >(data, vm),
            Self::StakingVault => router_entrypoint::<
                staking_vault::StakingVault,
                staking_vault::StakingVault,
            >(data, vm),
            Self::ReputationRegistry => router_entrypoint::<
                reputation_registry::ReputationRegistry,
                reputation_registry::ReputationRegistry,
            >(data, vm),
            Self::TaskManager => {
                router_entrypoint::<task_manager::TaskManager, task_manager::TaskManager>(data, vm)
            }
            Self::MarketOrders => router_entrypoint::<
                market_orders::MarketOrders,
                market_orders::MarketOrders,
            >(data, vm),
            Self::MarketDisputes => router_entrypoint::<
                market_disputes::MarketDisputes,
                market_disputes::MarketDisputes,
            >(data, vm),
            Self::MarketAdmin => {
                router_entrypoint::<market_admin::MarketAdmin, market_admin::MarketAdmin>(data, vm)
            }
        }
    }
}
