# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
JSON messages that are declared as dataclasses, read strictly and written by their annotations.

A message is one dataclass with its ``type`` in ``TYPE``. It derives from the base class of its
family, whose :meth:`Message.parse` finds it there::

    @dataclass(frozen=True)
    class Close(SignalingMessage):
        TYPE = 'close'
        session: str

The annotation of a field says how its member is read:

* ``str``: a text within the bound that :data:`~..limits.text_limits.MAX_LENGTHS` has for its name,
* ``int``, ``float`` (finite), ``bool``: that type and no other, ``Any``: any JSON value,
* a dataclass: a JSON object with its members,
* ``... | None``: with the default ``None``, the member may be missing or ``null``,
* ``Annotated[..., JsonMember(...)]``: what the type alone does not say.

A field's default stands for a missing member.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, MISSING
from functools import partial
from types import UnionType
from typing import (
    Annotated, Any, cast, ClassVar, get_args, get_origin, get_type_hints, Protocol, Self, TypeVar,
)

from .strict_json import load_object, member, REQUIRED, shorten
from ..errors import ProtocolError
from ..limits.text_limits import check_text, MAX_LENGTHS, sdp_member, text_member

# The last integer that a browser counts to exactly.
_MAX_COUNTER = 2 ** 53


class Reader(Protocol):
    """
    Reads one member of a JSON object.

    :raises ProtocolError: it is missing without a default, or wrong
    """

    def __call__(self, obj: dict[str, Any], name: str, *, default: Any = REQUIRED) -> Any:
        """Return member ``name`` of the object."""


@dataclass(frozen=True)
class JsonMember:
    """
    How a field is read and written, as far as its type does not say it.

    :param name: of the member, if it is not the field's
    :param text: the kind of text (a key of ``MAX_LENGTHS``), if it is not the member's name
    :param read: reads the member
    :param write: makes JSON of the value
    :param spread: the value is a dataclass whose members stand among those of the message; then
        ``write`` returns all of them
    """

    name: str = ''
    text: str = ''
    read: Reader | None = None
    write: Callable[[Any], Any] | None = None
    spread: bool = False


def counter_member(obj: dict[str, Any], name: str, *, default: Any = REQUIRED) -> Any:
    """
    Return member ``name`` of a JSON object as a count that a browser can hold exactly.

    :raises ProtocolError: missing without a default, no integer, or out of range
    """
    value = obj.get(name)
    # Not a bool, which is an int, too.
    if type(value) is int and 0 <= value <= _MAX_COUNTER:
        return value
    value = member(obj, name, int, default)
    if value is not default:
        raise ProtocolError(f'member "{name}" must be from 0 to 2**53, got {shorten(value)}')
    return value


Counter = Annotated[int, JsonMember(read=counter_member)]
# A session description (RFC 8866), which `limits.sdp_limits` has yet to check.
Sdp = Annotated[str, JsonMember(read=sdp_member)]


class Message:
    """
    Base of all messages.

    A subclass without ``TYPE`` begins a family, the messages that one end may get, and says in
    ``MAX_BYTES`` how long they may be.
    """

    TYPE: ClassVar[str]
    MAX_BYTES: ClassVar[int]
    kinds: ClassVar[dict[str, type['Message']]]

    def __init_subclass__(cls) -> None:
        """Make a message known to its family."""
        super().__init_subclass__()
        if 'TYPE' not in vars(cls):
            cls.kinds = {}
        elif cls.kinds.setdefault(cls.TYPE, cls) is not cls:
            raise TypeError(f'{cls.__name__}: another message has the type {cls.TYPE}')

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """
        Parse one message of this family.

        :raises ProtocolError: too long, not JSON, not an object, an unknown type, or a wrong
            member; it has the type, if that is known, and the session that the message names
        """
        obj = load_object(text, cls.MAX_BYTES)
        kind = member(obj, 'type', str)
        if kind not in cls.kinds:
            raise ProtocolError(f'unknown message type {shorten(kind)}')
        try:
            return cast(Self, decode(cls.kinds[kind], obj))
        except ProtocolError as error:
            error.kind = kind
            with suppress(ProtocolError):
                error.session = text_member(obj, 'session', default=None)
            raise


T = TypeVar('T')


def decode(cls: type[T], obj: dict[str, Any]) -> T:
    """
    Return a dataclass with the members of a JSON object.

    :raises ProtocolError: a member is missing or wrong
    """
    return cls(*[
        # Readers of members without a default say what is wrong; those that are spread read many.
        m.read(obj, m.name, default=m.default) if m.name in obj or m.spread
        or m.default is REQUIRED else m.default
        for m in _members[cls]])


def encode(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as members of a JSON object."""
    obj: dict[str, Any] = {}
    for m in _members[type(value)]:
        field = getattr(value, m.field)
        written = m.write(field) if m.write and (m.spread or field is not None) else field
        if m.spread:
            obj |= written
        elif written is not None:
            obj[m.name] = written
    return obj


def check_texts(value: Any) -> None:
    """
    Check the texts of a dataclass that did not come as JSON against their bounds.

    Session descriptions are not among them.

    :raises ProtocolError: one is too long or not printable
    """
    for m in _members[type(value)]:
        text = getattr(value, m.field)
        if m.text and text is not None:
            check_text(text, m.text, m.name)


@dataclass(frozen=True)
class _Member:
    """How one field is read and written."""

    field: str
    name: str
    text: str
    read: Reader
    write: Callable[[Any], Any] | None
    spread: bool
    default: Any


class _Members(dict[type, tuple[_Member, ...]]):
    """
    How the fields of a dataclass are read and written, by the dataclass.

    :raises TypeError: a field's annotation does not say it
    """

    def __missing__(self, cls: type) -> tuple[_Member, ...]:
        hints = get_type_hints(cls, include_extras=True)
        self[cls] = tuple(
            _member(f'{cls.__name__}.{f.name}', f.name, hints[f.name],
                    REQUIRED if f.default is MISSING else f.default) for f in fields(cls))
        return self[cls]


_members = _Members()


def _member(where: str, field: str, hint: Any, default: Any) -> _Member:
    how = JsonMember()
    if get_origin(hint) is Annotated:
        hint, how = get_args(hint)
    alternatives = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kinds = [kind for kind in alternatives if kind is not type(None)]
    name = how.name or field
    text, read, write = '', how.read, how.write
    if read is None:
        kind = kinds[0] if len(kinds) == 1 else None
        if kind is str:
            text = how.text or name
            if text not in MAX_LENGTHS:
                raise TypeError(f'{where}: no bound for texts of the kind {text}')
            read = partial(text_member, kind=text)
        elif kind in (int, float, bool):
            read = partial(member, kind=kind)
        elif kind is Any:
            read = _any_member
        elif isinstance(kind, type) and is_dataclass(kind):
            read = partial(_spread_members if how.spread else _object_member, kind=kind)
            write = encode
        else:
            raise TypeError(f'{where}: no way to read {hint}')
    return _Member(field, name, text, read, write, how.spread, default)


def _any_member(obj: dict[str, Any], name: str, *, default: Any = REQUIRED) -> Any:
    if name not in obj and default is REQUIRED:
        raise ProtocolError(f'member "{name}" is missing')
    return obj.get(name, default)


def _object_member(obj: dict[str, Any], name: str, *, default: Any, kind: type) -> Any:
    value = member(obj, name, dict, default)
    return value if value is default else decode(kind, value)


def _spread_members(obj: dict[str, Any], name: str, *, default: Any, kind: type) -> Any:
    return decode(kind, obj)
