//! Appends frames to the one generation this launch is writing.

use std::io;

use crate::backend::{Backend, FrameId, Generation};
use crate::frame::{self, Body, Launch, Point};

#[derive(Debug)]
pub(crate) struct Writer {
    generation: Generation,
    next: u32,
    /// How many of its frames survived a sync.
    synced: u32,
    launch: Option<Body>,
    /// What this process wrote last to its old generation, until a frame of this one says so.
    after: Option<Point>,
    /// Reused, so that an autosave allocates nothing for its frame.
    bytes: Vec<u8>,
}

/// Above this, the buffer of a large frame is given back instead of being kept for the next small one.
const KEEP_BUFFER: usize = 1 << 20;

impl Writer {
    /// Nothing is written before [`begin`](Self::begin) or the first frame.
    pub(crate) fn new(generation: Generation, launch: Launch) -> Self {
        Self { generation, next: 0, synced: 0, launch: Some(Body::Launch(launch)), after: None, bytes: Vec::new() }
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Takes over from the generation that was written until now.
    pub(crate) fn take_over(&mut self, old: &Self) {
        // One that wrote nothing after its launch frame has not passed on the word of the one before it.
        self.after = old.after.or(old.point());
    }

    /// The state after all that was written; `None` before the first frame.
    pub(crate) fn point(&self) -> Option<Point> {
        Some(Point { generation: self.generation, index: self.next.checked_sub(1)? })
    }

    /// A sync succeeded that was begun when `point` was the newest frame.
    pub(crate) fn synced_to(&mut self, point: Point) {
        if point.generation == self.generation {
            self.synced = self.synced.max(point.index.saturating_add(1));
        }
    }

    /// Writes the launch frame, if that was not done yet.
    pub(crate) fn begin(&mut self, backend: &dyn Backend) -> io::Result<u64> {
        let Some(launch) = self.launch.take() else { return Ok(0) };
        let result = self.append_next(backend, &launch, &[]);
        if result.is_err() {
            self.launch = Some(launch);
        }
        result
    }

    /// Writes the next frame, after the launch frame if that could not be written earlier, and returns how many bytes
    /// that took.
    ///
    /// If we die inside `create`, the next reader sees the frame whole or not at all; a torn one is dropped, which is
    /// right, because this call has not returned and nothing was promised.
    pub(crate) fn append(&mut self, backend: &dyn Backend, mut body: Body, payload: &[u8]) -> io::Result<u64> {
        let launch = self.begin(backend)?;
        body.place(self.synced, self.after);
        let written = self.append_next(backend, &body, payload)?;
        self.after = None;
        Ok(launch + written)
    }

    fn append_next(&mut self, backend: &dyn Backend, body: &Body, payload: &[u8]) -> io::Result<u64> {
        loop {
            let id = FrameId { generation: self.generation, index: self.next };
            let after = self.next.checked_add(1).ok_or(io::ErrorKind::QuotaExceeded)?;
            self.bytes.clear();
            frame::encode(id, body, payload, &mut self.bytes);
            let written = self.bytes.len() as u64;
            let result = backend.create(id, &self.bytes);
            if self.bytes.capacity() > KEEP_BUFFER {
                self.bytes = Vec::new();
            }
            match result {
                // Only we write this generation, so an earlier try that we took for failed did arrive. Whatever it
                // said is said again by this frame, which comes after it.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.next = after,
                Err(error) => return Err(error),
                Ok(()) => {
                    self.next = after;
                    return Ok(written);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::MemoryBackend;
    use crate::frame::{Moment, Process};

    #[test]
    fn the_buffer_of_a_small_frame_is_kept_and_that_of_a_large_one_given_back() {
        let at = Moment { wall: crate::time::Timestamp::default(), monotonic: 0, synced: 0, after: None };
        let launch = Launch::first(at, Process::default());
        let (mut writer, backend) = (Writer::new(Generation { number: 1, writer: 7 }, launch), MemoryBackend::new());
        writer.bytes = Vec::with_capacity(1 << 20);
        let kept = writer.bytes.capacity();
        writer.append(&backend, Body::Ready(at), &[]).unwrap();
        assert_eq!(writer.bytes.capacity(), kept);
        writer.append(&backend, Body::Ready(at), &vec![0; 1 << 20]).unwrap();
        assert_eq!(writer.bytes.capacity(), 0);
    }
}
