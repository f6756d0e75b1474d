"""Acknowledges and answers interactions: first within Discord's three seconds, then with the whole answer.

An answer is private unless the command declares otherwise; a refusal is always private. The first response decides
whether the answer is private, so a command that opens a form or answers in public gets a moment before it. Every other
command only runs after Discord has accepted our acknowledgement, so only one replica runs it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import discord

from adapters.discord import forms
from adapters.discord.button_value import Press, afar, from_afar
from adapters.discord.command_mentions import CommandMentions
from adapters.discord.failures import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION
from adapters.discord.inbound import Asked, acting, actor, invocation, invocation_id, linked, picked, takeaway, typed
from adapters.discord.places import DISCORD
from adapters.discord.render import Layout, messages
from adapters.discord.surface import ADD, MENUS, TAKEAWAY, choices
from bot.chat.command import CommandSpec, Reply
from bot.chat.platform import Actor, Answer, Core, Invocation
from bot.domain.card import Action, Call, Card, Form, Paragraph, Tone
from bot.domain.ids import WorkspaceRef
from bot.domain.text import plain
from bot.domain.value import Kind, channel_at

PATIENCE = 1.5
"""Seconds, of Discord's three, for an answer that must be known before the acknowledgement."""
COMPLETION_DEADLINE = 2.0

NO_ENTRY = Card(
    title="I can't find an article from the list in that message.",
    blocks=(Paragraph(text=plain("It shows none, and none of its links is on the reading list.")),),
    tone=Tone.REFUSAL,
)
NO_LINK = Card(title="This message has no link.", tone=Tone.REFUSAL)
NOT_THEIR_CHANNEL = Card(
    title="You may not write in that channel.",
    blocks=(Paragraph(text=plain("Choose a channel that you may write in.")),),
    tone=Tone.REFUSAL,
)
NOT_FROM_HERE = Card(
    title="This cannot be answered from here.",
    blocks=(Paragraph(text=plain("Use the command in the server that it is about, as one of its members.")),),
    tone=Tone.REFUSAL,
)
ONLY_FOR_ONE = Card(title="This answer is only for the person who asked.")
"""Everyone sees it for a moment before it is removed."""

log = logging.getLogger("dogear.discord")


async def actor_in(interaction: Asked, workspace: WorkspaceRef) -> Actor | None:
    """The person with their current permissions in that server; None if they, or we, are not in it.

    Raises the library's errors if Discord cannot be asked.
    """
    if workspace.platform != DISCORD or not (workspace.id.isascii() and workspace.id.isdigit()):
        return None
    try:
        guild = await interaction.client.fetch_guild(int(workspace.id), with_counts=False)
        member = await guild.fetch_member(interaction.user.id)
    except (discord.NotFound, discord.Forbidden):
        return None
    return acting(guild.id, member, member.guild_permissions)


class Answers:
    """Answers interactions from one core. `word` is the command's first word, without the slash."""

    def __init__(self, core: Core, word: str, mentions: CommandMentions) -> None:
        self._core = core
        self._word = word
        self._mentions = mentions

    async def command(self, interaction: Asked, data: Any) -> None:
        """A native command or a context menu of a message."""
        if data["name"] not in MENUS:
            given = typed(data).call
            if self._is_closed(given, data):
                await self._at_once(interaction, NOT_THEIR_CHANNEL)
                return
            await self._carry_out(interaction, given, modal_allowed=self._lacks(given))
            return
        if MENUS[data["name"]] == ADD:
            await self._add(interaction, linked(data))
            return
        user = interaction.client.user
        own = user.id if user else None
        path = MENUS[data["name"]]
        call = takeaway(interaction, data, own) if path == TAKEAWAY else picked(data, own)
        if call is not None:
            await self._carry_out(interaction, call)
            return
        await self._acknowledge(interaction, private=True, in_place=False)
        found = await self._listed(interaction, linked(data))
        if len(found) == 1:
            call = Call(path=path, arguments={"entry": next(iter(found))})
            answer = await self._core.invoke(invocation(interaction, call))
        else:
            actions = tuple(
                Action(label=label, call=Call(path=path, arguments={"entry": n})) for n, label in found.items()
            )
            several = Card(title="This message has several entries. Which one?", actions=actions)
            answer = Answer(show=several if found else NO_ENTRY, refusal=not found)
        await self._show(interaction, answer, modal_allowed=False)

    async def _add(self, interaction: Asked, links: Sequence[str]) -> None:
        """Add what a message links to the list: the command asks which one, and for the title."""
        if links:
            await self._carry_out(interaction, Call(path=ADD, arguments={"url": " ".join(links)}))
        else:
            await self._at_once(interaction, NO_LINK)

    async def _listed(self, interaction: Asked, links: Sequence[str]) -> dict[str, str]:
        """The entries that the links lead to: by number, each with its title."""
        offered = [await self._core.complete(actor(interaction), Kind.ENTRY, link) for link in links]
        return {choice.value: choice.label for choices in offered for choice in choices[:1]}

    async def pressed(self, interaction: Asked, press: Press) -> None:
        """A button press. In a private answer of ours the new page replaces the old one."""
        if interaction.guild_id is None:
            await self._pressed_afar(interaction, press)
            return
        message = interaction.message
        own = message is not None and message.flags.ephemeral
        await self._carry_out(interaction, press.call, press=press, in_place=press.replaces and own)

    async def _pressed_afar(self, interaction: Asked, press: Press) -> None:
        """A button press in a direct message. The button names the server, and the person's permissions there count."""
        await self._acknowledge(interaction, private=True, in_place=False)
        press, server = from_afar(press)
        call, where = press.call, channel_at(press.call.arguments.get("channel", ""))
        workspace = where.workspace if where else server
        who = await actor_in(interaction, workspace) if workspace else None
        if who is None:
            await self._show(interaction, Answer(show=NOT_FROM_HERE, refusal=True), modal_allowed=False)
            return
        asked = Invocation(
            id=invocation_id(interaction),
            call=call,
            actor=who,
            channel=None,
            pressed=True,
            confirmed=press.confirmed,
        )
        answer = await self._core.invoke(asked)
        if isinstance(answer.show, Card):
            answer = replace(answer, show=afar(answer.show, who.workspace))
        await self._show(interaction, answer, modal_allowed=False)
        await self._follow(interaction, asked, answer)

    async def submitted(self, interaction: Asked, data: Any) -> None:
        """A submitted form."""
        call = forms.submitted(data)
        if call is not None:
            await self._carry_out(interaction, call, modal_allowed=False)

    async def completed(self, interaction: Asked, data: Any) -> None:
        """Completions for the option being typed. Empty if that takes too long."""
        asked = typed(data)
        spec = self._spec(asked.path)
        param = next((param for param in spec.params if param.name == asked.focused), None) if spec else None
        if param is None:
            return
        try:
            async with asyncio.timeout(COMPLETION_DEADLINE):
                found = await self._core.complete(actor(interaction), param.kind, asked.values[param.name])
        except TimeoutError:
            found = ()
        offered = [discord.app_commands.Choice(**one) for one in choices(found)]
        await interaction.response.autocomplete(offered)

    def _is_closed(self, call: Call, data: Any) -> bool:
        """Whether the person names a channel to post in where they may not write themselves."""
        spec = self._spec(call.path)
        channels = data.get("resolved", {}).get("channels", {})
        named = channels.get(call.arguments.get("channel", ""), {}).get("permissions")
        if spec is None or not spec.posts or named is None:
            return False
        rights = discord.Permissions(int(named))
        return not (rights.administrator or (rights.view_channel and rights.send_messages))

    def _lacks(self, call: Call) -> bool:
        """Whether a required value is missing, so that a form must ask for it. A wrong value gets a button instead."""
        spec = self._spec(call.path)
        required = {param.name for param in spec.params if param.required} if spec else set()
        return not call.arguments or not required <= set(call.arguments)

    def _spec(self, path: tuple[str, ...]) -> CommandSpec | None:
        return next((spec for spec in self._core.catalogue if spec.path == path), None)

    async def _carry_out(
        self,
        interaction: Asked,
        call: Call,
        *,
        press: Press | None = None,
        in_place: bool = False,
        modal_allowed: bool = True,
    ) -> None:
        spec = self._spec(call.path)
        public = spec is not None and spec.reply is Reply.PUBLIC
        undecided = public or (spec is not None and spec.form and modal_allowed)
        if undecided:
            asked = invocation(interaction, call, press)
            answer = await self._soon(interaction, asked, public=public)
            await self._show(interaction, answer, modal_allowed=modal_allowed)
            await self._follow(interaction, asked, answer)
        else:
            await self._acknowledge(interaction, private=True, in_place=in_place)
            await self._invoked_and_shown(
                interaction, invocation(interaction, call, press), modal_allowed=modal_allowed
            )

    async def _invoked_and_shown(self, interaction: Asked, asked: Invocation, *, modal_allowed: bool = False) -> None:
        answer = await self._core.invoke(asked)
        await self._show(interaction, answer, modal_allowed=modal_allowed)
        await self._follow(interaction, asked, answer)

    async def _follow(self, interaction: Asked, asked: Invocation, answer: Answer) -> None:
        """Show the result of a post that the answer announced, once it is known, in place of the answer."""
        if not isinstance(answer.show, Card) or not answer.show.follows:
            return

        async def show(card: Card) -> None:
            try:
                await interaction.edit_original_response(view=_still(messages(card, word=self._word)[0]))
            except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
                log.info("what became of a post could not be shown: %s", type(error).__name__)

        await self._core.follow(asked.actor, answer.show, show)

    async def _soon(self, interaction: Asked, invocation: Invocation, *, public: bool) -> Answer:
        """The answer. The interaction is acknowledged first only if the answer is slow."""
        asked = asyncio.ensure_future(self._core.invoke(invocation))
        done, _ = await asyncio.wait({asked}, timeout=PATIENCE)
        if not done:
            await self._acknowledge(interaction, private=not public, in_place=False)
        return await asked

    async def _acknowledge(self, interaction: Asked, *, private: bool, in_place: bool) -> None:
        """Acknowledge the interaction. `extras["public"]` is whether everyone sees the waiting indicator."""
        if in_place:
            await interaction.response.defer()
        else:
            interaction.extras["public"] = not private
            await interaction.response.defer(ephemeral=private, thinking=True)

    async def _show(self, interaction: Asked, answer: Answer, *, modal_allowed: bool) -> None:
        private = answer.refusal or answer.reply is Reply.PRIVATE
        card = answer.show
        if isinstance(card, Form):
            modal = forms.modal(card) if modal_allowed and not interaction.response.is_done() else None
            if modal is not None:
                modal.stop()  # the library need not remember it: its id contains everything
                await interaction.response.send_modal(modal)
                return
            card, private = forms.as_card(card), True
        layouts = messages(card, word=self._word)
        self._mentions.put(layouts)
        if not interaction.response.is_done():
            await self._first(interaction, layouts, private=private)
        elif private and interaction.extras.get("public"):
            async with _in_private(interaction):
                await self._followed(interaction, layouts, private=True)
        else:
            await interaction.edit_original_response(view=_still(layouts[0]))
            interaction.extras["public"] = False
            await self._followed(interaction, layouts[1:], private=private)

    async def _at_once(self, interaction: Asked, card: Card) -> None:
        await self._first(interaction, messages(card, word=self._word), private=True)

    async def _first(self, interaction: Asked, layouts: Sequence[Layout], *, private: bool) -> None:
        await interaction.response.send_message(view=_still(layouts[0]), ephemeral=private)
        await self._followed(interaction, layouts[1:], private=private)

    async def _followed(self, interaction: Asked, layouts: Sequence[Layout], *, private: bool) -> None:
        for layout in layouts:
            await interaction.followup.send(view=_still(layout), ephemeral=private, wait=True)


async def own_up(interaction: Asked, reference: str) -> None:
    """Tell the person privately, in one attempt, that the answer failed, with the reference from the log.

    It replaces the waiting indicator if there is one. Whatever was shown already stays.
    """
    card = Card(
        title=f"The answer was not posted completely (ref {reference}).",
        blocks=(
            Paragraph(text=plain("What you asked for may have been done: look before you ask again.")),
            Paragraph(text=plain("The host finds the reason in the log under that reference.")),
        ),
        tone=Tone.REFUSAL,
    )
    (layout,) = messages(card, word="")
    if not interaction.response.is_done():
        await interaction.response.send_message(view=_still(layout), ephemeral=True)
        return
    async with _in_private(interaction):
        await interaction.followup.send(view=_still(layout), ephemeral=True, wait=True)


@asynccontextmanager
async def _in_private(interaction: Asked) -> AsyncIterator[None]:
    """Send private messages although everyone sees the waiting indicator, and then remove what everyone sees.

    A message that is sent beside the indicator takes its place and is as public as it, and once the indicator is deleted
    none may be sent (10008). So it first becomes a message.
    """
    shown = interaction.extras.pop("public", False)
    if shown:
        (layout,) = messages(ONLY_FOR_ONE, word="")
        await interaction.edit_original_response(view=_still(layout))
    try:
        yield
    finally:
        if shown:
            await interaction.delete_original_response()


def _still(layout: Layout) -> Layout:
    """A view that the library forgets after sending: presses are recognised by their id alone."""
    layout.stop()
    return layout


def taken_by_another(error: discord.HTTPException) -> bool:
    """Whether another replica acknowledged the interaction, or it is too late to."""
    return error.code in (ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION)
