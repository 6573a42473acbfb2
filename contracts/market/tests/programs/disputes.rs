//! Bonds and evidence of disputes.

use super::*;

const BOND: u128 = 300;

impl Stage {
    /// A task of 10,000 wei, delivered and judged, in a market where disputes cost a bond.
    fn judged_with_bonds(accepted: bool) -> Self {
        let mut market = Self::new();
        let bonded = Parameters {
            disputeBond: U96::from(BOND),
            ..parameters()
        };
        market
            .by(OWNER, |m| m.admin.set_parameters(bonded))
            .unwrap();
        market
            .by(CLIENT, |m| m.tasks.submit_task("".into(), n(10_000), 400))
            .unwrap();
        market
            .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
            .unwrap();
        market
            .by(CLIENT, |m| m.tasks.assign_provider(T, A))
            .unwrap();
        let seal = market.programs.admin.seal_of(T, A, HASH);
        market
            .by(ALICE, |m| m.tasks.submit_result(T, seal))
            .unwrap();
        let said = if accepted { HASH } else { B256::ZERO };
        market
            .by(CLIENT, |m| m.tasks.verify_completion(T, said))
            .unwrap();
        market
    }

    /// The client disputes what it accepted: the escrow locks the bond.
    fn disputed_by_client() -> Self {
        let mut market = Self::judged_with_bonds(true);
        let lock = Siblings::lockCall {
            taskId: T,
            payer: CLIENT,
            amount: n(BOND),
        };
        market.calling(CLIENT, ESCROW, lock, Vec::new(), |m| {
            m.disputes.open_dispute(T)
        });
        let held = DisputeBondHeld {
            taskId: T,
            by: CLIENT,
            bond: n(BOND),
        };
        assert_eq!(market.last::<DisputeBondHeld>(), held);
        market
    }

    /// The provider disputes a rejection: its card has less.
    fn disputed_by_provider() -> Self {
        let mut market = Self::judged_with_bonds(false);
        market.by(ALICE, |m| m.disputes.open_dispute(T)).unwrap();
        assert_eq!(market.collateral(A), n(2_000 - 800 - 5 - BOND));
        market
    }

    fn settled(&self, lost: bool) {
        let event = DisputeBondSettled {
            taskId: T,
            bond: n(BOND),
            lost,
        };
        assert_eq!(self.last::<DisputeBondSettled>(), event);
    }
}

fn bond_to(provider: Address, payment: u128) -> Siblings::settleCall {
    Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(BOND),
        provider,
        payment: n(payment),
        fee: U256::ZERO,
    }
}

#[test]
fn a_client_that_was_wrong_pays_the_provider() {
    let mut market = Stage::disputed_by_client();
    market.outcome(10_000, 5_039);
    market.calling(OWNER, ESCROW, bond_to(ALICE, BOND), Vec::new(), |m| {
        m.disputes.resolve_dispute(T, 10_000, U256::ZERO)
    });
    market.settled(true);
}

#[test]
fn a_client_that_was_partly_right_gets_the_bond_back() {
    let mut market = Stage::disputed_by_client();
    market.outcome(9_999, 5_039);
    market.calling(OWNER, ESCROW, bond_to(CLIENT, 0), Vec::new(), |m| {
        m.disputes.resolve_dispute(T, 9_999, U256::ZERO)
    });
    market.settled(false);
}

#[test]
fn a_provider_that_was_wrong_is_slashed() {
    let mut market = Stage::disputed_by_provider();
    market.outcome(0, 4_900);
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(BOND),
        injured: CLIENT,
    };
    market.calling(OWNER, VAULT, slash, n(BOND).abi_encode(), |m| {
        m.disputes.resolve_dispute(T, 0, U256::ZERO)
    });
    market.settled(true);
    assert_eq!(market.collateral(A), n(2_000 - BOND));
}

#[test]
fn a_provider_that_was_partly_right_gets_the_bond_back() {
    let mut market = Stage::disputed_by_provider();
    market.outcome(1, 4_900);
    market
        .by(OWNER, |m| m.disputes.resolve_dispute(T, 1, U256::ZERO))
        .unwrap();
    market.settled(false);
    assert_eq!(market.collateral(A), n(2_000));
}

#[test]
fn a_silent_owner_costs_nobody_the_bond() {
    let mut market = Stage::disputed_by_provider();
    market.chain.pass(2_000);
    market.outcome(5_000, 5_000);
    market
        .by(STRANGER, |m| m.disputes.resolve_by_default(T))
        .unwrap();
    market.settled(false);
    assert_eq!((market.status(), market.collateral(A)), (8, n(2_000)));

    let mut market = Stage::disputed_by_client();
    market.chain.pass(2_000);
    market.outcome(5_000, 5_000);
    market.calling(STRANGER, ESCROW, bond_to(CLIENT, 0), Vec::new(), |m| {
        m.disputes.resolve_by_default(T)
    });
    market.settled(false);
}

#[test]
fn who_cannot_leave_the_bond_cannot_dispute() {
    let mut market = Stage::judged_with_bonds(false);
    market
        .by(ALICE, |m| {
            m.admin
                .withdraw_collateral(A, n(2_000 - 800 - 5 - BOND + 1))
        })
        .unwrap();
    refused(
        market.by(ALICE, |m| m.disputes.open_dispute(T)),
        CollateralTooLow {
            free: n(BOND - 1),
            required: n(BOND),
        },
    );
    assert_eq!(market.status(), 5);
}

#[test]
fn both_sides_show_evidence_while_the_dispute_runs() {
    let mut market = Stage::rejected();
    let show = |m: &mut Programs| m.disputes.submit_evidence(T, HASH, "ipfs://log".into());
    refused(
        market.by(ALICE, show),
        WrongStatus {
            taskId: T,
            status: 5,
        },
    );
    market.by(ALICE, |m| m.disputes.open_dispute(T)).unwrap();
    for by in [CLIENT, ALICE] {
        market.by(by, show).unwrap();
        let event = EvidenceSubmitted {
            taskId: T,
            by,
            digest: HASH,
            uri: "ipfs://log".into(),
        };
        assert_eq!(market.last::<EvidenceSubmitted>(), event);
    }
    for caller in [BOB, OWNER, STRANGER] {
        refused(market.by(caller, show), NotParty { taskId: T, caller });
    }
}
