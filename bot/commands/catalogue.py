"""Every command, in the order in which help shows them. A new command needs a line here and nothing else."""

from collections.abc import Sequence

from bot.chat.command import Catalogue
from bot.commands import about, browsing, digests, editing, lists, posting, reading, schedules, takeaways
from bot.commands.declare import Command

COMMANDS: Sequence[Command] = (
    reading.home,
    reading.random,
    browsing.search,
    browsing.show,
    browsing.related,
    browsing.list_entries,
    browsing.tags,
    reading.next_up,
    reading.later,
    reading.read,
    reading.unread,
    posting.share,
    posting.unshare,
    takeaways.add,
    takeaways.list_takeaways,
    takeaways.withdraw,
    editing.add,
    editing.note,
    editing.edit,
    editing.retire,
    editing.restore,
    editing.list_edits,
    editing.confirm,
    editing.decline,
    editing.undo,
    reading.stats_me,
    reading.stats_team,
    digests.preview,
    digests.pick,
    digests.unpick,
    digests.skip,
    digests.unskip,
    digests.post,
    digests.arrived,
    digests.again,
    digests.history,
    schedules.set_schedule,
    schedules.list_schedules,
    schedules.set_holidays,
    schedules.pause,
    schedules.resume,
    schedules.off,
    schedules.restore,
    about.status,
    lists.apply_change,
    lists.keep_list,
    about.show_settings,
    about.set_zone,
    about.set_admins,
    about.change_synonyms,
    editing.set_adding,
    about.help_over(lambda: CATALOGUE),
)

CATALOGUE: Catalogue = tuple(command.spec for command in COMMANDS)
