//! What the vault, the registry and the market itself revert with is what the caller is told.

use ogpu_common::{Calldata, testing::IMPLEMENTATION};

use super::*;

const REASON: &[u8] = b"refused there";

#[track_caller]
fn refused_there<R: Debug>(result: Result<R, Error>) {
    assert_eq!(Vec::from(result.expect_err("a refusal")), REASON);
}

impl Stage {
    /// Under the parameters from now on, clients need a stake of 500 wei; the vault answers like this what they have.
    fn asks_for_stakes(&mut self, answer: Result<Vec<u8>, Vec<u8>>) {
        let asks = Parameters {
            minClientStake: U96::from(500),
            ..parameters()
        };
        self.by(OWNER, |m| m.admin.set_parameters(asks)).unwrap();
        let call = Siblings::totalStakeOfCall { account: CLIENT }.abi_encode();
        self.chain.answer(VAULT, call, answer);
    }
}

#[test]
fn a_vault_that_says_nothing_of_stakes_lets_no_client_in() {
    let mut market = Stage::new();
    market.asks_for_stakes(Err(REASON.to_vec()));
    refused_there(market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1)));
}

#[test]
fn who_rents_needs_the_stake_of_a_client() {
    let mut market = Stage::new();
    market
        .by(ALICE, |m| m.admin.deposit_collateral(A, n(100_000)))
        .unwrap();
    market
        .by(ALICE, |m| m.orders.publish_price(A, n(1), 3_600))
        .unwrap();
    let rent = |m: &mut Programs| m.leases.rent("".into(), A, n(1), 3_600, 0);
    market.asks_for_stakes(Ok(n(499).abi_encode()));
    let error = ClientStakeTooLow {
        stake: n(499),
        required: n(500),
    };
    refused(market.by(CLIENT, rent), error);
    let call = Siblings::totalStakeOfCall { account: CLIENT }.abi_encode();
    market.chain.answer(VAULT, call, Ok(n(500).abi_encode()));
    market.by(CLIENT, rent).unwrap();
}

#[test]
fn a_registry_that_says_nothing_changes_no_card() {
    let mut market = Stage::new();
    let before = market.programs.admin.card_of(A);
    let call = Siblings::standingOfCall { providerId: A }.abi_encode();
    market.chain.answer(REGISTRY, call, Err(REASON.to_vec()));
    refused_there(market.by(ALICE, |m| m.admin.deposit_collateral(A, n(1))));
    refused_there(market.by(STRANGER, |m| m.admin.refresh_provider(A)));
    assert_eq!(market.programs.admin.card_of(A), before);
}

#[test]
fn one_call_that_fails_fails_them_all() {
    let mut market = Stage::new();
    let (good, bad) = (|| Calldata(vec![1]), || Calldata(vec![2]));
    market.chain.answer(IMPLEMENTATION, good().0, Ok(vec![7]));
    let answer = Err(REASON.to_vec());
    market.chain.answer(IMPLEMENTATION, bad().0, answer);
    let results = market.by(CLIENT, |m| m.orders.multicall(vec![good(), good()]));
    let results: Vec<_> = results.unwrap().into_iter().map(|data| data.0).collect();
    assert_eq!(results, [[7], [7]]);
    refused_there(market.by(CLIENT, |m| m.orders.multicall(vec![good(), bad()])));
}
