"""An optional sentence encoder, found on this machine or named by the user."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from signalbox.domain.errors import BadInput, MissingExtra

TFIDF = "tfidf"
AUTO = "auto"
_BATCH = 64
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")


def installed_encoders() -> dict[str, Path]:
    """Sentence-transformers folders that installed packages carry: package name → folder."""
    roots = [Path(entry) for entry in sys.path if Path(entry).name in _PACKAGE_FOLDERS]
    found: dict[str, Path] = {}
    for root in roots:
        for pattern in ("*/modules.json", "*/*/modules.json"):
            for file in sorted(root.glob(pattern)):
                if (file.parent / "config.json").is_file():
                    found.setdefault(file.relative_to(root).parts[0], file.parent)
    return found


def embeddings_available() -> bool:
    """Whether the extra ``embeddings`` is installed; imports nothing."""
    return find_spec("sentence_transformers") is not None and find_spec("torch") is not None


@dataclass
class Encoder:
    """A sentence encoder: ``name`` as the user gave it, loaded at first use, on one thread."""

    name: str
    folder: Path | None
    _model: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d) float32 rows of unit length. One short text takes about 10 ms on one core."""
        model = self._loaded()
        if len(texts) == 1:
            import torch

            # The library's own encode() spends milliseconds on sorting and progress bars.
            with torch.inference_mode():
                found = model(model.preprocess(list(texts)))["sentence_embedding"]
            rows = found.numpy()
        else:
            rows = model.encode(
                list(texts), batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True
            )
        rows = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)

    def digest(self) -> str:
        """sha256 over the weight files of a local folder; "" for a model known by name only."""
        if self.folder is None:
            return ""
        total = hashlib.sha256()
        for file in sorted(self.folder.rglob("*")):
            if file.suffix in (".safetensors", ".bin") and file.is_file():
                with file.open("rb") as stream:
                    total.update(hashlib.file_digest(stream, "sha256").digest())
        return total.hexdigest()

    def warm(self) -> None:
        """Load the weights now, so that the first task does not wait for them."""
        self.encode(["warm"])

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                self._model = _load(self.name, self.folder)
            return self._model


def resolve_encoder(name: str) -> Encoder | None:
    """The encoder meant by ``name``: ``tfidf`` none, ``auto`` the one at hand if there is one.

    Otherwise a folder, an installed package that carries a model, or a name of the model hub whose
    files are on this machine already: nothing is downloaded. MissingExtra where it cannot be run.
    """
    if name == TFIDF:
        return None
    if name == AUTO:
        found = installed_encoders() if embeddings_available() else {}
        return next((Encoder(n, folder) for n, folder in found.items()), None)
    if not embeddings_available():
        raise MissingExtra(
            f"the encoder {name!r} needs sentence-transformers",
            hint="install signalbox[embeddings] (`make embeddings`), or use --encoder tfidf",
        )
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BadInput(
                f"{name}: no config.json in this folder",
                hint="name a folder saved by sentence-transformers",
            )
        return Encoder(name, folder)
    installed = installed_encoders().get(name.replace("-", "_"))
    return Encoder(name, installed)


def _load(name: str, folder: Path | None) -> Any:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as hub_logging
    except ImportError as error:
        raise MissingExtra(
            f"the encoder {name!r} needs sentence-transformers ({error})",
            hint="install signalbox[embeddings] (`make embeddings`), or learn with --encoder tfidf",
        ) from error
    # One task at a time is answered fastest on one thread; more only contend with the server.
    torch.set_num_threads(1)
    hub_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(str(folder or name), device="cpu", local_files_only=True).eval()
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the encoder {name!r} cannot be loaded ({str(error).splitlines()[0][:200]})",
            hint="give a folder saved by sentence-transformers, or use --encoder tfidf",
        ) from error
