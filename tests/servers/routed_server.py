"""A scripted web server with an interface of several addresses, each with its own answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tests.servers.http_server import HttpServer, Request, answer
from tests.servers.listener import Action

Reply = Callable[[Request], Action]


class Asks:
    """A route whose answer depends on the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


Route = Action | Sequence[Action] | Asks


class RoutedServer(HttpServer):
    """Play the action of the longest route that a request begins with, such as "POST /api/v1/statuses".

    A route with several actions plays one after the other, the last again and again. What has no route is not there.
    """

    def __init__(self, routes: Mapping[str, Route]) -> None:
        super().__init__()
        self.routes = dict(routes)

    def sent_to(self, route: str) -> list[Request]:
        return [request for request in self.requests if self._route_of(request) == route]

    def action_for(self, request: Request) -> Action:
        name = self._route_of(request)
        route = self.routes.get(name)
        if route is None:
            return answer(404, b'{"error": "no such thing"}')
        if isinstance(route, Asks):
            return route.reply(request)
        if callable(route):
            return route
        return route[min(len(self.sent_to(name)), len(route)) - 1]

    def _route_of(self, request: Request) -> str:
        line = f"{request.method} {request.target}"
        return max((route for route in self.routes if line.startswith(route)), key=len, default="")
