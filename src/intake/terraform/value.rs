//! JSON values that keep each number's text, and the masks that lie over them.
//!
//! Numbers beyond 2^53 and long decimals occur in plans, so a number is what is written, never a float. Nothing
//! here ever quotes a value in an error: it may be a secret.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::wrong::WrongInput;

/// Deeper values than this are refused.
const MAX_DEPTH: usize = 200;

/// Digits from which on a number is treated as texts are.
const MIN_SECRET_NUMBER: usize = 4;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// As written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    /// Sorted by key, each once.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

pub(super) const NULL: Value<'static> = Value::Null;

/// The members of an object, in the order of the file, their values unread.
pub(super) struct Members<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some((Text(key), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

impl<'a> Members<'a> {
    /// Reads an object; `what` says in an error what should have been one.
    pub(super) fn read(raw: &'a str, what: &'static str) -> Result<Self, WrongInput> {
        let members: Members<'a> = from_str(raw, what)?;
        members.checked(what)
    }

    /// The members, when no key stands there with two values.
    pub(super) fn checked(self, what: &'static str) -> Result<Self, WrongInput> {
        let Members(members) = self;
        let mut sorted: Vec<(&str, &str)> =
            members.iter().map(|(key, value)| (&**key, value.get())).collect();
        sorted.sort_unstable();
        // A provider is known to write one key twice, with one value. With two values no reading is right.
        let twice = |pair: &[(&str, &str)]| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1;
        match sorted.windows(2).any(twice) {
            true => Err(WrongInput::Malformed { what, problem: "a key appears twice in one object" }),
            false => Ok(Members(members)),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.get())
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// `serde_json` names what it found in its messages, so they are never repeated.
pub(super) fn from_str<'a, T: Deserialize<'a>>(raw: &'a str, what: &'static str) -> Result<T, WrongInput> {
    serde_json::from_str(raw)
        .map_err(|_| WrongInput::Malformed { what, problem: "it does not have the form of a plan" })
}

impl<'a> Value<'a> {
    /// Reads a value.
    pub(super) fn read(raw: &'a str, what: &'static str) -> Result<Self, WrongInput> {
        let mut reader = Reader { text: raw, at: 0, what };
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at == raw.len() { Ok(value) } else { Err(reader.malformed()) }
    }

    pub(super) fn get(&self, key: &str) -> &Value<'a> {
        match self {
            Value::Object(members) => {
                members.binary_search_by(|(name, _)| (**name).cmp(key)).map_or(&NULL, |at| &members[at].1)
            }
            _ => &NULL,
        }
    }

    pub(super) fn at(&self, index: usize) -> &Value<'a> {
        self.elements().get(index).unwrap_or(&NULL)
    }

    pub(super) fn elements(&self) -> &[Value<'a>] {
        match self {
            Value::Array(elements) => elements,
            _ => &[],
        }
    }

    pub(super) fn members(&self) -> &[(Cow<'a, str>, Value<'a>)] {
        match self {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// Whether it is `true`, or holds one anywhere. What no mask is made of counts as that too.
    pub(super) fn holds_true(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Number(_) | Value::String(_) => true,
            Value::Array(elements) => elements.iter().any(Value::holds_true),
            Value::Object(members) => members.iter().any(|(_, value)| value.holds_true()),
        }
    }

    /// Every text and long number in it, and every key that is no plain name such as attributes have.
    pub(super) fn each_string<'s>(&'s self, visit: &mut impl FnMut(&'s str)) {
        match self {
            Value::String(text) => visit(text),
            // A number that long can be a secret as well, such as a PIN.
            Value::Number(text) if text.len() >= MIN_SECRET_NUMBER => visit(text),
            Value::Array(elements) => elements.iter().for_each(|element| element.each_string(visit)),
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                if !is_plain_name(key) {
                    visit(key);
                }
                value.each_string(visit);
            }),
            _ => {}
        }
    }
}

fn is_plain_name(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Reads a value in one pass. Its text has been found to be JSON before, so that what it may hold is known; serde's
/// own value would lose the numbers' text, and reading raw value by raw value would go over each text once for every
/// object around it.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn malformed(&self) -> WrongInput {
        WrongInput::Malformed { what: self.what, problem: "it is not a valid JSON value" }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Steps over the byte when it is the next one.
    fn next_is(&mut self, byte: u8) -> bool {
        self.blanks();
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, WrongInput> {
        if depth > MAX_DEPTH {
            return Err(WrongInput::Malformed { what: self.what, problem: "it is nested too deeply" });
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    self.at += 1;
                }
                Ok(Value::Number(&self.text[start..self.at]))
            }
            _ => Err(self.malformed()),
        }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, WrongInput> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.malformed());
        }
        self.at += word.len();
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, WrongInput> {
        self.at += 1;
        let mut elements = Vec::new();
        if self.next_is(b']') {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.next_is(b']') {
                return Ok(Value::Array(elements));
            }
            if !self.next_is(b',') {
                return Err(self.malformed());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, WrongInput> {
        self.at += 1;
        let mut members = Vec::new();
        let mut ended = self.next_is(b'}');
        while !ended {
            self.blanks();
            let key = self.string()?;
            if !self.next_is(b':') {
                return Err(self.malformed());
            }
            members.push((key, self.value(depth + 1)?));
            ended = self.next_is(b'}');
            if !ended && !self.next_is(b',') {
                return Err(self.malformed());
            }
        }
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        // A provider is known to write one key twice, with one value. With two values no reading is right.
        if members.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1) {
            return Err(WrongInput::Malformed {
                what: self.what,
                problem: "a key appears twice in one object",
            });
        }
        members.dedup_by(|(a, _), (b, _)| a == b);
        Ok(Value::Object(members))
    }

    /// A string; one with escapes is left to the library.
    fn string(&mut self) -> Result<Cow<'a, str>, WrongInput> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed());
        }
        let start = self.at;
        let mut escapes = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
                None => return Err(self.malformed()),
            }
        }
        self.at += 1;
        match escapes {
            true => from_str::<Text<'a>>(&self.text[start..self.at], self.what).map(|Text(text)| text),
            false => Ok(Cow::Borrowed(&self.text[start + 1..self.at - 1])),
        }
    }
}

/// Which parts of a value are marked (sensitive, or unknown): absent, a boolean, or a value's shape with booleans.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask<'m, 'a>(&'m Value<'a>);

impl<'m, 'a> Mask<'m, 'a> {
    pub(super) fn new(mask: &'m Value<'a>) -> Self {
        Mask(mask)
    }

    /// Whether this place as a whole is marked. A mask of a form that no version writes marks everything.
    pub(super) fn all(self) -> bool {
        matches!(self.0, Value::Bool(true) | Value::String(_) | Value::Number(_))
    }

    pub(super) fn key(self, key: &str) -> Self {
        if self.all() { self } else { Mask(self.0.get(key)) }
    }

    pub(super) fn index(self, index: usize) -> Self {
        if self.all() { self } else { Mask(self.0.at(index)) }
    }

    /// Whether anything here or below is marked.
    pub(super) fn any(self) -> bool {
        self.all() || self.0.holds_true()
    }

    /// The keys that it speaks of.
    pub(super) fn keys(self) -> impl Iterator<Item = &'m str> {
        self.0.members().iter().map(|(key, _)| key.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_keys_stand_once() {
        let value = Value::read(r#"{"b":[9007199254740993,1.10,-0.0e2],"a":null}"#, "it").unwrap();
        let numbers: Vec<_> = value.get("b").elements().to_vec();
        assert_eq!(
            numbers,
            [Value::Number("9007199254740993"), Value::Number("1.10"), Value::Number("-0.0e2")]
        );
        assert!(value.get("a").is_null() && value.get("c").is_null());
        assert!(Value::read(r#"{"a":1,"\u0061":2}"#, "it").is_err());
        assert_eq!(Value::read(r#"{"a":1,"a":1}"#, "it").unwrap().members().len(), 1);
        let spaced = Value::read(" { \"a\\n\" : [ ] , \"b\" : { } , \"c\":[ 1 , \"é\" ]} ", "it").unwrap();
        assert_eq!(spaced.members().len(), 3);
        assert_eq!(spaced.get("c").at(1).as_str(), Some("é"));
        for broken in
            ["", "{", "[1", "[1 2]", "{\"a\" 1}", "{\"a\":1 \"b\"}", "\"a", "\"\\", "tru", "1 2", "{1:2}"]
        {
            assert!(Value::read(broken, "it").is_err(), "{broken}");
        }
        let deep = "[".repeat(300) + &"]".repeat(300);
        assert!(Value::read(&deep, "it").is_err());
    }

    #[test]
    fn masks_in_every_form() {
        let mask = |text: &'static str| Value::read(text, "it").unwrap();
        for (text, key_a, any) in [
            ("true", true, true),
            ("false", false, false),
            ("null", false, false),
            ("{}", false, false),
            (r#"{"a":true}"#, true, true),
            (r#"{"a":{"b":true}}"#, false, true),
            (r#"{"b":[false,true]}"#, false, true),
            (r#"{"a":"yes"}"#, true, true),
        ] {
            let value = mask(text);
            assert_eq!(Mask::new(&value).key("a").all(), key_a, "{text}");
            assert_eq!(Mask::new(&value).any(), any, "{text}");
        }
    }
}
