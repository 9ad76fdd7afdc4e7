//! Who may ask the server: this machine's user, and no page of another site in their browser.
//!
//! A book is confidential, and every page that the reader has open may send questions to this machine. Browsers say
//! where a question comes from (Fetch Metadata); what they say is taken at its word only to refuse.

use oxhttp::model::{
    Body, HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
};

use super::answer::typed;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What a browser may do with every answer: show it by itself or in pages of this server.
const PROTECTION: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'self'"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Answers what may be asked, and refuses the rest.
pub(super) fn guarded(
    request: &Request<Body>,
    answer: impl FnOnce(&Request<Body>) -> Response<Body>,
) -> Response<Body> {
    let mut response = match may_ask(request.method(), request.uri(), request.headers()) {
        true => answer(request),
        false => refused(),
    };
    for (name, value) in PROTECTION {
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    response
}

fn may_ask(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    let is_reading = matches!(*method, Method::GET | Method::HEAD);
    is_reading && is_local(headers) && (is_own(headers) || is_followed_link(uri, headers))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whether the question names this machine: a page of another host may lead its name here.
fn is_local(headers: &HeaderMap) -> bool {
    let host = text(headers, &header::HOST).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    matches!(name, "127.0.0.1" | "[::1]") || name.eq_ignore_ascii_case("localhost")
}

/// Whether the user asks, or a page of this server. Another port of this machine is another site: somebody else's
/// development server, for one.
fn is_own(headers: &HeaderMap) -> bool {
    let host = text(headers, &header::HOST).unwrap_or_default();
    let is_from_here = |name: &HeaderName| {
        text(headers, name).is_none_or(|from| {
            from.strip_prefix("http://").and_then(|from| from.split('/').next()) == Some(host.as_str())
        })
    };
    match text(headers, &FETCH_SITE).as_deref() {
        Some("same-origin" | "none") => is_from_here(&header::ORIGIN),
        Some(_) => false,
        // An old browser, or no browser.
        None => is_from_here(&header::ORIGIN) && is_from_here(&header::REFERER),
    }
}

/// Whether somebody follows a link from elsewhere to a page: it is shown by itself, and who linked learns nothing.
fn is_followed_link(uri: &Uri, headers: &HeaderMap) -> bool {
    let is_page = uri.path().ends_with('/') || uri.path().ends_with(".html");
    let is_by_itself = match text(headers, &FETCH_SITE) {
        Some(_) => {
            text(headers, &FETCH_MODE).as_deref() == Some("navigate")
                && text(headers, &FETCH_DEST).as_deref() == Some("document")
        }
        // What an old browser would put into a frame, the header for frames refuses.
        None => true,
    };
    is_page && is_by_itself && !headers.contains_key(header::ORIGIN)
}

fn refused() -> Response<Body> {
    let mut response = typed("text/plain", b"this site is only served to this machine".to_vec());
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser says, as `name: value` lines, and whether it may ask.
    fn check(method: &str, path: &str, said: &str, expected: bool) {
        let mut headers = HeaderMap::new();
        for line in said.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        headers.entry(header::HOST).or_insert(HeaderValue::from_static("127.0.0.1:3000"));
        let asked = may_ask(&method.parse().unwrap(), &path.parse().unwrap(), &headers);
        assert_eq!(asked, expected, "{method} {path}\n{said}");
    }

    #[test]
    fn other_sites_read_nothing_and_links_lead_here() {
        let from = |site: &str, mode: &str, dest: &str| {
            format!("sec-fetch-site: {site}\nsec-fetch-mode: {mode}\nsec-fetch-dest: {dest}")
        };
        for site in ["cross-site", "same-site"] {
            for path in ["/search-index.json", "/search.js", "/", "/tasks/A-1.html", "/-/wait?1"] {
                for (mode, dest) in [
                    ("no-cors", "script"),
                    ("cors", "empty"),
                    ("no-cors", "empty"),
                    ("no-cors", "image"),
                    ("no-cors", "style"),
                    ("navigate", "iframe"),
                    ("navigate", "frame"),
                    ("navigate", "object"),
                    ("navigate", "embed"),
                ] {
                    check("GET", path, &from(site, mode, dest), false);
                }
            }
            let link = from(site, "navigate", "document");
            check("GET", "/", &link, true);
            check("GET", "/tasks/A-1.html", &link, true);
            check("GET", "/search-index.json", &link, false);
            check("POST", "/", &link, false);
            check("GET", "/", &format!("{link}\norigin: https://evil.example"), false);
        }
        check("GET", "/search-index.json", &from("same-origin", "cors", "empty"), true);
        check("GET", "/", &from("none", "navigate", "document"), true);
        check("POST", "/", &from("same-origin", "cors", "empty"), false);
    }

    #[test]
    fn what_says_nothing_of_sites_is_told_by_origin_and_referer() {
        check("GET", "/search-index.json", "user-agent: curl", true);
        check("HEAD", "/", "user-agent: curl", true);
        check("GET", "/search-index.json", "referer: http://127.0.0.1:3000/tasks/A-1.html", true);
        check("GET", "/search-index.json", "referer: https://evil.example/", false);
        check("GET", "/search-index.json", "referer: http://127.0.0.1:8080/", false);
        check("GET", "/search-index.json", "origin: null", false);
        check("GET", "/", "origin: https://evil.example", false);
        check("GET", "/tasks/A-1.html", "referer: https://mail.example/", true);
        check("GET", "/", "host: evil.example:3000", false);
        check("GET", "/", "host: localhost:3000", true);
    }
}
