//! A real Chromium, driven over its own protocol: JSON through two pipes, each message with a NUL behind it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser with one page; it ends with the value.
pub(crate) struct Chromium {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    number: u64,
    /// What came besides answers.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

/// The browser's name, when the machine has one. With `CHANGEBOOK_REQUIRE_TOOLS` it must.
pub(crate) fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success()));
    assert!(
        found.is_some() || std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(),
        "no browser, and one is required"
    );
    found
}

/// The text of axe-core, where `.ci/run` puts it.
pub(crate) fn axe() -> Option<String> {
    script("axe/node_modules/axe-core/axe.min.js")
}

/// The text of Mermaid, where `.ci/run` puts it.
pub(crate) fn mermaid() -> Option<String> {
    script("mermaid/package/dist/mermaid.min.js")
}

fn script(path: &str) -> Option<String> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = target.parent()?.join(path);
    let found = std::fs::read_to_string(&file).ok();
    assert!(
        found.is_some() || std::env::var_os("CHANGEBOOK_REQUIRE_TOOLS").is_none(),
        "{} is missing, and it is required: .ci/run installs it",
        file.display()
    );
    found
}

impl Chromium {
    /// Starts one; `None` where there is none.
    pub(crate) fn start() -> Option<Self> {
        let browser = browser()?;
        let profile = tempfile::tempdir().unwrap();
        // It reads from descriptor 3 and writes to 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null", browser])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-pipe",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-quic", "--hide-scrollbars", "--force-color-profile=srgb"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let written = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for message in written.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser speaks JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut chromium = Chromium {
            child,
            questions,
            answers,
            session: String::new(),
            number: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = chromium.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = chromium
            .call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        chromium.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            chromium.call(domain, json!({}));
        }
        Some(chromium)
    }

    fn next(&mut self) -> Value {
        self.answers.recv_timeout(Duration::from_secs(30)).expect("the browser answers")
    }

    /// One command and its answer, which must be no error.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        let found = self.ask(method, parameters);
        assert!(found.get("error").is_none(), "{method}: {found}");
        found["result"].clone()
    }

    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        write!(self.questions, "{message}\0").unwrap();
        loop {
            let found = self.next();
            if found["id"] == json!(self.number) {
                return found;
            }
            self.events.push(found);
        }
    }

    fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == json!(method)) {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// Loads a page and waits until it is there.
    pub(crate) fn open(&mut self, address: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": address }));
        self.wait_for("Page.loadEventFired");
    }

    /// The value of an expression, promises waited for.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let options = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", options);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Whether an expression becomes true within some seconds; the page may load itself again meanwhile.
    pub(crate) fn becomes(&mut self, expression: &str) -> bool {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while std::time::Instant::now() < end {
            let options = json!({ "expression": format!("Boolean({expression})"), "returnByValue": true });
            let answer = self.ask("Runtime.evaluate", options);
            if answer["result"]["result"]["value"] == json!(true) {
                return true;
            }
        }
        false
    }

    /// Types a text where the focus is.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses a key by its name.
    pub(crate) fn press(&mut self, key: &str) {
        let mut down = json!({ "type": "keyDown", "key": key });
        if key.chars().count() == 1 {
            down["text"] = json!(key);
        }
        if key == "Enter" {
            down["text"] = json!("\r");
            down["windowsVirtualKeyCode"] = json!(13);
        }
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
    }

    /// Clicks in the middle of the first element that a selector finds, as a hand would.
    pub(crate) fn click(&mut self, selector: &str) {
        let place = self.value(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center' }}); const box = e.getClientRects()[0]; return [box.x + box.width / 2, box.y + box.height / 2]; }})()",
            json!(selector)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    pub(crate) fn size(&mut self, width: u32) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// `light` or `dark`.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// What the page wrote to its console, threw, or was refused.
    pub(crate) fn console(&mut self) -> Vec<String> {
        self.value("0");
        let told = ["Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"];
        let events =
            self.events.iter().filter(|event| told.contains(&event["method"].as_str().unwrap_or("")));
        events.map(|event| event["params"].to_string()).collect()
    }

    /// Addresses that the page asked for.
    pub(crate) fn requests(&mut self) -> Vec<String> {
        self.value("0");
        let events = self.events.iter().filter(|event| event["method"] == json!("Network.requestWillBeSent"));
        events.map(|event| event["params"]["request"]["url"].as_str().unwrap_or("").to_owned()).collect()
    }
}

/// A program that ends with the value, whatever the test comes to.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
