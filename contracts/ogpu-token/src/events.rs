//! What the token tells the world, beside what every proxied contract does.

use alloy_sol_types::sol;

sol! {
    /// `value` wei moved; from zero: created; to zero: burnt. (ERC-20)
    #[derive(Debug, PartialEq, Eq)]
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// `spender` may move `value` wei of `owner`'s from now on. Not emitted when a transfer uses an allowance up. (ERC-20)
    #[derive(Debug, PartialEq, Eq)]
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// `delegator`'s votes go to another account. (ERC-5805)
    #[derive(Debug, PartialEq, Eq)]
    event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate);

    /// An account's votes changed. (ERC-5805)
    #[derive(Debug, PartialEq, Eq)]
    event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes);

    /// The signing domain changed. Part of the interface (ERC-5267); the domain of this token never changes.
    #[derive(Debug, PartialEq, Eq)]
    event EIP712DomainChanged();
}
