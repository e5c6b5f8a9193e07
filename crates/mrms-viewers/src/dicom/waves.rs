//! Waveforms: ECGs and other curves (PS3.3 §C.10.9).

use super::read::{Object, Tag};
use crate::bounds;
use crate::captions::Word;
use crate::document::{Block, Cell, Writer};
use crate::waveform;

const WAVEFORMS: Tag = (0x5400, 0x0100);
const CHANNEL_COUNT: Tag = (0x003a, 0x0005);
const FREQUENCY: Tag = (0x003a, 0x001a);
const CHANNELS: Tag = (0x003a, 0x0200);
const CHANNEL_LABEL: Tag = (0x003a, 0x0203);
const CHANNEL_SOURCE: Tag = (0x003a, 0x0208);
const SENSITIVITY: Tag = (0x003a, 0x0210);
const SENSITIVITY_UNITS: Tag = (0x003a, 0x0211);
const CORRECTION: Tag = (0x003a, 0x0212);
const BASELINE: Tag = (0x003a, 0x0213);
const GROUP_LABEL: Tag = (0x003a, 0x0020);
const BITS: Tag = (0x5400, 0x1004);
const INTERPRETATION: Tag = (0x5400, 0x1006);
const DATA: Tag = (0x5400, 0x1010);
/// Groups of curves of one object.
const MOST_GROUPS: usize = 16;

pub(super) fn write(object: &Object<'_>, writer: &mut Writer) {
    for (number, group) in object.items(WAVEFORMS).iter().take(MOST_GROUPS).enumerate() {
        let name = group.text(GROUP_LABEL);
        let name =
            name.map_or(Cell::Counted(Word::Curves, number as u64 + 1), |name| Cell::text(&name));
        if let Some(waveform) = waveform::of_traces(name, traces(group)) {
            if number == 0 {
                writer.heading(2, Word::Curves);
            }
            writer.push(Block::Waveform(waveform));
        }
    }
}

fn traces(group: &Object<'_>) -> Vec<waveform::Timed> {
    let count = usize::from(group.short(CHANNEL_COUNT).unwrap_or(0));
    let frequency = group.decimal(FREQUENCY).filter(|frequency| *frequency > 0.0);
    let data = group.bytes(DATA).unwrap_or_default();
    let size = if group.short(BITS) == Some(8) { 1 } else { 2 };
    let is_signed = !matches!(group.text(INTERPRETATION).as_deref(), Some("UB" | "US"));
    let (Some(frequency), 1..) = (frequency, count) else { return Vec::new() };
    let channels = group.items(CHANNELS);
    let read = |bytes: &[u8]| match (bytes, is_signed) {
        ([low, high], true) => f64::from(i16::from_le_bytes([*low, *high])),
        ([low, high], false) => f64::from(u16::from_le_bytes([*low, *high])),
        ([one], true) => f64::from(one.cast_signed()),
        ([one], false) => f64::from(*one),
        _ => f64::NAN,
    };
    let traces = (0..count.min(bounds::MOST_TRACES)).filter_map(|channel| {
        let about = channels.get(channel);
        let number = |tag: Tag| about.and_then(|about| about.decimal(tag));
        let scale = number(SENSITIVITY).unwrap_or(1.0) * number(CORRECTION).unwrap_or(1.0);
        let baseline = number(BASELINE).unwrap_or(0.0);
        let samples = data.chunks_exact(size * count);
        let samples: Vec<f64> =
            samples.map(|all| read(&all[channel * size..][..size]) * scale + baseline).collect();
        let source = about.and_then(|about| about.code(CHANNEL_SOURCE));
        let name = source.or_else(|| about?.text(CHANNEL_LABEL)).unwrap_or_default();
        let unit =
            about.and_then(|about| about.items(SENSITIVITY_UNITS).first()?.text((0x0008, 0x0100)));
        let seconds = samples.len() as f64 / frequency;
        waveform::trace(&name, &unit.unwrap_or_default(), &samples).map(|trace| (trace, seconds))
    });
    traces.collect()
}
