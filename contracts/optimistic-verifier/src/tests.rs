use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use ogpu_common::{
    InvalidInitialization, OwnableUnauthorizedAccount, TokenTookFee, UUPSUnauthorizedCallContext,
    ZeroAddress,
    testing::{Chain, TOKEN},
};
use ogpu_rules::seal::seal;

use crate::*;

mod books;
mod challenges;

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const TREASURY: Address = address!("00000000000000000000000000000000000000bb");
const MARKET: Address = address!("00000000000000000000000000000000000000cc");
const ESCROW: Address = address!("00000000000000000000000000000000000000dd");
const CLIENT: Address = address!("0000000000000000000000000000000000000001");
const PROVIDER: Address = address!("0000000000000000000000000000000000000002");
const KEEPER: Address = address!("0000000000000000000000000000000000000003");
const CHALLENGER: Address = address!("0000000000000000000000000000000000000004");
const PEOPLE: [Address; 5] = [TREASURY, CLIENT, PROVIDER, KEEPER, CHALLENGER];

const T: U256 = U256::ONE;
const PROVIDER_ID: U256 = U256::from_limbs([7, 0, 0, 0]);
const RESULT: B256 = B256::repeat_byte(0xab);
const START: u64 = 1_000_000;
const PERIOD: u64 = 1_000;
const ARBITRATION: u64 = 100_000;
const PRICE: u64 = 10_000;
const BOND: u128 = 1_000;
const FEE: u128 = 300;
const DEADLINE: u64 = START + PERIOD + 1;

sol! {
    function verificationOf(uint256 taskId) external view returns (address verifier, uint8 status, address client, uint256 providerId, address provider, uint256 price, uint256 fee, bytes32 data, bytes32 seal, uint64 deadline);
    function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
    function withdrawTo(address to, uint256 amount) external;
    /// What the doubles refuse with.
    error Refused();
}

fn n(number: impl TryInto<u64>) -> U256 {
    U256::from(number.try_into().ok().expect("a small number"))
}

/// What the market's double says of a delivered task.
fn delivered(task: U256, verifier: Address) -> verificationOfReturn {
    verificationOfReturn {
        verifier,
        status: SUBMITTED,
        client: CLIENT,
        providerId: PROVIDER_ID,
        provider: PROVIDER,
        price: n(PRICE),
        fee: n(FEE),
        data: B256::ZERO,
        seal: seal(task, PROVIDER_ID, RESULT),
        deadline: DEADLINE,
    }
}

/// A verifier, the double of a market that takes any verdict, and the double of an escrow that pays from its own tokens.
struct Scene {
    chain: Chain,
    verifier: OptimisticVerifier,
}

impl Scene {
    /// Task [`T`] has been delivered; a bond is a tenth of its price; everybody can pay bonds.
    fn new() -> Self {
        let chain = Chain::new();
        let mut verifier = OptimisticVerifier::from(&chain);
        chain
            .call(KEEPER, || {
                verifier.initialize(OWNER, MARKET, ESCROW, TOKEN, TREASURY)
            })
            .unwrap();
        chain
            .call(OWNER, || {
                verifier.set_parameters(PERIOD, ARBITRATION, 1_000, U256::ONE)
            })
            .unwrap();
        for account in PEOPLE {
            let this = chain.contract();
            chain.token.borrow_mut().fund(account, this, 1_000_000);
        }
        let scene = Self { chain, verifier };
        scene.market_says(T, delivered(T, scene.chain.contract()));
        scene
    }

    fn proposed() -> Self {
        let mut scene = Self::new();
        scene.by(KEEPER, |v| v.propose(T, RESULT)).unwrap();
        scene
    }

    fn challenged() -> Self {
        let mut scene = Self::proposed();
        scene.challenge(CHALLENGER, T).unwrap();
        scene
    }

    fn by<R>(
        &mut self,
        sender: Address,
        step: impl FnOnce(&mut OptimisticVerifier) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.chain.call(sender, || step(&mut self.verifier))
    }

    /// Challenges; the fee that the escrow is asked for arrives.
    fn challenge(&mut self, by: Address, task: U256) -> Result<(), Error> {
        let (chain, this) = (self.chain.clone(), self.chain.contract());
        self.by(by, |verifier| {
            verifier.challenge(task)?;
            let mut token = chain.token.borrow_mut();
            *token.balances.entry(this).or_default() += FEE;
            Ok(())
        })
    }

    fn market_says(&self, task: U256, answer: verificationOfReturn) {
        let call = verificationOfCall { taskId: task }.abi_encode();
        let answer = verificationOfCall::abi_encode_returns(&answer);
        self.chain.answer(MARKET, call, Ok(answer));
    }

    /// Whether a double is asked for `call` by `step`: refused, it fails, and the reason comes through; taken, it succeeds.
    fn asks<R: std::fmt::Debug>(
        &mut self,
        to: Address,
        call: impl SolCall,
        sender: Address,
        step: impl Fn(&mut OptimisticVerifier) -> Result<R, Error>,
    ) {
        let reason = alloy_sol_types::SolError::abi_encode(&Refused {});
        let call = call.abi_encode();
        self.chain.answer(to, call.clone(), Err(reason.clone()));
        let error = self.by(sender, &step).unwrap_err();
        assert_eq!(Vec::<u8>::from(error), reason);
        self.chain.answer(to, call, Ok(Vec::new()));
    }

    fn stage(&self, task: U256) -> u8 {
        self.verifier.proposal_of(task).0
    }

    fn owed(&self, account: Address) -> u128 {
        self.verifier.owed_to(account).to()
    }

    fn held(&self) -> u128 {
        self.chain.token.borrow().balance(self.chain.contract())
    }

    fn everybody_is_owed(&self, owed: &[(Address, u128)]) {
        let owed: BTreeMap<_, _> = owed.iter().copied().collect();
        for account in PEOPLE {
            let expected = owed.get(&account).copied().unwrap_or(0);
            assert_eq!(self.owed(account), expected, "{account}");
        }
    }
}

fn shared<T>(error: impl Into<ogpu_common::Error>) -> Result<T, Error> {
    Err(Error::Shared(error.into()))
}

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let mut scene = Scene::new();
    let verifier = &scene.verifier;
    assert_eq!(
        (verifier.owner(), verifier.market(), verifier.escrow()),
        (OWNER, MARKET, ESCROW)
    );
    assert_eq!((verifier.token(), verifier.treasury()), (TOKEN, TREASURY));
    let again = scene.by(OWNER, |v| {
        v.initialize(OWNER, MARKET, ESCROW, TOKEN, TREASURY)
    });
    assert_eq!(again, shared(InvalidInitialization {}));
    let direct = Chain::direct();
    let result = direct.call(OWNER, || {
        OptimisticVerifier::from(&direct).initialize(OWNER, MARKET, ESCROW, TOKEN, TREASURY)
    });
    assert_eq!(result, shared(UUPSUnauthorizedCallContext {}));
    for zero in 0..4 {
        let mut siblings = [MARKET, ESCROW, TOKEN, TREASURY];
        siblings[zero] = Address::ZERO;
        let [market, escrow, token, treasury] = siblings;
        let chain = Chain::new();
        let result = chain.call(OWNER, || {
            OptimisticVerifier::from(&chain).initialize(OWNER, market, escrow, token, treasury)
        });
        assert_eq!(result, shared(ZeroAddress {}));
    }
    let chain = Chain::new();
    let mut fresh = OptimisticVerifier::from(&chain);
    chain
        .call(OWNER, || {
            fresh.initialize(OWNER, MARKET, ESCROW, TOKEN, TREASURY)
        })
        .unwrap();
    let ten = U256::from(10_u128.pow(19));
    assert_eq!(fresh.parameters(), (3_600, 1_209_600, 1_000, ten));
}

#[test]
fn the_owner_sets_it_up_within_bounds() {
    let mut scene = Scene::new();
    let stranger = || shared(OwnableUnauthorizedAccount { account: KEEPER });
    assert_eq!(scene.by(KEEPER, |v| v.set_treasury(KEEPER)), stranger());
    let set = |period: u64, min_bond: U256| {
        move |v: &mut OptimisticVerifier| v.set_parameters(period, ARBITRATION, 1_000, min_bond)
    };
    assert_eq!(scene.by(KEEPER, set(PERIOD, U256::ONE)), stranger());
    let above = U256::ONE << 96;
    let error = ogpu_common::AmountTooLarge {
        amount: above,
        maximum: above - U256::ONE,
    };
    assert_eq!(scene.by(OWNER, set(PERIOD, above)), shared(error));
    let zero = scene.by(OWNER, |v| v.set_treasury(Address::ZERO));
    assert_eq!(zero, shared(ZeroAddress {}));
    let out = OutOfRange {
        field: 0,
        value: n(599),
        minimum: n(600),
        maximum: n(604_800),
    };
    assert_eq!(scene.by(OWNER, set(599, U256::ONE)), Err(out.into()));
    let no_bond = OutOfRange {
        field: 3,
        value: U256::ZERO,
        minimum: U256::ONE,
        maximum: U256::from(stakes::MAX_MIN_BOND),
    };
    assert_eq!(
        scene.by(OWNER, set(PERIOD, U256::ZERO)),
        Err(no_bond.into())
    );
    assert!(scene.by(OWNER, set(PERIOD, U256::MAX)).is_err());
    assert_eq!(
        scene.verifier.parameters(),
        (PERIOD, ARBITRATION, 1_000, U256::ONE)
    );

    scene.by(OWNER, set(2_000, n(5_000))).unwrap();
    let event = ParametersSet {
        challengePeriod: 2_000,
        arbitrationPeriod: ARBITRATION,
        bondBps: 1_000,
        minBond: n(5_000),
    };
    assert_eq!(scene.chain.last_event::<ParametersSet>(), event);
    assert_eq!(scene.verifier.bond_for(n(PRICE)), Ok(n(5_000)));
    assert_eq!(scene.verifier.bond_for(n(60_000)), Ok(n(6_000)));
    assert!(scene.verifier.bond_for(U256::MAX).is_err());

    scene.by(OWNER, |v| v.set_treasury(KEEPER)).unwrap();
    let event: TreasuryChanged = scene.chain.last_event();
    assert_eq!(
        (event.previousTreasury, event.newTreasury),
        (TREASURY, KEEPER)
    );
}

#[test]
fn only_the_sealed_result_of_a_task_of_its_own_is_proposed() {
    let mut scene = Scene::new();
    let this = scene.chain.contract();
    let wrong = keccak256("not it");
    let error = WrongResult {
        taskId: T,
        resultHash: wrong,
        seal: seal(T, PROVIDER_ID, RESULT),
    };
    assert_eq!(scene.by(KEEPER, |v| v.propose(T, wrong)), Err(error.into()));
    let zero = scene.by(KEEPER, |v| v.propose(T, B256::ZERO));
    assert_eq!(zero, Err(ZeroResult {}.into()));

    let call = verificationOfCall { taskId: T };
    let reason = alloy_sol_types::SolError::abi_encode(&Refused {});
    let refused = Err(reason.clone());
    scene.chain.answer(MARKET, call.abi_encode(), refused);
    let error = scene.by(KEEPER, |v| v.propose(T, RESULT)).unwrap_err();
    assert_eq!(Vec::from(error), reason);

    let mut propose = |said: verificationOfReturn| {
        scene.market_says(T, said);
        scene.by(KEEPER, |v| v.propose(T, RESULT))
    };
    for verifier in [Address::ZERO, KEEPER] {
        let error = OtherVerifier {
            taskId: T,
            verifier,
        };
        assert_eq!(propose(delivered(T, verifier)), Err(error.into()));
    }
    for status in (0..12).filter(|status| *status != SUBMITTED) {
        let said = verificationOfReturn {
            status,
            ..delivered(T, this)
        };
        let error = WrongStatus { taskId: T, status };
        assert_eq!(propose(said), Err(error.into()));
    }
    // The seal of another task, or of another provider, is another one.
    for other in [seal(n(2), PROVIDER_ID, RESULT), seal(T, n(8), RESULT)] {
        let said = verificationOfReturn {
            seal: other,
            ..delivered(T, this)
        };
        assert!(matches!(propose(said), Err(Error::WrongResult(_))));
    }
    let late = verificationOfReturn {
        deadline: START + PERIOD,
        ..delivered(T, this)
    };
    let error = NoTimeToChallenge {
        taskId: T,
        ends: START + PERIOD,
        deadline: START + PERIOD,
    };
    assert_eq!(propose(late), Err(error.into()));
    assert_eq!(scene.stage(T), 0);

    scene.market_says(T, delivered(T, this));
    scene.by(KEEPER, |v| v.propose(T, RESULT)).unwrap();
    let event = Proposed {
        taskId: T,
        proposer: KEEPER,
        resultHash: RESULT,
        ends: START + PERIOD,
    };
    assert_eq!(scene.chain.last_event::<Proposed>(), event);
    let proposal = (
        1,
        KEEPER,
        RESULT,
        START + PERIOD,
        Address::ZERO,
        U256::ZERO,
        U256::ZERO,
    );
    assert_eq!(scene.verifier.proposal_of(T), proposal);
    let again = WrongStage {
        taskId: T,
        stage: 1,
        required: 0,
    };
    assert_eq!(
        scene.by(PROVIDER, |v| v.propose(T, RESULT)),
        Err(again.into())
    );
}

#[test]
fn an_unchallenged_result_is_concluded_once_for_the_proposers_fee() {
    let mut scene = Scene::proposed();
    scene.chain.pass(PERIOD - 1);
    let early = TooEarly {
        taskId: T,
        from: START + PERIOD,
    };
    assert_eq!(scene.by(CLIENT, |v| v.conclude(T)), Err(early.into()));
    scene.chain.pass(1);
    let verdict = verifyCompletionCall {
        taskId: T,
        resultHash: RESULT,
    };
    scene.asks(MARKET, verdict, CLIENT, |v| v.conclude(T));
    let payment = withdrawToCall {
        to: KEEPER,
        amount: n(FEE),
    };
    scene.asks(ESCROW, payment, CLIENT, |v| v.conclude(T));
    scene.by(CLIENT, |v| v.conclude(T)).unwrap();
    let event = Concluded {
        taskId: T,
        proposer: KEEPER,
        fee: n(FEE),
    };
    assert_eq!(scene.chain.last_event::<Concluded>(), event);
    let closed = WrongStage {
        taskId: T,
        stage: 3,
        required: 1,
    };
    assert_eq!(
        scene.by(CLIENT, |v| v.conclude(T)),
        Err(closed.clone().into())
    );
    assert_eq!(scene.challenge(CHALLENGER, T), Err(closed.into()));
    assert!(scene.by(KEEPER, |v| v.propose(T, RESULT)).is_err());
    scene.everybody_is_owed(&[]);
}

#[test]
fn what_the_market_went_on_without_lapses() {
    let mut scene = Scene::proposed();
    scene.chain.pass(PERIOD + 1);
    let disputed = verificationOfReturn {
        status: 6,
        ..delivered(T, scene.chain.contract())
    };
    scene.market_says(T, disputed);
    let verdict = verifyCompletionCall {
        taskId: T,
        resultHash: RESULT,
    };
    scene
        .chain
        .answer(MARKET, verdict.abi_encode(), Err(Vec::new()));
    scene.by(CLIENT, |v| v.conclude(T)).unwrap();
    let event = Lapsed {
        taskId: T,
        status: 6,
    };
    assert_eq!(scene.chain.last_event::<Lapsed>(), event);
    assert_eq!(scene.stage(T), 3);
    scene.everybody_is_owed(&[]);
}

#[test]
fn a_task_without_a_fee_asks_the_escrow_for_nothing() {
    let mut scene = Scene::new();
    let this = scene.chain.contract();
    let free = verificationOfReturn {
        fee: U256::ZERO,
        ..delivered(T, this)
    };
    scene.market_says(T, free);
    for to in [KEEPER, this] {
        let call = withdrawToCall {
            to,
            amount: U256::ZERO,
        };
        scene
            .chain
            .answer(ESCROW, call.abi_encode(), Err(Vec::new()));
    }
    scene.by(KEEPER, |v| v.propose(T, RESULT)).unwrap();
    scene.by(CHALLENGER, |v| v.challenge(T)).unwrap();
    scene.by(OWNER, |v| v.resolve_challenge(T, false)).unwrap();
    scene.everybody_is_owed(&[(TREASURY, BOND)]);
}

#[test]
fn a_price_and_a_fee_are_amounts() {
    let mut scene = Scene::new();
    let this = scene.chain.contract();
    let above = U256::ONE << 96;
    let error = ogpu_common::AmountTooLarge {
        amount: above,
        maximum: above - U256::ONE,
    };
    for (price, fee) in [(above, n(FEE)), (n(PRICE), above)] {
        let task = verificationOfReturn {
            price,
            fee,
            ..delivered(T, this)
        };
        scene.market_says(T, task);
        let proposed = scene.by(KEEPER, |v| v.propose(T, RESULT));
        assert_eq!(proposed, shared(error.clone()));
    }
}
