//! A place of your own to keep state in: here, a file for each frame. Run it with `cargo run --example custom_backend`.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]

use std::{fs, io, path::PathBuf, process, thread};

use leftoff::backend::{Backend, FrameId, Generation, Speed};

/// A folder with a file for each frame.
#[derive(Debug)]
pub struct OneFileEach(pub PathBuf);

impl OneFileEach {
    fn path(&self, FrameId { generation, index }: FrameId) -> PathBuf {
        self.0.join(format!("{}.{}.{index}", generation.number, generation.writer))
    }
}

fn parse(name: &str) -> Option<FrameId> {
    let mut parts = name.split('.').map(|part| part.parse::<u64>().ok());
    let generation = Generation { number: parts.next()??, writer: parts.next()?? };
    Some(FrameId { generation, index: parts.next()??.try_into().ok()? })
}

impl Backend for OneFileEach {
    fn list(&self) -> io::Result<Vec<FrameId>> {
        let names = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name().to_str().and_then(parse)));
        Ok(names.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    fn read(&self, id: FrameId) -> io::Result<Vec<u8>> {
        fs::read(self.path(id))
    }

    fn create(&self, id: FrameId, bytes: &[u8]) -> io::Result<()> {
        // Written under another name first, then linked to its own, which fails if that is taken: so a frame is never
        // there in part, and never replaced. If we die in between, a draft is left behind that nobody reads.
        let draft = self.0.join(format!("draft-{}-{:?}", process::id(), thread::current().id()));
        fs::write(&draft, bytes)?;
        fs::File::open(&draft)?.sync_all()?;
        fs::hard_link(&draft, self.path(id)).and(fs::remove_file(&draft))
    }

    fn sync(&self) -> io::Result<()> {
        fs::File::open(&self.0)?.sync_all()
    }

    fn remove(&self, generation: Generation) -> io::Result<()> {
        let mut doomed = self.list()?.into_iter().filter(|id| id.generation == generation);
        doomed.try_for_each(|id| fs::remove_file(self.path(id)))
    }

    fn speed(&self) -> Speed {
        Speed::Slow // Each `create` waits for the disk, so the user's thread must not call it.
    }
}

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("leftoff-example-{}", process::id()));
    fs::create_dir(&folder)?;
    let backend = OneFileEach(folder.clone());
    let id = FrameId { generation: Generation { number: 1, writer: 7 }, index: 0 };
    backend.create(id, b"where I left off")?;
    println!("{} frame, {} bytes", backend.list()?.len(), backend.read(id)?.len());
    fs::remove_dir_all(folder)
}
