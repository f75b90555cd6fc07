//! A replica of the way of tauri's store plug-in: a map of JSON values in memory, written as indented JSON by another
//! thread, 100 ms after the last change.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use super::Store;
use crate::Fallible;
use crate::state::Document;
use crate::work::{Change, Shape, Work};

type Map = HashMap<String, Value>;

struct Tauri {
    path: PathBuf,
    map: Arc<Mutex<Map>>,
    shape: &'static Shape,
    changed: Sender<()>,
    writer: JoinHandle<()>,
}

const DEBOUNCE: Duration = Duration::from_millis(100);

pub(super) fn open(dir: &Path, shape: &'static Shape) -> Fallible<Box<dyn Store>> {
    let path = dir.join("store.json");
    let map: Map = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) => Map::new(),
    };
    let map = Arc::new(Mutex::new(map));
    let (changed, edits) = channel();
    let writer = std::thread::Builder::new().spawn({
        let (map, path) = (Arc::clone(&map), path.clone());
        move || {
            while edits.recv().is_ok() {
                let ended = loop {
                    match edits.recv_timeout(DEBOUNCE) {
                        Ok(()) => {}
                        Err(RecvTimeoutError::Timeout) => break false,
                        Err(RecvTimeoutError::Disconnected) => break true,
                    }
                };
                if ended || write(&path, &map).is_err() {
                    break;
                }
            }
        }
    })?;
    Ok(Box::new(Tauri { path, map, shape, changed, writer }))
}

fn locked(map: &Mutex<Map>) -> MutexGuard<'_, Map> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the map while it is encoded, as the plug-in does.
fn write(path: &Path, map: &Mutex<Map>) -> Fallible {
    let map = locked(map);
    Ok(fs::write(path, serde_json::to_vec_pretty(&*map)?)?)
}

impl Store for Tauri {
    fn save(&mut self, work: &Work, change: Change) -> Fallible {
        for (index, document) in work.changed(change) {
            let key = self.shape.keys.get(index).ok_or("no key")?;
            let value = serde_json::to_value(document)?;
            locked(&self.map).insert(key.clone(), value);
            self.changed.send(())?;
        }
        Ok(())
    }

    fn sync(&mut self) -> Fallible {
        write(&self.path, &self.map)?;
        Ok(File::open(&self.path)?.sync_all()?)
    }

    fn first(&mut self, index: usize) -> Fallible<Document> {
        let key = self.shape.keys.get(index).ok_or("no key")?;
        let value = locked(&self.map).get(key).cloned().ok_or("a document is missing")?;
        Ok(serde_json::from_value(value)?)
    }

    fn all(&mut self) -> Fallible<Vec<Document>> {
        (0..self.shape.keys.len()).map(|index| self.first(index)).collect()
    }

    fn close(mut self: Box<Self>) -> Fallible {
        self.sync()?;
        let Self { changed, writer, .. } = *self;
        drop(changed);
        writer.join().map_err(|_| "the writing thread panicked".into())
    }
}
