//! The examples as programs.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

/// An example's executable, which `cargo test` builds before it runs this; `cargo test --test it` does not. `sources` is
/// its file or directory in `examples`.
pub fn example(name: &str, sources: &str) -> PathBuf {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock();
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    let built = fs::metadata(&program).and_then(|file| file.modified()).ok();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(sources);
    let files: Vec<_> = match fs::read_dir(&sources) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => vec![sources],
    };
    let newest = files.iter().map(|file| fs::metadata(file).unwrap().modified().unwrap()).max();
    if built < newest {
        let profile_name = match profile.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            name => name,
        };
        let status = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--quiet", "--example", name, "--profile", profile_name, "--target-dir"])
            .arg(profile.parent().unwrap())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(status.unwrap().success() && program.exists());
    }
    program
}
