// <count-letters limit="400"><textarea></textarea><p>At most 400 characters</p></count-letters>: says how many are left.
customElements.define("count-letters", class extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("textarea");
    const words = this.querySelector(":scope > p");
    const limit = Number(this.getAttribute("limit"));
    const count = () => {
      const left = limit - [...field.value].length;
      words.textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
      words.dataset.state = left < 0 ? "late" : "";
    };
    field.addEventListener("input", count);
    count();
  }
});
