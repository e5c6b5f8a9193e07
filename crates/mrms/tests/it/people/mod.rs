//! Cards, people and directories, as their makers and readers use them.

mod attacks;
mod book;
mod cards;
mod directories;
mod naming;
mod pin;
