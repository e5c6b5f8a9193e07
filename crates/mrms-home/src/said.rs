//! Accounts in a text that the program says, such as an error: in the words of a face.

use mrms_core::Principal;

/// What an account in a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandsFor {
    /// Itself.
    Account,
    /// A contract, whose name begins with the account of who deployed it.
    Contract,
}

/// A text with other words in place of accounts, where `say` has some. An account in an address stays as it is: whoever copies
/// that must get it whole.
#[must_use]
pub fn with_accounts_said(
    text: &str,
    say: impl Fn(&Principal, StandsFor) -> Option<String>,
) -> String {
    let words = text.split_inclusive(char::is_whitespace);
    let said = words.map(|word| match is_address(word) {
        true => word.to_owned(),
        false => said_in_word(word, &say),
    });
    said.collect()
}

/// Whether a word is an address, or a path of one.
fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '/');
    word.contains("://") || word.starts_with('/')
}

fn said_in_word(text: &str, say: &impl Fn(&Principal, StandsFor) -> Option<String>) -> String {
    let is_part = |character: char| character.is_ascii_alphanumeric();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(is_part) {
        out.push_str(&rest[..begin]);
        let word = &rest[begin..];
        let end = word.find(|character| !is_part(character)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        let is_contract = after.strip_prefix('.').is_some_and(|name| name.starts_with(is_part));
        let stands_for = if is_contract { StandsFor::Contract } else { StandsFor::Account };
        match word.parse().ok().and_then(|account| say(&account, stands_for)) {
            Some(said) => out.push_str(&said),
            None => out.push_str(word),
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "ST000000000000000000002AMW42H";

    fn said(text: &str) -> String {
        with_accounts_said(text, |account, stands_for| {
            let is_it = account.to_string() == ACCOUNT && stands_for == StandsFor::Account;
            is_it.then(|| "Clinic B".to_owned())
        })
    }

    #[test]
    fn accounts_are_said_and_others_stay_as_they_are() {
        let stranger = "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z";
        assert_eq!(said(&format!("{ACCOUNT}'s key, “{ACCOUNT}”.")), "Clinic B's key, “Clinic B”.");
        let contract = format!("{ACCOUNT}.records, {stranger}");
        assert_eq!(said(&contract), contract);
        assert_eq!(said("nobody –\n здесь"), "nobody –\n здесь");
    }

    #[test]
    fn address_can_be_copied_as_it_is() {
        for address in [
            format!("http://127.0.0.1:20443/v2/accounts/{ACCOUNT}?proof=0"),
            format!("(https://example.org/extended/v1/address/{ACCOUNT}/nonces)"),
            format!("“stacks://{ACCOUNT}”:"),
            format!("/v2/accounts/{ACCOUNT}:"),
        ] {
            assert_eq!(said(&address), address);
            let text = said(&format!("{ACCOUNT} at {address} failed for {ACCOUNT}"));
            assert_eq!(text, format!("Clinic B at {address} failed for Clinic B"));
        }
    }
}
