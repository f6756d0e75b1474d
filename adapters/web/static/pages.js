"use strict";
// Without this file everything works. With it, search answers while you type, and Read, Later and Unread change in place.
(() => {
  const WAIT = 200;
  let newest = 0;

  // A search changes the page's address, from which the relative links around its content would lead elsewhere.
  for (const link of document.querySelectorAll("header a, footer a, link:not([rel=stylesheet])")) link.setAttribute("href", link.href);
  const form = document.querySelector(".search");
  form.setAttribute("action", form.action);

  // The content of the page at this address, unless a newer one was asked for meanwhile. Anything unexpected loads the page.
  const show = async (address, options) => {
    const number = ++newest;
    const answer = await fetch(address, { credentials: "same-origin", ...options });
    const text = await answer.text();
    if (number !== newest) return false;
    const whole = new DOMParser().parseFromString(text, "text/html");
    const next = whole.querySelector("#page");
    if (!answer.ok || !next) {
      location.reload();
      return false;
    }
    document.title = whole.title;
    document.querySelector("#page").replaceChildren(...next.childNodes);
    return true;
  };

  document.addEventListener("submit", async (event) => {
    const marked = event.target;
    if (!marked.hasAttribute("data-live") || marked.method !== "post" || !event.submitter) return;
    event.preventDefault();
    const { name, value } = event.submitter;
    const fields = new URLSearchParams(new FormData(marked));
    fields.set(name, value);
    const done = await show(marked.action, { method: "POST", body: fields }).catch(() => location.reload());
    if (done) (document.querySelector(`#e${value} button`) || document.querySelector(".marks button"))?.focus();
  });

  const input = document.querySelector("#query");
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const words = input.value.trim();
      if (!words) return;
      const address = `${form.action}?q=${encodeURIComponent(words)}`;
      show(address).then((done) => done && history.replaceState(null, "", address)).catch(() => {});
    }, WAIT);
  });
})();
