//! A relay that breaks connections off in the middle, after a script.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What happens to one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Whole,
    /// It is cut when more than so many bytes go to the server.
    CutUp(usize),
    /// It is cut when more than so many bytes come from the server.
    CutDown(usize),
}

/// What is still to happen, the next connection's fate last; then nothing does.
type Script = Arc<Mutex<Vec<Fate>>>;

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    script: Script,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Before `server`, with the fates of its first connections in order.
    pub(crate) fn before(server: SocketAddr, mut fates: Vec<Fate>) -> Self {
        fates.reverse();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(fates));
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, next) = (Arc::clone(&stopped), Arc::clone(&script));
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(server)) else { return };
                let fate = next.lock().unwrap().pop().unwrap_or(Fate::Whole);
                relay(client, server, fate);
            }
        });
        Self { address, script, stopped, thread: Some(thread) }
    }

    /// Fates that no connection came for.
    pub(crate) fn left(&self) -> usize {
        self.script.lock().unwrap().len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().map(JoinHandle::join);
    }
}

fn relay(client: TcpStream, server: TcpStream, fate: Fate) {
    let (up, down) = match fate {
        Fate::Whole => (usize::MAX, usize::MAX),
        Fate::CutUp(after) => (after, usize::MAX),
        Fate::CutDown(after) => (usize::MAX, after),
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || pass(from, to, up));
    thread::spawn(move || pass(server, client, down));
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut left: usize) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let passed = read.min(left);
        if to.write_all(&buffer[..passed]).is_err() || passed < read {
            break;
        }
        left -= passed;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
