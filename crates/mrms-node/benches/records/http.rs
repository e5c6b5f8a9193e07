//! A minimal HTTP client, with one open connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::Failure;

/// Sends a request on an open connection, and returns the answer's body.
pub(crate) fn post(
    stream: &mut BufReader<TcpStream>,
    path: &str,
    kind: &str,
    body: &[u8],
) -> Result<Vec<u8>, Failure> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    if first.contains(" 200 ") {
        return Ok(body);
    }
    Err(format!("{} {}", first.trim(), String::from_utf8_lossy(&body)).into())
}

/// Connects.
pub(crate) fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>, Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}
