//! Every typed error a call can end with, whichever contract throws it.

use alloy::sol;

sol! {
    /// The errors of all contracts and of ArbOS' program precompiles.
    #[derive(Debug, PartialEq, Eq)]
    interface Contracts {
        // What contracts share.
        error OwnableUnauthorizedAccount(address account);
        error OwnableInvalidOwner(address owner);
        error InvalidInitialization();
        error UUPSUnauthorizedCallContext();
        error UUPSUnsupportedProxiableUUID(bytes32 slot);
        error ERC1967InvalidImplementation(address implementation);
        error ERC1967NonPayable();
        error ERC1967ProxyUninitialized();
        error FailedCall();
        error PausableUnauthorizedAccount(address account);
        error EnforcedPause(uint64 until);
        error PauseOutOfRange(uint64 until, uint64 earliest, uint64 latest);
        error GuardianMustWait(uint64 until);
        error AmountTooLarge(uint256 amount, uint256 maximum);
        error ZeroAmount();
        error ZeroAddress();
        error TokenCallFailed(address token);

        // The token.
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InvalidSender(address sender);
        error ERC20InvalidReceiver(address receiver);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        error ERC20InvalidApprover(address approver);
        error ERC20InvalidSpender(address spender);
        error ERC20ExceededSafeSupply(uint256 increasedSupply, uint256 cap);
        error ERC2612ExpiredSignature(uint256 deadline);
        error ERC2612InvalidSigner(address signer, address owner);
        error VotesExpiredSignature(uint256 expiry);
        error InvalidAccountNonce(address account, uint256 currentNonce);
        error ECDSAInvalidSignature();
        error ECDSAInvalidSignatureS(bytes32 s);
        error ERC5805FutureLookup(uint256 timepoint, uint48 clock);
        error CheckpointUnorderedInsertion();
        error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
        error UnknownClockMode(uint8 clockMode);

        // ArbOS.
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}
