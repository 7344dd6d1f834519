// <log-end class="log">…: opens at its newest line, as soon as it can be seen, and follows what the reader posts.
customElements.define("log-end", class extends HTMLElement {
  connectedCallback() {
    const end = () => { this.scrollTop = this.scrollHeight; };
    this.addEventListener("htmx:oobBeforeSwap", () => requestAnimationFrame(end));
    new ResizeObserver((_, waiting) => {
      if (!this.clientHeight) return;
      waiting.disconnect();
      if (!this.querySelector(":target")) end();
    }).observe(this);
  }
});
