// <live-incident src="/ws/o/acme/incidents/42/" after="17" member="5">: news of the incident while the page is open.
// Lists with data-append="timeline" grow by the lines that come; every other part of the room hears `live-<name>` on
// <body> and fetches itself. Nothing is sent but signs of life. What the socket cannot bring, the page itself does.
const COALESCE = 400, PING = 15e3, SILENCE = 45e3, ANSWER = 10e3, LONGEST_WAIT = 15e3, HIDDEN = 5e3, TYPING = 3e3, NEAR = 80;
const READ = 1e3, REPORT = 2e3;
const firing = {};

// The first of several fires at once and the last one after a moment: never more than that, and never less.
function fire(name) {
  const pending = firing[name];
  if (pending) { pending.again = true; return; }
  document.body.dispatchEvent(new CustomEvent(`live-${name}`));
  const mine = firing[name] = {};
  setTimeout(() => { delete firing[name]; if (mine.again) fire(name); }, COALESCE);
}

// On a wide screen a list scrolls by itself, on a phone with the page.
const scrolls = (log) => log.scrollHeight > log.clientHeight + 1;
const isAtEnd = (log) => (scrolls(log) ? log.scrollHeight - log.scrollTop - log.clientHeight : log.getBoundingClientRect().bottom - innerHeight) < NEAR;
const toEnd = (log) => (scrolls(log) ? log.scrollTo(0, log.scrollHeight) : log.querySelector("ol").lastElementChild.scrollIntoView({ block: "center" }));

customElements.define("live-incident", class extends HTMLElement {
  connectedCallback() {
    this.after = Number(this.getAttribute("after")) || 0;
    this.failures = 0;
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.gone.signal });
    this.gone = new AbortController();
    // The old line may be dead without knowing it.
    on(window, "online", () => { this.drop(); this.failures ||= 1; this.connect(); });
    on(window, "offline", () => this.show("off"));
    on(document, "visibilitychange", () => this.look());
    on(document, "input", (event) => this.type(event));
    for (const use of ["keydown", "pointerdown", "input"]) on(document, use, () => { this.used = true; });
    on(document.body, "htmx:oobBeforeSwap", (event) => this.leaveOut(event.detail.fragment));
    on(document.body, "htmx:afterSettle", () => { this.keepUp(); this.paint(); this.watch(); });
    document.addEventListener("scroll", () => this.settle(), { capture: true, passive: true, signal: this.gone.signal });
    this.pause = document.getElementById("pause");
    this.pause.hidden = false;
    on(this.pause, "click", () => this.hold());
    this.beat = setInterval(() => this.pulse(), PING);
    this.seen = {};
    this.report = setInterval(() => this.tellSeen(), REPORT);
    this.eyes = new IntersectionObserver((lines) => { for (const line of lines) this.glance(line); }, { threshold: 0.5 });
    this.watch();
    this.mark(document);
    this.connect();
  }

  disconnectedCallback() {
    this.gone.abort();
    clearInterval(this.beat);
    clearInterval(this.report);
    this.eyes.disconnect();
    this.drop();
    clearTimeout(this.retry);
  }

  // --- The line ---

  connect() {
    if (this.over || this.socket) return;
    clearTimeout(this.retry);
    const socket = this.socket = new WebSocket(`${location.origin.replace("http", "ws")}${this.getAttribute("src")}?after=${this.after}`);
    this.heard = Date.now();
    socket.onmessage = (event) => { this.heard = Date.now(); this.take(JSON.parse(event.data)); };
    socket.onclose = () => { this.drop(); this.failed(); };
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.greeted = false;
    if (socket) { socket.onclose = socket.onmessage = null; socket.close(); }
  }

  failed() {
    if (this.over) return;
    this.failures += 1;
    const wait = Math.min(LONGEST_WAIT, 400 * 2 ** (this.failures - 1)) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), wait);
    if (this.failures < 2) this.show("again"); else this.poll();
  }

  async poll() {
    const reached = await this.catchUp();
    if (!this.greeted && !this.over) this.show(reached ? "poll" : "off");
  }

  // A line that is silent is cut; one that was opened and never says it is ready is no line yet.
  pulse() {
    if (!this.socket) return;
    if (Date.now() - this.heard > SILENCE) { this.drop(); this.failed(); }
    else if (this.greeted) this.beatOnce();
    else { this.failures += 1; this.poll(); }
  }

  // With the beat goes whether anybody used the page since the last one.
  beatOnce() {
    this.say(this.used ? { type: "ping", input: true } : { type: "ping" });
    this.used = false;
  }

  say(frame) { if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame)); }

  take(frame) { this[`on_${frame.type}`]?.(frame); }

  on_ready(frame) {
    // Another reader, or another view of the incident, than the page was made for: what may be seen now is drawn anew.
    const reach = [frame.member, frame.reach, ...frame.restricted].join();
    if (this.reach && this.reach !== reach) return location.reload();
    this.reach = reach;
    this.greeted = true;
    this.after = Math.max(this.after, frame.number);
    // What a page showed while it was cut off may have changed without a line of its own.
    if (this.failures) this.resync();
    this.failures = 0;
    this.since = null;
    document.dispatchEvent(new CustomEvent("clock-skew", { detail: Date.parse(frame.at) - Date.now() }));
    this.show("live");
    this.look();
  }

  on_entry(frame) {
    if (frame.number <= this.after) return;
    this.after = frame.number;
    if (this.held) { this.held.push(frame); this.show("live"); } else this.apply(frame);
  }

  // Whoever reads holds back what comes, and lets all of it in again. What they do themselves shows as ever.
  hold() {
    const held = this.held;
    this.held = held ? null : [];
    this.paused = this.clock();
    this.pause.ariaPressed = String(!held);
    this.pause.firstChild.data = held ? "Pause" : "Resume";
    for (const frame of held ?? []) this.apply(frame);
    if (held && this.stale) this.catchUp();
    this.stale = false;
    this.paint();
    if (this.socket?.readyState === WebSocket.OPEN) this.show("live");
  }

  resync() { if (this.held) this.stale = true; else fire("resync"); }

  apply(frame) {
    for (const [list, html] of Object.entries(frame.html ?? {})) this.append(list, html);
    // What one wrote oneself, elsewhere perhaps, is read.
    const { workstream } = frame.details;
    if (frame.kind === "message_posted" && !frame.html?.[`stream-${workstream}`]?.includes(`data-author="${this.getAttribute("member")}"`)) this.dot(workstream);
    for (const region of frame.regions) region === "timeline" ? this.catchUp() : fire(region);
  }

  on_presence(frame) {
    this.presence = frame;
    this.paint();
    clearTimeout(this.hush);
    this.hush = setTimeout(() => { frame.typing = {}; this.paint(); }, TYPING + 1000);
  }

  on_reset(frame) { this.after = frame.number; this.catchUp(); }

  on_bye(frame) {
    this.over = true;
    this.show("off", frame.reason === "signed-out" ? "You are signed out: reload to sign in" : "You no longer have access to this incident");
  }

  // The page as it is now: adds the lines that are missing here, and lets every part fetch itself. False without a network.
  async catchUp() {
    if (this.held) return this.stale = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER) });
      if (answer.redirected || answer.status === 404) { this.drop(); this.on_bye({ reason: answer.redirected ? "signed-out" : "" }); return true; }
      if (!answer.ok) return false;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const list of page.querySelectorAll("[data-append]")) {
        for (const line of list.querySelectorAll(":scope > li[id]")) this.add(document.getElementById(list.id), document.importNode(line, true));
      }
      this.after = Math.max(this.after, Number(page.querySelector("live-incident")?.getAttribute("after")) || 0);
      fire("resync");
      return true;
    } catch { return false; }
  }

  // The tabs were drawn anew without the thread that is open: it is no longer for this reader.
  keepUp() {
    const tabs = document.getElementById("streams")?.dataset.stream, open = document.getElementById("conversation")?.dataset.stream;
    if (tabs && open && tabs !== open) location.reload();
  }

  // --- The lists ---

  append(name, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    for (const list of document.querySelectorAll(`[data-append~="${name}"]`)) {
      for (const line of holder.content.cloneNode(true).children) this.add(list, line);
    }
  }

  // A line that is drawn again takes its old place, or none.
  add(list, line) {
    const old = document.getElementById(line.id);
    if (old) { if (old.dataset.version !== line.dataset.version) { old.replaceWith(line); this.mark(line.parentNode); window.htmx?.process(line); } return; }
    if (!list || "again" in line.dataset) return;
    const log = list.closest(".log");
    const atEnd = !log || isAtEnd(log);
    const mine = line.dataset.author === this.getAttribute("member");
    list.querySelector(":scope > .log__empty")?.remove();
    if (document.hidden && !mine && !("system" in line.dataset)) this.unread(list);
    line.dataset.new = "";
    // What the writer sees already, as it waits to be sent, gives way to it.
    document.getElementById(`waiting-${line.dataset.once}`)?.remove();
    list.append(line);
    this.mark(list);
    window.htmx?.process(line);
    if (!log || !line.offsetHeight) return;
    if (!atEnd && !mine) this.count(log);
    else if (scrolls(log)) toEnd(log);
  }

  mark(root) {
    for (const line of root.querySelectorAll(`.msg[data-author="${this.getAttribute("member")}"]:not([data-mine])`)) line.dataset.mine = "";
  }

  // The answer to a form brings the very line that came over the socket: whichever is second is left out.
  leaveOut(fragment) {
    for (const line of fragment?.querySelectorAll?.("li[id]") ?? []) if (document.getElementById(line.id)) line.remove();
  }

  unread(list) {
    if (list.querySelector("[data-state=unread]:not([data-old])")) return;
    list.querySelector("[data-state=unread]")?.remove();
    const divider = document.createElement("li");
    divider.className = "log__divider";
    divider.dataset.state = "unread";
    divider.textContent = `New since ${this.clock()}`;
    list.append(divider);
  }

  count(log) {
    let pill = log.querySelector(":scope > .pill");
    if (!pill) {
      pill = log.appendChild(document.createElement("button"));
      pill.className = "pill";
      pill.type = "button";
      pill.dataset.count = 0;
      pill.onclick = () => toEnd(log);
    }
    pill.dataset.count = Number(pill.dataset.count) + 1;
    pill.textContent = `${pill.dataset.count} new, jump down`;
  }

  settle() { for (const pill of document.querySelectorAll(".log > .pill")) if (isAtEnd(pill.parentNode)) pill.remove(); }

  // --- What was read ---

  watch() { for (const line of document.querySelectorAll(".msg[data-entry]:not([data-watched])")) { line.dataset.watched = ""; this.eyes.observe(line); } }

  // Read is what was half in sight for a second, in a window that somebody looks at.
  glance({ target, isIntersecting }) {
    clearTimeout(target.reading);
    if (!isIntersecting) return;
    target.reading = setTimeout(() => {
      if (document.hidden || !document.hasFocus()) { this.eyes.unobserve(target); delete target.dataset.watched; return; }
      const { thread, entry } = target.dataset;
      this.seen[thread] = Math.max(this.seen[thread] ?? 0, Number(entry));
      this.eyes.unobserve(target);
    }, READ);
  }

  tellSeen() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (!document.hidden && document.hasFocus()) this.watch();
    for (const [thread, number] of Object.entries(this.seen)) {
      this.say({ type: "seen", stream: Number(thread), number });
      const last = [...document.querySelectorAll(`.msg[data-thread="${thread}"]`)].at(-1);
      if (last && Number(last.dataset.entry) <= number) document.querySelector(`#tab-${thread} .dot`)?.remove();
    }
    this.seen = {};
  }

  dot(thread) {
    const tab = document.getElementById(`tab-${thread}`);
    if (!tab || tab.querySelector(".dot")) return;
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.innerHTML = '<span class="sr">unread</span>';
    tab.append(" ", dot);
  }

  // --- Who is there ---

  look() {
    clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = setTimeout(() => this.say({ type: "presence", state: "away" }), HIDDEN);
      for (const divider of document.querySelectorAll(".log__divider[data-state=unread]")) divider.dataset.old = "";
      return;
    }
    this.connect();
    this.say({ type: "presence", state: "here" });
  }

  type({ target }) {
    const stream = target.form?.querySelector("[data-typing]")?.dataset.typing;
    if (!stream || Date.now() - (this.typed ?? 0) < TYPING) return;
    this.typed = Date.now();
    this.say({ type: "typing", stream: Number(stream) });
  }

  paint() {
    if (!this.presence || this.held) return;
    const { functions, members = [], typing = {} } = this.presence;
    const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
    for (const element of document.querySelectorAll("[data-presence]")) {
      const { here = 0, engaged = 0, away = 0 } = functions[element.dataset.presence] ?? {};
      write(element, [engaged && `${engaged} engaged`, here - engaged && `${here - engaged} idle`, away && `${away} away`].filter(Boolean).join(", "));
    }
    for (const element of document.querySelectorAll("[data-member]")) {
      const there = members.find(({ id }) => String(id) === element.dataset.member);
      element.dataset.state = !there || there.state === "away" ? there?.state ?? "" : there.engaged ? "engaged" : "idle";
    }
    for (const element of document.querySelectorAll("[data-typing]")) {
      const names = members.filter(({ id }) => typing[element.dataset.typing]?.includes(id) && String(id) !== this.getAttribute("member"));
      write(element, names.length ? `${names.map(({ name }) => name).join(", ")} ${names.length > 1 ? "are" : "is"} typing` : "");
    }
  }

  clock() { return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }); }

  show(state, words) {
    if (state === "off") this.since ??= this.clock();
    if (state === "live" && this.held) state = "paused";
    const waiting = this.held?.length ?? 0;
    const said = words ?? {
      live: "Live",
      paused: `Paused at ${this.paused}. ${waiting} change${waiting === 1 ? "" : "s"} waiting.`,
      again: "Reconnecting…",
      poll: "Updates every 15 s",
      off: `Offline since ${this.since}. What you see is a copy from then.`,
    }[state];
    document.dispatchEvent(new CustomEvent("line", { detail: { state, over: this.over && said } }));
    for (const link of document.querySelectorAll(".link[role=status]")) {
      if (link.dataset.state === state && link.textContent === said) continue;
      link.dataset.state = state;
      link.textContent = said;
    }
  }
});
