// <status-news src="…/summary.json" etag="…">: asks once a minute whether the page says something else by now, and offers it.
const EVERY = 60e3;

customElements.define("status-news", class extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.ask(), EVERY);
    this.querySelector("button").addEventListener("click", () => location.reload());
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async ask() {
    if (document.hidden) return;
    const etag = `"${this.getAttribute("etag")}"`;
    let answer;
    try {
      answer = await fetch(this.getAttribute("src"), { headers: { "If-None-Match": etag }, cache: "no-store", credentials: "omit" });
    } catch {
      return;
    }
    // A copy from the hour in which the database is away has no mark to compare.
    const now = answer.headers.get("ETag");
    if (!answer.ok || !now || now.replace(/^W\//, "") === etag) return;
    clearInterval(this.timer);
    this.querySelector("p").hidden = false;
  }
});
