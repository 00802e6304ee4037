"""Why the router may not take its likeliest option alone, in words that are true of the row."""

from __future__ import annotations

import numpy as np

from signalbox.learning.risk import Certificate

UNLIKE = "unlike anything it was learned from"


def uncertified(certificate: Certificate, label: str, confidence: float) -> str:
    """What keeps ``label`` at ``confidence`` below the certificate; "" where nothing does."""
    whole = certificate.threshold
    if whole is None:
        return "no threshold could be certified when the model was learned"
    own = certificate.label_thresholds.get(label, whole)
    if np.isinf(own):
        return f"'{label}' is never chosen alone: it erred too often when the model was learned"
    if confidence < whole:
        return f"{confidence:.3f} is below the certified threshold {whole:.3f}"
    if confidence < own:
        return f"{confidence:.3f} is below {own:.3f}, the threshold certified for '{label}'"
    return ""
