//! What the timelock tells the world. Every role, every operation and the delay follow from these events.

use alloy_sol_types::sol;

sol! {
    /// `sender` gave `account` a role.
    #[derive(Debug, PartialEq)]
    event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
    /// `sender` took a role from `account`, which is the same if it renounced it.
    #[derive(Debug, PartialEq)]
    event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    /// Another role administers `role`. Part of the interface of access control; the timelock never emits it, since
    /// `DEFAULT_ADMIN_ROLE` administers every role for good.
    #[derive(Debug, PartialEq)]
    event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole);
    /// A call of an operation is scheduled, with `delay` in seconds; `index` counts the calls from 0.
    #[derive(Debug, PartialEq)]
    event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data, bytes32 predecessor, uint256 delay);
    /// A call of an operation was made; `index` counts the calls from 0.
    #[derive(Debug, PartialEq)]
    event CallExecuted(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data);
    /// The operation that was scheduled has this salt, which is not zero.
    #[derive(Debug, PartialEq)]
    event CallSalt(bytes32 indexed id, bytes32 salt);
    /// The operation is cancelled; it can be scheduled again.
    #[derive(Debug, PartialEq)]
    event Cancelled(bytes32 indexed id);
    /// The least delay of operations that are scheduled from now on changed, in seconds.
    #[derive(Debug, PartialEq)]
    event MinDelayChange(uint256 oldDuration, uint256 newDuration);
}
