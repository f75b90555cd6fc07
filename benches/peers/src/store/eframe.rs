//! The way of eframe's persistence, written anew with the `ron` crate: a map of RON texts, kept in memory, written as RON
//! by a thread for each save. What egui itself stores beside the application's value is left out.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work};

struct Eframe {
    path: PathBuf,
    texts: HashMap<String, String>,
    writer: Option<JoinHandle<Result<(), String>>>,
}

const KEY: &str = "app";

pub(super) fn open(dir: &Path, _: &'static Shape) -> Fallible<Box<dyn Store>> {
    let path = dir.join("app.ron");
    let texts = match File::open(&path) {
        Ok(file) => ron::de::from_reader(BufReader::new(file))?,
        Err(_) => HashMap::new(),
    };
    Ok(Box::new(Eframe { path, texts, writer: None }))
}

impl Eframe {
    fn wait(&mut self) -> Fallible {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        Ok(writer.join().map_err(|_| "the writing thread panicked")??)
    }
}

fn write(path: &Path, texts: &HashMap<String, String>) -> Fallible {
    let mut file = BufWriter::new(File::create(path)?);
    ron::Options::default().to_io_writer_pretty(&mut file, texts, ron::ser::PrettyConfig::default())?;
    Ok(file.flush()?)
}

impl Store for Eframe {
    fn save(&mut self, work: &Work, _: Change) -> Fallible {
        let text = ron::ser::to_string(&work.documents)?;
        if self.texts.get(KEY) == Some(&text) {
            return Ok(());
        }
        self.texts.insert(KEY.to_owned(), text);
        let (path, texts) = (self.path.clone(), self.texts.clone());
        self.wait()?;
        let save = move || write(&path, &texts).map_err(|error| error.to_string());
        self.writer = Some(std::thread::Builder::new().spawn(save)?);
        Ok(())
    }

    fn sync(&mut self) -> Fallible {
        self.wait()?;
        Ok(File::open(&self.path)?.sync_all()?)
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        self.all()?.into_iter().nth(index).ok_or_else(|| "a document is missing".into())
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        // The interface hands out a copy of the text.
        let text = self.texts.get(KEY).cloned().ok_or("the value is missing")?;
        Ok(ron::from_str(&text)?)
    }

    fn close(mut self: Box<Self>) -> Fallible {
        self.sync()
    }
}
