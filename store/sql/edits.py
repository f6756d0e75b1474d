"""Edits of a team's list, and the rules for them, as rows."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select

from bot.domain.edit import Adding, Edit, EditKind, EditRules, EditState
from bot.domain.ids import EditId, EntryNumber, MemberId, TeamId, Url
from store.sql.ids import id_of, number_of, team_of
from store.sql.session import AnyRow, Session
from store.sql.tables import EDIT, EDITING, packed


class SqlEdits:
    def __init__(self, work: Session) -> None:
        self._work = work

    def rules(self, team: TeamId) -> EditRules:
        row = self._work.row(select(EDITING).where(EDITING.c.team == team))
        return EditRules() if row is None else EditRules(adding=Adding(row.adding), file=row.file)

    def set_rules(self, team: TeamId, rules: EditRules) -> None:
        statement = self._work.insert(EDITING).values(team=team, adding=rules.adding.value, file=rules.file)
        changed = {name: statement.excluded[name] for name in ("adding", "file")}
        self._work.change(statement.on_conflict_do_update(index_elements=["team"], set_=changed))

    def next_id(self, team: TeamId) -> EditId:
        return EditId(id_of(team, self._work.take(team, "edit")))

    def save(self, edit: Edit) -> None:
        values = {
            "team": edit.team,
            "number": number_of(edit.id),
            "kind": edit.kind.value,
            "state": edit.state.value,
            "url": edit.url,
            "key": edit.key,
            "entry": edit.entry,
            "fields": packed(sorted(edit.fields.items())),
            "before": packed(sorted(edit.before.items())),
            "member": None if edit.member is None else number_of(edit.member),
            "file": edit.file,
            "at": edit.at,
            "reason": edit.reason,
            "undoes": None if edit.undoes is None else number_of(edit.undoes),
            "branch": edit.branch or None,
            "link": edit.link or None,
        }
        statement = self._work.insert(EDIT).values(values)
        changed = {name: statement.excluded[name] for name in values if name not in ("team", "number")}
        self._work.change(statement.on_conflict_do_update(index_elements=["team", "number"], set_=changed))

    def get(self, edit: EditId) -> Edit | None:
        row = self._work.row(select(EDIT).where(EDIT.c.team == team_of(edit), EDIT.c.number == number_of(edit)))
        return None if row is None else _edit(row)

    def newest(self, team: TeamId, entry: EntryNumber | None, limit: int) -> Sequence[Edit]:
        found = select(EDIT).where(EDIT.c.team == team, EDIT.c.state != EditState.DRAFT.value)
        found = found if entry is None else found.where(EDIT.c.entry == entry)
        return [_edit(row) for row in self._work.rows(found.order_by(EDIT.c.number.desc()).limit(limit))]

    def in_state(self, team: TeamId | None, states: Collection[EditState]) -> Sequence[Edit]:
        found = select(EDIT).where(EDIT.c.state.in_([state.value for state in states]))
        found = found if team is None else found.where(EDIT.c.team == team)
        return [_edit(row) for row in self._work.rows(found.order_by(EDIT.c.team, EDIT.c.number))]

    def undone(self, edit: EditId) -> bool:
        by = select(EDIT.c.number).where(
            EDIT.c.team == team_of(edit), EDIT.c.undoes == number_of(edit), EDIT.c.state != EditState.REFUSED.value
        )
        return self._work.row(by.limit(1)) is not None

    def delete_drafts(self, team: TeamId, before: datetime) -> None:
        old = (EDIT.c.team == team, EDIT.c.state == EditState.DRAFT.value, EDIT.c.at < before)
        self._work.change(delete(EDIT).where(*old))


def _edit(row: AnyRow) -> Edit:
    edit = Edit(
        id=EditId(id_of(row.team, row.number)),
        team=TeamId(row.team),
        kind=EditKind(row.kind),
        state=EditState(row.state),
        url=Url(row.url),
        key=row.key,
        entry=None if row.entry is None else EntryNumber(row.entry),
        fields=dict(json.loads(row.fields)),
        before=dict(json.loads(row.before)),
        member=None if row.member is None else MemberId(id_of(row.team, row.member)),
        file=row.file,
        at=row.at,
        reason=row.reason,
        branch=row.branch or "",
        link=row.link or "",
    )
    return edit if row.undoes is None else replace(edit, undoes=EditId(id_of(row.team, row.undoes)))
