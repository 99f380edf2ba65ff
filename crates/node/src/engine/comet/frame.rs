//! How ABCI messages lie on a stream: the length as a varint, then protobuf. Whatever the other side sends, memory grows only as bytes
//! arrive, and never beyond a limit.

use std::io::{self, Read, Write};

use entente_proto::tendermint::abci::{Request, Response};
use prost::Message as _;

/// Longest request in bytes. CometBFT writes none above 100 MiB, except that a genesis is as long as it is.
pub const REQUEST_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Longest answer that CometBFT reads.
pub const RESPONSE_BYTES_MAX: usize = 104_857_600;
/// A varint of 64 bits has at most ten bytes.
const VARINT_BYTES_MAX: u32 = 10;

/// Reads one request; `None` at the end of the stream.
///
/// # Errors
/// The stream ends inside a request, its length is above `bytes_max`, or it is not protobuf.
pub fn read_request(stream: &mut impl Read, bytes_max: u64) -> io::Result<Option<Request>> {
    let Some(length) = read_length(stream)? else { return Ok(None) };
    if length > bytes_max {
        return Err(invalid(format!("a request of {length} bytes is longer than {bytes_max}")));
    }
    let mut bytes = Vec::new();
    stream.take(length).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|found| found < length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Request::decode(bytes.as_slice()).map(Some).map_err(|e| invalid(format!("a request is not protobuf: {e}")))
}

/// Whether these bytes begin with a whole request, which can be read without waiting.
pub fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let length = read_length(&mut rest).ok().flatten();
    length.is_some_and(|length| u64::try_from(rest.len()).is_ok_and(|there| there >= length))
}

fn read_length(stream: &mut impl Read) -> io::Result<Option<u64>> {
    let mut length = 0u64;
    for at in 0..VARINT_BYTES_MAX {
        let mut byte = [0];
        match stream.read_exact(&mut byte) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof && at == 0 => return Ok(None),
            other => other?,
        }
        let part = u64::from(byte[0] & 0x7f);
        if at == VARINT_BYTES_MAX - 1 && byte[0] > 1 {
            break;
        }
        length |= part << (7 * at);
        if byte[0] & 0x80 == 0 {
            return Ok(Some(length));
        }
    }
    Err(invalid("the length of a request is not a varint of 64 bits".to_owned()))
}

/// Writes one answer.
///
/// # Errors
/// The stream cannot be written to, or the answer is longer than CometBFT reads.
pub fn write_response(stream: &mut impl Write, response: &Response) -> io::Result<()> {
    let length = response.encoded_len();
    if length > RESPONSE_BYTES_MAX {
        return Err(invalid(format!(
            "an answer of {length} bytes is longer than CometBFT reads ({RESPONSE_BYTES_MAX})"
        )));
    }
    stream.write_all(&response.encode_length_delimited_to_vec())
}

fn invalid(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use entente_proto::tendermint::abci::{RequestEcho, request};
    use proptest::prelude::*;

    use super::*;

    fn echo(text: &str) -> Request {
        Request { value: Some(request::Value::Echo(RequestEcho { message: text.to_owned() })) }
    }

    #[test]
    fn requests_follow_each_other_and_the_end_is_no_error() {
        let bytes = [echo("a"), echo("bb")].map(|r| r.encode_length_delimited_to_vec()).concat();
        let mut stream = bytes.as_slice();
        assert_eq!(read_request(&mut stream, 100).unwrap(), Some(echo("a")));
        assert_eq!(read_request(&mut stream, 100).unwrap(), Some(echo("bb")));
        assert_eq!(read_request(&mut stream, 100).unwrap(), None);
    }

    #[test]
    fn a_cut_request_a_long_one_and_an_endless_length_are_refused() {
        let bytes = echo("abc").encode_length_delimited_to_vec();
        assert!(is_whole(&bytes) && is_whole(&[&bytes[..], &[7]].concat()) && !is_whole(&[]));
        for cut in 1..bytes.len() {
            assert!(!is_whole(&bytes[..cut]), "{cut}");
            let refused = read_request(&mut &bytes[..cut], 100).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
        assert!(read_request(&mut bytes.as_slice(), 4).unwrap_err().to_string().contains("longer than 4"));
        let endless = [0xff; 64];
        assert!(read_request(&mut endless.as_slice(), u64::MAX).unwrap_err().to_string().contains("varint"));
        // A length that promises everything reserves nothing.
        let promise = [0xff, 0xff, 0xff, 0xff, 0x03];
        let refused = read_request(&mut promise.as_slice(), REQUEST_BYTES_MAX).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::UnexpectedEof);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut stream = bytes.as_slice();
            while let Ok(Some(_)) = read_request(&mut stream, 1_000) {}
        }
    }
}
