//! Those whom a market cannot choose: tokens with manners of their own, wallets that answer calls, and who signed what.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, sol};

use crate::world::{COMMITTEE, ESCROW, OPTIMISTIC};

use super::{Answer, Code, Kind, Message, Program, call, with};

sol! {
    function transfer(address to, uint256 value) external returns (bool);
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}

/// What a token does beside what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// After a transfer it calls the receiver, then the sender, where they are wallets; if either fails, so does the transfer.
    Hooks,
    /// Of an odd amount it keeps a hundredth for [`FEE_SINK`]; of what the escrow pays verifiers it keeps nothing, since those take the
    /// fee for what the market says it is.
    TakesFee,
}

/// What a wallet does when a token calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wallet {
    /// Sends the message that is waiting.
    Reenters,
    /// Fails, without a word.
    Refuses,
}

/// The message that a wallet sends when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reentry {
    /// The message; the wallet that sends it is its sender.
    pub message: Message,
    /// Whether the wallet fails if the message does.
    pub insists: bool,
}

/// Where the fees of [`Manner::TakesFee`] go.
pub const FEE_SINK: Address = Address::repeat_byte(0xfe);

/// The token's answer, in its manner.
pub(super) fn transfer(manner: Manner, data: &[u8]) -> Answer {
    let (from, to, value) = if let Ok(call) = transferCall::abi_decode(data) {
        (with(|chain| chain.frame().sender), call.to, call.value)
    } else if let Ok(call) = transferFromCall::abi_decode(data) {
        (call.from, call.to, call.value)
    } else {
        return Program::OgpuToken.run(data);
    };
    match manner {
        Manner::Hooks => {
            let answer = Program::OgpuToken.run(data)?;
            let token = with(|chain| {
                chain.frame().unflushed = false; // it has answered
                chain.acting()
            });
            for party in [to, from] {
                if !matches!(with(|chain| chain.code(party)), Code::Wallet(_)) {
                    continue; // it has not asked to be called
                }
                call(Kind::Plain, token, party, 0, data)?;
            }
            Ok(answer)
        }
        Manner::TakesFee if from == ESCROW && [OPTIMISTIC, COMMITTEE].contains(&to) => {
            Program::OgpuToken.run(data)
        }
        Manner::TakesFee if value.bit(0) => {
            let fee = value / U256::from(100);
            let part = |to, value| {
                if data[..4] == transferCall::SELECTOR {
                    transferCall { to, value }.abi_encode()
                } else {
                    transferFromCall { from, to, value }.abi_encode()
                }
            };
            Program::OgpuToken.run(&part(to, value - fee))?;
            Program::OgpuToken.run(&part(FEE_SINK, fee))
        }
        Manner::TakesFee => Program::OgpuToken.run(data),
    }
}

/// What a wallet does when it is called.
pub(super) fn notified(wallet: Wallet) -> Answer {
    match wallet {
        Wallet::Refuses => {
            with(|chain| chain.excused = true);
            Err(Vec::new())
        }
        Wallet::Reenters => {
            let waiting = with(|chain| (chain.acting(), chain.reentry.take()));
            let (this, Some(Reentry { message, insists })) = waiting else {
                return Ok(Vec::new());
            };
            let answer = call(Kind::Plain, this, message.to, message.value, &message.data);
            if insists { answer } else { Ok(Vec::new()) }
        }
    }
}

/// A signature that [`recover`] attributes to `signer`: its `v`, `r` and `s`.
///
/// Real signatures take a hundred times as long as anything else here. These stand in for them: `r` is the signer, and `s` a hash which
/// nobody in this world computes for another.
pub fn sign(signer: Address, digest: B256) -> (u8, B256, B256) {
    let r = signer.into_word();
    let hash = U256::from_be_bytes(keccak256([digest, r].concat()).0);
    (27, r, B256::from(hash >> 2))
}

/// The precompile: digest, `v`, `r` and `s` in, the signer out; nothing if nobody signed.
pub(super) fn recover(data: &[u8]) -> Vec<u8> {
    let mut words = [B256::ZERO; 4];
    for (word, bytes) in words.iter_mut().zip(data.chunks_exact(32)) {
        *word = B256::from_slice(bytes);
    }
    let [digest, v, r, s] = words;
    let signed = (v[31], r, s) == sign(Address::from_word(r), digest);
    if signed { r.to_vec() } else { Vec::new() }
}
