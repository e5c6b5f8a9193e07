//! A picture of a scan as shades of grey or colours: rescaling, windows, palettes.
//!
//! Source: DICOM PS3.3 §C.7.6.3 (pixels), §C.11.1 (rescale), §C.11.2.1.2 (window).

use super::frames::{Frame, frame};
use super::read::{Object, Tag};
use crate::captions::Word;
use crate::document::Cell;
use crate::picture::Samples;
use crate::request::{NotShown, WindowChoice};

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

/// How the values of a picture become shades.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Window {
    /// The one with this number that the scanner stored for a frame.
    Stored(usize),
    /// By a centre and a width.
    Of(f64, f64),
    /// By the values that the picture has, without a few that are far from all others.
    Automatic,
    /// From the least value to the largest.
    All,
}

/// The windows that can be chosen, with their names: those that the scanner stored, or else one by what is in the picture; the
/// usual ones of its kind; and all values. What is shown first stands first.
fn choices(object: &Object<'_>, index: usize) -> Vec<(Cell, Window)> {
    if object.short((0x0028, 0x0002)).unwrap_or(1) > 1 {
        return Vec::new();
    }
    let explained = object.text(EXPLANATION).unwrap_or_default();
    let mut names = explained.split('\\');
    let stored = (0..stored_windows(object, index).len()).map(|number| {
        let name = names.next().filter(|name| !name.is_empty());
        (name.map_or(Cell::Word(Word::AsStored), Cell::text), Window::Stored(number))
    });
    let mut all: Vec<_> = stored.collect();
    if all.is_empty() {
        all.push((Word::Automatic.into(), Window::Automatic));
    }
    if object.text((0x0008, 0x0060)).as_deref() == Some("CT") {
        let usual = OF_CT.iter();
        all.extend(
            usual.map(|(name, center, width)| (Cell::text(name), Window::Of(*center, *width))),
        );
    }
    all.push((Word::FullRange.into(), Window::All));
    all
}

/// The same for a face. A width of nothing stands for what depends on the picture.
pub(super) fn windows(object: &Object<'_>) -> Vec<(Cell, f64, f64)> {
    let stored = stored_windows(object, 0);
    let ends = |window| match window {
        Window::Stored(number) => stored.get(number).copied().unwrap_or_default(),
        Window::Of(center, width) => (center, width),
        Window::Automatic | Window::All => (0.0, 0.0),
    };
    let choices = choices(object, 0).into_iter().map(|(name, window)| (name, ends(window)));
    choices.map(|(name, (center, width))| (name, center, width)).collect()
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
    let values: Vec<f64> =
        frame.values.iter().map(|value| f64::from(*value) * slope + intercept).collect();
    let number = match choice {
        WindowChoice::AsStored => 0,
        WindowChoice::Listed(number) => number,
    };
    // Each frame may have windows of its own under the same names.
    let window = choices(object, index).get(number).map_or(Window::Automatic, |one| one.1);
    let by = |(center, width): (f64, f64)| -> Vec<u8> {
        let shade = |value: &f64| {
            let place = (value - (center - 0.5)) / (width - 1.0).max(1e-9) + 0.5;
            // Out of range, the cast stops at 0 and 255.
            let shade = (place * 255.0).round() as u8;
            if is_inverted { 255 - shade } else { shade }
        };
        values.iter().map(shade).collect()
    };
    let automatic = || by(ends(object, frame, &values));
    match window {
        Window::Automatic => automatic(),
        Window::All => by(middle(&values)),
        Window::Of(center, width) => by((center, width)),
        Window::Stored(number) => {
            let stored = stored_windows(object, index).get(number).copied();
            let Some(shades) = stored.map(by) else { return automatic() };
            // A window beside all values of the picture: an empty square would look like a finding.
            let is_blank = shades.iter().all(|shade| Some(shade) == shades.first());
            if is_blank { automatic() } else { shades }
        }
    }
}

/// The window from the least of these values to the largest.
fn middle(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ((least + most + 1.0) / 2.0, most - least + 1.0)
}

/// The window that suits what is in a picture: without the value that fills what was not scanned, and without the hundredth
/// part of the values that is darkest and the one that is brightest, such as metal.
fn ends(object: &Object<'_>, frame: &Frame, values: &[f64]) -> (f64, f64) {
    const PADDING: Tag = (0x0028, 0x0120);
    let sign = 32 - frame.bits.clamp(1, 32);
    let padding = object.short(PADDING).map(i32::from);
    let is_padding = |value: i32| {
        padding.is_some_and(|padding| padding == value || (padding << sign) >> sign == value)
    };
    let scanned = frame.values.iter().zip(values).filter(|(raw, _)| !is_padding(**raw));
    let mut scanned: Vec<f64> = scanned.map(|(_, value)| *value).collect();
    scanned.sort_by(f64::total_cmp);
    let outer = scanned.len() / 100;
    let inner = &scanned[outer..scanned.len() - outer];
    match (inner.first(), inner.last()) {
        (Some(least), Some(most)) if most > least => middle(&[*least, *most]),
        _ => middle(values),
    }
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
