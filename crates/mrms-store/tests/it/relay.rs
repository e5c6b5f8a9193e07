//! A relay that breaks connections off in the middle.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Which direction a connection is broken in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// Relays to `server`; each of the first `breaks` connections that carry so many bytes in that
/// direction is cut there.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    left: Arc<AtomicUsize>,
}

impl Relay {
    pub(crate) fn before(server: SocketAddr, way: Way, after: usize, breaks: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let left = Arc::new(AtomicUsize::new(breaks));
        let count = Arc::clone(&left);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(server)) else { return };
                let up = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let cut = |on: Way| (on == way).then(|| (after, Arc::clone(&count)));
                let (cut_up, cut_down) = (cut(Way::Up), cut(Way::Down));
                thread::spawn(move || pass(up.0, up.1, cut_up));
                thread::spawn(move || pass(server, client, cut_down));
            }
        });
        Self { address, left }
    }

    /// How many connections have been broken.
    pub(crate) fn is_spent(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, cut: Option<(usize, Arc<AtomicUsize>)>) {
    let mut buffer = [0; 16 * 1024];
    let mut passed = 0;
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        passed += read;
        if let Some((after, left)) = &cut
            && passed > *after
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok()
        {
            break;
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
