//! Programs as frames of revm's own loop.
//!
//! A call frame whose code is a program is started and resumed here instead of in the interpreter. What a program asks of
//! state, logs and accounts is answered at once; a call or create becomes a new frame of revm's loop, and the program waits
//! until that frame's result arrives. So there is no native recursion, and checkpoints, depth, precompiles and inspectors
//! are revm's.

mod calls;
mod frame;
mod state;

pub use frame::ProgramFrame;
pub(crate) use frame::{Frames, is_program_frame};
