"""The queue in the browser: three trainings, of which one is at work; the others change places, one is taken out."""

import re

from browser.filling import endless_training, small_dataset
from browser.pages import Queue
from browser.studio import RunningStudio
from browser.visitor import Visit
from browser.words import Language


def test_three_trainings_in_the_queue(studio: RunningStudio, visit: Visit, language: Language) -> None:
    dataset = small_dataset(studio)["id"]
    first, second, third = (endless_training(studio, dataset, name)["id"] for name in ("一 one", "二 two", "三 three"))
    visitor = visit(studio, language)
    queue = Queue(visitor)
    queue.expect_order("queue.now", ["一 one"])
    queue.expect_order("queue.waiting", ["二 two", "三 three"])
    queue.do("三 three", "job.earlier")
    queue.expect_order("queue.waiting", ["三 three", "二 two"])
    visitor.sees(visitor.word("job.position", place=2), queue.line("二 two"))
    queue.do("二 two", "job.cancel")
    queue.expect_order("queue.waiting", ["三 three"])
    queue.expect_order("queue.done", ["二 two"])
    visitor.press("queue.pause")
    visitor.sees(visitor.word("queue.paused"))
    assert re.search(r"%|一 one", visitor.page.title())
    queue.do("一 one", "job.cancel")
    visitor.press("job.cancelYes")
    queue.expect_order("queue.done", ["一 one", "二 two"])
    queue.expect_order("queue.waiting", ["三 three"])
    visitor.press("queue.goOn")
    queue.expect_order("queue.now", ["三 three"])
    assert [studio.job(job)["state"] for job in (first, second)] == ["cancelled", "cancelled"]
    queue.do("二 two", "run.resume")
    queue.expect_order("queue.waiting", ["二 two"])
    assert studio.job(third)["started_at"]
