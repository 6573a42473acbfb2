//! In what our token is unlike theirs, and why that is meant.

use ogpu_client::alloy::{
    primitives::{Bytes, keccak256},
    sol,
    sol_types::SolError,
};

use super::{AGAIN, BARE_VERSION, LONG, UNCONSTRUCTED};
use crate::openzeppelin::{
    Difference, Outcome,
    contracts::Token::{
        ECDSAInvalidSignature, InvalidInitialization, OwnableUnauthorizedAccount,
        UUPSUnauthorizedCallContext,
    },
};

sol! {
    error FailedCallWithReason(bytes reason);
}

/// In what our token is unlike theirs.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        calls: &["initialize"],
        why: "ours says that it is initialised, theirs has no such event",
        seen: |theirs, ours| {
            let mut ours = ours.clone();
            let initialized = keccak256("Initialized(uint64)");
            ours.logs
                .retain(|(_, log)| log.topics().first() != Some(&initialized));
            *theirs == ours
        },
    },
    Difference {
        calls: &[AGAIN],
        why: "theirs has nothing that keeps an initialiser from being called again, by anyone",
        seen: |theirs, ours| theirs.success && refused(ours, &InvalidInitialization::SELECTOR),
    },
    Difference {
        calls: &[UNCONSTRUCTED],
        why: "theirs delegates to nothing, which succeeds; ours refuses",
        seen: |theirs, ours| {
            *theirs == returned(&[])
                && refused(ours, &keccak256("ERC1967ProxyUninitialized()")[..4])
        },
    },
    Difference {
        calls: &["eip712Domain", "setVersion", "supportsInterface"],
        why: "only one of them has such a function",
        seen: |theirs, ours| theirs.success != ours.success,
    },
    Difference {
        calls: &[BARE_VERSION],
        why: "theirs has a version that it must not set without a proxy, ours has none",
        seen: |theirs, ours| {
            refused(theirs, &UUPSUnauthorizedCallContext::SELECTOR) && refused(ours, &[])
        },
    },
    Difference {
        calls: &[LONG],
        why: "theirs refuses calldata that goes on after its arguments, ours does not mind, as Solidity",
        seen: |theirs, ours| refused(theirs, &[]) && ours.success,
    },
    Difference {
        calls: &["permit"],
        why: "theirs traps where nobody can be recovered, ours says ECDSAInvalidSignature",
        seen: |theirs, ours| {
            refused(theirs, &[]) && refused(ours, &ECDSAInvalidSignature::SELECTOR)
        },
    },
    Difference {
        calls: &["upgradeToAndCall"],
        why: "theirs puts the reason of the call into FailedCallWithReason, ours passes it on",
        seen: |theirs, ours| {
            let reason = FailedCallWithReason::abi_decode(&theirs.output);
            reason.is_ok_and(|error| refused(ours, &error.reason))
        },
    },
    Difference {
        calls: &["upgradeToAndCall"],
        why: "without a proxy theirs asks first who calls, ours where it is called",
        seen: |theirs, ours| {
            OwnableUnauthorizedAccount::abi_decode(&theirs.output).is_ok()
                && refused(ours, &UUPSUnauthorizedCallContext::SELECTOR)
        },
    },
];

/// Every reason for which a call of theirs is refused.
pub const REASONS: [&str; 15] = [
    "ECDSAInvalidSignatureS(bytes32)",
    "ERC1967InvalidImplementation(address)",
    "ERC1967NonPayable()",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InvalidApprover(address)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidSpender(address)",
    "ERC2612ExpiredSignature(uint256)",
    "ERC2612InvalidSigner(address,address)",
    "FailedCallWithReason(bytes)",
    "OwnableInvalidOwner(address)",
    "OwnableUnauthorizedAccount(address)",
    "UUPSUnauthorizedCallContext()",
    "UUPSUnsupportedProxiableUUID(bytes32)",
];

fn returned(output: &[u8]) -> Outcome {
    Outcome {
        success: true,
        output: Bytes::copy_from_slice(output),
        logs: Vec::new(),
    }
}

fn refused(outcome: &Outcome, reason: &[u8]) -> bool {
    !outcome.success && outcome.output[..] == *reason
}
