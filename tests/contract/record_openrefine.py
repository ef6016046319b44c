"""Record how OpenRefine reconciles against the demonstration, for `test_reconciliation_session.py` to replay.

OpenRefine runs headless, a headless browser works its pages as a person would, and a proxy before the service
writes down what reaches it: what OpenRefine's server sends (guessing types, batches, extension) and what its
pages send (manifest, suggestions, flyouts, previews). Everything stays on the loopback; the browser resolves
no names.

The rows that are reconciled stand in `reconciliation_session.yaml`, with the organisation that each means;
the rest of that file is written anew, in about a minute, by

    python -m tests.contract.record_openrefine

from the root of the repository. It needs `openrefine` and `chromedriver` with Chromium on the path (Debian's
`openrefine` and `chromium-driver`) and the Python package `selenium`, which the tests themselves do not need.
Another version of OpenRefine may name its menus otherwise.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.servers import free_port

SESSION = Path(__file__).with_name("reconciliation_session.yaml")
KEPT = (
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Content-Type",
    "Origin",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Dest",
)
HEAD = """\
# OpenRefine reconciling a column against the demonstration, recorded by record_openrefine.py: `requests` are
# as they reached the service, in their order, bodies byte for byte, and `project` is what OpenRefine had in
# its table at the end. `rows` is written by hand: what stood in the column, and which organisation is meant
# (none if empty); `by_hand` is for what no batch can decide and a person searches for.
"""
Record = dict[str, Any]
Row = dict[str, Any]


class Recorder(ThreadingHTTPServer):
    """A proxy on the loopback which keeps what passes through it."""

    def __init__(self, service: int) -> None:
        """Listen on a free port, before the service at port `service`."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service
        self.kept: list[Record] = []
        self.step = ""

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection("127.0.0.1", self.server.service, timeout=60)
        connection.request(self.command, self.path, body or None, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        record: Record = {"step": self.server.step, "method": self.command, "target": self.path}
        record["headers"] = {name: self.headers[name] for name in KEPT if name in self.headers}
        if body:
            record["body"] = body.decode("ascii")
        record["status"] = answer.status
        record["media_type"] = (answer.headers["Content-Type"] or "").partition(";")[0]
        # The icon is the browser's own wish, not OpenRefine's.
        if self.path != "/favicon.ico":
            self.server.kept.append(record)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "date", "server", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_POST = do_OPTIONS = _pass  # noqa: N815 (the names that the base class calls)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def running(command: list[str], ready: str, **environment: str) -> Iterator[None]:
    """Run a program until `ready` answers, and end it with all that it started."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode} before it answered")
            try:
                urllib.request.urlopen(ready, timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def said(
    address: str, body: bytes | None = None, media_type: str = "application/x-www-form-urlencoded"
) -> Any:
    """What an address of OpenRefine answers."""
    request = urllib.request.Request(address, body, {"Content-Type": media_type} if body else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.geturl(), answer.read().decode()


def project(refine: str, rows: list[Row]) -> str:
    """Make a project of the rows as OpenRefine's start page does, and answer its number."""
    token = json.loads(said(f"{refine}/command/core/get-csrf-token")[1])["token"]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["organisation", "country"])
    writer.writerows([row["organisation"], row["country"]] for row in rows)
    parts = {
        "project-name": (None, "partners"),
        "format": (None, "text/line-based/*sv"),
        "project-file": ("partners.csv", table.getvalue()),
    }
    body = "".join(
        f'--limit\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="{file}"\r\nContent-Type: text/csv; charset=utf-8' if file else "")
        + f"\r\n\r\n{content}\r\n"
        for name, (file, content) in parts.items()
    )
    options = urlencode({"csrf_token": token, "options": json.dumps({"separator": ",", "encoding": "UTF-8"})})
    address, page = said(
        f"{refine}/command/core/create-project-from-upload?{options}",
        f"{body}--limit--\r\n".encode(),
        "multipart/form-data; boundary=limit",
    )
    found = re.search(r"project=(\d+)", address)
    if not found:
        raise SystemExit(f"OpenRefine made no project: {page[:500]}")
    return found[1]


class Person:
    """Who sits before OpenRefine."""

    def __init__(self, driver: webdriver.Chrome, recorder: Recorder) -> None:
        """Work `driver`, and tell the recorder what is being done."""
        self.driver = driver
        self.recorder = recorder

    def now(self, step: str) -> None:
        """Name what follows."""
        self.recorder.step = step

    def see(self, selector: str, text: str = "") -> WebElement:
        """Wait until there is such an element, with such a text, and answer it."""

        def shown(driver: webdriver.Chrome) -> WebElement | None:
            for one in driver.find_elements(By.CSS_SELECTOR, selector):
                if one.is_displayed() and text in one.text:
                    return one
            return None

        found = WebDriverWait(self.driver, 30, ignored_exceptions=[WebDriverException]).until(
            shown, f"{selector} {text}"
        )
        assert found is not None
        return found

    def until(self, target: str, since: int = 0) -> None:
        """Wait until the service was asked for a target that holds `target`, counted from record `since`."""
        for _ in range(300):
            if any(target in one["target"] for one in self.recorder.kept[since:]):
                time.sleep(0.5)
                return
            time.sleep(0.1)
        raise SystemExit(f"{self.recorder.step}: nobody asked for {target}")

    def menu(self, *labels: str) -> None:
        """Choose from the menu of the first column."""
        header = self.see(".column-header", "organisation")
        header.find_element(By.CSS_SELECTOR, ".column-header-menu").click()
        for label in labels:
            item = self.see(".menu-container .menu-item", label)
            ActionChains(self.driver).move_to_element(item).pause(0.3).perform()
        item.click()

    def pick(self, field: WebElement, typed: str, wanted: str, flyout: str) -> None:
        """Type into a field that suggests, look at what is said about a suggestion, and take it."""
        since = len(self.recorder.kept)
        field.send_keys(typed)
        item = self.see(".fbs-item", wanted)
        ActionChains(self.driver).move_to_element(item).perform()
        self.until(flyout, since)
        item.click()


def reconcile(person: Person) -> None:
    """Add the service, and reconcile the column with the countries beside it."""
    person.now("add the service")
    person.menu("Reconcile", "Start reconciling")
    person.see("button", "Add standard service").click()
    field = person.see(".dialog-frame form input")
    field.clear()
    field.send_keys(f"{person.recorder.address}/reconcile")
    person.now("add the service, and guess the types of the column")
    field.send_keys(Keys.ENTER)
    person.see("input[name='type-choice']")
    person.see(".recon-dialog-service-opener-img").click()
    time.sleep(1)
    person.now("search for a type")
    person.pick(person.see("#againstType ~ input"), "organ", "Organization", "/flyout/type")
    person.now("search for the property of a column")
    person.see("input[name='include'][columnName='country']").click()
    person.pick(
        person.see("input[name='property'][columnName='country']"), "coun", "Country", "/flyout/property"
    )
    person.now("reconcile the column")
    person.see("button", "Start reconciling").click()
    person.see(".data-table-recon-action")


def look(person: Person, meant: str) -> None:
    """Look at a match, open its page, and search for `meant` by hand where there is no match."""
    driver = person.driver
    person.now("look at a match")
    since = len(person.recorder.kept)
    link = person.see(".data-table-cell-content a[href*='/organizations/']")
    ActionChains(driver).move_to_element(link).perform()
    person.until("/preview", since)
    person.see("iframe")
    person.now("open the page of a match")
    (first,) = driver.window_handles
    link.click()
    person.until("/organizations/", since)
    driver.switch_to.window(next(one for one in driver.window_handles if one != first))
    person.see("h1")
    driver.close()
    driver.switch_to.window(first)
    ActionChains(driver).move_to_element(person.see("#app-home-button, #project-name-button")).perform()
    person.now("search for a match by hand")
    since = len(person.recorder.kept)
    person.see(".data-table-recon-extra a", "Search for match").click()
    item = person.see(".fbs-item", meant)
    ActionChains(driver).move_to_element(item).perform()
    person.until("/flyout/entity", since)
    item.click()
    person.see(".data-table-cell-content a[href*='/organizations/']", meant)


def extend(person: Person) -> None:
    """Fetch properties into columns of their own."""
    person.now("ask which columns there are, and see what they would hold")
    person.menu("Edit column", "Add columns from reconciled values")
    for name in ("Country", "Alliances"):
        person.see(".suggested-property a", name).click()
        person.see(".preview-container th", name)
    person.now("search for the property of a new column")
    person.pick(person.see(".extend-data-preview-dialog input"), "constr", "Constraint", "/flyout/property")
    person.now("see what the columns would hold, with two alliances at most")
    person.see(".preview-container th", "Constraint")
    heading = person.see(".preview-container th", "Alliances")
    heading.find_elements(By.CSS_SELECTOR, "a")[1].click()
    limit = person.see(".data-extension-property-config input[name='limit']")
    limit.clear()
    limit.send_keys("2")
    since = len(person.recorder.kept)
    limit.find_element(By.XPATH, "ancestor::*[contains(@class,'dialog-frame')]//button[1]").click()
    person.until("/reconcile", since)
    person.now("add the columns")
    person.see(".extend-data-preview-dialog button", "OK").click()
    person.see(".column-header", "Constraint")


def browser(executable: str | None) -> webdriver.Chrome:
    """A headless browser that reaches nothing but the loopback."""
    options = webdriver.ChromeOptions()
    if executable:
        options.binary_location = executable
    for flag in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "window-size=1600,1200", "lang=en"):
        options.add_argument(f"--{flag}")
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))


def record(rows: list[Row], browser_path: str | None) -> Record:
    """Hold the session over `rows`, and answer what was recorded."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tertius = str(Path(sys.executable).parent / "tertius")
        data = str(folder / "data")
        subprocess.run([tertius, "demo", "--no-serve", "--quiet", "--data", data], check=True)
        service, port = free_port(), free_port()
        recorder = Recorder(service)
        threading.Thread(target=recorder.serve_forever, daemon=True).start()
        stack.callback(recorder.shutdown)
        stack.enter_context(
            running(
                [tertius, "serve", "--data", data, "--port", str(service)],
                f"http://127.0.0.1:{service}/readyz",
                TERTIUS_PUBLIC_URL=recorder.address,
            )
        )
        refine = f"http://127.0.0.1:{port}"
        where = ["-i", "127.0.0.1", "-p", str(port), "-d", str(folder / "refine")]
        (folder / "refine").mkdir()
        stack.enter_context(
            running(
                ["openrefine", *where, "-x", "refine.headless=true"],
                f"{refine}/command/core/get-version",
                HOME=str(folder),
            )
        )
        version = json.loads(said(f"{refine}/command/core/get-version")[1])
        number = project(refine, rows)
        driver = stack.enter_context(browser(browser_path))
        driver.get(f"{refine}/project?project={number}")
        person = Person(driver, recorder)
        reconcile(person)
        look(person, next(row["means"] for row in rows if row.get("by_hand")))
        extend(person)
        exported = urlencode({"project": number, "format": "csv", "engine": "{}"})
        table = said(f"{refine}/command/core/export-rows", exported.encode())[1]
        return {
            "openrefine": {
                "version": version["full_version"],
                "browser": f"Chromium {driver.capabilities['browserVersion']}",
                "recorded": datetime.now(UTC).date().isoformat(),
            },
            "requests": recorder.kept,
            "project": list(csv.DictReader(io.StringIO(table))),
        }


def main() -> None:
    """Write the session anew."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument(
        "--session", type=Path, default=SESSION, help="the file to read rows from and to write"
    )
    arguments.add_argument("--browser", help="where Chromium is, if chromedriver does not find it")
    chosen = arguments.parse_args()
    session = yaml.safe_load(chosen.session.read_text(encoding="utf-8"))
    session = {"rows": session["rows"], **record(session["rows"], chosen.browser)}
    text = yaml.safe_dump(session, allow_unicode=True, sort_keys=False, width=10_000)
    chosen.session.write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main()
