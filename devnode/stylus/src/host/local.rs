//! Host functions that need no EVM: arguments and results, context, arithmetic.

use alloy_primitives::{Bytes, keccak256};

use super::{
    Host, HostFunction as F, Machine, Stop,
    prices::{self, EVM_API, HOSTIO, POINTER},
};

impl Host {
    /// Runs a host function that the EVM has no part in and gives what it returns (0 for nothing).
    pub(super) fn local(
        &mut self,
        machine: &mut Machine<'_>,
        function: F,
        args: &[u64],
    ) -> Result<u64, Stop> {
        let arg = |at: usize| args[at] as u32;
        match function {
            F::ReadArgs => {
                machine.buy_ink(HOSTIO + prices::write(self.context.calldata.len()))?;
                machine.write(arg(0), &self.context.calldata)?;
            }
            F::WriteResult => {
                let len = arg(1);
                machine.buy_ink(HOSTIO + 2 * prices::read(len as usize))?;
                self.output = machine.read_bytes(arg(0), len)?;
            }
            F::ExitEarly => return Err(Stop::Exit(arg(0))),
            F::ReadReturnData => return self.read_return_data(machine, arg(0), arg(1), arg(2)),
            F::PayForMemoryGrow => self.pay_for_memory_grow(machine, arg(0) as u16)?,
            F::Keccak256 => {
                let len = arg(1);
                machine.buy_ink(prices::keccak(len as usize))?;
                let hash = keccak256(machine.read(arg(0), len)?);
                machine.write(arg(2), hash.as_slice())?;
            }
            F::MathDiv | F::MathMod | F::MathPow | F::MathAddMod | F::MathMulMod => {
                math(machine, function, arg)?
            }

            F::BlockBasefee => self.give(
                machine,
                arg(0),
                &self.context.block_basefee.to_be_bytes::<32>(),
            )?,
            F::BlockCoinbase => {
                self.give(machine, arg(0), self.context.block_coinbase.as_slice())?
            }
            F::ContractAddress => self.give(machine, arg(0), self.context.contract.as_slice())?,
            F::MsgSender => self.give(machine, arg(0), self.context.sender.as_slice())?,
            F::MsgValue => self.give(machine, arg(0), &self.context.value.to_be_bytes::<32>())?,
            F::TxGasPrice => {
                self.give(machine, arg(0), &self.context.gas_price.to_be_bytes::<32>())?
            }
            F::TxOrigin => self.give(machine, arg(0), self.context.origin.as_slice())?,
            _ => {
                machine.buy_ink(HOSTIO)?;
                return self.number(machine, function);
            }
        }
        Ok(0)
    }

    /// A number of the context; [`HOSTIO`] is paid.
    fn number(&self, machine: &Machine<'_>, function: F) -> Result<u64, Stop> {
        Ok(match function {
            F::EvmGasLeft => machine.gas_left(),
            F::EvmInkLeft => machine.ink,
            F::ChainId => self.context.chain_id,
            F::BlockGasLimit => self.context.block_gas_limit,
            F::BlockNumber => self.context.block_number,
            F::BlockTimestamp => self.context.block_timestamp,
            F::MsgReentrant => self.context.reentrant.into(),
            F::TxInkPrice => self.params.ink_price.into(),
            F::ReturnDataSize => self.return_data.len() as u64,
            _ => return Err(Stop::Failure),
        })
    }

    /// Writes a word or an address of the context.
    fn give(&self, machine: &mut Machine<'_>, to: u32, bytes: &[u8]) -> Result<(), Stop> {
        machine.buy_ink(HOSTIO + POINTER)?;
        machine.write(to, bytes)
    }

    fn read_return_data(
        &self,
        machine: &mut Machine<'_>,
        to: u32,
        offset: u32,
        size: u32,
    ) -> Result<u64, Stop> {
        let part = slice(&self.return_data, offset, size);
        machine.buy_ink(HOSTIO + EVM_API + prices::write(part.len()))?;
        machine.write(to, part)?;
        Ok(part.len() as u64)
    }

    fn pay_for_memory_grow(&mut self, machine: &mut Machine<'_>, pages: u16) -> Result<(), Stop> {
        if pages == 0 {
            return machine.buy_ink(HOSTIO);
        }
        let gas = self.pages.open(pages, &self.params);
        machine.buy_gas(gas)
    }
}

/// At most `size` bytes from `offset`, as far as there are any.
pub(super) fn slice(bytes: &Bytes, offset: u32, size: u32) -> &[u8] {
    let start = bytes.len().min(offset as usize);
    let end = bytes.len().min(start.saturating_add(size as usize));
    &bytes[start..end]
}

/// Arithmetic on big-endian words; the result replaces the first operand.
fn math(machine: &mut Machine<'_>, function: F, arg: impl Fn(usize) -> u32) -> Result<(), Stop> {
    machine.buy_ink(match function {
        F::MathAddMod => prices::ADD_MOD,
        F::MathMulMod => prices::MUL_MOD,
        F::MathPow => HOSTIO + 3 * POINTER,
        _ => prices::DIV,
    })?;
    let a = machine.read_number(arg(0))?;
    let b = machine.read_number(arg(1))?;
    let result = match function {
        F::MathDiv => a.checked_div(b).unwrap_or_default(),
        F::MathMod => a.checked_rem(b).unwrap_or_default(),
        F::MathPow => {
            machine.buy_ink(prices::pow(b.leading_zeros() as u64 / 8))?;
            a.pow(b)
        }
        F::MathAddMod => a.add_mod(b, machine.read_number(arg(2))?),
        _ => a.mul_mod(b, machine.read_number(arg(2))?),
    };
    machine.write_number(arg(0), result)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;

    #[test]
    fn slices_end_where_the_bytes_end() {
        let bytes = Bytes::from_static(b"abcdef");
        assert_eq!(slice(&bytes, 1, 3), b"bcd");
        assert_eq!(slice(&bytes, 4, u32::MAX), b"ef");
        assert_eq!(slice(&bytes, u32::MAX, 1), b"");
    }

    #[test]
    fn sums_and_products_do_not_wrap_before_the_remainder() {
        assert_eq!(U256::MAX.add_mod(U256::MAX, U256::from(10)), U256::ZERO);
        assert_eq!(U256::MAX.mul_mod(U256::MAX, U256::from(7)), U256::from(1));
    }
}
