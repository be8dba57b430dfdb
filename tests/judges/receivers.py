"""Others' programs that are told of publications: a WebSub hub (Flask-WebSub), and a receiver of Standard Webhooks.

A process of its own, run by the Python of the judges: `receivers.py DATABASE SECRET`. It prints its port, and answers:

- `POST /hub`: the hub. It fetches the topic, demands both links in the header `Link`, and tells subscribers.
- `GET /discover?url=…`: the hub and the topic that a subscriber finds at an address.
- `POST /hook`: 204 where the library finds the message well signed and fresh, else 401.
- `GET /seen`: what happened so far, as JSON.
"""

import sys
import traceback
from typing import Any

from flask import Flask, jsonify, request
from flask_websub.hub import Hub, SQLite3HubStorage
from flask_websub.subscriber import discover
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from werkzeug.serving import make_server

seen: list[dict[str, Any]] = []


class Task:
    """A task of the hub that is done at once; what goes wrong in it is noted."""

    def __init__(self, name: str, function: Any, *, bound: bool) -> None:
        self.name, self.function, self.bound = name, function, bound

    def delay(self, *arguments: Any) -> None:
        noted = {"task": self.name, "topic": arguments[0] if self.name.startswith("send") else arguments[-1]}
        try:
            self.function(*((self,) if self.bound else ()), *arguments)
        except Exception:  # noqa: BLE001 - whatever goes wrong in the hub is what the test asks for
            noted["failure"] = traceback.format_exc().splitlines()[-1]
        if self.name.startswith("send"):
            seen.append(noted)

    def retry(self, **_: float) -> None:
        raise RuntimeError("a subscriber does not take what it is sent")


class AtOnce:
    """Stands for the queue that the hub gives its tasks to."""

    def task(self, bind: bool = False, **_: Any) -> Any:
        return lambda function: Task(function.__name__, function, bound=bind)


def application(database: str, secret: str) -> Flask:
    app = Flask("receivers")
    app.config["PUBLISH_SUPPORTED"] = True
    hub = Hub(SQLite3HubStorage(database), AtOnce(), SIGNATURE_ALGORITHM="sha256")
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))

    @app.get("/discover")
    def found() -> Any:
        return jsonify(discover(request.args["url"]))

    @app.post("/hook")
    def hook() -> Any:
        try:
            message = Webhook(secret).verify(request.get_data(), dict(request.headers))
        except WebhookVerificationError as error:
            return str(error), 401
        seen.append({"hook": message, "id": request.headers["webhook-id"]})
        return "", 204

    @app.get("/seen")
    def told() -> Any:
        return jsonify(seen)

    return app


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, application(sys.argv[1], sys.argv[2]), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
