"""Row ids of ours, and addresses on a platform. No behaviour."""

from dataclasses import dataclass
from typing import NewType

TeamId = NewType("TeamId", int)
MemberId = NewType("MemberId", int)
SourceId = NewType("SourceId", int)
EntryId = NewType("EntryId", int)
ScheduleId = NewType("ScheduleId", int)
DeliveryId = NewType("DeliveryId", int)
TakeawayId = NewType("TakeawayId", int)
EditId = NewType("EditId", int)

EntryNumber = NewType("EntryNumber", int)
"""What people call an entry: `#12` in its team. It never changes and is never reused."""

PlatformName = NewType("PlatformName", str)
InvocationId = NewType("InvocationId", str)
Url = NewType("Url", str)


@dataclass(frozen=True, slots=True)
class WorkspaceRef:
    """One workspace as its platform addresses it."""

    platform: PlatformName
    id: str


@dataclass(frozen=True, slots=True)
class AccountRef:
    """One account. `id` is unique on the platform; an adapter whose ids are not adds the workspace to it."""

    platform: PlatformName
    id: str


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """One channel of a workspace, by the id that the platform's API takes."""

    workspace: WorkspaceRef
    id: str


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message; `id` is text as the platform gave it, never a number."""

    channel: ChannelRef
    id: str


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """The thread that belongs to a message; `channel` is the channel of that message."""

    channel: ChannelRef
    id: str
