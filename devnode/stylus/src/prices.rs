//! What instructions cost, in ink.

use wasmparser::Operator;

/// Ink of entering a basic block, besides its instructions.
pub(crate) const BASIC_BLOCK: u64 = 2450;
/// Ink of each byte that `memory.copy` and `memory.fill` move.
pub(crate) const BULK_BYTE: u64 = 100;
/// Ink of each target of a `br_table`.
const BR_TABLE_TARGET: u64 = 325;
/// Ink of each parameter of a `call_indirect`.
const CALL_INDIRECT_PARAM: u64 = 650;

/// Ink of one instruction; `params` gives the number of parameters of a function type. None where programs may not use it.
pub(crate) fn operator(operator: &Operator<'_>, params: impl Fn(u32) -> u64) -> Option<u64> {
    use Operator::*;
    let ink = match operator {
        Unreachable | Return | Nop | Block { .. } | Loop { .. } | Else | End => 1,
        I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } => 1,
        Drop => 9,
        Br { .. } | BrIf { .. } | If { .. } => 765,
        Select => 1250,
        Call { .. } => 3800,
        CallIndirect { type_index, .. } => 13_610 + CALL_INDIRECT_PARAM * params(*type_index),
        BrTable { targets } => 2400 + BR_TABLE_TARGET * u64::from(targets.len()),

        LocalGet { .. } | LocalTee { .. } => 75,
        LocalSet { .. } => 210,
        GlobalGet { .. } => 225,
        GlobalSet { .. } => 575,

        I32Load { .. }
        | I32Load8S { .. }
        | I32Load8U { .. }
        | I32Load16S { .. }
        | I32Load16U { .. }
        | F32Load { .. } => 670,
        I64Load { .. }
        | I64Load8S { .. }
        | I64Load8U { .. }
        | I64Load16S { .. }
        | I64Load16U { .. } => 680,
        I64Load32S { .. } | I64Load32U { .. } | F64Load { .. } => 680,
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } | F32Store { .. } => 825,
        I64Store { .. }
        | I64Store8 { .. }
        | I64Store16 { .. }
        | I64Store32 { .. }
        | F64Store { .. } => 950,
        MemorySize { .. } => 3000,
        MemoryGrow { .. } => 8050,
        MemoryCopy { .. } | MemoryFill { .. } => 950,

        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS
        | I32GeU => 170,
        I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU | I64GeS
        | I64GeU => 225,
        I32Clz | I32Ctz | I64Clz | I64Ctz => 210,
        I32Add | I32Sub | I32And | I32Or | I32Xor | I32Shl | I32ShrS | I32ShrU | I32Rotl
        | I32Rotr => 70,
        I64Add | I64Sub | I64And | I64Or | I64Xor | I64Shl | I64ShrS | I64ShrU | I64Rotl
        | I64Rotr => 100,
        I32Mul | I64Mul => 160,
        I32DivS | I32DivU | I32RemS | I32RemU => 1120,
        I64DivS | I64DivU | I64RemS | I64RemU => 1270,
        I32Popcnt => 2650,
        I64Popcnt => 6000,
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U => 100,
        I32Extend8S | I32Extend16S | I64Extend8S | I64Extend16S | I64Extend32S => 100,
        _ => return None,
    };
    Some(ink)
}

/// Whether an instruction is the last of its basic block.
pub(crate) const fn ends_block(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        End | Else
            | Return
            | Loop { .. }
            | Br { .. }
            | BrTable { .. }
            | BrIf { .. }
            | If { .. }
            | Call { .. }
            | CallIndirect { .. }
    )
}
