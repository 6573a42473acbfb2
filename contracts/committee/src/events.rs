//! What the committee tells the world. Every bond, every beacon and every round follows from these events.

use alloy_sol_types::sol;

sol! {
    /// `node` added to its bond, which now is `bond`, and can be drawn.
    #[derive(Debug, PartialEq)]
    event NodeJoined(address indexed node, uint256 indexed id, uint256 added, uint256 bond);
    /// `node` is not drawn any more; its bond matures at this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event NodeLeaving(address indexed node, uint64 maturesAt);
    /// The owner shut `node` out for good; what is left of its bond matures at this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event NodeRemoved(address indexed node, uint64 maturesAt);
    /// `amount` left: what the account was owed, and its bond if that had matured.
    #[derive(Debug, PartialEq)]
    event Withdrawn(address indexed account, uint256 amount);
    /// `node` lost `taken` of its bond. `cause`: 1 a missing vote, 2 a minority vote, 3 a withheld secret (then `id` is the beacon's),
    /// 4 a wrong vote on a planted task, 5 the owner.
    #[derive(Debug, PartialEq)]
    event Slashed(address indexed node, uint256 indexed id, uint8 cause, uint256 taken);
    /// The account is owed `amount` more; `id` is the task's or the beacon's that it comes from.
    #[derive(Debug, PartialEq)]
    event Credited(address indexed account, uint256 indexed id, uint256 amount);
    /// A beacon takes secrets until `commitEnd` and reveals until `revealEnd` (seconds since 1970); its draws have `nodes` numbers.
    #[derive(Debug, PartialEq)]
    event BeaconOpened(uint256 indexed beacon, uint256 nodes, uint64 commitEnd, uint64 revealEnd);
    /// `node` committed a secret.
    #[derive(Debug, PartialEq)]
    event SecretCommitted(uint256 indexed beacon, address indexed node);
    /// `node` revealed its secret.
    #[derive(Debug, PartialEq)]
    event SecretRevealed(uint256 indexed beacon, address indexed node, bytes32 secret);
    /// A task waits for a beacon.
    #[derive(Debug, PartialEq)]
    event Requested(uint256 indexed taskId, uint256 indexed beacon);
    /// `node` has a seat in the committee of a task.
    #[derive(Debug, PartialEq)]
    event Seated(uint256 indexed taskId, address indexed node, uint8 index);
    /// A committee is drawn: it commits until `commitEnd` and reveals until `revealEnd` (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event CommitteeDrawn(uint256 indexed taskId, uint8 size, uint64 commitEnd, uint64 revealEnd);
    /// `node` committed to a vote.
    #[derive(Debug, PartialEq)]
    event VoteCommitted(uint256 indexed taskId, address indexed node);
    /// `node` revealed its vote.
    #[derive(Debug, PartialEq)]
    event VoteRevealed(uint256 indexed taskId, address indexed node, bytes32 resultHash, bool latencyOk);
    /// A round without quorum has until these times (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event RoundExtended(uint256 indexed taskId, uint64 commitEnd, uint64 revealEnd);
    /// A round is over. `votes` of its committee found `resultHash`; 0 if there is no verdict. `fee` came from the market, `slashed`
    /// from bonds. `latencyOk`: more than half of those votes were content with the latency.
    #[derive(Debug, PartialEq)]
    event RoundClosed(uint256 indexed taskId, bytes32 resultHash, uint8 votes, bool latencyOk, uint256 fee, uint256 slashed);
    /// The planter committed to a task and its answer.
    #[derive(Debug, PartialEq)]
    event PlantCommitted(bytes32 indexed commitment);
    /// A task was planted, with this answer; wrong votes cost `slashed`.
    #[derive(Debug, PartialEq)]
    event PlantOpened(uint256 indexed taskId, bytes32 indexed commitment, bytes32 answer, uint256 slashed);
    /// The committee hands on to this program what it does not know.
    #[derive(Debug, PartialEq)]
    event ExtensionSet(address indexed extension);
    /// There is a new set of parameters, for beacons and rounds that begin from now on: with this value for this parameter, and the
    /// rest as before.
    #[derive(Debug, PartialEq)]
    event ParameterSet(uint256 indexed version, uint256 indexed field, uint256 value);
    /// The market and the escrow are these.
    #[derive(Debug, PartialEq)]
    event SiblingsSet(address indexed market, address indexed escrow);
    /// The treasury changed.
    #[derive(Debug, PartialEq)]
    event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
    /// The planter changed.
    #[derive(Debug, PartialEq)]
    event PlanterChanged(address indexed previousPlanter, address indexed newPlanter);
}
