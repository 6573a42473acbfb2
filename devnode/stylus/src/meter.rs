//! Putting the meters into a function.
//!
//! A function's instructions are copied byte for byte; only these are added:
//!
//! * **ink**: before each basic block, its whole cost is taken from a global, or the program traps;
//! * **bulk**: before `memory.copy` and `memory.fill`, the cost of their length;
//! * **depth**: a function takes its frame's words from a global when it starts and gives them back when it returns;
//! * **heap**: before `memory.grow`, a call of `pay_for_memory_grow` with the same argument.

use std::ops::Range;

use wasm_encoder::{BlockType, Encode, Instruction};
use wasmparser::{
    FuncType, FuncValidator, FunctionBody, Operator, OperatorsReader, WasmModuleResources,
};

use crate::{InvalidModule, depth::Operands, prices};

/// Words a frame takes besides its locals (parameters apart) and operands.
const FRAME_WORDS: u32 = 4;
/// Most operands of a frame.
const MAX_OPERANDS: u32 = 4096;
/// Most locals (parameters apart) and instructions of a function.
const MAX_LOCALS: u32 = 348;
const MAX_OPERATORS: u64 = 65_536;
/// Operands the ink meter has on the stack at once.
const METER_OPERANDS: u32 = 2;

/// Indices of the globals that instrumentation adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meters {
    /// Ink left, an i64.
    pub ink_left: u32,
    /// Not zero once the ink has run out, an i32.
    pub ink_status: u32,
    /// Words of stack left, an i32.
    pub stack_left: u32,
    /// Holds an operand for a moment, an i32.
    pub scratch: u32,
}

impl Meters {
    /// The meters of a module that has `globals` globals of its own.
    pub const fn after(globals: u32) -> Self {
        Self {
            ink_left: globals,
            ink_status: globals + 1,
            stack_left: globals + 2,
            scratch: globals + 3,
        }
    }
}

/// What a function's code may refer to.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    /// The module's function types.
    pub types: Vec<FuncType>,
    /// Type of each function, imported ones first.
    pub functions: Vec<u32>,
    /// Index of `pay_for_memory_grow` where the memory can grow.
    pub pay_for_memory_grow: Option<u32>,
}

impl Signatures {
    /// The type of a function.
    pub fn of_function(&self, function: u32) -> &FuncType {
        &self.types[self.functions[function as usize] as usize]
    }
}

/// A function with its meters.
#[derive(Debug)]
pub(crate) struct MeteredFunction {
    /// Its body as the code section holds it, without the length.
    pub body: Vec<u8>,
    /// Instructions that activation counts.
    pub operators: u64,
}

/// Something to put before the instruction at a position.
#[derive(Clone, Copy, Debug)]
enum Insertion {
    /// Charge for the basic block that starts here.
    Ink(u64),
    /// Charge for the length of a bulk operation, the top operand.
    Bulk,
    /// Call `pay_for_memory_grow` with the top operand.
    Pay(u32),
    /// Give back the frame's words.
    Exit,
}

impl Insertion {
    /// Instructions that activation counts for it.
    const fn operators(self) -> u64 {
        match self {
            Self::Ink(_) => 12,
            Self::Bulk => 17,
            Self::Pay(_) | Self::Exit => 4,
        }
    }
}

/// Instructions that activation counts for taking a frame's words.
const ENTRY_OPERATORS: u64 = 13;

/// What is put into a function.
#[derive(Debug)]
struct Plan {
    /// Where the function's code starts in its bytes, and where the instruction that ends it is.
    code: Range<usize>,
    /// What goes before the instruction at a position, in order.
    insertions: Vec<(usize, Insertion)>,
    /// Words of the function's frame.
    frame: u32,
    /// Whether a branch leaves the function.
    leaves_by_branch: bool,
    /// Instructions of the function itself.
    operators: u64,
}

/// Checks a function and puts the meters into it. Where branches leave the function, its code is put into a block of the
/// type that `block_type` gives, so that they come by the end of the function as well.
pub(crate) fn function<T: WasmModuleResources>(
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<T>,
    signatures: &Signatures,
    meters: Meters,
    block_type: impl FnOnce() -> BlockType,
) -> Result<MeteredFunction, InvalidModule> {
    let plan = plan(body, validator, signatures)?;
    let inserted = plan
        .insertions
        .iter()
        .map(|(_, insertion)| insertion.operators());
    let exit = Insertion::Exit;
    let operators = plan.operators + ENTRY_OPERATORS + inserted.sum::<u64>() + exit.operators();

    let bytes = body.as_bytes();
    let out = Vec::with_capacity(bytes.len() + plan.insertions.len() * 32);
    let mut writer = Writer {
        out,
        meters,
        frame: plan.frame,
    };
    writer.out.extend_from_slice(&bytes[..plan.code.start]);
    writer.enter();
    if plan.leaves_by_branch {
        writer.put(Instruction::Block(block_type()));
    }
    let mut copied = plan.code.start;
    for (position, insertion) in plan.insertions {
        writer.out.extend_from_slice(&bytes[copied..position]);
        writer.insert(insertion);
        copied = position;
    }
    writer.out.extend_from_slice(&bytes[copied..plan.code.end]);
    if plan.leaves_by_branch {
        writer.put(Instruction::End);
    }
    writer.insert(exit);
    writer.put(Instruction::End);
    Ok(MeteredFunction {
        body: writer.out,
        operators,
    })
}

/// Checks a function and finds out what must be put into it, besides its start and its end.
fn plan<T: WasmModuleResources>(
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<T>,
    signatures: &Signatures,
) -> Result<Plan, InvalidModule> {
    let params = validator.len_locals();
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    let locals = validator.len_locals() - params;
    InvalidModule::at_most("locals in a function", locals.into(), MAX_LOCALS.into())?;

    let start = body.range().start;
    let position = |offset: u64| (offset - start) as usize;
    let params_of = |ty: u32| signatures.types[ty as usize].params().len() as u64;
    let code_start = position(reader.original_position());
    let mut code = OperatorsReader::new(reader);
    let mut plan = Plan {
        code: code_start..code_start,
        insertions: vec![(code_start, Insertion::Ink(0))],
        frame: 0,
        leaves_by_branch: false,
        operators: 0,
    };
    let mut operands = Operands::new();
    operands.reach(METER_OPERANDS);
    let mut block = 0;
    let mut cost = prices::BASIC_BLOCK;

    while !code.eof() {
        let (operator, offset) = code.read_with_offset()?;
        let here = position(offset);
        let outermost = validator.control_stack_height().saturating_sub(1);
        let arity = operator
            .operator_arity(&validator.visitor(offset))
            .unwrap_or_default();
        validator.op(offset, &operator)?;
        plan.operators += 1;
        cost += prices::operator(&operator, params_of)
            .ok_or_else(|| InvalidModule::unsupported(&operator))?;
        match &operator {
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                plan.leaves_by_branch |= *relative_depth == outermost;
            }
            Operator::BrTable { targets } => {
                plan.leaves_by_branch |= targets.default() == outermost;
                for target in targets.targets() {
                    plan.leaves_by_branch |= target? == outermost;
                }
            }
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => {
                operands.reach(METER_OPERANDS);
                plan.insertions.push((here, Insertion::Bulk));
            }
            Operator::MemoryGrow { .. } => {
                if let Some(pay) = signatures.pay_for_memory_grow {
                    plan.insertions.push((here, Insertion::Pay(pay)));
                }
            }
            Operator::Return => plan.insertions.push((here, Insertion::Exit)),
            _ => {}
        }
        operands.operator(&operator, arity, &signatures.types);
        if prices::ends_block(&operator) {
            plan.insertions[block].1 = Insertion::Ink(cost);
            cost = prices::BASIC_BLOCK;
            if code.eof() {
                plan.code.end = here;
            } else {
                operands.reach(METER_OPERANDS);
                block = plan.insertions.len();
                plan.insertions
                    .push((position(code.original_position()), Insertion::Ink(0)));
            }
        }
    }
    code.finish()?;
    InvalidModule::at_most("instructions in a function", plan.operators, MAX_OPERATORS)?;
    InvalidModule::at_most(
        "operands on the stack of a function",
        operands.worst().into(),
        MAX_OPERANDS.into(),
    )?;
    plan.frame = operands.worst() + locals + FRAME_WORDS;
    Ok(plan)
}

/// Writes what is put into a function.
struct Writer {
    out: Vec<u8>,
    meters: Meters,
    frame: u32,
}

impl Writer {
    fn put(&mut self, instruction: Instruction<'_>) {
        instruction.encode(&mut self.out);
    }

    fn put_all<const N: usize>(&mut self, instructions: [Instruction<'_>; N]) {
        for instruction in instructions {
            self.put(instruction);
        }
    }

    fn insert(&mut self, insertion: Insertion) {
        match insertion {
            Insertion::Ink(cost) => self.charge([Instruction::I64Const(cost as i64)]),
            Insertion::Bulk => {
                self.put(Instruction::GlobalSet(self.meters.scratch));
                self.charge([
                    Instruction::GlobalGet(self.meters.scratch),
                    Instruction::I64ExtendI32U,
                    Instruction::I64Const(prices::BULK_BYTE as i64),
                    Instruction::I64Mul,
                ]);
                self.put(Instruction::GlobalGet(self.meters.scratch));
            }
            Insertion::Pay(pay) => self.put_all([
                Instruction::GlobalSet(self.meters.scratch),
                Instruction::GlobalGet(self.meters.scratch),
                Instruction::Call(pay),
                Instruction::GlobalGet(self.meters.scratch),
            ]),
            Insertion::Exit => self.put_all([
                Instruction::GlobalGet(self.meters.stack_left),
                Instruction::I32Const(self.frame as i32),
                Instruction::I32Add,
                Instruction::GlobalSet(self.meters.stack_left),
            ]),
        }
    }

    /// Takes the cost that the instructions `cost` compute from the ink, or traps.
    fn charge<const N: usize>(&mut self, cost: [Instruction<'_>; N]) {
        let ink_left = self.meters.ink_left;
        self.put(Instruction::GlobalGet(ink_left));
        self.put_all(cost.clone());
        self.put_all([
            Instruction::I64LtU,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(1),
            Instruction::GlobalSet(self.meters.ink_status),
            Instruction::Unreachable,
            Instruction::End,
            Instruction::GlobalGet(ink_left),
        ]);
        self.put_all(cost);
        self.put_all([Instruction::I64Sub, Instruction::GlobalSet(ink_left)]);
    }

    /// Takes the frame's words from the stack, or sets it to zero and traps.
    fn enter(&mut self) {
        let (stack_left, frame) = (self.meters.stack_left, self.frame as i32);
        self.put_all([
            Instruction::GlobalGet(stack_left),
            Instruction::I32Const(frame),
            Instruction::I32LeU,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(0),
            Instruction::GlobalSet(stack_left),
            Instruction::Unreachable,
            Instruction::End,
            Instruction::GlobalGet(stack_left),
            Instruction::I32Const(frame),
            Instruction::I32Sub,
            Instruction::GlobalSet(stack_left),
        ]);
    }
}
