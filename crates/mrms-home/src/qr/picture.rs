//! Finds the QR code of a document in a picture: a PNG or JPEG file that somebody took or was sent.
//!
//! Looks at width and height before it decodes anything, so that a small file can't take all memory.

use std::io::Cursor;

use mrms_people::document::{DocumentError, begins_as_text, bytes_of_text};
use rqrr::PreparedImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The largest picture that is decoded, in pixels: what a telephone's camera takes.
pub const MOST_PIXELS: u64 = 50_000_000;
/// What a decoder may allocate beside the pixels, in bytes.
const MOST_BESIDE: usize = 16 * 1024 * 1024;
/// A picture is looked at again in smaller sizes down to this one, in pixels along its shorter side.
const SMALLEST_SIDE: usize = 400;

/// Why there is no document in a picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// It has too many pixels.
    #[error(
        "the picture has {width} × {height} pixels, more than the {} million that are decoded",
        MOST_PIXELS / 1_000_000
    )]
    TooLarge {
        /// Its width in pixels.
        width: u64,
        /// Its height in pixels.
        height: u64,
    },
    /// It is damaged, or of a form that is not decoded.
    #[error("the picture cannot be decoded: {reason}")]
    Damaged {
        /// What the decoder said.
        reason: String,
    },
    /// There is no QR code in it.
    #[error("there is no QR code in the picture")]
    NoCode,
    /// There is one that can't be read.
    #[error("the QR code in the picture cannot be read")]
    Unreadable,
    /// There are several documents in it.
    #[error("there are several codes in the picture")]
    Several,
    /// The code has another text.
    #[error("the QR code in the picture is not one of mrms")]
    OtherText,
    /// The code's text is damaged.
    #[error("the QR code in the picture has no document")]
    Document(#[from] DocumentError),
}

/// Shades of grey, row by row.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// Whether a file's contents are a picture that can be looked at: PNG or JPEG.
#[must_use]
pub fn is_picture(contents: &[u8]) -> bool {
    is_png(contents) || contents.starts_with(b"\xff\xd8\xff")
}

fn is_png(contents: &[u8]) -> bool {
    contents.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// The bytes of the document whose QR code is in a picture.
///
/// # Errors
///
/// [`PictureError`].
pub fn document_in(contents: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut grey = if is_png(contents) { png(contents)? } else { jpeg(contents)? };
    let mut seen = Err(PictureError::NoCode);
    loop {
        seen = match (seen, look_at(&grey)) {
            (_, Ok(document)) => return Ok(document),
            // What was found in a larger picture says more than that there is nothing in a smaller one.
            (Err(before), Err(PictureError::NoCode)) => Err(before),
            (_, found) => found,
        };
        if grey.width.min(grey.height) < 2 * SMALLEST_SIDE {
            return seen;
        }
        grey = grey.half();
    }
}

/// The texts of the QR codes in a picture, whatever they say.
///
/// # Errors
///
/// [`PictureError`].
pub fn texts_in(contents: &[u8]) -> Result<Vec<String>, PictureError> {
    let mut grey = if is_png(contents) { png(contents)? } else { jpeg(contents)? };
    loop {
        let (texts, codes) = texts_of(&grey);
        if !texts.is_empty() {
            return Ok(texts);
        }
        if grey.width.min(grey.height) < 2 * SMALLEST_SIDE {
            return Err(if codes > 0 { PictureError::Unreadable } else { PictureError::NoCode });
        }
        grey = grey.half();
    }
}

/// The texts that can be read, each once, and how many codes there are.
fn texts_of(grey: &Grey) -> (Vec<String>, usize) {
    let shade =
        |x: usize, y: usize| grey.pixels.get(y * grey.width + x).copied().unwrap_or(u8::MAX);
    let mut image = PreparedImage::prepare_from_greyscale(grey.width, grey.height, shade);
    let grids = image.detect_grids();
    let mut texts: Vec<String> =
        grids.iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect();
    texts.sort_unstable();
    texts.dedup();
    (texts, grids.len())
}

fn look_at(grey: &Grey) -> Result<Vec<u8>, PictureError> {
    let (texts, codes) = texts_of(grey);
    let (ours, others): (Vec<_>, Vec<_>) = texts.into_iter().partition(|text| begins_as_text(text));
    match (ours.as_slice(), others.is_empty(), codes == 0) {
        ([one], ..) => Ok(bytes_of_text(one)?),
        ([_, _, ..], ..) => Err(PictureError::Several),
        ([], false, _) => Err(PictureError::OtherText),
        ([], true, false) => Err(PictureError::Unreadable),
        ([], true, true) => Err(PictureError::NoCode),
    }
}

impl Grey {
    /// Checks a size before anything of that size is made.
    fn checked(width: u64, height: u64) -> Result<(), PictureError> {
        if width.saturating_mul(height) > MOST_PIXELS {
            return Err(PictureError::TooLarge { width, height });
        }
        Ok(())
    }

    /// The same picture in half the size: codes that a camera took too large or with noise are read in it.
    fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let shade = |x: usize, y: usize| u16::from(self.pixels[y * self.width + x]);
        let mean = |at: usize| {
            let (x, y) = (2 * (at % width), 2 * (at / width));
            let sum = shade(x, y) + shade(x + 1, y) + shade(x, y + 1) + shade(x + 1, y + 1);
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        };
        Self { width, height, pixels: (0..width * height).map(mean).collect() }
    }
}

fn damaged(error: impl std::fmt::Display) -> PictureError {
    PictureError::Damaged { reason: error.to_string() }
}

fn png(contents: &[u8]) -> Result<Grey, PictureError> {
    let limits = png::Limits { bytes: MOST_BESIDE };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(contents), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(damaged)?;
    Grey::checked(header.width.into(), header.height.into())?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().ok_or_else(|| damaged("its size"))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(damaged)?;
    pixels.truncate(frame.buffer_size());
    let channels = frame.color_type.samples();
    let pixels = match channels {
        1 => pixels,
        _ => pixels.chunks_exact(channels).map(shade).collect(),
    };
    let side = |length: u32| usize::try_from(length).map_err(damaged);
    Ok(Grey { width: side(frame.width)?, height: side(frame.height)?, pixels })
}

/// How light a pixel is, on white paper where it is transparent.
fn shade(pixel: &[u8]) -> u8 {
    let (color, alpha) = match *pixel {
        [grey, alpha] => (u32::from(grey), u32::from(alpha)),
        [red, green, blue, ref rest @ ..] => {
            let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
            (sum / 1000, rest.first().map_or(255, |alpha| u32::from(*alpha)))
        }
        _ => (255, 255),
    };
    u8::try_from((color * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

fn jpeg(contents: &[u8]) -> Result<Grey, PictureError> {
    // The sides are checked below, with a sentence of their own.
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(contents), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| damaged("it has no size"))?;
    Grey::checked(info.width.into(), info.height.into())?;
    let pixels = decoder.decode().map_err(damaged)?;
    Ok(Grey { width: info.width.into(), height: info.height.into(), pixels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::code::Code;

    fn document(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at * 31 % 251).unwrap()).collect()
    }

    /// A PNG file whose header claims a size, with a checksum that holds.
    fn claiming(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let mut writer = Vec::new();
        let mut encoder = png::Encoder::new(&mut writer, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        drop(encoder.write_header().unwrap());
        file.extend_from_slice(&writer[8..33]);
        file
    }

    #[test]
    fn code_that_was_drawn_is_found() {
        for length in [1, 300, 500, 1500] {
            let document = document(length);
            let file = Code::of(&document).unwrap().png().unwrap();
            assert!(is_picture(&file));
            assert_eq!(document_in(&file).unwrap(), document, "{length} bytes");
        }
        assert!(Code::of(&document(3000)).is_err());
    }

    #[test]
    fn short_card_fits_into_eighty_columns_and_the_longest_into_eighty_five() {
        for (bytes, columns) in [(412, 77), (500, 85)] {
            let code = Code::of(&document(bytes)).unwrap();
            let text = code.half_blocks();
            assert!(text.lines().all(|line| line.chars().count() == code.columns()), "{text}");
            assert_eq!(code.columns(), columns);
        }
        let code = Code::of(&document(412)).unwrap();
        assert!(code.svg().starts_with("<svg "));
    }

    /// Draws the half blocks as a terminal does, and looks at the picture.
    #[test]
    fn code_in_a_terminal_is_found() {
        let document = document(400);
        let text = Code::of(&document).unwrap().half_blocks();
        let (width, height) = (text.lines().next().unwrap().chars().count(), text.lines().count());
        let mut grey = Grey { width: width * 6, height: height * 12, pixels: Vec::new() };
        for line in text.lines() {
            for half in 0..2 {
                let is_light = |one: char| {
                    one == '█' || (half == 0 && one == '▀') || (half == 1 && one == '▄')
                };
                let row: Vec<u8> =
                    line.chars().flat_map(|one| [if is_light(one) { 255 } else { 0 }; 6]).collect();
                (0..6).for_each(|_| grey.pixels.extend_from_slice(&row));
            }
        }
        assert_eq!(look_at(&grey).unwrap(), document);
    }

    #[test]
    fn picture_without_a_code_is_refused_in_words() {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 200, 200);
        encoder.set_color(png::ColorType::Rgba);
        let noise = document(200 * 200 * 4);
        encoder.write_header().unwrap().write_image_data(&noise).unwrap();
        assert!(matches!(document_in(&file), Err(PictureError::NoCode | PictureError::Unreadable)));
        for length in [0, 10, 30, 40, file.len() / 2] {
            assert!(document_in(&file[..length.max(8)]).is_err(), "{length}");
        }
        for jpeg in [&b"\xff\xd8\xff"[..], b"\xff\xd8\xff\xe0\x00\x10JFIF", &[0xff; 500]] {
            assert!(matches!(document_in(jpeg), Err(PictureError::Damaged { .. })));
        }
    }

    #[test]
    fn size_is_looked_at_before_anything_is_decoded() {
        for (width, height) in [(10_000, 10_000), (u32::MAX / 2, u32::MAX / 2), (1, 50_000_001)] {
            let refused = document_in(&claiming(width, height)).unwrap_err();
            assert!(
                matches!(refused, PictureError::TooLarge { .. } | PictureError::Damaged { .. }),
                "{refused}"
            );
        }
        let refused = document_in(&claiming(10_000, 10_000)).unwrap_err();
        assert!(matches!(refused, PictureError::TooLarge { width: 10_000, height: 10_000 }));
        // A JPEG file whose frame header claims 65,500 pixels on each side.
        let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0xff, 0xdc, 0xff, 0xdc, 1, 1, 0x11, 0];
        let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
        let refused = document_in(&[&frame[..], &scan].concat()).unwrap_err();
        assert!(matches!(refused, PictureError::TooLarge { .. }), "{refused}");
    }

    #[test]
    fn code_of_somebody_else_is_told() {
        let code = qrcode::QrCode::new(b"https://example.org/").unwrap();
        let side = code.width() + 8;
        let is_dark = |at: usize| {
            let (x, y) = ((at % side).wrapping_sub(4), (at / side).wrapping_sub(4));
            x < code.width() && y < code.width() && code[(x, y)] == qrcode::Color::Dark
        };
        let small: Vec<u8> = (0..side * side).map(|at| if is_dark(at) { 0 } else { 255 }).collect();
        let large = (0..side * side * 64).map(|at| {
            let (x, y) = (at % (side * 8) / 8, at / (side * 8) / 8);
            small[y * side + x]
        });
        let grey = Grey { width: side * 8, height: side * 8, pixels: large.collect() };
        assert!(matches!(look_at(&grey), Err(PictureError::OtherText)));
    }
}
