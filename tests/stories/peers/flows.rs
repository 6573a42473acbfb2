//! The flows that are compared, each run twice: the second time everything is warm, and that is what counts.

use std::collections::BTreeMap;

use eyre::{ContextCompat, Result, ensure};
use ogpu_client::{
    Account, Provider as Rpc, Receipt, Status,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, B256, Bytes, U256, keccak256},
        rpc::types::TransactionRequest,
        sol_types::{SolCall, SolValue},
    },
    bindings::{Owned, TaskManager},
};
use ogpu_tests::{DURATION, Harness, Provider, ogpu, result_hash};

/// Bindings made of the artifacts.
#[allow(
    clippy::too_many_arguments,
    reason = "functions and events have the arguments of the peers' interfaces"
)]
pub mod contracts {
    use ogpu_client::alloy::sol;

    sol!(
        #[sol(rpc)]
        AgenticCommerce,
        "../bench/artifacts/AgenticCommerce.json"
    );
    sol!(
        #[sol(rpc)]
        ERC1967Proxy,
        "../bench/artifacts/ERC1967Proxy.json"
    );
    sol!(
        #[sol(rpc)]
        ERC20,
        "../bench/artifacts/ERC20.json"
    );
    sol!(
        #[sol(rpc)]
        LeaseMarket,
        "../bench/artifacts/LeaseMarket.json"
    );
}

use contracts::{AgenticCommerce, ERC20, ERC1967Proxy, LeaseMarket};

/// Seconds after which [`Peers::funded_job`] and [`Peers::priced_job`] have expired.
pub const LONGEST_WAIT: u64 = 400;

/// Seconds of notice in a lease of ours.
pub const LEASE_NOTICE: u64 = 3_600;

/// A tenth of a token a second, as a lease counts it.
pub fn rate() -> U256 {
    U256::from(10).pow(U256::from(17 + 12))
}

/// Seconds of notice in a lease: six tokens at [`rate`].
const NOTICE: u64 = 60;

/// A time in 2100, in seconds since 1970, none of whose bytes is zero: calldata costs by its bytes.
const FAR: u64 = 0xf486_5701;

/// The fee of both markets, in basis points.
const FEE_BPS: u64 = 250;

/// Gas by operation.
type Gas = BTreeMap<&'static str, u64>;

/// The peers on a harness' chain, with one job and one lease that stand, so that no escrow is ever empty.
pub struct Peers<'a> {
    harness: &'a Harness,
    pub jobs: AgenticCommerce::AgenticCommerceInstance<Rpc>,
    /// The implementation behind `jobs`.
    pub implementation: Address,
    pub leases: LeaseMarket::LeaseMarketInstance<Rpc>,
    erc20: ERC20::ERC20Instance<Rpc>,
}

/// The name of the error that `data` encodes.
pub fn error_name(data: &[u8]) -> Option<&'static str> {
    let selector = data.get(..4)?.try_into().ok()?;
    AgenticCommerce::AgenticCommerceErrors::name_by_selector(selector)
        .or_else(|| LeaseMarket::LeaseMarketErrors::name_by_selector(selector))
        .or_else(|| ERC20::ERC20Errors::name_by_selector(selector))
}

impl<'a> Peers<'a> {
    /// Deploys token and markets, the markets behind proxies; the harness' owner owns them and has the supply, its treasury
    /// gets the fees.
    pub async fn deploy(harness: &'a Harness) -> Result<Self> {
        let owner = harness.owner.address();
        let provider = harness.chain().provider().clone();
        let create = async |bytecode: &Bytes, arguments: Vec<u8>| -> Result<Address> {
            let code = [bytecode.to_vec(), arguments].concat();
            let request = TransactionRequest::default().with_deploy_code(code);
            let receipt = harness
                .owner
                .send_request("creating a peer", request)
                .await?;
            receipt
                .contract_address
                .wrap_err("the receipt names no contract")
        };
        let token = create(
            &ERC20::BYTECODE,
            (owner, ogpu(1_000_000)).abi_encode_params(),
        )
        .await?;
        let behind_proxy = async |bytecode: &Bytes, call: Vec<u8>| -> Result<(Address, Address)> {
            let implementation = create(bytecode, Vec::new()).await?;
            let arguments = (implementation, Bytes::from(call)).abi_encode_params();
            let proxy = create(&ERC1967Proxy::BYTECODE, arguments).await?;
            Ok((proxy, implementation))
        };
        let call = AgenticCommerce::initializeCall {
            owner_: owner,
            treasury_: harness.treasury.address(),
            feeBps_: U256::from(FEE_BPS),
        };
        let (jobs, implementation) =
            behind_proxy(&AgenticCommerce::BYTECODE, call.abi_encode()).await?;
        let call = LeaseMarket::initializeCall {
            owner_: owner,
            token_: token,
            notice_: NOTICE,
        };
        let (leases, _) = behind_proxy(&LeaseMarket::BYTECODE, call.abi_encode()).await?;
        let jobs = AgenticCommerce::new(jobs, provider.clone());
        harness
            .owner
            .send("allowing the token", jobs.allowToken(token, true))
            .await?;
        Ok(Self {
            harness,
            jobs,
            implementation,
            leases: LeaseMarket::new(leases, provider.clone()),
            erc20: ERC20::new(token, provider),
        })
    }

    /// The peers' token.
    pub fn token(&self) -> Address {
        *self.erc20.address()
    }

    /// A new account with ether and 10,000 of the peers' tokens, which both markets may take.
    pub async fn actor(&self) -> Result<Account> {
        let account = self.harness.stage().account().await?;
        let owner = &self.harness.owner;
        owner
            .send("", self.erc20.transfer(account.address(), ogpu(10_000)))
            .await?;
        for market in [*self.jobs.address(), *self.leases.address()] {
            account
                .send("", self.erc20.approve(market, U256::MAX))
                .await?;
        }
        Ok(account)
    }

    /// What `account` has of the peers' token.
    pub async fn balance(&self, account: Address) -> Result<U256> {
        let call = self.erc20.balanceOf(account);
        Ok(self.harness.chain().read("reading a balance", call).await?)
    }

    /// A job for 80 tokens that is not paid in, and expires within [`LONGEST_WAIT`].
    pub async fn priced_job(&self, client: &Account, provider: &Account) -> Result<U256> {
        let expiry = self.harness.chain().now().await? + LONGEST_WAIT - 40;
        self.priced_job_until(client, provider, expiry).await
    }

    /// As [`Peers::priced_job`], and paid in.
    pub async fn funded_job(&self, client: &Account, provider: &Account) -> Result<U256> {
        let job = self.priced_job(client, provider).await?;
        self.fund(client, job).await?;
        Ok(job)
    }

    async fn priced_job_until(
        &self,
        client: &Account,
        provider: &Account,
        expiry: u64,
    ) -> Result<U256> {
        self.create(client, provider.address(), expiry).await?;
        let job = self.last_job().await?;
        self.price(provider, job).await?;
        Ok(job)
    }

    /// Creates a job that the client itself evaluates, as a task of ours is judged by its client.
    async fn create(&self, client: &Account, provider: Address, expiry: u64) -> Result<Receipt> {
        let (evaluator, description) = (client.address(), "ipfs://job".to_owned());
        let call = self
            .jobs
            .createJob(provider, evaluator, U256::from(expiry), description);
        Ok(client.send("creating a job", call).await?)
    }

    async fn last_job(&self) -> Result<U256> {
        let call = self.jobs.jobCount();
        Ok(self.harness.chain().read("reading a job", call).await?)
    }

    async fn price(&self, provider: &Account, job: U256) -> Result<Receipt> {
        let call = self.jobs.setBudget(job, self.token(), ogpu(80));
        Ok(provider.send("pricing a job", call).await?)
    }

    async fn fund(&self, client: &Account, job: U256) -> Result<Receipt> {
        let call = self.jobs.fund(job, self.token(), ogpu(80));
        Ok(client.send("funding a job", call).await?)
    }

    /// Every way that a job can take, and who has the money afterwards.
    async fn jobs(&self, note: &mut Notes<'_>, client: &Account, provider: &Account) -> Result<()> {
        let jobs = &self.jobs;
        let treasury = self.harness.treasury.address();
        let people = [client.address(), provider.address(), treasury];
        let [clients, providers, fees] = self.balances(people).await?;

        note.down("createJob", &self.create(client, Address::ZERO, FAR).await?)
            .await?;
        let job = self.last_job().await?;
        let call = jobs.setProvider(job, provider.address());
        note.down("setProvider", &client.send("", call).await?)
            .await?;
        note.down("setBudget", &self.price(provider, job).await?)
            .await?;
        note.down("fund", &self.fund(client, job).await?).await?;
        let call = jobs.submit(job, result_hash());
        note.down("submit", &provider.send("", call).await?).await?;
        let call = jobs.complete(job, result_hash());
        note.down("complete", &client.send("", call).await?).await?;
        let paid = [clients - ogpu(80), providers + ogpu(78), fees + ogpu(2)];
        assert_eq!(self.balances(people).await?, paid);

        self.create(client, Address::ZERO, FAR).await?;
        let call = jobs.reject(self.last_job().await?, B256::ZERO);
        note.down("reject, open", &client.send("", call).await?)
            .await?;

        let job = self.priced_job_until(client, provider, FAR).await?;
        self.fund(client, job).await?;
        provider.send("", jobs.submit(job, result_hash())).await?;
        let call = jobs.reject(job, keccak256("not it"));
        note.down("reject", &client.send("", call).await?).await?;

        let job = self.funded_job(client, provider).await?;
        self.harness.advance(LONGEST_WAIT).await?;
        let call = jobs.claimRefund(job);
        note.down("claimRefund", &self.harness.owner.send("", call).await?)
            .await?;
        assert_eq!(self.balances(people).await?, paid);
        Ok(())
    }

    async fn open_lease(&self, client: &Account, provider: &Account) -> Result<(U256, Receipt)> {
        let (metadata, deposit) = ("ipfs://machine".to_owned(), ogpu(100));
        let call = self
            .leases
            .open(metadata, provider.address(), rate(), deposit);
        let receipt = client.send("opening a lease", call).await?;
        let call = self.leases.leaseCount();
        let id = self.harness.chain().read("reading a lease", call).await?;
        Ok((id, receipt))
    }

    /// A lease from its beginning to its end, and who has the money afterwards.
    async fn leases(
        &self,
        note: &mut Notes<'_>,
        client: &Account,
        provider: &Account,
    ) -> Result<()> {
        let leases = &self.leases;
        let people = [client.address(), provider.address(), *leases.address()];
        let [clients, providers, held] = self.balances(people).await?;

        let (lease, receipt) = self.open_lease(client, provider).await?;
        let opened = self.harness.chain().now().await?;
        note.down("open", &receipt).await?;
        self.harness.advance(100).await?;
        note.down(
            "settle",
            &self.harness.owner.send("", leases.settle(lease)).await?,
        )
        .await?;
        let call = leases.getLease(lease);
        let settled = self
            .harness
            .chain()
            .read("reading a lease", call)
            .await?
            .settledAt;
        let earned = ogpu(settled.to::<u64>() - opened) / U256::from(10);
        ensure!(
            earned >= ogpu(10),
            "a hundred seconds earned {earned} wei only"
        );
        assert_eq!(
            self.balances(people).await?,
            [
                clients - ogpu(100),
                providers + earned,
                held + ogpu(100) - earned
            ]
        );

        let call = leases.deposit(lease, ogpu(50));
        note.down("deposit", &client.send("", call).await?).await?;
        self.harness.advance(10).await?;
        let call = leases.withdraw(lease, ogpu(20));
        note.down("withdraw", &client.send("", call).await?).await?;
        let slower = rate() / U256::from(2);
        let call = leases.announceRate(lease, slower);
        note.down("announceRate", &client.send("", call).await?)
            .await?;
        self.harness.advance(NOTICE + 1).await?;
        note.down(
            "reviseRate",
            &client.send("", leases.reviseRate(lease)).await?,
        )
        .await?;
        let call = leases.announceRate(lease, U256::ZERO);
        note.down("announceRate, zero", &client.send("", call).await?)
            .await?;
        self.harness.advance(NOTICE + 1).await?;
        note.down("close", &client.send("", leases.close(lease)).await?)
            .await?;
        let [clients_now, providers_now, held_now] = self.balances(people).await?;
        assert_eq!(held_now, held);
        assert_eq!(clients_now + providers_now, clients + providers);
        ensure!(providers_now > providers + earned && clients_now > clients - ogpu(100));
        Ok(())
    }

    async fn balances(&self, of: [Address; 3]) -> Result<[U256; 3]> {
        let mut balances = [U256::ZERO; 3];
        for (balance, account) in balances.iter_mut().zip(of) {
            *balance = self.balance(account).await?;
        }
        Ok(balances)
    }
}

/// What operations cost; of those noted twice, the second time.
struct Notes<'a> {
    harness: &'a Harness,
    gas: Gas,
}

impl Notes<'_> {
    async fn down(&mut self, operation: &'static str, receipt: &Receipt) -> Result<()> {
        let gas = self.harness.execution_gas(receipt).await?;
        self.gas.insert(operation, gas);
        Ok(())
    }
}

/// Gas of every operation of the peers and of ours that is compared with them.
pub async fn measure(harness: &Harness) -> Result<Gas> {
    let mut note = Notes {
        harness,
        gas: Gas::new(),
    };
    let peers = Peers::deploy(harness).await?;
    let (client, provider) = (peers.actor().await?, peers.actor().await?);
    let standing = peers.priced_job_until(&client, &provider, FAR).await?;
    peers.fund(&client, standing).await?;
    peers.open_lease(&client, &provider).await?;
    for _ in 0..2 {
        peers.jobs(&mut note, &client, &provider).await?;
        peers.leases(&mut note, &client, &provider).await?;
    }

    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let (tenant, lessor) = (harness.client().await?, harness.provider().await?);
    let call = harness.market.tasks();
    let call = call.publishPrice(lessor.id, lease_rate(), 2 * LEASE_NOTICE);
    lessor.account.send("", call).await?;
    let payer = harness.actor(1_000).await?;
    let market = &harness.market;
    let call = market.token();
    let call = call.approve(market.addresses().escrow, U256::MAX);
    payer.send("", call).await?;
    for _ in 0..2 {
        tasks(&mut note, &client, &provider).await?;
        from_wallet_to_wallet(&mut note, &payer, &provider).await?;
        lease(&mut note, &tenant, &lessor).await?;
        four_leases(&mut note, &tenant, &lessor).await?;
    }
    harness.check_books().await?;

    basics(&mut note, &peers).await?;
    Ok(note.gas)
}

/// Our ways that correspond to those of a peer's job.
async fn tasks(note: &mut Notes<'_>, client: &Account, provider: &Provider) -> Result<()> {
    let harness = note.harness;
    let (market, tasks) = (&harness.market, harness.market.tasks());
    let (task, receipt) = market
        .submit_task(client, "ipfs://job", ogpu(100), DURATION)
        .await?;
    note.down("submitTask", &receipt).await?;
    note.down("placeBid", &harness.bid(provider, task, 80).await?)
        .await?;
    note.down(
        "assignProvider",
        &harness.assign(client, task, provider).await?,
    )
    .await?;
    note.down("submitResult", &harness.deliver(provider, task).await?)
        .await?;
    note.down("verifyCompletion", &harness.accept(client, task).await?)
        .await?;
    harness.outlast(task).await?;
    note.down("finalizePayment", &harness.finalize(task).await?)
        .await?;

    let task = harness.open(client).await?;
    note.down(
        "cancelTask",
        &client.send("", tasks.cancelTask(task)).await?,
    )
    .await?;

    let task = harness.task_in(Status::Submitted, client, provider).await?;
    note.down(
        "verifyCompletion, reject",
        &harness.reject(client, task).await?,
    )
    .await?;
    harness.outlast(task).await?;
    let ended = harness.finalize(task).await?;
    note.down("finalizePayment, rejected", &ended).await?;

    let task = harness.task_in(Status::Assigned, client, provider).await?;
    harness.outlast(task).await?;
    let call = tasks.failTask(task);
    note.down("failTask", &harness.owner.send("", call).await?)
        .await
}

/// A five-hundredth of a token a second, for a lease of ours: a provider's collateral is enough for several.
fn lease_rate() -> U256 {
    ogpu(1) / U256::from(500)
}

/// A lease of ours from its beginning to its end, and who has the money afterwards.
async fn lease(note: &mut Notes<'_>, client: &Account, provider: &Provider) -> Result<()> {
    let harness = note.harness;
    let tasks = harness.market.tasks();
    let before = [
        harness.in_escrow(client).await?,
        harness.in_escrow(&provider.account).await?,
    ];
    let metadata = "ipfs://machine".to_owned();
    let call = tasks.rent(metadata, provider.id, lease_rate(), 2 * LEASE_NOTICE, 0);
    note.down("rent", &client.send("renting", call).await?)
        .await?;
    let call = tasks.leaseCount();
    let lease = harness.chain().read("reading a lease", call).await?;
    let call = tasks.startLease(lease);
    note.down("startLease", &provider.account.send("", call).await?)
        .await?;
    harness.advance(100).await?;
    let call = tasks.heartbeat(lease);
    note.down("heartbeat", &provider.account.send("", call).await?)
        .await?;
    let call = tasks.settleLease(lease);
    note.down("settleLease", &harness.owner.send("", call).await?)
        .await?;
    let call = tasks.topUpLease(lease, 300);
    note.down("topUpLease", &client.send("", call).await?)
        .await?;
    harness.advance(10).await?;
    let call = tasks.shortenLease(lease, 200);
    note.down("shortenLease", &client.send("", call).await?)
        .await?;
    let call = tasks.giveNotice(lease);
    note.down("giveNotice", &client.send("", call).await?)
        .await?;
    harness.advance(LEASE_NOTICE).await?;
    let call = tasks.closeLease(lease);
    note.down("closeLease", &client.send("", call).await?)
        .await?;

    let spent = before[0] - harness.in_escrow(client).await?;
    let earned = harness.in_escrow(&provider.account).await? - before[1];
    ensure!(
        spent > U256::ZERO && spent % lease_rate() == U256::ZERO,
        "{spent} wei are no whole seconds"
    );
    let fee = spent * U256::from(FEE_BPS) / U256::from(10_000);
    assert_eq!(earned, spent - fee);
    Ok(())
}

/// Four leases between the same two, settled at once. They end without heartbeats, and without a notice.
async fn four_leases(note: &mut Notes<'_>, client: &Account, provider: &Provider) -> Result<()> {
    let harness = note.harness;
    let tasks = harness.market.tasks();
    let mut leases = Vec::new();
    for _ in 0..4 {
        let metadata = "ipfs://machine".to_owned();
        let call = tasks.rent(metadata, provider.id, lease_rate(), LEASE_NOTICE, 0);
        client.send("renting", call).await?;
        let call = tasks.leaseCount();
        let lease = harness.chain().read("reading a lease", call).await?;
        leases.push(lease);
    }
    let started = leases.iter().map(|lease| {
        let call = TaskManager::startLeaseCall { leaseId: *lease };
        Bytes::from(call.abi_encode())
    });
    let call = tasks.multicall(started.collect());
    provider.account.send("starting four", call).await?;
    harness.advance(100).await?;
    let beats = leases.iter().map(|lease| {
        let call = TaskManager::heartbeatCall { leaseId: *lease };
        Bytes::from(call.abi_encode())
    });
    let call = tasks.multicall(beats.collect());
    let receipt = provider.account.send("four heartbeats", call).await?;
    note.down("heartbeat, four", &receipt).await?;
    let call = tasks.settleLeases(leases.clone());
    note.down("settleLeases, four", &harness.owner.send("", call).await?)
        .await?;
    harness.advance(LEASE_NOTICE).await?;
    for lease in leases {
        let call = tasks.closeLease(lease);
        harness.owner.send("closing", call).await?;
    }
    assert_eq!(harness.collateral(provider).await?, ogpu(100));
    Ok(())
}

/// A task whose budget comes from the client's wallet, and whose payment, the whole budget, goes to the provider's.
async fn from_wallet_to_wallet(
    note: &mut Notes<'_>,
    client: &Account,
    provider: &Provider,
) -> Result<()> {
    let harness = note.harness;
    let before = harness.tokens(&provider.account).await?;
    let (task, receipt) = harness
        .market
        .submit_task(client, "ipfs://job", ogpu(100), DURATION)
        .await?;
    note.down("submitTask, by allowance", &receipt).await?;
    harness.bid(provider, task, 100).await?;
    harness.assign(client, task, provider).await?;
    harness.deliver(provider, task).await?;
    harness.accept(client, task).await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    let payment = ogpu(100) - ogpu(100) * U256::from(FEE_BPS) / U256::from(10_000);
    let call = harness.market.escrow();
    let call = call.withdraw(payment);
    note.down("withdraw, payment", &provider.account.send("", call).await?)
        .await?;
    assert_eq!(harness.tokens(&provider.account).await?, before + payment);
    assert_eq!(harness.in_escrow(client).await?, U256::ZERO);
    Ok(())
}

/// A transfer, and what a proxy adds to a call.
async fn basics(note: &mut Notes<'_>, peers: &Peers<'_>) -> Result<()> {
    let harness = note.harness;
    let (account, other) = (harness.actor(10).await?, harness.actor(10).await?);
    for person in [&account, &other] {
        let call = peers.erc20.transfer(person.address(), ogpu(10));
        harness.owner.send("", call).await?;
    }
    let call = peers.erc20.transfer(other.address(), ogpu(1));
    note.down("transfer", &account.send("", call).await?)
        .await?;
    let token = harness.market.token();
    let call = token.transfer(other.address(), ogpu(1));
    note.down("transfer, oGPU", &account.send("", call).await?)
        .await?;

    let cost = async |to: Address| -> Result<u64> {
        let request = TransactionRequest::default()
            .with_to(to)
            .with_input(Owned::ownerCall {}.abi_encode());
        let receipt = harness.owner.send_request("asking for the owner", request);
        harness.execution_gas(&receipt.await?).await
    };
    let theirs = cost(*peers.jobs.address()).await? - cost(peers.implementation).await?;
    let implementation = harness.deployment.contracts["payment-escrow"].implementation;
    let ours = cost(harness.market.addresses().escrow).await? - cost(implementation).await?;
    note.gas.insert("proxy", theirs);
    note.gas.insert("proxy, Stylus", ours);
    Ok(())
}
