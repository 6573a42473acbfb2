use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use ogpu_common::{
    InvalidInitialization, OwnableUnauthorizedAccount, TokenTookFee, UUPSUnauthorizedCallContext,
    ZeroAddress, ZeroAmount,
    testing::{Chain, TOKEN},
};
use ogpu_rules::{replication::Plan, seal::seal};

use crate::*;

mod attacks;
mod books;
mod rounds;

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const TREASURY: Address = address!("00000000000000000000000000000000000000bb");
const MARKET: Address = address!("00000000000000000000000000000000000000cc");
const ESCROW: Address = address!("00000000000000000000000000000000000000dd");
const REGISTRY: Address = address!("00000000000000000000000000000000000000ee");
const CLIENT: Address = address!("0000000000000000000000000000000000000001");
const PROVIDER: Address = address!("0000000000000000000000000000000000000002");
const STRANGER: Address = address!("0000000000000000000000000000000000000003");
const A: Address = address!("0000000000000000000000000000000000000010");
const B: Address = address!("0000000000000000000000000000000000000011");
const C: Address = address!("0000000000000000000000000000000000000012");
const D: Address = address!("0000000000000000000000000000000000000013");
const REPLICAS: [Address; 4] = [A, B, C, D];

const T: U256 = U256::ONE;
const PROVIDER_ID: U256 = U256::from_limbs([7, 0, 0, 0]);
const RESULT: B256 = B256::repeat_byte(0xab);
const OTHER: B256 = B256::repeat_byte(0xcd);
const SECRET: B256 = B256::repeat_byte(0x5e);
const SALT: B256 = B256::repeat_byte(0x33);
const START: u64 = 1_000_000;
const CLAIM: u64 = 900;
const WORK: u64 = 3_600;
const REVEAL: u64 = 1_800;
const MARGIN: u64 = 900;
const DEADLINE: u64 = START + CLAIM + WORK + REVEAL + MARGIN;
const BOND: u128 = 10_000_000_000_000;
const FEE: u128 = 301;
const PURSE: u128 = 5 * BOND;

const OPEN: u8 = 1;
const ASSIGNED: u8 = 2;
const SUBMITTED: u8 = 3;
const DISPUTED: u8 = 6;

sol! {
    function verificationOf(uint256 taskId) external view returns (address verifier, uint8 status, address client, uint256 providerId, address provider, uint256 price, uint256 fee, bytes32 data, bytes32 seal, uint64 deadline);
    function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
    function providerOf(address account) external view returns (uint256 providerId);
    function withdraw(uint256 amount) external;
    /// What the doubles refuse with.
    error Refused();
}

/// The plan of so many replicas, an hour to work, and [`BOND`].
fn plan(replicas: u8) -> B256 {
    Plan::new(replicas, 60, BOND, &SECRET).unwrap().pack()
}

/// A verifier, a market's double that takes any verdict, and an escrow's that pays [`FEE`].
struct Scene {
    chain: Chain,
    verifier: ReplicationVerifier,
    replicas: u8,
}

impl Scene {
    /// Task [`T`] takes bids and asks for `replicas`; [`REPLICAS`] and the provider are registered and have [`PURSE`] each.
    fn new(replicas: u8) -> Self {
        let chain = Chain::new();
        let mut verifier = ReplicationVerifier::from(&chain);
        chain
            .call(STRANGER, || {
                verifier.initialize(OWNER, MARKET, ESCROW, REGISTRY, TOKEN, TREASURY)
            })
            .unwrap();
        let mut scene = Self {
            chain,
            verifier,
            replicas,
        };
        let this = scene.chain.contract();
        for (index, account) in [CLIENT, STRANGER, PROVIDER, A, B, C, D]
            .into_iter()
            .enumerate()
        {
            scene.chain.token.borrow_mut().fund(account, this, PURSE);
            let registered = U256::from(if index < 2 { 0 } else { index });
            let call = providerOfCall { account }.abi_encode();
            let answer = Ok(registered.abi_encode());
            scene.chain.answer(REGISTRY, call, answer);
            scene.by(account, |v| v.deposit(U256::from(PURSE))).unwrap();
        }
        scene.task_is(OPEN);
        scene
    }

    /// These have enrolled, and the task is delivered and drawn.
    fn drawn(replicas: u8, enrolled: &[Address]) -> Self {
        let mut scene = Self::new(replicas);
        for account in enrolled {
            scene.by(*account, |v| v.enrol(T)).unwrap();
        }
        scene.task_is(SUBMITTED);
        scene.by(CLIENT, |v| v.draw(T, SECRET)).unwrap();
        scene
    }

    /// As many replicas as were ordered sit, from [`A`] on, and can commit.
    fn seated(replicas: u8) -> Self {
        let enrolled = &REPLICAS[..replicas as usize];
        let mut scene = Self::drawn(replicas, enrolled);
        for account in enrolled {
            scene.by(*account, |v| v.claim(T)).unwrap();
        }
        scene.chain.pass(CLAIM);
        scene
    }

    /// What the market says of [`T`] at this status.
    fn said(&self, status: u8) -> verificationOfReturn {
        verificationOfReturn {
            verifier: self.chain.contract(),
            status,
            client: CLIENT,
            providerId: if status == OPEN {
                U256::ZERO
            } else {
                PROVIDER_ID
            },
            provider: if status == OPEN {
                Address::ZERO
            } else {
                PROVIDER
            },
            price: U256::from(1_000),
            fee: U256::from(FEE),
            data: plan(self.replicas),
            seal: if status == SUBMITTED {
                seal(T, PROVIDER_ID, RESULT)
            } else {
                B256::ZERO
            },
            deadline: DEADLINE,
        }
    }

    fn market_says(&self, answer: verificationOfReturn) {
        let call = verificationOfCall { taskId: T }.abi_encode();
        let answer = verificationOfCall::abi_encode_returns(&answer);
        self.chain.answer(MARKET, call, Ok(answer));
    }

    fn task_is(&self, status: u8) {
        self.market_says(self.said(status));
    }

    fn by<R>(
        &mut self,
        sender: Address,
        step: impl FnOnce(&mut ReplicationVerifier) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.chain.call(sender, || step(&mut self.verifier))
    }

    fn commit(&mut self, replica: Address, result: B256) -> Result<(), Error> {
        let sealed = sealed(replica, result);
        self.by(replica, |v| v.commit(T, sealed))
    }

    fn reveal(&mut self, replica: Address, result: B256) -> Result<(), Error> {
        self.by(replica, |v| v.reveal(T, result, SALT))
    }

    /// Replicas commit to these results, then reveal them.
    fn vote(&mut self, results: &[(Address, B256)]) {
        for (replica, result) in results {
            self.commit(*replica, *result).unwrap();
        }
        let until = self.verifier.round_of(T).6;
        let now = self.chain.vm.block_timestamp();
        self.chain.pass(until.saturating_sub(now));
        for (replica, result) in results {
            self.reveal(*replica, *result).unwrap();
        }
    }

    /// Concludes; the fee that the escrow is asked for arrives.
    fn conclude(&mut self) -> Result<Concluded, Error> {
        let (chain, this) = (self.chain.clone(), self.chain.contract());
        self.by(STRANGER, |verifier| {
            verifier.conclude(T)?;
            let event: Concluded = chain.last_event();
            let fee = event.fee.to::<u128>();
            *chain.token.borrow_mut().balances.entry(this).or_default() += fee;
            Ok(event)
        })
    }

    /// That the market is told exactly this: refused, concluding fails with the market's reason.
    fn tells(&mut self, result: B256) {
        let call = verifyCompletionCall {
            taskId: T,
            resultHash: result,
        };
        let call = call.abi_encode();
        let reason = Refused {}.abi_encode();
        self.chain.answer(MARKET, call.clone(), Err(reason.clone()));
        assert_eq!(self.by(STRANGER, |v| v.conclude(T)), Err(Error(reason)));
        self.chain.answer(MARKET, call, Ok(Vec::new()));
    }

    /// Free and locked, in wei.
    fn purse(&self, account: Address) -> (u128, u128) {
        let (free, locked) = self.verifier.purse_of(account);
        (free.to(), locked.to())
    }

    fn held(&self) -> u128 {
        self.chain.token.borrow().balance(self.chain.contract())
    }

    /// The sum of all purses.
    fn owed(&self) -> u128 {
        let people = [CLIENT, STRANGER, PROVIDER, TREASURY, A, B, C, D];
        people
            .into_iter()
            .map(|account| self.purse(account))
            .map(|(free, locked)| free + locked)
            .sum()
    }
}

/// What a replica commits to.
fn sealed(replica: Address, result: B256) -> B256 {
    keccak256((T, replica, result, SALT).abi_encode())
}

fn because<T>(error: impl SolError) -> Result<T, Error> {
    Err(Error(error.abi_encode()))
}

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let mut scene = Scene::new(3);
    let verifier = &scene.verifier;
    assert_eq!((verifier.owner(), verifier.market()), (OWNER, MARKET));
    assert_eq!((verifier.token(), verifier.treasury()), (TOKEN, TREASURY));
    let again = scene.by(OWNER, |v| {
        v.initialize(OWNER, MARKET, ESCROW, REGISTRY, TOKEN, TREASURY)
    });
    assert_eq!(again, because(InvalidInitialization {}));
    let direct = Chain::direct();
    let result = direct.call(OWNER, || {
        ReplicationVerifier::from(&direct)
            .initialize(OWNER, MARKET, ESCROW, REGISTRY, TOKEN, TREASURY)
    });
    assert_eq!(result, because(UUPSUnauthorizedCallContext {}));
    for zero in 0..5 {
        let mut siblings = [MARKET, ESCROW, REGISTRY, TOKEN, TREASURY];
        siblings[zero] = Address::ZERO;
        let [market, escrow, registry, token, treasury] = siblings;
        let chain = Chain::new();
        let result = chain.call(OWNER, || {
            ReplicationVerifier::from(&chain)
                .initialize(OWNER, market, escrow, registry, token, treasury)
        });
        assert_eq!(result, because(ZeroAddress {}));
    }
}

#[test]
fn the_owner_names_the_treasury() {
    let mut scene = Scene::new(3);
    let stranger = OwnableUnauthorizedAccount { account: STRANGER };
    assert_eq!(
        scene.by(STRANGER, |v| v.set_treasury(STRANGER)),
        because(stranger)
    );
    let zero = scene.by(OWNER, |v| v.set_treasury(Address::ZERO));
    assert_eq!(zero, because(ZeroAddress {}));
    scene.by(OWNER, |v| v.set_treasury(STRANGER)).unwrap();
    let event: TreasuryChanged = scene.chain.last_event();
    assert_eq!(
        (event.previousTreasury, event.newTreasury),
        (TREASURY, STRANGER)
    );
}

#[test]
fn what_is_put_in_can_be_taken_out_and_no_more() {
    let mut scene = Scene::new(3);
    assert_eq!(scene.purse(A), (PURSE, 0));
    assert_eq!(scene.held(), 7 * PURSE);
    let zero = scene.by(A, |v| v.deposit(U256::ZERO));
    assert_eq!(zero, because(ZeroAmount {}));
    let zero = scene.by(A, |v| v.withdraw(U256::ZERO));
    assert_eq!(zero, because(ZeroAmount {}));
    let more = InsufficientPurse {
        account: A,
        available: U256::from(PURSE),
        requested: U256::from(PURSE + 1),
    };
    let result = scene.by(A, |v| v.withdraw(U256::from(PURSE + 1)));
    assert_eq!(result, because(more));
    scene.by(A, |v| v.withdraw(U256::from(5))).unwrap();
    let event: Withdrawn = scene.chain.last_event();
    assert_eq!((event.account, event.amount), (A, U256::from(5)));
    assert_eq!(scene.purse(A), (PURSE - 5, 0));
    assert_eq!(scene.chain.token.borrow().balance(A), 5);

    let this = scene.chain.contract();
    scene.chain.token.borrow_mut().fund(A, this, 10);
    scene.chain.token.borrow_mut().fee = 1;
    let fee = TokenTookFee {
        token: TOKEN,
        sent: U256::from(10),
        received: U256::from(9),
    };
    assert_eq!(scene.by(A, |v| v.deposit(U256::from(10))), because(fee));
    scene.chain.token.borrow_mut().refuses = true;
    assert!(scene.by(A, |v| v.withdraw(U256::from(10))).is_err());
    assert_eq!(
        (scene.purse(A), scene.held()),
        ((PURSE - 5, 0), 7 * PURSE - 5)
    );
}

#[test]
fn enrolling_locks_the_bond_and_leaving_frees_it() {
    let mut scene = Scene::new(3);
    scene.by(A, |v| v.enrol(T)).unwrap();
    let event: Enrolled = scene.chain.last_event();
    assert_eq!((event.account, event.bond), (A, U256::from(BOND)));
    assert_eq!(scene.purse(A), (PURSE - BOND, BOND));
    let candidate = (1, false, U256::from(BOND), B256::ZERO);
    assert_eq!(scene.verifier.candidate_of(T, A), candidate);
    // While it is worked on, too.
    scene.task_is(ASSIGNED);
    scene.by(B, |v| v.enrol(T)).unwrap();
    scene.by(A, |v| v.leave(T)).unwrap();
    let event: Left = scene.chain.last_event();
    assert_eq!((event.account, event.bond), (A, U256::from(BOND)));
    assert_eq!(scene.purse(A), (PURSE, 0));
    let gone = NotEnrolled {
        taskId: T,
        account: A,
    };
    assert_eq!(scene.by(A, |v| v.leave(T)), because(gone));
}

#[test]
fn what_siblings_refuse_with_is_the_reason() {
    let mut scene = Scene::new(3);
    let (task, replica) = (
        verificationOfCall { taskId: T }.abi_encode(),
        providerOfCall { account: A }.abi_encode(),
    );
    for (sibling, call) in [(REGISTRY, replica), (MARKET, task)] {
        let reason = Refused {}.abi_encode();
        scene.chain.answer(sibling, call, Err(reason));
        assert_eq!(scene.by(A, |v| v.enrol(T)), because(Refused {}));
    }
}

#[test]
fn some_cannot_enrol() {
    let mut scene = Scene::new(3);
    let stranger = NotRegistered { account: STRANGER };
    assert_eq!(scene.by(STRANGER, |v| v.enrol(T)), because(stranger));
    let client = SelfDealing { account: CLIENT };
    assert_eq!(scene.by(CLIENT, |v| v.enrol(T)), because(client));
    scene
        .by(A, |v| v.withdraw(U256::from(PURSE - BOND + 1)))
        .unwrap();
    let poor = InsufficientPurse {
        account: A,
        available: U256::from(BOND - 1),
        requested: U256::from(BOND),
    };
    assert_eq!(scene.by(A, |v| v.enrol(T)), because(poor));

    for status in (0..12).filter(|status| ![OPEN, ASSIGNED].contains(status)) {
        scene.task_is(status);
        let error = WrongStatus { taskId: T, status };
        assert_eq!(scene.by(B, |v| v.enrol(T)), because(error));
    }
    for verifier in [Address::ZERO, STRANGER] {
        scene.market_says(verificationOfReturn {
            verifier,
            ..scene.said(OPEN)
        });
        let error = OtherVerifier {
            taskId: T,
            verifier,
        };
        assert_eq!(scene.by(B, |v| v.enrol(T)), because(error));
    }
    let mut data = plan(3);
    data[0] = 9;
    scene.market_says(verificationOfReturn {
        data,
        ..scene.said(OPEN)
    });
    let error = InvalidPlan {
        taskId: T,
        verifierData: data,
    };
    assert_eq!(scene.by(B, |v| v.enrol(T)), because(error));
    assert_eq!(scene.purse(B), (PURSE, 0));
}
