//! Reads, processes and writes chunks at the same time, in order, in bounded memory.
//!
//! Each worker has one buffer of a few chunks, small enough for its cache. It locks the input and
//! fills the buffer, processes it without a lock, and waits for its turn to write it. Knows nothing
//! of keys: a [`Direction`] turns one chunk into its output in place.

use std::io::{self, Read, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use super::{CHUNK_LENGTH, StreamError, Workers};
use crate::kdf::TAG_LENGTH;

/// Bytes of a chunk with its tag.
const SLOT: usize = CHUNK_LENGTH + TAG_LENGTH;
/// Chunks that a worker takes at once.
const SLOTS: usize = 4;
/// Bytes of the first buffer, until it turns out that the input has more. Making and wiping 64 KiB takes longer than sealing
/// a name.
const SMALL_SLOT: usize = 4 * 1024;

/// Where a chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Others follow.
    Inner,
    /// It ends the payload.
    Last,
}

/// Sealing or opening.
pub(super) trait Direction: Sync {
    /// Bytes of a full chunk on the input side.
    const INPUT: usize;

    /// Turns a chunk into its output: in place, or from `slot` to `spare`, which are swapped then.
    /// `spare` may be empty at first. Returns the output's length.
    fn chunk(
        &self,
        index: u64,
        position: Position,
        length: usize,
        slot: &mut Slot,
        spare: &mut Slot,
    ) -> Result<usize, Failed>;
}

/// A chunk that failed. Its first `released` bytes of output are valid all the same.
pub(super) struct Failed {
    pub(super) released: usize,
    pub(super) error: StreamError,
}

/// A buffer for a chunk with its tag: [`SLOT`] bytes, [`SMALL_SLOT`] for a short input, or empty at first. Wiped when dropped.
pub(super) type Slot = Zeroizing<Vec<u8>>;

/// Makes a buffer at least so long. What was in it is in the new one, and wiped in the old one.
pub(super) fn grow(slot: &mut Slot, length: usize) {
    if slot.len() < length {
        let mut grown = Zeroizing::new(vec![0; length]);
        grown[..slot.len()].copy_from_slice(slot);
        *slot = grown;
    }
}

/// How many bytes went in and came out.
#[derive(Clone, Copy, Default)]
pub(super) struct Passed {
    pub(super) read: u64,
    pub(super) written: u64,
}

/// Processes the input to its end.
pub(super) fn run<D: Direction, R: Read + Send, W: Write + Send>(
    direction: &D,
    input: R,
    output: W,
    workers: Workers,
) -> Result<Passed, StreamError> {
    let shared = Shared {
        source: Mutex::new(Source { input, ahead: None, next: Some(0), chunk: 0 }),
        sink: Mutex::new(Sink { output, turn: 0, passed: Passed::default(), end: None }),
        turned: Condvar::new(),
    };
    let mut first = Batch::new();
    shared.read::<D>(&mut first);
    // An input of one batch gives no work for a second worker.
    let others = if first.ends { 0 } else { workers.count() - 1 };
    std::thread::scope(|scope| {
        for _ in 0..others {
            let other = std::thread::Builder::new().spawn_scoped(scope, || {
                let _watch = Watch(&shared);
                let mut batch = Batch::new();
                if shared.read::<D>(&mut batch) {
                    work(direction, &shared, batch);
                }
            });
            if other.is_err() {
                // The system gives no more threads: the others do the work.
                break;
            }
        }
        let _watch = Watch(&shared);
        work(direction, &shared, first);
    });
    let mut sink = shared.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    match sink.end {
        Some(End::Failed(error)) => Err(error),
        Some(End::Panicked) | None => unreachable!("a worker's panic has gone through the scope"),
        Some(End::Done) => {
            sink.output.flush().map_err(|source| StreamError::Write { source })?;
            Ok(sink.passed)
        }
    }
}

fn work<D: Direction, R: Read, W: Write>(direction: &D, shared: &Shared<R, W>, mut batch: Batch) {
    loop {
        batch.process(direction);
        if !shared.write(&mut batch) || !shared.read::<D>(&mut batch) {
            return;
        }
    }
}

/// Consecutive chunks.
struct Batch {
    /// As many buffers as were needed so far, at most [`SLOTS`].
    slots: Vec<Slot>,
    spare: Slot,
    /// Bytes in each slot that is in use.
    lengths: Vec<usize>,
    /// Bytes of input.
    read: u64,
    ticket: u64,
    first_chunk: u64,
    ends: bool,
    error: Option<StreamError>,
}

impl Batch {
    fn new() -> Self {
        Self {
            slots: Vec::with_capacity(SLOTS),
            spare: Slot::default(),
            lengths: Vec::with_capacity(SLOTS),
            read: 0,
            ticket: 0,
            first_chunk: 0,
            ends: false,
            error: None,
        }
    }

    /// Processes the chunks up to the first that fails.
    fn process(&mut self, direction: &impl Direction) {
        let last = self.lengths.len().saturating_sub(1);
        for (at, (slot, length)) in self.slots.iter_mut().zip(&mut self.lengths).enumerate() {
            let position = if self.ends && at == last { Position::Last } else { Position::Inner };
            let index = self.first_chunk + at as u64;
            match direction.chunk(index, position, *length, slot, &mut self.spare) {
                Ok(done) => *length = done,
                Err(Failed { released, error }) => {
                    *length = released;
                    self.error = Some(error);
                    self.lengths.truncate(at + 1);
                    return;
                }
            }
        }
    }
}

struct Shared<R, W> {
    source: Mutex<Source<R>>,
    sink: Mutex<Sink<W>>,
    turned: Condvar,
}

struct Source<R> {
    input: R,
    /// The first byte of the next batch, read to learn whether there is one.
    ahead: Option<u8>,
    /// The next batch's ticket; `None` after the last one.
    next: Option<u64>,
    chunk: u64,
}

struct Sink<W> {
    output: W,
    /// The ticket of the batch to be written next.
    turn: u64,
    passed: Passed,
    end: Option<End>,
}

enum End {
    Done,
    Failed(StreamError),
    Panicked,
}

impl<R: Read, W: Write> Shared<R, W> {
    /// Fills a batch; false when there is nothing more to do.
    fn read<D: Direction>(&self, batch: &mut Batch) -> bool {
        let mut source = locked(&self.source);
        let Some(ticket) = source.next else { return false };
        batch.ticket = ticket;
        batch.first_chunk = source.chunk;
        batch.error = source.fill(batch, D::INPUT).err().map(|source| {
            // It is not known whether they are the last ones, so they can't be processed.
            batch.lengths.clear();
            StreamError::Read { source }
        });
        source.chunk += batch.lengths.len() as u64;
        source.next = (!batch.ends && batch.error.is_none()).then_some(ticket + 1);
        true
    }

    /// Writes a batch when its turn has come; false when processing has ended first.
    fn write(&self, batch: &mut Batch) -> bool {
        let sink = locked(&self.sink);
        let mut sink = self
            .turned
            .wait_while(sink, |sink| sink.turn != batch.ticket && sink.end.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        if sink.end.is_some() {
            return false;
        }
        for (slot, length) in batch.slots.iter().zip(&batch.lengths) {
            if let Err(source) = sink.output.write_all(&slot[..*length]) {
                batch.error = Some(StreamError::Write { source });
                break;
            }
            sink.passed.written += *length as u64;
        }
        sink.passed.read += batch.read;
        sink.turn += 1;
        sink.end = match batch.error.take() {
            Some(error) => Some(End::Failed(error)),
            None if batch.ends => Some(End::Done),
            None => None,
        };
        self.turned.notify_all();
        sink.end.is_none()
    }
}

impl<R: Read> Source<R> {
    /// Reads up to [`SLOTS`] chunks of up to `full` bytes, and finds out whether they are the last.
    fn fill(&mut self, batch: &mut Batch, full: usize) -> io::Result<()> {
        batch.lengths.clear();
        batch.read = 0;
        batch.ends = false;
        for at in 0..SLOTS {
            if batch.slots.len() == at {
                let length = if at == 0 { SMALL_SLOT } else { SLOT };
                batch.slots.push(Zeroizing::new(vec![0; length]));
            }
            let slot = &mut batch.slots[at];
            let mut length = 0;
            if let Some(byte) = self.ahead.take() {
                slot[0] = byte;
                length = 1;
            }
            // What is sealed gets a tag behind it.
            let room = full.min(slot.len() - TAG_LENGTH);
            length += read_full(&mut self.input, &mut slot[length..room])?;
            if length == room && room < full {
                grow(slot, SLOT);
                length += read_full(&mut self.input, &mut slot[length..full])?;
            }
            if length > 0 || at == 0 {
                batch.lengths.push(length);
                batch.read += length as u64;
            }
            if length < full {
                batch.ends = true;
                return Ok(());
            }
        }
        let mut ahead = [0];
        match read_full(&mut self.input, &mut ahead)? {
            0 => batch.ends = true,
            _ => self.ahead = Some(ahead[0]),
        }
        Ok(())
    }
}

/// Reads until the buffer is full or the input ends.
fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match input.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Wakes the other workers when its worker panics, so that none waits forever.
struct Watch<'a, R, W>(&'a Shared<R, W>);

impl<R, W> Drop for Watch<'_, R, W> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            locked(&self.0.sink).end.get_or_insert(End::Panicked);
            self.0.turned.notify_all();
        }
    }
}

/// Locks even after a panic of another worker; the scope passes that panic on.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
