//! Characters by which a text may read as another: invisible ones, direction controls, look-alikes.

/// Why a text is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspect {
    /// It holds this character, which shows nothing or turns the direction.
    Invisible(char),
    /// A word of Latin letters holds this letter of another script.
    LookAlike(char),
}

impl Suspect {
    /// The character.
    pub(super) fn character(self) -> char {
        match self {
            Suspect::Invisible(character) | Suspect::LookAlike(character) => character,
        }
    }

    /// What to say of it, after "… holds".
    pub(super) fn describe(self) -> String {
        let number = u32::from(self.character());
        match self {
            Suspect::Invisible(character) if is_bidi_control(character) => {
                format!("the direction control U+{number:04X}")
            }
            Suspect::Invisible(_) => format!("the invisible character U+{number:04X}"),
            Suspect::LookAlike(letter) => {
                let script = if is_cyrillic(letter) { "Cyrillic" } else { "Greek" };
                format!("a word that mixes Latin letters with the {script} `{letter}` (U+{number:04X})")
            }
        }
    }
}

/// The first reason to suspect `text`.
pub(super) fn find_suspect(text: &str) -> Option<Suspect> {
    if text.is_ascii() {
        return None;
    }
    find_invisible(text).map(Suspect::Invisible).or_else(|| find_look_alike(text).map(Suspect::LookAlike))
}

fn find_invisible(text: &str) -> Option<char> {
    let mut previous = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        // Joiners are part of emoji and of several scripts' spelling; beside these letters they only hide.
        let joiner = matches!(letter, '\u{200c}' | '\u{200d}');
        let hides = if joiner { is_european(previous) || is_european(next) } else { is_invisible(letter) };
        if hides || is_bidi_control(letter) {
            return Some(letter);
        }
        previous = letter;
    }
    None
}

fn find_look_alike(text: &str) -> Option<char> {
    text.split(|letter: char| !letter.is_alphanumeric()).find_map(|word| {
        word.chars()
            .any(is_latin)
            .then(|| word.chars().find(|&letter| is_cyrillic(letter) || is_greek(letter)))
            .flatten()
    })
}

fn is_bidi_control(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e007f}')
        || (letter.is_control() && !letter.is_ascii_whitespace())
}

fn is_european(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || is_latin(letter) || is_cyrillic(letter) || is_greek(letter)
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphabetic()
        || (matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') && letter.is_alphabetic())
}

fn is_cyrillic(letter: char) -> bool {
    matches!(letter, '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}')
}

fn is_greek(letter: char) -> bool {
    matches!(letter, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects() {
        for (text, expected) in [
            ("Code review", None),
            ("Überprüfung für Zürich", None),
            ("Проверка кода", None),
            ("Обновить Redis", None),
            ("Ω and k", None),
            ("launch 👩\u{200d}💻", None),
            ("می\u{200c}خواهم", None),
            ("Code\u{200b} review", Some(Suspect::Invisible('\u{200b}'))),
            ("Co\u{200d}de", Some(Suspect::Invisible('\u{200d}'))),
            ("\u{202e}weiver", Some(Suspect::Invisible('\u{202e}'))),
            ("\u{feff}x", Some(Suspect::Invisible('\u{feff}'))),
            ("bell\u{7}é", Some(Suspect::Invisible('\u{7}'))),
            ("Sеcurity review", Some(Suspect::LookAlike('е'))),
            ("αpply", Some(Suspect::LookAlike('α'))),
        ] {
            assert_eq!(find_suspect(text), expected, "{text:?}");
        }
        assert_eq!(
            Suspect::LookAlike('е').describe(),
            "a word that mixes Latin letters with the Cyrillic `е` (U+0435)"
        );
    }
}
