//! How many operands a function has on the stack at most.

use wasmparser::{BlockType, FuncType, Operator};

/// Follows a function's operands as the depth meter counts them. That is simpler than validation, and a little more:
/// a block has its results on the stack from its start, a call has its results there before its arguments are gone, and
/// code that cannot be reached counts like any other.
#[derive(Debug)]
pub(crate) struct Operands {
    now: u32,
    worst: u32,
    scopes: Vec<u32>,
}

impl Operands {
    /// The operands of a function that has just been entered.
    pub fn new() -> Self {
        Self {
            now: 0,
            worst: 0,
            scopes: vec![0],
        }
    }

    /// Most operands so far.
    pub fn worst(&self) -> u32 {
        self.worst
    }

    /// Something has `count` more operands on the stack for a moment.
    pub fn reach(&mut self, count: u32) {
        self.worst = self.worst.max(self.now + count);
    }

    /// An instruction that takes and gives so many operands (`arity`; of no matter for control instructions).
    pub fn operator(&mut self, operator: &Operator<'_>, arity: (u32, u32), types: &[FuncType]) {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } => self.open(*blockty, types),
            Operator::If { blockty } => {
                self.pop(1);
                self.open(*blockty, types);
            }
            Operator::Else => self.now = self.scopes.last().copied().unwrap_or_default(),
            Operator::End => self.now = self.scopes.pop().unwrap_or_default(),
            Operator::BrIf { .. } | Operator::BrTable { .. } => self.pop(1),
            Operator::Br { .. } | Operator::Return | Operator::Unreachable => {}
            Operator::Call { .. } => self.push_then_pop(arity),
            Operator::CallIndirect { .. } => {
                self.pop(1);
                self.push_then_pop((arity.0.saturating_sub(1), arity.1));
            }
            _ => {
                self.pop(arity.0);
                self.push(arity.1);
            }
        }
    }

    fn open(&mut self, ty: BlockType, types: &[FuncType]) {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(ty) => {
                let ty = &types[ty as usize];
                self.push_then_pop((ty.params().len() as u32, ty.results().len() as u32));
            }
        }
        self.scopes.push(self.now);
    }

    fn push_then_pop(&mut self, (params, results): (u32, u32)) {
        self.push(results);
        self.pop(params);
    }

    fn push(&mut self, count: u32) {
        self.now += count;
        self.reach(0);
    }

    fn pop(&mut self, count: u32) {
        self.now = self.now.saturating_sub(count);
    }
}
