"""Discord on loopback, which writes down what it accepts before it answers, in any weather."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.chaos.journal import Journal, hashed, said
from tests.chaos.weather import Forecast
from tests.fakes.discord_rest import BOT, EPOCH, FakeDiscord, Fault, answered, direct_channel, limited, refused

USER = "400000000000000001"
OTHER_GUILD = "100000000000000002"
_WAYS = {
    "drop": Fault(accepts=True, closes=True),
    "half": Fault(accepts=True, half=True),
    "500": Fault(status=503, accepts=True),
    "garbage": Fault(status=200, accepts=True, body=b'{"id": ', headers={"Content-Type": "application/json"}),
}


class ChaosDiscord(FakeDiscord):
    """`virtual` is the time of the platform's own clock, in seconds since 1970."""

    def __init__(self, forecast: Forecast, journal: Journal, virtual: Callable[[], float]) -> None:
        super().__init__()
        self._virtual = virtual
        self._forecast = forecast
        self._journal = journal
        self._attempts: Counter[str] = Counter()
        self._until: dict[str, float] = {}
        self._looked = -1e9
        self._taken = itertools.count(1)
        self._nonces: dict[str, tuple[float, dict[str, Any]]] = {}
        self._planned: set[str] = set()

    def furnish(self, channels: int, others: int) -> None:
        self._planned = {*self.places(channels), *self.other_places(others)}
        self.elsewhere = dict.fromkeys(self.other_places(others), OTHER_GUILD)

    @staticmethod
    def places(channels: int) -> list[str]:
        return [f"{200000000000000000 + number}" for number in range(1, channels + 1)]

    @staticmethod
    def person(number: int) -> str:
        return f"{400000000000001000 + number}"

    @staticmethod
    def direct(person: str) -> str:
        """The channel of the direct messages with a person."""
        return direct_channel(person)

    def id(self) -> str:
        return str(
            ((int((self._virtual() + self._forecast.now().ahead) * 1000) - EPOCH) << 22) | next(self._taken) & 0x3FFFFF
        )

    @staticmethod
    def other_places(others: int) -> list[str]:
        return [f"{600000000000000000 + number}" for number in range(1, others + 1)]

    async def _post(self, request: web.Request) -> web.StreamResponse:
        place, body, weather = request.match_info["channel"], await request.json(), self._forecast.now()
        if weather.down:
            return answered({"message": "no", "code": 0}, status=503)
        away = self._turned_away(place)
        if away is not None:
            return web.Response(status=away.status, body=away.body, headers=away.headers)
        nonce = str(body.get("nonce") or "")
        self._attempts[nonce] += 1
        is_spared = _is_direct(place) and not weather.private
        way = weather.way(nonce, self._attempts[nonce]) if nonce and not is_spared else ""
        message = self._taken_in(place, body, nonce, way)
        await asyncio.sleep(weather.hangs if way == "hang" else weather.answers_after)
        return await self._failed(request, _WAYS[way]) if way in _WAYS else answered(message)

    def _turned_away(self, place: str) -> Fault | None:
        weather, now = self._forecast.now(), time.monotonic()
        if place in weather.refuses:
            self._journal.note("refused", place=place)
            return refused(403, int(weather.refuses[place]))
        if place not in weather.busy:
            return None
        until = self._until.get(place)
        if until is None:
            until = self._until[place] = now + weather.busy[place]
        elif now < until:
            self._journal.note("early", place=place, until=until)
        else:
            return None
        self._journal.note("busy", place=place, until=until)
        return limited(until - now)

    def _taken_in(self, place: str, body: dict[str, Any], nonce: str, way: str) -> dict[str, Any]:
        """The message: a new one, or for some minutes the one that has this nonce."""
        at, known = self._nonces.get(nonce, (0.0, {}))
        if nonce and body.get("enforce_nonce") and time.monotonic() - at < self._forecast.now().nonce_for:
            self._journal.note("again", place=place, ref=known["id"], key=nonce, fault=way)
            return known
        message = {
            "id": self.id(),
            "channel_id": place,
            "author": BOT,
            "content": "",
            "components": body.get("components", []),
            "flags": body.get("flags", 0),
            "nonce": nonce,
            "shown_from": time.monotonic() + self._forecast.now().shown_after,
        }
        self.messages.append(message)
        self._nonces[nonce] = time.monotonic(), message
        text = "\n".join(_texts(message["components"]))
        if _is_direct(place):
            about = {"text": text, "said": said(text), "key": nonce, "fault": way}
            self._journal.note("notified", place=place, ref=message["id"], **about)
            return message
        planned = place in self._planned
        self._journal.note(
            "post",
            place=place if planned else self._parent(place),
            root="" if planned else place,
            ref=message["id"],
            text=hashed(text),
            said=said(text),
            key=nonce,
            fault=way,
        )
        return message

    def _parent(self, thread: str) -> str:
        return next((one["channel_id"] for one in self.messages if one["id"] == thread), "")

    async def _history(self, request: web.Request) -> web.Response:
        weather, now = self._forecast.now(), time.monotonic()
        place = request.match_info["channel"]
        if not weather.readable:
            return answered({"message": "Missing Access", "code": 50001}, status=403)
        if weather.down:
            return answered({"message": "no", "code": 0}, status=503)
        if now - self._looked < weather.look_every:
            self._journal.note("busy", place=place)
            away = limited(self._looked + weather.look_every - now)
            return web.Response(status=away.status, body=away.body, headers=away.headers)
        self._looked = now
        self._journal.note("history", place=place)
        everything = self.messages
        self.messages = [one for one in everything if one["shown_from"] <= now]
        try:
            return await super()._history(request)
        finally:
            self.messages = everything

    async def _delete(self, request: web.Request) -> web.Response:
        answer = await super()._delete(request)
        if answer.status == 204:
            self._journal.note("delete", place=request.match_info["channel"], ref=request.match_info["id"])
        return answer

    async def _thread(self, request: web.Request) -> web.Response:
        answer = await super()._thread(request)
        self._journal.note("thread", place=request.match_info["channel"], ref=request.match_info["id"])
        return answer

    async def _react(self, request: web.Request) -> web.Response:
        found = request.match_info
        self._journal.note("react", place=found["channel"], ref=found["id"], text=found["emoji"])
        return await super()._react(request)


def _is_direct(place: str) -> bool:
    return place.startswith("3")


def _texts(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for component in components:
        if component["type"] == 10:
            yield component["content"]
        yield from _texts(component.get("components", ()))
