//! A picture of a scan as shades of grey or colours: rescaling, windows, palettes.
//!
//! Source: DICOM PS3.3 §C.7.6.3 (pixels), §C.11.1 (rescale), §C.11.2.1.2 (window).

use super::frames::{Frame, frame};
use super::read::{Object, Tag};
use crate::document::Cell;
use crate::picture::Samples;
use crate::request::{NotShown, WindowChoice};
use crate::word::Word;

pub(super) const ROWS: Tag = (0x0028, 0x0010);
pub(super) const COLUMNS: Tag = (0x0028, 0x0011);
const CENTER: Tag = (0x0028, 0x1050);
const WIDTH: Tag = (0x0028, 0x1051);
const EXPLANATION: Tag = (0x0028, 0x1055);
const INTERCEPT: Tag = (0x0028, 0x1052);
const SLOPE: Tag = (0x0028, 0x1053);
const PHOTOMETRIC: Tag = (0x0028, 0x0004);

/// Names, centres and widths of windows that suit a modality, in Hounsfield units. Usual in radiology.
const OF_CT: [(&str, f64, f64); 4] = [
    ("Soft tissue", 40.0, 400.0),
    ("Lung", -600.0, 1500.0),
    ("Bone", 400.0, 1800.0),
    ("Brain", 40.0, 80.0),
];

/// The values of an element: of the object itself, else of all frames or of one in an enhanced object (PS3.3 §C.7.6.16).
fn decimals(object: &Object<'_>, group: Tag, tag: Tag, index: usize) -> Vec<f64> {
    let own = object.decimals(tag);
    if !own.is_empty() {
        return own;
    }
    for (groups, place) in [((0x5200, 0x9230), index), ((0x5200, 0x9229), 0)] {
        let items = object.items(groups);
        let Some(item) = items.get(place) else { continue };
        let inner = item.items(group);
        if let Some(found) =
            inner.first().map(|one| one.decimals(tag)).filter(|found| !found.is_empty())
        {
            return found;
        }
    }
    Vec::new()
}

fn stored_windows(object: &Object<'_>, index: usize) -> Vec<(f64, f64)> {
    const VOI: Tag = (0x0028, 0x9132);
    let centers = decimals(object, VOI, CENTER, index);
    let widths = decimals(object, VOI, WIDTH, index);
    centers.into_iter().zip(widths).filter(|(_, width)| *width >= 1.0).take(8).collect()
}

/// The windows that can be chosen: those that the scanner stored, the usual ones of its kind, and all values.
pub(super) fn windows(object: &Object<'_>) -> Vec<(Cell, f64, f64)> {
    if object.short((0x0028, 0x0002)).unwrap_or(1) > 1 {
        return Vec::new();
    }
    let explained = object.text(EXPLANATION).unwrap_or_default();
    let mut names = explained.split('\\');
    let stored = stored_windows(object, 0).into_iter().map(|(center, width)| {
        let name = names.next().filter(|name| !name.is_empty());
        (name.map_or(Cell::Word(Word::AsStored), Cell::text), center, width)
    });
    let mut all: Vec<_> = stored.collect();
    // A width of nothing stands for all values. What is shown first stands first.
    let everything = (Word::FullRange.into(), 0.0, 0.0);
    let is_stored = !all.is_empty();
    if !is_stored {
        all.push(everything.clone());
    }
    if object.text((0x0008, 0x0060)).as_deref() == Some("CT") {
        all.extend(OF_CT.iter().map(|(name, center, width)| (Cell::text(name), *center, *width)));
    }
    if is_stored {
        all.push(everything);
    }
    all
}

/// Draws a frame, from 0.
pub(super) fn draw(
    object: &Object<'_>,
    syntax: &str,
    index: usize,
    choice: WindowChoice,
) -> Result<Samples, NotShown> {
    let frame = frame(object, syntax, index)?;
    let photometric = object.text(PHOTOMETRIC).unwrap_or_default();
    let (width, height) = (frame.width, frame.height);
    let (is_color, bytes) = match (frame.channels, photometric.as_str()) {
        (3, "YBR_FULL" | "YBR_FULL_422") if !frame.is_rgb => {
            (true, colors_of_video(&eight(&frame)))
        }
        (3, _) => (true, eight(&frame)),
        (1, "PALETTE COLOR") => (true, palette(object, &frame)?),
        (1, _) => (false, grey(object, &frame, index, choice, photometric == "MONOCHROME1")),
        _ => return Err(NotShown::Damaged),
    };
    Ok(Samples { width, height, is_color, bytes })
}

/// Values as shades, through rescaling and a window.
fn grey(
    object: &Object<'_>,
    frame: &Frame,
    index: usize,
    choice: WindowChoice,
    is_inverted: bool,
) -> Vec<u8> {
    const RESCALE: Tag = (0x0028, 0x9145);
    let one = |tag: Tag| decimals(object, RESCALE, tag, index).first().copied();
    let slope = one(SLOPE).filter(|slope| *slope != 0.0).unwrap_or(1.0);
    let intercept = one(INTERCEPT).unwrap_or(0.0);
    let rescaled = |value: &i32| f64::from(*value) * slope + intercept;
    let chosen = match choice {
        WindowChoice::AsStored => stored_windows(object, index).first().copied(),
        WindowChoice::Listed(number) => {
            windows(object).get(number).map(|one| (one.1, one.2)).filter(|one| one.1 >= 1.0)
        }
    };
    let (center, width) = chosen.unwrap_or_else(|| {
        let values = || frame.values.iter().map(rescaled);
        let least = values().fold(f64::INFINITY, f64::min);
        let most = values().fold(f64::NEG_INFINITY, f64::max);
        ((least + most + 1.0) / 2.0, most - least + 1.0)
    });
    let shade = |value: &i32| {
        let place = (rescaled(value) - (center - 0.5)) / (width - 1.0).max(1e-9) + 0.5;
        // Out of range, the cast stops at 0 and 255.
        let shade = (place * 255.0).round() as u8;
        if is_inverted { 255 - shade } else { shade }
    };
    frame.values.iter().map(shade).collect()
}

/// Colours as they are stored, in eight bits.
fn eight(frame: &Frame) -> Vec<u8> {
    let shift = frame.bits.saturating_sub(8);
    frame.values.iter().map(|value| (*value >> shift).clamp(0, 255) as u8).collect()
}

/// YCbCr as red, green and blue (PS3.3 §C.7.6.3.1.2).
fn colors_of_video(samples: &[u8]) -> Vec<u8> {
    let pixels = samples.chunks_exact(3).flat_map(|pixel| {
        let [luma, blue, red] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let (blue, red) = (blue - 128.0, red - 128.0);
        [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue]
            .map(|one| one as u8)
    });
    pixels.collect()
}

/// Numbers of colours, through the palette of the object.
fn palette(object: &Object<'_>, frame: &Frame) -> Result<Vec<u8>, NotShown> {
    let table = |number: u16| {
        let descriptor = object.shorts((0x0028, 0x1100 + number));
        let first = descriptor.get(1).copied().map_or(0, i32::from);
        let data: Vec<u8> = match descriptor.get(2) {
            Some(8) => object.bytes((0x0028, 0x1200 + number)).unwrap_or_default().to_vec(),
            _ => object
                .shorts((0x0028, 0x1200 + number))
                .into_iter()
                .map(|one| (one >> 8) as u8)
                .collect(),
        };
        if data.is_empty() { Err(NotShown::Damaged) } else { Ok((first, data)) }
    };
    let tables = [table(1)?, table(2)?, table(3)?];
    let colors = frame.values.iter().flat_map(|value| {
        tables.each_ref().map(|(first, data)| {
            let place = (value - first).clamp(0, data.len() as i32 - 1);
            data[place as usize]
        })
    });
    Ok(colors.collect())
}
