"""What a user does in an editor with a real model, where no packet can leave the machine: `python -m tests.editors.closed`."""
