//! Entry point: parses the command line, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    changebook::cli::main()
}
