"""DeepSeek R1 as a langchain chat model: what langchain-openai gets wrong for it, put right.

``ChatOpenAI`` drops both reasoning fields, names the token limit so that most hosts ignore it,
retries by itself and reads its organisation, project and key from the environment of another
vendor. Import this module when it is needed (``agents.wire`` does): it costs seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import httpx2
import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from langsmith.run_helpers import tracing_context

from agents.config import ClientConfig
from agents.envelope import REASONING_FIELDS, parse_envelope


class ChatR1(ChatOpenAI):
    """Asks once, whole and without tools; reasoning is kept in ``additional_kwargs``.

    Failures are ``ConsultFailed``. The caller owns deadline, retries and the HTTP client.
    """

    token_field: str = "max_tokens"

    async def ask(self, messages: Sequence[tuple[str, str]], **kwargs: Any) -> AIMessage:
        """The answer to (role, text) pairs. A tracing variable in the environment has no effect:
        what people wrote goes to the configured host and nowhere else."""
        with tracing_context(enabled=False):
            return await self.ainvoke(list(messages), **kwargs)

    @property
    def _llm_type(self) -> str:
        return "signalbox-r1"

    def _get_request_payload(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The body as it goes out: ``extra_body`` merged, the token limit under its true name."""
        payload = super()._get_request_payload(*args, **kwargs)
        limit = payload.pop("max_completion_tokens", None)
        payload.pop("stream", None)
        extra = payload.pop("extra_body", None) or {}
        return payload | ({} if limit is None else {self.token_field: limit}) | extra

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        response = await self.root_async_client.post(
            "/chat/completions", cast_to=httpx2.Response, body=payload
        )
        return self._read(response.content)

    def _read(self, body: bytes) -> ChatResult:
        secrets = (self.openai_api_key.get_secret_value(),)  # type: ignore[union-attr]
        envelope = parse_envelope(body, secrets=secrets)
        result = self._create_chat_result(envelope)
        said = envelope["choices"][0]["message"]
        kept = result.generations[0].message.additional_kwargs
        for field in (*REASONING_FIELDS, "refusal"):
            if field in said:
                kept[field] = said[field]
        return result

    def _generate(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("ChatR1 is asked asynchronously")

    def _stream(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("ChatR1 does not stream: a decision is read whole")

    def _astream(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("ChatR1 does not stream: a decision is read whole")

    def bind_tools(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("ChatR1 takes no tools: R1 hosts ignore or refuse them")

    def with_structured_output(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("ChatR1 is read by agents.reader: langchain repairs and guesses")


def open_chat(config: ClientConfig, http: httpx2.AsyncClient) -> ChatR1:
    """A chat model on a client of the caller's, which is bound to the running event loop."""
    key = config.api_key or "none"  # the SDK wants one; the client sends the true one or nothing
    sdk = openai.AsyncOpenAI(
        api_key=key,
        base_url=config.base_url,
        organization="",
        project="",
        max_retries=0,
        http_client=http,
    )
    dialect = config.dialect
    return ChatR1(
        model=config.model,
        api_key=key,
        base_url=config.base_url,
        max_retries=0,
        max_completion_tokens=config.max_tokens,
        temperature=dialect.temperature,
        top_p=dialect.top_p,
        token_field=dialect.token_field,
        use_responses_api=False,
        streaming=False,
        cache=False,  # a process-wide langchain cache would answer across tenants
        disable_streaming=True,
        # Given, so that langchain-openai makes none with its own idea of retries and proxies.
        client=sdk.chat.completions,
        root_client=sdk,
        async_client=sdk.chat.completions,
        root_async_client=sdk,
    )
