//! Why a module is no program.

use wasmparser::{BinaryReaderError, Operator};

/// Why a module cannot be activated.
#[derive(Debug, thiserror::Error)]
pub enum InvalidModule {
    /// Not a valid module with the features programs may use.
    #[error(
        "not a valid module: {0}; build it for MVP WebAssembly with sign extension and bulk memory only"
    )]
    Invalid(#[from] BinaryReaderError),
    /// More of something than a program may have.
    #[error("too many {what}: {found}, at most {most} are allowed")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many the module has.
        found: u64,
        /// How many it may have.
        most: u64,
    },
    /// An instruction that has no price.
    #[error("instruction {0} is not allowed; floating point must be emulated or left out")]
    Unsupported(String),
    /// An import that no host function answers to.
    #[error("no host function {0}; programs import from vm_hooks only")]
    UnknownImport(String),
    /// A host function imported with another type.
    #[error("host function {import} imported as {found}, but it is {expected}")]
    ImportType {
        /// Module and name.
        import: String,
        /// Type of the import.
        found: String,
        /// Type of the host function.
        expected: String,
    },
    /// No memory or function of its own under the name.
    #[error("the module exports no {0} of its own")]
    MissingExport(&'static str),
    /// An entry point of another type.
    #[error("user_entrypoint is {0}, but it must be (func (param i32) (result i32))")]
    EntryPointType(String),
    /// An export whose name is kept for the meters.
    #[error("export {0} has a reserved name: names that start with stylus are taken")]
    ReservedExport(String),
    /// A start function.
    #[error("start functions are not allowed: call the function from user_entrypoint")]
    StartFunction,
    /// A memory that can grow, without a way to pay.
    #[error("a memory that can grow needs the import vm_hooks.pay_for_memory_grow")]
    UnpaidGrowth,
    /// A passive or declared segment, or one that is not made of constants.
    #[error("{0} segments must be active, at a constant offset, and plain")]
    Segment(&'static str),
    /// A segment outside its memory or table.
    #[error("a {what} segment of {len} from {offset} leaves its {size}")]
    OutOfBounds {
        /// Data or element.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// How long it is.
        len: u64,
        /// Size of the memory (bytes) or table (entries).
        size: u64,
    },
}

impl InvalidModule {
    /// An error unless there are at most so many of something.
    pub(crate) fn at_most(what: &'static str, found: u64, most: u64) -> Result<(), Self> {
        if found > most {
            Err(Self::TooMany { what, found, most })
        } else {
            Ok(())
        }
    }

    /// An error unless a segment lies inside.
    pub(crate) fn within(what: &'static str, offset: u64, len: u64, size: u64) -> Result<(), Self> {
        if offset + len > size {
            Err(Self::OutOfBounds {
                what,
                offset,
                len,
                size,
            })
        } else {
            Ok(())
        }
    }

    /// The error for an instruction without a price.
    pub(crate) fn unsupported(operator: &Operator<'_>) -> Self {
        let text = format!("{operator:?}");
        let name = text.split([' ', '{']).next().unwrap_or_default();
        Self::Unsupported(name.to_owned())
    }
}
