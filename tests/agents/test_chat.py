"""ChatR1 as a langchain chat model: what ChatOpenAI gets wrong for R1, put right."""

import asyncio

import pytest
from langchain_openai import ChatOpenAI

from agents.chat import ChatR1, open_chat
from agents.config import configure
from agents.failures import ConsultFailed
from agents.http import BoundedClient
from tests.agents.host import completion, response, running


def chatting(host, work, **more):
    given = {"dialect": "vllm", "max_tokens": 900, **more}
    config = configure(base_url=host.url, model="r1", api_key="sk-local-test-key", **given)

    async def main():
        async with BoundedClient(config, True) as http:
            return await work(open_chat(config, http))

    return asyncio.run(main())


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_the_reasoning_is_kept_beside_the_content(field):
    async def work(chat):
        assert isinstance(chat, ChatR1) and isinstance(chat, ChatOpenAI)
        return await chat.ainvoke([("user", "case")])

    with running(response(completion("x", **{field: "because"}))) as host:
        said = chatting(host, work)
    assert said.content == "x"
    assert said.additional_kwargs[field] == "because"
    assert said.response_metadata["finish_reason"] == "stop"
    assert said.usage_metadata["total_tokens"] == 150


def test_the_token_limit_goes_by_the_name_hosts_understand():
    with running() as host:
        chatting(host, lambda chat: chat.ask([("user", "case")], extra_body={"seed": 7}))
    body = host.requests[0][2]
    assert (body["max_tokens"], body["seed"]) == (900, 7)
    assert not {"max_completion_tokens", "stream", "n", "extra_body"} & set(body)


def test_it_asks_once():
    async def work(chat):
        with pytest.raises(ConsultFailed):
            await chat.ask([("user", "case")])

    with running(response({}, 503)) as host:
        chatting(host, work)
    assert len(host.requests) == 1


def test_it_has_no_tools_no_parser_and_no_blocking_call():
    async def work(chat):
        for refused in (
            lambda: chat.bind_tools([]),
            lambda: chat.invoke("case"),
            lambda: chat.with_structured_output({"title": "x", "type": "object"}),
        ):
            with pytest.raises(NotImplementedError):
                refused()

    with running() as host:
        chatting(host, work)
    assert host.requests == []


def test_the_key_is_not_in_its_repr():
    async def work(chat):
        return repr(chat)

    with running() as host:
        assert "sk-local" not in chatting(host, work)
