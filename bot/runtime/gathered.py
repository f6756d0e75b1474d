"""Many who want the same small thing done at the same time: it is done for all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Gathered(Generic[Asked, Answer]):
    """Carries out what was asked together; what is asked meanwhile is carried out next. Nobody waits for company."""

    def __init__(self, carry_out: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]) -> None:
        """`carry_out` gives an answer for each of what it is given, or raises for all of it."""
        self._carry_out = carry_out
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                answers = await self._carry_out([asked for asked, _ in taken])
            except Exception as error:  # noqa: BLE001 -- each who asked is told
                for _, waiting in taken:
                    if not waiting.done():
                        waiting.set_exception(error)
            else:
                for (_, waiting), answer in zip(taken, answers, strict=True):
                    if not waiting.done():
                        waiting.set_result(answer)
        self._working = None
