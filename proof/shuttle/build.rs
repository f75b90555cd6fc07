//! Says to the library's source that shuttle is here.

fn main() {
    println!("cargo::rustc-cfg=leftoff_shuttle");
    println!("cargo::rustc-check-cfg=cfg(leftoff_shuttle, fuzzing)");
    println!("cargo::rerun-if-changed=build.rs");
}
