//! Texts that stand in files of their own, with the signature behind them.

/// Where a signature begins.
const ARMOR: &str = "-----BEGIN SSH SIGNATURE-----";

/// Splits a file into its text, with LF as it was signed, and the armoured signature behind it, if there is one.
pub(super) fn split_armor(file: &[u8]) -> Result<(String, Option<String>), &'static str> {
    let file = std::str::from_utf8(file).map_err(|_| "it is not UTF-8")?;
    // A checkout may have turned line ends; what was signed has LF.
    let mut text = file.replace("\r\n", "\n");
    let armor = text.find(ARMOR).map(|start| text.split_off(start));
    Ok((text, armor))
}

/// Whether a text is lower-case hexadecimal digits, as git writes names.
pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
