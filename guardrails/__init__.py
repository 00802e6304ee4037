"""Guardrails: screening, redaction and authorisation. Pure: values in, typed verdict out."""

from guardrails.authorisation import Authorisation, Evidence, authorise
from guardrails.screening import Screened, screen

__all__ = ["Authorisation", "Evidence", "Screened", "authorise", "screen"]
