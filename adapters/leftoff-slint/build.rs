//! Tells the build scripts of dependents where the `.slint` file is: they read `DEP_LEFTOFF_SLINT_UI`.

fn main() {
    let manifest_dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::metadata=ui={manifest_dir}/ui/leftoff.slint");
    println!("cargo::rerun-if-changed=build.rs");
}
