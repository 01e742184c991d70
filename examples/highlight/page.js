// What the page adds for those who have JavaScript: what goes together is shown on hover and focus, and three kinds of switches.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Language: the page's own words, in the article's Norwegian or in English.
  const norwegian = root.dataset.norwegian;
  const language = document.getElementById("language");
  const titles = all("[data-title]");
  language.addEventListener("click", () => {
    const english = root.lang !== "en";
    root.lang = english ? "en" : norwegian;
    language.textContent = english ? "Norsk" : "English";
    language.lang = english ? norwegian : "en";
    for (const element of titles) [element.title, element.dataset.title] = [element.dataset.title, element.title];
  });

  // Dark or light: as the system has it, until the reader chooses.
  const dark = document.getElementById("dark");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const tell = () => dark.setAttribute("aria-pressed", isDark());
  dark.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  tell();
  document.querySelector(".switches").hidden = false;

  // Layers that can be taken away.
  for (const button of all("[data-layer]")) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const away = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", !away);
      root.classList.toggle(`no-${button.dataset.layer}`, away);
    });
  }

  // What goes together: all mentions of one entity; a quote with its cue, its source and its speaker.
  const card = document.getElementById("card");
  const thread = document.getElementById("thread");
  const path = thread.firstElementChild;
  let shown = null;

  const clear = () => {
    if (!shown) return;
    shown = null;
    for (const element of all(".on")) element.classList.remove("on");
    card.hidden = true;
    path.setAttribute("d", "");
    path.classList.remove("draw");
  };

  const light = (elements) => elements.forEach((element) => element.classList.add("on"));

  // The card repeats what the list has, where the list is out of sight.
  const tellCard = (item, near, who) => {
    if (!item || item.contains(near)) return;
    const box = item.getBoundingClientRect();
    if (box.width && box.top >= 0 && box.bottom <= innerHeight) return;
    const name = document.createElement("b");
    name.append(...[...(who?.childNodes ?? [])].map((node) => node.cloneNode(true)));
    card.replaceChildren(name, ...[...item.childNodes].map((node) => node.cloneNode(true)));
    for (const element of all(".n", card)) element.remove();
    for (const element of all("a", card)) element.replaceWith(...element.childNodes);
    card.hidden = false;
  };

  const showEntity = (number, near) => {
    light(all(`[data-e="${number}"]`));
    tellCard(document.getElementById(`e${number}`), near);
  };

  // The end of what is said, joined to the words that name the speaker.
  const join = (number, source) => {
    const from = document.querySelector(`article .n[data-q="${number}"]`)?.getBoundingClientRect();
    const to = source?.getClientRects()[0];
    if (!from?.width || !to) return;
    const below = to.top > from.bottom - 4;
    const above = to.bottom < from.top + 4;
    const [x1, y1] = [from.left + from.width / 2 + scrollX, (below ? from.bottom : from.top) + scrollY];
    const [x2, y2] = [to.left + to.width / 2 + scrollX, (above ? to.bottom : to.top) + scrollY];
    // Between lines half-way over, on one line in an arch.
    const [c1, c2] = below || above ? [(y1 + y2) / 2, (y1 + y2) / 2] : [y1 - 16, y2 - 16];
    path.setAttribute("d", `M${x1} ${y1} C${x1} ${c1} ${x2} ${c2} ${x2} ${y2}`);
    path.setAttribute("pathLength", "1");
    path.classList.add("draw");
  };

  const showQuote = (number, near) => {
    const together = all(`[data-q~="${number}"]:not(a)`);
    light(together);
    const item = document.getElementById(`s${number}`);
    const quote = document.querySelector(`article .q[data-q="${number}"]`);
    const speaker = quote ? all(`article [data-e="${quote.dataset.s}"]`) : [];
    const source = together.find((element) => element.classList.contains("source"));
    light(speaker.filter((mention) => mention.closest(".source.on")));
    if (quote?.dataset.s) light(all(`.side .speaker [data-e="${quote.dataset.s}"], .bar[data-e="${quote.dataset.s}"]`));
    // Without a source in the text, the last mention of the speaker before the quote.
    const before = speaker.filter((mention) => quote.compareDocumentPosition(mention) & Node.DOCUMENT_POSITION_PRECEDING);
    const joined = source ?? before.at(-1) ?? speaker[0];
    if (!source && joined) light([joined]);
    join(number, joined);
    tellCard(item, near, item?.closest(".speaker").querySelector("h3"));
  };

  const show = (target) => {
    const near = target instanceof Element ? target.closest("[data-e], [data-q]") : null;
    if (near === shown) return;
    clear();
    if (!near) return;
    shown = near;
    if (near.dataset.e !== undefined) showEntity(near.dataset.e, near);
    else for (const number of near.dataset.q.split(" ").slice(0, 1)) showQuote(number, near);
  };

  document.addEventListener("pointerover", (event) => show(event.target));
  document.addEventListener("focusin", (event) => show(event.target));
  document.addEventListener("focusout", () => show(null));
  document.addEventListener("keydown", (event) => event.key === "Escape" && clear());
  document.documentElement.addEventListener("pointerleave", () => show(document.activeElement));
  addEventListener("resize", clear);
})();
