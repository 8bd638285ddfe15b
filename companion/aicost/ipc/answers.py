"""Answers of the daemon as the values that they are of."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from aicost.ipc.protocol import garbled

T = TypeVar("T")


def value_in(answer: Mapping[str, Any], kind: type[T]) -> T:
    """Return an answer as a value of `kind`. Raises DaemonDown for one that is none."""
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise garbled(str(error)) from error
