"""What many stories begin with is written once, and lies there for the stories that begin with the same.

A story begins in calls of functions that are `@kept`: a house, its stage, a session whose infusion runs.
Until it does anything of its own, what such a call wrote is a layer in an open transaction, below the
savepoint in which the rest of the story stands and is undone. The same calls of the next story find their
layers there, and get copies of what was given back; its first statement of its own, or another call, undoes
the layers that it has not asked for. A call within a call is a layer too: whoever wants the infusion to run
goes on from a session that is prepared.

Calls are the same when they are of one function, at one moment of the story's clock, with the same values
and with objects that are unchanged since a layer gave them. A call is made as ever where settings are
overridden or something is patched, where what it does waits for a commit or changes what it was given, and
in a story that commits.
"""

import pickle
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, wraps
from inspect import signature
from io import BytesIO
from typing import Any, Final, ParamSpec, TypeVar, cast

import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.db.transaction import Atomic

P = ParamSpec("P")
Result = TypeVar("Result")

# To PostgreSQL all of a transaction is one moment, `now()`.
SECONDS: Final = 30.0


def kept(make: Callable[P, Result]) -> Callable[P, Result]:
    """For a function that does nothing but write rows, and gives back what it has written."""

    form = signature(make)

    @wraps(make)
    def found_or_made(*args: P.args, **options: P.kwargs) -> Result:
        told = form.bind(*args, **options)
        told.apply_defaults()
        asked = GROUND.asked(make, told.arguments)
        if asked is None:
            return make(*args, **options)
        if GROUND.has_found(asked):
            return cast(Result, GROUND.handed[-1])
        return GROUND.made(asked, lambda: make(*args, **options))

    return found_or_made


@dataclass(frozen=True)
class Asked:
    """One call: after how many layers it began, what it is, and how each object that it was given looked."""

    begun: int
    call: tuple[Hashable, ...]  # the function, the moment, what it was given
    looks: list[dict[str, Any]]
    given: list[Any]

    def is_alike(self, other: "Asked") -> bool:
        return (self.begun, self.call, self.looks) == (other.begun, other.call, other.looks)

    def left_them_alone(self) -> bool:
        return self.looks == [look(each) for each in self.given]


@dataclass
class Layer:
    block: Atomic
    asked: Asked
    pickled: bytes


@dataclass
class Ground:
    """The layers in this process' connection, from the lowest on."""

    layers: list[Layer] = field(default_factory=list)
    unpatched: Any = None  # the settings as they are where no story overrides them
    fixtures: Mapping[str, Any] = field(default_factory=dict)  # the story's, as far as they are made
    _base: Atomic | None = None
    _story: Atomic | None = None  # the savepoint of the story above them; none where no story can use them
    handed: list[Any] = field(default_factory=list)  # what the story's calls so far gave back, a layer each
    _making: Atomic | None = None  # the block in which the call that is being made writes
    _calls: int = 0
    _laid_since: float = 0.0

    # --- The story's beginning and end ----------------------------------------------------------------

    def lay(self) -> None:
        """Before the story's own savepoint."""
        if self._is_spoilt():
            self.clear()
        elif self._making is not None:
            undone(self._making)
        self._making = None
        if self._base is None:
            self._base, self._laid_since = entered(), time.perf_counter()

    def begin(self, story: Atomic) -> None:
        self._story, self.handed, self._calls = story, [], 0
        connection.execute_wrappers.insert(0, self._at_a_statement)

    def end(self) -> None:
        """Before the story's own savepoint is undone. What was not made to its end goes with it."""
        self._leave_it_to_the_story()

    def clear(self) -> None:
        """Nothing lies there, and no transaction is open."""
        self._leave_it_to_the_story()
        if self._making is not None:
            undone(self._making)
        self._undo(0)
        if self._base is not None:
            undone(self._base)
        self._base = self._making = None

    # --- A call ---------------------------------------------------------------------------------------

    def asked(self, make: Callable[..., Any], told: Mapping[str, Any]) -> Asked | None:
        """None where the call is made as ever."""
        if self._story is None or self._making is not None or self._is_patched():
            return None
        given: list[Any] = []
        try:
            call = (make, moment(), self._named(told, given))
        except LookupError:
            return None
        return Asked(len(self.handed), call, [look(each) for each in given], given)

    def has_found(self, asked: Asked) -> bool:
        """Then what it gave back is the last that was handed out."""
        for place, layer in enumerate(self.layers):
            if place >= asked.begun and layer.asked.is_alike(asked):
                for below in self.layers[asked.begun : place + 1]:
                    self.handed.append(self._copy_of(below))
                return True
        return False

    def made(self, asked: Asked, make: Callable[[], Result]) -> Result:
        waiting = len(connection.run_on_commit)
        self._calls += 1
        try:
            value = make()
        except BaseException:
            self._leave_it_to_the_story()
            raise
        finally:
            self._calls -= 1
        if self._story is not None:
            stands_alone = connection.atomic_blocks[-1] is self._story and not connection.needs_rollback
            if stands_alone and len(connection.run_on_commit) == waiting and asked.left_them_alone():
                self._keep(asked, value)
            else:
                self._leave_it_to_the_story()
        return value

    def _keep(self, asked: Asked, value: Any) -> None:
        if self._making is None:
            self._make_room()
        assert self._story is not None
        assert self._making is not None
        try:
            pickled = self._pickled(value)
        except (pickle.PicklingError, TypeError, AttributeError):
            self._leave_it_to_the_story()
            return
        with self._below_the_story():
            if not self._calls:
                ask_now_what_is_asked_at_the_end()
        self.layers.append(Layer(self._making, asked, pickled))
        self.handed.append(value)
        self._making = None

    # --- Statements -----------------------------------------------------------------------------------

    def _at_a_statement(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Before the first statement that no layer stands for."""
        if self._making is None:
            if self._calls:
                self._make_room()
            else:
                self._undo_what_was_not_asked_for()
                self._leave_it_to_the_story()
        return execute(sql, params, many, context)

    def _make_room(self) -> None:
        """What is written from now on is a layer of its own."""
        with self._below_the_story():
            self._undo(len(self.handed))
            self._making = entered()

    def _undo_what_was_not_asked_for(self) -> None:
        if len(self.layers) > len(self.handed):
            with self._below_the_story():
                self._undo(len(self.handed))

    @contextmanager
    def _below_the_story(self) -> Iterator[None]:
        """The story's savepoint is put aside, and what it has written, if anything, falls to what is below.

        Blocks that the statement stands in have made no savepoint yet, or this were not the first one.
        Whoever counts the story's statements doesn't hear of it.
        """
        assert self._story is not None
        place = connection.atomic_blocks.index(self._story)
        blocks, savepoints = connection.atomic_blocks[place + 1 :], connection.savepoint_ids[place:]
        del connection.atomic_blocks[place + 1 :], connection.savepoint_ids[place:]
        listening, connection.execute_wrappers[:] = connection.execute_wrappers[:], []
        counted, connection.force_debug_cursor = connection.force_debug_cursor, False
        self._story.__exit__(None, None, None)
        try:
            yield
        except BaseException:
            connection.needs_rollback = True
            raise
        finally:
            self._story.__enter__()
            connection.execute_wrappers[:] = listening
            connection.force_debug_cursor = counted
        connection.atomic_blocks.extend(blocks)
        connection.savepoint_ids.extend(savepoints)

    def _leave_it_to_the_story(self) -> None:
        """From here on every call is made as ever."""
        self._story = None
        while self._at_a_statement in connection.execute_wrappers:
            connection.execute_wrappers.remove(self._at_a_statement)

    def _undo(self, left: int) -> None:
        while len(self.layers) > left:
            undone(self.layers.pop().block)

    # --- What stands against it -----------------------------------------------------------------------

    def _is_spoilt(self) -> bool:
        """A story that closed the connection, or lost it, has taken all with it."""
        return self._base is not None and (
            connection.closed_in_transaction
            or connection.needs_rollback
            or len(connection.atomic_blocks) != 1 + len(self.layers) + (self._making is not None)
            or not connection.is_usable()
            or time.perf_counter() - self._laid_since > SECONDS
        )

    def _is_patched(self) -> bool:
        patches = self.fixtures.get("monkeypatch")
        patched = patches is not None and (patches._setattr or patches._setitem)
        return bool(patched) or settings._wrapped is not self.unpatched  # type: ignore[misc]  # not documented

    # --- Values ---------------------------------------------------------------------------------------

    def _named(self, value: Any, given: list[Any]) -> Hashable:
        """A value by itself, an object that a layer gave by its place there; LookupError for any other."""
        if isinstance(value, list | tuple):
            return tuple(self._named(each, given) for each in value)
        if isinstance(value, Mapping):
            return frozenset((name, self._named(each, given)) for name, each in value.items())
        if has_parts(value):
            for place, handed in enumerate(self.handed):
                for number, part in enumerate(parts(handed)):
                    if part is value:
                        given.extend(parts(value))
                        return (place, number)
            raise LookupError
        try:
            hash(value)
        except TypeError:
            raise LookupError from None
        return (type(value), value)

    def _pickled(self, value: Any) -> bytes:
        """What a layer below gave is named by its place there, so that a copy speaks of the copies below."""
        places = {
            id(part): (place, number)
            for place, handed in enumerate(self.handed)
            for number, part in enumerate(parts(handed))
        }
        written = BytesIO()
        pickler = pickle.Pickler(written)
        pickler.persistent_id = lambda each: places.get(id(each))  # type: ignore[method-assign]
        pickler.dump(value)
        return written.getvalue()

    def _copy_of(self, layer: Layer) -> Any:
        unpickler = pickle.Unpickler(BytesIO(layer.pickled))
        unpickler.persistent_load = lambda at: list(parts(self.handed[at[0]]))[at[1]]  # type: ignore[method-assign]
        return unpickler.load()


def parts(value: Any) -> Iterator[Any]:
    """A value's objects that have a life of their own: rows, and what holds them together."""
    if has_parts(value):
        yield value
        if is_dataclass(value):
            for each in fields(value):
                yield from parts(getattr(value, each.name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from parts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from parts(each)


def has_parts(value: Any) -> bool:
    return isinstance(value, Model) or (is_dataclass(value) and not isinstance(value, type))


def look(part: Any) -> dict[str, Any]:
    """How an object looks; a row without whence it came."""
    return {name: value for name, value in vars(part).items() if name != "_state"}


def moment() -> int | None:
    """Of a clock that stands still; None is the real one. LookupError: one that was set and runs."""
    if not time_machine.escape_hatch.is_travelling():
        return None
    now = time.time_ns()
    if time.time_ns() != now:
        raise LookupError
    return now


def entered() -> Atomic:
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as Django marks those of its stories
    block.__enter__()
    return block


def undone(block: Atomic) -> None:
    if not connection.closed_in_transaction:
        connection.needs_rollback = True
    block.__exit__(None, None, None)


def ask_now_what_is_asked_at_the_end() -> None:
    """Once, and not again after each story; what comes later is asked at its own end, as ever."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS {asked_at_the_end()} DEFERRED")


@cache
def asked_at_the_end() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT conname FROM pg_constraint WHERE condeferred")
        return ", ".join(connection.ops.quote_name(name) for (name,) in cursor.fetchall())


GROUND: Final = Ground()
