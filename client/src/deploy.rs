//! Deploying the whole system to any Nitro chain, in a way that survives being interrupted.
//!
//! Each program is created, activated through ArbOS, and bid into the program cache where the chain has a cache manager.
//! Then each contract gets its proxy, which is initialised in the transaction that creates it
//! ([`proxy_init`](crate::proxy_init)); the task manager's extensions have none, since the task manager delegates to them, which it
//! is told next. Then the contracts learn of each other, and the market of its parameters; the watchdog becomes the guardian of escrow,
//! vault and task manager, and watches the tokens of the first two; then ownership goes to its final owner: the timelock of the DAO,
//! in which the deployer gives its role up, or an account.
//!
//! Every transaction is signed and written to the deployment file before it is sent, and again once it is mined. A later
//! run sends the very same bytes again where it cannot see them mined, so no step is done twice and none is lost.

use std::path::Path;

use crate::{
    Account, Chain, ClientError, Contract, Deployment, Program, Programs, Receipt, StepState,
    bindings::{
        ArbWasm, ArbWasmCache, CacheManager, GovernanceDao, OgpuToken, OptimisticVerifier, Owned,
        Pausable, PaymentEscrow, ReplicationVerifier, ReputationRegistry, StakingVault,
        TaskManager, Timelock, VerificationCommittee, Watchdog, ZkVerifier,
        arbos::{ARB_WASM, ARB_WASM_CACHE},
    },
    deployment::Anchor,
    keeper::{outcome, with_margin},
    programs::selectors,
    proxy_init::proxy_creation_code,
};
use alloy::{
    network::TransactionBuilder as _,
    primitives::{Address, B256, Bytes, U256, aliases::U48, keccak256},
    providers::Provider as _,
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};

pub use crate::settings::{GovernanceSettings, Settings};

/// The watchdog's window: a day, in seconds.
const WATCH_WINDOW: u64 = 86_400;
/// What contesting a change of a score costs at first, in wei: 10 oGPU.
const CONTEST_BOND: u128 = 10_000_000_000_000_000_000;

/// What a deployment tells whoever watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A step's transaction is in the file and about to be sent.
    Signed {
        /// The step.
        step: String,
    },
    /// A step's transaction is mined and in the file.
    Done {
        /// The step.
        step: String,
        /// Gas it used.
        gas: u64,
    },
    /// A step was not necessary, or an earlier run did it.
    Skipped {
        /// The step.
        step: String,
    },
}

/// Deploys a system from `account`, or goes on with the deployment that the file at `path` holds. A finished one is
/// returned as it is, after its programs are found active.
///
/// # Errors
/// [`ClientError::OtherChain`] when the file belongs to another chain, [`ClientError::Mismatch`] when it was begun by another
/// account or with other settings or programs, [`ClientError::TwoOwners`] when both an owner and a DAO are named, [`ClientError::BadSetting`] for
/// one that a contract would refuse, [`ClientError::File`] when it cannot be written, and what sending gives.
pub async fn deploy(
    account: &Account,
    programs: &Programs,
    settings: &Settings,
    path: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Deployment, ClientError> {
    if settings.owner.is_some() && settings.governance.is_some() {
        return Err(ClientError::TwoOwners);
    }
    let chain = account.chain();
    let file = match Deployment::load(path, chain).await {
        Ok(file) => {
            let mismatch = |why: String| {
                Err(ClientError::Mismatch {
                    path: path.to_owned(),
                    why,
                })
            };
            if file.deployer != account.address() {
                return mismatch(format!(
                    "begun by {}, and this key is that of {}",
                    file.deployer,
                    account.address()
                ));
            }
            if file.settings != *settings {
                return mismatch("begun with other settings".to_owned());
            }
            file
        }
        Err(ClientError::NoDeployment { .. }) => {
            settings.check()?;
            Deployment::begin(path, chain, account.address(), settings.clone()).await?
        }
        Err(error) => return Err(error),
    };
    let mut run = Run {
        account,
        chain,
        file,
        progress,
    };
    run.all(programs).await?;
    Ok(run.file)
}

/// A deployment under way.
struct Run<'a> {
    account: &'a Account,
    chain: &'a Chain,
    file: Deployment,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl Run<'_> {
    async fn all(&mut self, programs: &Programs) -> Result<(), ClientError> {
        let deployer = self.account.address();
        let settings = self.file.settings.clone();
        let holder = settings.holder.unwrap_or(deployer);

        self.bare(&programs.proxy).await?;

        let call = OgpuToken::initializeCall {
            owner: deployer,
            holder,
            supply: settings.supply,
            clockMode: settings.clock_mode,
        };
        let token = self.contract(programs, &programs.token, call).await?;
        let owner = match &settings.governance {
            Some(governance) => self.governance(programs, token, governance).await?,
            None => settings.owner.unwrap_or(deployer),
        };
        let treasury = settings.treasury.unwrap_or(owner);
        let call = PaymentEscrow::initializeCall {
            owner: deployer,
            token,
            treasury,
        };
        let escrow = self.contract(programs, &programs.escrow, call).await?;
        let call = StakingVault::initializeCall {
            owner: deployer,
            token,
            treasury,
            unbondingPeriod: settings.unbonding_period,
        };
        let vault = self.contract(programs, &programs.vault, call).await?;
        let call = ReputationRegistry::initializeCall { owner: deployer };
        let registry = self.contract(programs, &programs.registry, call).await?;
        let call = TaskManager::initializeCall { owner: deployer };
        let tasks = self
            .contract(programs, &programs.task_manager, call)
            .await?;

        for program in &programs.extensions {
            let extension = self.bare(program).await?;
            let call = TaskManager::setExtensionCall {
                extension,
                selectors: selectors(program.name()),
            };
            self.call(&format!("wire {}", program.name()), tasks, &call)
                .await?;
        }
        self.wire(
            "escrow",
            escrow,
            PaymentEscrow::setTaskManagerCall { taskManager: tasks },
        )
        .await?;
        self.wire(
            "vault",
            vault,
            StakingVault::setTaskManagerCall { taskManager: tasks },
        )
        .await?;
        self.wire(
            "registry",
            registry,
            ReputationRegistry::setTaskManagerCall { taskManager: tasks },
        )
        .await?;
        let call = ReputationRegistry::setContestTermsCall {
            token,
            bond: U256::from(CONTEST_BOND),
        };
        self.call("terms of contests", registry, &call).await?;
        self.wire(
            "task manager",
            tasks,
            TaskManager::setSiblingsCall {
                escrow,
                vault,
                registry,
            },
        )
        .await?;
        let call = TaskManager::setParametersCall {
            parameters: settings.parameters.clone(),
        };
        self.call("parameters of the market", tasks, &call).await?;

        let call = ZkVerifier::initializeCall {
            owner: deployer,
            market: tasks,
            escrow,
        };
        let zk = self.contract(programs, &programs.zk_verifier, call).await?;
        let call = OptimisticVerifier::initializeCall {
            owner: deployer,
            market: tasks,
            escrow,
            token,
            treasury,
        };
        let optimistic = self
            .contract(programs, &programs.optimistic_verifier, call)
            .await?;
        let call = ReplicationVerifier::initializeCall {
            owner: deployer,
            market: tasks,
            escrow,
            registry,
            token,
            treasury,
        };
        let replication = self
            .contract(programs, &programs.replication_verifier, call)
            .await?;
        let committee = self.committee(programs, token, treasury, tasks, escrow);
        let committee = committee.await?;
        let verifiers = [
            ("zk verifier", zk),
            ("optimistic verifier", optimistic),
            ("verification committee", committee),
            ("replication verifier", replication),
        ];
        for (name, verifier) in verifiers {
            let call = TaskManager::addVerifierCall { verifier };
            self.call(&format!("approve the {name}"), tasks, &call)
                .await?;
        }

        let call = Watchdog::initializeCall {
            owner: deployer,
            token,
            guardian: settings.guardian.unwrap_or_default(),
            pauseDuration: settings.pause_duration,
            targets: vec![escrow, vault, tasks],
        };
        let watchdog = self.contract(programs, &programs.watchdog, call).await?;
        for (name, address) in [
            ("escrow", escrow),
            ("vault", vault),
            ("task manager", tasks),
        ] {
            let call = Pausable::setGuardianCall { guardian: watchdog };
            self.call(&format!("guardian of the {name}"), address, &call)
                .await?;
        }
        for (name, account) in [("escrow", escrow), ("vault", vault)] {
            let call = Watchdog::watchCall {
                account,
                limit: settings.outflow_limit,
                window: WATCH_WINDOW,
            };
            self.call(&format!("watch the {name}"), watchdog, &call)
                .await?;
        }
        if owner != deployer {
            let all = [
                ("token", token),
                ("escrow", escrow),
                ("vault", vault),
                ("registry", registry),
                ("task manager", tasks),
                ("watchdog", watchdog),
            ];
            for (name, address) in all.into_iter().chain(verifiers) {
                let call = Owned::transferOwnershipCall { newOwner: owner };
                self.call(&format!("owner of the {name}"), address, &call)
                    .await?;
            }
        }
        self.file.complete = true;
        self.file.save()
    }

    /// Makes the DAO: the governor that counts the token's votes, and its timelock, which is returned. Nobody else can have the
    /// timelock do anything then; anybody executes what is ready.
    async fn governance(
        &mut self,
        programs: &Programs,
        token: Address,
        settings: &GovernanceSettings,
    ) -> Result<Address, ClientError> {
        let deployer = self.account.address();
        let call = Timelock::initializeCall {
            minDelay: U256::from(settings.timelock_delay),
            proposers: vec![],
            executors: vec![Address::ZERO],
            admin: deployer,
        };
        let timelock = self.contract(programs, &programs.timelock, call).await?;
        let extension = self.bare(&programs.governor_admin).await?;
        let call = GovernanceDao::initializeCall {
            token,
            timelock,
            extension,
            votingDelay: U48::from(settings.voting_delay),
            votingPeriod: settings.voting_period,
            proposalThreshold: settings.proposal_threshold,
            quorumNumerator: U256::from(settings.quorum_percent),
            voteExtension: U48::from(settings.vote_extension),
            guardian: settings.guardian.unwrap_or_default(),
        };
        let governor = self.contract(programs, &programs.governor, call).await?;
        for name in ["PROPOSER_ROLE", "CANCELLER_ROLE"] {
            let call = Timelock::grantRoleCall {
                role: keccak256(name),
                account: governor,
            };
            let step = format!("{name} of the governor");
            self.call(&step, timelock, &call).await?;
        }
        let call = Timelock::renounceRoleCall {
            role: B256::ZERO,
            callerConfirmation: deployer,
        };
        let step = "give the timelock's administration up";
        self.call(step, timelock, &call).await?;
        Ok(timelock)
    }

    /// Makes the verification committee: its two programs, whom it works for, its parameters and its planter.
    async fn committee(
        &mut self,
        programs: &Programs,
        token: Address,
        treasury: Address,
        market: Address,
        escrow: Address,
    ) -> Result<Address, ClientError> {
        let deployer = self.account.address();
        let settings = self.file.settings.clone();
        let call = VerificationCommittee::initializeCall {
            owner: deployer,
            token,
            treasury,
        };
        let committee = self.contract(programs, &programs.committee, call).await?;
        let extension = self.bare(&programs.committee_nodes).await?;
        let call = VerificationCommittee::setExtensionCall { extension };
        self.wire("committee's extension", committee, call).await?;
        let call = VerificationCommittee::setSiblingsCall { market, escrow };
        self.wire("committee", committee, call).await?;
        for (field, value) in settings.committee.changes() {
            let call = VerificationCommittee::setParameterCall {
                field: U256::from(field as u8),
                value,
            };
            let step = format!("parameter {field:?} of the committee");
            self.call(&step, committee, &call).await?;
        }
        if let Some(planter) = settings.planter {
            let call = VerificationCommittee::setPlanterCall { planter };
            self.call("planter of the committee", committee, &call)
                .await?;
        }
        Ok(committee)
    }

    /// Creates, activates and caches one program.
    async fn program(&mut self, program: &Program) -> Result<Address, ClientError> {
        let name = program.name();
        let step = format!("create {name}");
        let request = TransactionRequest::default().with_deploy_code(program.creation_code());
        let address = self.created(&step, async |_: &Chain| Ok(request)).await?;
        if self.chain.code(address).await? != *program.code() {
            let why = format!("with another {name} program than the one built now");
            return Err(ClientError::Mismatch {
                path: self.file.path().to_owned(),
                why,
            });
        }
        self.activate(program, address).await?;
        self.cache(program, address).await?;
        Ok(address)
    }

    /// Makes a program that has no proxy of its own, and notes where it is.
    async fn bare(&mut self, program: &Program) -> Result<Address, ClientError> {
        let implementation = self.program(program).await?;
        self.file.contracts.insert(
            program.name().to_owned(),
            Contract {
                proxy: None,
                implementation,
                code_hash: program.code_hash(),
            },
        );
        self.file.save()?;
        Ok(implementation)
    }

    async fn activate(&mut self, program: &Program, address: Address) -> Result<(), ClientError> {
        let step = format!("activate {}", program.name());
        let wasm = ArbWasm::new(ARB_WASM, self.chain.provider());
        let active = self
            .chain
            .read(&step, wasm.codehashVersion(program.code_hash()))
            .await;
        match active {
            Ok(_) => return self.skip(&step).await,
            Err(ClientError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        if let Some(StepState::Done { .. }) = self.file.step(&step) {
            // It was active once and has expired since.
            self.file.forget(&step)?;
        }
        let from = self.account.address();
        self.transaction(&step, async |chain: &Chain| {
            let request = TransactionRequest::default()
                .with_to(ARB_WASM)
                .with_call(&ArbWasm::activateProgramCall { program: address });
            let outcome =
                outcome::<ArbWasm::activateProgramCall>(chain, &step, from, request.clone())
                    .await?;
            Ok(request.with_value(with_margin(outcome.dataFee)))
        })
        .await
        .map(drop)
    }

    async fn cache(&mut self, program: &Program, address: Address) -> Result<(), ClientError> {
        let step = format!("cache {}", program.name());
        let cache = ArbWasmCache::new(ARB_WASM_CACHE, self.chain.provider());
        let managers = self.chain.read(&step, cache.allCacheManagers()).await?;
        let Some(&manager) = managers.last() else {
            return self.skip(&step).await;
        };
        if self
            .chain
            .read(&step, cache.codehashIsCached(program.code_hash()))
            .await?
        {
            return self.skip(&step).await;
        }
        self.transaction(&step, async |chain: &Chain| {
            let bid = chain
                .read(
                    &step,
                    CacheManager::new(manager, chain.provider()).getMinBid(address),
                )
                .await?;
            Ok(TransactionRequest::default()
                .with_to(manager)
                .with_value(U256::from(bid))
                .with_call(&CacheManager::placeBidCall { program: address }))
        })
        .await
        .map(drop)
    }

    /// Makes one contract: its program, and its proxy initialised by `initialize`.
    async fn contract(
        &mut self,
        programs: &Programs,
        program: &Program,
        initialize: impl SolCall,
    ) -> Result<Address, ClientError> {
        let implementation = self.program(program).await?;
        let code = proxy_creation_code(
            programs.proxy.code(),
            implementation,
            &initialize.abi_encode(),
        );
        let request = TransactionRequest::default().with_deploy_code(Bytes::from(code));
        let step = format!("proxy of {}", program.name());
        let proxy = self.created(&step, async |_: &Chain| Ok(request)).await?;
        self.file.contracts.insert(
            program.name().to_owned(),
            Contract {
                proxy: Some(proxy),
                implementation,
                code_hash: program.code_hash(),
            },
        );
        self.file.save()?;
        Ok(proxy)
    }

    async fn wire(
        &mut self,
        name: &str,
        address: Address,
        call: impl SolCall,
    ) -> Result<(), ClientError> {
        self.call(&format!("wire the {name}"), address, &call).await
    }

    async fn call(
        &mut self,
        step: &str,
        to: Address,
        call: &impl SolCall,
    ) -> Result<(), ClientError> {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_input(call.abi_encode());
        self.transaction(step, async |_: &Chain| Ok(request))
            .await
            .map(drop)
    }

    async fn created(
        &mut self,
        step: &str,
        request: impl AsyncFnOnce(&Chain) -> Result<TransactionRequest, ClientError>,
    ) -> Result<Address, ClientError> {
        self.transaction(step, request)
            .await?
            .ok_or_else(|| ClientError::BadDeployment {
                path: self.file.path().to_owned(),
                why: format!("the step '{step}' has no address"),
            })
    }

    /// Notes that there is nothing to do for a step: somebody did it before, perhaps an earlier run that could not note it.
    async fn skip(&mut self, step: &str) -> Result<(), ClientError> {
        match self.file.step(step).cloned() {
            None => self.file.record(step, StepState::Skipped)?,
            Some(StepState::Signed { tx, .. }) => {
                if let Some(receipt) = self.chain.receipt(tx).await? {
                    self.done(step, &receipt)?;
                }
            }
            Some(StepState::Done { .. } | StepState::Skipped) => {}
        }
        (self.progress)(Progress::Skipped {
            step: step.to_owned(),
        });
        Ok(())
    }

    /// Does a step that no earlier run did, and returns the contract it created.
    async fn transaction(
        &mut self,
        step: &str,
        request: impl AsyncFnOnce(&Chain) -> Result<TransactionRequest, ClientError>,
    ) -> Result<Option<Address>, ClientError> {
        let signed = match self.file.step(step).cloned() {
            Some(StepState::Done { address, .. }) => {
                (self.progress)(Progress::Skipped {
                    step: step.to_owned(),
                });
                return Ok(address);
            }
            Some(StepState::Signed { nonce, tx, raw })
                if self.can_still_be_mined(nonce, tx).await? =>
            {
                Some((tx, raw))
            }
            Some(StepState::Signed { .. }) => {
                self.file.forget(step)?;
                None
            }
            Some(StepState::Skipped) | None => None,
        };
        let (tx, raw) = match signed {
            Some(signed) => signed,
            None => {
                let request = request(self.chain).await?;
                let signed = self.account.sign(step, request).await?;
                let state = StepState::Signed {
                    nonce: signed.nonce,
                    tx: signed.tx,
                    raw: signed.raw.clone(),
                };
                self.file.record(step, state)?;
                (signed.tx, signed.raw)
            }
        };
        (self.progress)(Progress::Signed {
            step: step.to_owned(),
        });
        if self.chain.receipt(tx).await?.is_none() {
            self.chain.broadcast(step, &raw).await?;
        }
        let receipt = match self.chain.mined(step, tx).await {
            Err(error @ ClientError::Reverted { .. }) => {
                // It is spent: a later run has to do the step anew.
                self.file.forget(step)?;
                return Err(error);
            }
            other => other?,
        };
        self.done(step, &receipt)?;
        (self.progress)(Progress::Done {
            step: step.to_owned(),
            gas: receipt.gas_used,
        });
        Ok(receipt.contract_address)
    }

    /// Notes that a step's transaction is mined.
    fn done(&mut self, step: &str, receipt: &Receipt) -> Result<(), ClientError> {
        let block = receipt.block_number.unwrap_or_default();
        if self.file.anchor.is_none() {
            self.file.anchor = receipt.block_hash.map(|hash| Anchor {
                number: block,
                hash,
            });
        }
        let state = StepState::Done {
            tx: receipt.transaction_hash,
            block,
            gas: receipt.gas_used,
            address: receipt.contract_address,
        };
        self.file.record(step, state)
    }

    /// Whether a signed transaction is mined, or its nonce is still free.
    async fn can_still_be_mined(&self, nonce: u64, tx: B256) -> Result<bool, ClientError> {
        if self.chain.receipt(tx).await?.is_some() {
            return Ok(true);
        }
        let count = self
            .chain
            .provider()
            .get_transaction_count(self.account.address())
            .await;
        let count = count.map_err(|error| self.chain.explain("reading the nonce", &error))?;
        Ok(count <= nonce)
    }
}
