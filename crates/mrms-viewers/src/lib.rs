//! Reads documents of health care and says what they say: what a document is, and what can be shown of it.
//!
//! Bytes in, values out. The bytes are somebody else's and may be made to do harm, so everything has a bound, in
//! [`bounds`]: length, depth, rows, pixels. What is too much or not understood is a [`NotShown`], never a panic that is
//! meant. No markup leaves this crate: narratives become [`Block`]s, and pictures are drawn anew as PNG.
//!
//! Knows no file, network, clock or home, and no language: sentences of its own are [`Word`]s. A decoder can still loop or
//! take too much memory, so callers let [`answer`] run in a process of its own, with limits.
//!
//! Sources: HL7 FHIR R4, International Patient Summary, HL7 CDA R2 narrative block, HL7 v2.x chapter 2, DICOM PS3.3, PS3.5
//! and PS3.10, SMART Health Cards, PKZIP APPNOTE.

mod answer;
mod apple;
mod archive;
pub mod bounds;
mod captions;
mod card;
mod cda;
mod coded;
mod codes;
mod describe;
mod description;
mod dicom;
mod document;
mod facts;
mod fhir;
mod figures;
mod hl7;
mod json;
mod kind;
mod measured;
mod measurements;
mod narrative;
mod pdf;
mod picture;
mod plain;
mod request;
mod subject;
mod tabular;
mod text;
mod waveform;
mod xml;

pub use answer::answer;
pub use captions::Word;
pub use card::{card_payloads, card_tokens};
pub use coded::Coded;
pub use codes::LOINC;
pub use describe::{Head, describe};
pub use description::Description;
pub use dicom::study::{StudyFile, study_file};
pub use document::{
    Block, Cell, Document, Paged, Point, Series, Table, Trace, Waveform, time_of_day,
};
pub use facts::{facts, results_of_fhir};
pub use fhir::{Attached, AttachedFiles, attached_files};
pub use figures::{Figures, four_digits, is_plain};
pub use kind::{CDA_MEDIA_TYPE, Kind, STUDY_MEDIA_TYPE};
pub use measured::{Facts, Measured, Measurement, same_unit};
pub use picture::Picture;
pub use plain::plain_text;
pub use request::{Answer, NotShown, Request, Want, WindowChoice};
pub use subject::Subject;
pub use xml::{XmlPiece, xml_pieces};
