//! Reads a value from the text that a Stacks node prints it as: `(ok (tuple (count u1)))`.
//!
//! A node without the hosted API tells what a transaction returned in this text alone. It differs from Clarity source: a
//! list has no word before its items, a principal no quote, and a character beyond ASCII is written as the hexadecimal
//! digits of its UTF-8 bytes. The text of every value is read back to that value; whatever a node would not print is
//! refused. Source: `Display` of `Value` in stacks-core's clarity types.

use super::{AsciiString, ClarityName, MAX_DEPTH, Value};

/// Why a text is not a value as a node prints it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Clarity value at byte {at} of the text: {reason}")]
pub struct NodeTextError {
    /// Where, in bytes from the start.
    pub at: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Value {
    /// The value that a node prints as this text.
    ///
    /// # Errors
    ///
    /// [`NodeTextError`] for a text that a node prints for no value.
    pub fn from_node_text(text: &str) -> Result<Self, NodeTextError> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(1)?;
        if parser.at == text.len() { Ok(value) } else { Err(parser.wrong("something follows")) }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    const fn wrong(&self, reason: &'static str) -> NodeTextError {
        NodeTextError { at: self.at, reason }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on after `expected`, if that comes next.
    fn take(&mut self, expected: &str) -> bool {
        let is_next = self.rest().starts_with(expected);
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    fn must(&mut self, expected: &str, reason: &'static str) -> Result<(), NodeTextError> {
        if self.take(expected) { Ok(()) } else { Err(self.wrong(reason)) }
    }

    /// What comes before the next space or bracket.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find([' ', '(', ')']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn value(&mut self, depth: usize) -> Result<Value, NodeTextError> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("it is nested too deep"));
        }
        if self.take("(") {
            return self.compound(depth);
        }
        if self.take("\"") {
            let text = self.quoted(false)?;
            let text = AsciiString::try_from(text);
            return text.map(Value::StringAscii).map_err(|_| self.wrong("not an ASCII string"));
        }
        if self.take("u\"") {
            return self.quoted(true).map(Value::StringUtf8);
        }
        let begin = self.at;
        let word = self.word();
        atom(word).ok_or(NodeTextError { at: begin, reason: "not a value" })
    }

    /// What follows an opening bracket. A word says what it is; a list has none, and no value is printed as such a word.
    fn compound(&mut self, depth: usize) -> Result<Value, NodeTextError> {
        let wrap: fn(Value) -> Value = if self.take("ok ") {
            Value::ok
        } else if self.take("err ") {
            Value::err
        } else if self.take("some ") {
            Value::some
        } else if self.take("tuple") {
            return self.tuple(depth);
        } else {
            return self.list(depth);
        };
        let inner = self.value(depth + 1)?;
        self.must(")", "a closing bracket is missing")?;
        Ok(wrap(inner))
    }

    fn tuple(&mut self, depth: usize) -> Result<Value, NodeTextError> {
        let mut fields: Vec<(ClarityName, Value)> = Vec::new();
        while self.take(" (") {
            let begin = self.at;
            let wrong = |reason| NodeTextError { at: begin, reason };
            let name: ClarityName = self.word().parse().map_err(|_| wrong("not a name"))?;
            if fields.last().is_some_and(|(last, _)| *last >= name) {
                return Err(wrong("a name that is not after the one before it"));
            }
            self.must(" ", "a field without a value")?;
            fields.push((name, self.value(depth + 1)?));
            self.must(")", "a closing bracket is missing")?;
        }
        self.must(")", "a closing bracket is missing")?;
        Value::tuple(fields).map_err(|_| self.wrong("a tuple without fields"))
    }

    fn list(&mut self, depth: usize) -> Result<Value, NodeTextError> {
        let mut items = Vec::new();
        if self.take(")") {
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(")") {
                return Ok(Value::List(items));
            }
            self.must(" ", "a closing bracket is missing")?;
        }
    }

    /// The characters up to the closing quote.
    fn quoted(&mut self, is_utf8: bool) -> Result<String, NodeTextError> {
        let mut text = String::new();
        loop {
            let Some(next) = self.rest().chars().next() else {
                return Err(self.wrong("a string that does not end"));
            };
            self.at += next.len_utf8();
            match next {
                '"' => return Ok(text),
                '\\' => text.push(self.escaped(is_utf8)?),
                // A node escapes this one as well.
                '\'' => return Err(self.wrong("a character that a node would escape")),
                ' '..='~' => text.push(next),
                _ => return Err(self.wrong("a character that a node would escape")),
            }
        }
    }

    fn escaped(&mut self, is_utf8: bool) -> Result<char, NodeTextError> {
        for (escape, character) in
            [("n", '\n'), ("r", '\r'), ("t", '\t'), ("\\", '\\'), ("\"", '"'), ("'", '\'')]
        {
            if self.take(escape) {
                return Ok(character);
            }
        }
        let unknown = self.wrong("an unknown escape");
        if self.take("x") {
            let byte = self.rest().get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let is_so_written = |byte: &u8| byte.is_ascii_control() && !b"\t\n\r".contains(byte);
            let byte = byte.filter(is_so_written).ok_or(unknown)?;
            self.at += 2;
            return Ok(char::from(byte));
        }
        if !is_utf8 || !self.take("u{") {
            return Err(unknown);
        }
        let digits = self.rest().split('}').next().unwrap_or_default();
        let bytes = mrms_core::hexadecimal::decode(digits).map_err(|_| unknown.clone())?;
        self.at += digits.len();
        self.must("}", "a closing brace is missing")?;
        let text = String::from_utf8(bytes).map_err(|_| unknown.clone())?;
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) if !character.is_ascii() => Ok(character),
            _ => Err(unknown),
        }
    }
}

/// A value of one word.
fn atom(word: &str) -> Option<Value> {
    match word {
        "true" => return Some(Value::Bool(true)),
        "false" => return Some(Value::Bool(false)),
        "none" => return Some(Value::None),
        _ => {}
    }
    if let Some(digits) = word.strip_prefix("0x") {
        return mrms_core::hexadecimal::decode(digits).ok().map(Value::Buffer);
    }
    if let Some(digits) = word.strip_prefix('u') {
        let number: u128 = digits.parse().ok()?;
        // One number has one text.
        return (number.to_string() == digits).then_some(Value::UInt(number));
    }
    if word.starts_with('S') {
        return word.parse().ok().map(Value::Principal);
    }
    let number: i128 = word.parse().ok()?;
    (number.to_string() == word).then_some(Value::Int(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_our_contract_returns_is_read() {
        let hash = "ab".repeat(32);
        let text = format!(
            "(ok (tuple (audit-head 0x{hash}) (audit-index u0) (content-hash 0x{hash}) (version u1)))"
        );
        let value = Value::from_node_text(&text).unwrap();
        let answer = value.read().ok().unwrap();
        assert_eq!(answer.field("version").unwrap().uint(), Ok(1));
        assert_eq!(answer.field("audit-head").unwrap().array(), Ok([0xab; 32]));
        assert_eq!(Value::from_node_text("(err u1004)"), Ok(Value::err(Value::UInt(1004))));
        assert_eq!(Value::from_node_text("()"), Ok(Value::List(Vec::new())));
    }

    #[test]
    fn what_a_node_would_not_print_is_refused() {
        for text in [
            "",
            "(ok",
            "(ok )",
            "(ok true) ",
            "(ok true",
            "(tuple)",
            "(tuple (a u1) (a u2))",
            "(tuple (b u1) (a u2))",
            "(tuple (1 u1))",
            "(u1  u2)",
            "(u1 u2 )",
            "u-1",
            "u01",
            "+1",
            "-0",
            "0x0",
            "'ST000000000000000000002AMW42H",
            "SOMETHING",
            "\"open",
            "\"caf\u{e9}\"",
            "\"\\u{c3a9}\"",
            "u\"\\u{41}\"",
            "u\"\\u{ff}\"",
            "u\"\\u{c3a9c3a9}\"",
            "u\"\\q\"",
            "okay",
        ] {
            assert!(Value::from_node_text(text).is_err(), "{text}");
        }
        let deep = format!("{}u1{}", "(some ".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
        assert!(Value::from_node_text(&deep).is_err());
    }
}
