//! SSH signatures over raw commit bytes and over texts, verified in this process.
//!
//! Whether a signature fits the key that it carries is a fact that never changes; whose key that is, the
//! policy says later. Format: OpenSSH's `PROTOCOL.sshsig`.

use git2::Oid;
use gix_object::Kind;
use rayon::prelude::*;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, PublicKey, SshSig};

use super::raw;
use super::{CommitId, FactCache, HistoryError, Repository};

/// What git signs commits under.
const GIT_NAMESPACE: &str = "git";
/// What detached approvals are signed under.
const APPROVAL_NAMESPACE: &str = "changebook";
/// Shortest RSA modulus that counts, in bits.
const MIN_RSA_BITS: u32 = 2048;
/// Longest signature that is looked at, in bytes: an RSA-16384 signature has some 6 KB.
const MAX_ARMOR_BYTES: usize = 16 * 1024;

/// What a signature is worth by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureCheck {
    /// It fits the key that it carries: the key's type and data, as in a line of `authorized_keys`.
    Good {
        /// `ssh-ed25519 AAAA…`, without comment.
        key: Box<str>,
    },
    /// It does not fit, or has a form that does not count; the reason in words.
    Bad {
        /// Completes "the signature …".
        why: &'static str,
    },
    /// A kind that is not verified here and so never counts.
    Unsupported {
        /// `OpenPGP` or `X.509`.
        kind: &'static str,
    },
}

/// Verifies the signature of a commit over its raw bytes; `None` for a commit that carries none.
pub(super) fn check_commit(bytes: &[u8]) -> Option<SignatureCheck> {
    let (payload, armor) = raw::split_signature(bytes)?;
    Some(check(GIT_NAMESPACE, &payload, &armor))
}

/// Verifies an armoured signature over a detached approval's text.
pub fn check_text(text: &[u8], armor: &[u8]) -> SignatureCheck {
    check(APPROVAL_NAMESPACE, text, armor)
}

fn check(namespace: &str, payload: &[u8], armor: &[u8]) -> SignatureCheck {
    let bad = |why| SignatureCheck::Bad { why };
    let Some(first) = armor.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()) else {
        return bad("is empty");
    };
    match first.trim_ascii() {
        b"-----BEGIN SSH SIGNATURE-----" => {}
        b"-----BEGIN PGP SIGNATURE-----" | b"-----BEGIN PGP MESSAGE-----" => {
            return SignatureCheck::Unsupported { kind: "OpenPGP" };
        }
        b"-----BEGIN SIGNED MESSAGE-----" => return SignatureCheck::Unsupported { kind: "X.509" },
        _ => return bad("is of an unknown kind"),
    }
    let Some(signature) = rewrap(armor).and_then(|pem| SshSig::from_pem(pem).ok()) else {
        return bad("cannot be read");
    };
    if signature.namespace() != namespace {
        return bad("was made for another purpose");
    }
    if let Some(why) = unacceptable(&signature) {
        return bad(why);
    }
    let key = PublicKey::from(signature.public_key().clone());
    if key.verify(namespace, payload, &signature).is_err() {
        return bad("does not match what was signed");
    }
    match key.to_openssh() {
        Ok(key) => SignatureCheck::Good { key: key_identity(&key).into() },
        Err(_) => bad("contains a key that cannot be encoded"),
    }
}

/// A public key's type and data, without its comment: what makes it the same key.
pub fn key_identity(openssh: &str) -> String {
    openssh.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Why a well-formed signature does not count: a short key, a weak hash, a security key that nobody touched.
fn unacceptable(signature: &SshSig) -> Option<&'static str> {
    match (signature.public_key(), signature.algorithm()) {
        (KeyData::Dsa(_), _) => Some("was made with a DSA key"),
        (KeyData::Rsa(_), Algorithm::Rsa { hash: None }) => Some("uses SHA-1"),
        (KeyData::Rsa(rsa), _) => {
            let short = rsa.n.as_positive_bytes().is_none_or(|modulus| bits(modulus) < MIN_RSA_BITS);
            short.then_some("was made with an RSA key of less than 2048 bits")
        }
        (KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_), _) => {
            // The last five bytes: flags, whose lowest bit says that the key was touched, and a counter.
            let bytes = signature.signature_bytes();
            let touched = bytes.len().checked_sub(5).is_some_and(|flags| bytes[flags] & 1 == 1);
            (!touched).then_some("was made by a security key without a touch")
        }
        _ => None,
    }
}

fn bits(modulus: &[u8]) -> u32 {
    let significant = modulus.iter().skip_while(|byte| **byte == 0);
    let leading = significant.clone().next().map_or(0, |byte| byte.leading_zeros());
    u32::try_from(significant.count() * 8).unwrap_or(u32::MAX) - leading
}

/// The armour with its data in lines of 70 characters, which is what the parser reads; `ssh-keygen` and
/// agents wrap otherwise.
fn rewrap(armor: &[u8]) -> Option<String> {
    const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
    const END: &str = "-----END SSH SIGNATURE-----";
    let text = std::str::from_utf8(armor).ok().filter(|text| text.len() <= MAX_ARMOR_BYTES)?;
    let (before, rest) = text.split_once(BEGIN)?;
    let (data, after) = rest.split_once(END)?;
    if !before.trim().is_empty() || !after.trim().is_empty() {
        return None;
    }
    let data: String = data.split_ascii_whitespace().collect();
    let mut pem = format!("{BEGIN}\n");
    for line in data.as_bytes().chunks(70) {
        pem.push_str(std::str::from_utf8(line).ok()?);
        pem.push('\n');
    }
    pem.push_str(END);
    pem.push('\n');
    Some(pem)
}

impl Repository {
    /// Verifies the signatures of commits on all cores; `None` for a commit that carries none. A signature that
    /// was found good once is good: what was signed, and by which key, is in the commit.
    ///
    /// # Errors
    /// When an object is missing or unreadable.
    pub fn check_signatures(
        &self,
        commits: &[CommitId],
        cache: Option<&mut FactCache>,
    ) -> Result<Vec<Option<SignatureCheck>>, HistoryError> {
        let Some(cache) = cache else { return self.verify_signatures(commits) };
        let unknown: Vec<CommitId> =
            commits.iter().filter(|commit| !cache.commits.keys.contains_key(commit)).copied().collect();
        let mut verified = self.verify_signatures(&unknown)?.into_iter();
        let mut checks = Vec::with_capacity(commits.len());
        for commit in commits {
            checks.push(match cache.commits.keys.remove(commit) {
                Some(key) => Some(SignatureCheck::Good { key }),
                None => {
                    let check = verified.next().flatten();
                    if let Some(SignatureCheck::Good { key }) = &check {
                        cache.add_key(*commit, key.clone());
                    }
                    check
                }
            });
        }
        Ok(checks)
    }

    fn verify_signatures(&self, commits: &[CommitId]) -> Result<Vec<Option<SignatureCheck>>, HistoryError> {
        let store = &self.objects;
        let chunks: Result<Vec<Vec<_>>, HistoryError> = commits
            .par_chunks(64)
            .map_init(
                || store.reader(),
                |objects, chunk| {
                    chunk
                        .iter()
                        .map(|commit| {
                            let oid = Oid::from_bytes(&commit.0).map_err(HistoryError::git)?;
                            let commit = objects.read(oid, Kind::Commit)?;
                            let not_a_commit = || HistoryError::NotACommit { id: oid.to_string() };
                            Ok(check_commit(commit.ok_or_else(not_a_commit)?))
                        })
                        .collect()
                },
            )
            .collect();
        Ok(chunks?.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_unsupported_and_garbage_is_bad() {
        let kind = |armor: &str| check("git", b"x", armor.as_bytes());
        assert_eq!(
            kind("-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"),
            SignatureCheck::Unsupported { kind: "OpenPGP" }
        );
        assert_eq!(
            kind("-----BEGIN SIGNED MESSAGE-----\nabc\n-----END SIGNED MESSAGE-----\n"),
            SignatureCheck::Unsupported { kind: "X.509" }
        );
        for armor in [
            "",
            "\n\n",
            "hello",
            "-----BEGIN SSH SIGNATURE-----",
            "-----BEGIN SSH SIGNATURE-----\n!!!\n-----END SSH SIGNATURE-----\n",
            "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\ntrailing",
        ] {
            assert!(matches!(kind(armor), SignatureCheck::Bad { .. }), "{armor:?}");
        }
    }

    #[test]
    fn significant_bits() {
        assert_eq!(bits(&[0, 0x80, 0]), 16);
        assert_eq!(bits(&[1]), 1);
        assert_eq!(bits(&[]), 0);
    }
}
