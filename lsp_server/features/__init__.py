"""The edge: one file for each conversation with the editor. Only here, in `server.py` and in `app.py` is LSP spoken."""
