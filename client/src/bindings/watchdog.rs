//! Circuit breakers, and the keeper of programs.

use alloy::sol;

sol! {
    /// Pauses the market when money flows out too fast, and keeps programs alive.
    #[sol(rpc)]
    #[derive(Debug)]
    interface Watchdog {
        event Watched(address indexed account, uint256 limit, uint64 window);
        event Unwatched(address indexed account);
        event Tripped(address indexed account, uint256 peak, uint256 balance, uint256 limit, uint64 until, uint8 paused);
        event PauseFailed(address indexed target, bytes reason);
        event TargetsSet(address[] targets);
        event PauseDurationSet(uint64 duration);
        event GuardianChanged(address indexed previousGuardian, address indexed newGuardian);
        event KeptAlive(address indexed program, bytes32 indexed codehash, uint256 fee);
        event NotKeptAlive(address indexed program, bytes reason);

        function initialize(address owner, address token, address guardian, uint64 pauseDuration, address[] targets) external;
        function setGuardian(address guardian) external;
        function setPauseDuration(uint64 duration) external;
        function setTargets(address[] targets) external;
        function watch(address account, uint256 limit, uint64 window) external;
        function unwatch(address account) external;
        function poke(address account) external returns (bool tripped);
        function pause(uint64 until) external returns (uint8 paused);
        function statusOf(address account) external view returns (uint256 start, uint256 fall, uint256 limit, uint64 windowEnd, bool tripped);
        function keepAlive(address program) external payable returns (uint256 fee);
        function keepAliveAll(address[] programs) external payable returns (uint256 extended, uint256 fees);
        function requireCode(address account, bytes32 codeHash) external view;
        function timeLeftOf(address program) external view returns (uint64 secs);
        function guardian() external view returns (address);
        function pauseDuration() external view returns (uint64);
        function targets() external view returns (address[]);
        function watchedAccounts() external view returns (address[]);
        function token() external view returns (address);
    }
}
