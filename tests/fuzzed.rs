//! The targets of the fuzzers over mutated seeds: a few thousand inputs, the same ones in each run. How to run the
//! fuzzers themselves, for long, stands in `docs/contributing.md`.

use std::path::Path;
use std::time::{Duration, Instant};

use changebook::fuzzing::{TARGETS, Target};

/// How many inputs each target gets; `CHANGEBOOK_FUZZ_INPUTS` asks for more.
const N_INPUTS: usize = 400;
/// A debug build on a busy machine; the fuzzers themselves ask for a second.
const LONGEST: Duration = Duration::from_secs(10);

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(usize::MAX) % limit.max(1)
    }
}

/// Words with a meaning somewhere, and numbers at the edges.
const WORDS: [&[u8]; 24] = [
    b"\n+++\n",
    b"---\n",
    b"- [ ] ",
    b"- [x] ",
    b"## ",
    b"```\n",
    b"\0",
    b"\r",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"[[",
    b"\"\"\"",
    b"{",
    b"}",
    b"[",
    b"&a ",
    b"*a",
    b"-1",
    b"99999999999999999999",
    b"1e999",
    b"<<<<<<< x\n",
    b"\n%%%%\n",
    b"0000-00-00",
];

fn mutated(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            3 => {
                let piece = bytes[at..end].repeat(1 + random.below(50));
                bytes.splice(at..at, piece).for_each(drop);
            }
            4 => {
                let from = random.below(other.len() + 1);
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..end, other[from..to].iter().copied()).for_each(drop);
            }
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                bytes.splice(at..at, word.iter().copied()).for_each(drop);
            }
        }
    }
    bytes
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty(), "no seeds of {name}");
    seeds
}

fn run(name: &str, target: Target) {
    let seeds = seeds(name);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let wanted = std::env::var("CHANGEBOOK_FUZZ_INPUTS").ok().and_then(|text| text.parse().ok());
    for number in 0..wanted.unwrap_or(N_INPUTS) {
        let seed = &seeds[number % seeds.len()];
        let input = match number < seeds.len() {
            true => seed.clone(),
            false => mutated(seed, &seeds[random.below(seeds.len())], &mut random),
        };
        let begun = Instant::now();
        let outcome = std::panic::catch_unwind(|| target(&input));
        let shown = || String::from_utf8_lossy(&input).escape_debug().to_string();
        assert!(outcome.is_ok(), "{name}, input {number}: {}", shown());
        assert!(begun.elapsed() < LONGEST, "{name}, input {number} took {:?}: {}", begun.elapsed(), shown());
    }
}

#[test]
fn nothing_that_strangers_write_breaks_what_reads_it() {
    std::thread::scope(|scope| {
        let running: Vec<_> =
            TARGETS.iter().map(|&(name, target)| (name, scope.spawn(move || run(name, target)))).collect();
        for (name, thread) in running {
            assert!(thread.join().is_ok(), "{name}");
        }
    });
}

/// Each target has its program, and each program is a target.
#[test]
fn each_target_has_a_fuzzer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let mut programs: Vec<String> = std::fs::read_dir(root.join("fuzz_targets"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let mut targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    programs.sort();
    targets.sort_unstable();
    assert_eq!(programs, targets);
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for name in targets {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}
