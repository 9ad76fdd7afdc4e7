use super::*;

#[test]
fn numbers_are_differences_in_base_36() {
    let mut text = String::new();
    push_numbers(&mut text, &[0, 5, 41, 41 + 36 * 36]);
    assert_eq!(text, "\"0 5 10 100\"");
    assert_eq!(shard_name("aß"), "a_df");
    assert_eq!(quoted("</script>\u{2028}"), "\"\\u003c/script>\\u2028\"");
}

#[test]
fn headings_stand_beside_their_word() {
    let found =
        |text: &str| HeadingFound { text: text.to_owned(), id: "an-id".to_owned(), places: vec![3, 4] };
    let headings = ByWord::from_iter([("redis".to_owned(), vec![found("<Redis>"), found("Redis")])]);
    let shards = shards(&[("redis", vec![3, 4]), ("rest", vec![1])], &headings);
    let expected = "\"redis\":[\"3 1\",[[\"\\u003cRedis>\",\"an-id\",\"3 1\"],[\"Redis\",\"an-id\",\"3 1\"]]],\"rest\":\"1\"";
    assert_eq!(shards, [("r".to_owned(), expected.to_owned())]);
}

/// What the script does: the last shard that begins no later than the word, and those that begin with it.
fn asked<'a>(shards: &'a [(String, String)], word: &str) -> Vec<&'a str> {
    let after = shards.partition_point(|(start, _)| start.as_str() <= word);
    let rest = shards[after..].iter().take_while(|(start, _)| start.starts_with(word));
    shards[after.saturating_sub(1)..after].iter().chain(rest).map(|(_, body)| body.as_str()).collect()
}

#[test]
fn neighbours_share_a_shard_and_each_word_is_found_by_its_letters() {
    let mut words: Vec<String> = (0..3000).map(|n| format!("re{n:04}")).collect();
    words.extend(["a", "b", "re", "rf", "zürich", "\u{20000}x", "\u{ff5e}y"].map(str::to_owned));
    words.sort();
    let postings: Vec<(&str, Vec<usize>)> = words.iter().map(|word| (word.as_str(), vec![1])).collect();
    let shards = shards(&postings, &ByWord::default());
    let starts: Vec<&str> = shards.iter().map(|(start, _)| start.as_str()).collect();
    assert_eq!(&starts[..3], ["a", "re", "re1"], "what is small stands together, what is large is split");
    assert!(starts.len() < 10, "{starts:?}");
    assert!(shards.iter().all(|(_, body)| body.len() <= MAX_SHARD), "{starts:?}");
    // As the script orders strings: the letters of UTF-16.
    assert!(starts.windows(2).all(|pair| pair[0].encode_utf16().lt(pair[1].encode_utf16())), "{starts:?}");
    for word in words.iter().filter(|word| word.is_ascii() || word.starts_with('z')) {
        let has = |prefix: &str| asked(&shards, prefix).iter().any(|body| body.contains(&quoted(word)));
        assert!(has(word) && has(&word[..1]), "{word}");
    }
    let last = &shards.last().unwrap().1;
    assert!(last.find("\u{20000}x") < last.find("\u{ff5e}y") && last.contains("\u{20000}x"), "{last}");
}

#[test]
fn a_change_of_one_word_leaves_the_shards_of_other_letters() {
    let words: Vec<String> =
        ('a'..='z').flat_map(|letter| (0..900).map(move |n| format!("{letter}{n:04}"))).collect();
    let postings = |without: usize| -> Vec<(&str, Vec<usize>)> {
        let kept = words.iter().enumerate().filter(|(place, _)| *place != without);
        kept.map(|(_, word)| (word.as_str(), vec![1, 5, 9])).collect()
    };
    let before = shards(&postings(usize::MAX), &ByWord::default());
    let after = shards(&postings(5), &ByWord::default());
    let changed = before.iter().filter(|shard| !after.contains(shard)).count();
    assert!(before.len() > 20 && (1..=2).contains(&changed), "{changed} of {}", before.len());
}
