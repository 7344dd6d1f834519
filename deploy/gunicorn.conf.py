"""The web process: pages, API and alerts in. Started as `gunicorn --config deploy/gunicorn.conf.py config.wsgi`."""

import os

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 30
graceful_timeout = 20
# A little more than the proxy keeps a connection, so that it is never the one to be surprised.
keepalive = 75
limit_request_line = 8190
accesslog = None
