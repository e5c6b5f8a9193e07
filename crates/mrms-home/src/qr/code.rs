//! Draws a document, or a link, as a QR code: with half blocks for a terminal, as SVG, as PNG.

use mrms_people::document::armor_for_code;
use qrcode::{Color, EcLevel, QrCode};

/// Pixels for each module of a code in a PNG file: large enough to be printed.
const PIXELS: usize = 8;
/// Light modules around a code, as the standard asks for (ISO/IEC 18004, section 6.3.8).
const QUIET: usize = 4;
/// The same on a screen, so that most cards keep within 80 columns: cameras do with it.
const QUIET_ON_SCREEN: usize = 2;

/// A document as a QR code.
pub struct Code {
    code: QrCode,
    bytes: usize,
}

/// The document does not fit into a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has {bytes} bytes, which is more than a QR code holds")]
pub struct TooLongForCode {
    /// Its length in bytes.
    pub bytes: usize,
}

/// The image could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the image cannot be written")]
pub struct NotDrawn(#[from] png::EncodingError);

impl Code {
    /// The code of a document's bytes.
    ///
    /// # Errors
    ///
    /// [`TooLongForCode`].
    pub fn of(document: &[u8]) -> Result<Self, TooLongForCode> {
        let text = armor_for_code(document);
        let code = QrCode::with_error_correction_level(text, EcLevel::L)
            .map_err(|_| TooLongForCode { bytes: document.len() })?;
        Ok(Self { code, bytes: document.len() })
    }

    /// The code of a text that other programs read, such as a link, with the error correction M that its standard asks for.
    ///
    /// # Errors
    ///
    /// [`TooLongForCode`].
    pub fn of_text(text: &str) -> Result<Self, TooLongForCode> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M)
            .map_err(|_| TooLongForCode { bytes: text.len() })?;
        Ok(Self { code, bytes: text.len() })
    }

    /// The code of a key, whose capital letters mean the same as its small ones (Bech32). In capitals it takes a third less room.
    ///
    /// # Errors
    ///
    /// [`TooLongForCode`].
    pub fn of_key(key: &str) -> Result<Self, TooLongForCode> {
        let code = QrCode::with_error_correction_level(key.to_ascii_uppercase(), EcLevel::L)
            .map_err(|_| TooLongForCode { bytes: key.len() })?;
        Ok(Self { code, bytes: key.len() })
    }

    /// How many bytes the document has.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Lines of half blocks, for a terminal: a character is one module wide and two high. A light module is
    /// drawn, so that it can be read where text is light and the ground dark.
    #[must_use]
    pub fn half_blocks(&self) -> String {
        let side = self.columns();
        let is_light = |x: usize, y: usize| !self.is_dark(x, y, QUIET_ON_SCREEN);
        let mut text = String::new();
        for y in (0..side).step_by(2) {
            for x in 0..side {
                text.push(match (is_light(x, y), is_light(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }

    /// How many columns [`Self::half_blocks`] takes.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.code.width() + 2 * QUIET_ON_SCREEN
    }

    /// Whether a module is dark, counted with so many light ones around the code.
    fn is_dark(&self, x: usize, y: usize, quiet: usize) -> bool {
        let modules = self.code.width();
        let at = |place: usize| place.checked_sub(quiet).filter(|place| *place < modules);
        at(x).zip(at(y)).is_some_and(|(x, y)| self.code[(x, y)] == Color::Dark)
    }

    /// An SVG file: a path with a square for each dark module.
    #[must_use]
    pub fn svg(&self) -> String {
        let side = self.code.width() + 2 * QUIET;
        let mut path = String::new();
        for at in 0..side * side {
            let (x, y) = (at % side, at / side);
            if self.is_dark(x, y, QUIET) {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{0}\" height=\"{0}\" \
             shape-rendering=\"crispEdges\">\n<path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>\n<path d=\"{path}\"/>\n</svg>\n",
            side * PIXELS
        )
    }

    /// A PNG file, black on white.
    ///
    /// # Errors
    ///
    /// [`NotDrawn`], which a vector in memory never gives.
    pub fn png(&self) -> Result<Vec<u8>, NotDrawn> {
        let side = (self.code.width() + 2 * QUIET) * PIXELS;
        let is_dark = |x: usize, y: usize| self.is_dark(x / PIXELS, y / PIXELS, QUIET);
        let pixels: Vec<u8> = (0..side * side)
            .map(|pixel| if is_dark(pixel % side, pixel / side) { 0 } else { u8::MAX })
            .collect();
        let mut file = Vec::new();
        let side = u32::try_from(side).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(file)
    }
}
