//! What the calls of a proposal put in place.

use std::collections::BTreeMap;

use eyre::{ContextCompat, Result, bail, ensure};
use ogpu_client::{
    Contract,
    alloy::{
        primitives::{Address, B256, Bytes},
        sol,
        sol_types::{SolCall, SolInterface as _},
    },
    bindings::Watchdog,
    interfaces,
};

use super::program_of;

sol! {
    /// Calls that put a program in place, and calls that carry other calls.
    interface Known {
        function upgradeToAndCall(address newImplementation, bytes data);
        function setExtension(address extension);
        function setExtension(address extension, bytes selectors);
        function relay(address target, uint256 value, bytes data);
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay);
        function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay);
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt);
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt);
        function multicall(bytes[] calls);
        function batch(bytes[] calls);
    }
}

/// A program in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Placed {
    /// The contract that runs it.
    pub contract: String,
    /// Which program of the sources it has to be.
    pub program: String,
    /// Where it stands.
    pub address: Address,
    /// The hashes that its code must have, or the proposal fails before it is put in place.
    pub pins: Vec<B256>,
}

impl Placed {
    /// A program that runs already, which nobody has to pin.
    pub fn running(contract: &str, program: &str, address: Address) -> Self {
        Self {
            contract: contract.to_owned(),
            program: program.to_owned(),
            address,
            pins: vec![],
        }
    }
}

/// What calls put in place, one after the other, with what they carry inside.
///
/// # Errors
/// When a call to a contract of the deployment is none that the sources here know: nobody can say what it does.
pub fn placed<'a>(
    contracts: &BTreeMap<String, Contract>,
    calls: impl IntoIterator<Item = (Address, &'a [u8])>,
) -> Result<Vec<Placed>> {
    let mut reader = Reader {
        contracts,
        pins: vec![],
        placed: vec![],
    };
    for (target, data) in calls {
        reader.read(target, data)?;
    }
    Ok(reader.placed)
}

struct Reader<'a> {
    contracts: &'a BTreeMap<String, Contract>,
    /// Accounts and the hashes that their code is required to have, so far.
    pins: Vec<(Address, B256)>,
    placed: Vec<Placed>,
}

impl Reader<'_> {
    fn read(&mut self, target: Address, data: &[u8]) -> Result<()> {
        let mut contracts = self.contracts.iter();
        let found = contracts.find(|(_, contract)| contract.proxy == Some(target));
        let Some((name, _)) = found else {
            // others run none of our programs, unless they are told to upgrade, which is then another's affair
            let upgrades = Known::upgradeToAndCallCall::abi_decode(data).is_ok();
            ensure!(
                !upgrades,
                "it upgrades {target}, which is no contract of this deployment"
            );
            return Ok(());
        };
        let name = name.clone();
        let Some((selector, _)) = data.split_first_chunk::<4>() else {
            return Ok(()); // ether
        };
        ensure!(
            interfaces::knows(&name, *selector),
            "nobody here can say what it does: {name} has no function {}, as it is built here",
            Bytes::from(*selector)
        );
        if let Ok(pin) = Watchdog::requireCodeCall::abi_decode(data)
            && name == "watchdog"
        {
            self.pins.push((pin.account, pin.codeHash));
        }
        if !Known::KnownCalls::SELECTORS.contains(selector) {
            return Ok(());
        }
        let call = Known::KnownCalls::abi_decode(data);
        let call = call.ok().wrap_err_with(|| {
            format!(
                "nobody here can say what it does: the arguments of a call to {name} are damaged"
            )
        })?;
        self.follow(&name, target, call)
    }

    fn follow(&mut self, name: &str, target: Address, call: Known::KnownCalls) -> Result<()> {
        use Known::KnownCalls as K;
        match call {
            K::upgradeToAndCall(call) => {
                self.put(name, name.to_owned(), call.newImplementation);
                self.read(target, &call.data)
            }
            K::setExtension_0(call) => {
                let program = program_of(name, [0; 4])?;
                self.put(name, program, call.extension);
                Ok(())
            }
            K::setExtension_1(call) => {
                for selector in call.selectors.as_chunks().0 {
                    let program = program_of(name, *selector)?;
                    self.put(name, program, call.extension);
                }
                Ok(())
            }
            K::relay(call) => self.read(call.target, &call.data),
            K::execute(call) => self.read(call.target, &call.payload),
            K::executeBatch(call) => {
                ensure_as_many(&call.targets, &call.payloads)?;
                self.each(call.targets.iter().copied().zip(&call.payloads))
            }
            K::multicall(Known::multicallCall { calls }) | K::batch(Known::batchCall { calls }) => {
                self.each(calls.iter().map(|data| (target, data)))
            }
            K::schedule(call) => self.later(|later| later.read(call.target, &call.data)),
            K::scheduleBatch(call) => {
                ensure_as_many(&call.targets, &call.payloads)?;
                let calls = call.targets.iter().copied().zip(&call.payloads);
                self.later(|later| later.each(calls))
            }
        }
    }

    fn each<'c>(&mut self, calls: impl Iterator<Item = (Address, &'c Bytes)>) -> Result<()> {
        for (target, data) in calls {
            self.read(target, data)?;
        }
        Ok(())
    }

    /// What happens in a transaction of its own: no pin from before counts there, nor does one of there count here.
    fn later(&mut self, read: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let pins = std::mem::take(&mut self.pins);
        read(self)?;
        self.pins = pins;
        Ok(())
    }

    fn put(&mut self, contract: &str, program: String, address: Address) {
        let pins = self.pins.iter().filter(|(account, _)| *account == address);
        let placed = Placed {
            contract: contract.to_owned(),
            program,
            address,
            pins: pins.map(|(_, hash)| *hash).collect(),
        };
        if !address.is_zero() && !self.placed.contains(&placed) {
            self.placed.push(placed);
        }
    }
}

fn ensure_as_many(targets: &[Address], payloads: &[Bytes]) -> Result<()> {
    if targets.len() != payloads.len() {
        bail!(
            "a batch in it has {} targets and {} calls",
            targets.len(),
            payloads.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ogpu_client::alloy::primitives::hex;

    use super::*;

    const VAULT: Address = Address::repeat_byte(1);
    const TASKS: Address = Address::repeat_byte(2);
    const NEW: Address = Address::repeat_byte(3);

    fn read(target: Address, data: &[u8]) -> Result<Vec<Placed>> {
        let mut contracts = BTreeMap::new();
        for (name, proxy) in [("staking-vault", VAULT), ("task-manager", TASKS)] {
            let contract = Contract {
                proxy: Some(proxy),
                ..Contract::default()
            };
            contracts.insert(name.to_owned(), contract);
        }
        placed(&contracts, [(target, data)])
    }

    fn refused(target: Address, data: &[u8]) -> String {
        read(target, data).unwrap_err().to_string()
    }

    #[test]
    fn what_is_inside_is_found() {
        let inner = Known::setExtension_1Call {
            extension: NEW,
            selectors: ogpu_client::programs::selectors("market-leases"),
        };
        let twice = Known::multicallCall {
            calls: vec![inner.abi_encode().into()],
        };
        let found = read(TASKS, &twice.abi_encode()).unwrap();
        assert_eq!(
            found,
            [Placed::running("task-manager", "market-leases", NEW)]
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let unknown = refused(VAULT, &hex!("deadbeef"));
        assert!(unknown.contains("has no function 0xdeadbeef"), "{unknown}");
        let damaged = refused(VAULT, &Known::upgradeToAndCallCall::SELECTOR);
        assert!(damaged.contains("damaged"), "{damaged}");
        let strange = Known::setExtension_1Call {
            extension: NEW,
            selectors: hex!("deadbeef").into(),
        };
        let strange = refused(TASKS, &strange.abi_encode());
        assert!(
            strange.contains("no extension of task-manager"),
            "{strange}"
        );
        let upgrade = Known::upgradeToAndCallCall {
            newImplementation: NEW,
            data: Bytes::new(),
        };
        let foreign = refused(NEW, &upgrade.abi_encode());
        assert!(
            foreign.contains("no contract of this deployment"),
            "{foreign}"
        );
    }

    #[test]
    fn what_is_no_program_is_left_alone() {
        assert_eq!(read(NEW, &hex!("deadbeef")).unwrap(), []);
        assert_eq!(read(VAULT, &[]).unwrap(), []);
    }
}
