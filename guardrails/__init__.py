"""Guardrails: screening, redaction and authorisation. Pure: values in, typed verdict out."""

from guardrails.authorisation import Authorisation, Evidence, authorise
from guardrails.redaction import Redactor
from guardrails.screening import Screened, screen

__all__ = ["Authorisation", "Evidence", "Redactor", "Screened", "authorise", "screen"]
