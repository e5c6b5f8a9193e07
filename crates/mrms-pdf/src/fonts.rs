//! The two fonts: how wide their letters are, and the parts of them that a file needs.

use std::collections::BTreeMap;

use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use crate::PdfError;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    /// Both, in the order of [`Fonts`].
    pub(crate) const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    /// The font's name within the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Regular => "DejaVuSans",
            Self::Bold => "DejaVuSans-Bold",
        }
    }
}

/// Both fonts.
pub(crate) struct Fonts {
    regular: Font,
    bold: Font,
}

impl Fonts {
    pub(crate) fn load() -> Result<Self, PdfError> {
        Ok(Self {
            regular: Font::of(dejavu::sans::regular())?,
            bold: Font::of(dejavu::sans::bold())?,
        })
    }

    pub(crate) const fn get(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    pub(crate) const fn get_mut(&mut self, weight: Weight) -> &mut Font {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }
}

/// One font, and what was used of it.
pub(crate) struct Font {
    bytes: &'static [u8],
    face: Face<'static>,
    used: GlyphRemapper,
    /// What the glyphs of the subset stand for.
    characters: BTreeMap<u16, char>,
}

impl Font {
    fn of(bytes: &'static [u8]) -> Result<Self, PdfError> {
        let face =
            Face::parse(bytes, 0).map_err(|error| PdfError::Font { reason: error.to_string() })?;
        Ok(Self { bytes, face, used: GlyphRemapper::new(), characters: BTreeMap::new() })
    }

    fn glyph(&self, character: char) -> GlyphId {
        self.face.glyph_index(character).unwrap_or(GlyphId(0))
    }

    /// How wide a text is at this size.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        let units = |character| {
            f32::from(self.face.glyph_hor_advance(self.glyph(character)).unwrap_or_default())
        };
        text.chars().map(units).sum::<f32>() * size / f32::from(self.face.units_per_em())
    }

    /// The text as the file has it: two bytes for each glyph of the subset.
    pub(crate) fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for character in text.chars() {
            let glyph = self.used.remap(self.glyph(character).0);
            if glyph != 0 {
                self.characters.insert(glyph, character);
            }
            bytes.extend(glyph.to_be_bytes());
        }
        bytes
    }

    /// The font with the glyphs that were used, and nothing else.
    pub(crate) fn subset(&self) -> Result<Vec<u8>, PdfError> {
        subsetter::subset(self.bytes, 0, &self.used)
            .map_err(|error| PdfError::Font { reason: error.to_string() })
    }

    /// Widths of the used glyphs, in order, in thousandths of the size.
    pub(crate) fn widths(&self) -> Vec<f32> {
        let width =
            |glyph| f32::from(self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or_default());
        self.used.remapped_gids().map(|glyph| self.thousandths(width(glyph))).collect()
    }

    /// The characters of the used glyphs.
    pub(crate) fn characters(&self) -> impl Iterator<Item = (u16, char)> + '_ {
        self.characters.iter().map(|(glyph, character)| (*glyph, *character))
    }

    pub(crate) fn measures(&self) -> Measures {
        let (face, at) = (&self.face, |units: i16| self.thousandths(f32::from(units)));
        let bounds = face.global_bounding_box();
        Measures {
            bounds: [at(bounds.x_min), at(bounds.y_min), at(bounds.x_max), at(bounds.y_max)],
            ascent: at(face.ascender()),
            descent: at(face.descender()),
            cap_height: at(face.capital_height().unwrap_or_else(|| face.ascender())),
        }
    }

    fn thousandths(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em())
    }
}

/// What a file says of a font, in thousandths of the size.
pub(crate) struct Measures {
    pub(crate) bounds: [f32; 4],
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
    pub(crate) cap_height: f32,
}
