//! What the verifier tells the world. Every proposal and every balance follows from these events.

use alloy_sol_types::sol;

sol! {
    /// `proposer` revealed the sealed result, which can be challenged until `ends` (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event Proposed(uint256 indexed taskId, address indexed proposer, bytes32 resultHash, uint64 ends);
    /// `challenger` put up `bond` wei: the task is in dispute. The owner judges; from `ends` on the bond can be released.
    #[derive(Debug, PartialEq)]
    event Challenged(uint256 indexed taskId, address indexed challenger, uint256 bond, uint256 fee, uint64 ends);
    /// Nobody has challenged: the market has the result as its verdict, and `fee` wei went to `proposer`.
    #[derive(Debug, PartialEq)]
    event Concluded(uint256 indexed taskId, address indexed proposer, uint256 fee);
    /// The market has gone on without the result: nothing was decided here.
    #[derive(Debug, PartialEq)]
    event Lapsed(uint256 indexed taskId, uint8 status);
    /// A challenge ended: 1 the challenger was right, 2 wrong, 3 nobody has judged. Bond and fee are divided into these shares, in wei,
    /// which are owed from now on.
    #[derive(Debug, PartialEq)]
    event ChallengeResolved(uint256 indexed taskId, uint8 outcome, uint256 toChallenger, uint256 toProposer, uint256 toClient, uint256 toTreasury);
    /// All that was owed to `account` left.
    #[derive(Debug, PartialEq)]
    event Withdrawn(address indexed account, uint256 amount);
    /// The parameters changed for what comes: periods in seconds, the share in basis points, the least bond in wei.
    #[derive(Debug, PartialEq)]
    event ParametersSet(uint64 challengePeriod, uint64 arbitrationPeriod, uint16 bondBps, uint256 minBond);
    /// The treasury changed.
    #[derive(Debug, PartialEq)]
    event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
}
