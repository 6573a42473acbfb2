use alloy_primitives::{Address, U256, address};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue, sol};
use ogpu_common::{
    AmountTooLarge, EnforcedPause, GuardianMustWait, InvalidInitialization,
    OwnableUnauthorizedAccount, UUPSUnauthorizedCallContext, ZeroAddress, ZeroAmount,
    testing::{Chain, TOKEN},
};

use super::{
    window::{HOLD, Window},
    *,
};

mod windows;

const OWNER: Address = address!("00000000000000000000000000000000000000a0");
const GUARDIAN: Address = address!("00000000000000000000000000000000000000a1");
const ANYONE: Address = address!("00000000000000000000000000000000000000a2");
const ESCROW: Address = address!("00000000000000000000000000000000000000e1");
const VAULT: Address = address!("00000000000000000000000000000000000000e2");
const MARKET: Address = address!("00000000000000000000000000000000000000e3");
const THIEF: Address = address!("00000000000000000000000000000000000000b0");

const DAY: u64 = 86_400;
const PAUSE: u64 = 3 * DAY;

sol! {
    function pause(uint64 until) external;
    function pausedUntil() external view returns (uint64);
    function codehashKeepalive(bytes32 codehash) external payable;
    function programTimeLeft(address program) external view returns (uint64);
    error ProgramExpired(uint64 ageInSeconds);
}

/// A watchdog that pauses three contracts, and watches the escrow: 1,000 wei in it, at most 200 out a day.
fn setup() -> (Chain, Watchdog) {
    let chain = Chain::new();
    let mut watchdog = Watchdog::from(&chain);
    chain
        .call(OWNER, || {
            watchdog.initialize(OWNER, TOKEN, GUARDIAN, PAUSE, vec![ESCROW, VAULT, MARKET])
        })
        .unwrap();
    chain
        .call(OWNER, || watchdog.watch(ESCROW, U256::from(200), DAY))
        .unwrap();
    balance(&chain, 1_000);
    (chain, watchdog)
}

/// `setup`, with the first window begun.
fn watching() -> (Chain, Watchdog) {
    let (chain, mut watchdog) = setup();
    assert!(!poke(&chain, &mut watchdog));
    chain.pass(HOLD);
    assert!(!poke(&chain, &mut watchdog));
    (chain, watchdog)
}

fn balance(chain: &Chain, amount: u128) {
    chain.token.borrow_mut().balances.insert(ESCROW, amount);
}

fn poke(chain: &Chain, watchdog: &mut Watchdog) -> bool {
    chain.call(ANYONE, || watchdog.poke(ESCROW)).unwrap()
}

fn now(chain: &Chain) -> u64 {
    chain.vm.block_timestamp()
}

/// Makes a target refuse to be paused until this time.
fn refuse(chain: &Chain, target: Address, until: u64, reason: Vec<u8>) {
    chain.answer(target, pauseCall { until }.abi_encode(), Err(reason));
}

fn events<E: SolEvent>(chain: &Chain) -> Vec<E> {
    let logs = chain.vm.get_emitted_logs();
    logs.into_iter()
        .filter_map(|(topics, data)| E::decode_raw_log_validate(topics, &data).ok())
        .collect()
}

fn shared<T>(error: impl Into<ogpu_common::Error>) -> Result<T, Error> {
    Err(Error::Shared(error.into()))
}

fn status(watchdog: &Watchdog) -> (u64, u64, u64, u64, bool) {
    let (start, fall, limit, ends, tripped) = watchdog.status_of(ESCROW).unwrap();
    (start.to(), fall.to(), limit.to(), ends, tripped)
}

#[test]
fn it_is_made_once_behind_a_proxy() {
    let (chain, mut watchdog) = setup();
    assert_eq!(
        (watchdog.owner(), watchdog.token(), watchdog.guardian()),
        (OWNER, TOKEN, GUARDIAN)
    );
    assert_eq!(watchdog.pause_duration(), PAUSE);
    assert_eq!(watchdog.targets(), [ESCROW, VAULT, MARKET]);
    assert_eq!(watchdog.watched_accounts(), [ESCROW]);
    let again = chain.call(THIEF, || {
        watchdog.initialize(THIEF, TOKEN, THIEF, PAUSE, vec![])
    });
    assert_eq!(again, shared(InvalidInitialization {}));
    let direct = Chain::direct();
    let result = direct.call(THIEF, || {
        Watchdog::from(&direct).initialize(THIEF, TOKEN, THIEF, PAUSE, vec![])
    });
    assert_eq!(result, shared(UUPSUnauthorizedCallContext {}));
}

#[test]
fn the_owner_sets_it_up_within_bounds() {
    let (chain, mut watchdog) = setup();
    let stranger = || shared(OwnableUnauthorizedAccount { account: THIEF });
    assert_eq!(
        chain.call(THIEF, || watchdog.set_guardian(THIEF)),
        stranger()
    );
    assert_eq!(
        chain.call(THIEF, || watchdog.set_targets(vec![])),
        stranger()
    );
    assert_eq!(
        chain.call(THIEF, || watchdog.set_pause_duration(DAY)),
        stranger()
    );
    assert_eq!(
        chain.call(THIEF, || watchdog.watch(VAULT, U256::ONE, DAY)),
        stranger()
    );
    assert_eq!(chain.call(THIEF, || watchdog.unwatch(ESCROW)), stranger());

    for duration in [0, MIN_PAUSE - 1, MAX_PAUSE + 1] {
        let error = DurationOutOfRange {
            duration,
            minimum: MIN_PAUSE,
            maximum: MAX_PAUSE,
        };
        assert_eq!(
            chain.call(OWNER, || watchdog.set_pause_duration(duration)),
            Err(error.into())
        );
    }
    for window in [HOLD, MIN_WINDOW - 1, MAX_WINDOW + 1] {
        let error = DurationOutOfRange {
            duration: window,
            minimum: MIN_WINDOW,
            maximum: MAX_WINDOW,
        };
        assert_eq!(
            chain.call(OWNER, || watchdog.watch(VAULT, U256::ONE, window)),
            Err(error.into())
        );
    }
    assert_eq!(
        chain.call(OWNER, || watchdog.watch(VAULT, U256::ZERO, DAY)),
        shared(ZeroAmount {})
    );
    assert_eq!(
        chain.call(OWNER, || watchdog.set_targets(vec![ESCROW, Address::ZERO])),
        shared(ZeroAddress {})
    );
    assert_eq!(
        chain.call(OWNER, || watchdog.set_targets(vec![ESCROW; 9])),
        Err(TooManyTargets {
            count: U256::from(9),
            maximum: U256::from(8)
        }
        .into())
    );
    assert_eq!(watchdog.targets(), [ESCROW, VAULT, MARKET]);
    chain
        .call(OWNER, || watchdog.set_targets(vec![VAULT]))
        .unwrap();
    assert_eq!(watchdog.targets(), [VAULT]);
}

#[test]
fn what_is_watched_can_be_changed_and_given_up() {
    let (chain, mut watchdog) = watching();
    chain
        .call(OWNER, || watchdog.watch(VAULT, U256::from(5), DAY))
        .unwrap();
    assert_eq!(watchdog.watched_accounts(), [ESCROW, VAULT]);
    let ends = status(&watchdog).3;
    chain
        .call(OWNER, || watchdog.watch(ESCROW, U256::from(300), 2 * DAY))
        .unwrap();
    assert_eq!(watchdog.watched_accounts(), [ESCROW, VAULT]);
    assert_eq!(status(&watchdog), (1_000, 0, 300, ends, false));

    chain.call(OWNER, || watchdog.unwatch(ESCROW)).unwrap();
    assert_eq!(watchdog.watched_accounts(), [VAULT]);
    let unknown = || Error::from(NotWatched { account: ESCROW });
    assert_eq!(chain.call(ANYONE, || watchdog.poke(ESCROW)), Err(unknown()));
    assert_eq!(
        chain.call(OWNER, || watchdog.unwatch(ESCROW)),
        Err(unknown())
    );
    chain
        .call(OWNER, || watchdog.watch(ESCROW, U256::from(200), DAY))
        .unwrap();
    assert_eq!(status(&watchdog), (0, 0, 200, 0, false));
}

#[test]
fn an_outflow_above_the_limit_pauses_everything() {
    let (chain, mut watchdog) = watching();
    assert_eq!(status(&watchdog), (1_000, 0, 200, now(&chain) + DAY, false));
    balance(&chain, 800);
    assert!(!poke(&chain, &mut watchdog), "exactly the limit");
    balance(&chain, 799);
    assert_eq!(status(&watchdog).1, 201);
    assert!(poke(&chain, &mut watchdog));
    assert_eq!(
        chain.last_event::<Tripped>(),
        Tripped {
            account: ESCROW,
            peak: U256::from(1_000),
            balance: U256::from(799),
            limit: U256::from(200),
            until: now(&chain) + PAUSE,
            paused: 3,
        }
    );
    assert!(status(&watchdog).4);
    assert!(events::<PauseFailed>(&chain).is_empty());
}

#[test]
fn it_trips_once_a_window_and_not_twice_for_one_fall() {
    let (chain, mut watchdog) = watching();
    balance(&chain, 700);
    assert!(poke(&chain, &mut watchdog));
    balance(&chain, 0);
    assert!(!poke(&chain, &mut watchdog), "in the same window");
    balance(&chain, 700);
    chain.pass(DAY);
    assert!(!poke(&chain, &mut watchdog), "for the same fall");
    assert_eq!(status(&watchdog), (0, 0, 200, now(&chain) + DAY, false));
    chain.pass(HOLD);
    assert!(!poke(&chain, &mut watchdog));
    balance(&chain, 499);
    assert!(poke(&chain, &mut watchdog), "a new fall in a new window");
}

#[test]
fn a_target_that_refuses_keeps_none_of_the_others_from_it() {
    let (chain, mut watchdog) = watching();
    let until = now(&chain) + PAUSE;
    let reason = GuardianMustWait { until: 5 }.abi_encode();
    refuse(&chain, ESCROW, until, reason.clone());
    refuse(&chain, MARKET, until, Vec::new());
    balance(&chain, 0);
    assert!(poke(&chain, &mut watchdog));
    assert_eq!(chain.last_event::<Tripped>().paused, 1);
    assert_eq!(
        events::<PauseFailed>(&chain),
        [
            PauseFailed {
                target: ESCROW,
                reason: reason.into()
            },
            PauseFailed {
                target: MARKET,
                reason: Default::default()
            }
        ]
    );
    assert!(status(&watchdog).4);
}

#[test]
fn where_nothing_could_be_paused_the_next_poke_tries_again() {
    let (chain, mut watchdog) = watching();
    let until = now(&chain) + PAUSE;
    for target in [ESCROW, VAULT, MARKET] {
        refuse(&chain, target, until, EnforcedPause { until }.abi_encode());
    }
    balance(&chain, 0);
    assert!(poke(&chain, &mut watchdog));
    assert_eq!(chain.last_event::<Tripped>().paused, 0);
    assert!(!status(&watchdog).4);
    chain.pass(1);
    assert!(poke(&chain, &mut watchdog));
    assert_eq!(chain.last_event::<Tripped>().paused, 3);
    assert!(status(&watchdog).4);
}

#[test]
fn a_poke_cannot_be_starved_of_gas() {
    let (chain, mut watchdog) = watching();
    balance(&chain, 0);
    chain.vm.set_gas_left(3 * PAUSE_GAS - 1);
    let error = TooLittleGas {
        left: U256::from(3 * PAUSE_GAS - 1),
        required: U256::from(3 * PAUSE_GAS),
    };
    assert_eq!(
        chain.call(THIEF, || watchdog.poke(ESCROW)),
        Err(error.clone().into())
    );
    assert!(!status(&watchdog).4);
    let until = now(&chain) + DAY;
    assert_eq!(
        chain.call(GUARDIAN, || watchdog.pause(until)),
        Err(error.into())
    );
    chain.vm.set_gas_left(3 * PAUSE_GAS);
    assert!(poke(&chain, &mut watchdog));
}

#[test]
fn the_guardian_pauses_by_hand() {
    let (chain, mut watchdog) = setup();
    let until = now(&chain) + DAY;
    for caller in [THIEF, OWNER] {
        let error = NotGuardian {
            caller,
            guardian: GUARDIAN,
        };
        assert_eq!(
            chain.call(caller, || watchdog.pause(until)),
            Err(error.into())
        );
    }
    refuse(&chain, VAULT, until, vec![1, 2, 3, 4]);
    assert_eq!(chain.call(GUARDIAN, || watchdog.pause(until)), Ok(2));
    assert_eq!(
        chain.last_event::<PauseFailed>(),
        PauseFailed {
            target: VAULT,
            reason: vec![1, 2, 3, 4].into()
        }
    );

    // Too early: every target says so.
    let wait = GuardianMustWait { until: 7 }.abi_encode();
    for target in [ESCROW, VAULT, MARKET] {
        refuse(&chain, target, until, wait.clone());
    }
    assert_eq!(
        chain.call(GUARDIAN, || watchdog.pause(until)),
        Err(NothingPaused {}.into())
    );
    chain
        .call(OWNER, || watchdog.set_guardian(Address::ZERO))
        .unwrap();
    assert!(chain.call(GUARDIAN, || watchdog.pause(until + 1)).is_err());
}

#[test]
fn a_longer_pause_is_not_shortened() {
    let (chain, mut watchdog) = setup();
    let until = now(&chain) + DAY;
    let paused = pausedUntilCall {}.abi_encode();
    chain.answer(VAULT, paused.clone(), Ok((until + 1).abi_encode()));
    chain.answer(MARKET, paused, Ok((until - 1).abi_encode()));
    for target in [VAULT, MARKET] {
        refuse(&chain, target, until, Vec::new());
    }
    assert_eq!(chain.call(GUARDIAN, || watchdog.pause(until)), Ok(2));
    let failed = events::<PauseFailed>(&chain);
    assert_eq!(failed.len(), 1, "the vault was asked");
    assert_eq!(failed[0].target, MARKET);
}

#[test]
fn what_arbos_says_about_programs_passes_through() {
    let (chain, mut watchdog) = setup();
    let program = address!("00000000000000000000000000000000000000f0");
    chain.vm.set_code(program, vec![0xef, 0xf0, 0, 0]);
    let left = programTimeLeftCall { program }.abi_encode();
    chain.answer(keeper::ARB_WASM, left.clone(), Ok(77_u64.abi_encode()));
    assert_eq!(watchdog.time_left_of(program), Ok(77));

    let expired = ProgramExpired { ageInSeconds: 9 }.abi_encode();
    chain.answer(keeper::ARB_WASM, left, Err(expired.clone()));
    let failed = || Error::Shared(ogpu_common::Error(expired.clone()));
    assert_eq!(watchdog.time_left_of(program), Err(failed()));

    let codehash = chain.vm.code_hash(program);
    let keep = codehashKeepaliveCall { codehash }.abi_encode();
    chain.answer(keeper::ARB_WASM, keep, Err(expired.clone()));
    assert_eq!(
        chain.call(ANYONE, || watchdog.keep_alive(program)),
        Err(failed())
    );
    let both = chain.call(ANYONE, || watchdog.keep_alive_all(vec![program, ESCROW]));
    assert_eq!(both, Ok((U256::ONE, U256::ZERO)));
    assert_eq!(
        events::<NotKeptAlive>(&chain),
        [NotKeptAlive {
            program,
            reason: expired.into()
        }]
    );
    assert_eq!(chain.last_event::<KeptAlive>().program, ESCROW);
}

#[test]
fn neither_token_nor_account_is_nobody() {
    let chain = Chain::new();
    let made = chain.call(OWNER, || {
        Watchdog::from(&chain).initialize(OWNER, Address::ZERO, GUARDIAN, PAUSE, vec![])
    });
    assert_eq!(made, shared(ZeroAddress {}));
    let (chain, mut watchdog) = setup();
    let watched = chain.call(OWNER, || watchdog.watch(Address::ZERO, U256::ONE, DAY));
    assert_eq!(watched, shared(ZeroAddress {}));
}

#[test]
fn a_balance_that_cannot_be_read_is_none() {
    let (chain, mut watchdog) = setup();
    assert_eq!(
        watchdog.status_of(VAULT),
        Err(NotWatched { account: VAULT }.into())
    );
    balance(&chain, amount::MAX_AMOUNT + 1);
    let error = AmountTooLarge {
        amount: U256::from(amount::MAX_AMOUNT + 1),
        maximum: U256::from(amount::MAX_AMOUNT),
    };
    assert_eq!(chain.call(ANYONE, || watchdog.poke(ESCROW)), shared(error));
    // nothing at the token's address answers
    let chain = Chain::new();
    let mut watchdog = Watchdog::from(&chain);
    chain
        .call(OWNER, || {
            watchdog.initialize(OWNER, VAULT, GUARDIAN, PAUSE, vec![])
        })
        .unwrap();
    chain
        .call(OWNER, || watchdog.watch(ESCROW, U256::ONE, DAY))
        .unwrap();
    let poked = chain.call(ANYONE, || watchdog.poke(ESCROW));
    assert_eq!(poked, shared(ogpu_common::UnexpectedAnswer {}));
}

#[test]
fn ether_that_cannot_go_back_undoes_what_it_paid_for() {
    let (chain, mut watchdog) = setup();
    let value = U256::from(5);
    chain.vm.set_value(value);
    chain.answer(ANYONE, vec![], Err(vec![]));
    let failed = || {
        RefundFailed {
            to: ANYONE,
            amount: value,
        }
        .into()
    };
    assert_eq!(
        chain.call(ANYONE, || watchdog.keep_alive(ESCROW)),
        Err(failed())
    );
    assert_eq!(
        chain.call(ANYONE, || watchdog.keep_alive_all(vec![ESCROW])),
        Err(failed())
    );
}

#[test]
fn code_is_what_was_required_or_nothing_goes_on() {
    let (chain, watchdog) = setup();
    let code = vec![0xef, 0xf0, 0, 0, 1];
    chain.vm.set_code(ESCROW, code.clone());
    let hash = chain.vm.code_hash(ESCROW);
    assert_eq!(watchdog.require_code(ESCROW, hash), Ok(()));
    for (account, required) in [(ESCROW, B256::ZERO), (VAULT, hash), (ESCROW, !hash)] {
        let error = CodeDiffers {
            account,
            present: chain.vm.code_hash(account),
            required,
        };
        assert_eq!(watchdog.require_code(account, required), Err(error.into()));
    }
}
