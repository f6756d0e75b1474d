"use strict";
// Search in the page, also from ?q=words in its address: every word must occur; words of titles, sites and tags count more than those of notes.
(() => {
  const root = document.body.dataset.root;
  const form = document.querySelector(".search");
  const input = document.querySelector("#query");
  const found = document.querySelector("#found");
  const page = document.querySelector("#page");
  const MOST = 30;
  let entries = null;

  const folded = (text) =>
    text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().normalize("NFKC").split(/\s+/).filter(Boolean);

  const score = (entry, words) => {
    let sum = 0;
    for (const word of words) {
      const head = ` ${entry.head}`.includes(` ${word}`) ? 3 : entry.head.includes(word) ? 2 : 0;
      const body = entry.body.includes(word) ? 1 : 0;
      if (!head && !body) return 0;
      sum += head + body;
    }
    return sum;
  };

  const show = (hits, words) => {
    found.hidden = !words.length;
    page.hidden = Boolean(words.length);
    found.replaceChildren();
    if (!words.length) return;
    const title = document.createElement("h1");
    title.textContent = hits.length ? `${hits.length} found` : "Nothing found";
    const list = document.createElement("ul");
    list.className = "entries";
    for (const entry of hits.slice(0, MOST)) {
      const item = document.createElement("li");
      const number = document.createElement("span");
      number.className = "number";
      number.textContent = `#${entry.number}`;
      const link = document.createElement("a");
      link.href = `${root}entry/${entry.number}.html`;
      link.dir = "auto";
      link.textContent = entry.title;
      const about = document.createElement("span");
      about.className = "about";
      about.textContent = entry.site;
      item.append(number, " ", link, " ", about);
      list.append(item);
    }
    found.append(title, list);
  };

  const search = async () => {
    const words = folded(input.value);
    if (words.length && !entries) entries = await (await fetch(`${root}search.json`)).json();
    const hits = words.length
      ? entries.map((entry) => [score(entry, words), entry]).filter(([sum]) => sum)
      : [];
    hits.sort(([one, first], [two, second]) => two - one || first.number - second.number);
    show(hits.map(([, entry]) => entry), words);
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", input.value ? `?q=${encodeURIComponent(input.value)}` : location.pathname);
  });
  input.addEventListener("input", search);
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    input.value = asked;
    search();
  }
})();
