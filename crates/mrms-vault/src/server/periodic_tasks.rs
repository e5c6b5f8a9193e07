//! Periodic tasks of a vault, such as watching grants, sweeping uploads and anchoring the log.
//!
//! One thread runs them one after the other, each at its own interval. Knows nothing of what a task does; a task that
//! fails is logged and runs again after its interval.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Work that is repeated.
pub struct PeriodicTask {
    /// Its name in the log.
    pub name: &'static str,
    /// Time from the end of one run to the beginning of the next. The first run is at once.
    pub every: Duration,
    /// Does the work. Returns a line for the log if there is something to say, or what went wrong.
    pub run: Box<dyn FnMut() -> Result<Option<String>, String> + Send>,
}

impl std::fmt::Debug for PeriodicTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PeriodicTask")
            .field("name", &self.name)
            .field("every", &self.every)
            .finish()
    }
}

/// The thread that runs the tasks. Dropping this ends it, after the task that is running.
pub(super) struct PeriodicTasks {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl PeriodicTasks {
    pub(super) fn start(tasks: Vec<PeriodicTask>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("vault-tasks".to_owned())
            .spawn(move || run_all(tasks, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for PeriodicTasks {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A task that panicked has printed its message.
            let _ = thread.join();
        }
    }
}

fn run_all(mut tasks: Vec<PeriodicTask>, stopped: &Receiver<()>) {
    let mut due: Vec<Instant> = tasks.iter().map(|_| Instant::now()).collect();
    loop {
        for (task, due) in tasks.iter_mut().zip(&mut due) {
            if *due <= Instant::now() {
                match (task.run)() {
                    Ok(None) => {}
                    Ok(Some(done)) => tracing::info!(target: "mrms::vault", task = task.name, done),
                    Err(reason) => {
                        tracing::warn!(target: "mrms::vault", task = task.name, reason, "not done")
                    }
                }
                *due = Instant::now() + task.every;
            }
        }
        let next = due.iter().min().copied();
        let pause = next.map_or(Duration::from_secs(3_600), |next| {
            next.saturating_duration_since(Instant::now())
        });
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn task_that_fails_is_tried_again_and_ends_with_the_server() {
        let (told, tells) = channel();
        let runs = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&runs);
        let task = PeriodicTask {
            name: "test",
            every: Duration::from_millis(1),
            run: Box::new(move || {
                let run = count.fetch_add(1, Ordering::SeqCst);
                let _ = told.send(run);
                if run == 0 { Err("the first time".to_owned()) } else { Ok(None) }
            }),
        };
        let seldom = PeriodicTask {
            name: "seldom",
            every: Duration::from_secs(3_600),
            run: Box::new(|| Ok(Some("once".to_owned()))),
        };
        let tasks = PeriodicTasks::start(vec![task, seldom]).unwrap();
        while tells.recv().unwrap() < 3 {}
        drop(tasks);
        let after = runs.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(runs.load(Ordering::SeqCst), after);
    }
}
