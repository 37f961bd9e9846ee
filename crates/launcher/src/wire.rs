//! The few words of each server's protocol needed to ask whether it is there and ready.
//!
//! For Redis a password check and a ping: that the password is accepted proves that the port is
//! held by our server and not by a stranger's. For PostgreSQL the question whether it speaks TLS,
//! which only a living server answers and which needs no password. Each over one short-lived
//! connection; nothing else is ever sent.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// Loopback answers in microseconds; a busy machine may take longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// PostgreSQL's SSLRequest: its length and its code, both as 32 bits in network order.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Whether our Redis answers on `port` of 127.0.0.1. A slow answer counts as none: ask again.
pub(crate) fn redis_answers(port: u16, password: &SecretString) -> bool {
    let question = format!("AUTH {}\r\nPING\r\n", password.expose_secret());
    let expected = b"+OK\r\n+PONG\r\n";
    ask(port, question.as_bytes(), expected.len()).is_ok_and(|answer| answer == expected)
}

/// Whether a PostgreSQL answers on `port` of 127.0.0.1: yes or no to TLS, both will do.
pub(crate) fn postgres_answers(port: u16) -> bool {
    ask(port, &SSL_REQUEST, 1).is_ok_and(|answer| answer == b"S" || answer == b"N")
}

/// Sends `question` and returns the first `length` bytes of the answer, fewer when the server
/// closes before.
fn ask(port: u16, question: &[u8], length: usize) -> io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(question)?;
    let mut answer = vec![0_u8; length];
    let mut filled = 0;
    while let Some(rest) = answer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    answer.truncate(filled);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread::{JoinHandle, spawn};

    /// A server that hears `expected` bytes, says `reply` and closes.
    fn server(expected: usize, reply: &'static [u8]) -> (u16, JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = vec![0_u8; expected];
            stream.read_exact(&mut heard).unwrap();
            stream.write_all(reply).unwrap();
            heard
        });
        (port, heard)
    }

    #[test]
    fn only_a_redis_that_takes_the_password_and_answers_the_ping_is_ours() {
        let question = b"AUTH secret\r\nPING\r\n";
        let accepted = |reply| {
            let (port, heard) = server(question.len(), reply);
            let accepted = redis_answers(port, &SecretString::from("secret"));
            assert_eq!(heard.join().unwrap(), question);
            accepted
        };
        assert!(accepted(b"+OK\r\n+PONG\r\n"));
        assert!(!accepted(b"-WRONGPASS invalid\r\n-NOAUTH\r\n"));
        assert!(!accepted(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        assert!(!accepted(b"+OK\r\n-LOADING wait\r\n"));
        assert!(!accepted(b"+OK\r\n"));
    }

    #[test]
    fn a_postgres_says_yes_or_no_to_tls() {
        for (reply, expected) in
            [(b"N".as_slice(), true), (b"S", true), (b"E", false), (b"", false)]
        {
            let (port, heard) = server(SSL_REQUEST.len(), reply);
            assert_eq!(postgres_answers(port), expected, "{reply:?}");
            assert_eq!(heard.join().unwrap(), SSL_REQUEST);
        }
    }

    #[test]
    fn nobody_answers_on_a_closed_port() {
        let port = crate::launch::free_port().unwrap();
        assert!(!redis_answers(port, &SecretString::from("x")));
        assert!(!postgres_answers(port));
    }
}
