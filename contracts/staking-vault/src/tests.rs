use alloy_primitives::{Address, B256, U256, address};
use ogpu_common::{
    AmountTooLarge, EnforcedPause, InvalidInitialization, OwnableUnauthorizedAccount,
    TokenCallFailed, TokenTookFee, UUPSUnauthorizedCallContext, ZeroAddress, ZeroAmount,
    testing::{Chain, TOKEN},
};
use proptest::prelude::*;

use crate::*;

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const TREASURY: Address = address!("00000000000000000000000000000000000000bb");
const MANAGER: Address = address!("00000000000000000000000000000000000000cc");
const ALICE: Address = address!("0000000000000000000000000000000000000001");
const BOB: Address = address!("0000000000000000000000000000000000000002");
const CAROL: Address = address!("0000000000000000000000000000000000000003");
const PERIOD: u64 = 10 * 24 * 60 * 60;

fn shared<T>(error: impl Into<ogpu_common::Error>) -> Result<T, Error> {
    Err(Error::Shared(error.into()))
}

/// A vault in which Alice has 1,000 wei of free stake and 1,000 more at hand.
fn setup() -> (Chain, StakingVault) {
    let chain = Chain::new();
    let mut vault = StakingVault::from(&chain);
    chain
        .call(CAROL, || vault.initialize(OWNER, TOKEN, TREASURY, PERIOD))
        .unwrap();
    chain
        .call(OWNER, || vault.set_task_manager(MANAGER))
        .unwrap();
    chain
        .token
        .borrow_mut()
        .fund(ALICE, chain.contract(), 2_000);
    chain
        .call(ALICE, || vault.stake(U256::from(1_000)))
        .unwrap();
    (chain, vault)
}

/// Free, locked, unbonding, matures at, compensation.
fn account(vault: &StakingVault, account: Address) -> (u64, u64, u64, u64, u64) {
    let (free, locked, unbonding, matures_at, compensation) = vault.account_of(account);
    (
        free.to(),
        locked.to(),
        unbonding.to(),
        matures_at,
        compensation.to(),
    )
}

fn held(chain: &Chain, account: Address) -> u128 {
    chain.token.borrow().balance(account)
}

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let (chain, mut vault) = setup();
    assert_eq!(
        (vault.owner(), vault.token(), vault.treasury()),
        (OWNER, TOKEN, TREASURY)
    );
    assert_eq!(
        (vault.task_manager(), vault.unbonding_period()),
        (MANAGER, PERIOD)
    );
    assert_eq!(vault.slash_split(), (5_000, 2_500));
    let again = chain.call(OWNER, || vault.initialize(OWNER, TOKEN, TREASURY, PERIOD));
    assert_eq!(again, shared(InvalidInitialization {}));
    let direct = Chain::direct();
    let result = direct.call(OWNER, || {
        StakingVault::from(&direct).initialize(OWNER, TOKEN, TREASURY, PERIOD)
    });
    assert_eq!(result, shared(UUPSUnauthorizedCallContext {}));
    for (token, treasury) in [(Address::ZERO, TREASURY), (TOKEN, Address::ZERO)] {
        let chain = Chain::new();
        let result = chain.call(OWNER, || {
            StakingVault::from(&chain).initialize(OWNER, token, treasury, PERIOD)
        });
        assert_eq!(result, shared(ZeroAddress {}));
    }
}

#[test]
fn the_owner_sets_it_up_within_bounds() {
    let (chain, mut vault) = setup();
    let stranger = || shared(OwnableUnauthorizedAccount { account: BOB });
    assert_eq!(chain.call(BOB, || vault.set_task_manager(BOB)), stranger());
    assert_eq!(chain.call(BOB, || vault.set_treasury(BOB)), stranger());
    assert_eq!(chain.call(BOB, || vault.set_slash_split(0, 0)), stranger());
    assert_eq!(
        chain.call(BOB, || vault.set_unbonding_period(PERIOD)),
        stranger()
    );
    assert_eq!(
        chain.call(OWNER, || vault.set_task_manager(Address::ZERO)),
        shared(ZeroAddress {})
    );
    assert_eq!(
        chain.call(OWNER, || vault.set_treasury(Address::ZERO)),
        shared(ZeroAddress {})
    );

    for (injured, treasury) in [(8_001, 0), (0, 5_001), (8_000, 2_001), (u16::MAX, u16::MAX)] {
        let error = InvalidSlashSplit {
            injuredBps: injured,
            treasuryBps: treasury,
            maxInjuredBps: MAX_INJURED_BPS,
            maxTreasuryBps: MAX_TREASURY_BPS,
        };
        assert_eq!(
            chain.call(OWNER, || vault.set_slash_split(injured, treasury)),
            Err(error.into())
        );
    }
    chain
        .call(OWNER, || vault.set_slash_split(8_000, 2_000))
        .unwrap();
    assert_eq!(
        chain.last_event::<SlashSplitChanged>(),
        SlashSplitChanged {
            injuredBps: 8_000,
            treasuryBps: 2_000
        }
    );
    assert_eq!(
        (vault.slash_split(), vault.task_manager()),
        ((8_000, 2_000), MANAGER)
    );

    for period in [0, MIN_UNBONDING - 1, MAX_UNBONDING + 1, u64::MAX] {
        let error = InvalidUnbondingPeriod {
            period,
            minimum: MIN_UNBONDING,
            maximum: MAX_UNBONDING,
        };
        assert_eq!(
            chain.call(OWNER, || vault.set_unbonding_period(period)),
            Err(error.into())
        );
    }
    chain
        .call(OWNER, || vault.set_unbonding_period(MAX_UNBONDING))
        .unwrap();
    assert_eq!(vault.unbonding_period(), MAX_UNBONDING);
    chain.call(OWNER, || vault.set_treasury(CAROL)).unwrap();
    assert_eq!(vault.treasury(), CAROL);
}

#[test]
fn anyone_adds_to_a_stake() {
    let (chain, mut vault) = setup();
    chain
        .call(ALICE, || vault.stake_for(BOB, U256::from(7)))
        .unwrap();
    assert_eq!(
        chain.last_event::<Staked>(),
        Staked {
            account: BOB,
            from: ALICE,
            amount: U256::from(7)
        }
    );
    assert_eq!(
        (account(&vault, BOB), held(&chain, chain.contract())),
        ((7, 0, 0, 0, 0), 1_007)
    );
    assert_eq!(
        chain.call(ALICE, || vault.stake(U256::ZERO)),
        shared(ZeroAmount {})
    );
    assert_eq!(
        chain.call(ALICE, || vault.stake_for(Address::ZERO, U256::ONE)),
        shared(ZeroAddress {})
    );
    assert!(
        chain.call(BOB, || vault.stake(U256::ONE)).is_err(),
        "nothing at hand"
    );

    chain.token.borrow_mut().allowances.clear();
    let mut permitted = |v| {
        chain.call(ALICE, || {
            vault.stake_with_permit(U256::from(3), U256::MAX, v, B256::ZERO, B256::ZERO)
        })
    };
    assert!(permitted(0).is_err());
    assert_eq!(permitted(27), Ok(()));
    assert_eq!(account(&vault, ALICE).0, 1_003);
}

#[test]
fn unbonding_takes_its_time() {
    let (chain, mut vault) = setup();
    let start = chain.vm.block_timestamp();
    assert_eq!(
        chain.call(ALICE, || vault.withdraw_unbonded()),
        Err(NothingUnbonding { account: ALICE }.into())
    );
    chain
        .call(ALICE, || vault.request_unbond(U256::from(400)))
        .unwrap();
    let event = UnbondRequested {
        account: ALICE,
        amount: U256::from(400),
        maturesAt: start + PERIOD,
    };
    assert_eq!(chain.last_event::<UnbondRequested>(), event);
    chain.pass(PERIOD - 1);
    let early = StillUnbonding {
        account: ALICE,
        maturesAt: start + PERIOD,
    };
    assert_eq!(
        chain.call(ALICE, || vault.withdraw_unbonded()),
        Err(early.into())
    );

    chain
        .call(ALICE, || vault.request_unbond(U256::from(100)))
        .unwrap();
    assert_eq!(
        account(&vault, ALICE),
        (500, 0, 500, start + 2 * PERIOD - 1, 0)
    );
    chain
        .call(ALICE, || vault.cancel_unbond(U256::from(50)))
        .unwrap();
    assert_eq!(
        account(&vault, ALICE),
        (550, 0, 450, start + 2 * PERIOD - 1, 0)
    );
    chain.pass(PERIOD);
    chain.call(ALICE, || vault.withdraw_unbonded()).unwrap();
    assert_eq!(
        chain.last_event::<Withdrawn>(),
        Withdrawn {
            account: ALICE,
            amount: U256::from(450)
        }
    );
    assert_eq!(
        (account(&vault, ALICE), held(&chain, ALICE)),
        ((550, 0, 0, 0, 0), 1_450)
    );
}

#[test]
fn only_free_stake_unbonds() {
    let (chain, mut vault) = setup();
    chain
        .call(MANAGER, || vault.lock(ALICE, U256::from(900)))
        .unwrap();
    let error = InsufficientFreeStake {
        account: ALICE,
        available: U256::from(100),
        requested: U256::from(101),
    };
    assert_eq!(
        chain.call(ALICE, || vault.request_unbond(U256::from(101))),
        Err(error.into())
    );
    assert_eq!(
        chain.call(ALICE, || vault.request_unbond(U256::ZERO)),
        shared(ZeroAmount {})
    );
    let error = InsufficientUnbonding {
        account: ALICE,
        available: U256::ZERO,
        requested: U256::ONE,
    };
    assert_eq!(
        chain.call(ALICE, || vault.cancel_unbond(U256::ONE)),
        Err(error.into())
    );
    assert_eq!(
        chain.call(ALICE, || vault.cancel_unbond(U256::ZERO)),
        shared(ZeroAmount {})
    );
}

#[test]
fn the_task_manager_locks_and_unlocks() {
    let (chain, mut vault) = setup();
    let refused = || Err(NotTaskManager { caller: ALICE }.into());
    assert_eq!(
        chain.call(ALICE, || vault.lock(ALICE, U256::ONE)),
        refused()
    );
    assert_eq!(
        chain.call(ALICE, || vault.unlock(ALICE, U256::ONE)),
        refused()
    );
    let error = InsufficientFreeStake {
        account: ALICE,
        available: U256::from(1_000),
        requested: U256::from(1_001),
    };
    assert_eq!(
        chain.call(MANAGER, || vault.lock(ALICE, U256::from(1_001))),
        Err(error.into())
    );
    assert_eq!(
        chain.call(MANAGER, || vault.lock(ALICE, U256::ZERO)),
        shared(ZeroAmount {})
    );
    assert_eq!(
        chain.call(MANAGER, || vault.unlock(ALICE, U256::ZERO)),
        shared(ZeroAmount {})
    );

    chain
        .call(MANAGER, || vault.lock(ALICE, U256::from(600)))
        .unwrap();
    assert_eq!(
        chain.last_event::<Locked>(),
        Locked {
            account: ALICE,
            amount: U256::from(600)
        }
    );
    chain
        .call(MANAGER, || vault.unlock(ALICE, U256::from(200)))
        .unwrap();
    assert_eq!(account(&vault, ALICE), (600, 400, 0, 0, 0));
    chain
        .call(MANAGER, || vault.unlock(ALICE, U256::from(500)))
        .unwrap();
    assert_eq!(
        chain.last_event::<Unlocked>(),
        Unlocked {
            account: ALICE,
            amount: U256::from(400)
        }
    );
    assert_eq!(account(&vault, ALICE), (1_000, 0, 0, 0, 0));
    assert_eq!(vault.total_stake_of(ALICE), U256::from(1_000));
    assert_eq!(vault.tier_of(ALICE), 0);
}

#[test]
fn a_slash_is_split_to_the_last_wei() {
    let (chain, mut vault) = setup();
    chain
        .call(MANAGER, || vault.lock(ALICE, U256::from(101)))
        .unwrap();
    let taken = chain
        .call(MANAGER, || vault.slash(ALICE, U256::from(101), BOB))
        .unwrap();
    assert_eq!(taken, U256::from(101));
    let event = Slashed {
        account: ALICE,
        injured: BOB,
        taken,
        toInjured: U256::from(50),
        toTreasury: U256::from(25),
        burned: U256::from(26),
    };
    assert_eq!(chain.last_event::<Slashed>(), event);
    assert_eq!(
        (account(&vault, ALICE), account(&vault, BOB)),
        ((899, 0, 0, 0, 0), (0, 0, 0, 0, 50))
    );
    assert_eq!(
        (held(&chain, TREASURY), held(&chain, chain.contract())),
        (0, 1_000),
        "a slash moves no token"
    );
    let accrued = |treasury: u128, burn: u128| (U256::from(treasury), U256::from(burn));
    assert_eq!(vault.accrued_slashes(), accrued(25, 26));
    chain.call(BOB, || vault.collect_slashes()).unwrap();
    let collected = SlashesCollected {
        treasury: TREASURY,
        toTreasury: U256::from(25),
        burned: U256::from(26),
    };
    assert_eq!(chain.last_event::<SlashesCollected>(), collected);
    assert_eq!(
        (held(&chain, TREASURY), held(&chain, chain.contract())),
        (25, 949)
    );
    assert_eq!(vault.accrued_slashes(), accrued(0, 0));
    assert_eq!(
        chain.call(BOB, || vault.collect_slashes()),
        shared(ZeroAmount {})
    );

    chain.call(BOB, || vault.withdraw_compensation()).unwrap();
    let event = CompensationWithdrawn {
        account: BOB,
        amount: U256::from(50),
    };
    assert_eq!(
        (
            chain.last_event::<CompensationWithdrawn>(),
            held(&chain, BOB)
        ),
        (event, 50)
    );
    let nothing = NoCompensation { account: BOB };
    assert_eq!(
        chain.call(BOB, || vault.withdraw_compensation()),
        Err(nothing.into())
    );
}

#[test]
fn a_slash_reaches_what_is_unbonding_and_stops_at_what_is_there() {
    let (chain, mut vault) = setup();
    chain
        .call(MANAGER, || vault.lock(ALICE, U256::from(300)))
        .unwrap();
    chain
        .call(ALICE, || vault.request_unbond(U256::from(600)))
        .unwrap();
    let matures_at = chain.vm.block_timestamp() + PERIOD;
    chain.pass(PERIOD);
    let taken = chain
        .call(MANAGER, || {
            vault.slash(ALICE, U256::from(500), Address::ZERO)
        })
        .unwrap();
    assert_eq!(
        (taken, account(&vault, ALICE)),
        (U256::from(500), (100, 0, 400, matures_at, 0))
    );
    assert_eq!(
        chain.last_event::<Slashed>().burned,
        U256::from(375),
        "nobody is injured"
    );

    let taken = chain
        .call(MANAGER, || vault.slash(ALICE, U256::from(9_999), ALICE))
        .unwrap();
    assert_eq!(
        (taken, account(&vault, ALICE)),
        (U256::from(500), (0, 0, 0, 0, 0))
    );
    assert_eq!(
        chain.last_event::<Slashed>().burned,
        U256::from(375),
        "nobody is compensated for one's own slash"
    );
    assert_eq!(
        chain.call(MANAGER, || vault.slash(ALICE, U256::ONE, BOB)),
        Ok(U256::ZERO)
    );
    chain.call(BOB, || vault.collect_slashes()).unwrap();
    assert_eq!(held(&chain, chain.contract()), 0);
}

#[test]
fn the_owner_does_not_reach_what_is_locked() {
    let (chain, mut vault) = setup();
    chain
        .call(MANAGER, || vault.lock(ALICE, U256::from(300)))
        .unwrap();
    chain
        .call(ALICE, || vault.request_unbond(U256::from(600)))
        .unwrap();
    let taken = chain
        .call(OWNER, || vault.slash(ALICE, U256::from(9_999), BOB))
        .unwrap();
    assert_eq!(
        (taken, account(&vault, ALICE)),
        (U256::from(700), (0, 300, 0, 0, 0))
    );
}

#[test]
fn only_the_task_manager_and_the_owner_slash() {
    let (chain, mut vault) = setup();
    for caller in [ALICE, BOB, TREASURY] {
        let result = chain.call(caller, || vault.slash(ALICE, U256::ONE, BOB));
        assert_eq!(result, Err(NotSlasher { caller }.into()));
    }
    assert_eq!(
        chain.call(OWNER, || vault.slash(ALICE, U256::ZERO, BOB)),
        shared(ZeroAmount {})
    );
}

#[test]
fn a_pause_stops_what_comes_in_and_nothing_else() {
    let (chain, mut vault) = setup();
    let until = chain.vm.block_timestamp() + 60;
    chain.call(OWNER, || vault.pause(until)).unwrap();
    assert_eq!(
        chain.call(ALICE, || vault.stake(U256::ONE)),
        shared(EnforcedPause { until })
    );
    assert_eq!(
        chain.call(ALICE, || vault.stake_for(BOB, U256::ONE)),
        shared(EnforcedPause { until })
    );
    assert_eq!(
        chain.call(MANAGER, || vault.lock(ALICE, U256::from(10))),
        Ok(())
    );
    assert_eq!(
        chain.call(MANAGER, || vault.unlock(ALICE, U256::from(5))),
        Ok(())
    );
    assert_eq!(
        chain.call(MANAGER, || vault.slash(ALICE, U256::from(5), BOB)),
        Ok(U256::from(5))
    );
    assert_eq!(
        chain.call(ALICE, || vault.request_unbond(U256::from(10))),
        Ok(())
    );
    assert_eq!(
        chain.call(ALICE, || vault.cancel_unbond(U256::from(5))),
        Ok(())
    );
    assert_eq!(chain.call(BOB, || vault.withdraw_compensation()), Ok(()));
    chain.pass(60);
    assert_eq!(chain.call(ALICE, || vault.stake(U256::ONE)), Ok(()));
}

#[test]
fn a_token_that_takes_a_fee_is_refused() {
    let (chain, mut vault) = setup();
    chain.token.borrow_mut().fee = 1;
    let error = TokenTookFee {
        token: TOKEN,
        sent: U256::from(10),
        received: U256::from(9),
    };
    assert_eq!(
        chain.call(ALICE, || vault.stake(U256::from(10))),
        shared(error)
    );
    assert_eq!(account(&vault, ALICE).0, 1_000);
}

#[derive(Clone, Debug)]
enum Step {
    Stake(usize, usize, u64),
    Request(usize, u64),
    Cancel(usize, u64),
    Withdraw(usize),
    Compensate(usize),
    Lock(usize, u64),
    Unlock(usize, u64),
    Slash(usize, u64, usize),
    Collect,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..3_usize;
    let amount = || 0..400_u64;
    let step = prop_oneof![
        (who(), who(), amount()).prop_map(|(a, b, c)| Step::Stake(a, b, c)),
        (who(), amount()).prop_map(|(a, b)| Step::Request(a, b)),
        (who(), amount()).prop_map(|(a, b)| Step::Cancel(a, b)),
        who().prop_map(Step::Withdraw),
        who().prop_map(Step::Compensate),
        (who(), amount()).prop_map(|(a, b)| Step::Lock(a, b)),
        (who(), amount()).prop_map(|(a, b)| Step::Unlock(a, b)),
        (who(), amount(), who()).prop_map(|(a, b, c)| Step::Slash(a, b, c)),
        Just(Step::Collect),
        (0..PERIOD).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The vault has exactly what it owes, and locked and unbonding stake leaves only as it may.
    #[test]
    fn it_has_what_it_owes(steps in steps()) {
        let (chain, mut vault) = setup();
        let people = [ALICE, BOB, CAROL];
        for person in people {
            chain.token.borrow_mut().fund(person, chain.contract(), 1_000);
        }
        for step in steps {
            let before = people.map(|person| account(&vault, person));
            let now = chain.vm.block_timestamp();
            let _ = match step.clone() {
                Step::Stake(from, to, amount) => chain.call(people[from], || vault.stake_for(people[to], U256::from(amount))),
                Step::Request(who, amount) => chain.call(people[who], || vault.request_unbond(U256::from(amount))),
                Step::Cancel(who, amount) => chain.call(people[who], || vault.cancel_unbond(U256::from(amount))),
                Step::Withdraw(who) => chain.call(people[who], || vault.withdraw_unbonded()),
                Step::Compensate(who) => chain.call(people[who], || vault.withdraw_compensation()),
                Step::Lock(who, amount) => chain.call(MANAGER, || vault.lock(people[who], U256::from(amount))),
                Step::Unlock(who, amount) => chain.call(MANAGER, || vault.unlock(people[who], U256::from(amount))),
                Step::Slash(who, amount, injured) => {
                    chain.call(OWNER, || vault.slash(people[who], U256::from(amount), people[injured])).map(|_| ())
                }
                Step::Collect => chain.call(CAROL, || vault.collect_slashes()),
                Step::Pass(seconds) => {
                    chain.pass(seconds);
                    Ok(())
                }
            };
            let after = people.map(|person| account(&vault, person));
            let owed: u64 = after.iter().map(|(free, locked, unbonding, _, owed)| free + locked + unbonding + owed).sum();
            let (to_treasury, to_burn) = vault.accrued_slashes();
            let owed = U256::from(owed) + to_treasury + to_burn;
            prop_assert_eq!(U256::from(held(&chain, chain.contract())), owed);
            for (before, after) in before.into_iter().zip(after) {
                prop_assert!(after.1 >= before.1 || matches!(step, Step::Unlock(..)));
                let matured = matches!(step, Step::Withdraw(_)) && now >= before.3;
                prop_assert!(after.2 >= before.2 || matured || matches!(step, Step::Cancel(..) | Step::Slash(..)));
            }
        }
    }
}

#[test]
fn nothing_leaves_while_the_token_refuses() {
    let (chain, mut vault) = setup();
    let ten = U256::from(10);
    chain.call(ALICE, || vault.request_unbond(ten)).unwrap();
    chain.pass(PERIOD);
    chain.token.borrow_mut().refuses = true;
    let error = TokenCallFailed { token: TOKEN };
    let staked = chain.call(ALICE, || vault.stake(ten));
    assert_eq!(staked, shared(error.clone()));
    let withdrawn = chain.call(ALICE, || vault.withdraw_unbonded());
    assert_eq!(withdrawn, shared(error));
    let (free, _, unbonding, ..) = account(&vault, ALICE);
    assert_eq!((free, unbonding), (990, 10));
}

#[test]
fn no_stake_grows_above_the_largest_amount() {
    let (chain, mut vault) = setup();
    let spender = chain.contract();
    chain
        .token
        .borrow_mut()
        .fund(ALICE, spender, amount::MAX_AMOUNT);
    let staked = chain.call(ALICE, || vault.stake(U256::from(amount::MAX_AMOUNT)));
    let error = AmountTooLarge {
        amount: U256::from(amount::MAX_AMOUNT) + U256::from(1_000),
        maximum: U256::from(amount::MAX_AMOUNT),
    };
    assert_eq!(staked, shared(error));
}

#[test]
fn nobody_delays_or_fills_the_exit_of_another() {
    let (chain, mut vault) = setup();
    chain
        .call(ALICE, || vault.request_unbond(U256::from(600)))
        .unwrap();
    let (.., matures_at, _) = account(&vault, ALICE);
    chain.token.borrow_mut().fund(BOB, chain.contract(), 100);
    for _ in 0..100 {
        chain.pass(PERIOD / 200);
        chain
            .call(BOB, || vault.stake_for(ALICE, U256::ONE))
            .unwrap();
    }
    assert_eq!(account(&vault, ALICE), (500, 0, 600, matures_at, 0));
    chain.pass(PERIOD / 2);
    chain.call(ALICE, || vault.withdraw_unbonded()).unwrap();
    assert_eq!(held(&chain, ALICE), 1_600);
}
