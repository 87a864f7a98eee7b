"""Emacs with Eglot, its own or Debian's. Starts none but to ask whether Eglot is there."""

from __future__ import annotations

from pathlib import Path

from tests.support.editors.machine import EditorUnavailable, install, program, run


def emacs() -> Path:
    """An Emacs that has Eglot: 29 brings it, for an older one Debian has a package. Raises EditorUnavailable."""
    binary = program("emacs", package="emacs-nox")
    look = [binary, "--batch", "--eval", "(package-initialize)", "--eval", "(require 'eglot)"]
    try:
        run(look)
    except EditorUnavailable:
        install("elpa-eglot")
        run(look)
    return binary
