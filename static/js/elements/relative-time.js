// Ages, durations and due clocks, recomputed once a second from the server's clock; swapped-in ones are found by themselves.
const SOON = 300;
let skew = 0;

const page = document.querySelector("meta[name='server-time']");
const [navigation] = performance.getEntriesByType("navigation");
// A page from the browser's own cache carries an old time.
if (page && navigation?.transferSize) skew = Date.parse(page.content) - performance.timeOrigin - navigation.responseStart;
// The socket knows better: {detail: milliseconds the server is ahead}.
document.addEventListener("clock-skew", (event) => { skew = event.detail; });

function words(seconds) {
  const s = Math.abs(Math.trunc(seconds));
  if (s < 60) return "under 1 min";
  if (s < 3600) return `${Math.trunc(s / 60)} min`;
  if (s < 86400) return `${Math.trunc(s / 3600)} h ${String(Math.trunc(s / 60) % 60).padStart(2, "0")}`;
  return `${Math.trunc(s / 86400)} d ${Math.trunc(s / 3600) % 24} h`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() + skew;
  for (const time of document.querySelectorAll("time[data-due], time[data-ago], time[data-elapsed]")) {
    const seconds = (Date.parse(time.dateTime) - now) / 1000;
    if ("due" in time.dataset) {
      const state = seconds <= 0 ? "late" : seconds <= SOON ? "soon" : "in";
      write(time, `${state === "late" ? "late" : "in"} ${words(seconds)}`);
      const chip = time.closest(".due__item");
      if (chip && chip.dataset.state !== state) chip.dataset.state = state;
    } else if ("ago" in time.dataset) {
      write(time, seconds > -60 ? "just now" : `${words(seconds)} ago`);
    } else write(time, words(seconds));
  }
}

tick();
setInterval(tick, 1000);
