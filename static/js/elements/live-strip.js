// <live-strip src="/ws/o/acme/">: tells the strip of open incidents (`live-strip` on <body>) when it has changed.
customElements.define("live-strip", class extends HTMLElement {
  connectedCallback() {
    this.failures = 0;
    this.open();
  }

  disconnectedCallback() {
    clearTimeout(this.retry);
    this.socket.onclose = null;
    this.socket.close();
  }

  open() {
    const socket = this.socket = new WebSocket(`${location.origin.replace("http", "ws")}${this.getAttribute("src")}`);
    let over = false;
    socket.onmessage = ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === "bye") over = true;
      if (type === "strip" || (type === "ready" && this.failures)) document.body.dispatchEvent(new CustomEvent("live-strip"));
      if (type === "ready") this.failures = 0;
    };
    socket.onclose = () => {
      this.failures += 1;
      const wait = Math.min(30e3, 1000 * 2 ** this.failures) * (0.5 + Math.random() / 2);
      if (!over) this.retry = setTimeout(() => this.open(), wait);
    };
  }
});
