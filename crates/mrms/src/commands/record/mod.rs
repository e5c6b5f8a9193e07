//! Commands on a record: add, list, show, open, export, erase.

pub(crate) mod access;
pub(crate) mod amend;
pub(crate) mod create;
mod create_several;
pub(crate) mod erase;
pub(crate) mod export;
mod export_folder;
mod export_health;
mod export_names;
mod folders;
pub(crate) mod import;
pub(crate) mod inbox;
pub(crate) mod list;
pub(crate) mod list_shared;
mod rename;
pub(crate) mod send;
pub(crate) mod show;
pub(crate) mod view;
mod without_share;
