//! The `mrms` binary from outside: what people and scripts type, and what they get back.
//!
//! Every test has a home folder of its own and runs the real program. Variables make more of
//! it: `MRMS_KILL_ROUNDS` (how many commands are killed), `MRMS_CORPUS` (a folder of documents), the
//! `MRMS_MODEL_` ones (see `model`), and `MRMS_DIFFERENTIAL_TRACE` (what a simulated network did).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent;
mod audit;
mod backup;
mod build_profiles;
mod calls;
mod care;
mod changed_key;
mod clinic;
mod concurrency;
mod contacts;
mod corpus;
mod crash;
mod damage;
mod decoders;
mod delegates;
mod deployed;
mod differential;
mod drift;
mod dry_run;
mod evidence;
mod export;
mod export_health;
mod fhir;
mod forks;
mod full_disk;
mod granting;
mod handing_over;
mod handles;
mod import_circles;
mod imports;
mod indexes;
mod installation;
mod interface;
mod joining;
mod json_page;
mod kept_homes;
mod layering;
mod ledgers;
mod liars;
mod life;
mod link_host;
mod links;
#[cfg(unix)]
mod locks;
mod missing;
mod model;
mod names;
mod networks;
mod node_control;
mod node_history;
mod opened_links;
mod operators;
mod outputs;
mod overtaken;
mod packaging;
mod people;
mod portal;
mod purposes;
mod reached;
mod recovery;
mod refusals;
mod remote;
mod repeated;
mod report;
mod requests;
mod scene;
mod screens;
#[cfg(unix)]
mod sealed;
mod sending;
mod service;
mod settings;
mod several;
mod sponsor;
mod staff;
mod support;
mod texts;
mod titles;
mod tour;
mod trustees;
mod unasked;
mod unkept;
mod unreadable;
mod untold;
mod up;
mod upgrade;
mod vault_sync;
mod vaults;
mod visible;
mod wards;
mod watch;
mod without_key;
mod written;
