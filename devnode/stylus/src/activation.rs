//! What a program costs to activate, to start and to keep.

use crate::{Params, module::Figures};

/// Gas of a microsecond of activation.
const GAS_PER_MICROSECOND: u64 = 28;

/// What activating a program records, and costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// Cost of initialising the program, in the unit that [`Params::init_gas`] scales.
    pub init_cost: u16,
    /// Cost of initialising the program when it is cached, in the unit that [`Params::cached_gas`] scales.
    pub cached_init_cost: u16,
    /// Pages of memory the program starts with.
    pub footprint: u16,
    /// Estimated bytes of machine code; what the data fee is asked for.
    pub asm_estimate: u32,
    /// Gas of activating, without the fixed part.
    pub activation_gas: u64,
}

/// Estimates the costs of a program. Each term is rounded down by itself.
pub(crate) fn estimate(figures: &Figures, params: &Params) -> Activation {
    let Figures {
        wasm_bytes,
        functions,
        signature_values,
        globals,
        data_bytes,
        data_segment_bytes,
        element_bytes,
        pages,
        operators,
    } = *figures;
    let share = |count: u64, numerator: u64, denominator: u64| count * numerator / denominator;

    let asm = 512_000
        + share(functions, 996_829, 1000)
        + share(signature_values, 11_416, 1000)
        + share(wasm_bytes, 62_628, 10_000);
    let cached = share(functions, 13_420, 100_000)
        + share(signature_values, 89, 100_000)
        + share(wasm_bytes, 122, 100_000)
        + share(globals, 1628, 1000)
        + share(data_segment_bytes + element_bytes, 75_244, 100_000)
        + 5 * u64::from(pages);
    let mut init = share(functions, 8252, 1000)
        + share(signature_values, 1059, 1000)
        + share(wasm_bytes, 1286, 10_000);
    if params.version < 2 {
        init += cached;
    }

    let mut microseconds = share(functions, 17_263, 100_000)
        + share(data_bytes, 17_376, 100_000)
        + share(element_bytes, 17_376, 100_000)
        + 2217 * u64::from(pages)
        + share(operators, 535, 1000);
    if params.charges_module_bytes() {
        microseconds += share(wasm_bytes, 31_733, 100_000);
    }

    Activation {
        init_cost: init.try_into().unwrap_or(u16::MAX),
        cached_init_cost: cached.try_into().unwrap_or(u16::MAX),
        footprint: pages,
        asm_estimate: asm.try_into().unwrap_or(u32::MAX),
        activation_gas: GAS_PER_MICROSECOND * microseconds,
    }
}
