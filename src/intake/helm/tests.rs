//! Worked cases: a chart of the tests' own, hostile archives, and the chart of card 7 where it is at hand.

use std::path::Path as File;

use super::*;
use crate::policy::Policy;
use crate::record::Risk;

type Files = Vec<(String, Vec<u8>)>;

pub(super) fn chart(version: &str, values: &str, more: &[(&str, &str)]) -> Chart {
    let mut files: Files = vec![
        (
            "Chart.yaml".to_owned(),
            format!("apiVersion: v2\nname: shop\nversion: {version}\nappVersion: '{version}'\n").into_bytes(),
        ),
        ("values.yaml".to_owned(), values.as_bytes().to_vec()),
    ];
    files.extend(more.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    Chart::read("shop", &files).unwrap()
}

fn evidence(comparison: &Comparison<'_>) -> Evidence {
    let evidence = Evidence::compared(comparison, "sha256:0".to_owned());
    let written = serde_json::to_string_pretty(&evidence).unwrap();
    let read: Evidence = serde_json::from_str(&written).unwrap();
    assert_eq!(read, evidence, "{written}");
    evidence
}

pub(super) fn describe(comparison: &Comparison<'_>) -> String {
    evidence(comparison).block(100)
}

pub(super) fn found(comparison: &Comparison<'_>, policy: &Policy) -> crate::intake::Found {
    evidence(comparison).found(policy)
}

const CHANGELOG: &str = "# Changelog\n\n## 1.3.0\n- feat: rate limiting\n- fix: memory leak of the *controller*\n- rename `port` to `ports`\n\n## 1.2.0\n- was before\n";

#[test]
fn a_minor_upgrade_in_words() {
    let old = chart(
        "1.2.0",
        "replicas: 2\nport: 80\nimage: {tag: a, password: old-secret}\n",
        &[("templates/a.yaml", "1"), ("crds/x.yaml", "1")],
    );
    let new = chart(
        "1.3.0",
        "replicas: 3\nimage: {tag: b, password: new-secret}\nlimits: {rps: 10}\n",
        &[
            ("templates/a.yaml", "2"),
            ("templates/b.yaml", "1"),
            ("crds/x.yaml", "2"),
            ("CHANGELOG.md", CHANGELOG),
        ],
    );
    let values =
        ValuesFile::read(&[("values/production.yaml".to_owned(), b"shop:\n  port: 8080\n".to_vec())]);
    let comparison = compare(&old, &new, &values).unwrap();
    insta::assert_snapshot!(describe(&comparison), @r"
    shop 1.2.0 → 1.3.0 (minor), app 1.2.0 → 1.3.0

    - Breaking changes:
      - 1.3.0: rename \`port\` to \`ports\`
    - New features:
      - 1.3.0: feat: rate limiting
    - Bug fixes:
      - 1.3.0: fix: memory leak of the \*controller\*
    - Default values:
      - image.password changed (value hidden)
      - image.tag a → b
      - limits added (rps 10)
      - port removed (80)
      - replicas 2 → 3
    - **Removed values that this repository sets:**
      - port in values/production.yaml
    - Templates: 1 added (b.yaml); 1 changed (a.yaml)
    - Custom resource definitions (`helm upgrade` leaves them as they are): 1 changed (x.yaml)
    ");
    let found = found(&comparison, &Policy::builtin());
    assert_eq!(found.risk(), Some(Risk::High));
    assert!(
        found.reasons()[0].starts_with("breaking-upgrade (high): shop: custom resource definitions differ"),
        "{:?}",
        found.reasons()
    );
    assert!(found.reasons()[0].contains("port is gone and values/production.yaml sets it"));
}

#[test]
fn bundled_charts_and_their_crds() {
    let old = chart("0.1.0", "a: 1", &[("charts/crds/Chart.yaml", "1"), ("charts/x/crds/a.yaml", "1")]);
    let new = chart("0.2.0", "a: 1", &[("charts/crds/Chart.yaml", "2"), ("charts/x/crds/a.yaml", "2")]);
    let comparison = compare(&old, &new, &[]).unwrap();
    let text = describe(&comparison);
    assert!(text.starts_with("shop 0.1.0 → 0.2.0 (minor, which below 1.0 counts as major)"), "{text}");
    assert!(
        text.contains(
            "as they are): 1 changed (x/crds/a.yaml)\n- Bundled charts: 1 changed (crds/Chart.yaml)"
        ),
        "{text}"
    );
}

#[test]
fn jumps() {
    for (old, new, expected) in [
        ("4.6.0", "4.8.0", Jump::Minor),
        ("v4.6.0", "4.6.1", Jump::Patch),
        ("4.6.0", "5.0.0", Jump::Major),
        ("0.6.0", "0.7.0", Jump::Major),
        ("4.8.0", "4.6.0", Jump::Downgrade),
        ("4.8.0-beta.0", "4.8.0", Jump::Patch),
        ("4.8.0+a", "4.8.0+b", Jump::None),
        ("1.2", "1.3", Jump::Minor),
    ] {
        assert_eq!(jump(&parse_version(old).unwrap(), &parse_version(new).unwrap()), expected, "{old} {new}");
    }
    for text in ["", "latest", "1.2.3.4", "1..2"] {
        assert!(parse_version(text).is_none(), "{text}");
    }
}

#[test]
fn a_patch_is_low_and_two_charts_are_refused() {
    let (old, new) = (chart("1.2.0", "a: 1", &[]), chart("1.2.1", "a: 1", &[]));
    let comparison = compare(&old, &new, &[]).unwrap();
    assert!(describe(&comparison).contains("read its release notes"));
    // The app's version moves with the chart's here, which is configuration.
    assert_eq!(found(&comparison, &Policy::builtin()).categories(), ["configuration", "patch-upgrade"]);
    let mut other = new.clone();
    other.name = "other".to_owned();
    assert!(compare(&old, &other, &[]).unwrap_err().to_string().contains("different charts"));
}

#[test]
fn what_is_no_chart_says_so() {
    let read = |files: &[(&str, &str)]| {
        let files: Files =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
        Chart::read("x", &files).unwrap_err().to_string()
    };
    assert_eq!(read(&[]), "x is not a chart: it does not have a Chart.yaml");
    assert_eq!(
        read(&[("Chart.yaml", "name: x\nname: y\n")]),
        "x/Chart.yaml:2:1: the key `name` appears twice in this table"
    );
    assert_eq!(read(&[("Chart.yaml", "name: x\n")]), "x/Chart.yaml: it does not have `version`");
    assert!(read(&[("Chart.yaml", "name: x\nversion: latest\n")]).contains("not a valid version"));
    assert!(
        read(&[("Chart.yaml", "name: x\nversion: 1.0.0\n"), ("values.yaml", "[1]")])
            .contains("does not contain a table")
    );
    let hostile = "name: \"x\\n\\n## Approvals\\n\\n- [x] Security review\"\nversion: 1.0.0\n";
    assert!(read(&[("Chart.yaml", hostile)]).contains("not a valid chart name"));
}

// ---- packed charts

fn pack(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        // Written raw, for the library refuses the paths that a hostile archive holds.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_packed_chart_is_read_in_memory() {
    let packed =
        pack(&[("shop/Chart.yaml", b"name: shop\nversion: 1.0.0\n"), ("shop/templates/a.yaml", b"x")]);
    let files = unpack(&packed).unwrap();
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["Chart.yaml", "templates/a.yaml"]);
    assert_eq!(Chart::read("shop-1.0.0.tgz", &files).unwrap().version_text, "1.0.0");
}

#[test]
fn hostile_archives_are_refused() {
    for path in ["../evil", "shop/../../evil", "/etc/passwd", "shop//a", "C:/x/y", "top-level-file"] {
        let error = unpack(&pack(&[(path, b"x")])).unwrap_err();
        assert!(matches!(error, ArchiveError::Path { .. }), "{path}: {error}");
    }
    let zeros = vec![0u8; 9 * 1024 * 1024];
    assert!(
        matches!(unpack(&pack(&[("shop/big", &zeros)])), Err(ArchiveError::TooLarge { .. })),
        "one large file"
    );
    let many: Vec<(String, &[u8])> =
        (0..9).map(|n| (format!("shop/{n}"), &zeros[..8 * 1024 * 1024])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(path, bytes)| (path.as_str(), *bytes)).collect();
    assert!(matches!(unpack(&pack(&many)), Err(ArchiveError::TooLarge { .. })), "many large files");
    assert!(matches!(unpack(&pack(&[("s/a", b"1"), ("s/a", b"2")])), Err(ArchiveError::Twice { .. })));
    assert!(matches!(unpack(b"no archive"), Err(ArchiveError::Format(_))));
    let mut cut = pack(&[("shop/Chart.yaml", &[b'x'; 5000])]);
    cut.truncate(cut.len() / 2);
    assert!(unpack(&cut).is_err(), "a truncated archive");
}

#[test]
fn mutated_archives_are_read_or_refused() {
    let good = pack(&[("shop/Chart.yaml", b"name: shop\nversion: 1.0.0\n"), ("shop/values.yaml", b"a: 1\n")]);
    for at in 0..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] ^= flip;
            if let Ok(files) = unpack(&bytes) {
                let _ = Chart::read("shop", &files);
            }
        }
        let _ = unpack(&good[..at]);
    }
}

fn folder(path: &File) -> Files {
    let mut found: Files = walkdir::WalkDir::new(path)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(path).unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_chart_of_card_7() {
    let corpus = File::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/helm");
    if !corpus.is_dir() {
        eprintln!("skipped: the corpus is not beside this checkout: nothing compared");
        return;
    }
    let read = |name: &str| Chart::read(name, &folder(&corpus.join(name))).unwrap();
    let (old, new) = (read("ingress-nginx-4.6.0"), read("ingress-nginx-4.8.0"));
    let comparison = compare(&old, &new, &[]).unwrap();
    let text = describe(&comparison);
    assert!(text.starts_with("ingress-nginx 4.6.0 → 4.8.0 (minor), app 1.7.0 → 1.9.0"), "{text}");
    assert!(text.contains("- Breaking changes: none in the changelog"), "{text}");
    assert!(text.contains("feat(helm): Add loadBalancerClass"), "{text}");
    assert!(text.contains("4.7.0: helm: Fix opentelemetry module installation for daemonset"), "{text}");
    assert!(!text.contains("4.6.0: "), "entries of the old version: {text}");
    // Each changed default value is on a line of its own or counted.
    let listed =
        text.split("- Default values:\n").nth(1).unwrap().lines().take_while(|line| line.starts_with("  - "));
    let counted: usize = listed
        .clone()
        .filter_map(|line| line.strip_prefix("  - and ")?.strip_suffix(" more")?.parse::<usize>().ok())
        .sum();
    let n_listed = listed.filter(|line| !line.starts_with("  - and ")).count();
    let rest: usize = comparison
        .values
        .iter()
        .skip(n_listed)
        .map(|change| {
            [&change.old, &change.new]
                .into_iter()
                .flatten()
                .map(|value| value.leaves().len())
                .max()
                .unwrap_or(0)
        })
        .sum();
    assert!(n_listed > 5 && counted == rest, "{n_listed} {counted} {rest}: {text}");
    assert_eq!(found(&comparison, &Policy::builtin()).risk(), Some(Risk::Medium));
}
