//! Calls to the oGPU token that check what it answers. `call` is `Call::new_mutating(self)` of the calling contract; write
//! state before, since the token is another contract.

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{host::VM, prelude::*};

use crate::{Error, TokenCallFailed, TokenTookFee, amount::widen, interfaces::IToken, words};

/// An EIP-2612 permit, as a caller hands it over.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    /// The allowance, in wei of oGPU.
    pub value: U256,
    /// Until when the permit is good, in seconds since 1970.
    pub deadline: U256,
    /// Signature: recovery byte.
    pub v: u8,
    /// Signature: first half.
    pub r: B256,
    /// Signature: second half.
    pub s: B256,
}

/// Sends `amount` from this contract to `to`.
///
/// # Errors
/// [`TokenCallFailed`], or what the token reverts with.
pub fn push(
    vm: &VM,
    call: Call<true>,
    token: Address,
    to: Address,
    amount: u128,
) -> Result<(), Error> {
    done(
        token,
        IToken::new(token).transfer(vm, call, to, widen(amount))?,
    )
}

/// Takes `amount` from `from`, who has allowed it, into this contract, and makes sure that all of it arrives: a token that takes a
/// fee on the way would leave the contract owing more than it has.
///
/// # Errors
/// [`TokenCallFailed`], [`TokenTookFee`], or what the token reverts with.
pub fn pull(
    vm: &VM,
    call: Call<true>,
    token: Address,
    from: Address,
    amount: u128,
) -> Result<(), Error> {
    let (interface, this) = (IToken::new(token), vm.contract_address());
    let before = interface.balance_of(vm, Call::new(), this)?;
    done(
        token,
        interface.transfer_from(vm, call, from, this, widen(amount))?,
    )?;
    let received = interface
        .balance_of(vm, Call::new(), this)?
        .saturating_sub(before);
    if received < widen(amount) {
        return Err(Error::of::<TokenTookFee>(&[
            &words::address(token),
            &widen(amount),
            &received,
        ]));
    }
    Ok(())
}

/// Hands the caller's permit for this contract to the token.
///
/// A permit that fails is passed over: anyone may have handed it in before, in which case the allowance is there, and if it is
/// not the [`pull`] that follows says so.
pub fn permit(vm: &VM, call: Call<true>, token: Address, permit: Permit) {
    let Permit {
        value,
        deadline,
        v,
        r,
        s,
    } = permit;
    let (owner, spender) = (vm.msg_sender(), vm.contract_address());
    let _ = IToken::new(token).permit(vm, call, owner, spender, value, deadline, v, r, s);
}

/// Burns `amount` of this contract's own balance.
///
/// # Errors
/// What the token reverts with.
pub fn burn(vm: &VM, call: Call<true>, token: Address, amount: u128) -> Result<(), Error> {
    Ok(IToken::new(token).burn(vm, call, widen(amount))?)
}

fn done(token: Address, answer: bool) -> Result<(), Error> {
    if answer {
        Ok(())
    } else {
        Err(Error::of::<TokenCallFailed>(&[&words::address(token)]))
    }
}
