// <waiting-line owner="5">: what somebody wrote in the room and the server has not taken yet. It lies in this browser, for
// this person and this incident, until the server has it once: the form's `key` goes with it however often it is sent.
// Forms that may wait name themselves: <form data-waits="Finding" hx-post="…">. All others are refused without a line, and
// so is a composer that holds a command.
const PATIENCE = 10e3, READING = 8e3, AGAIN = 15e3, LONGEST = 864e5;
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const keyOf = (form) => form.elements.namedItem("key");

const OFFLINE = "Not done: you are offline.";
const WHY = {
  others: `${OFFLINE} Only messages, findings and tasks wait for the line; this has to be seen by others when it happens. What you typed is still here.`,
  kept: "You are offline. It is kept in this browser and sent when you are live again.",
  page: `${OFFLINE} This opens when the line is back.`,
  nothing: "Not kept: there is nothing in it, or this browser keeps nothing.",
  out: "You are signed out: reload to sign in.",
  gone: "You no longer have access to this incident.",
  other: "You signed in again, or somebody else did: reload.",
  old: "Written more than a day ago: read it again before you send it.",
};

customElements.define("waiting-line", class extends HTMLElement {
  connectedCallback() {
    this.shelf = `waiting ${this.getAttribute("owner")} ${location.pathname} `;
    this.panel = this.querySelector("section");
    this.list = this.querySelector("ol");
    this.count = this.querySelector("[role=status]");
    this.notice = this.querySelector("[role=alert]");
    this.kept = {};
    this.gone = new AbortController();
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.gone.signal });
    const { body } = document;
    on(document, "line", ({ detail }) => this.hear(detail));
    on(body, "htmx:beforeRequest", (event) => this.ask(event));
    on(body, "htmx:afterRequest", ({ detail }) => this.answer(detail));
    on(body, "htmx:afterSettle", () => this.draw());
    on(document, "click", (event) => { if (this.isOff && this.leads(event)) this.refuse(event, "page"); });
    on(document, "submit", (event) => { if (this.isOff && event.target.matches("[method=post]:not([hx-post])")) this.refuse(event, "others"); });
    on(window, "storage", ({ key }) => { if (key?.startsWith(this.shelf)) this.draw(); });
    this.draw();
  }

  disconnectedCallback() {
    this.gone.abort();
    clearTimeout(this.later);
    clearTimeout(this.again);
  }

  hear({ state, over }) {
    const wasOff = this.isOff;
    this.halt = over;
    this.isOff = state === "off" && !over;
    this.isOn = !over && ["live", "paused", "poll"].includes(state);
    if (wasOff && !this.isOff) this.notice.hidden = true;
    this.draw();
    if (this.isOn) { this.flush(); this.learn(); }
  }

  // --- Forms ---

  ask(event) {
    const { elt, requestConfig } = event.detail, { verb, path, triggeringEvent } = requestConfig;
    if (verb === "get") {
      if (this.isOff && triggeringEvent?.type === "click") this.open(elt) ? event.preventDefault() : this.refuse(event, "page");
    } else if (elt.dataset.waits === undefined || elt.dataset.commandTyped !== undefined || path !== elt.getAttribute("hx-post")) {
      if (this.isOff) this.refuse(event, "others");
    } else {
      const item = this.take(elt, requestConfig);
      if (!item) return this.isOff && this.refuse(event, "nothing");
      if (this.isOff) { event.preventDefault(); this.leave(elt); this.tell("kept"); } else {
        requestConfig.item = item;
        event.detail.xhr.timeout = PATIENCE;
      }
    }
  }

  // Kept before it is on its way: a page that dies meanwhile sends it again. None where the browser keeps nothing.
  take(form, { path, formData }) {
    // What has no key can be done only once.
    const key = keyOf(form)?.value || path;
    const fields = [...formData].filter(([name]) => !["csrfmiddlewaretoken", "key"].includes(name));
    const words = [...form.elements].filter((field) => field.matches("textarea, [type=text]")).map(({ value }) => value.trim());
    const text = words.filter(Boolean).join("\n");
    // An empty form is answered at once; it has nothing to wait with.
    if (words.length && !text) return null;
    const item = { key, path, text, fields: [...fields, ["key", key]], what: form.dataset.waits, log: form.dataset.log, at: Date.now() };
    try { this.keep({ ...item, tried: this.isOff ? 0 : Date.now() }); } catch { return null; }
    // A composer is free for the next message.
    if (item.log) {
      form.querySelector("textarea").value = "";
      keyOf(form).value = newKey();
    }
    return item;
  }

  answer({ xhr, elt, requestConfig: { item } }) {
    if (!item) return;
    // The form itself says what is wrong with it, and gives the words back.
    if ([409, 422].includes(xhr.status)) return this.forget(item);
    this.settle(item, xhr.status);
    if (this.find(item.key)) this.leave(elt);
  }

  // A dialog closes itself on it.
  leave(form) { form.dispatchEvent(new CustomEvent("acted", { bubbles: true })); }

  // --- Without a line ---

  leads({ target, ctrlKey, metaKey }) {
    const link = target.closest?.("a[href]");
    return link && !ctrlKey && !metaKey && !link.closest("a[hx-get], [data-dialog]") && !link.target && !link.getAttribute("href").startsWith("#") && !link.closest("tab-bar");
  }

  refuse(event, why) {
    event.preventDefault();
    this.tell(why);
  }

  tell(why) {
    (document.querySelector("dialog[open] .sheet__body") ?? this).prepend(this.notice);
    this.notice.textContent = WHY[why];
    this.notice.hidden = false;
    clearTimeout(this.fading);
    // Over the room it would lie on something; in a dialog it may stay.
    this.fading = setTimeout(() => { this.notice.hidden = this.contains(this.notice); }, READING);
  }

  // The forms of what may wait are fetched while there is a line, to be opened without one.
  learn() {
    if (this.learnt) return;
    this.learnt = true;
    setTimeout(async () => {
      for (const link of document.querySelectorAll("[data-kept]")) {
        const answer = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
        if (answer?.ok && !answer.redirected) this.kept[link.getAttribute("hx-get")] = await answer.text();
      }
    }, 1000);
  }

  open(link) {
    const form = this.kept[link.getAttribute("hx-get")];
    if (!form) return false;
    window.htmx.swap("#dialog", form, { swapStyle: "innerHTML" });
    document.querySelector("#dialog [name=key]").value = newKey();
    return true;
  }

  // --- The shelf ---

  keep(item) {
    localStorage.setItem(this.shelf + item.key, JSON.stringify(item));
    this.draw();
  }

  forget({ key }) {
    localStorage.removeItem(this.shelf + key);
    this.draw();
  }

  items() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.shelf));
      return keys.map((key) => JSON.parse(localStorage[key])).sort((one, other) => one.at - other.at);
    } catch { return []; }
  }

  isOnItsWay({ why, tried }) { return !why && Date.now() - tried < PATIENCE; }

  // What was on its way when the page was opened may have died with another page.
  isDue(item) { return !item.why && !(this.hasTried && this.isOnItsWay(item)); }

  // --- Sending ---

  // One tab at a time; where the browser cannot see to that, the key does.
  async flush() {
    if (this.busy || !this.items().some((item) => this.isDue(item))) return;
    this.busy = true;
    const send = () => this.sendAll();
    try { await (navigator.locks?.request(this.shelf, send) ?? send()); } finally { this.busy = false; }
    this.hasTried = true;
    this.draw();
    // A server that has just come back may be slow to answer.
    clearTimeout(this.again);
    if (this.isOn) this.again = setTimeout(() => this.flush(), AGAIN);
  }

  async sendAll() {
    for (const item of this.items()) {
      if (!this.isDue(item)) continue;
      if (Date.now() - item.at > LONGEST && !item.again) this.keep({ ...item, why: WHY.old });
      else if (!(await this.send(item))) return;
    }
  }

  // The token is that of the page: it dies with its session, so nothing goes out in the name of who signs in later.
  async send(item) {
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    this.keep({ ...item, tried: Date.now() });
    try {
      const answer = await fetch(item.path, {
        method: "POST",
        headers: { "HX-Request": "true" },
        body: new URLSearchParams([...item.fields, ["csrfmiddlewaretoken", token]]),
        signal: AbortSignal.timeout(PATIENCE),
      });
      return this.settle(item, answer.status, await answer.text(), answer.headers.get("HX-Trigger"));
    } catch { return this.settle(item, 0); }
  }

  // True once the server has said its word; false without an answer, or one that is not about the words.
  settle(item, status, html, news) {
    if (status >= 200 && status < 300) {
      const list = html?.match(/beforeend:(#[\w-]+)/)?.[1];
      if (list && document.querySelector(list)) window.htmx.swap(this.notice, html, { swapStyle: "none" });
      for (const name of news?.split(", ") ?? []) document.body.dispatchEvent(new CustomEvent(name));
      this.forget(item);
      return true;
    }
    const why = { 401: WHY.out, 403: WHY.other, 404: WHY.gone }[status];
    const isLater = why || !status || status === 429 || status >= 500;
    this.halt = why;
    this.keep(isLater ? { ...item, tried: 0 } : { ...item, why: this.reason(html) });
    return !isLater;
  }

  reason(html) {
    const page = new DOMParser().parseFromString(html ?? "", "text/html");
    return page.querySelector(".field__error, [role=alert] p, .notice--warn p, .sheet__body p")?.textContent.trim() || "The server refused it: reload and try again.";
  }

  // --- What is seen ---

  draw() {
    clearTimeout(this.later);
    const items = this.items(), ways = items.filter((item) => this.isOnItsWay(item));
    for (const row of document.querySelectorAll("[data-waiting]")) if (!items.some(({ key }) => row.id === `waiting-${key}`)) row.remove();
    for (const form of document.querySelectorAll("form[data-waits]")) form.toggleAttribute("data-sending", ways.some(({ path }) => path === form.getAttribute("hx-post")));
    let left = 0;
    for (const item of items) {
      if (document.querySelector(`[data-once="${item.key}"]`)) { this.forget(item); return; }
      const onItsWay = ways.includes(item), log = document.getElementById(item.log);
      left += !onItsWay;
      if (log || !onItsWay || document.getElementById(`waiting-${item.key}`)) this.show(item, onItsWay, log ?? this.list);
    }
    const said = left ? `${left} not sent yet${this.isOff ? ": sent when you are live again" : ""}` : "";
    if (this.count.textContent !== said) this.count.textContent = said;
    this.panel.hidden = !this.list.childElementCount;
    if (ways.length) this.later = setTimeout(() => this.draw(), 1000);
  }

  show(item, onItsWay, list) {
    let row = document.getElementById(`waiting-${item.key}`);
    if (!row) {
      row = this.querySelector("template").content.cloneNode(true).firstElementChild;
      row.id = `waiting-${item.key}`;
      row.querySelector("b").textContent = item.what;
      row.querySelector(".msg__text").textContent = item.text;
      row.onclick = ({ target }) => this[`do_${target.dataset.act}`]?.(item.key, target);
    }
    if (row.parentNode !== list) {
      list.querySelector(":scope > .log__empty")?.remove();
      list.append(row);
      if (onItsWay) row.scrollIntoView({ block: "nearest" });
    }
    const why = item.why ?? this.halt;
    row.querySelector("span").textContent = onItsWay ? "sending" : why ? `Not sent. ${why}` : this.isOff ? "Waits for the line" : "Not sent";
    row.querySelector(".msg__acts").hidden = onItsWay;
    row.dataset.state = onItsWay || (this.isOff && !why) ? "" : "failed";
  }

  find(key) { return this.items().find((item) => item.key === key); }

  do_retry(key) {
    const { why, ...item } = this.find(key) ?? {};
    if (!item.key) return;
    this.keep({ ...item, again: true, tried: 0 });
    this.flush();
  }

  async do_copy(key, button) {
    await navigator.clipboard?.writeText(this.find(key)?.text ?? "");
    button.textContent = "Copied";
  }

  do_drop(key) {
    this.forget({ key });
    document.getElementById("composer-text")?.focus();
  }
});
