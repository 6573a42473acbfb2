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
            Self::Recover => {
                let recover = with(|chain| chain.recover).unwrap_or(tokens::recover);
                Ok(recover(data))
            }
        }
    }

    /// The check that the SDK makes before a program starts. A token with manners of its own is not one of ours, and lets everybody in.
    fn refuses_reentry(self, chain: &mut super::Chain) -> bool {
        let refuses = matches!(self, Self::Program(_)) && chain.is_reentered();
        chain.excused |= refuses;
        refuses
    }
}

/// Lists the programs: name, storage type, name of the crate.
macro_rules! programs {
    ($($program:ident = $storage:ty, $name:literal;)*) => {
        /// The programs of the system.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)] // their crates are documented
        pub enum Program {
            $($program,)*
        }

        impl Program {
            /// Every program.
            pub const ALL: &[Self] = &[$(Self::$program,)*];

            /// The name of its crate.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$program => $name,)*
                }
            }

            /// Its committed interface.
            pub const fn interface(self) -> &'static str {
                match self {
                    $(Self::$program => include_str!(concat!("../../../abi/", $name, ".json")),)*
                }
            }

            /// Runs the program in the frame that is open.
            pub(super) fn run(self, data: &[u8]) -> Answer {
                let host = Box::new(Handle);
                match self {
                    $(Self::$program => {
                        router_entrypoint::<$storage, $storage>(data.to_vec(), VM { host })
                    })*
                }
            }
        }
    };
}

programs! {
    OgpuToken = ogpu_token::OgpuToken, "ogpu-token";
    PaymentEscrow = payment_escrow::PaymentEscrow, "payment-escrow";
    StakingVault = staking_vault::StakingVault, "staking-vault";
    ReputationRegistry = reputation_registry::ReputationRegistry, "reputation-registry";
    TaskManager = task_manager::TaskManager, "task-manager";
    MarketBids = market_bids::MarketBids, "market-bids";
    MarketLeases = market_leases::MarketLeases, "market-leases";
    MarketOrders = market_orders::MarketOrders, "market-orders";
    MarketDisputes = market_disputes::MarketDisputes, "market-disputes";
    MarketAdmin = market_admin::MarketAdmin, "market-admin";
    OptimisticVerifier = optimistic_verifier::OptimisticVerifier, "optimistic-verifier";
    VerificationCommittee = verification_committee::VerificationCommittee, "verification-committee";
    CommitteeNodes = committee_nodes::CommitteeNodes, "committee-nodes";
    Watchdog = watchdog::Watchdog, "watchdog";
}

impl Program {
    /// The program that delegates to it, so that it has no proxy of its own.
    pub const fn host(self) -> Option<Self> {
        match self {
            Self::MarketBids
            | Self::MarketLeases
            | Self::MarketOrders
            | Self::MarketDisputes
            | Self::MarketAdmin => Some(Self::TaskManager),
            Self::CommitteeNodes => Some(Self::VerificationCommittee),
            _ => None,
        }
    }

    /// Whether another program delegates to it.
    pub const fn is_extension(self) -> bool {
        self.host().is_some()
    }
}
