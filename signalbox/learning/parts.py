"""A router taken apart into JSON and arrays, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from signalbox.domain.errors import BadModel
from signalbox.learning.attributes import AttributeEncoder
from signalbox.learning.calibration import Calibration
from signalbox.learning.encoder import resolve_encoder
from signalbox.learning.features import Features
from signalbox.learning.fusion import Fusion
from signalbox.learning.head import Head
from signalbox.learning.kernel import KernelMember
from signalbox.learning.linear import LinearMember
from signalbox.learning.members import Members
from signalbox.learning.prototypes import Prototypes
from signalbox.learning.risk import Certificate
from signalbox.learning.router import Router
from signalbox.learning.scope import Scope
from signalbox.learning.text import TextVectorizer

Arrays = dict[str, np.ndarray]


def to_parts(router: Router) -> tuple[dict[str, Any], Arrays, list[str], list[Any]]:
    """(manifest core, arrays, vocabulary in column order, attribute columns)."""
    features, members, head = router.features, router.members, router.head
    arrays: Arrays = {"fusion": head.fusion.weights}
    for i, member in enumerate(members.linear):
        arrays[f"linear{i}.weights"], arrays[f"linear{i}.bias"] = member.weights, member.bias
    if members.kernel is not None:
        arrays["kernel.landmarks"] = members.kernel.landmarks
        arrays["kernel.coef"] = members.kernel.coef
        arrays["kernel.words"] = members.kernel.words
    if members.prototypes is not None:
        arrays["prototypes"] = members.prototypes.weights
    arrays["scope.centre"], arrays["scope.spread"] = head.scope.centre, head.scope.spread
    vocabulary: list[str] = []
    if features.text is not None:
        arrays["idf"] = features.text.idf
        vocabulary = sorted(features.text.vocabulary, key=features.text.vocabulary.__getitem__)
    encoder = features.encoder
    core = {
        "labels": router.classes,
        "columns": router.columns,
        "text": features.text is not None,
        "attributes": router.attribute_names if features.attributes is not None else None,
        "encoder": encoder and {"name": encoder.name, "sha256": encoder.digest()},
        "linear": [{"name": m.name, "view": m.view} for m in members.linear],
        "kernel": members.kernel and {"gamma": members.kernel.gamma},
        "calibration": {
            "slope": head.calibration.slope,
            "offset": head.calibration.offset,
        },
        "scope_threshold": head.scope.threshold,
        "certificate": router.certificate.to_json(),
    }
    return core, arrays, vocabulary, features.attributes.to_json() if features.attributes else []


def from_parts(
    manifest: Mapping[str, Any], arrays: Arrays, vocabulary: list[str], columns: list[Any]
) -> Router:
    """Undo ``to_parts``; BadModel where the encoder at hand is not the one learned with."""
    text = None
    if manifest["text"]:
        text = TextVectorizer({term: i for i, term in enumerate(vocabulary)}, arrays["idf"])
    attributes = AttributeEncoder.from_json(columns) if manifest["attributes"] is not None else None
    encoder = None
    if manifest["encoder"]:
        encoder = resolve_encoder(manifest["encoder"]["name"])
        if encoder is None or encoder.digest() != manifest["encoder"]["sha256"]:
            raise BadModel(
                f"the encoder {manifest['encoder']['name']!r} here is not the one learned with",
                hint="install the same encoder, or learn again",
            )
    linear = [
        LinearMember(m["name"], m["view"], arrays[f"linear{i}.weights"], arrays[f"linear{i}.bias"])
        for i, m in enumerate(manifest["linear"])
    ]
    kernel = None
    if manifest["kernel"]:
        kernel = KernelMember(
            arrays["kernel.landmarks"],
            arrays["kernel.coef"],
            arrays["kernel.words"],
            float(manifest["kernel"]["gamma"]),
        )
    prototypes = Prototypes(arrays["prototypes"]) if "prototypes" in arrays else None
    head = Head(
        Fusion(arrays["fusion"]),
        Calibration(**manifest["calibration"]),
        Scope(arrays["scope.centre"], arrays["scope.spread"], manifest["scope_threshold"]),
    )
    return Router(
        classes=list(manifest["labels"]),
        features=Features(text, attributes, encoder),
        members=Members(linear, kernel, prototypes),
        head=head,
        certificate=Certificate.from_json(dict(manifest["certificate"])),
        version=manifest["version"],
        columns=dict(manifest["columns"]),
    )
