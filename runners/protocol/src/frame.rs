//! Frames: four bytes of length (little endian, counting what follows), one byte of kind, the body.

use std::io::{self, Read, Write};

/// A longer frame is garbage.
pub const MAX_FRAME: usize = 1 << 30;

/// Read one frame; `None` at the end of the stream.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u32::from_le_bytes(length) as usize;
    if length == 0 || length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut frame = vec![0; length];
    from.read_exact(&mut frame)?;
    let kind = frame[0];
    frame.drain(..1);
    Ok(Some((kind, frame)))
}

/// Whether bytes begin with a whole frame.
pub(crate) fn holds_frame(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else { return false };
    rest.len() >= u32::from_le_bytes(*length) as usize
}

/// Write one frame.
pub fn write_frame(to: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 1).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&[kind])?;
    to.write_all(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_one_after_the_other() {
        let mut stream = Vec::new();
        write_frame(&mut stream, 4, b"body").unwrap();
        write_frame(&mut stream, 2, b"").unwrap();
        assert_eq!(stream, b"\x05\0\0\0\x04body\x01\0\0\0\x02");
        let mut rest = stream.as_slice();
        assert_eq!(read_frame(&mut rest).unwrap(), Some((4, b"body".to_vec())));
        assert_eq!(read_frame(&mut rest).unwrap(), Some((2, Vec::new())));
        assert_eq!(read_frame(&mut rest).unwrap(), None);
    }

    #[test]
    fn a_length_out_of_range_is_an_error_before_anything_is_read() {
        for length in [0, MAX_FRAME as u32 + 1, u32::MAX] {
            let error = read_frame(&mut length.to_le_bytes().as_slice()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_an_error() {
        let error = read_frame(&mut b"\x05\0\0\0\x04bo".as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
