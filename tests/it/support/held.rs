//! A value whose encoding takes as long as a test wants.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Holds the flusher while it is encoded, until it is opened.
#[derive(Debug, Default)]
pub struct Held {
    text: String,
    pub begun: AtomicBool,
    go_on: (Mutex<bool>, Condvar),
}

impl Held {
    pub fn saying(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    pub fn opened(self) -> Self {
        self.open();
        self
    }

    pub fn open(&self) {
        *self.go_on.0.lock().unwrap() = true;
        self.go_on.1.notify_all();
    }
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.begun.store(true, Ordering::SeqCst);
        let guard = self.go_on.0.lock().unwrap();
        let _ = self.go_on.1.wait_timeout_while(guard, Duration::from_secs(60), |open| !*open).unwrap();
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::saying(&text).opened())
    }
}
