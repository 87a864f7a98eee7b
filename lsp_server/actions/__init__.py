"""Code actions without an editor: what can be done at a place, asking a model for it, and taking only sound answers.

Knows no protocol. `catalogue` lists, `engine` runs; whatever a model says passes `patch` and `gate` before it is an edit.
"""
