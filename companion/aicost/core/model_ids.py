"""The many spellings of a model id brought to one. Pure text; knows no model and no price."""

import re
from dataclasses import dataclass

SYNTHETIC = "<synthetic>"  # the client's own note in a transcript, written by no model

_LONGEST_ID = 256  # longer text is no model id; it is left alone, so odd logs cost no time
_REGION = re.compile(r"^(us-gov|us|eu|apac|jp|au|in|ca|sa|global)\.(?=.)")
_VENDOR = re.compile(r"^(?:anthropic|openai)\.(?=.)")
_BEDROCK_VERSION = re.compile(r"(?<=.)-v\d+(?::\d+)*$", re.ASCII)
_RELEASE = re.compile(r"(?<=.)(?:[@-]20\d{6}|-20\d\d-\d\d-\d\d|@default|@latest)$", re.ASCII)
_DOT_IN_VERSION = re.compile(r"(?<=\d)\.(?=\d)", re.ASCII)
_VERSION_FIRST = re.compile(  # claude-3-5-sonnet is a real id; only 4 and later changed places
    r"^claude-([4-9]|[4-9]-\d+)-(opus|sonnet|haiku|fable|mythos)$", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRef:
    """A logged model id taken apart. `id` is what a price book is asked for, exactly."""

    id: str
    is_1m: bool = False  # logged with the `[1m]` suffix: the million-token window
    is_bedrock: bool = False  # a vendor's prefix ("anthropic.", "openai."): served by AWS
    region: str = ""  # "us", "eu" …, "global"; "" when the id names none

    @property
    def is_regional(self) -> bool:
        """Whether the call was bound to one region of AWS, which costs more for newer models."""
        return self.is_bedrock and self.region != "global"


def parse_model_id(model: str) -> ModelRef:
    """Take a model id as logged apart. Never fails: what is no known spelling stays as it is."""
    if len(model) > _LONGEST_ID:
        return ModelRef(id=model)
    is_1m = is_bedrock = False
    region, text, before = "", model, ""
    while text != before:  # until nothing is left to strip, so that normalising twice is once
        before = text
        text = text.strip().lower()
        is_1m = is_1m or "[1m]" in text
        text = text.replace("[1m]", "")
        text = text.rsplit("/", 1)[-1] or text  # an ARN, or "provider/model"
        if found := _REGION.match(text):
            region, text = region or found[1], text[found.end() :]
        if found := _VENDOR.match(text):
            is_bedrock, text = True, text[found.end() :]
        text = _RELEASE.sub("", _BEDROCK_VERSION.sub("", text))
        text = _claude_order(text)
    return ModelRef(id=text, is_1m=is_1m, is_bedrock=is_bedrock, region=region)


def normalise_model_id(model: str) -> str:
    """Return the id to look up, e.g. `us.anthropic.claude-opus-5.5-v1:0` -> `claude-opus-5-5`.

    Idempotent. A model this project has never heard of keeps its name.
    """
    return parse_model_id(model).id


def _claude_order(text: str) -> str:
    """`claude-opus-5.5` -> `claude-opus-5-5`; `claude-4-5-sonnet` -> `claude-sonnet-4-5`."""
    if not text.startswith("claude-"):
        return text
    return _VERSION_FIRST.sub(r"claude-\2-\1", _DOT_IN_VERSION.sub("-", text))
