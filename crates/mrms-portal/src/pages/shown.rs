//! How content is shown on a page: as text, as a picture, or in frames by a viewer; and why it is not.

use std::io::Write;

use maud::{Markup, html};
use mrms_app::Session;
use mrms_app::access::open::Unlocked;
use mrms_core::{Version, visible};
use mrms_crypto::content::ContentHeader;
use mrms_home::viewing::{Viewers, Viewing};
use mrms_viewers::{
    Answer, Document, Kind, NotShown, Request, Subject, Want, WindowChoice, bounds,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::pages::{failed, frames};
use crate::words::Words;
use crate::work::blocking;

/// The longest text that is shown in the page, in bytes.
const MOST_TEXT: u64 = 1024 * 1024;
/// The longest picture that is shown, in bytes.
pub(super) const MOST_PICTURE: u64 = 32 * 1024 * 1024;
/// The longest content that a viewer looks at, in bytes.
const MOST_VIEWED: u64 = bounds::MOST_BYTES as u64;

/// Content that may be shown, wherever it lies.
pub(crate) trait Source {
    fn media_type(&self) -> &str;
    fn length(&self) -> u64;
    /// What its file was called; nothing where that is not known.
    fn file_name(&self) -> String;
    /// Writes all of it.
    fn write_to(&self, out: &mut (dyn Write + Send)) -> Result<(), PortalError>;
}

/// A version that was unlocked.
pub(crate) struct Stored<'s> {
    pub(crate) session: Session<'s>,
    pub(crate) unlocked: &'s Unlocked,
    pub(crate) header: &'s ContentHeader,
}

impl Source for Stored<'_> {
    fn media_type(&self) -> &str {
        self.header.media_type.as_str()
    }

    fn length(&self) -> u64 {
        self.header.length
    }

    fn file_name(&self) -> String {
        self.header.file_name.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    fn write_to(&self, out: &mut (dyn Write + Send)) -> Result<(), PortalError> {
        let decrypted = self.session.decrypt(self.unlocked, out);
        decrypted.map(drop).map_err(|error| PortalError::refused(&error))
    }
}

/// How a version can be shown.
pub(crate) enum Shown {
    /// As text in the page.
    Text(Zeroizing<String>),
    /// As a picture in a frame, drawn by the browser.
    Picture,
    /// A viewer has the content, and its answer is to come.
    Looking(Viewing),
    /// In frames, by a viewer.
    Document(Box<Document>),
    /// Not here: it is downloaded.
    NoViewer(NotShown),
    /// Its content was erased or is away.
    Away,
    /// Its key could not be had, for this reason.
    NotOpened(PortalError),
}

impl Shown {
    /// The date that a document has by its own words.
    pub(crate) fn date(&self) -> Option<&str> {
        match self {
            Self::Document(document) => document.date.as_deref(),
            _ => None,
        }
    }

    /// Whom the document is about by its own words.
    pub(crate) fn about(&self) -> &[Subject] {
        match self {
            Self::Document(document) => &document.about,
            _ => &[],
        }
    }

    /// Waits for a viewer, after the home was closed.
    pub(crate) async fn settled(self) -> Self {
        let Self::Looking(viewing) = self else { return self };
        match blocking(move || Ok(viewing.answer())).await {
            Ok(Answer::Document(document)) => Self::Document(Box::new(document)),
            Ok(Answer::NotShown(why)) => Self::NoViewer(why),
            Ok(Answer::Picture(_) | Answer::Facts(_)) | Err(_) => Self::NoViewer(NotShown::Damaged),
        }
    }
}

/// Which page or picture of a document is shown, and how bright.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Place {
    pub(crate) page: Option<usize>,
    pub(crate) window: Option<usize>,
}

impl Place {
    pub(super) fn page(self) -> usize {
        self.page.unwrap_or(1).max(1)
    }

    pub(super) fn window(self) -> WindowChoice {
        self.window.map_or(WindowChoice::AsStored, WindowChoice::Listed)
    }
}

/// The media types that browsers draw without running anything. SVG is none of them.
pub(super) fn is_picture(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp" | "image/avif"
    )
}

/// The media types of which only the beginning tells what they are.
fn is_plain(media_type: &str) -> bool {
    media_type.split(';').next().unwrap_or_default().trim().starts_with("text/")
}

/// The media types that a viewer may know.
fn may_have_viewer(media_type: &str) -> bool {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    is_plain(plain)
        || plain.ends_with("json")
        || plain.ends_with("xml")
        || plain.contains("hl7-v2")
        || matches!(
            plain,
            "application/pdf"
                | "application/dicom"
                | "application/zip"
                | "application/smart-health-card"
                | "application/octet-stream"
        )
}

/// How content is shown, by what is known of it. Text is read at once, and whatever has a viewer goes to one. `None` where not
/// even its header can be read.
pub(crate) fn show(viewers: &Viewers, content: Option<&impl Source>) -> Shown {
    let Some(content) = content else { return Shown::Away };
    let (media_type, length) = (content.media_type(), content.length());
    if is_picture(media_type) && length <= MOST_PICTURE {
        return Shown::Picture;
    }
    if !may_have_viewer(media_type) {
        return Shown::NoViewer(NotShown::NoViewer);
    }
    if length > MOST_VIEWED {
        return Shown::NoViewer(NotShown::TooMuch);
    }
    if is_plain(media_type) && length <= MOST_TEXT {
        let mut bytes = Zeroizing::new(Vec::new());
        if content.write_to(&mut *bytes).is_err() {
            return Shown::Away;
        }
        if matches!(Kind::of(&bytes, &content.file_name()), Kind::Text | Kind::Xml)
            && let Ok(text) = std::str::from_utf8(&bytes)
        {
            return Shown::Text(Zeroizing::new(visible::lines(text).into_owned()));
        }
    }
    match looking(viewers, content, Want::Document) {
        Ok(viewing) => Shown::Looking(viewing),
        Err(_) => Shown::Away,
    }
}

/// Gives content to a viewer.
pub(super) fn looking(
    viewers: &Viewers,
    content: &impl Source,
    want: Want,
) -> Result<Viewing, PortalError> {
    if content.length() > MOST_VIEWED {
        return Err(PortalError::NoPage);
    }
    let request = Request { name: content.file_name(), want };
    let mut viewing = viewers.begin(&request).map_err(|error| PortalError::refused(&error))?;
    content.write_to(&mut viewing)?;
    Ok(viewing)
}

/// Where the content of a page is: the path of the page, and what its addresses have besides.
pub(crate) struct Address {
    /// The page's path, below which its frames and its file are.
    pub(crate) path: String,
    /// The version, where the page has several.
    pub(crate) version: Option<Version>,
    /// Which page or picture.
    pub(crate) place: Place,
}

impl Address {
    fn to(&self, below: &str, page: usize) -> String {
        let version = self.version.map(|version| format!("version={version}&")).unwrap_or_default();
        let window =
            self.place.window.map(|window| format!("&window={window}")).unwrap_or_default();
        format!("{}{below}?{version}page={page}{window}", self.path)
    }

    fn below(&self, below: &str) -> String {
        let version = self.version.map(|version| format!("?version={version}")).unwrap_or_default();
        format!("{}{below}{version}", self.path)
    }
}

/// What of the page shows the content.
pub(crate) fn frame(words: &Words, at: &Address, shown: &Shown, name: &str) -> Markup {
    html! {
        @match shown {
            Shown::Text(text) => pre.text tabindex="0" { (text.as_str()) },
            Shown::Picture => iframe.picture sandbox="" title=(name) src=(at.below("/picture")) {},
            Shown::Document(document) => (document_frames(words, at, document, name)),
            Shown::NoViewer(why) => p { (words.say(why_not(*why))) },
            Shown::Looking(_) | Shown::Away => p { (words.say("content-away")) },
            Shown::NotOpened(why) => p.wrong { (failed::sentence(why, words)) },
        }
        @if !matches!(shown, Shown::NotOpened(_)) { p { a.button.second href=(at.below("/file")) download { (words.say("record-download")) } } }
    }
}

/// The sentence that says why a document is not shown.
pub(super) const fn why_not(why: NotShown) -> &'static str {
    match why {
        NotShown::NoViewer => "content-no-viewer",
        NotShown::Damaged => "content-damaged",
        NotShown::TooMuch => "content-too-much",
        NotShown::Locked => "content-locked",
        NotShown::NoSuchPage => "content-no-such-page",
        NotShown::Compression => "content-compression",
    }
}

/// The frames of a document: the page or picture that is asked for, with the ways to others, and what else it says.
fn document_frames(words: &Words, at: &Address, document: &Document, name: &str) -> Markup {
    let Some(paged) = &document.paged else {
        return html! { iframe.document sandbox="" title=(name) src=(at.below("/document")) {} };
    };
    let number = at.place.page().min(paged.count);
    let key = if paged.are_pages { "viewer-page" } else { "viewer-picture" };
    let told = words
        .with(key, &[("number", (number as u64).into()), ("count", (paged.count as u64).into())]);
    html! {
        @if paged.count > 1 || !paged.windows.is_empty() {
            nav.pages aria-label=(words.say("viewer-pages")) {
                @if number > 1 { a.button.second rel="prev" href=(at.to("", number - 1)) { (words.say("viewer-previous")) } }
                span aria-current="page" { (told) }
                @if number < paged.count { a.button.second rel="next" href=(at.to("", number + 1)) { (words.say("viewer-next")) } }
                form method="get" action=(at.path) {
                    @if let Some(version) = at.version { input type="hidden" name="version" value=(version); }
                    @if paged.count > 1 {
                        span.pair {
                            label for="page" { (words.say("viewer-go-to")) }
                            input id="page" name="page" type="number" min="1" max=(paged.count) value=(number);
                        }
                    }
                    @if !paged.windows.is_empty() {
                        span.pair {
                            label for="window" { (words.say("viewer-window")) }
                            select id="window" name="window" {
                                @for (index, (name, _, _)) in paged.windows.iter().enumerate() {
                                    option value=(index) selected[at.place.window.unwrap_or(0) == index] { (frames::cell_text(words, name)) }
                                }
                            }
                        }
                    }
                    button.quiet type="submit" { (words.say("viewer-show")) }
                }
            }
        }
        iframe.document.sheet.scan[!paged.are_pages] sandbox="" title=(format!("{name}: {told}")) src=(at.to("/page", number)) {}
        p { a href=(at.to("/page", number)) target="_blank" rel="noopener" { (words.say("viewer-alone")) } }
        @if !document.blocks.is_empty() {
            iframe.document.about sandbox="" title=(words.say("viewer-about")) src=(at.below("/document")) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_run_is_a_picture() {
        assert!(
            is_picture("image/png") && !is_picture("image/svg+xml") && !is_picture("text/html")
        );
        assert!(
            may_have_viewer("application/fhir+json") && may_have_viewer("x-application/hl7-v2+er7")
        );
        // An SVG is shown as its text, and drawn by nobody.
        assert!(may_have_viewer("image/svg+xml") && !may_have_viewer("application/x-msdownload"));
    }
}
