"""Ghost text without an editor: a snapshot and an offset in, a suggestion out. Knows no protocol and no particular model."""
