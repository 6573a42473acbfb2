//! Compiled programs and the block's list of recent ones.

use crate::{
    chain::ArbContext,
    code::{self, CodeError},
};
use ogpu_stylus::{Module, ModuleError, Params};
use revm::{
    Database,
    primitives::{B256, B256Map},
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Compiled modules by code hash.
///
/// A pure cache: everything in it follows from account code, so it may be shared between threads, blocks and forks of the
/// state, and dropped at any time. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Programs(Arc<Mutex<B256Map<Compiled>>>);

#[derive(Clone, Debug)]
struct Compiled {
    module: Module,
    /// What it was compiled for: ArbOS version and most pages.
    made_for: (u64, u16),
}

impl Programs {
    fn modules(&self) -> MutexGuard<'_, B256Map<Compiled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, code_hash: B256, params: &Params) -> Option<Module> {
        let modules = self.modules();
        let known = modules.get(&code_hash)?;
        (known.made_for == made_for(params)).then(|| known.module.clone())
    }

    /// Keeps a module that was compiled elsewhere.
    pub(crate) fn insert(&self, code_hash: B256, module: Module, params: &Params) {
        self.modules().insert(
            code_hash,
            Compiled {
                module,
                made_for: made_for(params),
            },
        );
    }
}

fn made_for(params: &Params) -> (u64, u16) {
    (params.arbos, params.page_limit)
}

/// Why code that was activated cannot be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(transparent)]
    Code(#[from] CodeError),
    #[error(transparent)]
    Module(#[from] ModuleError),
}

/// The compiled module of a program, from the cache or its code.
pub(crate) fn compiled<DB: Database>(
    ctx: &mut ArbContext<DB>,
    code_hash: B256,
    code: &[u8],
    params: &Params,
) -> Result<Result<Module, Unusable>, DB::Error> {
    if let Some(module) = ctx.chain.programs.get(code_hash, params) {
        return Ok(Ok(module));
    }
    let module = code::module(ctx, code, params)?
        .map_err(Unusable::from)
        .and_then(|wasm| Module::new(&wasm, params).map_err(Unusable::from));
    if let Ok(module) = &module {
        ctx.chain.programs.insert(code_hash, module.clone(), params);
    }
    Ok(module)
}

/// The code hashes a block has called last. From ArbOS 60 a program among them starts at the cached price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentPrograms {
    hashes: Vec<B256>,
}

impl RecentPrograms {
    /// Notes a call of `hash`, forgetting the oldest beyond `capacity`; says whether it was there already.
    pub(crate) fn touch(&mut self, hash: B256, capacity: u16) -> bool {
        let known = self.hashes.iter().position(|recent| *recent == hash);
        if let Some(at) = known {
            self.hashes.remove(at);
        }
        self.hashes.push(hash);
        let excess = self.hashes.len().saturating_sub(capacity.into());
        self.hashes.drain(..excess);
        known.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_program_is_forgotten_first() {
        let [a, b, c] = [1, 2, 3].map(B256::with_last_byte);
        let mut recent = RecentPrograms::default();
        assert!(!recent.touch(a, 2));
        assert!(!recent.touch(b, 2));
        assert!(recent.touch(a, 2));
        assert!(!recent.touch(c, 2));
        assert!(recent.touch(a, 2));
        assert!(!recent.touch(b, 2));
    }
}
