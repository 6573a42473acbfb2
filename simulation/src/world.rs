//! A whole system, deployed and wired, and the people in it.

use alloy_primitives::{Address, U256, aliases::U96, hex};
use alloy_sol_types::{SolCall, SolType, SolValue, sol};
use market::abi::{LeaseView, Parameters, TaskView};

use crate::{
    abi::Abi,
    chain::{Answer, Chain, Code, Fault, Manner, Message, Program, Wallet},
    model::Model,
};

sol! {
    /// What deploying and checking call.
    #[allow(missing_docs)] // the contracts document their functions
    interface System {
        function initialize(address owner) external;
        function setExtension(address extension, bytes selectors) external;
        function setSiblings(address escrow, address vault, address registry) external;
        function setTaskManager(address taskManager) external;
        function setContestTerms(address token, uint256 bond) external;
        function setGuardian(address guardian) external;
        function addVerifier(address verifier) external returns (uint8);
        function pause(uint64 until) external;
        function approve(address spender, uint256 value) external returns (bool);
        function transfer(address to, uint256 value) external returns (bool);
        function stake(uint256 amount) external;
        function deposit(uint256 amount) external;
        function register(string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri) external returns (uint256);
        function depositCollateral(uint256 providerId, uint256 amount) external;
        function balanceOf(address account) external view returns (uint256);
        function lockedOf(address account) external view returns (uint256);
        function accruedFees() external view returns (uint256);
        function accruedSlashes() external view returns (uint256 toTreasury, uint256 toBurn);
        function accountOf(address account) external view returns (uint256 free, uint256 locked, uint256 unbonding, uint64 maturesAt, uint256 compensation);
        function scoreOf(uint256 providerId) external view returns (uint256);
        function getVotes(address account) external view returns (uint256);
        function getPastVotes(address account, uint256 timepoint) external view returns (uint256);
        function totalSupply() external view returns (uint256);
        function nonces(address owner) external view returns (uint256);
        function cardOf(uint256 providerId) external view returns (address owner, uint256 trust, uint256 collateral);
        function withdraw(uint256 amount) external;
        function withdrawCollateral(uint256 providerId, uint256 amount) external;
        function withdrawCompensation() external;
        function withdrawUnbonded() external;
        function requestUnbond(uint256 amount) external;
        function expireTask(uint256 taskId) external;
        function failTask(uint256 taskId) external;
        function finalizePayment(uint256 taskId) external;
        function taskOf(uint256 taskId) external view;
        function leaseOf(uint256 leaseId) external view;
        function cancelLease(uint256 leaseId) external;
        function closeLease(uint256 leaseId) external;
    }
    /// Separate from the others, since another contract has functions of these names.
    #[allow(missing_docs)]
    interface TokenInitializer {
        function initialize(address owner, address holder, uint256 supply, uint8 clockMode) external;
    }
    #[allow(missing_docs)]
    interface EscrowInitializer {
        function initialize(address owner, address token, address treasury) external;
    }
    #[allow(missing_docs)]
    interface OptimisticInitializer {
        function initialize(address owner, address market, address escrow, address token, address treasury) external;
        function setParameters(uint64 challengePeriod, uint64 arbitrationPeriod, uint16 bondBps, uint256 minBond) external;
    }
    #[allow(missing_docs)]
    interface OptimisticViews {
        function withdraw(address account) external;
        function conclude(uint256 taskId) external;
        function releaseChallenge(uint256 taskId) external;
        function proposalOf(uint256 taskId) external view returns (uint8 stage, address proposer, bytes32 resultHash, uint64 ends, address challenger, uint256 bond, uint256 fee);
        function owedTo(address account) external view returns (uint256);
    }
    #[allow(missing_docs)]
    interface CommitteeInitializer {
        function initialize(address owner, address token, address treasury) external;
        function setExtension(address extension) external;
        function setSiblings(address market, address escrow) external;
        function setParameter(uint256 field, uint256 value) external returns (uint256);
        function setPlanter(address planter) external;
        function join(uint256 bond) external;
    }
    #[allow(missing_docs)]
    interface CommitteeViews {
        function leave() external;
        function withdraw() external;
        function tally(uint256 taskId) external;
        function nodeOf(address account) external view returns (uint256 standing, uint256 since, uint256 number, uint256 bond, uint256 owed);
        function beaconOf(uint256 beacon) external view returns (uint256 commitEnd, uint256 revealEnd, uint256 commits, uint256 reveals, uint256 mixed);
        function roundOf(uint256 taskId) external view returns (uint256 phase, uint256 size, uint256 beacon, uint256 commitEnd, uint256 revealEnd);
        function voteOf(uint256 taskId, address node) external view returns (uint256 state, bytes32 result, bool latencyOk);
    }
    #[allow(missing_docs)]
    interface WatchdogInitializer {
        function initialize(address owner, address token, address guardian, uint64 pauseDuration, address[] targets) external;
        function watch(address account, uint256 limit, uint64 window) external;
    }
    #[allow(missing_docs)]
    interface VaultInitializer {
        function initialize(address owner, address token, address treasury, uint64 unbondingPeriod) external;
    }
}

/// An address that is easy to tell apart.
const fn address(group: u8, number: u8) -> Address {
    let mut bytes = [0; 20];
    bytes[0] = group;
    bytes[19] = number;
    Address::new(bytes)
}

/// The address of a contract, which is its proxy's.
pub const fn proxy_of(program: Program) -> Address {
    address(0xc0, program as u8 + 1)
}
/// How often each program is deployed: a proxy can be upgraded from one copy to the other.
pub const COPIES: u8 = 2;
/// The address of a program's copy.
pub const fn program_at(program: Program, copy: u8) -> Address {
    address(0xb0 + copy, program as u8 + 1)
}
/// The contracts that people call.
pub const TOKEN: Address = proxy_of(Program::OgpuToken);
/// See [`TOKEN`].
pub const ESCROW: Address = proxy_of(Program::PaymentEscrow);
/// See [`TOKEN`].
pub const VAULT: Address = proxy_of(Program::StakingVault);
/// See [`TOKEN`].
pub const REGISTRY: Address = proxy_of(Program::ReputationRegistry);
/// See [`TOKEN`].
pub const MARKET: Address = proxy_of(Program::TaskManager);
/// See [`TOKEN`].
pub const OPTIMISTIC: Address = proxy_of(Program::OptimisticVerifier);
/// See [`TOKEN`].
pub const COMMITTEE: Address = proxy_of(Program::VerificationCommittee);
/// See [`TOKEN`].
pub const WATCHDOG: Address = proxy_of(Program::Watchdog);
/// The contracts that hold tokens.
pub const HOLDERS: [Address; 5] = [ESCROW, VAULT, OPTIMISTIC, COMMITTEE, REGISTRY];
/// The contracts that can be paused.
pub const PAUSABLE: [Address; 4] = [ESCROW, VAULT, MARKET, COMMITTEE];

/// Who owns everything: stands for the timelock.
pub const OWNER: Address = address(0xa0, 1);
/// Whom the owner hands over to, and who hands back.
pub const OTHER_OWNER: Address = address(0xa0, 2);
/// Who may pause.
pub const GUARDIAN: Address = address(0xa0, 3);
/// Where fees go at first.
pub const TREASURY: Address = address(0xa0, 4);
/// Who judges results, where tasks say so.
pub const VERIFIERS: [Address; 2] = [address(0xee, 1), address(0xee, 2)];
/// People who mostly buy.
pub const CLIENTS: [Address; 4] = [
    address(0x10, 1),
    address(0x10, 2),
    address(0x10, 3),
    REENTERING,
];
/// People who mostly work.
pub const PROVIDERS: [Address; 6] = [
    address(0x20, 1),
    address(0x20, 2),
    address(0x20, 3),
    address(0x20, 4),
    REFUSING,
    REENTERING_PROVIDER,
];
/// A contract that sends a message of its own when a token calls it.
pub const REENTERING: Address = address(0xd0, 1);
/// Another, which works.
pub const REENTERING_PROVIDER: Address = address(0xd0, 2);
/// A contract that refuses every call.
pub const REFUSING: Address = address(0xd0, 3);
/// People who do neither.
pub const STRANGERS: [Address; 2] = [address(0x30, 1), address(0x30, 2)];

/// Verification nodes; the last two vote together for a result that is not the provider's.
pub const NODES: [Address; 6] = [
    address(0x40, 1),
    address(0x40, 2),
    address(0x40, 3),
    address(0x40, 4),
    address(0x40, 5),
    address(0x40, 6),
];
/// Nodes that tell each other what to vote.
pub const COLLUDING: [Address; 2] = [NODES[4], NODES[5]];

/// One whole oGPU, in wei.
pub const OGPU: u128 = 1_000_000_000_000_000_000;
/// When every world begins.
pub const GENESIS: u64 = 1_700_000_000;

/// What a world is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What is special about the token; usually nothing.
    pub manner: Option<Manner>,
    /// Whether votes are counted by blocks instead of seconds.
    pub votes_by_block: bool,
    /// Whether nobody is a contract but the contracts.
    pub bare: bool,
    /// What is wrong on purpose.
    pub fault: Option<Fault>,
}

impl Setting {
    /// The setting that goes with a seed: of eight worlds, five have an honest token, two one with hooks, one one that takes fees.
    pub fn of(seed: u64) -> Self {
        Self {
            manner: match seed % 8 {
                5 | 6 => Some(Manner::Hooks),
                7 => Some(Manner::TakesFee),
                _ => None,
            },
            votes_by_block: seed % 3 == 1,
            bare: false,
            fault: None,
        }
    }
}

/// Everybody but the contracts.
pub fn people() -> Vec<Address> {
    let named = [OWNER, OTHER_OWNER, GUARDIAN, TREASURY];
    [
        &CLIENTS[..],
        &PROVIDERS,
        &STRANGERS,
        &VERIFIERS,
        &NODES,
        &named,
    ]
    .concat()
}

/// A chain with the whole system on it, and the books that are kept of it.
#[derive(Clone, Debug)]
pub struct World {
    /// The chain.
    pub chain: Chain,
    /// The books.
    pub model: Model,
    /// The messages that made it.
    pub founding: Vec<Message>,
}

impl World {
    /// Deploys everything, names everyone to everyone, and spreads tokens, stakes and collateral.
    ///
    /// # Panics
    /// If a step of it is refused, which no seed has a part in.
    pub fn new(abi: &Abi, setting: Setting) -> Self {
        let mut world = Self {
            chain: Chain::new(GENESIS),
            model: Model {
                votes_by_block: setting.votes_by_block,
                ..Model::default()
            },
            founding: Vec::new(),
        };
        world.install(setting);
        world.deploy(setting);
        world.wire(abi);
        world.populate();
        world.chain.fault = setting.fault;
        world
    }

    /// Puts code where it belongs.
    fn install(&mut self, setting: Setting) {
        let chain = &mut self.chain;
        chain.install(Address::with_last_byte(1), Code::Recover);
        if !setting.bare {
            for wallet in [REENTERING, REENTERING_PROVIDER] {
                chain.install(wallet, Code::Wallet(Wallet::Reenters));
            }
            chain.install(REFUSING, Code::Wallet(Wallet::Refuses));
        }
        for &program in Program::ALL {
            let code = match (program, setting.manner) {
                (Program::OgpuToken, Some(manner)) => Code::Token(manner),
                _ => Code::Program(program),
            };
            for copy in 0..COPIES {
                chain.install(program_at(program, copy), code);
            }
        }
    }

    /// Makes the proxies.
    fn deploy(&mut self, setting: Setting) {
        for &program in Program::ALL.iter().filter(|p| !p.is_extension()) {
            let proxy = proxy_of(program);
            let (owner, token, treasury) = (OWNER, TOKEN, TREASURY);
            let initializer = match program {
                Program::OgpuToken => TokenInitializer::initializeCall {
                    owner,
                    holder: TREASURY,
                    supply: U256::from(ogpu_rules::MAX_AMOUNT),
                    clockMode: setting.votes_by_block.into(),
                }
                .abi_encode(),
                Program::PaymentEscrow => EscrowInitializer::initializeCall {
                    owner,
                    token,
                    treasury,
                }
                .abi_encode(),
                Program::StakingVault => VaultInitializer::initializeCall {
                    owner,
                    token,
                    treasury,
                    unbondingPeriod: 14 * 24 * 60 * 60,
                }
                .abi_encode(),
                Program::OptimisticVerifier => OptimisticInitializer::initializeCall {
                    owner,
                    market: MARKET,
                    escrow: ESCROW,
                    token,
                    treasury,
                }
                .abi_encode(),
                Program::VerificationCommittee => CommitteeInitializer::initializeCall {
                    owner,
                    token,
                    treasury,
                }
                .abi_encode(),
                Program::Watchdog => WatchdogInitializer::initializeCall {
                    owner,
                    token,
                    guardian: GUARDIAN,
                    pauseDuration: 3_600,
                    targets: PAUSABLE.into(),
                }
                .abi_encode(),
                _ => System::initializeCall { owner }.abi_encode(),
            };
            let implementation = program_at(program, 0);
            self.founding.push(Message {
                from: OWNER,
                to: proxy,
                value: 0,
                data: initializer.clone(),
            });
            let answer = (self.chain).install_proxy(proxy, implementation, OWNER, initializer);
            self.accept(OWNER, proxy, answer);
        }
    }

    /// Names the contracts to each other.
    fn wire(&mut self, abi: &Abi) {
        let extensions = Program::ALL.iter();
        for &program in extensions.filter(|p| p.host() == Some(Program::TaskManager)) {
            let extension = System::setExtensionCall {
                extension: program_at(program, 0),
                selectors: abi.selectors(program).into(),
            };
            self.send(OWNER, MARKET, extension);
        }
        let siblings = System::setSiblingsCall {
            escrow: ESCROW,
            vault: VAULT,
            registry: REGISTRY,
        };
        self.send(OWNER, MARKET, siblings);
        let set_parameters = abi.function(Program::TaskManager, "setParameters");
        let mut data = set_parameters.map_or(vec![], |function| function.selector.to_vec());
        data.extend(first_parameters().abi_encode());
        self.send_data(OWNER, MARKET, data);
        for verifier in [VERIFIERS[0], VERIFIERS[1], OPTIMISTIC, COMMITTEE] {
            self.send(OWNER, MARKET, System::addVerifierCall { verifier });
        }
        for contract in [ESCROW, VAULT, REGISTRY] {
            let named = System::setTaskManagerCall {
                taskManager: MARKET,
            };
            self.send(OWNER, contract, named);
        }
        let terms = System::setContestTermsCall {
            token: TOKEN,
            bond: U256::from(10 * OGPU),
        };
        self.send(OWNER, REGISTRY, terms);
        self.wire_committee();
        for (contract, guardian) in PAUSABLE
            .into_iter()
            .zip([GUARDIAN, WATCHDOG, GUARDIAN, WATCHDOG])
        {
            self.send(OWNER, contract, System::setGuardianCall { guardian });
        }
        self.wire_verifiers();
    }

    /// Sets periods of verifiers that fit into the windows of the market, and what the watchdog watches.
    fn wire_verifiers(&mut self) {
        let call = OptimisticInitializer::setParametersCall {
            challengePeriod: 900,
            arbitrationPeriod: 86_400,
            bondBps: 1_000,
            minBond: U256::from(OGPU),
        };
        self.send(OWNER, OPTIMISTIC, call);
        for (account, ogpu) in [(ESCROW, 10_000), (VAULT, 100_000)] {
            let call = WatchdogInitializer::watchCall {
                account,
                limit: U256::from(ogpu * OGPU),
                window: 86_400,
            };
            self.send(OWNER, WATCHDOG, call);
        }
    }

    /// Makes the committee one with all its functions. After the other wiring, which knows no part of it.
    fn wire_committee(&mut self) {
        let extension = program_at(Program::CommitteeNodes, 0);
        self.send(
            OWNER,
            COMMITTEE,
            CommitteeInitializer::setExtensionCall { extension },
        );
        let siblings = CommitteeInitializer::setSiblingsCall {
            market: MARKET,
            escrow: ESCROW,
        };
        self.send(OWNER, COMMITTEE, siblings);
        let values = [
            (0, 100 * OGPU),
            (4, 1_200),
            (5, 1_500),
            (6, 1_500),
            (9, 100 * OGPU),
        ];
        for (field, value) in values {
            let call = CommitteeInitializer::setParameterCall {
                field: U256::from(field),
                value: U256::from(value),
            };
            self.send(OWNER, COMMITTEE, call);
        }
        let planter = STRANGERS[1];
        self.send(
            OWNER,
            COMMITTEE,
            CommitteeInitializer::setPlanterCall { planter },
        );
    }

    /// Gives people tokens, stakes and cards.
    fn populate(&mut self) {
        let amount = |ogpu: u128| U256::from(ogpu * OGPU);
        for to in people() {
            if to != TREASURY && to != REFUSING {
                let value = amount(1_000_000);
                self.send(TREASURY, TOKEN, System::transferCall { to, value });
            }
            for spender in HOLDERS {
                let value = U256::MAX;
                self.send(to, TOKEN, System::approveCall { spender, value });
            }
        }
        for node in NODES {
            let bond = amount(10_000);
            self.send(node, COMMITTEE, CommitteeInitializer::joinCall { bond });
        }
        for (index, provider) in PROVIDERS.into_iter().enumerate() {
            let registration = System::registerCall {
                gpuModel: "H100 SXM 80GB".into(),
                gpuCount: 8,
                region: "eu".into(),
                endpoint: String::new(),
                priceListUri: String::new(),
            };
            self.send(provider, REGISTRY, registration);
            if provider == REFUSING {
                continue; // it cannot receive a token that calls it, and so has none
            }
            let stake = System::stakeCall {
                amount: amount(50_000),
            };
            self.send(provider, VAULT, stake);
            let collateral = System::depositCollateralCall {
                providerId: U256::from(index + 1),
                amount: amount(20_000),
            };
            self.send(provider, MARKET, collateral);
        }
    }

    fn send(&mut self, from: Address, to: Address, call: impl SolCall) {
        self.send_data(from, to, call.abi_encode());
    }

    fn send_data(&mut self, from: Address, to: Address, data: Vec<u8>) {
        self.founding.push(Message {
            from,
            to,
            value: 0,
            data: data.clone(),
        });
        let answer = send(&mut self.chain, from, to, data);
        self.accept(from, to, answer);
    }

    fn accept(&mut self, from: Address, to: Address, answer: Answer) {
        if let Err(reason) = answer {
            panic!(
                "{from} is refused at {to}: {}",
                hex::encode_prefixed(reason)
            );
        }
        if let Err(violation) = self.model.observe(&self.chain) {
            panic!("while {from} deploys {to}: {violation}");
        }
    }
}

/// The parameters under which worlds begin: short windows, so that much happens.
pub fn first_parameters() -> Parameters {
    Parameters {
        feeBps: 250,
        trustWeight: 3_000,
        collateralBps: 1_000,
        slashBps: 5_000,
        bidBond: U96::from(OGPU),
        minClientStake: U96::ZERO,
        biddingWindow: 3_600,
        reviewWindow: 7_200,
        challengeWindow: 3_600,
        arbitrationWindow: 14_400,
        assignmentGrace: 3_600,
        maxDuration: 86_400,
        lateBidWindow: 60,
        disputeBond: U96::from(2 * OGPU),
        highValue: U96::from(500 * OGPU),
    }
}

/// Sends a message.
///
/// # Errors
/// What it reverts with.
pub fn send(chain: &mut Chain, from: Address, to: Address, data: Vec<u8>) -> Answer {
    let value = 0;
    chain
        .transact(&Message {
            from,
            to,
            value,
            data,
        })
        .answer
}

/// Asks a contract something that it always answers.
///
/// # Errors
/// [`Unanswered`].
pub fn ask<C: SolCall>(chain: &mut Chain, to: Address, call: C) -> Result<C::Return, Unanswered> {
    let answer = chain.query(to, call.abi_encode());
    let unanswered = || Unanswered {
        contract: to,
        question: C::SIGNATURE,
    };
    C::abi_decode_returns(&answer.map_err(|_| unanswered())?).map_err(|_| unanswered())
}

/// A task as the market shows it.
///
/// # Errors
/// [`Unanswered`].
pub fn task_view(chain: &mut Chain, task: u64) -> Result<TaskView, Unanswered> {
    let question = System::taskOfCall {
        taskId: U256::from(task),
    };
    ask_for_struct(chain, question)
}

/// A lease as the market shows it.
///
/// # Errors
/// [`Unanswered`].
pub fn lease_view(chain: &mut Chain, lease: u64) -> Result<LeaseView, Unanswered> {
    let question = System::leaseOfCall {
        leaseId: U256::from(lease),
    };
    ask_for_struct(chain, question)
}

fn ask_for_struct<C: SolCall, T>(chain: &mut Chain, question: C) -> Result<T, Unanswered>
where
    T: SolValue + From<<T::SolType as SolType>::RustType>,
{
    let unanswered = || Unanswered {
        contract: MARKET,
        question: C::SIGNATURE,
    };
    let answer = chain.query(MARKET, question.abi_encode());
    T::abi_decode(&answer.map_err(|_| unanswered())?).map_err(|_| unanswered())
}

/// A view that failed, or answered with something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{contract} does not answer {question}")]
pub struct Unanswered {
    /// Who was asked.
    pub contract: Address,
    /// What.
    pub question: &'static str,
}
