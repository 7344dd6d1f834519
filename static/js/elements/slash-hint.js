// <slash-hint for="composer-text"><p></p><ul hidden><li data-command="/task" data-usage="@who what">Add a task: says
// what a line that begins with a slash would do, while it is typed. The form does it, with or without this.
const MOST = 5;

customElements.define("slash-hint", class extends HTMLElement {
  connectedCallback() {
    this.gone = new AbortController();
    const { signal } = this.gone;
    this.field = document.getElementById(this.getAttribute("for"));
    this.words = this.querySelector("p");
    this.commands = [...this.querySelectorAll("[data-command]")];
    this.field.addEventListener("input", () => this.look(), { signal });
    // A command that opened a form leaves the line as it is until the form is sent.
    this.field.form.addEventListener("submit", () => { this.sent = this.command ? this.field.value : null; }, { signal });
    document.body.addEventListener("acted", () => this.clear(), { signal });
    this.look();
  }

  disconnectedCallback() { this.gone.abort(); }

  get command() { return /^\s*\/(?!\/)/.test(this.field.value); }

  look() {
    const said = this.hint();
    if (this.words.textContent !== said) this.words.textContent = said;
    this.field.form.toggleAttribute("data-command-typed", this.command);
  }

  hint() {
    const text = this.field.value.trimStart();
    if (text.startsWith("//")) return "Sent as a message that begins with a slash.";
    if (!this.command) return "";
    const typed = text.split(/\s/, 1)[0].toLowerCase();
    const near = this.commands.filter(({ dataset }) => dataset.command.startsWith(typed));
    const one = near.find(({ dataset }) => dataset.command === typed) ?? (near.length === 1 ? near[0] : null);
    if (one) return `${one.dataset.command} ${one.dataset.usage}`.trim() + `: ${one.textContent}`;
    if (!near.length) return "There is no such command. /help lists them; two slashes begin a message.";
    const more = near.length > MOST ? ", …" : "";
    return near.slice(0, MOST).map(({ dataset }) => dataset.command).join(", ") + more;
  }

  clear() {
    if (this.sent == null || this.field.value !== this.sent) return;
    this.field.value = "";
    this.sent = null;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
