// Single keys press the visible control that names them: data-key="u" or data-key="g i". `?` lists those on this page.
// They sleep while a field has focus and can be switched off for good in the list. Esc and a click elsewhere close menus.
customElements.define("key-shortcuts", class extends HTMLElement {
  connectedCallback() {
    this.before = "";
    this.dialog = this.querySelector("dialog");
    const on = this.querySelector("input");
    on.checked = localStorage.getItem("keys") !== "off";
    on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
    for (const opener of document.querySelectorAll("[data-keys-open]")) {
      opener.hidden = false;
      opener.addEventListener("click", () => this.list());
    }
    document.addEventListener("keydown", (event) => this.pressed(event, on.checked));
    document.addEventListener("click", (event) => this.closeMenus(event.target));
  }

  pressed(event, on) {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") this.closeMenus();
    if (typing && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return typing.form?.requestSubmit();
    if (!on || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (event.key === "?") return this.list();
    const control = this.find(`${this.before} ${event.key}`.trim()) ?? this.find(event.key);
    this.before = "";
    if (control) {
      event.preventDefault();
      if (control.matches("input, textarea")) control.focus();
      else control.click();
    } else if (event.key === "g") {
      this.before = "g";
      setTimeout(() => { this.before = ""; }, 1500);
    }
  }

  find(keys) {
    return [...document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`)].find((one) => one.checkVisibility());
  }

  list() {
    const list = this.querySelector("dl");
    list.replaceChildren();
    const seen = new Set(["?"]);
    const add = (keys, what) => {
      const term = list.appendChild(document.createElement("dt"));
      for (const key of keys.split(" ")) {
        const cap = term.appendChild(document.createElement("kbd"));
        cap.className = "kbd";
        cap.textContent = key;
      }
      list.appendChild(document.createElement("dd")).textContent = what;
    };
    for (const one of document.querySelectorAll("[data-key]")) {
      if (seen.has(one.dataset.key) || !one.checkVisibility()) continue;
      seen.add(one.dataset.key);
      add(one.dataset.key, one.ariaLabel || one.labels?.[0]?.textContent || one.textContent.trim());
    }
    add("?", "This list");
    add("Ctrl Enter", "Send what you are writing");
    this.dialog.showModal();
  }

  closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  }
});
