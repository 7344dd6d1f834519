"""The API explains itself, in a browser, under the same strict content policy as every page."""


def test_the_docs_page_shows_the_schema_and_the_browser_has_nothing_to_complain_about(product, page):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(product.address + "/api/docs/")
    page.get_by_text("/api/v1/incidents/", exact=True).first.wait_for()

    assert complaints == []
