//! Runs one Stylus program, independent of any EVM.

mod activation;
mod depth;
mod error;
mod frame;
mod host;
mod meter;
mod module;
mod pages;
mod params;
mod prices;
mod program;
mod vm;

pub use activation::Activation;
pub use error::InvalidModule;
pub use frame::{
    CallKind, CallStatus, Context, HostCalls, Outcome, Request, Response, Status, Step,
};
pub use pages::Pages;
pub use params::Params;
pub use program::{Frame, FrameError, Module, ModuleError, activate};
