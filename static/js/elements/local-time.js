// Exact times in the viewer's zone, also in fragments rendered for everybody.
const root = document.documentElement;
const zone = root.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone;
const language = root.lang === "en" ? "en-GB" : root.lang;
const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const date = { day: "numeric", month: "short", year: "numeric" };
const formats = {};
for (const [name, parts] of Object.entries({ time: clock, date, day: { ...date, ...clock } })) {
  formats[name] = new Intl.DateTimeFormat(language, { ...parts, timeZone: zone });
}

function localise(node) {
  for (const time of node.querySelectorAll?.("time[data-moment]") ?? []) {
    const text = formats[time.dataset.moment]?.format(new Date(time.dateTime));
    if (text && time.textContent !== text) time.textContent = text;
  }
}

localise(document);
new MutationObserver((changes) => {
  for (const change of changes) if (change.addedNodes.length) localise(change.target);
}).observe(document.body, { childList: true, subtree: true });
