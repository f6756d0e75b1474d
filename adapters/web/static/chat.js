"use strict";
// The page of a chat: what the visitor does is sent, and what changes comes as a stream. All HTML is made and escaped by the server.
(() => {
  // The page before a club: times are shown as the visitor reads them.
  const zone = document.querySelector("input[name=zone]");
  if (zone) {
    zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    zone.form.addEventListener("submit", () => (zone.form.querySelector("button").disabled = true)); // two presses open one club
    addEventListener("pageshow", () => (zone.form.querySelector("button").disabled = false));
    return;
  }

  const NEAR = 160;
  const WAIT = 90;
  const WIDE = matchMedia("(min-width: 70rem)");
  const ROOMY = matchMedia("(min-width: 48rem)");
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const talk = one("#talk");
  const dialog = one("#dialog");
  let channel = one("[data-channel]").dataset.channel;
  let thread = "";
  let acted = 0;
  let status = 0;

  const say = (text) => {
    one("#status").textContent = text;
    clearTimeout(status);
    status = setTimeout(() => (one("#status").textContent = ""), 8000);
  };

  // Sending

  const send = async (act) => {
    if (act.do !== "complete") acted = Date.now();
    try {
      const answer = await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(act) });
      const result = await answer.json();
      if (result.say) say(result.say);
      if (result.left) one("#left").textContent = result.left;
      if (result.form) open(result.form);
      return result;
    } catch {
      say("This page cannot reach the club. Try again in a moment.");
      return {};
    }
  };

  // Messages

  const list = (where, root, title) => {
    if (!root) return one(`[data-list="${CSS.escape(where)}"] .messages`);
    const known = one(`[data-talk="${CSS.escape(root)}"]`);
    if (known) return known;
    const made = document.createElement("ol");
    made.className = "messages";
    made.dataset.talk = root;
    made.dataset.title = title;
    made.hidden = root !== thread;
    one("#talks").append(made);
    return made;
  };

  const days = (messages) => {
    for (const old of all(".day", messages)) old.remove();
    let last = "";
    for (const message of [...messages.children]) {
      const day = message.dataset.day;
      if (day !== last) {
        const line = document.createElement("li");
        line.className = "day";
        line.textContent = day;
        message.before(line);
      }
      message.classList.toggle("first", day !== last);
      last = day;
    }
  };

  // To the end; of a message that is higher than the box, its beginning stays in sight.
  const down = (box, id) =>
    requestAnimationFrame(() => {
      const message = id && document.getElementById(id);
      const start = message ? box.scrollTop + message.getBoundingClientRect().top - box.getBoundingClientRect().top - 50 : Infinity;
      box.scrollTo({ top: Math.min(box.scrollHeight - box.clientHeight, start) });
    });

  const place = ({ id, html, channel: where, thread: root, title, again }) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const message = holder.content.firstElementChild;
    const old = document.getElementById(message.id);
    if (old) {
      replace(old, message);
    } else {
      const messages = list(where, root, title);
      if (!messages) return location.reload();
      const box = messages.closest(".scroll");
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR || Date.now() - acted < 3000;
      messages.append(message);
      days(messages);
      if (root ? root === thread : where === channel) {
        if (near) down(box, message.id);
      } else if (!root) {
        unread(where, 1);
      }
      // The first thread opens beside the channel, so that its start is seen with it.
      if (root && !thread && WIDE.matches && where === channel && message.dataset.by === "Dogear") show(root, false);
    }
    if (id === thread) first();
    else if (again && root === thread && title) one(".subject", talk).textContent = title;
  };

  const replace = (old, message) => {
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    message.classList.toggle("first", old.classList.contains("first"));
    old.replaceWith(message);
    const key = active && ["press", "react", "thread"].find((name) => name in active.dataset);
    if (key) one(`[data-${key}="${CSS.escape(active.dataset[key])}"]`, message)?.focus();
  };

  const unread = (where, more) => {
    const badge = one(`[data-channel="${CSS.escape(where)}"] .unread`);
    if (!badge) return;
    const count = more ? Number(badge.dataset.count || 0) + more : 0;
    badge.dataset.count = count;
    badge.textContent = count ? `${count} new` : "";
    badge.hidden = !count;
  };

  // Channels and threads

  const enter = (where) => {
    channel = where;
    for (const each of all("[data-channel]")) each.setAttribute("aria-pressed", String(each.dataset.channel === where));
    for (const each of all("[data-list]")) each.hidden = each.dataset.list !== where;
    unread(where, 0);
    if (thread && !WIDE.matches) leave();
    const box = one(`[data-list="${CSS.escape(where)}"] .scroll`);
    if (box) down(box);
  };

  // The message that the open thread is about, above its replies.
  const first = () => {
    const message = document.getElementById(`m-${thread}`);
    if (!message) return;
    const copy = message.cloneNode(true);
    copy.removeAttribute("id");
    one("#root").replaceChildren(copy);
  };

  const show = (root, focus = true) => {
    thread = root;
    const messages = list(channel, root, "");
    for (const each of all("[data-talk]")) each.hidden = each !== messages;
    one(".subject", talk).textContent = messages.dataset.title || "";
    first();
    talk.hidden = false;
    document.body.classList.add("talking");
    down(one(".scroll", talk));
    const above = document.getElementById(`m-${root}`);
    if (above && !focus) down(above.closest(".scroll"), above.id);
    if (focus) one(ROOMY.matches ? "#reply" : "[data-close-talk]").focus(); // on a phone the keyboard would cover the thread
  };

  const leave = () => {
    const before = thread;
    thread = "";
    talk.hidden = true;
    document.body.classList.remove("talking");
    const message = document.getElementById(`m-${before}`);
    if (!message) return;
    if (!WIDE.matches) down(message.closest(".scroll"), message.id); // it was covered, and lost its place
    one("[data-thread]", message)?.focus({ preventScroll: true });
  };

  // The page as another person sees it, or after too much was missed.
  const load = async () => {
    const answer = await fetch(location.href);
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["#channels", "#talks", "nav", "#now", "#left"]) one(part).replaceChildren(...one(part, page).childNodes);
    one("#speaker").value = page.body.dataset.speaker;
    for (const messages of all(".messages")) if (messages.id !== "root") days(messages);
    enter(channel);
    if (thread && document.getElementById(`m-${thread}`)) show(thread, false);
    else if (thread) leave();
  };

  // Forms and questions

  const open = (html) => {
    dialog.innerHTML = html;
    if (!dialog.open) dialog.showModal();
    (one("[aria-invalid]", dialog) || one("input, select, textarea, button", dialog))?.focus();
  };

  const ask = (question) =>
    new Promise((done) => {
      open(`<form method="dialog"><h2 id="dialog-title"></h2><p class="buttons"><button class="primary" value="yes">Yes</button><button value="">Cancel</button></p></form>`);
      one("h2", dialog).textContent = question;
      const form = one("form", dialog);
      let answer = "";
      form.addEventListener("submit", (event) => (answer = event.submitter.value));
      const closed = () => {
        if (dialog.open && form.isConnected) return; // a question that was closed just before this one
        dialog.removeEventListener("close", closed);
        done(answer === "yes");
      };
      dialog.addEventListener("close", closed);
    });

  dialog.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-form]");
    if (!form) return;
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const button = one(".primary", form);
    button.disabled = true;
    const result = await send({ do: "submit", form: Number(form.dataset.form), values });
    button.disabled = false;
    if (!result.form && !result.say) dialog.close();
  });

  dialog.addEventListener("input", async (event) => {
    const input = event.target;
    const kind = input.dataset.kind;
    if (!kind || kind === "text") return;
    const result = await send({ do: "complete", text: input.value, kind });
    const values = (result.choices || []).map(({ value, label }) => {
      const option = document.createElement("option");
      option.value = value;
      option.label = label;
      return option;
    });
    input.list.replaceChildren(...values);
  });

  // Clicks

  document.addEventListener("click", async (event) => {
    const target = event.target.closest("button");
    for (const menu of all("details.more[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (!target) return;
    const { press, label, confirm, react, dismiss, thread: root, channel: where, advance, line, close, closeTalk } = target.dataset;
    const message = target.closest("[data-message]")?.dataset.message;
    if (press !== undefined) {
      const confirmed = confirm !== undefined;
      if (confirmed && !(await ask(confirm))) return;
      target.disabled = true;
      await send({ do: "press", message, number: Number(press), label, confirmed });
      target.disabled = false;
    } else if (react) {
      target.closest("details")?.removeAttribute("open");
      await send({ do: "react", message, emoji: react });
    } else if (dismiss !== undefined) {
      await send({ do: "dismiss", message });
    } else if (root) {
      show(root);
    } else if (where) {
      enter(where);
    } else if (advance) {
      const steps = all("[data-advance]");
      for (const step of steps) step.setAttribute("aria-disabled", "true");
      if (!one(".clock").classList.contains("busy")) {
        one(".clock").classList.add("busy");
        await send({ do: "advance", by: advance });
        one(".clock").classList.remove("busy");
      }
      for (const step of steps) step.removeAttribute("aria-disabled");
    } else if (line) {
      const input = one("#line");
      input.value = line;
      input.focus();
      input.dispatchEvent(new Event("input"));
    } else if (close !== undefined) {
      dialog.close();
    } else if (closeTalk !== undefined) {
      leave();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || dialog.open) return;
    const menu = one("details.more[open]");
    if (menu) {
      menu.open = false;
      one("summary", menu).focus();
    } else if (thread && talk.contains(document.activeElement)) {
      leave();
    }
  });

  one("#speaker").addEventListener("change", (event) => send({ do: "speak", name: event.target.value }));

  // Writing, with completions

  for (const form of all("[data-composer]")) {
    const input = one("input", form);
    const choices = one(".choices", form);
    let replaces = 0;
    let shownFor = "";
    let at = -1;
    let timer = 0;
    let asked = 0;

    const choose = (number) => {
      const items = [...choices.children];
      at = number;
      items.forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
      if (at < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", items[at].id);
        items[at].scrollIntoView({ block: "nearest" });
      }
    };

    const hide = () => {
      asked += 1;
      clearTimeout(timer);
      choices.hidden = true;
      choices.replaceChildren();
      input.setAttribute("aria-expanded", "false");
      choose(-1);
    };

    const complete = async () => {
      const number = ++asked;
      const text = input.value.slice(0, input.selectionStart);
      if (!text.startsWith("/")) return hide();
      const result = await send({ do: "complete", text, kind: null });
      if (number !== asked || document.activeElement !== input) return;
      replaces = result.replaces || 0;
      shownFor = text;
      const items = (result.choices || []).slice(0, 25).map(({ value, label }, place) => {
        const item = document.createElement("li");
        item.id = `${choices.id}-${place}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const word = document.createElement("strong");
        word.textContent = value;
        const about = document.createElement("span");
        about.textContent = label;
        item.dataset.value = value;
        item.append(word, " ", about);
        return item;
      });
      choices.replaceChildren(...items);
      choices.hidden = !items.length;
      input.setAttribute("aria-expanded", String(Boolean(items.length)));
      choose(-1);
    };

    const take = (item) => {
      const end = input.selectionStart;
      const value = item.dataset.value;
      const space = value.endsWith(":") ? "" : " ";
      input.setRangeText(value + space, end - replaces, end, "end");
      input.focus();
      complete();
    };

    input.addEventListener("input", () => {
      clearTimeout(timer);
      choose(-1);
      timer = setTimeout(complete, WAIT);
    });
    input.addEventListener("blur", () => setTimeout(() => document.activeElement !== input && hide(), 150));
    choices.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) take(item);
    });
    input.addEventListener("keydown", async (event) => {
      const count = choices.children.length;
      if (!count) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        choose(at < 0 && step < 0 ? count - 1 : (at + step + count) % count);
      } else if (event.key === "Tab" && !event.shiftKey) {
        event.preventDefault();
        const text = input.value.slice(0, input.selectionStart);
        clearTimeout(timer);
        if (shownFor !== text) await complete(); // typed faster than answered
        if (shownFor === text && choices.children.length) take(choices.children[Math.max(at, 0)]);
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        take(choices.children[at]);
      } else if (event.key === "Escape") {
        event.preventDefault();
        hide();
      }
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      hide();
      input.value = "";
      const result = await send({ do: "write", text, channel, thread: input.id === "reply" ? thread : "" });
      if (result.say && !input.value) input.value = text;
    });
  }

  // What changes

  const stream = new EventSource(`changes?last=${document.body.dataset.last}`);
  const on = (kind, change) => stream.addEventListener(kind, (event) => change(JSON.parse(event.data)));
  on("message", place);
  on("gone", ({ id }) => {
    const old = document.getElementById(`m-${id}`);
    const messages = old?.closest(".messages");
    old?.remove();
    if (messages) days(messages);
  });
  on("clock", ({ now }) => (one("#now").textContent = now));
  on("reload", load);
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) say("This page no longer hears what happens. Load it again.");
  });
  on("over", ({ say: reason }) => {
    stream.close(); // it would connect again
    open(`<h2 id="dialog-title"></h2><p><a class="button primary" href="">Open another club</a></p>`);
    one("h2", dialog).textContent = reason;
  });

  for (const messages of all(".messages")) if (messages.id !== "root") days(messages);
  enter(channel);
})();
