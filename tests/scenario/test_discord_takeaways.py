"""Takeaways in Discord: the button, the message menu with the form that it opens, and 💡."""

from tests.fakes.server import a_server, entry_message, shown_by


def values_of(modal: dict[str, object]) -> dict[str, str]:
    """What the form's fields begin with."""
    asked = [one["component"] for one in modal["components"]]  # type: ignore[attr-defined] # the JSON of a modal
    return {one["custom_id"]: one["value"] for one in asked if one.get("value")}


async def test_a_message_of_a_thread_becomes_a_takeaway_and_others_words_never(database: str) -> None:
    async with a_server(database) as server:
        guild = await server.guild()
        channel = guild.create_text_channel("reading")
        talk = guild.create_text_channel("talk")
        ana, ben = server.member(guild, "ana", admin=True), server.member(guild, "ben")
        await ana.slash(channel, "blog share", entry="#6")
        await server.settle()
        (thread,) = channel.threads
        mine = await ben.send(thread, "Cache late, measure first.")

        own = await ben.context_menu(thread, "Save as takeaway", mine)
        assert own.modal is not None
        assert own.modal["title"] == "Keep a takeaway"
        assert values_of(own.modal) == {"entry": "#6", "text": "Cache late, measure first."}
        kept = await ben.submit_modal(own, {"entry": "#6", "text": "Measure first."})
        assert kept.ephemeral
        assert "Kept for #6." in shown_by(kept)

        others = await ana.context_menu(thread, "Save as takeaway", mine)
        assert others.modal is not None
        link = f"https://discord.com/channels/{guild.id}/{thread.id}/{mine.id}"
        assert values_of(others.modal) == {"entry": "#6", "about": link}
        assert "measure first" not in str(others.modal)
        asked = {one["component"]["custom_id"]: one["component"] for one in others.modal["components"]}
        assert (asked["text"]["max_length"], asked["text"]["style"]) == (600, 2)
        said = await ana.submit_modal(others, {"entry": "#6", "text": "Ben is right.", "about": link})
        assert "Kept for #6." in shown_by(said)

        unrelated = await ben.send(talk, "Lunch?")
        nowhere = await ben.context_menu(talk, "Save as takeaway", unrelated)
        assert nowhere.modal is not None
        assert values_of(nowhere.modal) == {"text": "Lunch?"}

        post = entry_message(channel)
        pressed = await ben.click(post, label="Takeaway")
        assert pressed.modal is not None
        assert values_of(pressed.modal) == {"entry": "#6"}

        await ben.react(post, "💡")
        entry = await ana.slash(talk, "blog show", entry="#6")
        assert "ben: Measure first." in shown_by(entry)
        assert "1 found something here" in shown_by(entry)
        assert link in str(entry.response.components)
        undone = await ben.click(kept.response, label="Undo")
        assert "withdrawn" in shown_by(undone)
