"use strict";
// Search from any page: what there is comes with the first key, words of texts by their first letters.
(() => {
  const root = document.body.dataset.root || "";
  const find = document.getElementById("c.find");
  const input = document.getElementById("c.query");
  const answers = document.getElementById("c.answers");
  const list = document.getElementById("c.results");
  const hint = document.getElementById("c.hint");
  if (!find) return;
  find.hidden = false;

  let index = null;
  // Entries by their numbers, and what is compared of each, as far as their files have come.
  let entries = [];
  const shards = new Map();
  const asked = new Set();
  let active = -1;

  // In lower case, without accents, however these are written; the index has words so.
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").normalize("NFC").toLowerCase().replaceAll("ς", "σ");

  // A key must be answered before the next one: what can be made ready for all keys is, once.
  // Names and titles in lower case; each word of a title behind a zero.
  const apart = (text) => text.replace(/[^\p{L}\p{N}]+/gu, "\0");
  const lowered = (entry) => {
    const title = folded(entry[1]);
    return { name: folded(entry[0]), title, words: "\0" + apart(title) };
  };
  // A heading with its anchor and the places of the entries that have it.
  const heading = ([title, id, list]) => {
    let at = 0;
    const places = list.split(" ").map((step) => at += parseInt(step, 36));
    return { title, id, places, words: "\0" + apart(folded(title)) };
  };
  const texts = [];
  // Files of entries that have not come.
  const missing = new Set();
  // Entries by words of texts, until another shard comes.
  const known = new Map();

  const put = (chunk, list) => {
    list.forEach((entry, at) => {
      entries[chunk * index.chunk + at] = entry;
      texts[chunk * index.chunk + at] = lowered(entry);
    });
    missing.delete(chunk);
  };

  // The index's files call this: with null for what there is, a number for more entries, letters for words.
  window.changebookSearch = (letters, data) => {
    if (letters === null) {
      index = data;
      for (let chunk = 0; chunk * index.chunk < index.size; chunk += 1) missing.add(chunk);
      put(missing.size - 1, data.entries);
    } else if (typeof letters === "number") put(letters, data);
    else {
      for (const value of Object.values(data)) if (typeof value !== "string") value[1] = value[1].map(heading);
      shards.set(letters, { keys: Object.keys(data).sort(), data });
    }
    known.clear();
    const chosen = options()[active]?.dataset.page;
    show();
    // Who has chosen an answer keeps it when more answers come.
    const again = options().findIndex((item) => item.dataset.page === chosen);
    if (again > 0) { active = again; state(); }
  };
  // The answers' style comes with them.
  let dressed = false;
  const dress = () => {
    if (dressed) return;
    dressed = true;
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: root + "search.css" }));
  };
  const load = (file) => {
    if (asked.has(file)) return;
    asked.add(file);
    const script = document.createElement("script");
    script.src = root + "search/" + file;
    document.head.append(script);
  };
  const fileOf = (letters) =>
    "words-" + [...letters].map((c) => (/[a-z0-9]/i.test(c) ? c : "_" + c.codePointAt(0).toString(16))).join("") + ".js";

  // As the index has them: what stands between other signs; two letters at a time where no spaces are.
  const UNSPACED = /[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\u{20000}-\u{2fa1f}]/u;
  const wordsOf = (text) =>
    folded(text).split(/[^\p{Alphabetic}\p{N}\-_.]+/u).map((word) => word.replace(/^[-_.]+|[-_.]+$/g, "")).filter(Boolean)
      .flatMap((word) => {
        const letters = [...word];
        if (letters.length < 3 || !letters.every((letter) => UNSPACED.test(letter))) return [word];
        return letters.slice(1).map((letter, at) => letters[at] + letter);
      });

  const isIndexed = (word) => { const length = [...word].length; return (length > 1 && length <= 32) || UNSPACED.test(word); };

  const FILTERS = ["type", "status", "risk", "service", "label", "person", "is"];
  const parse = (text) => {
    const words = [];
    const filters = [];
    for (const [, kind, quoted, plain] of text.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/giu)) {
      const value = quoted ?? plain;
      const filter = kind?.toLowerCase();
      if (FILTERS.includes(filter)) filters.push([filter, value.toLowerCase()]);
      else words.push(...wordsOf((kind ?? "") + " " + value));
    }
    return { words: [...new Set(words)], filters };
  };

  const passes = (entry, [kind, wanted]) => {
    const starts = (value) => value !== undefined && value.toLowerCase().startsWith(wanted);
    switch (kind) {
      case "type": return starts(index.types[entry[2]]);
      case "status": case "is": return entry[3] >= 0 && (starts(index.statuses[entry[3]][0]) || starts(index.statuses[entry[3]][1]));
      case "risk": return entry[4] >= 0 && starts(index.risks[entry[4]]);
      case "service": return entry[5].some((place) => starts(index.services[place]));
      case "label": return entry[6].some((place) => starts(index.labels[place]));
      default: return entry[7].some((place) => starts(index.people[place]));
    }
  };

  // The first of sorted keys that is not before the word.
  const from = (keys, word) => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle] < word) low = middle + 1; else high = middle;
    }
    return low;
  };

  // Shards whose words may begin with the word: each has those from its letters on, up to those of the next.
  const shardsOf = (word) => {
    const end = from(index.shards, word);
    const has = index.shards[end] === word;
    let last = end;
    while (last < index.shards.length && index.shards[last].startsWith(word)) last += 1;
    return index.shards.slice(Math.max(has ? end : end - 1, 0), last);
  };
  const MAX_LOADED = 6;

  // Marks the places that a list tells with a number: differences in base 36 with spaces between.
  const mark = (found, list, number) => {
    let at = 0;
    let step = 0;
    for (let place = 0; place <= list.length; place += 1) {
      const code = place < list.length ? list.charCodeAt(place) : 32;
      if (code === 32) { at += step; step = 0; found[at] ||= number; }
      else step = step * 36 + code - (code < 58 ? 48 : 87);
    }
  };

  // What texts have of words beginning so: for each entry the number of the first such word, and headings.
  const inTexts = (word) => {
    const before = known.get(word);
    if (before) return before;
    const found = { first: new Uint16Array(index.size), words: [""], headings: [] };
    known.set(word, found);
    if (!isIndexed(word)) return found;
    for (const letters of shardsOf(word).slice(0, MAX_LOADED)) {
      const shard = shards.get(letters);
      if (!shard) { load(fileOf(letters)); continue; }
      const { keys, data } = shard;
      for (let at = from(keys, word); at < keys.length && keys[at].startsWith(word); at += 1) {
        const value = data[keys[at]];
        const plain = typeof value === "string";
        mark(found.first, plain ? value : value[0], found.words.push(keys[at]) - 1);
        if (!plain) found.headings.push(...value[1]);
      }
    }
    return found;
  };

  const rank = ({ name, title, words }, word, inText) => {
    if (name === word) return 0;
    if (name.startsWith(word)) return 1;
    if (title.startsWith(word)) return 2;
    if (words.includes("\0" + word) || (UNSPACED.test(word) && title.includes(word))) return 3;
    if (name.includes(word)) return 4;
    return inText ? IN_TEXT : -1;
  };
  const IN_HEADING = 5;
  const IN_TEXT = 6;
  // What more texts than these have is a heading of a form: alone it is no answer.
  const FORM = 12;
  const MAX_HEADINGS = 3;

  // By entry, the headings that have all words, or some where names and titles have the others.
  const inHeadings = (words, inText) => {
    const found = new Map();
    const seen = new Set();
    for (const head of inText.flatMap((one) => one.headings)) {
      const key = head.id + "\0" + head.title;
      if (seen.has(key)) continue;
      seen.add(key);
      const others = words.filter((word) => !head.words.includes("\0" + apart(word)));
      if (!others.length && head.places.length > FORM) continue;
      for (const place of head.places) {
        const of = found.get(place) || [];
        if (!texts[place]) continue;
        const ranks = others.map((word) => rank(texts[place], word, 0));
        if (of.length === MAX_HEADINGS || ranks.some((one) => one < 0)) continue;
        const score = ranks.reduce((sum, one) => sum + one, IN_HEADING * (words.length - others.length));
        found.set(place, [...of, { score, head }]);
      }
    }
    return found;
  };

  const loadEntries = (chunk) => load("records-" + chunk + ".js");
  // Loads the entries that all words lead to.
  const want = (words, filters, inText) => {
    // What only filters ask for is counted; nothing but the entries tells who passes.
    if (!words.length && filters.length) { for (const chunk of missing) loadEntries(chunk); return; }
    const indexed = inText.filter((_, at) => isIndexed(words[at]));
    if (!indexed.length) return;
    for (const chunk of missing) {
      const end = Math.min(index.size, (chunk + 1) * index.chunk);
      for (let place = chunk * index.chunk; place < end; place += 1) {
        if (indexed.every(({ first }) => first[place])) { loadEntries(chunk); break; }
      }
    }
  };

  // How many answers there are, and the best of them: each an entry, with a heading of it or the words of its text.
  const search = (text) => {
    const { words, filters } = parse(text);
    const inText = words.map(inTexts);
    const headings = inHeadings(words, inText);
    const byScore = [];
    let count = 0;
    const keep = (score, answer) => {
      count += 1;
      const same = byScore[score] ??= [];
      if (same.length < MAX_SHOWN) same.push(answer);
    };
    want(words, filters, inText);
    const look = (entry, place) => {
      if (!filters.every((filter) => passes(entry, filter))) return;
      let score = 0;
      let fromText = false;
      for (let at = 0; at < words.length; at += 1) {
        const one = rank(texts[place], words[at], inText[at].first[place]);
        if (one < 0) return;
        fromText ||= one === IN_TEXT;
        score += one;
      }
      // A heading says more than a word somewhere in the same text.
      const own = headings.get(place) || [];
      if (!own.length || !fromText) keep(score, { entry, place });
      for (const { score, head } of own) keep(score, { entry, place, head });
    };
    if (words.length) entries.forEach(look);
    // Without words the latest come first.
    else for (let place = entries.length - 1; place >= 0; place -= 1) if (entries[place]) look(entries[place], place);
    // The words that only the text explains, as they stand there.
    const told = ({ place }) => words.flatMap((word, at) => {
      const { first, words } = inText[at];
      return rank(texts[place], word, first[place]) === IN_TEXT ? [words[first[place]]] : [];
    });
    const best = byScore.flat().slice(0, MAX_SHOWN);
    // Single letters lead to no entries: the latest come first, until there are answers enough.
    if (best.length < MAX_SHOWN && !words.some(isIndexed) && missing.size) loadEntries(Math.max(...missing));
    for (const answer of best) answer.told = answer.head ? [] : told(answer);
    const needed = words.filter(isIndexed).map(shardsOf);
    const waits = needed.some((some) => some.slice(0, MAX_LOADED).some((letters) => !shards.has(letters)));
    return { words, count, best, waits, partly: needed.some((some) => some.length > MAX_LOADED) };
  };

  const marked = (element, text, words) => {
    let rest = text;
    while (rest) {
      const lower = folded(rest);
      let best = null;
      for (const word of words) {
        const at = lower.indexOf(word);
        if (at >= 0 && (best === null || at < best[0])) best = [at, word.length];
      }
      if (best === null || lower.length !== rest.length) break;
      element.append(rest.slice(0, best[0]));
      const mark = document.createElement("mark");
      mark.textContent = rest.slice(best[0], best[0] + best[1]);
      element.append(mark);
      rest = rest.slice(best[0] + best[1]);
    }
    element.append(rest);
  };

  const pageOf = (entry) => entry[8] || index.types[entry[2]] + "/" + encodeURIComponent(entry[0]) + ".html";
  const MAX_SHOWN = 24;
  const HELP = "Words, IDs, or type: status: risk: service: person: label: — arrows and Enter";

  const show = () => {
    if (document.activeElement !== input) return;
    if (!index) { dress(); load("records.js"); hint.textContent = "Loading…"; answers.hidden = false; return; }
    const text = input.value.trim();
    if (!text) { list.replaceChildren(); hint.textContent = HELP; answers.hidden = false; active = -1; state(); return; }
    const { words, count, best, waits, partly } = search(text);
    list.replaceChildren();
    let group = -1;
    // Grouped by type, the type of the best answer first.
    const order = [...new Set(best.map(({ entry }) => entry[2]))];
    best.sort((a, b) => order.indexOf(a.entry[2]) - order.indexOf(b.entry[2]));
    best.forEach(({ entry, head, told }, number) => {
      if (entry[2] !== group) {
        group = entry[2];
        const head = document.createElement("li");
        head.className = "group";
        head.setAttribute("role", "presentation");
        head.textContent = index.types[group][0].toUpperCase() + index.types[group].slice(1);
        list.append(head);
      }
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = "c.result-" + number;
      item.dataset.page = pageOf(entry) + (head ? "#" + encodeURIComponent(head.id) : "");
      const what = document.createElement("span");
      // A runbook's ID repeats its title.
      if (entry[0] && !(head && entry[1] && index.types[entry[2]] === "runbooks")) {
        const id = document.createElement("span");
        id.className = "id";
        marked(id, entry[0], words);
        what.append(id, " ");
      }
      marked(what, entry[1], words);
      if (head) { what.append(" › "); marked(what, head.title, words); }
      if (told.length) {
        const text = document.createElement("small");
        text.append("in the text: ");
        marked(text, told.join(", "), words);
        what.append(" ", text);
      }
      item.append(what);
      if (entry[3] >= 0) {
        const word = document.createElement("span");
        word.className = "state";
        word.textContent = index.statuses[entry[3]][1] + (entry[4] >= 0 ? " · " + index.risks[entry[4]] + " risk" : "");
        item.append(word);
      }
      item.addEventListener("mousedown", (event) => { event.preventDefault(); go(item); });
      list.append(item);
    });
    active = best.length ? 0 : -1;
    const none = waits ? "Loading…" : partly ? "Type more letters to find more. " + HELP : "No results. " + HELP;
    hint.textContent = count === 0
      ? none
      : count + (count === 1 ? " result" : " results") + (count > MAX_SHOWN ? ", the first " + MAX_SHOWN + " shown" : "")
        + (partly ? "; type more letters to find more" : "");
    answers.hidden = false;
    state();
  };

  const options = () => [...list.querySelectorAll("[role=option]")];
  const state = () => {
    const all = options();
    input.setAttribute("aria-expanded", String(!answers.hidden && all.length > 0));
    all.forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    if (all[active]) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const go = (item) => { input.blur(); location.href = root + item.dataset.page; };
  const hide = () => { answers.hidden = true; state(); };

  input.addEventListener("focus", show);
  input.addEventListener("input", show);
  input.addEventListener("blur", hide);
  input.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!all.length) return;
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
      state();
    } else if (event.key === "Enter" && all[active]) {
      event.preventDefault();
      go(all[active]);
    } else if (event.key === "Escape") {
      if (input.value) { input.value = ""; show(); } else { input.blur(); }
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
})();
