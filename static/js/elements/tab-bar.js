// <tab-bar for="room"><a href="#…" data-tab="now">…: on a phone one pane at a time, each keeping its own scroll position.
customElements.define("tab-bar", class extends HTMLElement {
  connectedCallback() {
    this.places = {};
    this.addEventListener("click", (event) => {
      const tab = event.target.closest("[data-tab]");
      if (!tab) return;
      event.preventDefault();
      this.show(tab.dataset.tab);
    });
    this.show(this.querySelector("[data-tab]").dataset.tab);
  }

  show(name) {
    const room = document.getElementById(this.getAttribute("for"));
    if (!room) return;
    if (room.dataset.tab) this.places[room.dataset.tab] = scrollY;
    room.dataset.tab = name;
    for (const tab of this.querySelectorAll("[data-tab]")) {
      if (tab.dataset.tab === name) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
    if (name in this.places) scrollTo(0, this.places[name]);
  }
});
