"""Hearth's language server: ghost text and code actions from a model on the user's own machine."""

__version__ = "0.1.0"
