//! Pages of a PDF, drawn as pictures, with the text on them for readers and search.
//!
//! Nothing of a PDF runs here: forms, scripts, links and attached files are not looked at. Source: ISO 32000.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::{Affine, BezPath, Point, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use hayro_cmap::BfString;

use crate::bounds;
use crate::document::{Document, Paged, Writer};
use crate::kind::Kind;
use crate::picture::{Picture, Samples};
use crate::request::NotShown;

/// How large a page is drawn: pixels along its longer side, about 150 for an inch of A4.
const LONGER_SIDE: f32 = 1750.0;
/// How much larger than its own size a page is drawn at most.
const MOST_SCALE: f32 = 4.0;

fn open(bytes: &[u8]) -> Result<Pdf, NotShown> {
    Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => NotShown::Locked,
        _ => NotShown::Damaged,
    })
}

/// How many pages there are.
pub(crate) fn outline(bytes: &[u8]) -> Result<Paged, NotShown> {
    let count = open(bytes)?.pages().len().min(bounds::MOST_PAGES);
    if count == 0 {
        return Err(NotShown::Damaged);
    }
    Ok(Paged { count, are_pages: true, windows: Vec::new() })
}

pub(crate) fn document(bytes: &[u8]) -> Result<Document, NotShown> {
    let pdf = open(bytes)?;
    let mut writer = Writer::new(Kind::Pdf);
    let metadata = pdf.metadata();
    let text = |bytes: &Option<Box<[u8]>>| {
        bytes.as_deref().map(|bytes| crate::text::decoded(bytes).into_owned()).unwrap_or_default()
    };
    writer.title(&text(&metadata.title));
    writer.author(&text(&metadata.author));
    writer.paged(outline(bytes)?);
    Ok(writer.done())
}

/// A page, from 1, and its text.
pub(crate) fn page(bytes: &[u8], number: usize) -> Result<Picture, NotShown> {
    let pdf = open(bytes)?;
    let page = number
        .checked_sub(1)
        .and_then(|index| pdf.pages().get(index))
        .ok_or(NotShown::NoSuchPage)?;
    let (width, height) = page.render_dimensions();
    let longer = width.max(height);
    if !(longer.is_finite() && width >= 1.0 && height >= 1.0) {
        return Err(NotShown::Damaged);
    }
    let scale = (LONGER_SIDE / longer).min(MOST_SCALE);
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let interpreter = InterpreterSettings::default();
    let cache = RenderCache::new();
    let drawn = hayro::render(page, &cache, &interpreter, &RenderSettings::default(), &settings);
    let (width, height) = (u32::from(drawn.width()), u32::from(drawn.height()));
    let rgba = drawn.data_as_u8_slice().chunks_exact(4);
    let bytes = rgba.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let samples = Samples { width, height, is_color: true, bytes };
    samples.to_picture(text_of(&pdf, page))
}

fn text_of<'p>(pdf: &'p Pdf, page: &'p Page<'p>) -> String {
    let cache = InterpreterCache::new();
    let area = Rect::new(0.0, 0.0, 1.0, 1.0);
    let mut context =
        Context::new(Affine::IDENTITY, area, &cache, pdf.xref(), InterpreterSettings::default());
    let mut taken = TextOfPage::default();
    interpret_page(page, &mut context, &mut taken);
    mrms_core::visible::lines(taken.text.trim()).into_owned()
}

/// Takes the letters of a page, in the order in which it draws them.
#[derive(Default)]
struct TextOfPage {
    text: String,
    last: Option<(Point, f64)>,
}

impl TextOfPage {
    /// A new line begins where the next letter is higher or lower, and a word where it is further away.
    fn separate(&mut self, at: Point, size: f64) {
        let Some((last, size_before)) = self.last.replace((at, size)) else { return };
        let size = size.max(size_before).max(1.0);
        if (at.y - last.y).abs() > size * 0.6 {
            self.text.push('\n');
        } else if (at.x - last.x > size * 1.1 || at.x < last.x - size) && !self.text.ends_with(' ')
        {
            self.text.push(' ');
        }
    }
}

impl Device<'_> for TextOfPage {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let Some(letter) = glyph.as_unicode() else { continue };
            if self.text.len() > bounds::MOST_TEXT / 4 {
                return;
            }
            let transform = props.transform * glyph.transform();
            // A glyph's own units are thousandths of the size of its font.
            let size = transform.determinant().abs().sqrt() * 1000.0;
            self.separate(transform * Point::ZERO, size);
            match letter {
                BfString::Char(letter) => self.text.push(letter),
                BfString::String(letters) => self.text.push_str(&letters),
            }
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A PDF with one line on each page.
    pub(crate) fn sample(lines: &[&str]) -> Vec<u8> {
        let kids: Vec<String> =
            (0..lines.len()).map(|page| format!("{} 0 R", 4 + 2 * page)).collect();
        let mut objects = vec![
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), lines.len()),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        ];
        for (page, line) in lines.iter().enumerate() {
            let content = format!("BT /F1 24 Tf 72 700 Td ({line}) Tj ET");
            objects.push(format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
                5 + 2 * page
            ));
            objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
        }
        let mut file = b"%PDF-1.4\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
        }
        let start = file.len();
        file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        file.extend(
            format!(
                "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
                objects.len() + 1
            )
            .bytes(),
        );
        file
    }

    #[test]
    fn pages_are_pictures_with_their_text() {
        let file = sample(&["Haemoglobin 13.2", "Second page"]);
        assert_eq!(document(&file).unwrap().paged.unwrap().count, 2);
        let second = page(&file, 2).unwrap();
        assert_eq!(second.text, "Second page");
        assert_eq!((second.width, second.height), (1236, 1750));
        let first = page(&file, 1).unwrap();
        assert_eq!(first.text, "Haemoglobin 13.2");
        assert_ne!(first.png, second.png, "what is on it is drawn");
        assert!(matches!(page(&file, 3), Err(NotShown::NoSuchPage)));
        assert!(matches!(page(&file, 0), Err(NotShown::NoSuchPage)));
        assert!(matches!(document(b"%PDF-1.4 nothing"), Err(NotShown::Damaged)));
    }
}
