#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions, PutOptions,
    PutResult, Result,
};

use super::*;

#[test]
fn store_in_memory_and_in_a_directory_conform() {
    leftoff_roam::testing::conformance(|| AsyncStore::new(InMemory::new()).unwrap(), |store| store);
    let scratch = tempfile::tempdir().unwrap();
    let number = std::cell::Cell::new(0);
    let make = || {
        number.set(number.get() + 1);
        let dir = scratch.path().join(number.get().to_string());
        std::fs::create_dir(&dir).unwrap();
        AsyncStore::new(LocalFileSystem::new_with_prefix(dir).unwrap()).unwrap()
    };
    leftoff_roam::testing::conformance(make, |store| store);
}

#[test]
fn calls_and_the_end_inside_a_runtime_of_the_host_do_not_panic() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = AsyncStore::new(InMemory::new()).unwrap();
        store.put("v1/a", b"x").unwrap();
        assert_eq!(store.get("v1/a").unwrap(), b"x");
        drop(store);
    });
}

#[test]
fn store_that_panics_or_hangs_is_an_error() {
    let panics = AsyncStore::new(Broken).unwrap();
    assert_eq!(panics.put("v1/a", b"x").unwrap_err().kind(), io::ErrorKind::Other);
    let hangs = AsyncStore::with_timeout(Broken, Duration::from_millis(20)).unwrap();
    assert_eq!(hangs.get("v1/a").unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(hangs.list("v1/").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    assert!(!format!("{:?}", hangs.list("v1/").unwrap_err()).contains("canary"));
}

#[test]
fn name_that_is_no_path_is_refused() {
    let store = AsyncStore::new(InMemory::new()).unwrap();
    assert_eq!(store.put("v1//a", b"x").unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

/// Puts panic, gets hang, listings are refused.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("canary")
    }
}

#[async_trait::async_trait]
impl ObjectStore for Broken {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> Result<PutResult> {
        panic!("broken")
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(object_store::Error::NotImplemented { operation: "multipart".into(), implementer: "canary".into() })
    }

    async fn get_opts(&self, _: &Path, _: GetOptions) -> Result<GetResult> {
        std::future::pending().await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        paths
    }

    fn list(&self, _: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let source = io::Error::other("canary").into();
        stream::iter([Err(object_store::Error::PermissionDenied { path: "canary".into(), source })]).boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        std::future::pending().await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        std::future::pending().await
    }
}
