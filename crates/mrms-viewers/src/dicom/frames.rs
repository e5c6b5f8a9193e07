//! The stored values of one frame: plain, run-length, JPEG and JPEG 2000.
//!
//! Sizes are checked before anything of that size is made. Source: DICOM PS3.5 §8 and annexes A and G.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::pixels::{COLUMNS, ROWS};
use super::read::{Object, Tag, Value};
use super::{FRAMES, PIXELS, lossless};
use crate::bounds;
use crate::picture::check_size;
use crate::request::NotShown;

const CHANNELS: Tag = (0x0028, 0x0002);
const PLANAR: Tag = (0x0028, 0x0006);
const ALLOCATED: Tag = (0x0028, 0x0100);
const STORED: Tag = (0x0028, 0x0101);
const IS_SIGNED: Tag = (0x0028, 0x0103);

/// The values of a frame, channel beside channel.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: usize,
    pub(super) values: Vec<i32>,
    /// Bits of a value.
    pub(super) bits: u32,
    /// Whether the decoder has made red, green and blue of it.
    pub(super) is_rgb: bool,
}

/// How the object says that its values are stored.
struct Layout {
    width: u32,
    height: u32,
    channels: usize,
    allocated: u32,
    stored: u32,
    is_signed: bool,
    is_planar: bool,
    is_big: bool,
}

impl Layout {
    fn of(object: &Object<'_>) -> Result<Self, NotShown> {
        let short = |tag| object.short(tag);
        let allocated = u32::from(short(ALLOCATED).unwrap_or(16));
        let layout = Self {
            width: u32::from(short(COLUMNS).ok_or(NotShown::Damaged)?),
            height: u32::from(short(ROWS).ok_or(NotShown::Damaged)?),
            channels: usize::from(short(CHANNELS).unwrap_or(1)),
            allocated,
            stored: short(STORED).map_or(allocated, u32::from).clamp(1, 32),
            is_signed: short(IS_SIGNED) == Some(1),
            is_planar: short(PLANAR) == Some(1),
            is_big: object.encoding.is_big,
        };
        check_size(layout.width, layout.height)?;
        if !matches!(layout.channels, 1 | 3) || !matches!(allocated, 1 | 8 | 16 | 32) {
            return Err(NotShown::Damaged);
        }
        Ok(layout)
    }

    const fn pixels(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Values of these bytes, which are as many as a frame has, or else it is damaged.
    fn plain(&self, bytes: &[u8]) -> Result<Vec<i32>, NotShown> {
        let count = self.pixels() * self.channels;
        let size = self.allocated as usize / 8;
        let bytes = bytes.get(..count * size).ok_or(NotShown::Damaged)?;
        let shift = 32 - self.stored.min(self.allocated);
        let value = |raw: u32| {
            // Bits above those that are stored may have something else in them.
            let high = raw << shift;
            if self.is_signed { (high as i32) >> shift } else { (high >> shift) as i32 }
        };
        let values = bytes.chunks_exact(size).map(|chunk| {
            let mut raw = 0_u32;
            for index in 0..size {
                let byte = if self.is_big { chunk[index] } else { chunk[size - 1 - index] };
                raw = raw << 8 | u32::from(byte);
            }
            value(raw)
        });
        let values: Vec<i32> = values.collect();
        Ok(if self.is_planar && self.channels == 3 { self.beside(&values) } else { values })
    }

    /// Planes one after the other as channels side by side.
    fn beside(&self, values: &[i32]) -> Vec<i32> {
        let pixels = self.pixels();
        (0..pixels)
            .flat_map(|at| [values[at], values[at + pixels], values[at + 2 * pixels]])
            .collect()
    }

    fn frame(&self, values: Vec<i32>, is_rgb: bool) -> Frame {
        let Self { width, height, channels, stored, .. } = *self;
        Frame { width, height, channels, values, bits: stored, is_rgb }
    }
}

/// Reads a frame, from 0.
pub(super) fn frame(object: &Object<'_>, syntax: &str, index: usize) -> Result<Frame, NotShown> {
    let layout = Layout::of(object)?;
    match object.value(PIXELS).ok_or(NotShown::NoSuchPage)? {
        Value::Bytes(bytes) if layout.allocated == 1 => bits(&layout, bytes, index),
        Value::Bytes(bytes) => {
            let size = layout.pixels() * layout.channels * (layout.allocated as usize / 8);
            let start = size.checked_mul(index).ok_or(NotShown::Damaged)?;
            let values = layout.plain(bytes.get(start..).ok_or(NotShown::Damaged)?)?;
            Ok(layout.frame(values, false))
        }
        Value::Fragments(fragments) => {
            let count = object.decimal(FRAMES).map_or(1, |count| count as usize);
            let bytes = compressed(fragments, index, count).ok_or(NotShown::Damaged)?;
            match syntax.strip_prefix("1.2.840.10008.1.2.").unwrap_or_default() {
                "5" => Ok(layout.frame(run_length(&layout, &bytes)?, false)),
                "4.50" | "4.51" => jpeg(&layout, &bytes),
                "4.57" | "4.70" => lossless_frame(&layout, &bytes),
                "4.90" | "4.91" => jpeg_2000(&layout, &bytes),
                _ => Err(NotShown::Compression),
            }
        }
        Value::Items(_) => Err(NotShown::Damaged),
    }
}

/// Pictures of single bits, such as the mark of a region.
fn bits(layout: &Layout, bytes: &[u8], index: usize) -> Result<Frame, NotShown> {
    let start = layout.pixels() * index;
    let bit = |at: usize| bytes.get(at / 8).map(|byte| i32::from(byte >> (at % 8) & 1));
    let values: Option<Vec<i32>> = (start..start + layout.pixels()).map(bit).collect();
    Ok(layout.frame(values.ok_or(NotShown::Damaged)?, false))
}

/// The compressed bytes of a frame: by the table of offsets, or a fragment for each.
fn compressed(fragments: &[&[u8]], index: usize, count: usize) -> Option<Vec<u8>> {
    let (table, pieces) = fragments.split_first()?;
    if count <= 1 {
        return Some(pieces.concat());
    }
    let offsets: Vec<usize> = table
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]) as usize)
        .collect();
    if offsets.is_empty() {
        return (pieces.len() == count).then(|| pieces.get(index).map(|piece| piece.to_vec()))?;
    }
    let (start, end) =
        (*offsets.get(index)?, offsets.get(index + 1).copied().unwrap_or(usize::MAX));
    let (mut at, mut bytes) = (0, Vec::new());
    for piece in pieces {
        if (start..end).contains(&at) {
            bytes.extend_from_slice(piece);
        }
        at += piece.len() + 8;
    }
    Some(bytes)
}

/// PS3.5 annex G: a segment for each byte of each channel.
fn run_length(layout: &Layout, bytes: &[u8]) -> Result<Vec<i32>, NotShown> {
    let four = |at: usize| {
        bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map(|four| u32::from_le_bytes(*four) as usize)
    };
    let size = layout.allocated as usize / 8;
    let segments =
        four(0).filter(|count| *count == size * layout.channels).ok_or(NotShown::Damaged)?;
    let pixels = layout.pixels();
    let mut raw = vec![0_u8; pixels * size * layout.channels];
    for segment in 0..segments {
        let start = four(4 + 4 * segment).ok_or(NotShown::Damaged)?;
        let end = if segment + 1 < segments {
            four(8 + 4 * segment).unwrap_or(bytes.len())
        } else {
            bytes.len()
        };
        let packed = bytes.get(start..end.min(bytes.len())).ok_or(NotShown::Damaged)?;
        let plane = unpacked(packed, pixels).ok_or(NotShown::Damaged)?;
        let (channel, byte) = (segment / size, segment % size);
        for (pixel, value) in plane.into_iter().enumerate() {
            // The high byte comes first; plain values have the low one first.
            raw[(pixel * layout.channels + channel) * size + (size - 1 - byte)] = value;
        }
    }
    Layout { is_planar: false, is_big: false, ..*layout }.plain(&raw)
}

fn unpacked(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(length);
    let mut rest = packed;
    while out.len() < length {
        let (control, after) = rest.split_first()?;
        rest = match control.cast_signed() {
            run @ 0.. => {
                let (literal, after) = after.split_at_checked(run as usize + 1)?;
                out.extend_from_slice(literal);
                after
            }
            i8::MIN => after,
            run => {
                let (value, after) = after.split_first()?;
                out.extend(std::iter::repeat_n(*value, usize::from(run.unsigned_abs()) + 1));
                after
            }
        };
    }
    out.truncate(length);
    Some(out)
}

fn jpeg(layout: &Layout, bytes: &[u8]) -> Result<Frame, NotShown> {
    let color = if layout.channels == 3 { ColorSpace::RGB } else { ColorSpace::Luma };
    let options = DecoderOptions::default()
        .jpeg_set_out_colorspace(color)
        .set_max_width(layout.width as usize)
        .set_max_height(layout.height as usize);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let decoded = decoder.decode().map_err(|_| NotShown::Compression)?;
    if decoded.len() != layout.pixels() * layout.channels {
        return Err(NotShown::Damaged);
    }
    let frame = layout.frame(decoded.into_iter().map(i32::from).collect(), true);
    Ok(Frame { bits: 8, ..frame })
}

fn lossless_frame(layout: &Layout, bytes: &[u8]) -> Result<Frame, NotShown> {
    let picture = lossless::decode(bytes, (layout.width, layout.height), layout.channels)?;
    let shift = 32 - layout.stored;
    let signed = |value: i32| if layout.is_signed { value << shift >> shift } else { value };
    Ok(layout.frame(picture.into_iter().map(signed).collect(), false))
}

fn jpeg_2000(layout: &Layout, bytes: &[u8]) -> Result<Frame, NotShown> {
    use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
    let image = Image::new(bytes, &DecodeSettings::default()).map_err(|_| NotShown::Damaged)?;
    if (image.width(), image.height()) != (layout.width, layout.height) {
        return Err(NotShown::Damaged);
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| NotShown::Damaged)?;
    let components = decoded.components();
    let is_whole = components.len() >= layout.channels
        && components.iter().all(|one| one.samples().len() >= layout.pixels());
    if !is_whole {
        return Err(NotShown::Damaged);
    }
    let mut values =
        Vec::with_capacity((layout.pixels() * layout.channels).min(bounds::MOST_BYTES));
    for at in 0..layout.pixels() {
        values.extend(
            components[..layout.channels].iter().map(|one| one.samples()[at].round() as i32),
        );
    }
    let bits = components.first().map_or(8, |one| u32::from(one.bit_depth()));
    Ok(Frame { bits, ..layout.frame(values, true) })
}
