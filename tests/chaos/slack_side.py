"""Slack on loopback, which writes down what it accepts before it answers, in any weather."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from tests.chaos.chance import drawn
from tests.chaos.journal import Journal, hashed, said
from tests.chaos.weather import Forecast
from tests.fakes.slack import SCOPES, FakeSlack, Fault, Json, Refused, Workspace

TEAM, TOKEN, USER = "T0001", "xoxb-canary-bot-token", "U0001"
OTHER_TEAM, OTHER_TOKEN = "T0002", "xoxb-canary-other-token"
ON_THE_WAY = 0.5
"""Seconds for which a request may come that was sent before the answer that asks to wait was read."""
MAX_WAIT = 12.0
_LOOKS = ("conversations.history", "conversations.replies")


class ChaosSlack(FakeSlack):
    """`virtual` is the time of the platform's own clock, in seconds since 1970."""

    def __init__(self, forecast: Forecast, journal: Journal, virtual: Callable[[], float]) -> None:
        super().__init__()
        self.clock = lambda: int(virtual() + forecast.now().ahead)
        self._forecast = forecast
        self._journal = journal
        self._attempts: Counter[str] = Counter()
        self._told_to_wait = (0.0, 0.0)
        self._looked: dict[str, float] = {}
        self._fault = ""

    def furnish(self, channels: int, others: int) -> None:
        scopes = SCOPES if self._forecast.now().readable else SCOPES.replace("channels:history,groups:history,", "")
        self.workspace(TEAM, TOKEN, scopes=f"{scopes},im:history")
        self.user(USER, "ana", admin=True)
        for number in range(channels):
            self.user(self.person(number), f"P{number}")
        for name in self.places(channels):
            self.channel(name, name=name.lower())
        self.workspace(OTHER_TEAM, OTHER_TOKEN)
        for name in self.other_places(others):
            self.channel(name, OTHER_TEAM, name=name.lower())

    @staticmethod
    def places(channels: int) -> list[str]:
        return [f"C{number:04}" for number in range(1, channels + 1)]

    @staticmethod
    def other_places(others: int) -> list[str]:
        return [f"C9{number:04}" for number in range(1, others + 1)]

    @staticmethod
    def person(number: int) -> str:
        return f"U1{number:03}"

    @staticmethod
    def direct(person: str) -> str:
        """The channel of the direct messages with a person."""
        return f"D{person[1:]}"

    def application(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_post("/api/{method}", self._api)
        app.router.add_get("/api/{method}", self._api)
        return app

    async def _api(self, request: web.Request) -> web.StreamResponse:
        weather = self._forecast.now()
        if weather.down:
            return web.json_response({"ok": False, "error": "service_unavailable"}, status=503)
        answer = await super()._api(request)
        await asyncio.sleep(weather.answers_after)
        return answer

    def met(self, method: str, body: Json) -> Fault | None:
        if method in _LOOKS:
            return self._look(str(body.get("channel")))
        if method != "chat.postMessage":
            return super().met(method, body)
        self._fault = ""
        return self._turned_away(body) or self._lost(body) or super().met(method, body)

    def _look(self, place: str) -> Fault | None:
        weather, now = self._forecast.now(), time.monotonic()
        self.history_delay = weather.shown_after
        if now - self._looked.get(TEAM, -1e9) < weather.look_every:
            self._journal.note("busy", place=place)
            return Fault("429", seconds=max(1, weather.look_every))
        self._looked[TEAM] = now
        self._journal.note("history", place=place)
        return None

    def _turned_away(self, body: Json) -> Fault | None:
        """Refused for good, or for the time that stands for this channel."""
        place, weather, now = str(body.get("channel")), self._forecast.now(), time.monotonic()
        if place in weather.refuses:
            self._journal.note("refused", place=place)
            return Fault("error", code=weather.refuses[place])
        team = self.channels[place].team if place in self.channels else ""
        if now > weather.storm_until or team != TEAM:
            return None
        since, until = self._told_to_wait
        if now < until:
            in_flight = now < since + ON_THE_WAY
            self._journal.note("busy" if in_flight else "early", place=place, until=until)
        else:
            wait = int(drawn(f"storm {self.number()}", 1, MAX_WAIT))
            self._told_to_wait = since, until = now, now + wait
            self._journal.note("busy", place=place, until=until)
        return Fault("429", seconds=math.ceil(until - now))

    def _lost(self, body: Json) -> Fault | None:
        key = ((body.get("metadata") or {}).get("event_payload") or {}).get("k", "")
        self._attempts[key] += 1
        is_spared = str(body.get("channel")).startswith("U") and not self._forecast.now().private
        self._fault = self._forecast.now().way(key, self._attempts[key]) if key and not is_spared else ""
        return Fault(self._fault, after=True, seconds=self._forecast.now().hangs) if self._fault else None

    def _chat_post_message(self, workspace: Workspace, body: Json) -> Json:
        self.history_delay = self._forecast.now().shown_after
        answer = super()._chat_post_message(workspace, body)
        posted = self.sent[-1]
        text = str(body.get("text", ""))
        if posted.channel.startswith("D"):
            about = {"text": text, "said": said(text), "key": posted.key or "", "fault": self._fault}
            self._journal.note("notified", place=posted.channel, ref=posted.ts, **about)
            return answer
        self._journal.note(
            "post",
            place=posted.channel,
            ref=posted.ts,
            root=posted.thread or "",
            text=hashed(text),
            said=said(text),
            key=posted.key or "",
            fault=self._fault,
        )
        return answer

    def _chat_delete(self, workspace: Workspace, body: Json) -> Json:
        answer = super()._chat_delete(workspace, body)
        self._journal.note("delete", place=str(body["channel"]), ref=str(body["ts"]))
        return answer

    def _reactions_add(self, workspace: Workspace, body: Json) -> Json:
        answer = super()._reactions_add(workspace, body)
        self._journal.note("react", place=str(body["channel"]), ref=str(body["timestamp"]), text=str(body["name"]))
        return answer

    def _page(self, workspace: Workspace, body: Json, thread: str | None) -> Json:
        if thread and not any(one.ts == thread for one in self.sent):
            raise Refused("thread_not_found")
        return super()._page(workspace, body, thread)
