//! Budgets, from the moment they are promised until they are settled.

use alloy::sol;

sol! {
    /// Internal balances, and one lock a task.
    #[sol(rpc)]
    #[derive(Debug)]
    interface PaymentEscrow {
        function initialize(address owner, address token, address treasury) external;
        function setTaskManager(address taskManager) external;
        function setTreasury(address treasury) external;
        function deposit(uint256 amount) external;
        function depositFor(address account, uint256 amount) external;
        function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function withdraw(uint256 amount) external;
        function withdrawTo(address recipient, uint256 amount) external;
        function collectFees() external returns (uint256);
        function lock(uint256 taskId, address payer, uint256 amount) external;
        function settle(uint256 taskId, address provider, uint256 payment, uint256 fee) external;
        function balanceOf(address account) external view returns (uint256);
        function lockOf(uint256 taskId) external view returns (address payer, uint256 amount);
        function accruedFees() external view returns (uint256);
        function token() external view returns (address);
        function taskManager() external view returns (address);
        function treasury() external view returns (address);
    }
}
