//! What is not put on record, and why: files that say nothing about a person's health, and those that can't be read.

/// Why a file is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// It has no bytes.
    #[error("it is empty")]
    Empty,
    /// It is a program, or belongs to one.
    #[error("it is a program or a part of one")]
    Program,
    /// An operating system made it for itself.
    #[error("an operating system made it for itself")]
    System,
    /// It says how other files look.
    #[error("it only says how other files look in a browser")]
    Style,
    /// It lists the scans of a disc, which are on record themselves.
    #[error("it lists the scans of a disc, which are imported themselves")]
    DiscIndex,
    /// It is a link, a device or a pipe.
    #[error("it is a link, a device or a pipe")]
    Special,
    /// It has a password.
    #[error("it has a password: unpack it yourself and import the files")]
    Locked,
    /// It is packed in a way that is not read here.
    #[error("it is packed in a way that is not read here: unpack it yourself and import the files")]
    Packing,
    /// It would grow out of all proportion.
    #[error("unpacked it would be far larger than such files are: it may be made to do harm")]
    Bomb,
    /// It is not what its archive says.
    #[error("it is damaged: its bytes are not those that its archive tells")]
    Damaged,
    /// Folders lie in each other too deep.
    #[error("folders lie in each other too deep")]
    TooDeep,
    /// The person left it out.
    #[error("you left it out")]
    NotChosen,
    /// It may be about somebody else.
    #[error("it names somebody else than the person whose records these are")]
    OtherPerson,
    /// The person erased it.
    #[error("you erased it earlier: mrms create puts it on record again")]
    Erased,
}

impl LeftOut {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Program => "program",
            Self::System => "system",
            Self::Style => "style",
            Self::DiscIndex => "disc-index",
            Self::Special => "special",
            Self::Locked => "locked",
            Self::Packing => "packing",
            Self::Bomb => "bomb",
            Self::Damaged => "damaged",
            Self::TooDeep => "too-deep",
            Self::NotChosen => "not-chosen",
            Self::OtherPerson => "other-person",
            Self::Erased => "erased",
        }
    }

    /// Why a file of this name is left out, in whatever folder: `path` is all of it, with slashes.
    pub(super) fn by_name(path: &str) -> Option<Self> {
        let path = path.replace('\\', "/");
        let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let is_below = |folder: &str| path.split('/').any(|part| part.eq_ignore_ascii_case(folder));
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if is_below("__MACOSX")
            || name.starts_with("._")
            || matches!(
                name.as_str(),
                ".ds_store" | "thumbs.db" | "desktop.ini" | "ehthumbs.db" | ".directory"
            )
        {
            Some(Self::System)
        } else if name == "dicomdir" {
            Some(Self::DiscIndex)
        } else if matches!(
            extension,
            "exe"
                | "dll"
                | "com"
                | "bat"
                | "cmd"
                | "msi"
                | "scr"
                | "sys"
                | "ocx"
                | "jar"
                | "class"
                | "so"
                | "dylib"
                | "dmg"
                | "ps1"
                | "vbs"
                | "lnk"
                | "inf"
                | "manifest"
        ) || is_below("jre")
        {
            Some(Self::Program)
        } else if matches!(
            extension,
            "xsl" | "xslt" | "css" | "js" | "woff" | "woff2" | "ttf" | "ico"
        ) {
            Some(Self::Style)
        } else {
            None
        }
    }

    /// Whether a file begins as a program does: for Windows, Linux or macOS.
    pub(super) fn by_content(head: &[u8]) -> Option<Self> {
        const PROGRAMS: [&[u8]; 6] = [
            b"MZ",
            b"\x7fELF",
            b"\xcf\xfa\xed\xfe",
            b"\xce\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
            b"#!",
        ];
        PROGRAMS.iter().any(|begin| head.starts_with(begin)).then_some(Self::Program)
    }
}
