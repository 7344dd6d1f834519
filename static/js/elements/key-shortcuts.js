// Single keys press the visible control that names them: data-key="u" or data-key="g i". `?` lists those on this page.
// They sleep while a field has focus and can be switched off in that list. Esc and a click elsewhere close menus.
customElements.define("key-shortcuts", class extends HTMLElement {
  connectedCallback() {
    this.before = "";
    this.dialog = this.querySelector("dialog");
    this.on = this.querySelector("input");
    this.on.checked = localStorage.keys !== "off";
    this.on.onchange = () => { localStorage.keys = this.on.checked ? "on" : "off"; };
    for (const opener of document.querySelectorAll("[data-keys-open]")) {
      opener.hidden = false;
      opener.onclick = () => this.list();
    }
    document.addEventListener("keydown", (event) => this.pressed(event));
    document.addEventListener("click", (event) => this.closeMenus(event.target));
  }

  pressed(event) {
    const { key, target } = event;
    const held = event.ctrlKey || event.metaKey;
    const field = target.closest?.("input, textarea, select, [contenteditable]");
    if (key === "Escape") this.closeMenus();
    if (field && held && key === "Enter") field.form?.requestSubmit();
    if (field || held || event.altKey || event.repeat || !this.on.checked || document.querySelector("dialog[open]")) return;
    if (key === "?") return this.list();
    const control = this.find(`${this.before}${key}`) ?? this.find(key);
    this.before = "";
    if (control) {
      event.preventDefault();
      if (control.matches("input, textarea")) control.focus();
      else control.click();
    } else if (key === "g") {
      this.before = "g ";
      setTimeout(() => { this.before = ""; }, 1500);
    }
  }

  // Of several, the one in the line that has the focus or lies under the pointer; else one that is empty; else the last.
  find(keys) {
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)].filter((one) => one.checkVisibility());
    const within = (line) => found.find((one) => one.closest(line));
    return within("li:focus-within") ?? within("li:hover") ?? within("li[data-state=empty]") ?? found.at(-1);
  }

  list() {
    const found = new Map();
    for (const one of document.querySelectorAll("[data-key]")) {
      if (one.checkVisibility()) found.set(one.dataset.key, one.dataset.keyName || one.ariaLabel || (one.labels?.[0] ?? one).textContent.trim());
    }
    for (const { dataset, textContent } of document.querySelectorAll("[data-command]")) {
      found.set(dataset.command, `${textContent} (in a message: ${dataset.command} ${dataset.usage}`.trimEnd() + ")");
    }
    found.set("?", "This list").set("Ctrl Enter", "Send what you are writing");
    const list = this.querySelector("dl");
    list.replaceChildren();
    for (const [keys, what] of found) {
      const term = list.appendChild(document.createElement("dt"));
      for (const key of keys.split(" ")) {
        const cap = term.appendChild(document.createElement("kbd"));
        cap.className = "kbd";
        cap.textContent = key;
      }
      list.appendChild(document.createElement("dd")).textContent = what;
    }
    this.dialog.showModal();
  }

  closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  }
});
