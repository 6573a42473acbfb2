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
/// The seed of all these worlds.
const SEED: u64 = 8;
/// The most steps that telling a fault may take.
const TELLING: usize = 12;

/// Whether this is what should be found.
fn expected(fault: Fault, violation: &Violation) -> bool {
    use Violation::{
        Costly, NoExit, PaidWithoutLock, RevertChanged, TooEarly, Unauthorized, Unbalanced,
        UntypedRevert, WrongBooks, WrongCollateral, WrongTask,
    };
    match fault {
        Fault::WithdrawalForgotten | Fault::FeesKept | Fault::SlashForgotten => {
            matches!(violation, WrongBooks { .. } | Unbalanced { .. })
        }
        Fault::SettledTwice => matches!(violation, PaidWithoutLock { .. }),
        Fault::PaidTaskStaysOpen => matches!(violation, WrongTask { what: "state", .. }),
        Fault::PauseStopsExits | Fault::EndlessWork => matches!(violation, NoExit { .. }),
        Fault::BondKept | Fault::CollateralNotHeld => matches!(violation, WrongCollateral { .. }),
        Fault::ScoresByAnyone => matches!(violation, Unauthorized { .. }),
        Fault::EarlyUnbonding => matches!(violation, TooEarly { .. }),
        Fault::VotesStay => matches!(violation, WrongBooks { what: "votes", .. }),
        Fault::SilentRefusal => matches!(violation, UntypedRevert(_)),
        Fault::LeakyRevert => matches!(violation, RevertChanged | WrongBooks { .. }),
        Fault::CostGrows => matches!(violation, Costly { .. }),
    }
}

#[test]
fn every_fault_is_found_by_the_check_that_should() {
    let lab = Lab::new(Abi::committed().unwrap());
    for fault in Fault::ALL {
        let setting = Setting {
            fault: Some(fault),
            ..Setting::of(SEED)
        };
        let found = lab.episode(SEED, setting, STEPS, &mut Report::default());
        let failure = *found.expect_err(&format!("{fault:?} must be found"));
        let steps = failure.steps.len();
        assert!(
            expected(fault, &failure.violation),
            "{fault:?} was found as: {}",
            failure.violation
        );
        let shrunk = lab.shrink(failure);
        println!(
            "{fault:?}: found after {steps} steps, told in {}",
            shrunk.steps.len()
        );
        assert!(
            shrunk.steps.len() <= TELLING || fault == Fault::CostGrows,
            "{fault:?} takes {} steps to tell",
            shrunk.steps.len()
        );
        assert_eq!(
            lab.replay(setting, &shrunk.steps),
            Some(shrunk.violation.clone()),
            "{fault:?} happens again"
        );
        // The same steps in a world without the fault are fine.
        let sound = Setting {
            fault: None,
            ..setting
        };
        assert_eq!(lab.replay(sound, &shrunk.steps), None, "{fault:?}");
    }
}
