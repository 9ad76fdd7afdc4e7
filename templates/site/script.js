"use strict";
// Filter and order of tables, menus, copy buttons. Every page is whole without this.
(() => {
  const box = document.getElementById("c.filter");
  if (box) {
    const fields = ["words", "type", "risk", "status"].map((name) => [name, document.getElementById("c." + name)]).filter((field) => field[1]);
    const rows = [...document.querySelectorAll("table.records tbody tr, .books > li")].map((row) => ({
      row,
      text: (row.textContent + " " + row.dataset.words).toLowerCase(),
    }));
    const found = document.getElementById("c.found");
    const value = (name) => fields.find((field) => field[0] === name)?.[1].value;
    const apply = () => {
      const words = value("words").toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text } of rows) {
        const chosen = ["type", "risk", "status"].every((name) => !value(name) || row.dataset[name] === value(name));
        row.hidden = !chosen || !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      found.textContent = shown + " of " + rows.length;
    };
    // The view stands in the address, so that it can be kept and sent.
    const read = () => {
      const view = new URLSearchParams(location.hash.slice(1));
      for (const [name, field] of fields) field.value = view.get(name) || "";
      apply();
    };
    const write = () => {
      const view = new URLSearchParams();
      for (const [name, field] of fields) if (field.value) view.set(name, field.value);
      const text = view.toString();
      history.replaceState(null, "", text ? "#" + text : location.pathname.split("/").pop() || ".");
      apply();
    };
    box.hidden = false;
    for (const [, field] of fields) field.addEventListener("input", write);
    addEventListener("hashchange", read);
    read();
    sortable(document.querySelector("table.records"));
  }

  function sortable(table) {
    if (!table) return;
    const body = table.tBodies[0];
    const rank = { low: "1", medium: "2", high: "3" };
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      cell.replaceChildren(button);
      const key = (row) => {
        const time = row.cells[column].querySelector("time");
        const text = row.cells[column].textContent.trim();
        return time ? new Date(time.dateTime).toISOString() : rank[text] || text;
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

  // A link into a folded row opens it.
  const open = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  open();

  const menus = document.querySelectorAll(".more details");
  addEventListener("click", (event) => {
    for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (!menu.open) continue;
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  if (navigator.clipboard && window.isSecureContext) {
    for (const block of document.querySelectorAll("pre:not(.diff), .steps .command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          // Whoever pastes it starts it: no line ends behind it.
          await navigator.clipboard.writeText((block.querySelector("code") || block).textContent.trimEnd());
          button.textContent = "Copied";
        } catch {
          button.textContent = "Select the text and copy it";
        }
      });
      const frame = document.createElement(block.tagName === "PRE" ? "div" : "span");
      frame.className = "copyable";
      block.replaceWith(frame);
      frame.append(block, button);
    }
  }
})();
