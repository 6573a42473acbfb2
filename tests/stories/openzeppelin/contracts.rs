//! Bindings made of the artifacts.
#![allow(
    clippy::too_many_arguments,
    reason = "functions have the arguments of OpenZeppelin's"
)]

use ogpu_client::alloy::sol;

sol!(
    #[sol(rpc)]
    Actor,
    "../bench/artifacts/openzeppelin/Actor.json"
);
sol!(
    #[sol(rpc)]
    Box,
    "../bench/artifacts/openzeppelin/Box.json"
);
sol!(
    #[sol(rpc)]
    Governor,
    "../bench/artifacts/openzeppelin/Governor.json"
);
sol!(
    #[sol(rpc)]
    Proxy,
    "../bench/artifacts/openzeppelin/Proxy.json"
);
sol!(
    #[sol(rpc)]
    Stake,
    "../bench/artifacts/openzeppelin/Stake.json"
);
sol!(
    #[sol(rpc)]
    Timelock,
    "../bench/artifacts/openzeppelin/Timelock.json"
);
sol!(
    #[sol(rpc)]
    Token,
    "../bench/artifacts/openzeppelin/Token.json"
);
