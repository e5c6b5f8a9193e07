//! Objects made here, byte by byte, and what is shown of them.

use super::*;
use crate::picture::Samples;

/// An element with an explicit kind.
fn element(tag: Tag, kind: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(b' ');
    }
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend(kind);
    match kind {
        b"OB" | b"OW" | b"SQ" | b"UT" | b"UN" => {
            bytes.extend([0, 0]);
            bytes.extend((value.len() as u32).to_le_bytes());
        }
        _ => bytes.extend((value.len() as u16).to_le_bytes()),
    }
    bytes.extend(value);
    bytes
}

fn short(tag: Tag, value: u16) -> Vec<u8> {
    element(tag, b"US", &value.to_le_bytes())
}

fn item(elements: &[Vec<u8>]) -> Vec<u8> {
    let inner = elements.concat();
    [&[0xfe, 0xff, 0, 0xe0][..], &(inner.len() as u32).to_le_bytes(), &inner].concat()
}

/// A file: preamble, transfer syntax, elements.
pub(crate) fn file(syntax: &str, elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element((2, 0x10), b"UI", syntax.as_bytes()));
    bytes.extend(elements.concat());
    bytes
}

const PLAIN: &str = "1.2.840.10008.1.2.1";

fn head_elements() -> Vec<Vec<u8>> {
    vec![
        element(STUDY_DATE, b"DA", b"20260504"),
        element(STUDY_TIME, b"TM", b"113000"),
        element(MODALITY, b"CS", b"CT"),
        element(STUDY_DESCRIPTION, b"LO", b"Head"),
        element(PATIENT, b"PN", b"Muster^Ana^^Dr"),
        element(BORN, b"DA", b"19500503"),
        element((0x0020, 0x000d), b"UI", b"1.2.3"),
        element((0x0020, 0x0013), b"IS", b"7"),
    ]
}

fn pixel_elements(width: u16, height: u16, bits: u16, pixels: &[u8]) -> Vec<Vec<u8>> {
    vec![
        short((0x0028, 0x0002), 1),
        element((0x0028, 0x0004), b"CS", b"MONOCHROME2"),
        short((0x0028, 0x0010), height),
        short((0x0028, 0x0011), width),
        short((0x0028, 0x0100), bits),
        short((0x0028, 0x0101), bits),
        short((0x0028, 0x0103), 1),
        element((0x0028, 0x1050), b"DS", b"40"),
        element((0x0028, 0x1051), b"DS", b"400"),
        element((0x0028, 0x1052), b"DS", b"-1000"),
        element((0x0028, 0x1053), b"DS", b"1"),
        element(PIXELS, b"OW", pixels),
    ]
}

/// A scan of four pixels: -1000, 40, 240 and 1000 Hounsfield units.
pub(crate) fn scan() -> Vec<u8> {
    let pixels: Vec<u8> =
        [0_i16, 1040, 1240, 2000].into_iter().flat_map(i16::to_le_bytes).collect();
    file(PLAIN, &[head_elements(), pixel_elements(2, 2, 16, &pixels)].concat())
}

fn drawn(bytes: &[u8], window: WindowChoice) -> Result<Samples, NotShown> {
    let content = Content::of(bytes)?;
    pixels::draw(&content.object(), &content.syntax, 0, window)
}

#[test]
fn a_scan_is_drawn_through_the_window_that_is_chosen() {
    let file = scan();
    let made = document(&file).unwrap();
    assert_eq!(made.title.as_deref(), Some("CT: Head"));
    assert_eq!(made.patient.as_deref(), Some("Dr Ana Muster"));
    assert_eq!(made.date.as_deref(), Some("2026-05-04T11:30"));
    let paged = made.paged.unwrap();
    assert_eq!((paged.count, paged.windows.len()), (1, 6));
    let stored = drawn(&file, WindowChoice::AsStored).unwrap();
    assert_eq!(stored.bytes, [0, 128, 255, 255]);
    let all = drawn(&file, WindowChoice::Listed(5)).unwrap();
    assert_eq!((all.bytes[0], all.bytes[3]), (0, 255));
    assert!(all.bytes[1] < all.bytes[2]);
    assert!(picture(&file, 2, WindowChoice::AsStored).is_err());
    let shown = picture(&file, 1, WindowChoice::AsStored).unwrap();
    assert_eq!((shown.width, shown.height), (2, 2));
    let own = study_file(&file).unwrap();
    assert_eq!((own.study.as_str(), own.place.as_str()), ("1.2.3", "00000-00007"));
    // What import has of a long file: its beginning.
    assert_eq!(study_file(&file[..file.len() - 8]).unwrap(), own);
}

/// A picture of these values, whose scanner stored a window around `center`; without one where that is empty.
fn scan_of(values: &[i16], center: &[u8], more: &[Vec<u8>]) -> Vec<u8> {
    let pixels: Vec<u8> = values.iter().copied().flat_map(i16::to_le_bytes).collect();
    let mut elements = pixel_elements(values.len() as u16, 1, 16, &pixels);
    match center {
        [] => drop(elements.drain(7..9)),
        _ => elements[7] = element((0x0028, 0x1050), b"DS", center),
    }
    file(PLAIN, &[head_elements(), elements, more.to_vec()].concat())
}

#[test]
fn a_window_beside_all_values_gives_no_blank_picture() {
    let values = [1000, 1040, 1080, 1120];
    let blank = drawn(&scan_of(&values, b"9000", &[]), WindowChoice::AsStored).unwrap();
    assert_eq!((blank.bytes[0], blank.bytes[3]), (0, 255), "{:?}", blank.bytes);
    // What is chosen otherwise is drawn as it is chosen.
    let lung = drawn(&scan_of(&values, b"9000", &[]), WindowChoice::Listed(2)).unwrap();
    assert!(lung.bytes.iter().all(|shade| *shade > 200), "{:?}", lung.bytes);
}

#[test]
fn without_a_window_neither_filling_nor_metal_makes_the_rest_one_shade() {
    let mut values: Vec<i16> = (0..400).map(|at| 1000 + at % 100).collect();
    values[0] = i16::MAX;
    values[399] = -2000;
    let padding = [element((0x0028, 0x0120), b"SS", &(-2000_i16).to_le_bytes())];
    let file = scan_of(&values, b"", &padding);
    let made = document(&file).unwrap().paged.unwrap();
    assert_eq!(made.windows[0].0, Cell::Word(Word::Automatic));
    let shades = drawn(&file, WindowChoice::AsStored).unwrap().bytes;
    assert!(shades[1] < 20 && shades[98] > 235, "{} {}", shades[1], shades[98]);
    let all = drawn(&file, WindowChoice::Listed(made.windows.len() - 1)).unwrap().bytes;
    assert_eq!((all[0], all[399]), (255, 0), "all values are all of them");
}

use study::study_file;

fn encapsulated(syntax: &str, bits: u16, fragment: &[u8]) -> Vec<u8> {
    let mut elements = [head_elements(), pixel_elements(2, 2, bits, &[])].concat();
    elements.pop();
    let mut pixels = [PIXELS.0.to_le_bytes(), PIXELS.1.to_le_bytes()].concat();
    pixels.extend(b"OB\0\0\xff\xff\xff\xff");
    for piece in [&[][..], fragment] {
        pixels.extend([0xfe, 0xff, 0, 0xe0]);
        pixels.extend((piece.len() as u32).to_le_bytes());
        pixels.extend(piece);
    }
    pixels.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    elements.push(pixels);
    file(syntax, &elements)
}

#[test]
fn compressed_scans_give_the_same_picture() {
    let expected = drawn(&scan(), WindowChoice::AsStored).unwrap();
    // Run length: high bytes 0 4 4 7, low bytes 0 16 216 208, each as a literal run.
    let mut packed = vec![2, 0, 0, 0, 64, 0, 0, 0, 70, 0, 0, 0];
    packed.resize(64, 0);
    packed.extend([3, 0, 4, 4, 7, 128, 3, 0, 16, 216, 208, 128]);
    let run_length = encapsulated("1.2.840.10008.1.2.5", 16, &packed);
    assert_eq!(drawn(&run_length, WindowChoice::AsStored).unwrap(), expected);
    let jpeg = lossless::tests::encoded(&[0, 1040, 1240, 2000], 2, 2, 1);
    let lossless = encapsulated("1.2.840.10008.1.2.4.70", 16, &jpeg);
    assert_eq!(drawn(&lossless, WindowChoice::AsStored).unwrap(), expected);
    let unknown = encapsulated("1.2.840.10008.1.2.4.80", 16, &jpeg);
    assert!(matches!(drawn(&unknown, WindowChoice::AsStored), Err(NotShown::Compression)));
}

#[test]
fn implicit_and_bare_objects_are_read() {
    let mut bare = Vec::new();
    for (tag, value) in [(MODALITY, &b"MR"[..]), (PATIENT, b"Muster^Ana ")] {
        bare.extend([tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat());
        bare.extend((value.len() as u32).to_le_bytes());
        bare.extend(value);
    }
    assert_eq!(
        Kind::of(&bare, "IMG001"),
        Kind::Other,
        "its first element is none that files begin with"
    );
    assert_eq!(head_of(&bare).unwrap().about.name.as_deref(), Some("Ana Muster"));
    let mut explicit = element((0x0008, 0x0008), b"CS", b"ORIGINAL");
    explicit.extend(element(PATIENT, b"PN", b"Muster^Ana"));
    assert_eq!(Kind::of(&explicit, "IMG001"), Kind::Dicom);
    assert_eq!(head_of(&explicit).unwrap().about.name.as_deref(), Some("Ana Muster"));
}

#[test]
fn an_ecg_has_a_curve_for_each_lead() {
    let channel = |name: &str| {
        let source = item(&[element((0x0008, 0x0104), b"LO", name.as_bytes())]);
        item(&[element((0x003a, 0x0208), b"SQ", &source), element((0x003a, 0x0210), b"DS", b"2.5")])
    };
    let samples: Vec<u8> =
        [0_i16, 10, 4, 20, 8, 30].into_iter().flat_map(i16::to_le_bytes).collect();
    let group = item(&[
        short((0x003a, 0x0005), 2),
        element((0x003a, 0x001a), b"DS", b"500"),
        element((0x003a, 0x0200), b"SQ", &[channel("Lead I"), channel("Lead II")].concat()),
        element((0x5400, 0x1004), b"US", &16_u16.to_le_bytes()),
        element((0x5400, 0x1010), b"OW", &samples),
    ]);
    let file =
        file(PLAIN, &[head_elements(), vec![element((0x5400, 0x0100), b"SQ", &group)]].concat());
    let made = document(&file).unwrap();
    let Some(Block::Waveform(waveform)) = made.blocks.get(1) else { panic!("{made:?}") };
    assert_eq!(waveform.seconds, 3.0 / 500.0);
    let [one, two] = waveform.traces.as_slice() else { panic!() };
    assert_eq!((one.name.as_str(), one.least, one.most), ("Lead I", 0.0, 20.0));
    assert_eq!((two.name.as_str(), two.least, two.most), ("Lead II", 25.0, 75.0));
}

#[test]
fn lengths_and_nesting_that_lie_end_in_a_sentence() {
    let mut deep = Vec::new();
    for _ in 0..100_000 {
        deep.extend(b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    let _ = document(&file(PLAIN, &[head_elements(), vec![deep]].concat())).unwrap();
    let huge = pixel_elements(u16::MAX, u16::MAX, 16, &[0; 8]);
    let huge = file(PLAIN, &[head_elements(), huge].concat());
    assert!(matches!(picture(&huge, 1, WindowChoice::AsStored), Err(NotShown::TooMuch)));
    let short = file(PLAIN, &[head_elements(), pixel_elements(200, 200, 16, &[0; 8])].concat());
    assert!(matches!(picture(&short, 1, WindowChoice::AsStored), Err(NotShown::Damaged)));
    let file = scan();
    for end in 0..file.len() {
        let _ = document(&file[..end]);
        let _ = picture(&file[..end], 1, WindowChoice::AsStored);
    }
}
