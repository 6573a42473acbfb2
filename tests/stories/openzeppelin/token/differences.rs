//! In what our token is unlike theirs, and why that is meant.

use ogpu_client::alloy::{
    primitives::{U256, aliases::U96, keccak256},
    sol_types::SolError,
};

use crate::openzeppelin::{
    Difference, abi, contracts::Token::ERC20ExceededSafeSupply, initialized_first, upgrades,
};

/// In what our token is unlike theirs.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        calls: &["initialize"],
        why: "ours says that it is initialised before it does the rest, theirs afterwards",
        seen: initialized_first,
    },
    Difference {
        calls: &["initialize"],
        why: "the supply of ours is below 2^96, that of theirs below 2^208: balance and delegate share a slot",
        seen: |theirs, ours| {
            let theirs = ERC20ExceededSafeSupply::abi_decode(&theirs.output);
            let ours = ERC20ExceededSafeSupply::abi_decode(&ours.output);
            ours.is_ok_and(|ours| {
                let supply = theirs.map_or(ours.increasedSupply, |theirs| theirs.increasedSupply);
                (ours.increasedSupply, ours.cap) == (supply, cap())
            })
        },
    },
    Difference {
        calls: &["initialize"],
        why: "ours has a clock of seconds or one of blocks, and refuses other modes; theirs takes them for seconds",
        seen: |theirs, ours| {
            let reason = &keccak256("UnknownClockMode(uint8)")[..4];
            theirs.success && !ours.success && ours.output.starts_with(reason)
        },
    },
    upgrades::NO_CONTRACT,
    upgrades::IMPLEMENTATION,
    upgrades::NOT_INITIALIZED,
    upgrades::NO_REASON,
    upgrades::TOO_LONG,
];

/// What only one side declares, and why.
pub const ONE_SIDED: [(&[&str], &str); 4] = [
    (
        &["burnFrom(address,uint256)()"],
        "theirs: only holders burn ours, an allowance is there to be spent",
    ),
    (
        &[
            "error InvalidShortString()",
            "error Panic(uint256)",
            "error StringTooLong(string)",
        ],
        "ours: what OpenZeppelin's sources declare elsewhere, and Solidity not at all",
    ),
    (
        &["error UnknownClockMode(uint8)"],
        "ours: of its `initialize`",
    ),
    (abi::SHARED, abi::OF_ALL),
];

/// Every reason for which a call of theirs is refused, but for those that nothing can bring about: a clock that runs backwards or
/// passes 2^48, and a call by the zero address.
pub const REASONS: [&str; 20] = [
    "ECDSAInvalidSignature()",
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
    "ERC5805FutureLookup(uint256,uint48)",
    "FailedCall()",
    "InvalidAccountNonce(address,uint256)",
    "InvalidInitialization()",
    "OwnableInvalidOwner(address)",
    "OwnableUnauthorizedAccount(address)",
    "Panic(uint256)",
    "UUPSUnauthorizedCallContext()",
    "VotesExpiredSignature(uint256)",
];

/// The largest supply of ours.
pub fn cap() -> U256 {
    U256::from(U96::MAX)
}
