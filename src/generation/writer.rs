//! Appending frames to the generation that this launch writes.

use std::{io, iter};

use crate::backend::{self, Backend, FrameId, Generation};
use crate::frame::{self, Body, Launch, Parts, Point};

#[derive(Debug)]
pub(crate) struct Writer {
    generation: Generation,
    next: u32,
    /// The number of its frames that are synced.
    synced: u32,
    launch: Option<Body>,
    /// The last frame that this process wrote to its old generation, until a frame of this one records it.
    after: Option<Point>,
    /// Reused, so that an autosave allocates nothing for its frame.
    bytes: Vec<u8>,
}

/// The buffer size above which the buffer of a large frame is freed instead of kept for the next small one.
const KEEP_BUFFER: usize = 1 << 20;

impl Writer {
    /// Creates a writer. Nothing is written before [`begin`](Self::begin) or the first frame.
    pub(crate) fn new(generation: Generation, launch: Launch) -> Self {
        Self { generation, next: 0, synced: 0, launch: Some(Body::Launch(launch)), after: None, bytes: Vec::new() }
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Continues the generation that was written until now.
    pub(crate) fn take_over(&mut self, old: &Self) {
        // A generation with nothing after its launch frame has not recorded the end of its predecessor yet.
        self.after = old.after.or(old.point());
    }

    /// Returns the point after everything written; `None` before the first frame.
    pub(crate) fn point(&self) -> Option<Point> {
        Some(Point { generation: self.generation, index: self.next.checked_sub(1)? })
    }

    /// Returns the end of the state that this writer continues or has written; `None` before the first frame of a first
    /// launch.
    pub(crate) fn head(&self) -> Option<Point> {
        match &self.launch {
            Some(Body::Launch(launch)) => launch.parent,
            _ => Some(Point { generation: self.generation, index: Point::END }),
        }
    }

    /// Returns the point that this generation continues in the same process, if nothing but its launch frame is written.
    pub(crate) fn unused_after(&self) -> Option<Point> {
        self.after
    }

    /// Records a successful fsync that began when `point` was the newest frame.
    pub(crate) fn synced_to(&mut self, point: Point) {
        if point.generation == self.generation {
            self.synced = self.synced.max(point.index.saturating_add(1));
        }
    }

    /// Writes the launch frame, unless it is already written.
    pub(crate) fn begin(&mut self, backend: &dyn Backend) -> backend::Result<u64> {
        let Some(launch) = self.launch.take() else { return Ok(0) };
        let result = self.append_next(backend, &launch, iter::empty());
        if result.is_err() {
            self.launch = Some(launch);
        }
        result
    }

    /// Writes the next frame, after the launch frame if that could not be written earlier. Returns the number of bytes
    /// written.
    ///
    /// If the process dies inside `create`, the next reader sees the whole frame or none. It drops a torn one, which
    /// is correct, because this call had not returned and nothing was promised.
    pub(crate) fn append<'p>(
        &mut self,
        backend: &dyn Backend,
        mut body: Body,
        payload: impl Parts<'p>,
    ) -> backend::Result<u64> {
        let launch = self.begin(backend)?;
        body.place(self.synced, self.after);
        let written = self.append_next(backend, &body, payload)?;
        self.after = None;
        Ok(launch + written)
    }

    fn append_next<'p>(&mut self, backend: &dyn Backend, body: &Body, payload: impl Parts<'p>) -> backend::Result<u64> {
        loop {
            let id = FrameId { generation: self.generation, index: self.next };
            let after =
                self.next.checked_add(1).ok_or_else(|| io::Error::other("every index of the generation is used"))?;
            self.bytes.clear();
            frame::encode(id, body, payload.clone(), &mut self.bytes);
            let written = self.bytes.len() as u64;
            let result = backend.create(id, &self.bytes);
            if self.bytes.capacity() > KEEP_BUFFER {
                self.bytes = Vec::new();
            }
            match result {
                // Only this writer writes this generation, so an earlier attempt that seemed to fail did arrive. This
                // frame, which follows it, repeats its content.
                Err(backend::Error::Taken) => self.next = after,
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
        writer.append(&backend, Body::Ready(at), iter::empty()).unwrap();
        assert_eq!(writer.bytes.capacity(), kept);
        writer.append(&backend, Body::Ready(at), iter::once(vec![0; 1 << 20].as_slice())).unwrap();
        assert_eq!(writer.bytes.capacity(), 0);
    }
}
