//! How a lock is divided.

/// The parts of a lock; they add up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// For the provider, in wei of oGPU.
    pub payment: u128,
    /// For the protocol, in wei of oGPU.
    pub fee: u128,
    /// Back to the payer, in wei of oGPU.
    pub refund: u128,
}

impl Settlement {
    /// Divides `locked`; `None` if payment and fee are more than that.
    pub fn of(locked: u128, payment: u128, fee: u128) -> Option<Self> {
        let refund = locked.checked_sub(payment)?.checked_sub(fee)?;
        Some(Self {
            payment,
            fee,
            refund,
        })
    }
}
