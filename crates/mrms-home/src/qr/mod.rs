//! Documents as QR codes: [`code`] draws one for a terminal or a file, [`picture`] finds one in a photograph or a
//! screenshot.
//!
//! Knows no kind of document: bytes come and go. A picture comes from somebody else, so that its size is
//! looked at before it is decoded.

pub mod code;
pub mod picture;
