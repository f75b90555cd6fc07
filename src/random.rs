//! One random number for each launch.

/// Returns a random number that differs in each call and each process. The standard library's hasher keys do, which suffices
/// for a writer's name.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn number() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// In a browser's page, the keys of that hasher are the same in every tab and after every reload: two tabs would write
/// under one name. Without a source of random numbers, which all browsers have, the time tells them apart.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn number() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        let now = web_time::SystemTime::now().duration_since(web_time::UNIX_EPOCH).unwrap_or_default();
        twox_hash::XxHash3_64::oneshot(&now.as_nanos().to_le_bytes())
    })
}
