//! The pages: a file for each, the frame around them in `layout`.

pub(crate) mod add;
pub(crate) mod check;
pub(crate) mod content;
pub(crate) mod enter;
pub(crate) mod failed;
mod frames;
pub(crate) mod home;
pub(crate) mod layout;
pub(crate) mod people;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod shared;
mod shown;
pub(crate) mod unlock;
pub(crate) mod view;
pub(crate) mod welcome;
pub(crate) mod who;
