"use strict";
// Search on the records' page, the "/" key, and copy buttons. Every page is whole without this.
(() => {
  const root = document.body.dataset.root || "";

  const box = document.getElementById("c.filter");
  const query = document.getElementById("c.query");
  if (box && query) {
    const rows = [...document.querySelectorAll("table.records tbody tr")].map((row) => ({
      row,
      text: row.textContent.toLowerCase() + " " + row.dataset.type,
    }));
    const found = document.getElementById("c.found");
    const apply = () => {
      const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      found.textContent = shown + " of " + rows.length;
    };
    const read = () => {
      const match = /^#q=(.*)$/.exec(location.hash);
      if (match) {
        try { query.value = decodeURIComponent(match[1]); } catch { query.value = match[1]; }
      }
      apply();
    };
    box.hidden = false;
    query.addEventListener("input", () => {
      history.replaceState(null, "", query.value ? "#q=" + encodeURIComponent(query.value) : location.pathname);
      apply();
    });
    addEventListener("hashchange", read);
    read();
    if (location.hash === "#q=") query.focus();
    sortable(document.querySelector("table.records"));
  }

  function sortable(table) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      cell.replaceChildren(button);
      const key = (row) => {
        const time = row.cells[column].querySelector("time");
        return time ? new Date(time.dateTime).toISOString() : row.cells[column].textContent.trim();
      };
      button.addEventListener("click", () => {
        const down = cell.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort((a, b) => sign * a[0].localeCompare(b[0], undefined, { numeric: true }));
        body.append(...rows.map((pair) => pair[1]));
      });
    });
  }

  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
    event.preventDefault();
    if (query) query.focus();
    else location.href = root + "records.html#q=";
  });

  if (navigator.clipboard && window.isSecureContext) {
    for (const block of document.querySelectorAll("pre")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(block.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch {
          button.textContent = "Select and copy by hand";
        }
      });
      const frame = document.createElement("div");
      frame.className = "copyable";
      block.replaceWith(frame);
      frame.append(block, button);
    }
  }
})();
