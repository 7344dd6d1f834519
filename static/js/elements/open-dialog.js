// <open-dialog><dialog>…</dialog></open-dialog>: shows its dialog on arrival, closes it after the
// act inside was done (`acted`), gives focus back and leaves.
customElements.define("open-dialog", class extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const from = document.activeElement;
    dialog.addEventListener("close", () => {
      this.remove();
      if (from?.isConnected) from.focus();
    });
    this.addEventListener("acted", () => dialog.close());
    dialog.showModal();
  }
});

// Where there are many links to forms, they say their address once: [data-dialog] stands for `hx-get` and `hx-target`.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-dialog] a, a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  window.htmx.ajax("GET", link.getAttribute("href"), { source: link, event, target: "#dialog" });
});
