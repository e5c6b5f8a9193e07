//! Pictures that are drawn here, and shown as PNG.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::request::NotShown;

/// A page or picture, drawn anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// It as a PNG file, in base64.
    pub png: String,
    /// The text on it; empty for a picture of a scan.
    pub text: String,
}

/// Samples of a picture: shades of grey, or red, green and blue, row by row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_color: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Fails for a size that is not drawn.
pub(crate) fn check_size(width: u32, height: u32) -> Result<(), NotShown> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        Err(NotShown::Damaged)
    } else if pixels > bounds::MOST_PIXELS {
        Err(NotShown::TooMuch)
    } else {
        Ok(())
    }
}

impl Samples {
    /// These samples as a PNG.
    pub(crate) fn to_picture(&self, text: String) -> Result<Picture, NotShown> {
        use base64::Engine as _;
        check_size(self.width, self.height)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(if self.is_color {
            png::ColorType::Rgb
        } else {
            png::ColorType::Grayscale
        });
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.bytes)?;
            writer.finish()
        });
        written.map_err(|_| NotShown::Damaged)?;
        let png = base64::engine::general_purpose::STANDARD.encode(&file);
        Ok(Picture { width: self.width, height: self.height, png, text })
    }
}
