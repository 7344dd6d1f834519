"""A real Alertmanager, the Debian package's, which delivers to us what is posted to it."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import requests

from tests.notifications.fakes import free_port
from tests.serving import wait_for

CONFIGURATION = """
route:
  receiver: muster
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: muster
    webhook_configs:
      - url: {url}
        send_resolved: true
"""


class Alertmanager:
    def __init__(self, directory, url):
        self.address = f"http://127.0.0.1:{free_port()}"
        (directory / "alertmanager.yml").write_text(CONFIGURATION.format(url=url))
        self.command = [
            shutil.which("prometheus-alertmanager") or "alertmanager",
            f"--config.file={directory / 'alertmanager.yml'}",
            f"--storage.path={directory / 'alertmanager'}",
            f"--web.listen-address={self.address.removeprefix('http://')}",
            "--cluster.listen-address=",
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._is_ready)
        return self

    def __exit__(self, *trouble):
        self.process.terminate()
        self.process.wait(10)

    def _is_ready(self):
        try:
            return requests.get(f"{self.address}/-/ready", timeout=2).ok
        except requests.ConnectionError:
            return False

    def fires(self, labels, **annotations):
        self._post(labels, annotations, datetime.now(UTC) + timedelta(hours=1))

    def is_over(self, labels, **annotations):
        self._post(labels, annotations, datetime.now(UTC) - timedelta(seconds=1))

    def _post(self, labels, annotations, ends):
        alert = {
            "labels": labels,
            "annotations": annotations,
            "startsAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "endsAt": ends.isoformat(),
        }
        requests.post(f"{self.address}/api/v2/alerts", json=[alert], timeout=5).raise_for_status()
