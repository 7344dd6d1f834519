// <open-dialog><dialog>…</dialog></open-dialog>: shows its dialog on arrival, gives focus back and leaves when it closes.
customElements.define("open-dialog", class extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    const from = document.activeElement;
    dialog.addEventListener("close", () => {
      this.remove();
      if (from?.isConnected) from.focus();
    });
    dialog.showModal();
  }
});
