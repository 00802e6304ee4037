from collections.abc import Iterator

import pytest

from evals.scripted.process import ScriptedModel, running_scripted


@pytest.fixture(scope="session")
def scripted_process() -> Iterator[ScriptedModel]:
    """The scripted server, one process for the whole run."""
    with running_scripted() as model:
        yield model


@pytest.fixture
def scripted_model(scripted_process: ScriptedModel) -> ScriptedModel:
    """The scripted server with a clean sheet: nothing counted, default script, up."""
    scripted_process.reset()
    return scripted_process
