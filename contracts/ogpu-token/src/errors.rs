//! Why the token refuses, in the words of OpenZeppelin Contracts 5.x. Amounts are in wei.

use alloy_sol_types::sol;
#[cfg(feature = "export-abi")]
use ogpu_common::{AddressEmptyCode, NotInitializing};

sol! {
    /// `sender` has `balance` and would need `needed`.
    #[derive(Debug, PartialEq)]
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// This address cannot send tokens.
    #[derive(Debug, PartialEq)]
    error ERC20InvalidSender(address sender);
    /// This address cannot receive tokens.
    #[derive(Debug, PartialEq)]
    error ERC20InvalidReceiver(address receiver);
    /// `spender` may move `allowance` and would need `needed`.
    #[derive(Debug, PartialEq)]
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// This address cannot allow anything.
    #[derive(Debug, PartialEq)]
    error ERC20InvalidApprover(address approver);
    /// This address cannot be allowed anything.
    #[derive(Debug, PartialEq)]
    error ERC20InvalidSpender(address spender);
    /// The supply would be above what votes can count, `cap`.
    #[derive(Debug, PartialEq)]
    error ERC20ExceededSafeSupply(uint256 increasedSupply, uint256 cap);
    /// The permit ran out at `deadline` (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error ERC2612ExpiredSignature(uint256 deadline);
    /// The permit is signed by `signer` (or is for another nonce, amount or spender) and not by `owner`.
    #[derive(Debug, PartialEq)]
    error ERC2612InvalidSigner(address signer, address owner);
    /// The signed delegation ran out at `expiry` (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error VotesExpiredSignature(uint256 expiry);
    /// The signature is for another nonce than `account`'s next, `currentNonce`.
    #[derive(Debug, PartialEq)]
    error InvalidAccountNonce(address account, uint256 currentNonce);
    /// Nobody can have signed this.
    #[derive(Debug, PartialEq)]
    error ECDSAInvalidSignature();
    /// `s` is in the upper half of its range; the signature with the lower one is the valid one.
    #[derive(Debug, PartialEq)]
    error ECDSAInvalidSignatureS(bytes32 s);
    /// Votes are known for times before `clock`.
    #[derive(Debug, PartialEq)]
    error ERC5805FutureLookup(uint256 timepoint, uint48 clock);
    /// The clock went backwards.
    #[derive(Debug, PartialEq)]
    error CheckpointUnorderedInsertion();
    /// `value` does not fit `bits` bits.
    #[derive(Debug, PartialEq)]
    error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
    /// There is no checkpoint at this position (code 0x32).
    #[derive(Debug, PartialEq)]
    error Panic(uint256 code);
    /// The clock mode is neither 0 (timestamp) nor 1 (block number).
    #[derive(Debug, PartialEq)]
    error UnknownClockMode(uint8 clockMode);
}

// In OpenZeppelin's interface, and so declared here, though nothing in this token can fail in these ways.
sol! {
    /// The clock does not run as `CLOCK_MODE` says.
    #[derive(Debug, PartialEq)]
    error ERC6372InconsistentClock();
    /// A signature has another length than 65 bytes.
    #[derive(Debug, PartialEq)]
    error ECDSAInvalidSignatureLength(uint256 length);
    /// A stored name is not a short string.
    #[derive(Debug, PartialEq)]
    error InvalidShortString();
    /// A name is longer than 31 bytes.
    #[derive(Debug, PartialEq)]
    error StringTooLong(string str);
}

ogpu_common::errors! {
    /// Why a call to the token failed.
    pub enum Error {
        ERC20InsufficientBalance,
        ERC20InvalidSender,
        ERC20InvalidReceiver,
        ERC20InsufficientAllowance,
        ERC20InvalidApprover,
        ERC20InvalidSpender,
        ERC20ExceededSafeSupply,
        ERC2612ExpiredSignature,
        ERC2612InvalidSigner,
        VotesExpiredSignature,
        InvalidAccountNonce,
        ECDSAInvalidSignature,
        ECDSAInvalidSignatureS,
        ERC5805FutureLookup,
        CheckpointUnorderedInsertion,
        SafeCastOverflowedUintDowncast,
        Panic,
        UnknownClockMode;
        Shared(ogpu_common::Error);
        ERC6372InconsistentClock,
        ECDSAInvalidSignatureLength,
        InvalidShortString,
        StringTooLong,
        NotInitializing,
        AddressEmptyCode,
    }
}
