use pulldown_cmark::{Parser, html};

use super::*;
use crate::site::fixture;
use crate::site::model::Model;
use crate::site::raw_html::Address;

fn rendered(markdown: &str) -> Rendered {
    with_notes(markdown, &|_| None)
}

fn with_notes(markdown: &str, note: &dyn Fn(usize) -> Option<String>) -> Rendered {
    let mut book = fixture::empty();
    book.config.allow_broken_links = true;
    let input = book.input();
    let model = Model::new(&input);
    let scope = LinkScope { model: &model, source: "docs/page.md", page: "manual/page.html" };
    render(markdown, &Options { scope: &scope, offset: 0, dialect: Dialect::Record, note })
}

pub(super) fn html_of(markdown: &str) -> String {
    rendered(markdown).html.text().into_owned()
}

#[test]
fn gfm_is_written_with_classes_and_anchors() {
    for (markdown, wanted) in [
        ("# A `b` c", "<h2 id=\"a-b-c\">A <code>b</code> c<a class=\"anchor\""),
        ("## X\n## X\n## X-1\n## X", "<h2 id=\"x-2\">"),
        ("## !", "<h2 id=\"section\">"),
        (
            "- [x] one\n- [ ] two",
            "<li class=\"task\"><span class=\"box done\" role=\"img\" aria-label=\"done\"></span> one</li>",
        ),
        (
            "- [ ] one\n\n- [ ] two",
            "<li class=\"task\"><p><span class=\"box\" role=\"img\" aria-label=\"open\"></span> one</p>",
        ),
        ("3. a\n4. b", "<ol start=\"3\">"),
        (
            "|a|b|\n|:-|-:|\n|1|2|",
            "<th scope=\"col\" class=\"a-left\">a</th><th scope=\"col\" class=\"a-right\">b</th>",
        ),
        (
            "|a|\n|-|\n|1|",
            "<div class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table>",
        ),
        ("```sh foo\n<b>\n```", "<pre tabindex=\"0\"><code class=\"language-sh\">&lt;b&gt;\n</code></pre>"),
        (
            "> [!WARNING]\n> hot",
            "<div class=\"callout warning\" role=\"note\"><p class=\"callout-title\">Warning</p>",
        ),
        (
            "a[^n]\n\n[^n]: note",
            "<sup class=\"footnote-reference\" id=\"fnref.1\"><a href=\"#fn.1\">1</a></sup>",
        ),
        ("~~gone~~", "<del>gone</del>"),
        (
            "Term\n: one\n: - [ ] two",
            "<dl>\n<dt id=\"term\">Term</dt>\n<dd>one</dd>\n<dd><ul>\n<li class=\"task\"><span class=\"box\"",
        ),
        ("- [x] one\n  : two", "<li class=\"task\"><dl>\n<dt id=\"one\"><span class=\"box done\""),
        ("<https://x.example>", "<a href=\"https://x.example\">https://x.example</a>"),
        ("a\u{202E}b", "a⟨U+202E⟩b"),
        (
            "<details><summary>s</summary>\n\n*x*\n\n</details>",
            "<details><summary>s</summary>\n<p><em>x</em></p>\n</details>",
        ),
    ] {
        let html = html_of(markdown);
        assert!(html.contains(wanted), "{markdown:?} gave {html}");
    }
}

/// Who ticked a box that is named by a term stands behind the term, not behind what it means.
#[test]
fn the_note_of_a_box_follows_its_name() {
    for (markdown, wanted) in [
        ("- [x] one\n  : two\n", "> one <span class=\"by\">sam</span></dt>\n<dd>two</dd>"),
        ("- [x] one\n\n  two\n", "> one <span class=\"by\">sam</span></p>\n<p>two</p>"),
        ("- [x] one\n  - two\n", "> one <span class=\"by\">sam</span><ul>"),
    ] {
        let note = |_: usize| Some(format!("<span class=\"{}by\">sam</span>", key()));
        let html = with_notes(markdown, &note).html.text().into_owned();
        assert!(html.contains(wanted), "{markdown:?} gave {html}");
    }
}

#[test]
fn nothing_of_a_text_runs() {
    for markdown in [
        "<script>alert(1)</script>",
        "a <script>alert(1)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](<java\tscript:alert(1)>)",
        "[x](&#106;avascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "<a href=\"&#x6a;avascript:alert(1)\">x</a>",
        "<a href=\" javascript:alert(1)\">x</a>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg onload=alert(1)>",
        "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        "<p style=\"background:url(//evil.example)\">x</p>",
        "<body onload=alert(1)>",
        "<details open ontoggle=alert(1)>",
        "<iframe src=\"https://evil.example\"></iframe>",
        "<base href=\"https://evil.example\">",
        "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
        "<link rel=stylesheet href=//evil.example/x.css>",
        "<input autofocus onfocus=alert(1)>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "```\" onmouseover=alert(1) x=\"\nx\n```",
        "[x](y \"\\\" onclick=alert(1) \\\"\")",
        "# <img src=x onerror=alert(1)>",
    ] {
        let html = html_of(markdown);
        let tags: String =
            html.split('<').skip(1).map(|tag| format!("<{}>", tag.split('>').next().unwrap())).collect();
        for bad in
            ["<script", "<svg", "<iframe", "<style", "<base", "<meta", "<link", "<input", "<body", "<math"]
        {
            assert!(!tags.contains(bad), "{markdown:?} gave {html}");
        }
        for (start, _) in tags.match_indices("=\"") {
            let name = tags[..start].rsplit([' ', '<']).next().unwrap();
            assert!(
                [
                    "href",
                    "src",
                    "alt",
                    "id",
                    "class",
                    "title",
                    "role",
                    "aria-label",
                    "tabindex",
                    "loading",
                    "open",
                    "scope"
                ]
                .contains(&name),
                "{markdown:?} gave {html}"
            );
        }
        for address in [
            "href=\"javascript",
            "href=\"vbscript",
            "href=\"data",
            "src=\"data",
            "src=\"http",
            "src=\"javascript",
        ] {
            assert!(!tags.to_lowercase().contains(address), "{markdown:?} gave {html}");
        }
    }
}

/// The words of HTML, without tags and comments, images as their alternative text, entities decoded as far as the writers use them.
fn words(html: &str) -> Vec<String> {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let inner = &rest[start..];
        let end =
            if inner.starts_with("<!--") { inner.find("-->").map(|at| at + 3) } else { tag_length(inner) };
        let tag = &inner[..end.unwrap_or(inner.len())];
        rest = &inner[tag.len()..];
        text.push(' ');
        if tag.starts_with("<img") {
            text.push_str(tag.split("alt=\"").nth(1).and_then(|alt| alt.split('"').next()).unwrap_or(""));
        }
    }
    text.push_str(rest);
    let decoded =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    let decoded = decoded.replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    crate::site::text::visible(&decoded).split_whitespace().map(str::to_owned).collect()
}

fn assert_nothing_lost(markdown: &str) {
    let mut reference = String::new();
    html::push_html(&mut reference, Parser::new_ext(markdown, markdown_options()));
    let notes = markdown.contains("[^");
    // Footnotes stand behind the text here, with a link back, and where they were written in the reference.
    let joined = |words: Vec<String>| {
        let text = words.concat();
        if !notes {
            return text;
        }
        let mut characters: Vec<char> = text.replace('↩', "").chars().collect();
        characters.sort_unstable();
        characters.into_iter().collect()
    };
    let ours = words(&without_callout_titles(&html_of(markdown)));
    let (ours, reference) = (joined(ours), joined(words(&reference)));
    let same = ours.chars().zip(reference.chars()).take_while(|(a, b)| a == b).count();
    let after = |text: &str| text.chars().skip(same).take(60).collect::<String>();
    assert_eq!(after(&ours), after(&reference), "in {:?}", markdown.chars().take(200).collect::<String>());
}

/// Elements such as `<iframe>` are shown as they were written, and in the reference not at all; nor does the
/// reference decode what stands in raw HTML.
fn has_raw_tags_shown_as_text(markdown: &str) -> bool {
    let mut raw = Parser::new_ext(markdown, markdown_options()).filter_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(html),
        _ => None,
    });
    raw.any(|html| {
        html.contains('&')
            || crate::site::raw_html::rewritten(&html, |_, _, _| Address::AsWritten).contains("&lt;")
    })
}

/// A `>` in a quoted value does not end a tag.
fn tag_length(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in html.char_indices() {
        match quote {
            Some(open) if character == open => quote = None,
            None if character == '>' => return Some(at + 1),
            None if character == '"' => quote = Some(character),
            _ => {}
        }
    }
    None
}

/// The reference writes the title of a callout by style alone.
fn without_callout_titles(html: &str) -> String {
    let mut parts = html.split("<p class=\"callout-title\">");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("</p>").map_or("", |(_, rest)| rest))
}

#[test]
fn no_text_is_lost_in_made_up_documents() {
    for markdown in [
        include_str!("../testdata/README.md"),
        include_str!("../testdata/windows.md"),
        include_str!("../testdata/redis-cluster.md"),
        "a <b>b</b> c & d &amp; e < f",
        "<div>\n\n# x\n\n</div>",
        "1. a\n\n   b\n2. c\n   - d\n     > e",
        "term[^a] and[^b]\n\n[^b]: two\n[^a]: one\n    more",
        "<center>inside</center> &nbsp; \u{a0} x",
    ] {
        assert_nothing_lost(markdown);
    }
}

#[test]
fn no_tag_takes_text_with_it() {
    // Elements of HTML, SVG and MathML, old ones too, and words that people put in angle brackets.
    let names = "a abbr acronym address altGlyph animate annotation annotation-xml applet area article aside audio b base \
        basefont bdi bdo bgsound big blink blockquote body br button canvas caption center circle cite clipPath code col \
        colgroup command content cursor data datalist dd defs del desc details dfn dialog dir div dl dt ellipse em embed \
        feBlend fieldset figcaption figure filter font footer foreignObject form frame frameset g glyph h1 h6 head header \
        hgroup hr html i iframe image img input ins isindex kbd keygen label legend li line link listing main map mark \
        marker marquee mask math menu meta metadata meter mfenced mglyph mi mn mo mpath ms mtext nav nobr noembed noframes \
        noscript object ol optgroup option output p param path pattern picture plaintext polygon portal pre progress q rb \
        rect rp rt rtc ruby s samp script search section select set shadow slot small source spacer span stop strike strong \
        style sub summary sup svg switch symbol table tbody td template text textarea textPath tfoot th thead time title tr \
        track tref tspan tt u ul use var video view wbr xmp host path-to-file IP:port user@host";
    for name in names.split_ascii_whitespace() {
        for markdown in [
            format!("1. copy to <{name}> first and stop\n2. then go on\n\n## Last\n\nthe end"),
            format!("start\n\n<{name}>\n\nfirst and stop\n\n## Last\n\nthe end"),
            format!("<table><tr><td><{name}>first and stop</td></tr></table>\n\n## Last\n\nthe end"),
            format!("x <{name}>first</{name}> and stop\n\n## Last\n\nthe end"),
        ] {
            let html = html_of(&markdown);
            let shown = words(&html).join(" ");
            for part in ["first", "and stop", "Last", "the end"] {
                assert!(shown.contains(part), "{markdown:?} gave {html:?}");
            }
            // These begin blocks that end with their own tag alone; what stands there is shown as it is.
            let goes_on = ["pre", "script", "style", "textarea"].contains(&name);
            assert!(goes_on || html.contains("id=\"last\""), "{markdown:?} gave {html:?}");
        }
    }
}

#[test]
fn footnotes_stand_behind_the_text_in_the_order_of_reference() {
    let html = html_of("b[^b] a[^a] b[^b]\n\n[^a]: first\n\n[^b]: second\n\n[^c]: nobody asks\n\nthe end");
    let places: Vec<Option<usize>> = [
        "href=\"#fn.1\">1</a>",
        "href=\"#fn.2\">2</a>",
        "the end",
        "second",
        "href=\"#fnref.1\"",
        "aria-label=\"Back to reference 2\" href=\"#fnref.1-1\"",
        "first",
        "nobody asks",
    ]
    .into_iter()
    .map(|part| html.find(part))
    .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {html}");
}

#[test]
fn a_tag_that_never_ends_swallows_nothing() {
    for markdown in [
        "<p title=\"open\n\nstill here\n\n- [ ] and \"here\"",
        "x <plaintext> y\n\nstill here\n\n- [ ] and \"here\"",
        "x <textarea>\n\nstill here\n\n- [ ] and \"here\"",
        "<select><option>\n\nstill here\n\n- [ ] and \"here\"",
        "a <script> b\n\nstill here\n\n- [ ] and \"here\"",
    ] {
        let html = html_of(markdown);
        assert!(html.contains("<p>still here</p>"), "{markdown:?} gave {html}");
        assert!(html.contains("aria-label=\"open\"></span> and \"here\"</li>"), "{markdown:?} gave {html}");
    }
    let block = html_of("<script>\n\nstill here");
    assert_eq!(block, "&lt;script&gt;\n\nstill here");
}

/// The team's collection beside the crate, and the folder that `CHANGEBOOK_DOCUMENTS` names.
#[test]
fn no_text_is_lost_in_real_documents() {
    let shared = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let more = std::env::var_os("CHANGEBOOK_DOCUMENTS").map(std::path::PathBuf::from);
    for entry in [shared].into_iter().chain(more).flat_map(walkdir::WalkDir::new).flatten() {
        if entry.path().extension().is_some_and(|ending| ending == "md")
            && let Ok(markdown) = std::fs::read_to_string(entry.path())
            && !has_raw_tags_shown_as_text(&markdown)
        {
            assert_nothing_lost(&markdown);
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_lost_without_raw_html(markdown in "([a-zA-Z0-9 *_`#>|\\[\\]()!~:.\\-\\n\u{202E}é&;\"'$^+]|- \\[ \\] |```\n|\n\n){0,60}") {
        assert_nothing_lost(&markdown);
    }

    #[test]
    fn any_text_is_rendered(markdown in "\\PC{0,80}|([<>/a-z \"'=!\\-\\n\\[\\]()&;#x]){0,80}") {
        let html = html_of(&markdown);
        proptest::prop_assert!(!html.to_lowercase().contains("<script"));
    }
}

/// Pieces of texts that ask the book something, or nothing.
const PIECES: [&str; 12] = [
    "# A heading\n\n",
    "See INFRA-150 and redis-cluster, deadbeef1 too.\n\n",
    "[a](a.md#x) and [none](none.md)\n\n",
    "![image](p.png)\n\n",
    "<a href=\"a.md\">raw</a> <img src=\"p.png\">\n\n",
    "- [x] done\n- [ ] open\n\n",
    "```yaml\na: 1\n```\n\n",
    "```\nplain <b>\n```\n\n",
    "| a |\n|-|\n| INFRA-150 |\n\n",
    "note[^1]\n\n[^1]: [a](a.md)\n\n",
    "> [!NOTE]\n> text\n\n",
    "<div title=\"\n\n",
];

/// The same text in books that differ, with one memory for all: what is kept is what would be rendered.
#[test]
fn a_kept_text_is_what_would_be_rendered() {
    use proptest::prelude::*;
    let memory = crate::history::Pieces::in_memory();
    let cases = prop::collection::vec(0..PIECES.len(), 0..5);
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config::with_cases(300));
    let doc = |path: &str| crate::site::DocFile::new(path, Vec::new());
    let outcome =
        runner.run(&(cases, any::<[bool; 5]>()), |(pieces, [records, page, image, ticked, forge])| {
            let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            let mut book = if records { fixture::book() } else { fixture::empty() };
            book.config.allow_broken_links = true;
            if !forge {
                book.config.repository_url = None;
            }
            book.docs = [(page, "docs/a.md"), (image, "docs/p.png")]
                .into_iter()
                .filter(|(there, _)| *there)
                .map(|(_, path)| doc(path))
                .collect();
            let render_with = |memory: Option<&dyn crate::site::Memory>| {
                let input = crate::site::SiteInput { memory, ..book.input() };
                let model = Model::new(&input);
                let scope = LinkScope { model: &model, source: "docs/page.md", page: "manual/page.html" };
                let note = |at: usize| ticked.then(|| format!("<span class=\"{}by\">Kim {at}</span>", key()));
                render(&text, &Options { scope: &scope, offset: 3, dialect: Dialect::Record, note: &note })
            };
            prop_assert_eq!(render_with(None), render_with(Some(&memory)));
            prop_assert_eq!(render_with(None), render_with(Some(&memory)));
            Ok(())
        });
    outcome.unwrap();
}
