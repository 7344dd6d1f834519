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
