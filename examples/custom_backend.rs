//! A custom backend: it stores each frame in its own file. Run it with `cargo run --example custom_backend`.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]
use leftoff::backend::{Backend, FrameId, Generation, Speed};
use leftoff::{AppId, Section, Session};
use std::{fs, io, path::PathBuf, process, thread};

/// A directory with a file for each frame.
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
        // A hard link fails if its name exists, and its file is complete. If the process dies before the link, no
        // reader opens the draft.
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
        Speed::Blocking // Each `create` waits for the disk, so the UI thread must not call it.
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const STARTS: Section<u32> = Section::new("starts", 1);
    let folder = std::env::temp_dir().join("leftoff-custom-backend");
    fs::create_dir_all(&folder)?;
    let mut session = Session::builder(AppId::new("com.example.custom")).backend(OneFileEach(folder)).open();
    let starts = session.get_or_default(STARTS) + 1;
    println!("start {starts}; the last one ended: {}", session.last_exit());
    session.save(|capture| capture.set(STARTS, &starts))?;
    Ok(session.close()?)
}
