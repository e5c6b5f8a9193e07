//! [`Whose`]: which user of this machine has the other end of a connection, and whether a server answers to that user.
//!
//! Linux lists the TCP sockets of a network namespace, each with the user who made it, in `/proc/self/net/tcp` and `tcp6`
//! (`Documentation/networking/proc_net_tcp.rst` of the kernel). A connection over loopback has both of its ends in that list, so
//! that whoever is not found there is nobody who waits for an answer. A connection from another machine is not in it: this is for
//! servers that listen on loopback alone.
//!
//! Other systems tell no program whose a socket is; there everybody is let in.

use std::net::SocketAddr;

/// To whom on this machine a server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// To everybody. Nobody is looked at.
    #[default]
    Anybody,
    /// To the user who runs it, and to root, who can read its memory anyhow; on systems that tell who asks.
    ThisUser,
    /// To everybody, and each request has the [`LocalUser`] who asks as an extension, on systems that tell.
    EachUser,
}

/// A user of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalUser(u32);

impl LocalUser {
    /// The user of this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Whether what this user began, or whoever it was, is `other`'s as well: it is if they are the same, or if that is root.
    #[must_use]
    pub fn is_open_to(began: Option<Self>, other: Option<Self>) -> bool {
        began.is_none_or(|began| other.is_some_and(|other| other == began || other.is_root()))
    }

    const fn is_root(self) -> bool {
        self.0 == 0
    }
}

/// Whose a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is not let in.
    Refused,
    /// It is let in; whose it is, is told where that is known and asked for.
    Admitted(Option<LocalUser>),
}

impl Whose {
    /// Whether a connection may ask. `peer` and `own` are the addresses of its ends, as the server sees them.
    pub(crate) async fn admits(self, peer: SocketAddr, own: SocketAddr) -> Standing {
        match self {
            Self::Anybody => Standing::Admitted(None),
            Self::EachUser => Standing::Admitted(system::owner(peer, own).await),
            Self::ThisUser => match system::is_of_this_user(peer, own).await {
                true => Standing::Admitted(None),
                false => Standing::Refused,
            },
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::net::SocketAddr;

    use super::LocalUser;

    pub(super) async fn is_of_this_user(_: SocketAddr, _: SocketAddr) -> bool {
        true
    }

    pub(super) async fn owner(_: SocketAddr, _: SocketAddr) -> Option<LocalUser> {
        None
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io::{self, BufRead, BufReader};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::time::Duration;

    use super::LocalUser;

    /// The kernel walks its list piece by piece: where other sockets end meanwhile, it may pass one over.
    const LOOKS_AGAIN: [Duration; 3] =
        [Duration::ZERO, Duration::from_millis(2), Duration::from_millis(20)];

    pub(super) async fn is_of_this_user(peer: SocketAddr, own: SocketAddr) -> bool {
        let user = nix::unistd::geteuid().as_raw();
        // Users who have no number in this namespace all have this one: nobody could be told from the person.
        let overflow = std::fs::read_to_string("/proc/sys/kernel/overflowuid");
        if overflow.is_ok_and(|text| text.trim().parse() == Ok(user)) {
            return false;
        }
        let user = LocalUser::new(user);
        // Whoever is not found has closed the connection, and gets no answer anyhow.
        LocalUser::is_open_to(Some(user), owner(peer, own).await)
    }

    pub(super) async fn owner(peer: SocketAddr, own: SocketAddr) -> Option<LocalUser> {
        for pause in LOOKS_AGAIN {
            tokio::time::sleep(pause).await;
            let looked = tokio::task::spawn_blocking(move || listed(peer, own)).await;
            match looked.map_err(io::Error::other).and_then(|owner| owner) {
                Ok(Some(owner)) => return Some(LocalUser::new(owner)),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(target: "mrms::http", %error, "whose a connection is can't be seen: /proc/self/net can't be read");
                    return None;
                }
            }
        }
        None
    }

    /// The user who made the socket at `peer` that is connected with `own`; `None` where there is none, or nobody has it any more.
    fn listed(peer: SocketAddr, own: SocketAddr) -> io::Result<Option<u32>> {
        let ends = (canonical(peer), canonical(own));
        // A program may reach an address of IPv4 with a socket of IPv6, too.
        let both = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
        let lists = if ends.0.is_ipv4() { &both[..] } else { &both[1..] };
        for list in lists {
            let file = match File::open(list) {
                // Where the kernel has no IPv6.
                Err(error) if error.kind() == io::ErrorKind::NotFound && list.ends_with('6') => {
                    continue;
                }
                file => file?,
            };
            if let Some(row) = found(BufReader::new(file), ends)? {
                return Ok(row.owner());
            }
        }
        Ok(None)
    }

    fn found(list: impl BufRead, ends: (SocketAddr, SocketAddr)) -> io::Result<Option<Row>> {
        for line in list.lines() {
            if let Some(row) = Row::parse(&line?).filter(|row| (row.local, row.remote) == ends) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    fn canonical(address: SocketAddr) -> SocketAddr {
        SocketAddr::new(address.ip().to_canonical(), address.port())
    }

    /// A socket.
    #[derive(Debug, PartialEq, Eq)]
    struct Row {
        local: SocketAddr,
        remote: SocketAddr,
        user: u32,
        inode: u64,
    }

    impl Row {
        /// The socket of a line; `None` for the line of titles.
        fn parse(line: &str) -> Option<Self> {
            let mut words = line.split_ascii_whitespace().skip(1);
            let (local, remote) = (address(words.next()?)?, address(words.next()?)?);
            let user = words.nth(4)?.parse().ok()?;
            let inode = words.nth(1)?.parse().ok()?;
            Some(Self { local, remote, user, inode })
        }

        /// Who has it. A socket that its program has closed has no inode, and root stands in the place of its user.
        fn owner(&self) -> Option<u32> {
            (self.inode != 0).then_some(self.user)
        }
    }

    /// An address such as `0100007F:1F90`: the address in words of 32 bits as they lie in this machine's memory, and the port.
    fn address(text: &str) -> Option<SocketAddr> {
        let (address, port) = text.split_once(':')?;
        let word = |at: usize| {
            let word = u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?;
            Some(word.to_ne_bytes())
        };
        let ip = match address.len() {
            8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
            32 => {
                let words = [word(0)?, word(8)?, word(16)?, word(24)?];
                let bytes: [u8; 16] = words.concat().try_into().ok()?;
                IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
            }
            _ => return None,
        };
        Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
    }

    #[cfg(test)]
    mod tests {
        use std::net::{TcpListener, TcpStream};

        use super::*;

        #[test]
        fn own_user_and_root_may_ask_and_nobody_else() {
            let user = |number| Some(LocalUser::new(number));
            let may = |began, asks| LocalUser::is_open_to(began, asks);
            assert!(may(user(1000), user(1000)) && may(user(1000), user(0)));
            assert!(may(user(0), user(0)) && may(None, user(1000)) && may(None, None));
            for (began, asks) in [(1000, 1001), (0, 1000), (1000, 65_534)] {
                assert!(!may(user(began), user(asks)), "{began} {asks}");
            }
            assert!(!may(user(1000), None), "nobody was found");
        }

        #[test]
        fn socket_of_a_line_has_its_ends_and_its_user() {
            let line = "   3: 0100007F:9C40 0100007F:4FDD 01 00000000:00000000 00:00000000 00000000  1001        0 48213 1 0000000000000000 20 4 30 10 -1";
            // As machines write it whose words begin with the last byte.
            if cfg!(target_endian = "little") {
                let row = Row::parse(line).unwrap();
                assert_eq!(row.local, "127.0.0.1:40000".parse().unwrap());
                assert_eq!(row.remote, "127.0.0.1:20445".parse().unwrap());
                let six = "00000000000000000000000001000000:4FDD";
                assert_eq!(address(six), Some("[::1]:20445".parse().unwrap()));
                let mapped = "0000000000000000FFFF00000100007F:4FDD";
                assert_eq!(address(mapped), Some("127.0.0.1:20445".parse().unwrap()));
            }
            assert_eq!(Row::parse(line).unwrap().owner(), Some(1001));
            let closed = line.replace(" 1001 ", " 0 ").replace(" 48213 ", " 0 ");
            assert_eq!(Row::parse(&closed).unwrap().owner(), None, "nobody has it any more");
            let titles = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
            for other in ["", titles, "0: 0100007F 0100007F:4FDD 01 0:0 0:0 0 0 0 1"] {
                assert_eq!(Row::parse(other), None, "{other}");
            }
        }

        /// Two ends of a connection to this address, as a server sees them, and the connection.
        fn connected(listen: &str) -> Option<(SocketAddr, SocketAddr, TcpStream, TcpStream)> {
            let listener = TcpListener::bind(listen).ok()?;
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, peer) = listener.accept().unwrap();
            Some((peer, server.local_addr().unwrap(), client, server))
        }

        #[test]
        fn the_systems_own_list_tells_who_made_a_socket_while_it_is_open() {
            let user = nix::unistd::geteuid().as_raw();
            let (peer, own, client, server) = connected("127.0.0.1:0").unwrap();
            assert_eq!(listed(peer, own).unwrap(), Some(user));
            assert_eq!(listed(peer, peer).unwrap(), None, "no such connection");
            drop(client);
            assert_eq!(listed(peer, own).unwrap(), None, "its client has closed it");
            drop(server);
            // A socket of IPv6 that reaches an address of IPv4.
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let own = listener.local_addr().unwrap();
            let mapped: Ipv6Addr = "::ffff:127.0.0.1".parse().unwrap();
            if let Ok(_client) = TcpStream::connect((mapped, own.port())) {
                let (_server, peer) = listener.accept().unwrap();
                assert_eq!(listed(peer, own).unwrap(), Some(user));
            }
            if let Some((peer, own, _client, _server)) = connected("[::1]:0") {
                assert_eq!(listed(peer, own).unwrap(), Some(user));
            }
        }

        #[tokio::test]
        async fn connection_of_another_user_is_theirs_and_not_let_in() {
            // Only root can be somebody else.
            if !nix::unistd::geteuid().is_root() {
                return;
            }
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let own = listener.local_addr().unwrap();
            let theirs = std::thread::spawn(move || {
                nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65_534));
                TcpStream::connect(own).unwrap()
            });
            let client = theirs.join().unwrap();
            let (_server, peer) = listener.accept().unwrap();
            assert_eq!(owner(peer, own).await, Some(LocalUser::new(65_534)));
            assert!(!is_of_this_user(peer, own).await);
            drop(client);
            assert_eq!(owner(peer, own).await, None);
            assert!(!is_of_this_user(peer, own).await, "nor one that was closed meanwhile");
        }
    }
}
