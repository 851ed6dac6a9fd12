"""The coordinator: many briefs become nodes, an engine does them, and what became of each brief is told as it ends.

It keeps a window of nodes under way and plans a brief only when nothing else is to do, so that five thousand briefs
need no more memory than five. Its answers come from files named by fingerprint: an engine may vanish at any time.

A node whose process was *lost* is tried three times; one that is *bad* (an explained failure) ends its brief and no
other. Plans are taken in the order of the briefs, so that of two with one id it is always the second that is refused.
"""

from __future__ import annotations

import heapq
import secrets
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline import nodes
from pipeline.engines import Engine, Result
from pipeline.errors import BriefError, PromoError, ToolError
from pipeline.jobs import Job, Office, Outcome, Task
from pipeline.listening import Listener
from pipeline.nodes import Answer, Kind, renditions_of

MOST_LOST = 3
_DAMAGE_ROUNDS = 8
_SPARE_BYTES = 50_000_000
_TIDY_BYTES = 2_000_000_000  # so much may be written between two looks at the size of the store


class Coordinator:
    def __init__(self, briefs: Sequence[Path], engine: Engine, office: Office, listener: Listener) -> None:
        self._briefs, self._engine, self._office, self._listener = briefs, engine, office, listener
        self._run = secrets.token_hex(4)
        self._count = 0
        self._next = self._admitted = 0
        self._jobs: dict[int, Job] = {}
        self._plans: dict[int, tuple[Job, Answer]] = {}
        self._taken: dict[Path, Path] = {}
        self._ready: list[tuple[int, int, Task]] = []
        self._under_way: dict[str, Task] = {}
        self._ended: deque[Outcome] = deque()
        self._untidy = 0
        engine.listen(self._heard_frames)

    def outcomes(self) -> Iterator[Outcome]:
        """Each brief's outcome, as soon as it is known. Raises ToolError when the engine is gone."""
        self._listener.expects(len(self._briefs))
        while True:
            self._fill()
            while self._ended:
                yield self._ended.popleft()
            if not self._under_way:
                return
            for result in self._engine.done():
                self._heard(result)

    # What is to do

    def _fill(self) -> None:
        while len(self._under_way) < self._engine.slots() and (task := self._next_task()):
            self._count += 1
            token = f"{self._run}/{task.job.number:06d}/{self._count}"
            self._under_way[token] = task
            task.job.under_way += 1
            self._engine.submit(task.job.errand.node(task.kind, token, **task.more))

    def _next_task(self) -> Task | None:
        while self._ready:
            _, _, task = heapq.heappop(self._ready)
            if self._in_work(task.job) and task.round == task.job.round and not task.job.damaged:
                task.job.waiting -= 1
                return task
        if self._next < min(len(self._briefs), self._admitted + self._engine.slots()):
            job = self._opened(self._next)
            self._next += 1
            return Task(job=job, kind="plan", round=0, more={"trusted": []})
        return None

    def _opened(self, number: int) -> Job:
        path = self._briefs[number]
        job = Job(number=number, path=path, errand=self._office.errand(path))
        job.label = self._free_label(job, path.stem)
        self._jobs[number] = job
        if len(self._briefs) == 1:
            self._listener.says(job.label, "reading the route and the footage")
        return job

    def _in_work(self, job: Job) -> bool:
        """Not so once its brief has failed; some of its nodes may then be under way all the same."""
        return job.number in self._jobs

    def _free_label(self, job: Job, wanted: str) -> str:
        """Briefs of several folders may have one id: listeners hear of no two by one name."""
        taken = {one.label for one in self._jobs.values() if one is not job}
        names = (wanted, str(job.path), f"{job.path} ({job.number + 1})")
        return next(name for name in names if name not in taken)

    def _add(self, job: Job, kind: Kind, frames: int = 0, lost: int = 0, told: int = 0, **more: Any) -> None:
        self._count += 1
        job.waiting += 1
        task = Task(job=job, kind=kind, round=job.round, more=more, frames=frames, lost=lost, told=told)
        heapq.heappush(self._ready, (job.number, self._count, task))

    # What has come back

    def _heard_frames(self, token: str, frames: int) -> None:
        task = self._under_way.get(token)
        if task and self._in_work(task.job):
            task.seen += frames
            self._advance(task, task.seen)

    def _advance(self, task: Task, to: int) -> None:
        """A node that is done again tells only of what it has not told before."""
        if to > task.told:
            self._listener.advances(task.job.label, to - task.told)
            task.told = to

    def _heard(self, result: Result) -> None:
        task = self._under_way.pop(result.token)
        job = task.job
        job.under_way -= 1
        if not self._in_work(job):
            return
        answer = result.answer
        if result.bug is not None:
            self._bug(job, result.bug)
        elif answer is None or answer.get("cancelled"):
            self._lost(task, result)
        elif "stranger" in answer:
            raise nodes.stranger(answer.get("worker", "a worker"), answer["stranger"])
        elif task.kind == "plan" and job.round == 0:
            self._plans[job.number] = (job, answer)
            self._admit()
        elif "error" in answer:
            self._end(job, nodes.error_of(answer["error"], job.errand.brief, job.path))
        else:
            self._done(task, answer)

    def _bug(self, job: Job, bug: BaseException | str) -> None:
        """A fault of ours shows its traceback when there is one brief, and ends no other when there are several."""
        if len(self._briefs) == 1 and isinstance(bug, BaseException):
            raise bug
        last = (str(bug).strip().splitlines() or ["no words"])[-1]
        what = f"a fault of make-promo itself: {last}"
        self._end(job, ToolError.at(str(job.path), what, "render it alone to see where, and report it"))

    def _lost(self, task: Task, result: Result) -> None:
        lost = task.lost + max(1, result.lost)
        if task.job.damaged:
            return self._made(task.job)  # it is planned anew anyway
        if lost < MOST_LOST:
            return self._add(task.job, task.kind, task.frames, lost, task.told, **task.more)
        what = f"the process that worked on it ended {lost} times" + (f": {result.said}" if result.said else "")
        remedy = "another clip or map may help; what is finished is kept, and the other briefs go on"
        return self._end(task.job, ToolError.at(str(task.job.path), what, remedy))

    def _admit(self) -> None:
        while self._admitted in self._plans:
            job, answer = self._plans.pop(self._admitted)
            self._admitted += 1
            if self._in_work(job):
                self._take(job, answer)

    def _take(self, job: Job, answer: Answer) -> None:
        if "error" in answer:
            return self._end(job, nodes.error_of(answer["error"], job.errand.brief, job.path))
        job.id = answer["id"]
        job.folder = self._office.out(job.errand.brief) / job.id
        if job.folder in self._taken:
            what = f"it has the same id as {self._taken[job.folder]}: {job.id}"
            return self._end(job, BriefError.at(str(job.path), what, "give one of them an `id:` of its own"))
        self._taken[job.folder] = job.path
        job.label = self._free_label(job, job.id)
        return self._planned(job, answer)

    def _planned(self, job: Job, answer: Answer) -> None:
        job.mark, job.bytes = answer["mark"], answer["bytes"]
        job.problems = list(nodes.problems_of(answer["problems"], job.errand.brief, job.path))
        job.frames = sum(one["frames"] for one in answer["stretches"])
        self._listener.begins(job.label, job.frames)
        try:
            self._need_room(job)
        except OSError as error:
            return self._end(job, nodes.disk_error(str(self._office.store), error))
        except PromoError as error:
            return self._end(job, error)
        for sound in answer["sounds"]:
            self._of(job, "sound", pieces=[sound])
        for one in answer["stretches"]:
            self._of(job, "shot", one["frames"], pieces=one["pieces"])
        if not job.waiting:
            self._of(job, "finish", folder=str(job.folder))
        return None

    def _of(self, job: Job, kind: Kind, frames: int = 0, **more: Any) -> None:
        self._add(job, kind, frames, mark=job.mark, trusted=job.trusted, **more)

    def _done(self, task: Task, answer: Answer) -> None:
        job = task.job
        match task.kind:
            case "plan":
                self._planned(job, answer)
            case "finish":
                self._finished(job, answer)
            case "proof":
                self._end(job)
            case _:
                if "damaged" in answer:
                    job.damaged = answer["damaged"]
                    job.trusted = [*job.trusted, *answer["trusted"]]
                else:
                    self._advance(task, task.frames)
                    if refused := answer.get("refused"):
                        self._listener.says(job.label, f"x264 encodes this shot, because the card will not: {refused}")
                self._made(job)

    def _made(self, job: Job) -> None:
        """A stretch has come back; when all have, the brief goes on. Damage waits for those in work, and plans anew."""
        if job.under_way or (job.waiting and not job.damaged):
            return
        if not job.damaged:
            return self._of(job, "finish", folder=str(job.folder))
        job.round, job.waiting = job.round + 1, 0
        if job.round >= _DAMAGE_ROUNDS:
            what = "the footage is damaged in too many places"
            return self._end(job, ToolError.at(str(job.path), what, "copy it from the card again"))
        self._listener.says(job.label, f"{job.damaged} does not decode cleanly; looking closer")
        job.damaged = ""
        return self._add(job, "plan", trusted=job.trusted)

    def _finished(self, job: Job, answer: Answer) -> None:
        job.renditions = renditions_of(answer["renditions"], job.id, job.folder)
        job.problems += nodes.problems_of(answer["problems"], job.errand.brief, job.path)
        try:
            unsigned, signed = self._office.noted(job.folder, answer)
        except OSError as error:
            return self._end(job, nodes.disk_error(str(job.folder), error))
        job.problems += unsigned
        return self._of(job, "proof", folder=str(job.folder), signed=signed)

    def _end(self, job: Job, error: PromoError | None = None) -> None:
        del self._jobs[job.number]
        if error is not None:
            if job.under_way:
                self._engine.cancel(f"{self._run}/{job.number:06d}/")
            self._ended.append(Outcome(path=job.path, error=error))
        else:
            found = {"renditions": job.renditions, "problems": tuple(job.problems)}
            self._ended.append(Outcome(path=job.path, folder=job.folder, **found))  # type: ignore[arg-type]
        if job.number >= self._admitted:  # it failed before its turn came
            self._plans[job.number] = (job, {})
            self._admit()
        self._listener.ends(job.label, failed=error is not None)
        self._untidy += job.bytes
        if self._untidy > _TIDY_BYTES:
            self._untidy = 0
            self._office.tidied()

    def _need_room(self, job: Job) -> None:
        """Raises ToolError when the disk cannot hold what this brief, and those in work, will make."""
        if not job.bytes:
            return
        needed = sum(one.bytes for one in self._jobs.values()) + _SPARE_BYTES
        self._office.store.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._office.store).free
        if free < needed:
            what = f"about {needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free"
            raise ToolError.at("disk", what, "free some space and run again")
