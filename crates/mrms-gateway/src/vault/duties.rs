//! What a vault does without being asked, on a thread of its own: watching grants, sweeping uploads,
//! anchoring its log.
//!
//! One after the other, each as often as it says. What one does, and what it says when it fails, is
//! its own business.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Something to be done again and again.
pub struct Duty {
    /// What it is, for the log.
    pub name: &'static str,
    /// Time from the end of one run to the beginning of the next. The first is at the start.
    pub every: Duration,
    /// Does it: a line for the log where there is something to tell, or what went wrong.
    pub run: Box<dyn FnMut() -> Result<Option<String>, String> + Send>,
}

impl std::fmt::Debug for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Duty").field("name", &self.name).field("every", &self.every).finish()
    }
}

/// The thread; it ends with this.
pub(super) struct Duties {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Duties {
    pub(super) fn begin(duties: Vec<Duty>) -> std::io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("vault-duties".to_owned())
            .spawn(move || attend(duties, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Duties {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A duty that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn attend(mut duties: Vec<Duty>, stopped: &Receiver<()>) {
    let mut due: Vec<Instant> = duties.iter().map(|_| Instant::now()).collect();
    loop {
        for (duty, due) in duties.iter_mut().zip(&mut due) {
            if *due <= Instant::now() {
                match (duty.run)() {
                    Ok(None) => {}
                    Ok(Some(done)) => tracing::info!(duty = duty.name, done),
                    Err(reason) => tracing::warn!(duty = duty.name, reason, "not done"),
                }
                *due = Instant::now() + duty.every;
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
    fn duty_that_fails_is_tried_again_and_ends_with_the_server() {
        let (told, tells) = channel();
        let runs = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&runs);
        let duty = Duty {
            name: "test",
            every: Duration::from_millis(1),
            run: Box::new(move || {
                let run = count.fetch_add(1, Ordering::SeqCst);
                let _ = told.send(run);
                if run == 0 { Err("the first time".to_owned()) } else { Ok(None) }
            }),
        };
        let seldom = Duty {
            name: "seldom",
            every: Duration::from_secs(3_600),
            run: Box::new(|| Ok(Some("once".to_owned()))),
        };
        let duties = Duties::begin(vec![duty, seldom]).unwrap();
        while tells.recv().unwrap() < 3 {}
        drop(duties);
        let after = runs.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(runs.load(Ordering::SeqCst), after);
    }
}
