// <input type="hidden" data-browser-zone>: filled with the browser's time zone, so that nobody has to choose one.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
for (const input of document.querySelectorAll("[data-browser-zone]")) input.value ||= timeZone ?? "";
