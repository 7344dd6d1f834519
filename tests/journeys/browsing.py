"""A browser for a journey, and how people sign in with it."""

from tests.cast import PASSWORD

# Milliseconds.
PATIENCE = 15_000
CUT_OFF = ("htmx:afterRequest", "htmx:sendAbort", "htmx:sendError")


class Watched:
    """A browser of one's own, which remembers whatever it complains about and whoever else it talks to."""

    def __init__(self, chromium, address, **options):
        self.address = address
        self.complaints = []
        self.strangers = []
        self.context = chromium.new_context(base_url=address, **{"viewport": {"width": 1440, "height": 900}} | options)
        self.context.set_default_timeout(PATIENCE)
        self.context.on("request", self._note_request)
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _note_request(self, request):
        if not request.url.startswith((self.address, self.address.replace("http", "ws"), "data:", "blob:")):
            self.strangers.append(request.url)

    def _note_console(self, message):
        # A form with mistakes is answered with 422, an act that a rule refuses with 409, and a page that is left cuts
        # off what it was fetching.
        expected = any(code in message.text for code in ("422", "409")) or message.text.startswith(CUT_OFF)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(message.text)

    def sign_in(self, local):
        page = self.context.new_page()
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(f"{local}@acme.test")
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/o/acme/")
        return page
