"use strict";
// Draws the blocks of Mermaid with the script that the book supplies. Without it the source stands in the page.
(() => {
  if (typeof mermaid === "undefined") return;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", htmlLabels: false, flowchart: { htmlLabels: false }, theme: dark ? "dark" : "neutral", fontFamily: getComputedStyle(document.body).fontFamily });
  const draw = async () => {
    for (const [number, code] of document.querySelectorAll("pre > code.language-mermaid").entries()) {
      try {
        const { svg } = await mermaid.render("diagram-" + number, code.textContent);
        const figure = document.createElement("figure");
        figure.className = "diagram";
        figure.innerHTML = svg;
        const source = document.createElement("details");
        source.className = "why";
        source.append(Object.assign(document.createElement("summary"), { textContent: "Diagram source" }));
        const block = code.closest(".copyable") || code.parentElement;
        block.replaceWith(figure);
        source.append(block);
        figure.after(source);
      } catch {
        // What cannot be drawn stays readable; Mermaid leaves a drawing of its own behind.
        document.getElementById("ddiagram-" + number)?.remove();
      }
    }
  };
  draw();
})();
