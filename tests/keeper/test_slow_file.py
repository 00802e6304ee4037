"""A rule file that takes long to look at keeps nothing back that operators have activated."""

import asyncio
import threading

import signalbox.keeper


def test_the_ledger_does_not_wait_behind_the_file(opened, monkeypatch):
    monkeypatch.setattr(signalbox.keeper, "FILE_PATIENCE_S", 0.05)

    async def work():
        async with opened() as engine:
            free, asked = threading.Event(), []
            monkeypatch.setattr(engine.keeper._own, "look", lambda: free.wait(20))
            standing = engine.ledger.rule_versions.standing

            class Versions:
                def standing(self, kind):
                    asked.append(kind)
                    return standing(kind)

            engine.keeper._versions = Versions()
            await engine.keeper.look()
            assert asked, "the ledger was asked all the same"
            assert "still being looked at" in engine.keeper.report()["problem"]
            free.set()
            await asyncio.sleep(0.1)
            await engine.keeper.look()
            assert engine.keeper.report()["problem"] == ""

    asyncio.run(work())
