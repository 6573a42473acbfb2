//! Building small programs.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Instruction, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// A program with one page of memory.
#[derive(Default)]
pub struct Program {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    code: CodeSection,
    exports: ExportSection,
}

impl Program {
    pub fn new() -> Self {
        Self::default()
    }

    /// Imports a host function; before any other function.
    pub fn import<const P: usize, const R: usize>(
        &mut self,
        name: &str,
        params: [ValType; P],
        results: [ValType; R],
    ) -> u32 {
        let index = self.imports.len();
        let ty = self.ty(params, results);
        self.imports
            .import("vm_hooks", name, EntityType::Function(ty));
        index
    }

    /// Adds a function without locals.
    pub fn function<'a, const P: usize, const R: usize>(
        &mut self,
        params: [ValType; P],
        results: [ValType; R],
        code: impl IntoIterator<Item = Instruction<'a>>,
    ) -> u32 {
        self.add(params, results, [], code)
    }

    /// Adds the entry point: local 0 is the calldata's length, local 1 an i32.
    pub fn entry<'a>(&mut self, code: impl IntoIterator<Item = Instruction<'a>>) {
        let index = self.add([ValType::I32], [ValType::I32], [(1, ValType::I32)], code);
        self.export_entry(index);
    }

    /// Exports a function as the entry point, and the memory.
    pub fn export_entry(&mut self, function: u32) {
        self.exports
            .export("user_entrypoint", ExportKind::Func, function);
        self.exports.export("memory", ExportKind::Memory, 0);
    }

    /// The module.
    pub fn wasm(&self) -> Vec<u8> {
        let memory = MemoryType {
            minimum: 1,
            maximum: Some(1),
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        let mut module = Module::new();
        module
            .section(&self.types)
            .section(&self.imports)
            .section(&self.functions);
        module
            .section(MemorySection::new().memory(memory))
            .section(&self.exports)
            .section(&self.code);
        module.finish()
    }

    fn add<'a, const P: usize, const R: usize, const L: usize>(
        &mut self,
        params: [ValType; P],
        results: [ValType; R],
        locals: [(u32, ValType); L],
        code: impl IntoIterator<Item = Instruction<'a>>,
    ) -> u32 {
        let index = self.imports.len() + self.functions.len();
        let ty = self.ty(params, results);
        self.functions.function(ty);
        let mut function = Function::new(locals);
        for instruction in code {
            function.instruction(&instruction);
        }
        function.instruction(&Instruction::End);
        self.code.function(&function);
        index
    }

    fn ty<const P: usize, const R: usize>(
        &mut self,
        params: [ValType; P],
        results: [ValType; R],
    ) -> u32 {
        self.types.ty().function(params, results);
        self.types.len() - 1
    }
}
