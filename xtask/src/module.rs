//! What happens to a compiled module before it is packed.
//!
//! * Custom sections go.
//! * Every number is written in its shortest form: LLVM writes table indices in five bytes, which Nitro's validator refuses.
//! * Static data is written by code. At every call a program pays some 0.75 gas for each byte of its data segments (the estimate of
//!   what it takes to start it), and the SDK leaves kilobytes of mostly zeros there; the same bytes written by stores at the beginning of the
//!   entry point cost a sixtieth of that. Memory is zero at the start, so only words that are not zero are written.

use eyre::{ContextCompat, Result, bail, ensure};
use std::collections::BTreeMap;
use wasm_encoder::{
    Instruction, MemArg,
    reencode::{Error, Reencode, utils},
};
use wasmparser::{DataKind, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

/// The function that a Stylus chain calls.
const ENTRY_POINT: &str = "user_entrypoint";

/// The module as it goes on chain.
pub fn finish(module: &[u8]) -> Result<Vec<u8>> {
    let mut finisher = Finisher {
        entry: entry_body(module)?,
        body: 0,
        words: data_words(module)?,
    };
    let mut encoded = wasm_encoder::Module::new();
    if let Err(error) = finisher.parse_core_module(&mut encoded, Parser::new(0), module) {
        bail!("{error}");
    }
    let bytes = encoded.finish();
    wasmparser::Validator::new().validate_all(&bytes)?;
    Ok(bytes)
}

/// Which function body is the entry point's.
fn entry_body(module: &[u8]) -> Result<u32> {
    let (mut imported, mut entry) = (0, None);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if export.kind == ExternalKind::Func && export.name == ENTRY_POINT {
                        entry = Some(export.index);
                    }
                }
            }
            _ => {}
        }
    }
    let index = entry.wrap_err("the module does not export user_entrypoint")?;
    index
        .checked_sub(imported)
        .wrap_err("user_entrypoint is an import")
}

/// The static data: address of an aligned word → its bytes, for words that are not zero.
fn data_words(module: &[u8]) -> Result<BTreeMap<u64, [u8; 8]>> {
    let mut words: BTreeMap<u64, [u8; 8]> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload? else {
            continue;
        };
        for segment in section {
            let segment = segment?;
            let DataKind::Active {
                memory_index: 0,
                offset_expr,
            } = segment.kind
            else {
                bail!("a data segment that is not active")
            };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                bail!("a data segment whose address is not a constant")
            };
            for (address, byte) in (value as u32 as u64..).zip(segment.data) {
                words.entry(address & !7).or_default()[(address & 7) as usize] = *byte;
            }
        }
    }
    words.retain(|_, bytes| *bytes != [0; 8]);
    ensure!(
        words.len() < 4096,
        "{} words of static data are too many to be written by code",
        words.len()
    );
    Ok(words)
}

struct Finisher {
    /// The body of the entry point.
    entry: u32,
    /// The body that comes next.
    body: u32,
    words: BTreeMap<u64, [u8; 8]>,
}

impl Reencode for Finisher {
    type Error = std::convert::Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        Ok(())
    }

    fn data_count(&mut self, _: u32) -> Result<u32, Error<Self::Error>> {
        Ok(0)
    }

    fn parse_data_section(
        &mut self,
        _: &mut wasm_encoder::DataSection,
        _: wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut wasm_encoder::CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let is_entry = self.body == self.entry;
        self.body += 1;
        if !is_entry {
            return utils::parse_function_body(self, code, body);
        }
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for (address, bytes) in &self.words {
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I64Const(i64::from_le_bytes(*bytes)));
            function.instruction(&Instruction::I64Store(MemArg {
                offset: *address,
                align: 3,
                target: wasm_encoder::MemArgTarget::Memory(0),
                ordering: None,
            }));
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
        FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
    };

    /// A module whose entry point returns the word at the address it is given.
    fn module() -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("vm_hooks", "unused", EntityType::Function(0));
        module.section(&imports);
        let mut functions = FunctionSection::new();
        functions.function(0);
        functions.function(0);
        module.section(&functions);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        module.section(&memories);
        let mut exports = ExportSection::new();
        exports.export(ENTRY_POINT, ExportKind::Func, 2);
        exports.export("memory", ExportKind::Memory, 0);
        module.section(&exports);
        let mut code = CodeSection::new();
        for add in [7, 0] {
            let mut function = Function::new([]);
            function
                .instructions()
                .local_get(0)
                .i32_load(wasm_encoder::MemArg {
                    offset: 0,
                    align: 0,
                    target: wasm_encoder::MemArgTarget::Memory(0),
                    ordering: None,
                });
            function.instructions().i32_const(add).i32_add().end();
            code.function(&function);
        }
        module.section(&code);
        let mut data = DataSection::new();
        data.active(
            0,
            &ConstExpr::i32_const(1001),
            *b"three words, one of them after",
        );
        data.active(0, &ConstExpr::i32_const(2000), [0; 300]);
        data.active(0, &ConstExpr::i32_const(3001), [9]);
        module.section(&data);
        module.finish()
    }

    fn word_at(wasm: &[u8], address: i32) -> i32 {
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, wasm).expect("a module");
        let mut store = wasmi::Store::new(&engine, ());
        let mut linker = wasmi::Linker::new(&engine);
        linker
            .func_wrap("vm_hooks", "unused", |word: i32| word)
            .expect("one import");
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("an instance");
        let entry = instance
            .get_typed_func::<i32, i32>(&store, ENTRY_POINT)
            .expect("an entry point");
        entry.call(&mut store, address).expect("a result")
    }

    #[test]
    fn static_data_is_there_without_data_segments() {
        let before = module();
        let after = finish(&before).expect("a finished module");
        let no_data =
            |payload: Payload| !matches!(payload, Payload::DataSection(data) if data.count() > 0);
        assert!(
            Parser::new(0)
                .parse_all(&after)
                .all(|payload| no_data(payload.expect("a section")))
        );
        for address in 990..3010 {
            assert_eq!(
                word_at(&after, address),
                word_at(&before, address),
                "at {address}"
            );
        }
    }

    #[test]
    fn a_module_without_an_entry_point_is_refused() {
        assert!(finish(&Module::new().finish()).is_err());
        assert!(finish(b"not a module").is_err());
    }
}
