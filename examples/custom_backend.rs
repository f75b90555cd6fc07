//! A custom backend: it stores each frame in its own file. Run it with `cargo run --example custom_backend`.
#![allow(clippy::print_stdout, reason = "it is a program to be watched")]
use leftoff::backend::{self, Backend, Error, FrameId, Generation, Speed};
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
    fn list(&self) -> backend::Result<Vec<FrameId>> {
        let names = fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name().to_str().and_then(parse)));
        Ok(names.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
    fn read(&self, id: FrameId) -> backend::Result<Vec<u8>> {
        match fs::read(self.path(id)) {
            // If the directory is missing, too, the storage is unavailable, and that says nothing about the frame.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.0.is_dir() => {
                Err(Error::NotFound(error.into()))
            }
            bytes => Ok(bytes?),
        }
    }
    fn create(&self, id: FrameId, bytes: &[u8]) -> backend::Result<()> {
        // A hard link fails if its name exists, and its file is complete. If the process dies before the link, no
        // reader opens the draft.
        let draft = self.0.join(format!("draft-{}-{:?}", process::id(), thread::current().id()));
        fs::write(&draft, bytes)?;
        fs::File::open(&draft)?.sync_all()?;
        let linked = fs::hard_link(&draft, self.path(id));
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::Taken),
            linked => Ok(linked?),
        }
    }
    fn sync(&self) -> backend::Result<()> {
        Ok(fs::File::open(&self.0)?.sync_all()?)
    }
    fn remove(&self, generation: Generation) -> backend::Result<()> {
        let mut doomed = self.list()?.into_iter().filter(|id| id.generation == generation);
        Ok(doomed.try_for_each(|id| fs::remove_file(self.path(id)))?)
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
