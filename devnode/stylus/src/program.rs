//! Modules, their activation, and frames that run them.

use std::{fmt, sync::Arc};

use crate::{
    Activation, Context, InvalidModule, Pages, Params, Response, Step, activation,
    host::Host,
    module::{self, Figures},
    vm::{self, Vm},
};

/// A program that can be run: checked, metered and compiled. Clones share it.
#[derive(Clone)]
pub struct Module(Arc<Compiled>);

struct Compiled {
    figures: Figures,
    params: Params,
    code: wasmi::Module,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("figures", &self.0.figures)
            .finish_non_exhaustive()
    }
}

impl Module {
    /// Checks a module (as decompressed from an account's code), puts the meters in and compiles it.
    ///
    /// # Errors
    ///
    /// Why the module is no program.
    pub fn new(wasm: &[u8], params: &Params) -> Result<Self, ModuleError> {
        let program = module::read(wasm, params)?;
        let code = vm::compile(&program.wasm)?;
        Ok(Self(Arc::new(Compiled {
            figures: program.figures,
            params: params.clone(),
            code,
        })))
    }

    /// What activating the module records and costs.
    pub fn activation(&self) -> Activation {
        activation::estimate(&self.0.figures, &self.0.params)
    }

    /// Pages of memory the program starts with.
    pub fn footprint(&self) -> u16 {
        self.0.figures.pages
    }
}

/// What activating a module records and costs, without compiling it for running.
///
/// # Errors
///
/// Why the module cannot be activated.
pub fn activate(wasm: &[u8], params: &Params) -> Result<Activation, InvalidModule> {
    module::read(wasm, params).map(|program| activation::estimate(&program.figures, params))
}

/// One call of a program.
pub struct Frame {
    vm: Vm,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").finish_non_exhaustive()
    }
}

impl Frame {
    /// A call that has `gas` gas left after its start costs ([`Params::start_gas`] and the pages of
    /// [`Module::footprint`]).
    ///
    /// # Errors
    ///
    /// Only if the engine cannot make an instance, for lack of memory.
    pub fn new(
        module: &Module,
        params: &Params,
        context: Context,
        gas: u64,
    ) -> Result<Self, FrameError> {
        let ink = gas.saturating_mul(params.ink_price.into());
        let host = Host::new(context, params.clone());
        Ok(Self {
            vm: Vm::new(&module.0.code, host, ink, params.max_stack_depth)?,
        })
    }

    /// Runs until the program ends or needs the EVM. `pages` are the transaction's, with this frame's footprint open;
    /// they are updated with what the program opens.
    ///
    /// # Errors
    ///
    /// If the frame has been run before.
    pub fn run(&mut self, pages: &mut Pages) -> Result<Step, FrameError> {
        self.vm.run(pages)
    }

    /// Runs on with the EVM's answer to the last request. `pages` as in [`Frame::run`], as they are after the request.
    ///
    /// # Errors
    ///
    /// If the frame does not wait for an answer, or waits for one of another kind; after that it cannot be run on.
    pub fn resume(&mut self, response: Response, pages: &mut Pages) -> Result<Step, FrameError> {
        self.vm.resume(response, pages)
    }
}

/// Why a module cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// It is no program.
    #[error(transparent)]
    Invalid(#[from] InvalidModule),
    /// The engine does not take it.
    #[error("the engine does not take the module: {0}")]
    Engine(#[from] wasmi::Error),
}

/// A frame used in the wrong order, or an engine that failed. A program's own failures are no such errors: they are in
/// [`crate::Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The engine failed.
    #[error("the engine failed: {0}")]
    Engine(#[from] wasmi::Error),
    /// An instance lacks something that every metered module has.
    #[error("the instance has no {0}")]
    Instance(&'static str),
    /// `run` on a frame that has run.
    #[error("the frame has already run: resume it, or make a new one")]
    AlreadyRun,
    /// `resume` on a frame that does not wait.
    #[error("the frame does not wait for an answer")]
    NotWaiting,
    /// An answer to another request.
    #[error("the answer does not belong to the frame's request")]
    WrongResponse,
}
