//! The `entente` binary.

use std::process::ExitCode;

/// Blocks make and drop millions of small records; this allocator is built for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a shell says of a program that wrote to a pipe which nobody reads any more.
const BROKEN_PIPE: i32 = 128 + 13;

fn main() -> ExitCode {
    end_with_the_reader();
    match entente_node::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("entente: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `entente query ... | head -1` ends when `head` has read enough, as other programs do, and not with the report of a panic.
fn end_with_the_reader() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to stdout") && text.contains("Broken pipe") {
            std::process::exit(BROKEN_PIPE);
        }
        report(panic);
    }));
}
