"""`dogear init`: leads a host through the setup of a first club. Answers come from flags, variables, or the person."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from getpass import getpass, getuser
from importlib.resources import files
from pathlib import Path
from typing import Any

from adapters import registry
from bot.chat.setup import Finding, SetupStep
from bot.commands.catalogue import CATALOGUE
from bot.domain.errors import BadConfig
from bot.runtime import env_file
from bot.runtime.lists import refuse_missing
from bot.runtime.settings import PREFIX, load, typed_name
from store.lists.reading import read_path

SERVICES = {"systemd": "dogear.service", "compose": "compose.yaml"}
"""What can start the bot, and the file for it."""
STARTER = "reading.md"


@dataclass(frozen=True)
class Wishes:
    """What was given on the command line. None is asked for; `ask` is false without a person."""

    platform: str | None
    list: Path | None
    env_file: Path
    service: str | None
    force: bool
    ask: bool


def init(wishes: Wishes) -> None:
    """Ask for what is missing, check it, and write the files. Raises BadConfig, and before any file if it can."""
    _refuse_unknown(wishes)
    replace = _may_replace(wishes)
    reading_list = _list(wishes)
    platform = wishes.platform or _chosen("Which platform?", registry.HOSTED, wishes, "--platform")
    options = _set_up(platform, wishes)
    values = {f"{PREFIX}{platform.upper()}_{option.upper()}": value for option, value in options.items() if value}
    word = load().word
    folder = wishes.env_file.absolute().parent
    general = {
        f"{PREFIX}DATABASE": os.environ.get(f"{PREFIX}DATABASE") or f"sqlite:///{folder / 'dogear.db'}",
        f"{PREFIX}LIST": str(reading_list),
        **({f"{PREFIX}WORD": word} if f"{PREFIX}WORD" in os.environ else {}),
    }
    env_file.write(wishes.env_file, {**general, **values}, replace=replace)
    print(f"\nWrote {wishes.env_file}. Only you can read it: it has the token in it.")
    service = wishes.service or (
        _chosen("What should start it?", ("none", *SERVICES), wishes, "--service") if wishes.ask else "none"
    )
    _end(wishes, service, reading_list, platform, word)


def _refuse_unknown(wishes: Wishes) -> None:
    problems = []
    if wishes.platform and wishes.platform not in registry.HOSTED:
        problems.append(f"--platform is “{wishes.platform}”: the platforms are {' and '.join(registry.HOSTED)}.")
    if wishes.service and wishes.service not in {"none", *SERVICES}:
        problems.append(f"--service is “{wishes.service}”: it is none, {' or '.join(SERVICES)}.")
    if not wishes.ask and not wishes.platform:
        problems.append("--platform is missing, and there is no terminal to ask on.")
    if not wishes.env_file.absolute().parent.is_dir():
        problems.append(f"The folder of {wishes.env_file} does not exist.")
    if problems:
        raise BadConfig(problems)


def _may_replace(wishes: Wishes) -> bool:
    """Whether an existing file may be replaced. Raises BadConfig if it may not."""
    if wishes.force or not os.path.lexists(wishes.env_file):
        return wishes.force
    if wishes.ask and _asked(f"{wishes.env_file} exists. Replace it? [y/N]").lower() in {"y", "yes"}:
        return True
    raise BadConfig([f"{wishes.env_file} exists. Name another file with --env-file, or replace it with --force."])


def _list(wishes: Wishes) -> Path:
    """The list's path, which is checked. Without one a starter is written beside the settings."""
    given = wishes.list
    while given is None and wishes.ask:
        typed = _asked("Which reading list? A Markdown file or a folder of them; Enter if there is none yet:")
        if not typed:
            break
        given = Path(typed).expanduser()
        if not given.exists():
            print(f"  {given} is not there.")
            given = None
    if given is None:
        return _starter(wishes.env_file.absolute().parent / STARTER)
    refuse_missing([str(given)])
    print(f"  {given}: {_entries(given):,} entries. “dogear check” says how each link is read.")
    return given.absolute()


def _entries(path: Path) -> int:
    if path.is_dir():
        return sum(len(read_path(file, file.name).entries) for file in sorted(path.rglob("*.md")))
    return len(read_path(path, path.name).entries)


def _starter(path: Path) -> Path:
    if path.exists():
        print(f"  {path} is there, and is used.")
    else:
        path.write_text((files("bot.sample") / "reading-list.md").read_text(encoding="utf-8"), encoding="utf-8")
        print(f"  Wrote {path} with some articles to begin with. Replace them with your own.")
    return path


def _chosen(question: str, choices: Sequence[str], wishes: Wishes, flag: str) -> str:
    if not wishes.ask:
        raise BadConfig([f"{flag} is missing, and there is no terminal to ask on."])
    while True:
        print(f"\n{question}")
        for number, choice in enumerate(choices, 1):
            print(f"  {number}  {choice}")
        typed = _asked("Number or name:").lower()
        found = [choice for number, choice in enumerate(choices, 1) if typed in {str(number), choice}]
        if found:
            return found[0]
        print(f"  “{typed}” is not one of them.")


def _set_up(platform: str, wishes: Wishes) -> Mapping[str, str]:
    """The platform's options, each token checked. Those that variables set already are taken from there."""
    steps: Sequence[SetupStep] = _tool(platform, "setup_steps")(load().word, CATALOGUE)
    known = {name: value for name, value in load().of(platform).items() if value}
    missing = [step for step in steps if step.option and not known.get(step.option)]
    if missing and not wishes.ask:
        names = [f"{PREFIX}{platform.upper()}_{step.option.upper()}" for step in missing]
        raise BadConfig([f"{name} is not set, and there is no terminal to ask on." for name in names])
    for number, step in enumerate(steps, 1):
        if step.file is not None:
            _write_beside(wishes.env_file, *step.file)
        if wishes.ask and not known.get(step.option):
            print(f"\nStep {number} of {len(steps)}\n{step.says(known)}")
        if step.option:
            known[step.option] = _token(step, known, wishes)
        elif wishes.ask:
            _asked("Enter when done:")
    if not wishes.ask:
        for step in (step for step in steps if not step.option and step.file is None):
            print(step.says(known))
    return known


def _token(step: SetupStep, known: Mapping[str, str], wishes: Wishes) -> str:
    """The token from the variables or the person. Raises BadConfig if it is refused and there is no person."""
    value = known.get(step.option, "")
    while True:
        if not value:
            value = getpass(f"Paste {step.called} (it is not shown): ").strip()
        problem = f"It begins with {step.begins}." if not value.startswith(step.begins) else ""
        findings = [(False, problem)] if problem else asyncio.run(_checked(step, {**known, step.option: value}))
        for good, line in findings:
            print(f"  {'ok ' if good else 'no '} {line}")
        bad = [line for good, line in findings if not good]
        if not bad:
            return value
        if not wishes.ask:
            raise BadConfig(bad)
        if not problem and _asked("Enter to paste another, or “keep” to go on with this one:").lower() == "keep":
            return value
        value = ""


async def _checked(step: SetupStep, options: Mapping[str, str]) -> Sequence[Finding]:
    return [finding async for finding in step.check(options)] if step.check else []


def _write_beside(settings: Path, name: str, content: str) -> None:
    path = settings.absolute().with_name(name)
    path.write_text(content, encoding="utf-8")
    print(f"\nWrote {path}.")


def _tool(platform: str, name: str) -> Callable[..., Any]:
    found = registry.tool(platform, name)
    if found is None:
        raise BadConfig([f"“{platform}” cannot be set up here."])
    return found


def _asked(question: str) -> str:
    return input(f"{question} ").strip()


def _end(wishes: Wishes, service: str, reading_list: Path, platform: str, word: str) -> None:
    program = (
        Path(sys.argv[0]).absolute() if sys.argv[0].endswith("dogear") else Path(sys.executable).with_name("dogear")
    )
    settings = wishes.env_file.absolute()
    start = f"{typed_name()} --env {wishes.env_file} run"
    if service in SERVICES:
        file = settings.with_name(SERVICES[service])
        if file.exists() and not wishes.force:
            print(f"{file} exists and is left as it is.")
        else:
            file.write_text(
                UNIT.format(program=program, settings=settings, folder=settings.parent, user=getuser())
                if service == "systemd"
                else COMPOSE.format(settings=settings.name, list=reading_list, name=reading_list.name),
                encoding="utf-8",
            )
            print(f"Wrote {file}.")
        start = (
            f"sudo cp {file} /etc/systemd/system/ && sudo systemctl enable --now dogear"
            if service == "systemd"
            else f"docker compose -f {file} up -d (after building the image “dogear” as deploy/README.md says)"
        )
    print(f"\nStart it:  {start}\nCheck it:  {typed_name()} --env {wishes.env_file} doctor")
    print(_tool(platform, "first_words")(word))


UNIT = """\
[Unit]
Description=Dogear, a reading club
Wants=network-online.target
After=network-online.target

[Service]
User={user}
UMask=0077
WorkingDirectory={folder}
EnvironmentFile={settings}
ExecStartPre=-{program} migrate
ExecStart={program} run
Restart=always
RestartSec=5
RestartPreventExitStatus=2
TimeoutStopSec=30
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""
COMPOSE = """\
services:
  dogear:
    image: dogear
    env_file: {settings}
    environment:
      DOGEAR_DATABASE: sqlite:////data/dogear.db
      DOGEAR_LIST: /lists/{name}
    volumes:
      - data:/data
      - {list}:/lists/{name}:ro
    restart: unless-stopped
    stop_grace_period: 30s
volumes:
  data:
"""
