//! What is wrong on purpose is found: within so many steps, by the check that it should trip, and told in few steps.

use ogpu_simulation::{
    abi::Abi,
    chain::Fault,
    model::Violation,
    run::{Lab, Report},
    world::Setting,
};

/// The most steps in which a fault must be found.
const STEPS: usize = 20_000;

/// Whether this is what should be found.
fn expected(fault: Fault, violation: &Violation) -> bool {
    use Violation::{
        Costly, NoExit, PaidWithoutLock, RevertChanged, TooEarly, Unauthorized, Unbalanced,
        UntypedRevert, WrongBooks, WrongCollateral, WrongPast, WrongTask,
    };
    match fault {
        Fault::WithdrawalForgotten | Fault::FeesKept | Fault::SlashForgotten => {
            matches!(violation, WrongBooks { .. } | Unbalanced { .. })
        }
        Fault::SettledTwice => matches!(violation, PaidWithoutLock { .. }),
        Fault::PaidTaskStaysOpen => {
            matches!(violation, WrongTask { what: "state", .. } | NoExit { .. })
        }

        Fault::PauseStopsExits | Fault::EndlessWork => matches!(violation, NoExit { .. }),
        Fault::BondKept | Fault::CollateralNotHeld => matches!(violation, WrongCollateral { .. }),
        Fault::NodeForgotten => {
            matches!(violation, WrongBooks { .. } | Unbalanced { .. })
        }
        Fault::ScoresByAnyone => matches!(violation, Unauthorized { .. }),
        Fault::EarlyUnbonding => matches!(violation, TooEarly { .. }),
        Fault::VotesStay => {
            matches!(
                violation,
                WrongBooks { what: "votes", .. } | WrongPast { .. }
            )
        }
        Fault::SilentRefusal => matches!(violation, UntypedRevert(_)),
        Fault::LeakyRevert => matches!(
            violation,
            RevertChanged | WrongBooks { .. } | WrongTask { .. } | Unbalanced { .. }
        ),
        Fault::CostGrows => matches!(violation, Costly { .. }),
    }
}

/// Runs the world of a seed with a fault until that is found, and tells it in at most so many steps.
fn found(fault: Fault, seed: u64, telling: usize) {
    let lab = Lab::new(Abi::committed().unwrap());
    let setting = Setting {
        fault: Some(fault),
        ..Setting::of(seed)
    };
    let result = lab.episode(seed, setting, STEPS, &mut Report::default());
    let failure = *result.expect_err("a fault that is found");
    let steps = failure.steps.len();
    let violation = &failure.violation;
    assert!(expected(fault, violation), "found as: {violation}");

    let shrunk = lab.shrink(failure);
    let told = shrunk.steps.len();
    println!(
        "{fault:?}: found after {steps} steps, told in {told}: {}",
        shrunk.violation
    );
    assert!(told <= telling, "{told} steps to tell it");
    let again = lab.replay(setting, &shrunk.steps);
    assert_eq!(again, Some(shrunk.violation), "it happens again");
    // The same steps in a world without the fault are fine.
    let sound = Setting {
        fault: None,
        ..setting
    };
    assert_eq!(lab.replay(sound, &shrunk.steps), None);
}

/// A test for each fault.
macro_rules! each {
    ($($test:ident: $fault:ident, $seed:literal, $telling:literal;)*) => {
        $(#[test]
        fn $test() {
            found(Fault::$fault, $seed, $telling);
        })*
    };
}

each! {
    an_escrow_that_forgets_a_withdrawal: WithdrawalForgotten, 8, 20;
    an_escrow_that_settles_twice: SettledTwice, 8, 20;
    an_escrow_that_keeps_its_fees: FeesKept, 8, 20;
    a_paid_task_that_stays_open: PaidTaskStaysOpen, 8, 25;
    a_pause_that_stops_exits: PauseStopsExits, 8, 20;
    work_without_an_end: EndlessWork, 8, 20;
    a_bond_that_does_not_come_back: BondKept, 8, 20;
    collateral_that_is_not_held: CollateralNotHeld, 8, 30;
    scores_that_anyone_sets: ScoresByAnyone, 8, 20;
    stake_that_leaves_early: EarlyUnbonding, 8, 20;
    a_slash_that_takes_nothing: SlashForgotten, 8, 20;
    votes_that_stay_behind: VotesStay, 8, 20;
    a_refusal_without_a_word: SilentRefusal, 8, 20;
    a_revert_that_leaves_something: LeakyRevert, 21, 20;
    a_bid_that_looks_at_every_task: CostGrows, 8, 50;
    a_committee_that_pays_nodes_twice: NodeForgotten, 8, 50;
}
