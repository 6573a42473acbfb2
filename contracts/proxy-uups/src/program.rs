//! The program itself.
#![allow(unsafe_code)] // the host's functions take pointers; the SDK, which wraps them, would make the proxy ten times as large

use core::arch::wasm32::{memory_grow, memory_size, unreachable};

use crate::{IMPLEMENTATION_SLOT, UNINITIALIZED};

const PAGE: usize = 65_536;

#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn delegate_call_contract(
        contract: *const u8,
        calldata: *const u8,
        calldata_len: usize,
        gas: u64,
        return_data_len: *mut usize,
    ) -> u8;
    fn pay_for_memory_grow(pages: u16);
    fn read_args(dest: *mut u8);
    fn read_return_data(dest: *mut u8, offset: usize, size: usize) -> usize;
    fn storage_load_bytes32(key: *const u8, dest: *mut u8);
    fn write_result(data: *const u8, len: usize);
}

unsafe extern "C" {
    /// Set by the linker: everything from here on is free.
    static __heap_base: u8;
}

/// Forwards a call with `args_len` bytes of calldata; returns 0 if it succeeded and 1 if it reverted.
#[unsafe(no_mangle)]
extern "C" fn user_entrypoint(args_len: usize) -> usize {
    let mut slot = [0; 32];
    // Each pointer below is to memory of at least the size that the host reads or writes there: a word, an address at the end of a
    // word, or what `reserve` has made room for.
    unsafe {
        storage_load_bytes32(IMPLEMENTATION_SLOT.as_ptr(), slot.as_mut_ptr());
        if slot == [0; 32] {
            write_result(UNINITIALIZED.as_ptr(), UNINITIALIZED.len());
            return 1;
        }
        let mut returned = 0;
        let buffer = reserve(args_len);
        read_args(buffer);
        let failed = delegate_call_contract(
            slot.as_ptr().add(12),
            buffer,
            args_len,
            u64::MAX,
            &mut returned,
        ) != 0;
        reserve(returned);
        read_return_data(buffer, 0, returned);
        write_result(buffer, returned);
        usize::from(failed)
    }
}

/// Makes room for `len` bytes in free memory; always at the same address.
fn reserve(len: usize) -> *mut u8 {
    let start = (&raw const __heap_base).cast_mut();
    let missing = (start as usize + len)
        .div_ceil(PAGE)
        .saturating_sub(memory_size::<0>());
    if missing > 0 {
        // The host charges for the growth by itself, and wants to find this import used where there is growth at all.
        unsafe { pay_for_memory_grow(0) };
        if memory_grow::<0>(missing) == usize::MAX {
            unreachable();
        }
    }
    start
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unreachable()
}
