//! The bytes of the file: pages, fonts, and what the parts are.

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{
    ArtifactType, CidFontType, FontFlags, SystemInfo, TableHeaderScope, UnicodeCmap,
};
use pdf_writer::writers::StructTreeRoot;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::fonts::{Fonts, Weight};
use crate::layout::{LaidOut, Page};
use crate::tags::{ElementId, Elements, Role};
use crate::{Document, PdfError};

/// How hard the pages are compressed; between 0 and 10.
const COMPRESSION: u8 = 6;
const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Numbers of the file's objects.
struct Numbers(i32);

impl Numbers {
    fn next(&mut self) -> Result<Ref, PdfError> {
        self.0 =
            self.0.checked_add(1).filter(|number| *number < 8_000_000).ok_or(PdfError::TooLong)?;
        Ok(Ref::new(self.0))
    }

    fn several(&mut self, count: usize) -> Result<Vec<Ref>, PdfError> {
        (0..count).map(|_| self.next()).collect()
    }
}

/// Writes the file.
pub(crate) fn write(
    document: &Document,
    laid_out: &LaidOut,
    mut fonts: Fonts,
) -> Result<Vec<u8>, PdfError> {
    let mut numbers = Numbers(0);
    let (catalog, tree, structure) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let pages = numbers.several(laid_out.pages.len())?;
    let contents = numbers.several(laid_out.pages.len())?;
    let elements = numbers.several(laid_out.elements.all().len())?;
    let font_refs = [numbers.next()?, numbers.next()?];
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);

    let mut about = pdf.document_info(numbers.next()?);
    about.title(TextStr(&document.title)).producer(TextStr("MRMS"));
    about.finish();
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr(&document.language));
    root.viewer_preferences().display_doc_title(true);
    root.mark_info().marked(true);
    root.pair(Name(b"StructTreeRoot"), structure);
    root.finish();

    let count = i32::try_from(pages.len()).map_err(|_| PdfError::TooLong)?;
    pdf.pages(tree).kids(pages.iter().copied()).count(count);
    for (number, page) in laid_out.pages.iter().enumerate() {
        let (Some(id), Some(content)) = (pages.get(number), contents.get(number)) else { continue };
        let drawn = compress_to_vec_zlib(&draw(page, laid_out, &mut fonts), COMPRESSION);
        pdf.stream(*content, &drawn).filter(Filter::FlateDecode);
        let mut written = pdf.page(*id);
        written.media_box(Rect::new(0.0, 0.0, laid_out.width, laid_out.height));
        written.parent(tree).contents(*content);
        written.struct_parents(i32::try_from(number).map_err(|_| PdfError::TooLong)?);
        let mut resources = written.resources();
        let mut named = resources.fonts();
        for (weight, font) in Weight::ALL.iter().zip(font_refs) {
            named.pair(Name(weight.name().as_bytes()), font);
        }
        named.finish();
        resources.finish();
        written.finish();
    }
    write_tags(&mut pdf, &mut numbers, laid_out, &Tags { structure, elements, pages })?;
    for (weight, font) in Weight::ALL.iter().zip(font_refs) {
        write_font(&mut pdf, &mut numbers, *weight, font, &fonts)?;
    }
    Ok(pdf.finish())
}

/// What is drawn on a page.
fn draw(page: &Page, laid_out: &LaidOut, fonts: &mut Fonts) -> Vec<u8> {
    let mut content = Content::new();
    let mut marked = content.begin_marked_content_with_properties(Name(b"Artifact"));
    marked.properties().artifact().kind(ArtifactType::Layout);
    marked.finish();
    content.set_line_width(0.4).set_stroke_gray(0.6);
    let (from, to) = laid_out.rule();
    for y in &page.rules {
        content.move_to(from, *y).line_to(to, *y).stroke();
    }
    content.end_marked_content();
    for (number, text) in page.texts.iter().enumerate() {
        match (text.element, i32::try_from(number)) {
            (Some(_), Ok(number)) => {
                let mut marked = content.begin_marked_content_with_properties(Name(b"Span"));
                marked.properties().identify(number);
            }
            _ => {
                let mut marked = content.begin_marked_content_with_properties(Name(b"Artifact"));
                marked.properties().artifact().kind(ArtifactType::Pagination);
            }
        }
        content.begin_text();
        content.set_font(Name(text.weight.name().as_bytes()), text.size);
        content.set_leading(text.leading).next_line(text.x, text.y);
        for line in &text.lines {
            let encoded = fonts.get_mut(text.weight).encode(line);
            content.show(Str(&encoded)).next_line_using_leading();
        }
        content.end_text();
        content.end_marked_content();
    }
    content.finish().into_vec()
}

/// The objects that tell what the parts are.
struct Tags {
    structure: Ref,
    elements: Vec<Ref>,
    pages: Vec<Ref>,
}

impl Tags {
    fn element(&self, id: ElementId) -> Option<Ref> {
        self.elements.get(id.0).copied()
    }
}

fn write_tags(
    pdf: &mut Pdf,
    numbers: &mut Numbers,
    laid_out: &LaidOut,
    tags: &Tags,
) -> Result<(), PdfError> {
    // For each page: the elements of its texts, by the text's number. What is of no element has no number.
    let parents = numbers.several(laid_out.pages.len())?;
    for (id, page) in parents.iter().zip(&laid_out.pages) {
        let mut array = pdf.indirect(*id).array();
        for text in &page.texts {
            match text.element.and_then(|element| tags.element(element)) {
                Some(element) => array.item(element),
                None => array.item(pdf_writer::Null),
            };
        }
    }
    let mut root = pdf.indirect(tags.structure).start::<StructTreeRoot<'_>>();
    root.children().items(tags.element(Elements::DOCUMENT));
    root.parent_tree_next_key(i32::try_from(parents.len()).map_err(|_| PdfError::TooLong)?);
    let mut tree = root.parent_tree();
    let mut entries = tree.nums();
    for (page, parent) in (0..).zip(&parents) {
        entries.insert(page, *parent);
    }
    entries.finish();
    tree.finish();
    root.finish();
    for (id, element) in tags.elements.iter().zip(laid_out.elements.all()) {
        let mut written = pdf.struct_element(*id);
        written.kind(element.role.in_pdf());
        let parent = element.parent.and_then(|parent| tags.element(parent));
        written.parent(parent.unwrap_or(tags.structure));
        if element.role == Role::ColumnHeading {
            written.attributes().push().table().scope(TableHeaderScope::Column);
        }
        let mut children = written.children();
        for part in element.parts.iter().filter_map(|part| tags.element(*part)) {
            children.struct_element(part);
        }
        for (page, text) in &element.texts {
            let Some(page) = tags.pages.get(*page) else { continue };
            let text = i32::try_from(*text).map_err(|_| PdfError::TooLong)?;
            children.marked_content_ref().page(*page).marked_content_id(text);
        }
    }
    Ok(())
}

fn write_font(
    pdf: &mut Pdf,
    numbers: &mut Numbers,
    weight: Weight,
    id: Ref,
    fonts: &Fonts,
) -> Result<(), PdfError> {
    let font = fonts.get(weight);
    let (descendant, descriptor, map, file) =
        (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
    // Six letters before the name say that the font is a part of one.
    let name = format!("{}+{}", "MRMSAA", weight.name());
    let name = Name(name.as_bytes());
    pdf.type0_font(id)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(map);
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY);
    cid.font_descriptor(descriptor).cid_to_gid_map_predefined(Name(b"Identity"));
    cid.widths().consecutive(0, font.widths());
    cid.finish();
    let measures = font.measures();
    let [left, bottom, right, top] = measures.bounds;
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(measures.ascent)
        .descent(measures.descent)
        .cap_height(measures.cap_height)
        .stem_v(80.0)
        .font_file2(file);
    let mut unicode = UnicodeCmap::new(Name(b"MRMS-Unicode"), IDENTITY);
    for (glyph, character) in font.characters() {
        unicode.pair(glyph, character);
    }
    let unicode = compress_to_vec_zlib(&unicode.finish(), COMPRESSION);
    pdf.stream(map, &unicode).filter(Filter::FlateDecode);
    let subset = font.subset()?;
    let length = i32::try_from(subset.len()).map_err(|_| PdfError::TooLong)?;
    let packed = compress_to_vec_zlib(&subset, COMPRESSION);
    pdf.stream(file, &packed).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
    Ok(())
}
