//! Budgets, from the moment they are promised until they are settled.

use alloy::sol;

sol! {
    /// Internal balances, and the sum of what each payer has locked.
    #[sol(rpc)]
    #[derive(Debug)]
    interface PaymentEscrow {
        event AccountOpened(address indexed account);
        event Deposited(address indexed account, address indexed from, uint256 amount);
        event Withdrawn(address indexed account, address indexed to, uint256 amount);
        event Locked(uint256 indexed taskId, address indexed payer, uint256 amount, uint256 fromBalance);
        event Settled(uint256 indexed taskId, address indexed provider, address payer, uint256 payment, uint256 fee, uint256 refund);
        event FeesCollected(address indexed treasury, uint256 amount);
        event TaskManagerChanged(address indexed previousTaskManager, address indexed newTaskManager);
        event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);

        function initialize(address owner, address token, address treasury) external;
        function setTaskManager(address taskManager) external;
        function setTreasury(address treasury) external;
        function openAccount() external;
        function deposit(uint256 amount) external;
        function depositFor(address account, uint256 amount) external;
        function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function withdraw(uint256 amount) external;
        function withdrawTo(address recipient, uint256 amount) external;
        function collectFees() external returns (uint256);
        function lock(uint256 taskId, address payer, uint256 amount) external;
        function settle(uint256 taskId, address payer, uint256 amount, address provider, uint256 payment, uint256 fee) external;
        function balanceOf(address account) external view returns (uint256);
        function lockedOf(address account) external view returns (uint256);
        function accruedFees() external view returns (uint256);
        function token() external view returns (address);
        function taskManager() external view returns (address);
        function treasury() external view returns (address);
    }
}
