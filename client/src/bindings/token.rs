//! The oGPU token.

use alloy::sol;

sol! {
    /// Votes from a point in time on.
    #[derive(Debug, PartialEq, Eq)]
    struct Checkpoint {
        uint48 key;
        uint208 value;
    }

    /// ERC-20, EIP-2612, ERC-5267, ERC-5805 and ERC-6372.
    #[sol(rpc)]
    #[derive(Debug)]
    interface OgpuToken {
        function initialize(address owner, address holder, uint256 supply, uint8 clockMode) external;
        function name() external view returns (string);
        function symbol() external view returns (string);
        function decimals() external view returns (uint8);
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 value) external returns (bool);
        function transferFrom(address from, address to, uint256 value) external returns (bool);
        function burn(uint256 value) external;
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function nonces(address owner) external view returns (uint256);
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        function eip712Domain() external view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions);
        function clock() external view returns (uint48);
        function CLOCK_MODE() external view returns (string);
        function getVotes(address account) external view returns (uint256);
        function getPastVotes(address account, uint256 timepoint) external view returns (uint256);
        function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
        function numCheckpoints(address account) external view returns (uint32);
        function checkpoints(address account, uint32 pos) external view returns (Checkpoint);
        function delegates(address account) external view returns (address);
        function delegate(address delegatee) external;
        function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external;

        event EIP712DomainChanged();
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate);
        event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes);
    }

    /// The message an owner signs to allow a spender without a transaction (EIP-2612).
    #[derive(Debug)]
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}
