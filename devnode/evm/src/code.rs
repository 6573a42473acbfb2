//! How programs stand in account code, and how their modules are got out of it.

use crate::chain::ArbContext;
use ogpu_stylus::Params;
use revm::{Database, context::JournalTr, primitives::Address};
use std::io::Read as _;

/// First bytes of a program's code.
const PROGRAM: [u8; 3] = [0xEF, 0xF0, 0x00];
/// First bytes of a fragment of a program.
const FRAGMENT: [u8; 3] = [0xEF, 0xF0, 0x01];
/// First bytes of the code that names a program's fragments.
const ROOT: [u8; 3] = [0xEF, 0xF0, 0x02];
/// The mark of code that is compressed without a dictionary.
const NO_DICTIONARY: u8 = 0;
/// ArbOS version from which programs may be split.
const FRAGMENTS_FROM: u64 = 60;

/// Whether code can be run as a program.
pub(crate) fn is_program(code: &[u8], arbos: u64) -> bool {
    code.starts_with(&PROGRAM) || (arbos >= FRAGMENTS_FROM && code.starts_with(&ROOT))
}

/// Whether a contract may be created with this code although its first byte is reserved.
pub(crate) fn may_be_deployed(code: &[u8], arbos: u64) -> bool {
    is_program(code, arbos) || (arbos >= FRAGMENTS_FROM && code.starts_with(&FRAGMENT))
}

/// The account code of a program.
pub(crate) fn encode(wasm: &[u8]) -> Vec<u8> {
    const BUFFER: usize = 4096;
    const QUALITY: u32 = 5;
    const WINDOW: u32 = 22;
    let mut code = [PROGRAM.as_slice(), &[NO_DICTIONARY]].concat();
    brotli::CompressorReader::new(wasm, BUFFER, QUALITY, WINDOW)
        .read_to_end(&mut code)
        .expect("reading from memory does not fail");
    code
}

/// Why no module can be got out of account code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeError {
    #[error("its code is damaged: {0}")]
    Damaged(&'static str),
    #[error("its module is longer than {most} bytes")]
    TooLong { most: u32 },
    #[error("it names {found} fragments, at most {most} are allowed")]
    TooManyFragments { found: usize, most: u8 },
    #[error("{0} holds no fragment of a program")]
    NotAFragment(Address),
}

/// The module that a program's code holds, or that its fragments hold together.
pub(crate) fn module<DB: Database>(
    ctx: &mut ArbContext<DB>,
    code: &[u8],
    params: &Params,
) -> Result<Result<Vec<u8>, CodeError>, DB::Error> {
    let Some((&dictionary, body)) = code.get(3..).and_then(<[u8]>::split_first) else {
        return Ok(Err(CodeError::Damaged("it ends after its prefix")));
    };
    if code.starts_with(&PROGRAM) {
        return Ok(decompress(dictionary, body, params));
    }
    let (Some(addresses), true) = (body.get(4..), body.len() % 20 == 4) else {
        return Ok(Err(CodeError::Damaged("its list of fragments is cut off")));
    };
    let found = addresses.len() / 20;
    if found > params.max_fragments.into() {
        return Ok(Err(CodeError::TooManyFragments {
            found,
            most: params.max_fragments,
        }));
    }
    let mut joined = Vec::new();
    for address in addresses.chunks_exact(20).map(Address::from_slice) {
        let info = &ctx.journaled_state.load_account_with_code(address)?.info;
        let code = info
            .code
            .as_ref()
            .map(|code| code.original_bytes())
            .unwrap_or_default();
        match code.strip_prefix(&FRAGMENT) {
            Some(slice) => joined.extend_from_slice(slice),
            None => return Ok(Err(CodeError::NotAFragment(address))),
        }
    }
    Ok(decompress(dictionary, &joined, params))
}

/// Undoes the compression of a program's module.
fn decompress(dictionary: u8, data: &[u8], params: &Params) -> Result<Vec<u8>, CodeError> {
    if dictionary != NO_DICTIONARY {
        return Err(CodeError::Damaged(
            "its dictionary is unknown; compress it without one (0)",
        ));
    }
    let most = params.max_wasm_size;
    let mut wasm = Vec::new();
    brotli::Decompressor::new(data, 4096)
        .take(u64::from(most) + 1)
        .read_to_end(&mut wasm)
        .map_err(|_| CodeError::Damaged("it is no Brotli stream"))?;
    if wasm.len() > most as usize {
        Err(CodeError::TooLong { most })
    } else {
        Ok(wasm)
    }
}
