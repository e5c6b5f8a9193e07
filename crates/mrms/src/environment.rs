//! The environment variables that change settings, and those of bucket services. `config` says which wins over what.

use std::ffi::OsString;

use crate::ui::failure::Failure;

/// The variables with credentials and options of bucket services, by the services' own names.
pub(crate) fn bucket_variables() -> Vec<(String, String)> {
    let services = ["AWS_", "GOOGLE_", "AZURE_"];
    let is_one = |name: &str| services.iter().any(|service| name.starts_with(service));
    let readable = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(readable).filter(|(name, _)| is_one(name)).collect()
}

/// The value of an environment variable; `None` when it is unset or empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A number from the environment, else the file, else the default. Fails outside of its range.
pub(crate) fn number(
    variable: &str,
    file: Option<u64>,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Failure> {
    let value = match self::variable(variable) {
        Some(text) => text.parse().map_err(|_| {
            Failure::usage(format!("{variable} is {text:?}, not a whole number"))
                .hint("unset it, or give a whole number")
        })?,
        None => file.unwrap_or(default),
    };
    if range.contains(&value) {
        Ok(value)
    } else {
        let (least, most) = range.into_inner();
        Err(Failure::usage(format!(
            "{variable}, or its setting, is {value}, not {least} to {most}"
        ))
        .hint("correct it in the environment, or in mrms.toml in the home folder"))
    }
}
