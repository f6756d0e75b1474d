"""How an interaction is acknowledged and answered: first within Discord's three seconds, then with the whole answer.

An answer is private unless the command declares otherwise; a refusal is private always. Whether an answer is private
is settled by the first word Discord hears from us, so a command that has a form to open, or answers in public, is
given a moment before that word is said. Every other one is carried out only by whom Discord let take the interaction.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import discord

from adapters.discord import forms
from adapters.discord.button_value import Press
from adapters.discord.command_mentions import CommandMentions
from adapters.discord.failures import ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION
from adapters.discord.inbound import Asked, acting, actor, invocation, invocation_id, linked, picked, typed
from adapters.discord.places import DISCORD
from adapters.discord.render import Layout, messages
from adapters.discord.surface import MENUS, choices
from bot.chat.command import CommandSpec, Reply
from bot.chat.platform import Actor, Answer, Core, Invocation
from bot.domain.card import Action, Call, Card, Form, Paragraph, Tone
from bot.domain.ids import WorkspaceRef
from bot.domain.text import plain
from bot.domain.value import Kind, channel_at

PATIENCE = 1.5
"""Seconds, of the three that Discord gives, for an answer that must be known before it can be acknowledged."""
COMPLETION_DEADLINE = 2.0

NO_ENTRY = Card(
    title="I can't find an article from the list in that message.",
    blocks=(Paragraph(text=plain("It shows none, and none of its links is on the reading list.")),),
    tone=Tone.REFUSAL,
)
NOT_FROM_HERE = Card(
    title="This cannot be answered from here.",
    blocks=(Paragraph(text=plain("Use the command in the server that it is about, as one of its members.")),),
    tone=Tone.REFUSAL,
)

log = logging.getLogger("dogear.discord")


async def actor_in(interaction: Asked, workspace: WorkspaceRef) -> Actor | None:
    """Who asks, with the rights that they have in that server now; None if they, or we, are not in it.

    Raises what the library raises where Discord cannot be asked.
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
    """Answers what people ask of one core. `word` is the command's first word, without the slash."""

    def __init__(self, core: Core, word: str, mentions: CommandMentions) -> None:
        self._core = core
        self._word = word
        self._mentions = mentions

    async def command(self, interaction: Asked, data: Any) -> None:
        """A native command, or a menu of a message."""
        if data["name"] not in MENUS:
            given = typed(data).call
            await self._carry_out(interaction, given, modal_allowed=self._lacks(given))
            return
        user = interaction.client.user
        call = picked(data, user.id if user else None)
        if call is not None:
            await self._carry_out(interaction, call)
            return
        await self._acknowledge(interaction, private=True, in_place=False)
        found = await self._listed(interaction, linked(data))
        path = MENUS[data["name"]]
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

    async def _listed(self, interaction: Asked, links: Sequence[str]) -> dict[str, str]:
        """The entries that the links lead to: by number, each with its title."""
        offered = [await self._core.complete(actor(interaction), Kind.ENTRY, link) for link in links]
        return {choice.value: choice.label for choices in offered for choice in choices[:1]}

    async def pressed(self, interaction: Asked, press: Press) -> None:
        """A button; in a private answer of ours the new page takes the place of the old one."""
        if interaction.guild_id is None:
            await self._pressed_afar(interaction, press.call)
            return
        message = interaction.message
        own = message is not None and message.flags.ephemeral
        await self._carry_out(interaction, press.call, in_place=press.replaces and own)

    async def _pressed_afar(self, interaction: Asked, call: Call) -> None:
        """A button of a direct message. It names the server that it is about, and who presses it is asked for there."""
        await self._acknowledge(interaction, private=True, in_place=False)
        where = channel_at(call.arguments.get("channel", ""))
        who = await actor_in(interaction, where.workspace) if where else None
        if who is None:
            await self._show(interaction, Answer(show=NOT_FROM_HERE, refusal=True), modal_allowed=False)
            return
        asked = Invocation(id=invocation_id(interaction), call=call, actor=who, channel=None)
        await self._show(interaction, await self._core.invoke(asked), modal_allowed=False)

    async def submitted(self, interaction: Asked, data: Any) -> None:
        """A form that was filled in."""
        call = forms.submitted(data)
        if call is not None:
            await self._carry_out(interaction, call, modal_allowed=False)

    async def completed(self, interaction: Asked, data: Any) -> None:
        """What fits the option that is being typed; nothing if that takes too long."""
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

    def _lacks(self, call: Call) -> bool:
        """Whether a required value is missing, so that a form has to ask for it. A wrong value gets a button instead."""
        spec = self._spec(call.path)
        required = {param.name for param in spec.params if param.required} if spec else set()
        return not call.arguments or not required <= set(call.arguments)

    def _spec(self, path: tuple[str, ...]) -> CommandSpec | None:
        return next((spec for spec in self._core.catalogue if spec.path == path), None)

    async def _carry_out(
        self, interaction: Asked, call: Call, *, in_place: bool = False, modal_allowed: bool = True
    ) -> None:
        spec = self._spec(call.path)
        public = spec is not None and spec.reply is Reply.PUBLIC
        undecided = public or (spec is not None and spec.form and modal_allowed)
        if undecided:
            answer = await self._soon(interaction, call, public=public)
        else:
            await self._acknowledge(interaction, private=True, in_place=in_place)
            answer = await self._core.invoke(invocation(interaction, call))
        await self._show(interaction, answer, modal_allowed=modal_allowed)

    async def _soon(self, interaction: Asked, call: Call, *, public: bool) -> Answer:
        """The answer; acknowledged only if it is slow to come."""
        asked = asyncio.ensure_future(self._core.invoke(invocation(interaction, call)))
        done, _ = await asyncio.wait({asked}, timeout=PATIENCE)
        if not done:
            await self._acknowledge(interaction, private=not public, in_place=False)
        return await asked

    async def _acknowledge(self, interaction: Asked, *, private: bool, in_place: bool) -> None:
        """Say that an answer will come. `extras["public"]` is whether everybody sees that it is waited for."""
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
                modal.stop()  # the library need not remember it: its id says all
                await interaction.response.send_modal(modal)
                return
            card, private = forms.as_card(card), True
        layouts = messages(card, word=self._word)
        self._mentions.put(layouts)
        if not interaction.response.is_done():
            await self._first(interaction, layouts, private=private)
        elif private and interaction.extras.get("public"):
            await interaction.delete_original_response()
            interaction.extras["public"] = False
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
    """Tell who asked, in private and in one attempt, that the answer did not arrive; under the reference of the log.

    In place of the waiting that they see, if they see any; what was shown already stays.
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
    if interaction.extras.get("public"):
        await interaction.delete_original_response()
    await interaction.followup.send(view=_still(layout), ephemeral=True, wait=True)


def _still(layout: Layout) -> Layout:
    """A view that the library forgets once it is sent: presses are recognised by their id alone."""
    layout.stop()
    return layout


def taken_by_another(error: discord.HTTPException) -> bool:
    """Whether somebody else acknowledged the interaction, or it is too late for anybody to."""
    return error.code in (ALREADY_ACKNOWLEDGED, UNKNOWN_INTERACTION)
