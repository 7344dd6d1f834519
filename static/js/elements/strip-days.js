// <strip-days last="2026-11-27" levels="…"><a href="days/"><svg>…: one tab stop; arrows choose a day, Enter opens it.
const WORDS = {
  n: "nothing known", o: "worked all day", d: "slower than usual", p: "partly not working", m: "not working",
};
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const FORMAT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
const DAY = 864e5;

customElements.define("strip-days", class extends HTMLElement {
  connectedCallback() {
    this.link = this.querySelector("a");
    this.output = this.querySelector("output");
    if (!this.link || !this.output) return;
    this.list = this.link.getAttribute("href");
    this.levels = this.getAttribute("levels");
    this.at = this.levels.length - 1;
    this.mark = document.createElementNS("http://www.w3.org/2000/svg", "path");
    this.mark.setAttribute("class", "up__at");
    this.link.querySelector("svg").append(this.mark);
    this.link.addEventListener("keydown", (event) => this.step(event));
    this.link.addEventListener("focus", () => this.show(this.at));
    this.link.addEventListener("pointermove", (event) => this.show(this.under(event)));
    // By hand it is the day that was touched; by Enter, which has no place, the one that was chosen.
    this.link.addEventListener("click", (event) => { if (event.detail) this.show(this.under(event)); });
  }

  step(event) {
    if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.show(this.at + STEPS[event.key]);
  }

  under(event) {
    const { left, width } = this.link.getBoundingClientRect();
    return Math.floor((event.clientX - left) / width * this.levels.length);
  }

  show(at) {
    this.at = Math.min(Math.max(at, 0), this.levels.length - 1);
    const date = new Date(Date.parse(this.getAttribute("last")) - (this.levels.length - 1 - this.at) * DAY);
    this.link.href = `${this.list}#${date.toISOString().slice(0, 10)}`;
    this.mark.setAttribute("d", `M${this.at * 4 + 1.5} 0v28`);
    this.output.textContent = `${FORMAT.format(date)}: ${WORDS[this.levels[this.at]]}`;
  }
});
