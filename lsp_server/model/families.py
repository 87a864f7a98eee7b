"""Which models fill in the middle, and in which words. A table and its lookup; asks no model and never guesses.

A wrong template is the complaint users of such tools make most: the model then answers fluently and wrongly. So a name that
is in neither table here is unknown, and `probe.py` asks the model itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FimFamily:
    """One way to ask for the text between a prefix and a suffix.

    `names` are patterns over a model's bare name (`qwen2.5-coder:7b-base`). `prefix`, `suffix` and `middle` are the tokens
    with the white space that belongs to them; `order` says which part stands first. `repository_name` and `file_separator`
    introduce other files, empty where the family was not trained with any. `ends` are further texts at which an answer ends.
    """

    name: str
    names: tuple[str, ...]
    prefix: str
    suffix: str
    middle: str
    order: Literal["prefix first", "suffix first"] = "prefix first"
    ends: tuple[str, ...] = ()
    repository_name: str = ""
    file_separator: str = ""
    note: str = ""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that make the prompt, without white space; each is one token to a model of the family."""
        return tuple(token.strip() for token in (self.prefix, self.suffix, self.middle) if token)

    @property
    def stops(self) -> tuple[str, ...]:
        """Texts that end an answer: its own tokens (a model that writes one starts a new exercise) and `ends`."""
        return tuple(dict.fromkeys((*self.ends, *self.tokens, *filter(None, (self.repository_name, self.file_separator)))))

    def render(self, prefix: str, suffix: str) -> str:
        """The prompt for the text between `prefix` and `suffix`. Text appended to it continues the middle."""
        prefix, suffix = self.disarm(prefix), self.disarm(suffix)
        if self.order == "suffix first":
            return f"{self.suffix}{suffix}{self.prefix}{prefix}{self.middle}"
        return f"{self.prefix}{prefix}{self.suffix}{suffix}{self.middle}"

    def disarm(self, text: str) -> str:
        """Text in which no token of the family stands: a file about language models must not end its own prompt."""
        for token in self.stops:
            if token in text:
                text = text.replace(token, f"{token[0]} {token[1:]}")
        return text


_QWEN_ENDS = ("<|endoftext|>", "<|fim_pad|>", "<|im_start|>", "<|im_end|>")

FAMILIES: Mapping[str, FimFamily] = {
    one.name: one
    for one in (
        FimFamily(
            "qwen-coder",
            (r"qwen-?2\.5-coder", r"qwen-?3-coder", r"codeqwen"),
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            ends=_QWEN_ENDS,
            repository_name="<|repo_name|>",
            file_separator="<|file_sep|>",
            note="Base models are better at it than instruct models.",
        ),
        FimFamily(
            "codellama",
            (r"codellama.*code",),
            "<PRE> ",
            " <SUF>",
            " <MID>",
            ends=("<EOT>",),
            note="Only the `:code` models. The spaces are part of what it was trained on.",
        ),
        FimFamily(
            "starcoder",
            (r"starcoder", r"stable-code", r"granite-code", r"santacoder"),
            "<fim_prefix>",
            "<fim_suffix>",
            "<fim_middle>",
            ends=("<|endoftext|>", "<file_sep>", "<repo_name>", "<fim_pad>"),
        ),
        FimFamily(
            "granite4",
            (r"granite-?4",),
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            ends=("<|end_of_text|>", "<|fim_pad|>"),
            note="Granite 3 was not trained to fill in.",
        ),
        FimFamily(
            "deepseek-coder",
            (r"deepseek-coder",),
            "<｜fim▁begin｜>",
            "<｜fim▁hole｜>",
            "<｜fim▁end｜>",
            ends=("<｜end▁of▁sentence｜>", "<|EOT|>"),
            note="Full-width bars (U+FF5C) and lower one eighth blocks (U+2581), not the ASCII look-alikes.",
        ),
        FimFamily(
            "codegemma",
            (r"codegemma",),
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            ends=("<|file_separator|>", "<end_of_turn>"),
        ),
        FimFamily(
            "codestral",
            (r"codestral",),
            "[PREFIX]",
            "[SUFFIX]",
            "",
            order="suffix first",
            note="Suffix first, and no token for the middle: the answer continues the prefix.",
        ),
        FimFamily(
            "glm",
            (r"glm-?4", r"codegeex-?4"),
            "<|code_prefix|>",
            "<|code_suffix|>",
            "<|code_middle|>",
            ends=("<|endoftext|>", "<|user|>", "<|assistant|>", "<|observation|>"),
        ),
    )
}
"""Family name -> family. Sources: the models' own cards and papers, and Ollama's templates for them."""

PREFIX_ONLY: tuple[str, ...] = (
    r"yi-coder",
    r"devstral",
    r"qwen-?3(?!-coder)",
    r"qwen-?2\.5(?!-coder)",
    r"deepseek-r1",
    r"deepseek-v\d",
    r"llama-?[23]",
    r"gemma-?[123]",
    r"smollm",
    r"granite-?3",
    r"phi-?\d",
    r"mistral",
    r"ministral",
    r"codegemma.*-(it|instruct)",
    r"codellama.*(instruct|python)",
)
"""Patterns of models that were not trained to fill in, though some have the tokens in their vocabulary (Qwen3 does)."""


def family_of(name: str, architecture: str = "") -> FimFamily | None:
    """The family of a model by its name, or None: not a model that fills in, or not one that is known here.

    `name` is as its server spells it: `qwen2.5-coder:1.5b`, `hf.co/Qwen/Qwen2.5-Coder-7B-GGUF:Q4_K_M`, a path of a GGUF.
    `architecture` is the server's word for it ("starcoder2"), used where the name tells nothing.
    """
    if is_prefix_only(name):
        return None
    for text in (_bare(name), architecture.lower()):
        for family in FAMILIES.values():
            if any(re.search(rf"(?<![a-z]){pattern}", text) for pattern in family.names):
                return family
    return None


def is_prefix_only(name: str) -> bool:
    """Whether a model is known not to fill in."""
    bare = _bare(name)
    return any(re.search(rf"(?<![a-z]){pattern}", bare) for pattern in PREFIX_ONLY)


def _bare(name: str) -> str:
    """The last part of a name, in lower case, with words joined by hyphens: `granite_code` and `granite-code` are one."""
    return re.sub(r"[\s_]+", "-", name.replace("\\", "/").rsplit("/", 1)[-1].lower())
