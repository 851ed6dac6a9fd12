"""One post at one account, exactly once: look, prepare, write down, go public, read back, write down.

Whatever is found open from an earlier run is looked up first. It is sent again only when the network has proven that
nothing is there; where it cannot, a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipeline.ledger import Event
from pipeline.post_notes import Name, Notes, Standing, other_version
from pipeline.post_outcomes import Outcome, failed, shown, told
from pipeline.post_reading import Candidate, stamp_of
from pipeline.posts import Post
from pipeline.publishers import Failure, Network, Pace, Proof, Sighting, costs_of

_SENDS = 2  # how often one run makes the public call of one post
_FRESH = timedelta(hours=1)  # what was written down longer ago is written down anew before it is sent
_PASSING = ("processing", "scheduled")  # it shows itself later
_PRESS = "press publish when you want it out: make-promo publish … --press {0}"
_ASK = "look in the account; then say so: make-promo publish --is-out {0}, or --is-not-out {0}"


@dataclass(frozen=True, kw_only=True)
class Posting:
    """`network` is open, as the account `account`; nobody else posts to it meanwhile."""

    network: Network
    account: str
    notes: Notes
    pace: Pace
    again: bool = False  # a new version may follow one that is out
    at: datetime | None = None  # when the network is to show it, where it can wait for us
    pressed: bool = False  # a person presses publish on these very posts
    tell: Callable[[str], None] = lambda _: None  # hears what a post costs, before it is sent

    def publish(self, candidate: Candidate) -> Outcome:
        post = candidate.post
        assert post is not None
        name = self._name(post)
        now = self.notes.standing(name)
        if now.done:
            return self._again_seen(candidate, name, now)
        try:
            if now.waits:
                if told := self._waiting(candidate, name, now):
                    return told
                now = self.notes.standing(name)
            if now.armed:
                if settled := self._resumed(candidate, name, now):
                    return settled
                now = self.notes.standing(name)
            if earlier := self._earlier(candidate, name):
                return earlier
            return self._sent(candidate, post, name, now)
        except Failure as failure:
            return failed(candidate, failure)

    def _name(self, post: Post) -> Name:
        return Name(
            service=post.service, account=self.account, platform=post.platform, lang=post.lang,
            content=post.fingerprint,
        )  # fmt: skip

    def _earlier(self, candidate: Candidate, name: Name) -> Outcome | None:
        """Another version at the same place: one whose answer was lost is looked up, one that is out stops this one."""
        done, armed = self.notes.others(name)
        for event in armed:
            other = other_version(event)
            standing = self.notes.standing(other)
            if standing.waits and taken_back(self.network, self.notes, other, standing, self._now()):
                continue
            sighting = self.network.look(standing.frozen, event.at)
            if sighting.found == "there":
                self._proven(other, standing.frozen, sighting.remote)
                done = self.notes.others(name)[0]
            elif sighting.found == "absent" and not sighting.same_only:
                self.notes.failed(other, standing.attempt, "nothing is there", self._now(), dropped=True)
            else:
                why = sighting.why or "an earlier version was sent just now and may still appear"
                return self._unsure(candidate, other, standing.attempt, why)
        if done and not self.again:
            at = done[-1].at
            words = f"another version was published on {at.day} {at:%B %Y}"
            remedy = "take that one down in its app if it should go; then publish this one with --again"
            address = str(done[-1].payload.get("address", ""))
            return told(candidate, "earlier version is out", words, remedy, address=address)
        return None

    def _resumed(self, candidate: Candidate, name: Name, now: Standing) -> Outcome | None:
        """An earlier run was cut off in its public call. None when nothing is there, which is then written down."""
        assert now.armed
        sighting = self.network.look(now.frozen, now.armed.at)
        if sighting.found == "there":
            return self._finished(candidate, name, now.frozen, sighting.remote)
        if sighting.found == "unsure":
            return self._unsure(candidate, name, now.attempt, sighting.why)
        if self.network.pressed and not self.pressed:
            return told(
                candidate,
                "ready to press",
                "it was pressed before, and nothing is seen of it",
                _PRESS.format(candidate.name),
            )
        if self._early() and sighting.same_only:
            return told(candidate, "waiting", "it was sent before and may still appear; its time has not come")
        if not self._early() and (sighting.same_only or self._now() - now.armed.at < _FRESH):
            return self._public(candidate, name, now.attempt, now.frozen, now.armed.at, doubtful=sighting.same_only)
        self.notes.failed(name, now.attempt, "nothing is there", self._now(), dropped=False)
        return None

    def _sent(self, candidate: Candidate, post: Post, name: Name, now: Standing) -> Outcome:
        if faults := self.network.refusals(post):
            return told(candidate, "refused", "; ".join(faults), "put that right, and publish again")
        if self._early():
            return told(candidate, "waiting", "its time has not come, and the network does not hold posts for us")

        if costs := costs_of(self.network, post):
            self.tell(f"{candidate.promo}/{candidate.name}: {costs}")

        def keep(values: Mapping[str, Any]) -> None:
            self.notes.prepare(name, now.attempt, values, self._now())

        try:
            prepared = self.network.prepare(post, now.prepared, keep)
        except Failure as failure:
            if failure.dropped:
                self.notes.failed(name, now.attempt, failure.words, self._now(), dropped=True)
            raise
        if stamp_of(post) != candidate.stamp:
            self.notes.failed(name, now.attempt, "the clip changed meanwhile", self._now(), dropped=True)
            return told(candidate, "refused", "the clip changed while it was sent", "publish again")
        if self.network.pressed and not self.pressed:
            words = "all is uploaded; its terms want a person to publish it"
            return told(candidate, "ready to press", words, _PRESS.format(candidate.name))
        if self._early():
            return told(candidate, "waiting", "it is uploaded, and its time has not come")
        at = self._now()
        later = self._later(at)
        frozen = self.network.freeze(post, prepared, f"{name} {now.attempt}", later)
        frozen = {**frozen, "at": later.isoformat()} if later else frozen
        if not self.notes.arm(name, now.attempt, frozen, at):
            return told(candidate, "busy", "another make-promo is publishing it", "wait for it to end")
        return self._public(candidate, name, now.attempt, frozen, at)

    def _public(
        self, candidate: Candidate, name: Name, attempt: int, frozen: Mapping[str, Any], since: datetime, *,
        doubtful: bool = False,
    ) -> Outcome:  # fmt: skip
        """The public call of an armed attempt. Its answer lost, it is looked for; sent again only when it is absent.

        `doubtful`: an earlier call of it may be out although it is not seen. That this one comes too soon, or is not
        allowed, proves nothing then; that it is wrong does, unless the network knows better and says `unknown`.
        """
        why = ""
        for _ in range(_SENDS):
            try:
                remote = self.network.go(frozen)
            except Failure as failure:
                if failure.kind != "unknown":
                    if doubtful and failure.kind != "fix":
                        raise Failure(
                            "unknown", f"{why or 'sent before'}; {failure.words}", until=failure.until
                        ) from None
                    self.notes.failed(name, attempt, failure.words, self._now(), dropped=failure.dropped)
                    raise
                why = failure.words
                sighting = self._looked(frozen, since, failure)
                if sighting.found == "unsure":
                    return self._unsure(candidate, name, attempt, f"{why}; {sighting.why}")
                if sighting.found == "absent":
                    doubtful = sighting.same_only
                    continue
                remote = sighting.remote
            return self._finished(candidate, name, frozen, remote)
        if doubtful:
            raise Failure("unknown", f"{why}; it is not seen yet")
        return told(candidate, "failed", f"{why}; nothing is out", "run publish again later")

    def _looked(self, frozen: Mapping[str, Any], since: datetime, lost: Failure) -> Sighting:
        try:
            return self.network.look(frozen, since)
        except Failure as failure:  # it stays armed; the next run looks before it does anything
            raise Failure("unknown", f"{lost.words}; {failure.words}", until=failure.until) from None

    def _finished(self, candidate: Candidate, name: Name, frozen: Mapping[str, Any], remote: str) -> Outcome:
        return shown(candidate, self._proven(name, frozen, remote))

    def _again_seen(self, candidate: Candidate, name: Name, now: Standing) -> Outcome:
        """What is out already. What was not shown when it was last read back is read back once more."""
        assert now.done
        known = now.seen
        if known.get("shown", "published") not in _PASSING or not now.frozen:
            return told(candidate, "already published", address=str(known.get("address", "")))
        try:
            proof = self.network.proof(now.frozen, str(now.done.payload["remote"]))
        except Failure as failure:
            return failed(candidate, failure)
        if proof.shown != known["shown"] or proof.address != known["address"] or list(proof.faults) != known["faults"]:
            self.notes.seen(name, _values(str(now.done.payload["remote"]), proof), self._now())
        return shown(candidate, proof)

    def _later(self, now: datetime) -> datetime | None:
        """The time that the network is asked to wait for; None to show it now."""
        if self.at is None or self.network.ahead is None:
            return None
        least, most = self.network.ahead
        return self.at if least <= self.at - now <= most else None

    def _early(self) -> bool:
        """Whether it would be out before its time."""
        now = self._now()
        return self.at is not None and self.at > now and self._later(now) is None

    def _waiting(self, candidate: Candidate, name: Name, now: Standing) -> Outcome | None:
        """A post that the network holds until its time. None: taken back, the time is another now."""
        moved = self.at is not None and self.at.isoformat() != now.frozen.get("at")
        if moved and taken_back(self.network, self.notes, name, now, self._now()):
            return None
        return self._finished(candidate, name, now.frozen, str(now.seen["remote"]))

    def _proven(self, name: Name, frozen: Mapping[str, Any], remote: str) -> Proof:
        try:
            proof = self.network.proof(frozen, remote)
        except Failure as failure:
            # It is out; that must be written down whatever becomes of the reading.
            proof = Proof(address="", faults=(f"it is out, but it could not be read back: {failure.words}",))
        note = self.notes.seen if proof.shown == "scheduled" else self.notes.done
        note(name, _values(remote, proof), self._now())
        return proof

    def _unsure(self, candidate: Candidate, name: Name, attempt: int, why: str) -> Outcome:
        self.notes.unsure(name, attempt, why, self._now())
        event = self.notes.standing(name).armed
        code = str(event.id) if event else ""
        words = f"nobody can say whether it is out: {why}"
        return told(candidate, "unsure", words, _ASK.format(code), code=code)

    def _now(self) -> datetime:
        return self.pace.clock()


def taken_back(network: Network, notes: Notes, name: Name, standing: Standing, now: datetime) -> bool:
    """Whether a post that waits at the network is certain not to appear; written down, so that it may be sent anew."""
    if not network.withdraw(standing.frozen, str(standing.seen["remote"])):
        return False
    notes.failed(name, standing.attempt, "taken back before it was shown", now, dropped=True)
    return True


def settled(notes: Notes, event: Event, *, out: bool, address: str, at: datetime) -> None:
    """A person has looked: the post of an armed `event` is out, or it is not."""
    name = other_version(event)
    if out:
        notes.done(name, {**_values("", Proof(address=address)), "said_by": notes.who}, at)
    else:
        notes.failed(name, int(event.payload["attempt"]), f"{notes.who} looked: nothing is there", at, dropped=True)


def _values(remote: str, proof: Proof) -> dict[str, Any]:
    return {"remote": remote, "address": proof.address, "shown": proof.shown, "faults": list(proof.faults)}
