// <keep-draft name="INC-42-7"><form>…: what is typed survives a change of thread and a reload, until it is sent.
customElements.define("keep-draft", class extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("textarea");
    const key = `draft ${location.pathname} ${this.getAttribute("name")}`;
    const keep = () => { sessionStorage[key] = field.value; };
    field.value ||= sessionStorage[key] ?? "";
    field.addEventListener("input", keep);
    this.addEventListener("submit", () => sessionStorage.removeItem(key));
    for (const failed of ["htmx:responseError", "htmx:sendError"]) this.addEventListener(failed, keep);
  }
});
