//! Several calls in one transaction, with the interface of OpenZeppelin's `Multicall`.

use alloc::vec::Vec;

use stylus_sdk::{call::delegate_call, prelude::*};

use crate::{Calldata, Error, UUPSUnauthorizedCallContext, uups::implementation};

/// Delegates each of `calls` to the implementation of the proxy that executes, in their order and as the caller's own, and gives
/// back what they return. If one fails, all do, for its reason.
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`] outside of a proxy, and what a call reverts with.
pub fn multicall<S: TopLevelStorage + HostAccess<Host = stylus_sdk::host::VM>>(
    storage: &mut S,
    calls: Vec<Calldata>,
) -> Result<Vec<Calldata>, Error> {
    let vm = storage.vm().clone();
    let target = implementation(&vm);
    if target.is_zero() {
        return Err(Error::of::<UUPSUnauthorizedCallContext>(&[]));
    }
    let mut results = Vec::with_capacity(calls.len());
    for Calldata(data) in calls {
        let call = Call::new_mutating(storage);
        #[allow(unsafe_code)] // the proxy delegates to this code anyway
        let result = unsafe { delegate_call(&vm, call, target, &data) };
        results.push(Calldata(result?));
    }
    Ok(results)
}
