//! What the verifier tells the world. Every balance and every round follows from these events.

use alloy_sol_types::sol;

sol! {
    /// `account` put in `amount` wei.
    #[derive(Debug, PartialEq)]
    event Deposited(address indexed account, uint256 amount);
    /// `account` took out `amount` wei.
    #[derive(Debug, PartialEq)]
    event Withdrawn(address indexed account, uint256 amount);
    /// `account` can be drawn for a task; `bond` wei of its balance are locked.
    #[derive(Debug, PartialEq)]
    event Enrolled(uint256 indexed taskId, address indexed account, uint256 bond);
    /// `account` cannot be drawn any more; its bond is free.
    #[derive(Debug, PartialEq)]
    event Left(uint256 indexed taskId, address indexed account, uint256 bond);
    /// Tickets for `replicas` seats are decided by `seed`. Seats are claimed until `claimEnd`, results committed until `commitEnd` and
    /// revealed until `revealEnd` (seconds since 1970); both are earlier if all commit before.
    #[derive(Debug, PartialEq)]
    event Drawn(uint256 indexed taskId, bytes32 seed, uint8 replicas, uint64 claimEnd, uint64 commitEnd, uint64 revealEnd);
    /// `replica` has a seat, which was that of `displaced`; zero if it was nobody's.
    #[derive(Debug, PartialEq)]
    event Seated(uint256 indexed taskId, address indexed replica, uint8 seat, address displaced);
    /// `replica` has committed to a result.
    #[derive(Debug, PartialEq)]
    event Committed(uint256 indexed taskId, address indexed replica, bytes32 commitment);
    /// `replica` found this result.
    #[derive(Debug, PartialEq)]
    event Revealed(uint256 indexed taskId, address indexed replica, bytes32 resultHash);
    /// `replica` lost its bond: it found something else than the verdict, or did not say what.
    #[derive(Debug, PartialEq)]
    event Slashed(uint256 indexed taskId, address indexed replica, uint256 bond);
    /// `amount` wei of a task's fee, or of the bonds that were lost with it, are the account's.
    #[derive(Debug, PartialEq)]
    event Credited(uint256 indexed taskId, address indexed account, uint256 amount);
    /// The round is over. `resultHash` is the verdict, which `replicas` found, or zero for none; `told` says whether the market still
    /// waited for it, and so paid `fee` wei.
    #[derive(Debug, PartialEq)]
    event Concluded(uint256 indexed taskId, bytes32 resultHash, uint8 replicas, bool told, uint256 fee, uint256 slashed);
    /// The treasury changed.
    #[derive(Debug, PartialEq)]
    event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
}
