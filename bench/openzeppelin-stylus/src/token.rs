//! An ERC-20 with permits and an owner who upgrades it.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, U8, U256, aliases::B32};
use openzeppelin_stylus::{
    access::ownable::{IOwnable, Ownable},
    proxy::utils::{
        erc1822::IErc1822Proxiable,
        uups_upgradeable::{self, IUUPSUpgradeable, UUPSUpgradeable},
    },
    token::erc20::{
        self, Erc20, IErc20,
        extensions::{Erc20Metadata, Erc20Permit, IErc20Metadata, IErc20Permit, permit},
    },
    utils::{
        cryptography::eip712::IEip712, introspection::erc165::IErc165, nonces::INonces,
        nonces::Nonces,
    },
};
use stylus_sdk::{abi::Bytes, prelude::*};

/// The signing domain.
#[storage]
struct Domain;

impl IEip712 for Domain {
    const NAME: &'static str = "OGPU";
    const VERSION: &'static str = "1";
}

#[entrypoint]
#[storage]
struct Token {
    erc20: Erc20,
    metadata: Erc20Metadata,
    permit: Erc20Permit<Domain>,
    nonces: Nonces,
    ownable: Ownable,
    uups: UUPSUpgradeable,
}

#[public]
#[implements(
    IErc20<Error = erc20::Error>,
    IErc20Metadata,
    IErc165,
    IErc20Permit<Error = permit::Error>,
    INonces,
    IOwnable,
    IUUPSUpgradeable,
    IErc1822Proxiable
)]
impl Token {
    /// Of the implementation, which says so in its own storage.
    #[constructor]
    fn constructor(&mut self) {
        self.uups.constructor();
    }

    /// Of a proxy. Nothing in the crate says that it was called before.
    fn initialize(&mut self, owner: Address, holder: Address, supply: U256) -> Result<(), Vec<u8>> {
        self.uups.set_version()?;
        self.ownable.constructor(owner)?;
        self.metadata.constructor("OGPU".into(), "oGPU".into());
        Ok(self.erc20._mint(holder, supply)?)
    }

    /// What an upgrade calls after its own call.
    fn set_version(&mut self) -> Result<(), uups_upgradeable::Error> {
        self.uups.set_version()
    }
}

#[public]
impl IErc20 for Token {
    type Error = erc20::Error;

    fn total_supply(&self) -> U256 {
        self.erc20.total_supply()
    }

    fn balance_of(&self, account: Address) -> U256 {
        self.erc20.balance_of(account)
    }

    fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Self::Error> {
        self.erc20.transfer(to, value)
    }

    fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.erc20.allowance(owner, spender)
    }

    fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Self::Error> {
        self.erc20.approve(spender, value)
    }

    fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Self::Error> {
        self.erc20.transfer_from(from, to, value)
    }
}

#[public]
impl IErc20Metadata for Token {
    fn name(&self) -> String {
        self.metadata.name()
    }

    fn symbol(&self) -> String {
        self.metadata.symbol()
    }

    fn decimals(&self) -> U8 {
        self.metadata.decimals()
    }
}

#[public]
impl IErc165 for Token {
    fn supports_interface(&self, interface_id: B32) -> bool {
        self.erc20.supports_interface(interface_id)
            || self.metadata.supports_interface(interface_id)
            || self.ownable.supports_interface(interface_id)
    }
}

#[public]
impl IErc20Permit for Token {
    type Error = permit::Error;

    #[selector(name = "DOMAIN_SEPARATOR")]
    fn domain_separator(&self) -> B256 {
        self.permit.domain_separator()
    }

    fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Self::Error> {
        let (erc20, nonces) = (&mut self.erc20, &mut self.nonces);
        self.permit
            .permit(owner, spender, value, deadline, v, r, s, erc20, nonces)
    }
}

#[public]
impl INonces for Token {
    fn nonces(&self, owner: Address) -> U256 {
        self.nonces.nonces(owner)
    }
}

#[public]
impl IOwnable for Token {
    fn owner(&self) -> Address {
        self.ownable.owner()
    }

    fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Vec<u8>> {
        Ok(self.ownable.transfer_ownership(new_owner)?)
    }

    fn renounce_ownership(&mut self) -> Result<(), Vec<u8>> {
        Ok(self.ownable.renounce_ownership()?)
    }
}

#[public]
impl IUUPSUpgradeable for Token {
    #[selector(name = "UPGRADE_INTERFACE_VERSION")]
    fn upgrade_interface_version(&self) -> String {
        self.uups.upgrade_interface_version()
    }

    #[payable]
    fn upgrade_to_and_call(
        &mut self,
        new_implementation: Address,
        data: Bytes,
    ) -> Result<(), Vec<u8>> {
        self.ownable.only_owner()?;
        self.uups.upgrade_to_and_call(new_implementation, data)
    }
}

#[public]
impl IErc1822Proxiable for Token {
    #[selector(name = "proxiableUUID")]
    fn proxiable_uuid(&self) -> Result<B256, Vec<u8>> {
        self.uups.proxiable_uuid()
    }
}
