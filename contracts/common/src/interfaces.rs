//! What the contracts call on one another, each declared once.
//!
//! ```text
//! let call = Call::new_mutating(self);
//! IPaymentEscrow::new(escrow).lock(self.vm(), call, task_id, client, amount::widen(budget))?;
//! ```
// the functions are documented in the contracts that have them, and named as interfaces name them
#![allow(missing_docs, non_snake_case, clippy::too_many_arguments)]

use stylus_sdk::prelude::sol_interface;

sol_interface! {
    interface IToken {
        function balanceOf(address account) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function burn(uint256 amount) external;
    }

    interface IPaymentEscrow {
        function lock(uint256 taskId, address payer, uint256 amount) external;
        function settle(uint256 taskId, address payer, uint256 amount, address provider, uint256 payment, uint256 fee) external;
        function withdraw(uint256 amount) external;
        function withdrawTo(address to, uint256 amount) external;
    }

    interface IStakingVault {
        function lock(address account, uint256 amount) external;
        function unlock(address account, uint256 amount) external;
        function slash(address account, uint256 amount, address injured) external returns (uint256);
        function accountOf(address account) external view returns (uint256, uint256, uint256, uint64, uint256);
        function totalStakeOf(address account) external view returns (uint256);
    }

    interface IReputationRegistry {
        function recordOutcome(uint256 taskId, uint256 providerId, address client, uint256 value, uint16 providerBps, uint64 settledAt) external returns (uint256);
        function providerOf(address account) external view returns (uint256);
        function standingOf(uint256 providerId) external view returns (address, uint256);
    }

    interface IMarket {
        function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
        function verificationOf(uint256 taskId) external view returns (address, uint8, address, uint256, address, uint256, uint256, bytes32, bytes32, uint64);
    }
}
