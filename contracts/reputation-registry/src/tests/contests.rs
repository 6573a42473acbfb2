//! Contests: who may, when, what becomes of the score and of the bond.

use alloy_primitives::{Address, U256};
use ogpu_common::{
    AmountTooLarge, TokenCallFailed, TokenTookFee, ZeroAddress, amount::MAX_AMOUNT, testing::TOKEN,
};
use ogpu_rules::{
    outcome::{CONTEST_WINDOW, REVIEW_WINDOW},
    score::{START, decayed, undone},
};
use proptest::prelude::*;

use super::{
    ALICE, BOB, ONE, OWNER, number,
    outcomes::{CLIENT, OGPU, Stage},
    unauthorized,
};
use crate::{
    contests::MAX_BOND,
    errors::*,
    events::{ChangeContested, ContestClosed, ContestTermsSet},
};

const BOND: u128 = 10 * OGPU;
const PARTIES: [Address; 2] = [CLIENT, ALICE];

/// A registry where a contest costs [`BOND`], which the two parties have ten times.
fn stage() -> Stage {
    let mut stage = Stage::new();
    let terms = stage.by(OWNER, |r| r.set_contest_terms(TOKEN, U256::from(BOND)));
    assert_eq!(terms, Ok(()));
    let registry = stage.chain.contract();
    for party in PARTIES {
        let mut token = stage.chain.token.borrow_mut();
        token.fund(party, registry, 10 * BOND);
    }
    stage
}

fn balance(stage: &Stage, account: Address) -> u128 {
    stage.chain.token.borrow().balance(account)
}

fn held(stage: &Stage) -> u128 {
    balance(stage, stage.chain.contract())
}

/// A failed task of 1,000 oGPU: 5,000 → 4,785.
fn failure(stage: &mut Stage) -> U256 {
    let (task, score) = stage.record(CLIENT, 1_000, 0);
    assert_eq!(score, 4_785);
    task
}

fn contest(stage: &mut Stage, account: Address, task: U256) -> Result<(), Error> {
    stage.by(account, |r| r.contest(task))
}

fn resolve(stage: &mut Stage, task: U256, reverse: bool) -> Result<(), Error> {
    stage.by(OWNER, |r| r.resolve_contest(task, reverse))
}

fn stage_of(stage: &Stage, task: U256) -> u8 {
    stage.registry.outcome_of(task).unwrap().stage
}

#[test]
fn a_reversed_change_is_undone_and_the_bond_goes_back() {
    for party in PARTIES {
        let mut stage = stage();
        let task = failure(&mut stage);
        assert_eq!(contest(&mut stage, party, task), Ok(()));
        let contested = ChangeContested {
            taskId: task,
            contestant: party,
            bond: U256::from(BOND),
        };
        assert_eq!(stage.chain.last_event::<ChangeContested>(), contested);
        let view = stage.registry.outcome_of(task).unwrap();
        assert_eq!(
            (view.stage, view.contestant, view.bond),
            (1, party, U256::from(BOND))
        );
        assert_eq!((held(&stage), balance(&stage, party)), (BOND, 9 * BOND));
        assert_eq!(stage.score(), 4_785);

        assert_eq!(resolve(&mut stage, task, true), Ok(()));
        let closed = ContestClosed {
            taskId: task,
            contestant: party,
            reversed: true,
            returned: true,
            score: number(5_000),
        };
        assert_eq!(stage.chain.last_event::<ContestClosed>(), closed);
        assert_eq!((held(&stage), balance(&stage, party)), (0, 10 * BOND));
        let record = (number(5_000), U256::ZERO, U256::ZERO, stage.now());
        assert_eq!(stage.registry.record_of(ONE), Ok(record));
        let view = stage.registry.outcome_of(task).unwrap();
        assert_eq!(
            (view.stage, view.contestant, view.bond),
            (3, Address::ZERO, U256::ZERO)
        );
        let status = stage.registry.get_validation_status(task.into()).unwrap();
        assert_eq!(status.4, "reversed".into());
    }
}

#[test]
fn a_confirmed_change_stands_and_the_bond_burns() {
    let mut stage = stage();
    let (task, score) = stage.record(CLIENT, 1_000, 10_000);
    assert_eq!(contest(&mut stage, CLIENT, task), Ok(()));
    assert_eq!(resolve(&mut stage, task, false), Ok(()));
    let closed = ContestClosed {
        taskId: task,
        contestant: CLIENT,
        reversed: false,
        returned: false,
        score: number(score.into()),
    };
    assert_eq!(stage.chain.last_event::<ContestClosed>(), closed);
    assert_eq!((held(&stage), balance(&stage, CLIENT)), (0, 9 * BOND));
    assert_eq!(stage.score(), score);
    assert_eq!(stage.registry.record_of(ONE).unwrap().1, ONE);
    assert_eq!(stage_of(&stage, task), 2);
}

#[test]
fn silence_lets_the_change_stand_and_returns_the_bond() {
    let mut stage = stage();
    let task = failure(&mut stage);
    contest(&mut stage, ALICE, task).unwrap();
    let from = stage.now() + CONTEST_WINDOW + REVIEW_WINDOW;
    stage.chain.pass(CONTEST_WINDOW + REVIEW_WINDOW - 1);
    let early = stage.by(BOB, |r| r.close_contest(task));
    assert_eq!(early, Err(TooEarly { taskId: task, from }.into()));
    stage.chain.pass(1);
    // Then it is too late for the owner.
    for reverse in [false, true] {
        let late = resolve(&mut stage, task, reverse);
        let error = TooLate {
            taskId: task,
            until: from,
        };
        assert_eq!(late, Err(error.into()));
    }
    assert_eq!(stage.by(BOB, |r| r.close_contest(task)), Ok(()));
    let score = decayed(4_785, CONTEST_WINDOW + REVIEW_WINDOW);
    let closed = ContestClosed {
        taskId: task,
        contestant: ALICE,
        reversed: false,
        returned: true,
        score: number(score.into()),
    };
    assert_eq!(stage.chain.last_event::<ContestClosed>(), closed);
    assert_eq!((held(&stage), balance(&stage, ALICE)), (0, 10 * BOND));
    assert_eq!((stage_of(&stage, task), stage.score()), (2, score));
    assert_eq!(stage.registry.record_of(ONE).unwrap().2, ONE);
}

#[test]
fn what_is_undone_is_what_is_left() {
    let mut stage = stage();
    let task = failure(&mut stage);
    stage.chain.pass(CONTEST_WINDOW - 1);
    contest(&mut stage, ALICE, task).unwrap();
    let wait = CONTEST_WINDOW + REVIEW_WINDOW - 1;
    stage.chain.pass(REVIEW_WINDOW);
    let (before, after) = (
        decayed(4_785, wait),
        undone(decayed(4_785, wait), -215, wait),
    );
    assert_eq!((before, after), (4_813, 5_000));
    assert_eq!(stage.score(), before);
    resolve(&mut stage, task, true).unwrap();
    assert_eq!(stage.score(), after);

    // The owner has set the score in between: it stays in its range.
    for (set, bps, expected) in [(9_990, 0, 10_000), (7, 10_000, 0)] {
        stage
            .by(OWNER, |r| r.set_score(ONE, number(5_000)))
            .unwrap();
        let (task, _) = stage.record(CLIENT, 1 << 36, bps);
        contest(&mut stage, CLIENT, task).unwrap();
        stage.by(OWNER, |r| r.set_score(ONE, number(set))).unwrap();
        resolve(&mut stage, task, true).unwrap();
        assert_eq!(stage.score(), expected);
    }
}

#[test]
fn only_parties_contest_and_only_the_owner_decides() {
    let mut stage = stage();
    let unknown = UnknownOutcome { taskId: ONE };
    assert_eq!(contest(&mut stage, ALICE, ONE), Err(unknown.into()));
    stage.register(BOB).unwrap();
    let task = failure(&mut stage);
    for caller in [BOB, OWNER] {
        let refused = contest(&mut stage, caller, task);
        assert_eq!(
            refused,
            Err(NotParty {
                taskId: task,
                caller
            }
            .into())
        );
    }
    let not_contested = || Error::from(NotContested { taskId: task });
    assert_eq!(resolve(&mut stage, task, true), Err(not_contested()));
    assert_eq!(
        stage.by(BOB, |r| r.close_contest(task)),
        Err(not_contested())
    );
    contest(&mut stage, ALICE, task).unwrap();
    for caller in [ALICE, CLIENT, BOB] {
        let refused = stage.by(caller, |r| r.resolve_contest(task, true));
        assert_eq!(refused, Err(unauthorized(caller)));
    }
    assert_eq!((stage.score(), held(&stage)), (4_785, BOND));
}

#[test]
fn an_outcome_is_contested_once() {
    let mut stage = stage();
    let task = failure(&mut stage);
    contest(&mut stage, ALICE, task).unwrap();
    let again = || Error::from(AlreadyContested { taskId: task });
    assert_eq!(contest(&mut stage, CLIENT, task), Err(again()));
    resolve(&mut stage, task, true).unwrap();
    for party in PARTIES {
        assert_eq!(contest(&mut stage, party, task), Err(again()));
    }
    let closed = || Error::from(NotContested { taskId: task });
    assert_eq!(resolve(&mut stage, task, true), Err(closed()));
    stage.chain.pass(CONTEST_WINDOW + REVIEW_WINDOW);
    assert_eq!(stage.by(BOB, |r| r.close_contest(task)), Err(closed()));
    assert_eq!(held(&stage), 0);
}

#[test]
fn there_is_a_time_to_contest() {
    let mut stage = stage();
    let (first, second) = (failure(&mut stage), stage.record(CLIENT, 1_000, 0).0);
    let until = stage.now() + CONTEST_WINDOW;
    stage.chain.pass(CONTEST_WINDOW - 1);
    assert_eq!(contest(&mut stage, ALICE, first), Ok(()));
    stage.chain.pass(1);
    let late = contest(&mut stage, ALICE, second);
    assert_eq!(
        late,
        Err(TooLate {
            taskId: second,
            until
        }
        .into())
    );
}

#[test]
fn what_moved_nothing_is_not_contested() {
    let mut stage = stage();
    for (client, ogpu, bps) in [(CLIENT, 1_000, 5_000), (CLIENT, 0, 0), (ALICE, 1_000, 0)] {
        let (task, _) = stage.record(client, ogpu, bps);
        let refused = contest(&mut stage, ALICE, task);
        assert_eq!(refused, Err(NothingMoved { taskId: task }.into()));
    }
}

#[test]
fn the_owner_sets_the_bond_and_the_token_once() {
    let mut stage = Stage::new();
    let task = failure(&mut stage);
    let none = contest(&mut stage, ALICE, task);
    assert_eq!(none, Err(ContestTermsNotSet {}.into()));
    assert_eq!(stage.registry.contest_terms(), (Address::ZERO, U256::ZERO));
    let mut set = |sender, token, bond| stage.by(sender, |r| r.set_contest_terms(token, bond));
    let wei = U256::from;
    assert_eq!(set(ALICE, TOKEN, wei(BOND)), Err(unauthorized(ALICE)));
    let shared = |error: ogpu_common::Error| Err(Error::from(error));
    let zero = set(OWNER, Address::ZERO, wei(BOND));
    assert_eq!(zero, shared(ZeroAddress {}.into()));
    for bond in [0, MAX_BOND + 1] {
        let error = BondOutOfRange {
            bond: wei(bond),
            minimum: ONE,
            maximum: wei(MAX_BOND),
        };
        assert_eq!(set(OWNER, TOKEN, wei(bond)), Err(error.into()));
    }
    let too_large = AmountTooLarge {
        amount: U256::MAX,
        maximum: wei(MAX_AMOUNT),
    };
    assert_eq!(set(OWNER, TOKEN, U256::MAX), shared(too_large.into()));
    for bond in [1, MAX_BOND] {
        assert_eq!(set(OWNER, TOKEN, wei(bond)), Ok(()));
    }
    let fixed = set(OWNER, BOB, wei(BOND));
    assert_eq!(fixed, Err(TokenIsFixed { token: TOKEN }.into()));
    let terms = ContestTermsSet {
        token: TOKEN,
        bond: wei(MAX_BOND),
    };
    assert_eq!(stage.chain.last_event::<ContestTermsSet>(), terms);
    assert_eq!(stage.registry.contest_terms(), (TOKEN, wei(MAX_BOND)));
}

#[test]
fn a_new_bond_is_for_new_contests() {
    let mut stage = stage();
    let task = failure(&mut stage);
    contest(&mut stage, ALICE, task).unwrap();
    let doubled = U256::from(2 * BOND);
    stage
        .by(OWNER, |r| r.set_contest_terms(TOKEN, doubled))
        .unwrap();
    resolve(&mut stage, task, true).unwrap();
    assert_eq!((held(&stage), balance(&stage, ALICE)), (0, 10 * BOND));
}

#[test]
fn tokens_that_lie_or_take_are_refused() {
    let mut stage = stage();
    let task = failure(&mut stage);
    stage.chain.token.borrow_mut().fee = 1;
    let took = TokenTookFee {
        token: TOKEN,
        sent: U256::from(BOND),
        received: U256::from(BOND - 1),
    };
    let refused = contest(&mut stage, ALICE, task);
    assert_eq!(refused, Err(ogpu_common::Error::from(took).into()));
    stage.chain.token.borrow_mut().fee = 0;
    stage.chain.token.borrow_mut().refuses = true;
    let failed = || Error::from(ogpu_common::Error::from(TokenCallFailed { token: TOKEN }));
    assert_eq!(contest(&mut stage, ALICE, task), Err(failed()));
    assert_eq!(stage_of(&stage, task), 0);
    stage.chain.token.borrow_mut().refuses = false;
    contest(&mut stage, ALICE, task).unwrap();
    stage.chain.token.borrow_mut().refuses = true;
    assert_eq!(resolve(&mut stage, task, true), Err(failed()));
    assert_eq!((stage_of(&stage, task), stage.score()), (1, 4_785));
}

/// What is written when the token is called: a token that calls back finds the contest open, or closed, and nothing to take.
#[test]
fn books_are_closed_before_the_token_is_called() {
    let mut stage = stage();
    let task = failure(&mut stage);
    stage.chain.token.borrow_mut().refuses = true;
    // Without the chain around it, a refused call leaves what it wrote.
    stage.chain.vm.set_sender(ALICE);
    assert!(stage.registry.contest(task).is_err());
    assert_eq!(stage_of(&stage, task), 1);
    let again = AlreadyContested { taskId: task };
    assert_eq!(stage.registry.contest(task), Err(again.into()));
    stage.chain.vm.set_sender(OWNER);
    assert!(stage.registry.resolve_contest(task, true).is_err());
    let view = stage.registry.outcome_of(task).unwrap();
    assert_eq!(
        (view.stage, view.bond, stage.score()),
        (3, U256::ZERO, START)
    );
    let closed = NotContested { taskId: task };
    let again = stage.registry.resolve_contest(task, true);
    assert_eq!(again, Err(closed.into()));
}

proptest! {
    /// Whoever calls whatever and whenever: the registry holds exactly the bonds of open contests, and nobody gets more than was there.
    #[test]
    fn bonds_are_conserved(
        steps in proptest::collection::vec((0u8..6, 0u64..8, 0usize..4, any::<bool>(), 0..CONTEST_WINDOW), 1..60),
    ) {
        let mut stage = stage();
        let people = [CLIENT, ALICE, BOB, OWNER];
        let (mut tasks, mut burnt) = (0, 0);
        for (step, task, who, flag, wait) in steps {
            stage.chain.pass(wait);
            let (task, who) = (number(1 + task % (tasks + 1)), people[who]);
            let open = stage.registry.outcome_of(task).map(|view| view.bond);
            match step {
                0 | 1 => {
                    let client = if flag { CLIENT } else { ALICE };
                    stage.record(client, 1_000, 10_000 * u16::from(wait % 2 == 0));
                    tasks += 1;
                }
                2 => drop(contest(&mut stage, who, task)),
                3 => {
                    let resolved = stage.by(who, |r| r.resolve_contest(task, flag));
                    prop_assert!(resolved.is_err() || who == OWNER);
                    if resolved.is_ok() && !flag {
                        burnt += open.unwrap().to::<u128>();
                    }
                }
                4 => drop(stage.by(who, |r| r.close_contest(task))),
                _ => {
                    let bond = U256::from(1 + u128::from(wait) * OGPU / 100_000);
                    drop(stage.by(who, |r| r.set_contest_terms(TOKEN, bond)));
                }
            }
            let bonds = (1..=tasks).map(|task| stage.registry.outcome_of(number(task)).unwrap().bond);
            let bonds: u128 = bonds.sum::<U256>().to();
            prop_assert_eq!(held(&stage), bonds);
            let all = held(&stage) + balance(&stage, CLIENT) + balance(&stage, ALICE) + burnt;
            prop_assert_eq!(all, 20 * BOND);
            prop_assert!(stage.score() <= 10_000);
        }
    }
}
