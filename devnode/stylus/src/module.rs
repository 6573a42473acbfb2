//! Reading a module: validation, the limits programs have, and the figures its cost is estimated from.

use std::{collections::BTreeMap, ops::Range};

use wasm_encoder::{
    BlockType, CodeSection, Encode, ExportKind, ExportSection, MemorySection, MemoryType, Module,
    RawSection, SectionId,
};
use wasmparser::{
    BinaryReader, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncType,
    FuncValidator, FuncValidatorAllocations, FunctionBody, Operator, Parser, Payload, TypeRef,
    ValType, ValidPayload, Validator, WasmFeatures, WasmModuleResources,
};

use crate::{
    InvalidModule, Params,
    host::HostFunction,
    meter::{self, Meters, Signatures},
};

/// Function the host calls; it takes the length of the calldata and returns 0 for success.
pub(crate) const ENTRY_POINT: &str = "user_entrypoint";
/// Name a program exports its memory under.
pub(crate) const MEMORY: &str = "memory";
/// Name prefix of exports that is kept for the instrumentation.
const RESERVED_PREFIX: &str = "stylus";
/// Bytes of a page of memory.
pub(crate) const PAGE_SIZE: u64 = 65_536;
/// Globals that the meters add, one of them shared by two of the runtime's passes.
const ADDED_GLOBALS: u64 = 4;

/// Most of each that a program may have. Element segments are counted in bytes with their headers.
const MAX_IMPORTS: u64 = 513;
const MAX_DATA_SEGMENTS: u64 = 128;
const MAX_ELEMENT_SEGMENTS: u64 = 128;
const MAX_FUNCTIONS: u64 = 4096;
const MAX_GLOBALS: u64 = 32_768;
const MAX_TABLE_ENTRIES: u64 = 4096;
const MAX_ELEMENT_BYTES: u64 = 4096;

/// Exports the host finds the meters by.
pub(crate) const INK_LEFT: &str = "ink_left";
pub(crate) const INK_STATUS: &str = "ink_status";
pub(crate) const STACK_LEFT: &str = "stack_left";

/// A mutable global that starts at zero, as the global section holds it: type, mutability, initial value.
const I64_GLOBAL: [u8; 5] = [0x7e, 0x01, 0x42, 0x00, 0x0b];
const I32_GLOBAL: [u8; 5] = [0x7f, 0x01, 0x41, 0x00, 0x0b];

/// What activation estimates costs from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Bytes of the module.
    pub wasm_bytes: u64,
    /// Functions the module defines.
    pub functions: u64,
    /// Parameters and results of these functions.
    pub signature_values: u64,
    /// Globals, those the instrumentation adds included.
    pub globals: u64,
    /// Bytes of data segments.
    pub data_bytes: u64,
    /// Bytes of data segments with their headers.
    pub data_segment_bytes: u64,
    /// Bytes of element segments with their headers.
    pub element_bytes: u64,
    /// Pages the memory starts with.
    pub pages: u16,
    /// Instructions after instrumentation.
    pub operators: u64,
}

/// A program that may be activated, and how it is run.
#[derive(Debug)]
pub(crate) struct Program {
    /// What its costs are estimated from.
    pub figures: Figures,
    /// The instrumented module.
    pub wasm: Vec<u8>,
}

/// Reads a module, checks everything a program must fulfil and puts the meters in.
pub(crate) fn read(wasm: &[u8], params: &Params) -> Result<Program, InvalidModule> {
    InvalidModule::at_most("bytes", wasm.len() as u64, params.max_wasm_size.into())?;
    let mut reader = Reader::new(wasm, params);
    let mut validator = Validator::new_with_features(features(params));
    let mut allocations = FuncValidatorAllocations::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            let mut function = function.into_validator(allocations);
            reader.function(&body, &mut function)?;
            allocations = function.into_allocations();
        } else {
            reader.section(payload)?;
        }
    }
    reader.finish()
}

/// The WebAssembly features programs may use. Floats are among them as types; their operations have no price.
fn features(params: &Params) -> WasmFeatures {
    let features = WasmFeatures::WASM1 | WasmFeatures::SIGN_EXTENSION | WasmFeatures::BULK_MEMORY;
    if params.allows_multi_value() {
        features | WasmFeatures::MULTI_VALUE
    } else {
        features
    }
}

/// What is known of a module while it is read.
struct Reader<'a> {
    wasm: &'a [u8],
    params: &'a Params,
    figures: Figures,
    signatures: Signatures,
    /// Types that are added for blocks around functions of several results.
    added_types: Vec<FuncType>,
    /// Functions of the code section seen so far, imported ones included.
    next_function: u32,
    imports: u32,
    pay_for_memory_grow: Option<u32>,
    memory: Option<wasmparser::MemoryType>,
    globals: u32,
    table_entries: u64,
    entry_point: Option<u32>,
    exports_memory: bool,
    sections: BTreeMap<u8, Range<usize>>,
    code: CodeSection,
}

impl<'a> Reader<'a> {
    fn new(wasm: &'a [u8], params: &'a Params) -> Self {
        Self {
            wasm,
            params,
            figures: Figures {
                wasm_bytes: wasm.len() as u64,
                ..Figures::default()
            },
            signatures: Signatures::default(),
            added_types: Vec::new(),
            next_function: 0,
            imports: 0,
            pay_for_memory_grow: None,
            memory: None,
            globals: 0,
            table_entries: 0,
            entry_point: None,
            exports_memory: false,
            sections: BTreeMap::new(),
            code: CodeSection::new(),
        }
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), InvalidModule> {
        if let Some((id, range)) = payload.as_section() {
            self.sections
                .insert(id, range.start as usize..range.end as usize);
        }
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.signatures.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    self.import(import.module, import.name, import.ty)?;
                }
                InvalidModule::at_most("imports", self.imports.into(), MAX_IMPORTS)?;
                self.next_function = self.imports;
            }
            Payload::FunctionSection(functions) => {
                InvalidModule::at_most("functions", functions.count().into(), MAX_FUNCTIONS)?;
                for ty in functions {
                    let ty = ty?;
                    let signature = &self.signatures.types[ty as usize];
                    self.figures.functions += 1;
                    self.figures.signature_values +=
                        (signature.params().len() + signature.results().len()) as u64;
                    self.signatures.functions.push(ty);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    self.table_entries += table?.ty.initial;
                }
                InvalidModule::at_most("table entries", self.table_entries, MAX_TABLE_ENTRIES)?;
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory?;
                    InvalidModule::at_most(
                        "pages of memory",
                        memory.initial,
                        self.params.page_limit.into(),
                    )?;
                    self.figures.pages = memory.initial as u16;
                    if memory.maximum != Some(memory.initial) {
                        let pay = self
                            .pay_for_memory_grow
                            .ok_or(InvalidModule::UnpaidGrowth)?;
                        self.signatures.pay_for_memory_grow = Some(pay);
                    }
                    self.memory = Some(memory);
                }
            }
            Payload::GlobalSection(globals) => {
                InvalidModule::at_most("globals", globals.count().into(), MAX_GLOBALS)?;
                self.globals = globals.count();
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    self.export(export.name, export.kind, export.index)?;
                }
            }
            Payload::StartSection { .. } => return Err(InvalidModule::StartFunction),
            Payload::ElementSection(elements) => {
                InvalidModule::at_most(
                    "element segments",
                    elements.count().into(),
                    MAX_ELEMENT_SEGMENTS,
                )?;
                for element in elements {
                    self.elements(element?)?;
                }
                InvalidModule::at_most(
                    "bytes of element segments",
                    self.figures.element_bytes,
                    MAX_ELEMENT_BYTES,
                )?;
            }
            Payload::DataSection(data) => {
                InvalidModule::at_most("data segments", data.count().into(), MAX_DATA_SEGMENTS)?;
                for data in data {
                    let data = data?;
                    let DataKind::Active { offset_expr, .. } = data.kind else {
                        return Err(InvalidModule::Segment("data"));
                    };
                    let offset = offset(&offset_expr).ok_or(InvalidModule::Segment("data"))?;
                    let memory = u64::from(self.figures.pages) * PAGE_SIZE;
                    InvalidModule::within("data", offset, data.data.len() as u64, memory)?;
                    self.figures.data_bytes += data.data.len() as u64;
                    self.figures.data_segment_bytes += data.range.end - data.range.start;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: TypeRef) -> Result<(), InvalidModule> {
        let import = format!("{module}.{name}");
        let TypeRef::Func(ty) = ty else {
            return Err(InvalidModule::UnknownImport(import));
        };
        let Some(function) = HostFunction::find(module, name) else {
            return Err(InvalidModule::UnknownImport(import));
        };
        let found = &self.signatures.types[ty as usize];
        if *found != function.ty() {
            return Err(InvalidModule::ImportType {
                import,
                found: found.to_string(),
                expected: function.ty().to_string(),
            });
        }
        if function == HostFunction::PayForMemoryGrow {
            self.pay_for_memory_grow = Some(self.imports);
        }
        self.signatures.functions.push(ty);
        self.imports += 1;
        Ok(())
    }

    fn export(&mut self, name: &str, kind: ExternalKind, index: u32) -> Result<(), InvalidModule> {
        if name.starts_with(RESERVED_PREFIX) {
            return Err(InvalidModule::ReservedExport(name.to_owned()));
        }
        match (name, kind) {
            (MEMORY, ExternalKind::Memory) => self.exports_memory = true,
            (ENTRY_POINT, ExternalKind::Func) => self.entry_point = Some(index),
            _ => {}
        }
        Ok(())
    }

    fn elements(&mut self, element: wasmparser::Element<'_>) -> Result<(), InvalidModule> {
        let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions)) =
            (element.kind, element.items)
        else {
            return Err(InvalidModule::Segment("element"));
        };
        let offset = offset(&offset_expr).ok_or(InvalidModule::Segment("element"))?;
        InvalidModule::within(
            "element",
            offset,
            functions.count().into(),
            self.table_entries,
        )?;
        self.figures.element_bytes += element.range.end - element.range.start;
        Ok(())
    }

    fn function<T: WasmModuleResources>(
        &mut self,
        body: &FunctionBody<'_>,
        validator: &mut FuncValidator<T>,
    ) -> Result<(), InvalidModule> {
        let results = self.signatures.of_function(self.next_function).results();
        let (types, added) = (&self.signatures.types, &mut self.added_types);
        let block_type = || block_type(results, types, added);
        let function = meter::function(
            body,
            validator,
            &self.signatures,
            Meters::after(self.globals),
            block_type,
        )?;
        self.code.raw(&function.body);
        self.figures.operators += function.operators;
        self.next_function += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Program, InvalidModule> {
        let (Some(memory), true) = (self.memory, self.exports_memory) else {
            return Err(InvalidModule::MissingExport(MEMORY));
        };
        // a host function under this name is no program of the module's own
        let entry_point = self
            .entry_point
            .filter(|&function| function >= self.imports)
            .ok_or(InvalidModule::MissingExport(ENTRY_POINT))?;
        let ty = self.signatures.of_function(entry_point);
        if ty.params() != [ValType::I32] || ty.results() != [ValType::I32] {
            return Err(InvalidModule::EntryPointType(ty.to_string()));
        }
        self.figures.globals = u64::from(self.globals) + ADDED_GLOBALS;
        let wasm = self.assemble(memory, entry_point);
        Ok(Program {
            figures: self.figures,
            wasm,
        })
    }

    /// The module with its meters, without what a program's host does not look at.
    fn assemble(&self, memory: wasmparser::MemoryType, entry_point: u32) -> Vec<u8> {
        let mut module = Module::new();
        self.extended(
            &mut module,
            SectionId::Type,
            self.added_types.iter().map(encoded_type).collect(),
        );
        self.copy(&mut module, SectionId::Import);
        self.copy(&mut module, SectionId::Function);
        self.copy(&mut module, SectionId::Table);
        let limit = u64::from(self.params.page_limit);
        module.section(MemorySection::new().memory(MemoryType {
            minimum: memory.initial,
            maximum: Some(memory.maximum.map_or(limit, |maximum| maximum.min(limit))),
            memory64: false,
            shared: false,
            page_size_log2: None,
        }));
        self.extended(
            &mut module,
            SectionId::Global,
            vec![
                I64_GLOBAL.into(),
                I32_GLOBAL.into(),
                I32_GLOBAL.into(),
                I32_GLOBAL.into(),
            ],
        );
        let meters = Meters::after(self.globals);
        module.section(
            ExportSection::new()
                .export(MEMORY, ExportKind::Memory, 0)
                .export(ENTRY_POINT, ExportKind::Func, entry_point)
                .export(INK_LEFT, ExportKind::Global, meters.ink_left)
                .export(INK_STATUS, ExportKind::Global, meters.ink_status)
                .export(STACK_LEFT, ExportKind::Global, meters.stack_left),
        );
        self.copy(&mut module, SectionId::Element);
        self.copy(&mut module, SectionId::DataCount);
        module.section(&self.code);
        self.copy(&mut module, SectionId::Data);
        module.finish()
    }

    /// Copies a section if the module has it.
    fn copy(&self, module: &mut Module, id: SectionId) {
        if let Some(range) = self.sections.get(&id.into()) {
            module.section(&RawSection {
                id: id.into(),
                data: &self.wasm[range.clone()],
            });
        }
    }

    /// Copies a section and adds items to it.
    fn extended(&self, module: &mut Module, id: SectionId, added: Vec<Vec<u8>>) {
        let old = self
            .sections
            .get(&id.into())
            .map_or(&[][..], |range| &self.wasm[range.clone()]);
        let mut items = BinaryReader::new(old, 0);
        let count = items.read_var_u32().unwrap_or(0);
        let mut data = Vec::with_capacity(old.len() + 64);
        (count + added.len() as u32).encode(&mut data);
        data.extend_from_slice(&old[items.original_position() as usize..]);
        data.extend(added.into_iter().flatten());
        module.section(&RawSection {
            id: id.into(),
            data: &data,
        });
    }
}

/// The offset of a segment, where it is a constant.
fn offset(expression: &ConstExpr<'_>) -> Option<u64> {
    match expression.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(u64::from(value as u32)),
        _ => None,
    }
}

/// The type of a block without parameters that gives these results. Types of several results are looked up, or added.
fn block_type(results: &[ValType], types: &[FuncType], added: &mut Vec<FuncType>) -> BlockType {
    match results {
        [] => BlockType::Empty,
        [result] => BlockType::Result(encoded_value_type(*result)),
        _ => {
            let ty = FuncType::new([], results.iter().copied());
            let index = types
                .iter()
                .chain(&*added)
                .position(|known| *known == ty)
                .unwrap_or_else(|| {
                    added.push(ty);
                    types.len() + added.len() - 1
                });
            BlockType::FunctionType(index as u32)
        }
    }
}

/// A number type for the encoder; programs have no others.
fn encoded_value_type(ty: ValType) -> wasm_encoder::ValType {
    match ty {
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        _ => wasm_encoder::ValType::I32,
    }
}

/// A function type as the type section holds it.
fn encoded_type(ty: &FuncType) -> Vec<u8> {
    let mut bytes = vec![0x60];
    for values in [ty.params(), ty.results()] {
        values.len().encode(&mut bytes);
        for value in values {
            encoded_value_type(*value).encode(&mut bytes);
        }
    }
    bytes
}
