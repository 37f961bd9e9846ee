//! The few words of the Redis protocol needed to ask a server whether it is ours and ready.
//!
//! A password check and a ping over one short-lived connection. That the password is accepted proves that the port is
//! held by our server and not by a stranger's. Nothing else is ever sent.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

/// Loopback answers in microseconds; a busy machine may take longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether our server answers on `port` of 127.0.0.1. A slow answer counts as none: ask again.
pub(crate) fn answers(port: u16, password: &SecretString) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connected = TcpStream::connect_timeout(&address, PATIENCE);
    let answer = connected.and_then(|stream| converse(stream, password));
    answer.is_ok_and(|text| text == "+OK\r\n+PONG\r\n")
}

fn converse(mut stream: TcpStream, password: &SecretString) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream
        .write_all(format!("AUTH {}\r\nPING\r\nQUIT\r\n", password.expose_secret()).as_bytes())?;
    let mut answer = Vec::new();
    // The third line is the answer to QUIT; after two the verdict stands.
    while answer.iter().filter(|byte| **byte == b'\n').count() < 2 {
        let mut part = [0_u8; 64];
        let read = stream.read(&mut part)?;
        if read == 0 {
            break;
        }
        answer.extend(part.iter().take(read));
    }
    Ok(two_lines(&String::from_utf8_lossy(&answer)))
}

fn two_lines(text: &str) -> String {
    text.split_inclusive('\n').take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn accepted(reply: &'static str) -> bool {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = [0_u8; 25];
            stream.read_exact(&mut heard).unwrap();
            stream.write_all(reply.as_bytes()).unwrap();
            String::from_utf8_lossy(&heard).into_owned()
        });
        let accepted = answers(port, &SecretString::from("secret"));
        assert_eq!(server.join().unwrap(), "AUTH secret\r\nPING\r\nQUIT\r\n");
        accepted
    }

    #[test]
    fn only_a_server_that_takes_the_password_and_answers_the_ping_is_ours() {
        assert!(accepted("+OK\r\n+PONG\r\n+OK\r\n"));
        assert!(!accepted("-WRONGPASS invalid\r\n-NOAUTH\r\n"));
        assert!(!accepted("HTTP/1.1 400 Bad Request\r\n\r\n"));
        assert!(!accepted("+OK\r\n-LOADING wait\r\n"));
        assert!(!accepted("+OK\r\n"));
    }

    #[test]
    fn nobody_answers_on_a_closed_port() {
        let port = crate::launch::free_port().unwrap();
        assert!(!answers(port, &SecretString::from("x")));
    }
}
