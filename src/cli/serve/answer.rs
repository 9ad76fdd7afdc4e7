//! Answers of the server: files from memory, and a page that waits for the next build.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use oxhttp::Server;
use oxhttp::model::{Body, Method, Request, Response, StatusCode, header};

use super::Shared;
use super::files::Files;
use super::guard::guarded;

/// What is shown at the moment.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) pages: Files,
    pub(super) failure: Option<Failure>,
}

/// Why the last build is not the one that is shown, or what is wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    /// Places and hints.
    pub(super) details: Vec<String>,
}

/// Where our own two files are: no page of a site begins so.
const RELOAD: &str = "/-/reload.js";
const WAIT: &str = "/-/wait";
/// How long one question for the next build waits.
const PATIENCE: Duration = Duration::from_secs(25);
/// How many free ports are tried before none can be had.
const ATTEMPTS: usize = 16;

/// The script of an open page: it asks for the next build and loads itself again; the browser keeps the place.
const SCRIPT: &str = r#""use strict";
(async () => {
  const own = document.currentScript ? document.currentScript.dataset.version : "";
  for (;;) {
    try {
      const answer = await fetch("/-/wait?" + own);
      if (answer.ok && (await answer.text()) !== own) { location.reload(); return; }
      if (!answer.ok) throw new Error();
    } catch {
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
})();
"#;

/// Serves from threads of its own until the process ends, and says at which address.
///
/// # Errors
/// When the port cannot be had.
pub(super) fn serve(port: u16, shared: &Arc<Shared>) -> io::Result<SocketAddr> {
    let mut outcome = serve_at(port, shared);
    for _ in 1..ATTEMPTS {
        if port != 0 || outcome.is_ok() {
            break;
        }
        outcome = serve_at(port, shared);
    }
    outcome
}

fn serve_at(port: u16, shared: &Arc<Shared>) -> io::Result<SocketAddr> {
    let mut address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if port == 0 {
        // The library does not say which port it got. Between these two lines somebody else may get it.
        address = TcpListener::bind(address)?.local_addr()?;
    }
    let shared = Arc::clone(shared);
    Server::new(move |request| guarded(request, |request| answer(request, &shared))).bind(address).spawn()?;
    Ok(address)
}

fn answer(request: &Request<Body>, shared: &Shared) -> Response<Body> {
    let mut response = match request.uri().path() {
        RELOAD => typed("text/javascript", SCRIPT.as_bytes().to_vec()),
        WAIT => wait(request, shared),
        _ => file(request, shared),
    };
    // The library sends what it is given, and a question for the head has no body as its answer.
    if *request.method() == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    response
}

/// Answers with the number of the present build as soon as it is not the one that the page has.
fn wait(request: &Request<Body>, shared: &Shared) -> Response<Body> {
    let known: u64 = request.uri().query().and_then(|text| text.parse().ok()).unwrap_or(0);
    typed("text/plain", shared.wait(known, PATIENCE).to_string().into_bytes())
}

fn file(request: &Request<Body>, shared: &Shared) -> Response<Body> {
    // Who asks before the first build is done waits for it.
    shared.wait(0, PATIENCE);
    let (shown, version) = shared.shown();
    let path = decoded(request.uri().path());
    let path = path.trim_start_matches('/');
    let wanted =
        if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    // A look-up in what was built: no path leads to a file of this machine.
    let (status, name, bytes) = match shown.pages.get(&wanted) {
        Some(bytes) => (StatusCode::OK, wanted.as_str(), bytes),
        None => {
            let page = shown.pages.get("404.html").unwrap_or(b"not found");
            (StatusCode::NOT_FOUND, "404.html", page)
        }
    };
    let body = match name.ends_with(".html") {
        true => {
            let page = String::from_utf8_lossy(bytes);
            let page = if status == StatusCode::OK { page } else { rooted(&page).into() };
            live(&page, version, shown.failure.as_ref()).into_bytes()
        }
        false => bytes.to_vec(),
    };
    let mut response = typed(content_type(name), body);
    *response.status_mut() = status;
    response
}

/// A page that asks for the next build, with what is wrong above its text.
fn live(page: &str, version: u64, failure: Option<&Failure>) -> String {
    let script = format!("<script src=\"{RELOAD}\" data-version=\"{version}\"></script>\n</head>");
    let mut page = page.replacen("script-src 'self';", "script-src 'self'; connect-src 'self';", 1);
    page = page.replacen("</head>", &script, 1);
    let Some(failure) = failure else { return page };
    let told = told(failure);
    if page.contains("<main") {
        page.replacen("<main", &format!("{told}<main"), 1)
    } else {
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><title>wrong</title>{script}<body>{told}</body></html>"
        )
    }
}

/// A page that is shown at any depth: its links begin at the root of this server.
fn rooted(page: &str) -> String {
    const BASE: &str = "<base href=\"";
    let from_root = format!("{BASE}/\">");
    let stated = page.find(BASE).and_then(|start| Some(start..start + page[start..].find('>')? + 1));
    match stated {
        Some(stated) => format!("{}{from_root}{}", &page[..stated.start], &page[stated.end..]),
        None => page.replacen("base-uri 'none'", "base-uri 'self'", 1).replacen(
            "<head>",
            &format!("<head>{from_root}"),
            1,
        ),
    }
}

fn told(failure: &Failure) -> String {
    let escape = |text: &str| minijinja::HtmlEscape(text).to_string();
    let details: String =
        failure.details.iter().map(|line| format!("<li><code>{}</code></li>", escape(line))).collect();
    format!(
        "<section class=\"wrong serve-failure\" role=\"alert\"><p><strong>{}</strong></p><ul>{details}</ul></section>\n",
        escape(&failure.message)
    )
}

const SVG: &str = "image/svg+xml";
/// What a drawing may do: nothing but draw.
const DRAWING_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

pub(super) fn typed(content_type: &'static str, bytes: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    // Pages state their own policy; a drawing that is opened by itself has none.
    if content_type == SVG {
        headers.append(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(DRAWING_POLICY));
    }
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => SVG,
        "xml" => "application/xml",
        "ics" => "text/calendar; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "pdf" => "application/pdf",
        "woff2" => "font/woff2",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "txt" | "log" | "diff" | "patch" | "tf" | "toml" | "yaml" | "yml" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The path with `%hh` decoded; as it is when that is no text.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_asks_for_the_next_build_and_tells_what_is_wrong() {
        let page = "<head><meta content=\"script-src 'self'; x\"></head><body><main>text</main>";
        let failure =
            Failure { message: "1 broken <link>".to_owned(), details: vec!["a.md:1:2: x".to_owned()] };
        let live = live(page, 7, Some(&failure));
        assert!(live.contains("connect-src 'self'") && live.contains("data-version=\"7\""), "{live}");
        assert!(live.contains("1 broken &lt;link&gt;") && live.contains("a.md:1:2: x"), "{live}");
        assert!(live.find("serve-failure") < live.find("<main"), "{live}");
    }

    #[test]
    fn a_page_for_every_depth_begins_at_the_root() {
        let plain = "<head><meta content=\"base-uri 'none'\"><link href=\"style.css\">";
        let expected = "<head><base href=\"/\"><meta content=\"base-uri 'self'\"><link href=\"style.css\">";
        assert_eq!(rooted(plain), expected);
        let elsewhere = "<head><base href=\"https://example.org/a/\"><title>";
        assert_eq!(rooted(elsewhere), "<head><base href=\"/\"><title>");
    }

    #[test]
    fn a_drawing_only_draws() {
        let policy = |kind| typed(kind, Vec::new()).headers().get(header::CONTENT_SECURITY_POLICY).cloned();
        assert_eq!(policy(content_type("a.svg")), Some(header::HeaderValue::from_static(DRAWING_POLICY)));
        assert_eq!(policy(content_type("a.png")), None);
    }

    #[test]
    fn a_path_is_decoded_as_far_as_it_can_be() {
        assert_eq!(decoded("/manual/%C3%BC%20x%2"), "/manual/ü x%2");
    }
}
