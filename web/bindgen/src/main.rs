//! The tool wasm-bindgen, without its command line: `leftoff-bindgen INPUT.wasm DIRECTORY NAME [--release]`
//!
//! Writes `NAME.js` and `NAME_bg.wasm` for `<script type="module">`. It has the version that `Cargo.lock` names, which must
//! be that of the crate wasm-bindgen in the module. The published tool is the same code with a web server and a downloader
//! around it, which take most of its five minutes of building.

use std::env;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let [input, directory, name, rest @ ..] = words.as_slice() else {
        eprintln!("error: expected INPUT.wasm DIRECTORY NAME [--release]");
        return ExitCode::FAILURE;
    };
    let is_release = rest.iter().any(|word| word == "--release");
    let mut tool = Bindgen::new();
    tool.input_path(input).out_name(name).typescript(false).omit_default_module_path(false);
    // The names of functions are for those who read a trace.
    tool.remove_name_section(is_release).remove_producers_section(is_release);
    let written = tool.web(true).and_then(|tool| tool.generate(directory));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
