//! JPEG lossless, which many scanners use: process 14, Huffman codes, predictors 1 to 7.
//!
//! Source: ITU-T T.81 annexes C, F.2.2 and H. Reads one scan; restart intervals are followed.

use crate::request::NotShown;

/// A Huffman table: for each length of a code, the first code, and where its values begin.
#[derive(Clone, Default)]
struct Table {
    counts: [u16; 17],
    values: Vec<u8>,
}

struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    /// The next bit; after the end of the data, none.
    fn bit(&mut self) -> Option<u32> {
        if self.count == 0 {
            let byte = *self.bytes.get(self.at)?;
            if byte == 0xff {
                match self.bytes.get(self.at + 1) {
                    Some(0) => self.at += 1,
                    // A marker ends the data.
                    _ => return None,
                }
            }
            self.at += 1;
            (self.held, self.count) = (u32::from(byte), 8);
        }
        self.count -= 1;
        Some(self.held >> self.count & 1)
    }

    fn code(&mut self, table: &Table) -> Option<u8> {
        let (mut code, mut first, mut index) = (0_i32, 0_i32, 0_i32);
        for count in &table.counts[1..] {
            code |= self.bit()? as i32;
            let count = i32::from(*count);
            if code - count < first {
                return table.values.get(usize::try_from(index + (code - first)).ok()?).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }

    fn difference(&mut self, table: &Table) -> Option<i32> {
        let length = u32::from(self.code(table)?);
        if length == 0 {
            return Some(0);
        }
        if length >= 16 {
            return Some(32768);
        }
        let mut value = 0_i32;
        for _ in 0..length {
            value = value << 1 | self.bit()? as i32;
        }
        Some(if value < 1 << (length - 1) { value - (1 << length) + 1 } else { value })
    }

    /// Goes on after a restart marker.
    fn restart(&mut self) {
        self.count = 0;
        while let Some(two) = self.bytes.get(self.at..self.at + 2) {
            self.at += 1;
            if two[0] == 0xff && (0xd0..=0xd7).contains(&two[1]) {
                self.at += 1;
                return;
            }
        }
    }
}

#[derive(Default)]
struct Header {
    precision: u32,
    size: (u32, u32),
    channels: usize,
    tables: [Table; 4],
    of_channel: Vec<usize>,
    predictor: u8,
    shift: u32,
    restart: usize,
}

/// The values of a picture of this size, channel beside channel.
pub(super) fn decode(
    bytes: &[u8],
    size: (u32, u32),
    channels: usize,
) -> Result<Vec<i32>, NotShown> {
    let (header, scan) = headers(bytes).ok_or(NotShown::Damaged)?;
    let fits =
        header.size == size && header.channels == channels && header.of_channel.len() == channels;
    if !fits || !(2..=16).contains(&header.precision) || header.shift >= header.precision {
        return Err(NotShown::Damaged);
    }
    values(&header, scan).ok_or(NotShown::Damaged)
}

fn headers(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let mut header = Header::default();
    let mut at = 2;
    loop {
        let marker = *bytes.get(at..)?.first_chunk::<2>()?;
        if marker[0] != 0xff {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(*bytes.get(at + 2..)?.first_chunk()?));
        let segment = bytes.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        match marker[1] {
            0xc3 => {
                header.precision = u32::from(*segment.first()?);
                let two = |from: usize| {
                    segment
                        .get(from..)
                        .and_then(|rest| rest.first_chunk())
                        .map(|two| u16::from_be_bytes(*two))
                };
                header.size = (u32::from(two(3)?), u32::from(two(1)?));
                header.channels = usize::from(*segment.get(5)?);
            }
            // Other ways of JPEG are not lossless.
            0xc0..=0xc2 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return None,
            0xc4 => tables(&mut header, segment)?,
            0xdd => header.restart = usize::from(u16::from_be_bytes(*segment.first_chunk()?)),
            0xda => {
                let count = usize::from(*segment.first()?);
                let selectors = segment.get(1..1 + 2 * count)?.chunks_exact(2);
                header.of_channel = selectors.map(|two| usize::from(two[1] >> 4 & 3)).collect();
                header.predictor = *segment.get(1 + 2 * count)?;
                header.shift = u32::from(*segment.get(3 + 2 * count)? & 15);
                return Some((header, bytes.get(at..)?));
            }
            _ => {}
        }
    }
}

fn tables(header: &mut Header, mut segment: &[u8]) -> Option<()> {
    while let Some((place, rest)) = segment.split_first() {
        let lengths = rest.first_chunk::<16>()?;
        let total: usize = lengths.iter().map(|one| usize::from(*one)).sum();
        let mut table = Table { values: rest.get(16..16 + total)?.to_vec(), ..Table::default() };
        for (length, count) in lengths.iter().enumerate() {
            table.counts[length + 1] = u16::from(*count);
        }
        header.tables[usize::from(place & 3)] = table;
        segment = &rest[16 + total..];
    }
    Some(())
}

fn values(header: &Header, scan: &[u8]) -> Option<Vec<i32>> {
    let (width, height) = (header.size.0 as usize, header.size.1 as usize);
    let channels = header.channels;
    let row = width * channels;
    let mask = (1_i64 << header.precision) - 1;
    let default = 1_i32 << (header.precision - header.shift - 1);
    let mut out = vec![0_i32; row * height];
    let mut bits = Bits { bytes: scan, at: 0, held: 0, count: 0 };
    let (mut since, mut first_row) = (0, 0);
    for y in 0..height {
        for x in 0..width {
            if header.restart > 0 && since == header.restart {
                bits.restart();
                (since, first_row) = (0, y);
            }
            let is_first = since == 0;
            since += 1;
            for channel in 0..channels {
                let at = y * row + x * channels + channel;
                let left = || out[at - channels];
                let above = || out[at - row];
                let predicted = if is_first {
                    default
                } else if y == first_row {
                    left()
                } else if x == 0 {
                    above()
                } else {
                    let (a, b, c) = (left(), above(), out[at - row - channels]);
                    match header.predictor {
                        1 => a,
                        2 => b,
                        3 => c,
                        4 => a + b - c,
                        5 => a + (b - c) / 2,
                        6 => b + (a - c) / 2,
                        7 => (a + b) / 2,
                        _ => return None,
                    }
                };
                // What is cut off stays black.
                let Some(difference) = bits.difference(&header.tables[header.of_channel[channel]])
                else {
                    return (y > height / 8).then_some(shifted(out, header.shift));
                };
                out[at] = ((i64::from(predicted) + i64::from(difference)) & mask) as i32;
            }
        }
    }
    Some(shifted(out, header.shift))
}

fn shifted(values: Vec<i32>, shift: u32) -> Vec<i32> {
    if shift == 0 { values } else { values.into_iter().map(|value| value << shift).collect() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A lossless JPEG of these values with one table, in which each length of a difference has a code of eight bits.
    pub(crate) fn encoded(values: &[u16], width: u16, height: u16, predictor: u8) -> Vec<u8> {
        let mut file = vec![0xff, 0xd8, 0xff, 0xc3, 0, 11, 16];
        file.extend(
            height.to_be_bytes().into_iter().chain(width.to_be_bytes()).chain([1, 1, 0x11, 0]),
        );
        file.extend([
            0xff,
            0xc4,
            0,
            2 + 17 + 17,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            17,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
        ]);
        file.extend(0..=16);
        file.extend([0xff, 0xda, 0, 8, 1, 1, 0, predictor, 0, 0]);
        let (mut bits, width) = (Vec::new(), usize::from(width));
        for (at, value) in values.iter().enumerate() {
            let (x, y) = (at % width, at / width);
            let of = |place: usize| i32::from(values[place]);
            let predicted = match (x, y) {
                (0, 0) => 1 << 15,
                (_, 0) => of(at - 1),
                (0, _) => of(at - width),
                _ => {
                    let (a, b, c) = (of(at - 1), of(at - width), of(at - width - 1));
                    [0, a, b, c, a + b - c, a + (b - c) / 2, b + (a - c) / 2, (a + b) / 2]
                        [usize::from(predictor)]
                }
            };
            let difference = i32::from((*value as i32 - predicted) as i16);
            let length = 32 - difference.unsigned_abs().leading_zeros();
            bits.extend((0..8).rev().map(|bit| length >> bit & 1));
            let coded = if difference < 0 { difference + (1 << length) - 1 } else { difference };
            if length < 16 {
                bits.extend((0..length).rev().map(|bit| (coded >> bit & 1) as u32));
            }
        }
        bits.resize(bits.len().next_multiple_of(8), 1);
        for byte in
            bits.chunks(8).map(|eight| eight.iter().fold(0_u8, |byte, bit| byte << 1 | *bit as u8))
        {
            file.push(byte);
            if byte == 0xff {
                file.push(0);
            }
        }
        file.extend([0xff, 0xd9]);
        file
    }

    #[test]
    fn every_predictor_gives_the_values_back() {
        let values: Vec<u16> = (0..64_u32).map(|at| (at * at * 977 % 65536) as u16).collect();
        for predictor in 1..=7 {
            let file = encoded(&values, 8, 8, predictor);
            let found = decode(&file, (8, 8), 1).unwrap();
            assert!(
                found.iter().zip(&values).all(|(a, b)| *a == i32::from(*b)),
                "{predictor}: {found:?}"
            );
        }
    }

    #[test]
    fn broken_files_end() {
        let file = encoded(&[7; 64], 8, 8, 1);
        for end in 0..file.len() {
            let _ = decode(&file[..end], (8, 8), 1);
        }
        assert!(decode(&file, (8, 9), 1).is_err() && decode(&file, (8, 8), 3).is_err());
    }
}
