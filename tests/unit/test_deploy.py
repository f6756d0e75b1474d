"""What deploy/ names exists: options, commands, ports, folders. `make lint-deploy` holds it against the tools' own rules."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import typer
import yaml

from bot.runtime.cli import app
from bot.runtime.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.suffix != ".lock"]
OPTION = re.compile(r"\bDOGEAR_[A-Z_]+\b")


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def containers(kind: str = "containers") -> Iterator[dict[str, Any]]:
    for document in documents():
        if document["kind"] in {"Deployment", "CronJob"}:
            yield from pod(document).get(kind, ())


def pod(document: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = document["spec"]
    return cast("dict[str, Any]", spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"])


def compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return {name: service for name, service in services.items() if service["image"] == "dogear"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_option_that_is_named_exists(path: Path) -> None:
    named = {name.removesuffix("_FILE") for name in OPTION.findall(path.read_text(encoding="utf-8"))}

    assert not named - {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def test_every_command_that_is_run_exists() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group has them
    unit = re.findall(r"^Exec\w+=-?/opt/dogear/bin/dogear (.+)$", (DEPLOY / "dogear.service").read_text(), re.MULTILINE)
    run = [service.get("command", ["run"]) for service in compose().values()]
    run += [container["args"] for kind in ("containers", "initContainers") for container in containers(kind)]

    for name, *flags in [*run, *(line.split() for line in unit)]:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {flag for flag in flags if flag.startswith("-")} <= known


def test_the_image_holds_what_the_wheel_holds() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert sorted(copied) == ["adapters", "bot", "store"]
    assert {f"!{folder}" for folder in copied} <= set(let_in)


def test_probes_ask_where_our_health_is_told() -> None:
    port = Settings.model_fields["health_port"].default

    for container in containers():
        if container["args"][0] != "run":
            continue
        assert {"name": "health", "containerPort": port} in container["ports"]
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "health"}
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "health"}
        assert {"name": "DOGEAR_HEALTH_HOST", "value": "0.0.0.0"} in container["env"]


def test_every_way_to_run_it_has_a_place_of_its_own_for_backups() -> None:
    unit = (DEPLOY / "dogear.service").read_text(encoding="utf-8")
    (job,) = [document for document in documents() if document["kind"] == "CronJob"]
    (claimed,) = [
        document["metadata"]["name"] for document in documents() if document["kind"] == "PersistentVolumeClaim"
    ]

    for name in ("dogear", "replica"):
        service = compose()[name]
        assert service["environment"]["DOGEAR_BACKUP_FOLDER"] == "/backups"
        assert "backups:/backups" in service["volumes"]
    assert "-o dogear -g dogear -m 0700 /data /backups" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "StateDirectory=dogear dogear/backups\n" in unit
    assert "DOGEAR_BACKUP_FOLDER=%S/dogear/backups\n" in unit
    (container,) = pod(job)["containers"]
    assert container["args"] == ["backup", "/backups"]
    assert {"name": "backups", "mountPath": "/backups"} in container["volumeMounts"]
    assert {"name": "backups", "persistentVolumeClaim": {"claimName": claimed}} in pod(job)["volumes"]


def test_systemd_starts_it_again_but_not_with_settings_that_cannot_be_used() -> None:
    unit = (DEPLOY / "dogear.service").read_text(encoding="utf-8").splitlines()

    assert {"Restart=always", "RestartPreventExitStatus=2"} <= set(unit)
    assert "ExecStartPre=-/opt/dogear/bin/dogear migrate" in unit, "systemd asks for the status of ExecStart alone"


def test_every_way_to_install_it_takes_what_the_lock_pins() -> None:
    steps = (DEPLOY / "README.md").read_text(encoding="utf-8")
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")

    for text, lock in ((steps, "deploy/requirements.lock"), (image, "requirements.lock")):
        installs = re.findall(r"bin/pip install (.+)", text)
        assert [one.split()[0] for one in installs] == ["--require-hashes", "--no-deps"]
        assert installs[0].endswith(f"-r {lock}")


def test_threads_share_one_memory_arena_however_it_is_deployed() -> None:
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    unit = (DEPLOY / "dogear.service").read_text(encoding="utf-8")
    ours = [*containers(), *containers("initContainers")]

    assert re.search(r"^ENV (?:.*\\\n)*.*\bMALLOC_ARENA_MAX=1\b", image, re.MULTILINE)
    assert "\nEnvironment=MALLOC_ARENA_MAX=1\n" in unit
    assert {"dogear", "replica", "worker"} <= compose().keys(), "they run the image"
    assert ours
    assert all(container["image"].partition(":")[0].endswith("dogear") for container in ours)


def test_nothing_runs_as_root_or_writes_where_it_is_installed() -> None:
    for service in compose().values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    for container in [*containers(), *containers("initContainers")]:
        locked = container["securityContext"]
        assert (locked["readOnlyRootFilesystem"], locked["allowPrivilegeEscalation"]) == (True, False)
    assert "USER 10001:10001" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
